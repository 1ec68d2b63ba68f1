"""The play itself: every replication walks once through the event graph."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from production.engine.kernels import BEYOND, Ints, draw, ints, kernel, zeros
from production.engine.simulation.network import Network

# Quantiles of the exponential distribution with mean 1000, in the middle of equal parts.
_PARTS = 4096
EXPONENTIAL = tuple(round(-1000 * math.log(1 - (part + 0.5) / _PARTS)) for part in range(_PARTS))


@dataclass(frozen=True, slots=True)
class Spread:
    """Real times as permille of the planned ones: triangular from ``least`` to ``most``, its mode in the
    middle (the mean of two equal draws). ``Spread(1000, 1000)`` is exactly as planned."""

    least: int = 950
    most: int = 1150

    def __post_init__(self) -> None:
        if not 0 < self.least <= self.most:
            raise ValueError(f"A spread goes from a share above 0 up, not from {self.least} to {self.most}.")


@dataclass(frozen=True, slots=True)
class Failures:
    """Of one machine: mean seconds of set-up and work between failures, mean seconds until it works again;
    both exponential."""

    between: int
    repair: int

    def __post_init__(self) -> None:
        if self.between < 1 or self.repair < 0:
            raise ValueError("A machine works at least a second between failures; a repair takes 0 or more.")


@dataclass(frozen=True)
class Uncertainty:
    """``failures`` by machine; a machine that is not named never fails."""

    setup: Spread = field(default_factory=Spread)
    work: Spread = field(default_factory=Spread)
    failures: Mapping[str, Failures] = field(default_factory=dict)


def play(
    graph: Network, uncertainty: Uncertainty, *, replications: int, seed: int
) -> tuple[Sequence[int], Sequence[int], Sequence[int]]:
    """The end of each line in each replication (replication after replication), failures by machine, and in
    how many replications the worst late line waited on each machine."""
    nodes, lines = len(graph.machine), len(graph.lines)
    ends = zeros(replications * lines)
    repairs, critical = zeros(len(graph.machines)), zeros(len(graph.machines))
    failing = [uncertainty.failures.get(code) for code in graph.machines]
    if nodes:
        _play(
            ints([seed & 0x7FFFFFFF]),
            replications,
            graph.machine,
            graph.planned,
            graph.setup,
            graph.work,
            graph.free_from,
            graph.freeing,
            graph.first,
            graph.before,
            graph.lag,
            graph.window,
            graph.opens,
            graph.closes,
            graph.last_first,
            graph.last,
            ints(BEYOND if due is None else due for due in graph.dues),
            ints(BEYOND if each is None else each.between for each in failing),
            ints(0 if each is None else each.repair for each in failing),
            ints(EXPONENTIAL),
            ints(
                [
                    uncertainty.setup.least,
                    uncertainty.setup.most - uncertainty.setup.least + 1,
                    uncertainty.work.least,
                    uncertainty.work.most - uncertainty.work.least + 1,
                ]
            ),
            zeros(nodes),
            zeros(nodes),
            zeros(len(graph.machines)),
            zeros(len(graph.machines)),
            zeros(len(graph.machines)),
            ends,
            repairs,
            critical,
        )
    return ends, repairs, critical


@kernel
def _expo(chance: Ints, mean: int, quantiles: Ints) -> int:
    return int(mean * quantiles[draw(chance, len(quantiles))] // 1000 + 1)


@kernel
def _play(
    chance: Ints,
    replications: int,
    machine: Ints,
    planned: Ints,
    setup: Ints,
    work: Ints,
    free_from: Ints,
    freeing: Ints,
    first: Ints,
    before: Ints,
    lag: Ints,
    window: Ints,
    opens: Ints,
    closes: Ints,
    last_first: Ints,
    last: Ints,
    dues: Ints,
    between: Ints,
    repair: Ints,
    quantiles: Ints,
    spread: Ints,
    ends: Ints,
    binding: Ints,
    healthy: Ints,
    cursor: Ints,
    marked: Ints,
    line_ends: Ints,
    repairs: Ints,
    critical: Ints,
) -> None:
    lines = len(dues)
    for replication in range(replications):
        for m in range(len(between)):
            cursor[m] = window[m]
            healthy[m] = between[m]
            if between[m] < BEYOND:
                healthy[m] = _expo(chance, between[m], quantiles)
        for n in range(len(machine)):
            m = machine[n]
            at = planned[n]
            binding[n] = -1
            for k in range(free_from[n], free_from[n + 1]):
                if ends[freeing[k]] > at:
                    at = ends[freeing[k]]
                    binding[n] = freeing[k]
            for part in range(2):
                if part == 0:
                    permille = spread[0] * 2 + draw(chance, spread[1]) + draw(chance, spread[1])
                    seconds = setup[n] * permille // 2000
                else:
                    for k in range(first[n], first[n + 1]):
                        if ends[before[k]] + lag[k] > at:
                            at = ends[before[k]] + lag[k]
                            binding[n] = before[k]
                    permille = spread[2] * 2 + draw(chance, spread[3]) + draw(chance, spread[3])
                    seconds = work[n] * permille // 2000
                    if seconds < 1:
                        seconds = 1
                # Through the working time of the machine, with its failures.
                while seconds > 0:
                    while cursor[m] < window[m + 1] and closes[cursor[m]] <= at:
                        cursor[m] += 1
                    go = seconds
                    if cursor[m] < window[m + 1]:
                        if opens[cursor[m]] > at:
                            at = opens[cursor[m]]
                        if closes[cursor[m]] - at < go:
                            go = closes[cursor[m]] - at
                    if healthy[m] < go:
                        go = healthy[m]
                    at += go
                    seconds -= go
                    if between[m] < BEYOND:
                        healthy[m] -= go
                        if healthy[m] == 0:
                            at += _expo(chance, repair[m], quantiles)
                            healthy[m] = _expo(chance, between[m], quantiles)
                            repairs[m] += 1
            ends[n] = at
        worst = 0
        worst_node = -1
        for line in range(lines):
            end = 0
            node = -1
            for k in range(last_first[line], last_first[line + 1]):
                if ends[last[k]] > end:
                    end = ends[last[k]]
                    node = last[k]
            line_ends[replication * lines + line] = end
            if end - dues[line] > worst:
                worst = end - dues[line]
                worst_node = node
        while worst_node >= 0:
            # The machines on which the worst line waited, each once a replication.
            m = machine[worst_node]
            if marked[m] != replication + 1:
                marked[m] = replication + 1
                critical[m] += 1
            worst_node = binding[worst_node]
