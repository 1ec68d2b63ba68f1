"""What the replications of a plan say: promises kept, ends, machines that bind, the slack to add."""

from collections.abc import Sequence
from dataclasses import dataclass

from production.engine.proposal import Problem, Proposal
from production.engine.simulation.network import Network, network
from production.engine.simulation.play import Uncertainty, play


@dataclass(frozen=True, slots=True)
class LineOutcome:
    """``due`` and the ends are instants; ``kept`` is the share of replications that end by ``due``, in
    permille (None without a promise); ``planned`` is the end in the plan."""

    line: str
    due: int | None
    planned: int
    kept: int | None
    median: int
    late_end: int


@dataclass(frozen=True, slots=True)
class MachineOutcome:
    """``critical``: permille of the replications with a late line in which the worst one waited on this
    machine; ``repairs``: mean number of failures a replication, in thousandths."""

    machine: str
    critical: int
    repairs: int


@dataclass(frozen=True)
class Outcome:
    """What ``replications`` said. ``kept`` is the mean share of promises kept, ``kept_low`` and
    ``kept_high`` the band between the 5th and the 95th percentile of the replications, in permille.
    ``tardiness`` is the mean of the summed seconds of lines that are late. ``slack`` is by how many seconds
    all promises would have to be later so that ``wanted`` permille of them are kept."""

    replications: int
    kept: int
    kept_low: int
    kept_high: int
    tardiness: int
    wanted: int
    slack: int
    lines: tuple[LineOutcome, ...]
    machines: tuple[MachineOutcome, ...]


def simulate(
    problem: Problem,
    proposal: Proposal,
    uncertainty: Uncertainty | None = None,
    *,
    replications: int = 200,
    seed: int = 0,
    wanted: int = 950,
) -> Outcome:
    """Play the plan ``replications`` times. The same outcome for the same plan, seed and count.

    Raises ``ValueError`` for fewer than one replication.
    """
    if replications < 1:
        raise ValueError("At least one replication is needed.")
    uncertainty = uncertainty or Uncertainty()
    graph = network(problem, proposal)
    ends, repairs, critical = play(graph, uncertainty, replications=replications, seed=seed)
    return _outcome(graph, ends, repairs, critical, replications, wanted)


def _outcome(
    graph: Network,
    ends: Sequence[int],
    repairs: Sequence[int],
    critical: Sequence[int],
    replications: int,
    wanted: int,
) -> Outcome:
    count = len(graph.lines)
    kept_of = [0] * replications
    late = 0
    over: list[int] = []
    outcomes = []
    for number, (line, due) in enumerate(zip(graph.lines, graph.dues, strict=True)):
        mine = [int(ends[r * count + number]) for r in range(replications)]
        kept = None
        if due is not None:
            good = [end <= due for end in mine]
            kept = sum(good) * 1000 // replications
            kept_of = [so_far + one for so_far, one in zip(kept_of, good, strict=True)]
            late += sum(end - due for end in mine if end > due)
            over += [end - due for end in mine]
        mine.sort()
        outcomes.append(
            LineOutcome(line, due, graph.ends[number], kept, percentile(mine, 500), percentile(mine, 900))
        )
    promised = sum(due is not None for due in graph.dues)
    shares = sorted(kept * 1000 // promised for kept in kept_of) if promised else [1000]
    over.sort()
    bad = sum(1 for share in kept_of if share < promised)
    return Outcome(
        replications=replications,
        kept=sum(kept_of) * 1000 // (promised * replications) if promised else 1000,
        kept_low=percentile(shares, 50),
        kept_high=percentile(shares, 950),
        tardiness=late // replications,
        wanted=wanted,
        slack=max(percentile(over, wanted), 0) if over else 0,
        lines=tuple(outcomes),
        machines=tuple(
            MachineOutcome(
                code, int(critical[m]) * 1000 // max(bad, 1), int(repairs[m]) * 1000 // replications
            )
            for m, code in enumerate(graph.machines)
        ),
    )


def percentile(ordered: Sequence[int], permille: int) -> int:
    """The smallest value of a sorted sequence that at least so many permille of it do not exceed."""
    return ordered[max(-(-len(ordered) * permille // 1000) - 1, 0)]
