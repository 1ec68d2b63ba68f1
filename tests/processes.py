"""Real processes that begin at the same moment: what threads and one connection cannot show."""

import multiprocessing
import os
import traceback
from collections.abc import Callable

from django.db import connections

fork = multiprocessing.get_context("fork")


def together(work: Callable[[int], str], processes: int) -> list[str]:
    """Run ``work(number)`` in processes that start together; the answers in their order.

    An exception is answered as its class name and text. For tests with ``transaction=True``.
    """
    connections.close_all()  # a forked process must not speak on our connection
    barrier = fork.Barrier(processes)
    answers = fork.SimpleQueue()

    def run(number: int) -> None:
        try:
            barrier.wait(30)
            answer = work(number)
        except BaseException as fault:  # noqa: BLE001 - the parent judges it
            answer = f"{type(fault).__name__}: {fault}\n{traceback.format_exc()}"
        answers.put((number, answer))
        connections.close_all()
        os._exit(0)  # no tear-down of the tests in the copy

    children = [fork.Process(target=run, args=(number,)) for number in range(processes)]
    for child in children:
        child.start()
    said: dict[int, str] = {}
    for _ in children:
        number, answer = answers.get()
        said[number] = answer
    for child in children:
        child.join(60)
    assert all(not child.is_alive() for child in children)
    return [said[number] for number in range(processes)]
