"""What a thread may ask of kernels in all."""

from threading import Event, Thread

import pytest

from configurator.engine import allowance, domains
from configurator.engine.allowance import LEAST, Busy, question
from configurator.engine.domains import Kernel, Undecided
from configurator.engine.family import read_family
from configurator.engine.knowledge import compile_family
from configurator.engine.recent import Recent
from tests.hard_families import pigeons
from tests.shops import BADGE


def test_without_an_allowance_a_question_has_its_own_budget() -> None:
    with question(1.0) as seconds:
        assert seconds == 1.0


def test_questions_share_an_allowance_and_each_has_the_least() -> None:
    with allowance.allowance(0.5):
        with question(1.0) as seconds:
            assert seconds == 0.5
        with allowance.allowance(0.0), question(1.0) as seconds:
            assert seconds == LEAST
        with question(0.1) as seconds:
            assert seconds == 0.1
    with question(1.0) as seconds:
        assert seconds == 1.0


def test_hard_questions_use_an_allowance_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(domains, "SECONDS", 10.0)
    kernel = Kernel(compile_family(read_family(pigeons())))
    with allowance.allowance(0.1):
        for _ in range(3):
            with pytest.raises(Undecided):
                kernel.answer({})
        with question(1.0) as seconds:
            assert seconds == LEAST


def test_who_may_wait_only_so_long_is_told_that_the_engine_is_busy() -> None:
    kernel = Kernel(compile_family(read_family(BADGE)))
    held, over = Event(), Event()

    def hold() -> None:
        with allowance.turn(kernel._lock):
            held.set()
            over.wait(60)

    other = Thread(target=hold)
    other.start()
    held.wait(60)
    try:
        for ask in (lambda: kernel.answer({}), lambda: kernel.consistent({"material": "steel"})):
            with allowance.allowance(1.0, 0.01), pytest.raises(Busy, match="Ask again soon"):
                ask()
    finally:
        over.set()
        other.join()
    with allowance.allowance(1.0, 0.01):
        assert kernel.answer({}).consistent


def test_what_is_made_once_is_waited_for_only_so_long() -> None:
    held, over = Event(), Event()
    kept: Recent[str, int] = Recent(4)

    def make() -> int:
        held.set()
        over.wait(60)
        return 1

    other = Thread(target=lambda: kept.get("slow", make))
    other.start()
    held.wait(60)
    try:
        with allowance.allowance(1.0, 0.01), pytest.raises(Busy):
            kept.get("other", lambda: 2)
    finally:
        over.set()
        other.join()
    with allowance.allowance(1.0, 0.0):
        assert (kept.get("slow", lambda: 3), kept.get("other", lambda: 2)) == (1, 2)


def test_what_is_remembered_is_bounded_by_bytes_and_the_last_is_always_kept() -> None:
    kept: Recent[int, int] = Recent(10, most=100, weigh=lambda _, value: value)
    for key, value in enumerate((40, 40, 40, 10)):
        kept.get(key, lambda value=value: value)  # type: ignore[misc]
    assert (len(kept), kept.bytes) == (3, 90)
    kept.get(9, lambda: 5_000)
    assert (len(kept), kept.bytes) == (1, 5_000)
    kept.get(10, lambda: 1)
    assert (len(kept), kept.bytes) == (1, 1)
