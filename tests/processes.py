"""Real concurrency for tests: the same work in several processes that start at the same moment.

Tests that use it need ``django_db(transaction=True)``: another process sees only what is committed.
"""

import multiprocessing
import os
import queue
import traceback
from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import quote

from django.db import connection, connections

LONGEST = 180  # seconds for one process, on a busy machine
_fork = multiprocessing.get_context("fork")


def environment() -> dict[str, str]:
    """For ``manage.py`` and workers as processes of their own: they see the test's database."""
    here = connection.settings_dict
    user, password, host = (quote(str(here[name]), safe="") for name in ("USER", "PASSWORD", "HOST"))
    url = f"postgres://{user}:{password}@{host}:{here['PORT']}/{quote(str(here['NAME']), safe='')}"
    return {**os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "server.settings"}


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
