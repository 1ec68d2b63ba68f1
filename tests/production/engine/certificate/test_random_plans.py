"""Whatever the planner makes of a shop with every mode of work passes the certificate, and so does what it
makes of it again inside the zones of its first plan."""

from dataclasses import replace
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from production.engine.certificate import certify
from production.engine.planning import iterations, propose
from production.engine.proposal import Problem, Zones
from production.engine.work import Unit, Use
from tests.production.engine.certificate.plant import at, card, mug, oak, plant, sound


def demand(chance: Random) -> tuple[Unit, ...]:
    signs = [
        oak(
            number,
            width=chance.randint(50, 300),
            height=chance.randint(50, 250),
            order=f"order-{number // 2}",
            same_lot=chance.random() < 0.5,
            due=at(chance.randint(0, 8), day=chance.randint(0, 4)),
            weight=chance.randint(1, 4),
        )
        for number in range(chance.randint(1, 8))
    ]
    mugs = [
        replace(mug(number), line=f"line-m{number // 2}", together=chance.choice(("", "mugs")))
        for number in range(chance.randint(0, 6))
    ]
    return (*signs, *mugs, *(card(number) for number in range(chance.randint(0, 8))))


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000))
def test_a_plan_of_the_planner_passes(seed: int) -> None:
    chance = Random(seed)
    frozen = sound()[0].frozen if chance.random() < 0.4 else ()
    claims = (Use("oil", 100), Use("varnish", 50)) if chance.random() < 0.5 else ()
    problem = Problem(plant(), demand(chance), frozen=frozen, claims=claims)
    first = propose(problem, seed=seed, stop=iterations(5))
    assert certify(problem, first).breaches == ()

    now = problem.shop.now
    begun = chance.choice((0, 3600, 7200, 20_000))
    again = replace(
        problem,
        base=first,
        zones=Zones(frozen_until=now + begun, slushy_until=now + chance.choice((20_000, 60_000))),
        units=tuple(unit for unit in problem.units if chance.random() < 0.95),
        limits=replace(problem.limits, review_seconds=chance.choice((0, 900))),
    )
    assert certify(again, propose(again, seed=seed + 1, stop=iterations(5))).breaches == ()
