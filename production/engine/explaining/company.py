"""What it saves that the pieces of a line are made together with others."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from production.engine.batching import nest_again
from production.engine.explaining.chains import NotPlanned
from production.engine.nesting import TooLarge
from production.engine.planning import Stop, measure
from production.engine.proposal import FrozenOperation, Kpis, Problem, Proposal
from production.engine.routing import key_of
from production.engine.scheduling.construct import schedule
from production.engine.work import Unit


@dataclass(frozen=True, slots=True)
class Company:
    """What it would cost to make a line in a run of its own: figures with and without the others."""

    run: str
    line: str
    pieces: int
    others: int
    as_planned: Kpis
    alone: Kpis


def together(
    problem: Problem, proposal: Proposal, line: str, *, seed: int = 0, stop: Stop | None = None
) -> Company:
    """What it would cost to make the pieces of a line by themselves, each run of it: both are planned again.

    The other runs keep their times. Raises ``NotPlanned``.
    """
    units = {unit.id: unit for unit in problem.units}
    run = next((r for r in proposal.runs if any(units[u].line == line for u in r.units)), None)
    if run is None:
        raise NotPlanned(f"The line {line} is in no run of this plan.")
    mine = [units[u] for u in run.units if units[u].line == line]
    others = [units[u] for u in run.units if units[u].line != line]
    key = key_of(mine[0], problem.shop)
    standing = tuple(stand(proposal, run.id))
    question = replace(
        problem,
        units=tuple(mine + others),
        frozen=(*proposal.frozen, *standing),
        claims=(),
        base=None,
    )

    def figures(groups: Sequence[Sequence[Unit]]) -> Kpis:
        runs = [
            nest_again(group, problem.shop, key=key, run_id=f"{run.id}.{n}")
            for n, group in enumerate(groups, start=1)
            if group
        ]
        answer = schedule(runs, question, seed=seed, stop=stop)
        return measure(question, runs, answer.operations, 0, frozen=answer.frozen)

    try:
        return Company(
            run.id, line, len(mine), len(others), figures([mine + others]), figures([mine, others])
        )
    except TooLarge as fault:
        raise NotPlanned("The parts of this run no longer fit the machines.") from fault


def stand(proposal: Proposal, without: str = "") -> Iterator[FrozenOperation]:
    """The planned operations (those of one run left out) as work that stays where it is."""
    for number, o in enumerate(proposal.operations):
        if o.run != without:
            yield FrozenOperation(
                id=f"planned {number}",
                run=o.run,
                step=o.step,
                work_centre=o.work_centre,
                machine=o.machine,
                setup_family=o.setup_family,
                seconds=o.seconds,
                setup_start=o.setup_start,
                start=o.start,
                end=o.end,
                operator=o.operator,
                tool=o.tool,
                load=o.load,
            )
