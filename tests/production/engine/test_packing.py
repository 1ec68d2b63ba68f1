"""Runs packed anew: every piece once, within the limits of a run, and cheaper where promises allow."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.planning.plant import plant
from production.engine.batching import form_runs
from production.engine.certificate import certify
from production.engine.planning import iterations, propose
from production.engine.scheduling import moves
from production.engine.scheduling.compiled import Compiled
from production.engine.scheduling.construct import compiled_around
from production.engine.scheduling.packing import WAYS, pack


def compiled(lines: int, seed: int) -> Compiled:
    problem = plant(lines, seed=seed)
    runs, _ = form_runs(problem.units, problem.shop, limits=problem.limits)
    return compiled_around(runs, problem, spare=len(runs) // 3 + 4, split=True)[0]


@settings(max_examples=8)
@given(
    lines=st.integers(min_value=1, max_value=60),
    seed=st.integers(min_value=0, max_value=999),
    way=st.sampled_from(WAYS),
)
def test_every_piece_is_in_one_run_within_its_limits(lines: int, seed: int, way: tuple[int, int]) -> None:
    found = compiled(lines, seed)
    runs = {r: {u for a in found.members(r) for u in found.atoms[a]} for r in range(found.runs)}
    assert pack(found, window=way[0], slack=way[1])
    packed = {r: [u for a in found.members(r) for u in found.atoms[a]] for r in range(found.runs)}
    assert sorted(u for units in packed.values() for u in units) == sorted(
        u for e in runs.values() for u in e
    )
    family = {unit.id: unit.sheet_material for unit in found.problem.units}
    for r, units in packed.items():
        assert len({family[unit] for unit in units}) <= 1
        assert not units or moves.fits(found.p, found.s, r)


def test_pieces_of_different_waves_share_a_run_where_promises_allow() -> None:
    problem = plant(60, seed=3)
    late = replace(problem, units=tuple(replace(u, due=(u.due or 0) + 10**6) for u in problem.units))
    at_once = propose(late, stop=iterations(0))
    packed = propose(late, stop=iterations(150))
    assert certify(late, packed).breaches == ()
    assert packed.kpis.runs < at_once.kpis.runs
    assert packed.kpis.terms.cost < at_once.kpis.terms.cost
