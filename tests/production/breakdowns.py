"""A certified plan of a day, and what breaks in it."""

from dataclasses import replace

from production.engine.certificate import certify
from production.engine.planning import iterations, propose
from production.engine.proposal import Limits, Operation, Problem, Proposal, Zones
from production.engine.shop import Shop
from tests.workshops import DAY, HOUR, MONDAY, sign, sign_shop

NOW = MONDAY + HOUR


def certified(problem: Problem, proposal: Proposal) -> Proposal:
    assert certify(problem, proposal).breaches == ()
    return proposal


def planned(units: int, *, seconds: int = 900) -> Problem:
    """A day's plan with its own answer as base, an hour later."""
    everything = tuple(
        sign(n, material=("oak", "walnut")[n % 2], width=280, height=180, seconds=seconds, due=MONDAY + DAY)
        for n in range(units)
    )
    asked = Problem(sign_shop(), everything, limits=Limits(max_sheets=2, review_seconds=HOUR))
    base = certified(asked, propose(asked, stop=iterations(20)))
    return replace(
        asked,
        shop=replace(asked.shop, now=NOW),
        limits=replace(asked.limits, review_seconds=0),
        zones=Zones(slushy_until=NOW + 8 * HOUR),
        base=base,
    )


def broken(shop: Shop, code: str, until: int) -> Shop:
    stop = ((NOW, until),)
    return replace(
        shop, machines=tuple(replace(m, stops=stop) if m.code == code else m for m in shop.machines)
    )


def by_place(proposal: Proposal) -> dict[tuple[str, int, str], Operation]:
    return {(o.run, o.step, o.setup_family): o for o in proposal.operations}


def base_of(problem: Problem) -> Proposal:
    assert problem.base is not None
    return problem.base
