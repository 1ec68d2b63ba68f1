"""Many threads of one process ask many families, with fewer kernels at hand than families: each gets the
answer that it would get alone; and what is at hand stays within its bytes."""

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest
from django.db import connection

from configurator import catalogue
from configurator.catalogue import Compiled, Written, compile_written
from configurator.engine.recent import Recent
from tests.shops import BADGE

THREADS = 8
# Each with other rules: an answer of another family's kernel would be seen.
FAMILIES = tuple(
    Written(BADGE.replace("length <= 90 mm", f"length <= {limit} mm").replace("badge", code, 1), "family")
    for limit, code in ((90, "badge"), (80, "tag"), (70, "label"), (110, "plate"), (60, "clip-on"))
)
VALUES: dict[str, list[Any]] = {
    "material": ["acrylic", "steel", None],
    "pin": ["magnet", "needle", "clip", None],
    "length": [*range(60, 130, 10), None],
    "text": ["Anna", None],
}


@pytest.fixture
def shelf(db: None, monkeypatch: pytest.MonkeyPatch) -> Recent[Any, Compiled]:
    """Room for two of five."""
    small: Recent[Any, Compiled] = Recent(2)
    monkeypatch.setattr(catalogue, "_shelf", small)
    return small


def asked(count: int) -> list[tuple[Written, str, dict[str, Any], tuple[str, Any]]]:
    """Families, questions, choices (many of which contradict each other) and wishes."""
    draw = random.Random(3)
    found = []
    for _ in range(count):
        choices = {code: value for code in VALUES if (value := draw.choice(VALUES[code])) is not None}
        wish = draw.choice([("material", "steel"), ("pin", "clip"), ("length", 120), ("length", 60)])
        question = draw.choice(["answer", "explain", "repairs", "complete", "violations", "nearest"])
        found.append((draw.choice(FAMILIES), question, choices, wish))
    return found


def told(question: tuple[Written, str, dict[str, Any], tuple[str, Any]]) -> Any:
    text, name, choices, wish = question
    kernel = compile_written(text, text.read()).kernel
    about: dict[str, Callable[[], Any]] = {
        name: partial(getattr(kernel, name), choices) for name in ("answer", "complete", "violations")
    } | {name: partial(getattr(kernel, name), choices, *wish) for name in ("explain", "repairs", "nearest")}
    return about[name]()


def told_to_a_thread(questions: list[Any]) -> list[Any]:
    try:
        return [told(question) for question in questions]
    finally:
        connection.close()


def test_eight_threads_get_the_answers_that_one_gets(shelf: Recent[Any, Compiled]) -> None:
    questions = asked(240)
    alone = [told(question) for question in questions]
    with ThreadPoolExecutor(THREADS) as threads:
        parts = list(threads.map(told_to_a_thread, [questions[n::THREADS] for n in range(THREADS)]))
    together = [parts[n % THREADS][n // THREADS] for n in range(len(questions))]
    assert together == alone
    assert len(shelf) == 2
    assert len({repr(answer) for answer in alone}) > 40


def test_all_threads_asking_one_kernel_the_same_get_the_same(shelf: Recent[Any, Compiled]) -> None:
    questions = [question for question in asked(400) if question[0] == FAMILIES[0]]
    with ThreadPoolExecutor(THREADS) as threads:
        answers = list(threads.map(told_to_a_thread, [questions] * THREADS))
    assert all(each == answers[0] for each in answers)


def test_a_hundred_versions_of_a_family_keep_within_their_bytes(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = compile_written(FAMILIES[0], FAMILIES[0].read()).kernel
    most = 5 * one.bytes
    small: Recent[Any, Compiled] = Recent(
        catalogue.CACHED_VERSIONS, most=most, weigh=lambda _, made: made.kernel.bytes
    )
    monkeypatch.setattr(catalogue, "_shelf", small)
    for number in range(100):
        text = Written(f"{FAMILIES[0].source}# {number}\n", "family")
        made = compile_written(text, text.read())
        assert small.bytes <= most
        assert compile_written(text, text.read()) is made
    assert len(small) == 5
    assert made.kernel.answer({}) == one.answer({})


def test_what_is_kept_of_versions_and_texts_is_bounded_by_bytes() -> None:
    for kept in (catalogue._shelf, catalogue._read, catalogue._texts):
        assert kept._most is not None
        assert kept.bytes <= kept._most
