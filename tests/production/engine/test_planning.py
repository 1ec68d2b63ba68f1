"""Whatever the shop and the demand: the answer passes the independent certificate."""

import time
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from production.engine.certificate import certify
from production.engine.planning import iterations, propose
from production.engine.proposal import FrozenOperation, Limits, Problem, Proposal
from production.engine.shop import BadShop, Calendar
from production.engine.work import Step, Unit, Use
from tests.workshops import DAY, HOUR, MONDAY, eight_hours_a_day, shelf, sign, sign_shop


def certified(problem: Problem, proposal: Proposal) -> Proposal:
    certificate = certify(problem, proposal)
    assert certificate.breaches == ()
    return proposal


def codes(proposal: Proposal) -> dict[str, str]:
    return {unplanned.unit: unplanned.code for unplanned in proposal.unplanned}


def test_units_of_different_products_share_a_run() -> None:
    mug = replace(
        sign(1), product="Mug", routing=(Step(10, "laser", "oak", 60), Step(30, "packing", "any", 30))
    )
    problem = Problem(sign_shop(), (mug, sign(2), sign(3)))
    proposal = certified(problem, propose(problem))
    (run,) = proposal.runs
    assert set(run.units) == {"sign-1", "sign-2", "sign-3"}
    assert "Mug, Sign" in run.why


def test_another_material_is_another_run() -> None:
    problem = Problem(sign_shop(), (sign(1), sign(2, material="walnut")))
    assert len(certified(problem, propose(problem)).runs) == 2


def test_a_run_is_kept_below_its_sheets_and_hours() -> None:
    units = tuple(sign(n, width=290, height=190) for n in range(60))
    problem = Problem(sign_shop(), units, limits=Limits(max_sheets=4, max_seconds=2 * HOUR))
    proposal = certified(problem, propose(problem))
    assert all(len(run.sheets) <= 4 for run in proposal.runs)
    assert all(sum(150 for _ in run.units) <= 2 * HOUR for run in proposal.runs)
    assert proposal.kpis.unplanned == 0


def test_what_is_due_much_later_joins_only_where_it_needs_no_sheet() -> None:
    soon = [sign(n, width=290, height=190, due=MONDAY + DAY) for n in range(3)]
    later = [sign(n, width=290, height=190, due=MONDAY + 20 * DAY) for n in range(3, 8)]
    problem = Problem(sign_shop(), (*soon, *later))
    first, *rest = certified(problem, propose(problem)).runs
    assert len(first.sheets) == 1
    assert {"sign-0", "sign-1", "sign-2"} < set(first.units)
    assert len(rest) == 1


def test_parts_of_one_unit_lie_on_several_sheets() -> None:
    problem = Problem(sign_shop(), (shelf(1, boards=12, width=1400),))
    (run,) = certified(problem, propose(problem)).runs
    assert len(run.sheets) > 1


def test_a_unit_larger_than_a_run_may_be_gets_one_of_its_own() -> None:
    problem = Problem(sign_shop(), (shelf(1, boards=40, width=1400),), limits=Limits(max_sheets=2))
    (run,) = certified(problem, propose(problem)).runs
    assert len(run.sheets) > 2


def test_work_longer_than_a_shift_pauses_and_is_the_only_one_to() -> None:
    problem = Problem(sign_shop(), (sign(1, seconds=11 * HOUR), sign(2, seconds=5 * HOUR)))
    proposal = certified(problem, propose(problem))
    spans = {o.units: o.end - o.start for o in proposal.operations if o.step == 10}
    assert spans[("sign-1",)] > 16 * HOUR
    assert spans[("sign-2",)] <= 10 * HOUR


def test_equal_set_ups_follow_each_other() -> None:
    shop = replace(sign_shop(), machines=tuple(m for m in sign_shop().machines if m.code != "laser-2"))
    units = tuple(
        sign(n, material=("oak", "walnut")[n % 2], width=500, height=350, due=MONDAY + 9 * DAY)
        for n in range(40)
    )
    problem = Problem(shop, units, limits=Limits(max_sheets=5))
    proposal = certified(problem, propose(problem, stop=iterations(40)))
    assert proposal.kpis.runs == 8
    assert sum(o.start > o.setup_start for o in proposal.operations if o.work_centre == "laser") == 2


# --- reasons ----------------------------------------------------------------------------------------------


def test_a_unit_without_routing_says_so() -> None:
    problem = Problem(sign_shop(), (replace(sign(1), routing=()),))
    assert codes(certified(problem, propose(problem))) == {"sign-1": "no-routing"}


def test_a_part_larger_than_every_sheet_is_named() -> None:
    problem = Problem(sign_shop(), (sign(1, width=650), sign(2)))
    proposal = certified(problem, propose(problem))
    assert codes(proposal) == {"sign-1": "part-too-large"}
    assert "board, 650 × 120 mm" in proposal.unplanned[0].text
    assert "590 × 390 mm" in proposal.unplanned[0].text


def test_a_part_that_fits_turned_only_needs_leave_to_turn() -> None:
    problem = Problem(sign_shop(), (sign(1, width=300, height=500, may_rotate=False),))
    assert codes(certified(problem, propose(problem))) == {"sign-1": "part-too-large"}


def test_no_machine_holds_the_sheet() -> None:
    shop = sign_shop()
    large = tuple(replace(m, width_um=1_000_000) if m.material == "oak" else m for m in shop.materials)
    problem = Problem(replace(shop, materials=large), (sign(1),))
    assert codes(certified(problem, propose(problem))) == {"sign-1": "no-machine"}


def test_a_machine_without_working_time_does_not_count() -> None:
    shop = replace(sign_shop(), calendars=(Calendar("day", ()),))
    problem = Problem(shop, (sign(1),))
    assert codes(certified(problem, propose(problem))) == {"sign-1": "no-calendar"}


def test_missing_material_says_what_and_how_much() -> None:
    shop = sign_shop()
    poor = tuple(replace(m, on_hand=10) if m.material == "oil" else m for m in shop.materials)
    problem = Problem(replace(shop, materials=poor), (sign(1), sign(2)))
    proposal = certified(problem, propose(problem))
    assert codes(proposal) == {"sign-2": "material-short"}
    assert proposal.unplanned[0].text == "Not enough material. oil: 2 ml more needed, 4 free."


def test_missing_sheets_say_how_many() -> None:
    shop = sign_shop()
    poor = tuple(replace(m, on_hand=1) if m.material == "oak" else m for m in shop.materials)
    problem = Problem(replace(shop, materials=poor), tuple(sign(n, width=500, height=300) for n in range(4)))
    proposal = certified(problem, propose(problem))
    assert proposal.kpis.units == 1
    assert proposal.unplanned[0].text == (
        "Not enough material. oak: 3 sheets are needed for 3 pieces, 0 free."
    )


def test_thousands_of_pieces_without_a_sheet_cost_next_to_nothing() -> None:
    shop = sign_shop()
    poor = tuple(replace(m, on_hand=2) if m.material == "oak" else m for m in shop.materials)
    demand = tuple(sign(n, width=250 + n % 200, height=150 + n % 100) for n in range(4000))
    problem = Problem(replace(shop, materials=poor), demand)
    begin = time.process_time()
    proposal = propose(problem)
    spent = time.process_time() - begin
    certified(problem, proposal)
    assert proposal.kpis.sheets == 2
    assert set(codes(proposal).values()) == {"material-short"}
    assert "oak: at least" in proposal.unplanned[0].text
    assert spent < 2, f"{spent:.2f} CPU seconds"


def test_pieces_that_cannot_be_made_take_no_place_among_those_due_first() -> None:
    shop = sign_shop()
    poor = tuple(replace(m, on_hand=0) if m.material == "oak" else m for m in shop.materials)
    demand = [sign(n, due=MONDAY + DAY) for n in range(8)]
    demand += [sign(n, material="walnut", due=MONDAY + 2 * DAY) for n in range(8, 14)]
    problem = Problem(replace(shop, materials=poor), tuple(demand), limits=Limits(max_units=5))
    proposal = certified(problem, propose(problem))
    assert proposal.kpis.units == 5
    assert sorted(codes(proposal).values()) == ["later"] + ["material-short"] * 8


def test_a_horizon_that_is_full_is_a_reason() -> None:
    shop = replace(sign_shop(), calendars=(Calendar("day", eight_hours_a_day(1)),))
    problem = Problem(shop, tuple(sign(n, seconds=6 * HOUR) for n in range(4)))
    proposal = certified(problem, propose(problem))
    assert set(codes(proposal).values()) == {"beyond-horizon"}
    assert proposal.kpis.units >= 1


def test_a_shop_that_contradicts_itself_is_refused_with_all_its_problems() -> None:
    shop = sign_shop()
    with pytest.raises(BadShop) as refused:
        replace(
            shop,
            machines=(replace(shop.machines[0], speed_percent=0), replace(shop.machines[1], work_centre="x")),
            calendars=(Calendar("day", ((5, 3),)),),
        )
    assert len(refused.value.problems) == 3


def test_nothing_to_do_is_an_empty_plan() -> None:
    problem = Problem(sign_shop(), ())
    assert certified(problem, propose(problem)).kpis.runs == 0


# --- frozen work ------------------------------------------------------------------------------------------


def frozen(
    number: int, *, start: int, hours: int = 2, machine: str = "laser-1", family: str = "oak"
) -> FrozenOperation:
    return FrozenOperation(
        id=f"f{number}",
        run=f"R{number}",
        step=10,
        work_centre="laser",
        machine=machine,
        setup_family=family,
        seconds=hours * HOUR,
        setup_start=start - 360,
        start=start,
        end=start + hours * HOUR,
    )


def test_new_work_goes_around_frozen_work() -> None:
    fast = frozen(1, start=MONDAY + HOUR)
    slow = frozen(2, start=MONDAY + HOUR, machine="laser-2")
    problem = Problem(sign_shop(), tuple(sign(n) for n in range(20)), frozen=(fast, slow))
    proposal = certified(problem, propose(problem))
    assert {(f.start, f.end) for f in proposal.frozen} == {(fast.start, fast.end)}


def test_the_set_up_of_frozen_work_follows_its_new_neighbour() -> None:
    shop = replace(sign_shop(), machines=tuple(m for m in sign_shop().machines if m.code != "laser-2"))
    fast = frozen(1, start=MONDAY + 4 * HOUR, family="walnut")
    problem = Problem(shop, (sign(1, due=MONDAY + 5 * HOUR),), frozen=(fast,))
    proposal = certified(problem, propose(problem))
    (kept,) = proposal.frozen
    assert (kept.start, kept.start - kept.setup_start) == (fast.start, 180), "from oak to walnut it is 180 s"


def test_frozen_work_that_was_not_begun_in_time_moves_right() -> None:
    late, next_one = frozen(1, start=MONDAY - DAY), frozen(2, start=MONDAY + HOUR)
    problem = Problem(sign_shop(), (sign(1),), frozen=(late, next_one))
    first, second = certified(problem, propose(problem)).frozen
    assert first.id == "f1" and first.start >= MONDAY
    assert second.start >= first.end


# --- anything ---------------------------------------------------------------------------------------------

units = st.lists(
    st.one_of(
        st.builds(
            lambda material, width, height, turn, finish, due, seconds, release: (
                "sign",
                {
                    "material": material,
                    "width": width,
                    "height": height,
                    "may_rotate": turn,
                    "finish": finish,
                    "due": None if due is None else MONDAY + due * HOUR,
                    "seconds": seconds,
                },
                release,
            ),
            st.sampled_from(["oak", "walnut", "gold"]),
            st.integers(50, 620),
            st.integers(50, 420),
            st.booleans(),
            st.sampled_from([None, "oil", "wax"]),
            st.one_of(st.none(), st.integers(-10, 300)),
            st.one_of(st.integers(0, 2000), st.integers(20_000, 60_000)),
            st.integers(0, 40),
        ),
        st.builds(
            lambda boards, width, due: (
                "shelf",
                {"boards": boards, "width": width, "due": MONDAY + due * HOUR},
                0,
            ),
            st.integers(0, 12),
            st.integers(200, 2600),
            st.integers(0, 300),
        ),
    ),
    max_size=30,
)


@settings(max_examples=120, deadline=None)
@given(
    wanted=units,
    speeds=st.tuples(st.integers(30, 250), st.integers(30, 250)),
    state=st.sampled_from(["", "oak", "walnut"]),
    oak=st.integers(0, 20),
    days=st.integers(0, 12),
    frozen_at=st.lists(st.integers(-30, 60), max_size=3, unique=True),
    limits=st.builds(
        Limits, st.integers(1, 6), st.integers(600, 40_000), st.integers(0, 400_000), st.integers(0, 3600)
    ),
)
def test_any_demand_in_any_shop_is_answered_soundly(
    wanted: list[tuple[str, dict[str, int], int]],
    speeds: tuple[int, int],
    state: str,
    oak: int,
    days: int,
    frozen_at: list[int],
    limits: Limits,
) -> None:
    shop = sign_shop()
    machines = tuple(
        replace(machine, speed_percent=speed, setup_state=state)
        for machine, speed in zip(shop.machines[:2], speeds, strict=True)
    )
    shop = replace(
        shop,
        machines=machines + shop.machines[2:],
        materials=tuple(replace(m, on_hand=oak) if m.material == "oak" else m for m in shop.materials),
        calendars=(Calendar("day", eight_hours_a_day(days)),),
    )
    demand: list[Unit] = []
    for number, (kind, values, release) in enumerate(wanted):
        unit = sign(number, **values) if kind == "sign" else shelf(number, **values)  # type: ignore[arg-type]
        demand.append(replace(unit, release=MONDAY + release * HOUR))
    standing = tuple(
        frozen(n, start=MONDAY + hour * HOUR, machine=f"laser-{n % 2 + 1}")
        for n, hour in enumerate(frozen_at)
    )
    # Released work was planned inside working time.
    standing = tuple(
        f for f in standing if any(a <= f.setup_start and f.end <= b for a, b in shop.calendars[0].intervals)
    )
    problem = Problem(shop, tuple(demand), frozen=standing, claims=(Use("oil", 3),), limits=limits)
    certified(problem, propose(problem, seed=1, stop=iterations(8)))


def test_the_same_seed_and_count_give_the_same_plan() -> None:
    problem = Problem(sign_shop(), tuple(sign(n, material=("oak", "walnut")[n % 2]) for n in range(30)))
    assert propose(problem, seed=7, stop=iterations(20)) == propose(problem, seed=7, stop=iterations(20))


def test_500_units_are_planned_and_certified_in_a_few_seconds() -> None:
    demand = [
        sign(
            n,
            material=("oak", "walnut")[n % 2],
            width=100 + n % 190,
            height=60 + n % 130,
            due=MONDAY + n % 12 * DAY,
        )
        for n in range(400)
    ] + [shelf(n, boards=n % 6 + 1, width=400 + 10 * (n % 90), due=MONDAY + n % 9 * DAY) for n in range(100)]
    problem = Problem(sign_shop(), tuple(demand))
    begin = time.process_time()
    proposal = propose(problem, stop=iterations(60))
    spent = time.process_time() - begin
    certified(problem, proposal)
    assert proposal.kpis.unplanned == 0
    assert spent < 5, f"{spent:.2f} CPU seconds"
