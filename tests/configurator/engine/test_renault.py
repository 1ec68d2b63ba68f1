"""A real car: 148 options, 174 tables, and the orders of its customers."""

import csv
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from configurator.engine.choices import ChoiceError
from configurator.engine.domains import Kernel
from configurator.engine.knowledge import compile_family
from configurator.engine.xcsp import read_xcsp
from tests.conftest import SHARED_DATA

FOLDER = SHARED_DATA / "renault"
pytestmark = pytest.mark.skipif(
    not FOLDER.is_dir(), reason="the car's rules (shared/data/renault) are not here"
)
Row = dict[str, str]


@pytest.fixture(scope="module")
def car() -> Kernel:
    text = (FOLDER / "medium_contraintes.xml").read_text()
    return Kernel(compile_family(read_xcsp(text, code="car", name="Car")))


@pytest.fixture(scope="module")
def sold() -> list[Row]:
    return list(_rows(FOLDER / "medium_brut.csv"))


def _rows(path: Path) -> Iterator[Row]:
    with path.open(newline="") as file:
        for row in csv.DictReader(file):
            yield {name: value for name, value in row.items() if name != "nombre"}


def _known(car: Kernel, row: Row) -> Row:
    """The row without the values that the rules do not know."""
    options = car.spec.option_by_code
    return {code: value for code, value in row.items() if value in options[code].value_by_code}


def test_as_many_sales_agree_with_the_rules_as_were_published(car: Kernel, sold: list[Row]) -> None:
    assert len(sold) == 9151
    assert sum(car.consistent(_known(car, row)) for row in sold) == 5647


def test_a_sold_car_that_agrees_with_the_rules_breaks_none_and_can_be_completed(
    car: Kernel, sold: list[Row]
) -> None:
    known = [row for row in sold if _known(car, row) == row]
    consistent = [row for row in known if car.consistent(row)][:200]
    assert len(consistent) == 200
    for row in consistent:
        assert car.violations(row) == ()
        complete = car.complete(row)
        assert complete is not None and row.items() <= complete.items()
        assert car.violations(complete) == ()
        assert car.answer(complete).complete


def test_a_sold_car_against_the_rules_is_refused_with_the_rules_it_breaks(
    car: Kernel, sold: list[Row]
) -> None:
    known = [row for row in sold if _known(car, row) == row]
    refused = [row for row in known if not car.consistent(row)][:200]
    assert len(refused) == 200
    for row in refused:
        violations = car.violations(row)
        assert violations and all(violation.options for violation in violations)
    answer = car.answer(refused[0])
    assert answer.consistent is False
    assert answer.conflict is not None and answer.conflict.rules


def test_a_value_that_the_rules_do_not_know_is_refused_by_name(car: Kernel, sold: list[Row]) -> None:
    strange = next(row for row in sold if _known(car, row) != row)
    with pytest.raises(ChoiceError) as refusal:
        car.violations(strange)
    unknown = set(strange) - set(_known(car, strange))
    assert {problem.option for problem in refusal.value.problems} == unknown


@pytest.mark.parametrize("seed", range(50))
def test_a_shopper_who_takes_what_is_offered_never_gets_stuck(car: Kernel, seed: int) -> None:
    dice = random.Random(seed)
    choices: Row = {}
    codes = list(car.spec.option_by_code)
    dice.shuffle(codes)
    for code in codes[:40]:
        answer = car.answer(choices)
        assert answer.consistent
        offered = [value for value, state in answer.options[code].values.items() if state != "impossible"]
        assert offered
        choices[code] = dice.choice(offered)
    complete = car.complete(choices)
    assert complete is not None
    assert car.answer(complete).complete


def test_an_explanation_and_a_repair_of_a_refused_value(car: Kernel, sold: list[Row]) -> None:
    row = next(row for row in sold if _known(car, row) == row and car.consistent(row))
    answer = car.answer(row)
    code, value = next(
        (code, value)
        for code, option in answer.options.items()
        for value, state in option.values.items()
        if state == "impossible" and car.consistent({code: value})
    )
    conflict = car.explain(row, code, value)
    assert conflict is not None
    assert not car.consistent({**dict(conflict.choices), code: value})
    repair = car.repair(row, code, value)
    assert repair is not None
    assert car.consistent(repair.choices)
    assert repair.choices[code] == value
