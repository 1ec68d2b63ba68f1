"""For the ledger's tests: registrations of one test only, and rivals in processes of their own."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from ledger import followers, handlers
from tests import processes

CHECKOUT = Path(__file__).resolve().parents[2]
Together = Callable[..., list[Any]]


@pytest.fixture(autouse=True)
def registrations(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what the test registers: no handlers and followers of the apps, and none left after it."""
    monkeypatch.setattr(handlers, "_handlers", {})
    monkeypatch.setattr(followers, "_followers", {})


@pytest.fixture
def environment(transactional_db: None) -> dict[str, str]:
    """For ``manage.py`` and workers as processes of their own, which tell what they do."""
    return {**processes.environment(), "LOG_LEVEL": "INFO"}


@pytest.fixture
def together() -> Together:
    """Runs each call in a process of its own, all let go at the same moment; their answers in order.

    A call that raises answers with the exception's class name.
    """

    def told(call: Callable[[], Any]) -> Any:
        try:
            return call()
        except Exception as error:  # noqa: BLE001 - the answer says which
            return type(error).__name__

    def run(*calls: Callable[[], Any]) -> list[Any]:
        return processes.at_once(*(partial(told, call) for call in calls))

    return run
