"""For the ledger's tests: registrations of one test only, and rivals in processes of their own."""

import multiprocessing
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, connections

from ledger import followers, handlers
from tests import processes

CHECKOUT = Path(__file__).resolve().parents[2]
Together = Callable[..., list[Any]]
SECONDS = 30


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

    def run(*calls: Callable[[], Any]) -> list[Any]:
        connections.close_all()  # a connection must not be shared over a fork
        context = multiprocessing.get_context("fork")
        start, answers = context.Barrier(len(calls)), context.SimpleQueue()

        def rival(number: int, call: Callable[[], Any]) -> None:
            connection.ensure_connection()
            start.wait(SECONDS)
            try:
                answer = call()
            except Exception as error:  # noqa: BLE001 - the answer says which
                answer = type(error).__name__
            answers.put((number, answer))
            connections.close_all()
            os._exit(0)  # without pytest's own clean-up, which belongs to the parent

        processes = [context.Process(target=rival, args=pair) for pair in enumerate(calls)]
        for process in processes:
            process.start()
        for process in processes:
            process.join(SECONDS)
            assert process.exitcode == 0, f"a rival ended with {process.exitcode}"
        return [answer for _, answer in sorted(answers.get() for _ in processes)]

    return run
