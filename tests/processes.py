"""Real concurrency for tests: the same work in several processes that start at the same moment.

Tests that use it need ``django_db(transaction=True)``: another process sees only what is committed.
"""

import multiprocessing
import os
import queue
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.conf import settings
from django.db import connection, connections

from server import children, env
from server.embedded import valkey
from server.supervisor import Child

LONGEST = 180  # seconds for one process, on a busy machine
_fork = multiprocessing.get_context("fork")


def environment() -> dict[str, str]:
    """For ``manage.py`` and workers as processes of their own: they see the test's database."""
    here = connection.settings_dict
    user, password, host = (quote(str(here[name]), safe="") for name in ("USER", "PASSWORD", "HOST"))
    url = f"postgres://{user}:{password}@{host}:{here['PORT']}/{quote(str(here['NAME']), safe='')}"
    return {**os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "server.settings"}


@contextmanager
def background(var: Path, *workers: Callable[[Path], Child]) -> Iterator[None]:
    """Broker, relay and these workers (``children.worker``, ``children.standby``) as ``manage.py up`` starts
    them, on the test's database; files and logs are in ``var``."""
    try:
        valkey.binary()
    except valkey.NoBroker as problem:
        (pytest.fail if env.flag("CI", False) else pytest.skip)(str(problem))
    secrets = {name: getattr(settings, name) for name in ("SECRET_KEY", "QUOTE_KEY", "LEDGER_KEY")}
    theirs = {"VAR_DIR": str(var), "BROKER_URL": valkey.url(var), "LOG_LEVEL": "INFO"}
    started: list[Child] = []
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {**environment(), **secrets, **theirs}.items():
            patch.setenv(name, value)
        try:
            for child in (
                children.broker(var),
                *(start(var / "log" / f"{start.__name__}.log") for start in workers),
                children.relay(var / "log" / "relay.log"),
            ):
                started.append(child)
                child.launch()
            yield
        finally:
            for child in reversed(started):
                child.end()


def at_once(*works: Callable[[], Any]) -> list[Any]:
    """Run each of ``works`` in a process of its own; what each returned, None for one that died."""
    connections.close_all()  # a forked process must not speak on our connection
    barrier = _fork.Barrier(len(works))
    answers = _fork.Queue()

    def run(number: int) -> None:
        # Once a browser has run, Playwright's event loop stands in this thread, and Django keeps its
        # connections by loop: the copy has no loop and would find one from before, shared by all copies.
        for alias in connections:
            del connections[alias]
        barrier.wait(30)
        answers.put((number, works[number]()))
        answers.close()
        answers.join_thread()
        connections.close_all()
        os._exit(0)  # no tear-down of the tests in the copy

    children = [_fork.Process(target=run, args=(number,)) for number in range(len(works))]
    for child in children:
        child.start()
    for child in children:
        child.join(LONGEST)
        assert not child.is_alive(), "a process hangs"
    said: dict[int, Any] = {}
    while True:
        try:
            number, answer = answers.get(timeout=0.2)
        except queue.Empty:
            return [said.get(number) for number in range(len(works))]
        said[number] = answer


def together(work: Callable[[int], str], processes: int) -> list[str]:
    """Run ``work(number)`` in that many processes; an exception is answered as its class name and text."""

    def told(number: int) -> str:
        try:
            return work(number)
        except BaseException as fault:  # noqa: BLE001 - the parent judges it
            return f"{type(fault).__name__}: {fault}\n{traceback.format_exc()}"

    return at_once(*(partial(told, number) for number in range(processes)))
