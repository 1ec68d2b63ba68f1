"""Replications a second of the plan's Monte Carlo against SimPy, and whether both say the same.

The same plans of the made-up plant, played with the same spread and failures by the product's event graph
(compiled, and as plain Python) and by an independent model in SimPy (`peers/simpy_floor.py`) with random
numbers of its own. Compared are the distributions of the lines' mean end, of the last end and of the summed
tardiness, by the two-sample Kolmogorov-Smirnov distance over its critical value at 1 %. CPU seconds.
"""

import math
import time
from collections.abc import Sequence

from benchmarks.bars import Bar, Section, Table
from benchmarks.planning.environment import Peer, the_product
from benchmarks.planning.plant import plant
from benchmarks.planning.sizes import Scale
from production.engine.planning import iterations, propose
from production.engine.proposal import Problem, Proposal
from production.engine.simulation import Failures, Network, Spread, Uncertainty, network, play

LINES = (200, 1_000)
SEED = 11
# Uncertain enough that both have something to disagree about.
SPREAD = Spread(850, 1300)
BETWEEN, REPAIR = 16 * 3600, 3600


def section(scale: Scale) -> Section:
    """A row a plan. Bars of the largest."""
    found = Section("simulation", "Simulation of a plan")
    found.notes.append((__doc__ or "").strip())
    rows = []
    for lines in LINES if scale.large else LINES[:1]:
        problem = plant(lines, seed=scale.seed)
        proposal = propose(problem, seed=scale.seed, stop=iterations(20))
        graph = network(problem, proposal)
        uncertainty = Uncertainty(
            setup=SPREAD, work=SPREAD, failures=dict.fromkeys(graph.machines, Failures(BETWEEN, REPAIR))
        )
        theirs, their_seconds = _simpy(graph, uncertainty, 400 if scale.large else 120)
        ours, our_seconds = _compiled(problem, proposal, uncertainty, 4_000 if scale.large else 1_000)
        begun = time.process_time()
        plain, _, _ = play(graph, uncertainty, replications=100, seed=SEED)
        plain_seconds = (time.process_time() - begun) / 100
        count = len(graph.lines)
        equal = list(plain) == list(ours[: 100 * count])
        distance = max(
            _distance(_sums(ours, graph, name), _sums(theirs, graph, name))
            for name in ("mean", "last", "tardy")
        )
        faster, plainly = their_seconds / our_seconds, their_seconds / plain_seconds
        figures = (
            f"{count:,}",
            f"{len(graph.machine):,}",
            f"{their_seconds * 1000:.2f}",
            f"{plain_seconds * 1000:.2f}",
            f"{our_seconds * 1000:.3f}",
            f"{plainly:.1f}x",
            f"{faster:,.0f}x",
            f"{distance:.2f}",
            "equal" if equal else "differ",
        )
        rows.append(figures)
    columns = ["lines", "operations", "SimPy, ms", "plain, ms", "compiled, ms", "plain", "compiled"]
    found.tables.append(Table("One replication", [*columns, "KS / critical", "plain and compiled"], rows))
    found.bars += [
        Bar("simulation: replications a second, SimPy", faster, 30),
        Bar("simulation: distance to SimPy over critical (KS, 1 %)", distance, 1, at_most=True),
        Bar("simulation: plain and compiled differ", 0 if equal else 1, 0, "wrong", at_most=True),
    ]
    return found


def played(
    problem: Problem, proposal: Proposal, uncertainty: Uncertainty, replications: int, seed: int
) -> list[int]:
    """The end of each line in each replication, wherever this runs."""
    ends, _, _ = play(network(problem, proposal), uncertainty, replications=replications, seed=seed)
    return [int(end) for end in ends]


def _compiled(
    problem: Problem, proposal: Proposal, uncertainty: Uncertainty, count: int
) -> tuple[list[int], float]:
    """The ends by the compiled kernel, and CPU seconds of one replication more, when it has been compiled."""
    name = "benchmarks.planning.simulation:played"
    with the_product() as product:
        product.call(name, problem, proposal, uncertainty, 1, SEED)
        _, alone = product.call(name, problem, proposal, uncertainty, 1, SEED)
        ends, seconds = product.call(name, problem, proposal, uncertainty, count, SEED)
    return ends, (seconds - alone) / (count - 1)


def _simpy(graph: Network, uncertainty: Uncertainty, count: int) -> tuple[list[int], float]:
    """The ends by the peer, flat like ours, and CPU seconds a replication."""
    nodes = [
        {
            "machine": int(graph.machine[n]),
            "planned": int(graph.planned[n]),
            "setup": int(graph.setup[n]),
            "work": int(graph.work[n]),
            "freeing": [int(each) for each in graph.freeing[graph.free_from[n] : graph.free_from[n + 1]]],
            "before": [
                [int(graph.before[k]), int(graph.lag[k])] for k in range(graph.first[n], graph.first[n + 1])
            ],
        }
        for n in range(len(graph.machine))
    ]
    machines = [
        [
            [
                [int(graph.opens[k]), int(graph.closes[k])]
                for k in range(graph.window[m], graph.window[m + 1])
            ],
            BETWEEN,
            REPAIR,
        ]
        for m in range(len(graph.machines))
    ]
    plan = {
        "begin": min(int(each) for each in graph.planned),
        "nodes": nodes,
        "machines": machines,
        "lines": [
            [int(graph.last[k]) for k in range(graph.last_first[n], graph.last_first[n + 1])]
            for n in range(len(graph.lines))
        ],
        "setup_spread": [uncertainty.setup.least, uncertainty.setup.most],
        "work_spread": [uncertainty.work.least, uncertainty.work.most],
    }
    with Peer("simpy_floor") as peer:
        reply = peer.ask("play", plan=plan, replications=count, seed=SEED, seconds=300.0)
    return [round(end) for replication in reply.value for end in replication], reply.cpu / count


def _sums(ends: Sequence[int], graph: Network, name: str) -> list[float]:
    """One figure of each replication."""
    count = len(graph.lines)
    found: list[float] = []
    for start in range(0, len(ends), count):
        mine = ends[start : start + count]
        if name == "mean":
            found.append(sum(mine) / count)
        elif name == "last":
            found.append(max(mine))
        else:
            late = (end - due for end, due in zip(mine, graph.dues, strict=True) if due is not None)
            found.append(sum(max(each, 0) for each in late))
    return found


def _distance(one: Sequence[float], other: Sequence[float]) -> float:
    """The two-sample Kolmogorov-Smirnov distance over its critical value at 1 % (Smirnov 1948)."""
    first, second = sorted(one), sorted(other)
    i = j = 0
    most = 0.0
    while i < len(first) and j < len(second):
        value = min(first[i], second[j])
        while i < len(first) and first[i] <= value:
            i += 1
        while j < len(second) and second[j] <= value:
            j += 1
        most = max(most, abs(i / len(first) - j / len(second)))
    return most / (1.628 * math.sqrt((len(first) + len(second)) / (len(first) * len(second))))
