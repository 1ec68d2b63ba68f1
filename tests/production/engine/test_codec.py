"""What is written down and read again is the same, and nonsense is refused by name."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from production.engine.codec import (
    NotReadable,
    decode_problem,
    decode_proposal,
    encode_problem,
    encode_proposal,
)
from production.engine.planning import propose
from production.engine.proposal import (
    FrozenOperation,
    Key,
    Kpis,
    Limits,
    LotUse,
    Operation,
    Placement,
    Problem,
    Proposal,
    Run,
    Sheet,
    Unplanned,
    Weights,
    Zones,
)
from production.engine.shop import Lot, Operator, Stock, Tool
from production.engine.work import Alternate, Part, Step, Unit, Use
from tests.workshops import DAY, MONDAY, sign, sign_shop


def few(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(strategy, max_size=2).map(tuple)


NAME = st.sampled_from(["", "r1", "r2", "دو", "a b"])
UNIT_NAMES = few(NAME)
STEPS = st.builds(Step, work_centre=NAME, setup_family=NAME, alternates=few(st.builds(Alternate, NAME)))
UNITS = st.builds(
    Unit,
    id=NAME,
    line=NAME,
    order=NAME,
    sheet_material=NAME,
    parts=few(st.builds(Part, NAME)),
    routing=few(STEPS),
    materials=few(st.builds(Use, NAME)),
)
SHEETS = st.builds(
    Sheet, material=NAME, placements=few(st.builds(Placement, unit=NAME, part=NAME)), offcut=NAME
)
RUNS = st.builds(
    Run,
    id=NAME,
    key=st.builds(Key, NAME, NAME, NAME),
    units=UNIT_NAMES,
    sheets=few(SHEETS),
    why=st.text(max_size=5),
    lots=few(st.builds(LotUse, NAME, NAME)),
)
PLACES = dict.fromkeys(("run", "work_centre", "setup_family", "machine", "operator", "tool", "load"), NAME)
FROZEN = st.builds(FrozenOperation, id=NAME, after=UNIT_NAMES, **PLACES)
PROPOSALS = st.builds(
    Proposal,
    runs=few(RUNS),
    operations=few(st.builds(Operation, units=UNIT_NAMES, **PLACES)),
    frozen=few(FROZEN),
    unplanned=few(st.builds(Unplanned, NAME, NAME, st.text(max_size=5))),
    kpis=st.builds(Kpis),
)


def through_text(value: object) -> object:
    return json.loads(json.dumps(value, ensure_ascii=False))


@settings(max_examples=40)
@given(PROPOSALS)
def test_every_proposal_comes_back_as_it_was(proposal: Proposal) -> None:
    assert decode_proposal(through_text(encode_proposal(proposal))) == proposal


@settings(max_examples=30)
@given(
    units=few(UNITS),
    frozen=few(FROZEN),
    limits=st.builds(Limits),
    weights=st.builds(Weights),
    zones=st.builds(Zones),
    base=st.none() | PROPOSALS,
)
def test_every_problem_comes_back_as_it_was(
    units: tuple[Unit, ...],
    frozen: tuple[FrozenOperation, ...],
    limits: Limits,
    weights: Weights,
    zones: Zones,
    base: Proposal | None,
) -> None:
    ink = Stock("ink", 3, "ml", lots=(Lot("a", 3), Lot("b", 9, MONDAY + 30 * DAY)))
    shop = replace(
        sign_shop(),
        operators=(Operator("ann", "Ann", ("laser",), "day"),),
        tools=(Tool("jig", 2),),
        materials=(*sign_shop().materials, ink),
    )
    shop = replace(shop, machines=tuple(replace(m, stops=((1, 2), (5, 9))) for m in shop.machines))
    problem = Problem(shop, units, frozen, (), limits, weights, zones, base)
    assert decode_problem(through_text(encode_problem(problem))) == problem


def test_a_real_plan_comes_back_and_defaults_take_no_room() -> None:
    proposal = propose(Problem(sign_shop(), tuple(sign(n) for n in range(5))))
    written = encode_proposal(proposal)
    assert decode_proposal(through_text(written)) == proposal
    assert written["format"] == 1
    assert "operator" not in written["operations"][0]


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda data: [], "Proposal: an object is expected"),
        (lambda data: data | {"format": 99}, "format 99 is not known"),
        (lambda data: data | {"runs": None}, "Proposal.runs: a list is expected"),
        (lambda data: data | {"colour": 1}, "colour is not known"),
        (lambda data: {name: data[name] for name in data if name != "kpis"}, "kpis is missing"),
        (lambda data: data | {"operations": [data["operations"][0] | {"end": "soon"}]}, r"\[0\].end: int"),
        (lambda data: data | {"operations": [data["operations"][0] | {"end": True}]}, r"\[0\].end: int"),
    ],
)
def test_nonsense_is_refused_and_says_where(spoil: object, said: str) -> None:
    written = encode_proposal(propose(Problem(sign_shop(), (sign(1),))))
    with pytest.raises(NotReadable, match=said):
        decode_proposal(spoil(through_text(written)))  # type: ignore[operator]
