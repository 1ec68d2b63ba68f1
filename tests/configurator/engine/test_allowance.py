"""What a thread may ask of kernels in all."""

import pytest

from configurator.engine import allowance, domains
from configurator.engine.allowance import LEAST, question
from configurator.engine.domains import Kernel, Undecided
from configurator.engine.family import read_family
from configurator.engine.knowledge import compile_family
from tests.hard_families import pigeons


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
