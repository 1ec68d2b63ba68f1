"""One problem as several that share nothing: what is joined again passes the certificate of the whole."""

import random
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from production.engine.cells import join, split
from production.engine.certificate import certify
from production.engine.planning import propose
from production.engine.proposal import FrozenOperation, Problem, Proposal
from production.engine.shop import Lot, Shop, Stock
from production.engine.work import Use
from tests.workshops import DAY, HOUR, MONDAY, shelf, sign, sign_shop


def wide_shop(times: int) -> Shop:
    """The workshop with so many of each machine."""
    shop = sign_shop()
    return replace(
        shop,
        machines=tuple(
            replace(machine, code=f"{machine.code}-{number}")
            for number in range(times)
            for machine in shop.machines
        ),
    )


def some_units(count: int, seed: int = 1) -> tuple:
    chance = random.Random(seed)
    return tuple(
        sign(
            n,
            material=chance.choice(("oak", "walnut")),
            width=chance.randint(80, 300),
            height=chance.randint(60, 250),
            due=MONDAY + chance.randint(2, 9) * DAY,
            order=f"order-{n // 3}",
        )
        for n in range(count)
    )


def planned(parts: tuple[Problem, ...]) -> list[Proposal]:
    return [propose(part, seed=number) for number, part in enumerate(parts)]


def test_a_wide_shop_is_divided_and_joined_again() -> None:
    problem = Problem(wide_shop(3), (*some_units(40), shelf(1), shelf(2)))
    parts = split(problem, most=3, least_units=5)
    assert len(parts) == 3
    assert sorted(u.id for part in parts for u in part.units) == sorted(u.id for u in problem.units)
    assert sorted(m.code for part in parts for m in part.shop.machines) == sorted(
        m.code for m in problem.shop.machines
    )
    for stock in problem.shop.materials:
        assert sum(part.shop.stock[stock.material].on_hand for part in parts) <= stock.on_hand
    answers = planned(parts)
    whole = join(problem, answers)
    assert certify(problem, whole).breaches == ()
    assert whole.kpis.units == 42
    assert parts == split(problem, most=3, least_units=5)


def test_a_small_shop_stays_one_problem() -> None:
    problem = Problem(sign_shop(), some_units(30))
    assert split(problem, most=4, least_units=5) == (problem,)
    assert split(Problem(wide_shop(3), some_units(30)), most=4, least_units=20)[0].units == some_units(30)


def test_what_ships_together_goes_to_one_cell() -> None:
    units = tuple(replace(u, together=f"box {n % 4}") for n, u in enumerate(some_units(24)))
    parts = split(Problem(wide_shop(2), units), most=2, least_units=5)
    assert len(parts) == 2
    boxes = [{unit.together for unit in part.units} for part in parts]
    assert not boxes[0] & boxes[1]


def test_short_material_and_lots_stay_whole() -> None:
    """Oak is short and walnut kept by lots: all that needs the one or the other is in one cell each."""
    shop = wide_shop(2)
    materials = tuple(
        replace(s, on_hand=3)
        if s.material == "oak"
        else Stock("walnut", 400, "sheet", s.width_um, s.height_um, lots=(Lot("w", 400),))
        if s.material == "walnut"
        else s
        for s in shop.materials
    )
    problem = Problem(replace(shop, materials=materials), (*some_units(30), *(shelf(n) for n in range(9))))
    parts = split(problem, most=2, least_units=5)
    for material in ("oak", "walnut"):
        assert sum(any(u.sheet_material == material for u in part.units) for part in parts) == 1
        assert sum(part.shop.stock[material].on_hand > 0 for part in parts) == 1
    assert certify(problem, join(problem, planned(parts))).breaches == ()


def test_claims_and_frozen_work_are_kept_in_mind() -> None:
    frozen = (
        FrozenOperation(
            "f1", "R1", 10, "laser", "laser-1-0", "oak", HOUR, MONDAY, MONDAY + 360, MONDAY + 360 + HOUR
        ),
        FrozenOperation(
            "f2", "R1", 30, "packing", "packing-1-1", "any", 600, MONDAY + 2 * HOUR, MONDAY + 2 * HOUR,
            MONDAY + 2 * HOUR + 600, after=("f1",),
        ),
    )  # fmt: skip
    problem = Problem(wide_shop(2), some_units(24), frozen=frozen, claims=(Use("oil", 50), Use("ply", 2)))
    parts = split(problem, most=2, least_units=5)
    assert sorted(f.id for part in parts for f in part.frozen) == ["f1", "f2"]
    whole = join(problem, planned(parts))
    assert whole.frozen[1].after == ("f1",)
    assert certify(problem, whole).breaches == ()


@settings(max_examples=10, deadline=None)
@given(st.integers(2, 4), st.integers(10, 40), st.integers(0, 1000))
def test_whatever_is_divided_can_be_joined(times: int, count: int, seed: int) -> None:
    problem = Problem(wide_shop(times), some_units(count, seed))
    parts = split(problem, most=4, least_units=4)
    assert certify(problem, join(problem, planned(parts))).breaches == ()
