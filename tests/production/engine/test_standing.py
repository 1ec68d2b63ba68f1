"""Frozen work whose machine stops meanwhile moves right, and what follows it in its run with it."""

from dataclasses import replace

from production.engine.certificate import certify
from production.engine.planning import propose, refit
from production.engine.proposal import FrozenOperation, Problem
from production.engine.shop import SetupRule
from tests.workshops import HOUR, MONDAY, sign, sign_shop


def released(start: int, *, after: tuple[str, ...] = ()) -> FrozenOperation:
    return FrozenOperation(
        id=f"at {start}",
        run="r",
        step=10,
        work_centre="laser",
        machine="laser-2",
        setup_family="walnut",
        seconds=HOUR,
        setup_start=start,
        start=start,
        end=start + HOUR,
        after=after,
    )


def test_released_work_in_a_planned_stop_is_done_after_it() -> None:
    shop = sign_shop()
    stopped = tuple(
        replace(m, stops=((MONDAY + HOUR, MONDAY + 3 * HOUR),)) if m.code == "laser-2" else m
        for m in shop.machines
    )
    first = released(MONDAY + HOUR)
    packed = replace(
        released(MONDAY + 2 * HOUR, after=(first.id,)),
        id="pack",
        step=30,
        work_centre="packing",
        machine="packing-1",
        setup_family="any",
    )
    problem = Problem(replace(shop, machines=stopped), (sign(1),), frozen=(first, packed))
    proposal = propose(problem)
    assert certify(problem, proposal).breaches == ()
    times = {frozen.id: frozen.start for frozen in proposal.frozen}
    assert times == {first.id: MONDAY + 3 * HOUR, "pack": MONDAY + 4 * HOUR}


def test_what_was_begun_out_of_turn_puts_off_what_was_to_come_first() -> None:
    first, second = (
        released(MONDAY),
        replace(released(MONDAY), id="begun", started=True, end=MONDAY + 2 * HOUR),
    )
    problem = Problem(sign_shop(), (sign(1),), frozen=(first, second))
    proposal = propose(problem)
    assert certify(problem, proposal).breaches == ()
    times = {frozen.id: frozen.start for frozen in proposal.frozen}
    assert times == {"begun": MONDAY, first.id: MONDAY + 2 * HOUR}


def test_a_change_costs_by_where_frozen_work_stands_in_the_plan() -> None:
    shop = sign_shop()
    shop = replace(
        shop,
        machines=tuple(replace(m, setup_state="") for m in shop.machines if m.code != "laser-1"),
        setups=(*shop.setups, SetupRule("laser", "walnut", "oak", 360, cost=700)),
    )
    # Not packed in time, so that the engraving after it waits, and the sign goes in front.
    packed = replace(
        released(MONDAY - HOUR),
        id="pack",
        step=5,
        work_centre="packing",
        machine="packing-1",
        setup_family="any",
        seconds=4 * HOUR,
        end=MONDAY + 3 * HOUR,
    )
    problem = Problem(shop, (sign(1, due=MONDAY),), frozen=(packed, released(MONDAY, after=("pack",))))
    proposal = propose(problem)
    assert certify(problem, proposal).breaches == ()
    (engraved,) = (o for o in proposal.operations if o.machine == "laser-2")
    assert engraved.end < next(f.start for f in proposal.frozen if f.machine == "laser-2")
    # Six minutes for oak, five for oil, and no rule's own cost.
    assert proposal.kpis.terms.setups == 660
    assert certify(problem, refit(proposal, problem)).breaches == ()
