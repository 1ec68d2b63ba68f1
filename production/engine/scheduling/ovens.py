"""Batch machines alone: which jobs share a load, on which oven, in which order (the Oven Scheduling Problem).

A load's jobs have one family, start and end together, and take the longest of their shortest times, which
none of them may be too short for; an oven holds its capacity, and set-up and work stay inside one of its
windows. Cost: running time, loads, set-ups by sequence, and lateness, for each job a fixed amount, an amount
for each second, or both. Problem: M.-L. Lackner, C. Mrkvicka, N. Musliu, D. Walkiewicz, F. Winter, CP 2021.

Method: loads filled greedily by the end that is asked for, then simulated annealing on whole loads and single
jobs (``oven_moves``), compiled where numba is. Everything is whole numbers: the same seed and number of moves
give the same loads.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from production.engine.kernels import ints, zeros
from production.engine.scheduling import oven_moves as m

Stop = Callable[[int], bool]
# Moves between two looks at the clock and the temperature.
EPOCH = 2_000
ROUNDS = 400_000
# From this share of a job's mean cost down to that one over the moves, and again after so many a job.
WARM, COLD = 0.3, 0.002
MOVES_A_JOB = 5_000
SHARES = tuple(round(-math.log((k + 1) / m.SHARES) * m.SHARES) for k in range(m.SHARES))
MOST_OVENS = 60


@dataclass(frozen=True, slots=True)
class OvenJob:
    """What is to be put into a load. It fills ``size`` of an oven of ``ovens`` (numbers), takes ``shortest``
    to ``longest`` seconds (None: as long as may be), not before ``earliest``; after ``latest`` it costs
    ``late``, and ``late_each`` for every second."""

    size: int
    family: int
    earliest: int
    latest: int | None
    shortest: int
    longest: int | None
    ovens: tuple[int, ...]
    late: int = 0
    late_each: int = 0


@dataclass(frozen=True, slots=True)
class Oven:
    """``state`` is the family it is set up for; ``windows`` are sorted and apart."""

    capacity: int
    state: int
    windows: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class OvenProblem:
    """``setup_seconds`` and ``setup_costs`` go from family to family, rows of the same length: the families
    of jobs first, other states of ovens behind. A second of running costs ``run_cost``, a load ``load_cost``.
    """

    jobs: tuple[OvenJob, ...]
    ovens: tuple[Oven, ...]
    setup_seconds: tuple[tuple[int, ...], ...]
    setup_costs: tuple[tuple[int, ...], ...]
    run_cost: int = 0
    load_cost: int = 0


@dataclass(frozen=True, slots=True)
class Load:
    """``jobs`` are numbers of the problem's; the set-up goes before ``start``."""

    oven: int
    jobs: tuple[int, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class OvenPlan:
    """Loads by oven and time. ``unplanned`` jobs found no working time, or no oven can take them at all.
    ``cost`` is that of the loads."""

    loads: tuple[Load, ...]
    unplanned: tuple[int, ...]
    cost: int
    moves: int


def fill_ovens(
    problem: OvenProblem, *, seed: int = 0, moves: int = ROUNDS, stop: Stop | None = None
) -> OvenPlan:
    """The best loads found in so many moves, or until ``stop``, which is asked with the moves done.

    With 0 moves the greedy plan. Raises ``ValueError`` for more than 60 ovens.
    """
    if len(problem.ovens) > MOST_OVENS:
        raise ValueError(f"{len(problem.ovens)} ovens: at most {MOST_OVENS} are planned at once")
    able = [number for number, job in enumerate(problem.jobs) if _able(job, problem)]
    if not able:
        return OvenPlan((), tuple(range(len(problem.jobs))), 0, 0)
    table = _Table(problem, able)
    table.fill()
    done = table.improve(seed=seed, moves=moves, stop=stop)
    return table.plan(done)


def _able(job: OvenJob, problem: OvenProblem) -> list[int]:
    """The ovens that can take the job in a load of its own."""
    return [
        oven
        for oven in job.ovens
        if job.size <= problem.ovens[oven].capacity
        and any(start + max(job.shortest, 1) <= end for start, end in problem.ovens[oven].windows)
    ]


class _Table:
    """The arrays of ``oven_moves`` for one problem."""

    def __init__(self, problem: OvenProblem, able: Sequence[int]) -> None:
        self.problem, self.able = problem, able
        self.count, self.width = len(able), len(able) + 1
        families = len(problem.setup_seconds)
        self.jobs = zeros(m.JOB * self.count)
        for number, place in enumerate(able):
            job = problem.jobs[place]
            values = (
                job.size,
                job.family,
                job.earliest,
                m.NEVER if job.latest is None else job.latest,
                max(job.shortest, 1),
                m.NEVER if job.longest is None else max(job.longest, 1),
                sum(1 << oven for oven in _able(job, problem)),
                job.late,
                job.late_each,
                -1,
                -1,
                -1,
            )
            for k, value in enumerate(values):
                self.jobs[number * m.JOB + k] = value
        self.windows = ints(edge for oven in problem.ovens for window in oven.windows for edge in window)
        self.ovens = zeros(m.OVENS * len(problem.ovens))
        first = 0
        for number, oven in enumerate(problem.ovens):
            last = first + len(oven.windows)
            facts = (oven.capacity, oven.state, first, last, 0)
            first = last
            for k, value in enumerate(facts):
                self.ovens[number * m.OVENS + k] = value
        rows = zip(problem.setup_seconds, problem.setup_costs, strict=True)
        self.setups = ints(
            value for times, costs in rows for pair in zip(times, costs, strict=True) for value in pair
        )
        self.facts = ints((self.count, len(problem.ovens), families, problem.run_cost, problem.load_cost))
        by_family: list[list[int]] = [[] for _ in range(families)]
        for number in range(self.count):
            by_family[self.jobs[number * m.JOB + m.FAMILY]].append(number)
        places: list[int] = []
        members: list[int] = []
        for family in by_family:
            places.append(families + 1 + len(members))
            members += family
        self.members = ints([*places, families + 1 + len(members), *members])
        self.loads = zeros(m.LOAD * (self.count + 1))
        self.seq = zeros(self.width * len(problem.ovens))
        self.touched = zeros(self.count + 3)
        self.free = ints([self.count + 1, *range(self.count + 1)])
        self.best = zeros(3 * self.count)
        self.state = zeros(2)

    def fill(self) -> None:
        """Greedy: by the end that is asked for, into the last load of its family that has room and has not
        begun without it, else at the end of the oven where it ends first."""

        def urgency(job: int) -> tuple[int, int]:
            row = job * m.JOB
            return min(self.jobs[row + m.LATE], m.NEVER), self.jobs[row + m.EARLY]

        open_loads: dict[int, list[int]] = {}
        for job in sorted(range(self.count), key=urgency):
            family = int(self.jobs[job * m.JOB + m.FAMILY])
            if not self._join(job, open_loads.get(family, [])):
                open_loads.setdefault(family, []).append(self._append(job))
        cost = sum(int(self.loads[load * m.LOAD + m.COST]) for load in self._in_use())
        self.state[m.CURRENT] = self.state[m.BEST] = cost
        m.remember(self.jobs, self.loads, self.seq, self.ovens, self.facts, self.best)

    def _join(self, job: int, loads: Sequence[int]) -> bool:
        row = job * m.JOB
        for load in reversed(loads[-8:]):
            at = load * m.LOAD
            start = self.loads[at + m.END] - self.loads[at + m.LEAST]
            if (
                m.fits(job, -1, load, self.jobs, self.loads, self.ovens)
                and self.jobs[row + m.EARLY] <= start
                and self.jobs[row + m.SHORT] <= self.loads[at + m.LEAST]
            ):
                m.put(job, load, self.jobs, self.loads)
                self._retime(int(self.loads[at + m.OVEN]), int(self.loads[at + m.POS]))
                return True
        return False

    def _append(self, job: int) -> int:
        load = int(self.free[self.free[0]])
        self.free[0] -= 1
        row = load * m.LOAD
        self.loads[row + m.FIRST] = -1
        self.loads[row + m.KIND] = self.jobs[job * m.JOB + m.FAMILY]
        self.loads[row + m.COST] = 0
        self.loads[row + m.END] = -1
        m.sum_up(load, self.jobs, self.loads)
        m.put(job, load, self.jobs, self.loads)
        best: tuple[int, int] | None = None
        for oven in range(len(self.problem.ovens)):
            if (int(self.jobs[job * m.JOB + m.MASK]) >> oven) & 1:
                self._try_at_end(load, oven)
                end = int(self.loads[row + m.NEW_END])
                m.remove(load, self.loads, self.seq, self.ovens, self.width)
                if best is None or (end, oven) < best:
                    best = end, oven
        assert best is not None
        self._try_at_end(load, best[1])
        m.settle(self.loads, self.touched)
        return load

    def _try_at_end(self, load: int, oven: int) -> None:
        pos = int(self.ovens[oven * m.OVENS + m.HAS])
        m.insert(load, oven, pos, self.loads, self.seq, self.ovens, self.width)
        self.touched[0] = 0
        self._ask_times(oven, pos)

    def _retime(self, oven: int, pos: int) -> None:
        self.touched[0] = 0
        self._ask_times(oven, pos)
        m.settle(self.loads, self.touched)

    def _ask_times(self, oven: int, low: int) -> int:
        return int(
            m.retime(
                oven,
                low,
                self.count,
                self.jobs,
                self.loads,
                self.seq,
                self.ovens,
                self.windows,
                self.setups,
                self.facts,
                self.touched,
            )
        )

    def _in_use(self) -> list[int]:
        return [
            int(self.seq[oven * self.width + pos])
            for oven in range(len(self.problem.ovens))
            for pos in range(self.ovens[oven * m.OVENS + m.HAS])
        ]

    def improve(self, *, seed: int, moves: int, stop: Stop | None) -> int:
        """Anneal; how many moves it was."""
        chance = ints([(seed * 2_654_435_761 + 12_345) & 0x7FFFFFFF])
        shares = ints(SHARES)
        mean = max(int(self.state[m.BEST]) % m.PENALTY // self.count, 1)
        # Several times over where that leaves enough moves for each.
        span = -(-moves // max(moves // (MOVES_A_JOB * self.count), 1)) or 1
        done = 0
        while done < moves and not (stop is not None and stop(done)):
            rounds = min(EPOCH, moves - done)
            warmth = max(round(mean * WARM * (COLD / WARM) ** (done % span / span)), 1)
            m.anneal(
                rounds,
                warmth,
                self.jobs,
                self.loads,
                self.seq,
                self.ovens,
                self.windows,
                self.setups,
                self.facts,
                self.members,
                self.touched,
                self.free,
                shares,
                chance,
                self.state,
                self.best,
            )
            done += rounds
        return done

    def plan(self, moves: int) -> OvenPlan:
        """The best plan met, its times reckoned from its first load on."""
        members: dict[int, list[int]] = {}
        order: list[list[tuple[int, int]]] = [[] for _ in self.problem.ovens]
        for job in range(self.count):
            load, oven, pos = (int(each) for each in self.best[3 * job : 3 * job + 3])
            if load not in members:
                order[oven].append((pos, load))
            members.setdefault(load, []).append(job)
        found: list[Load] = []
        unplanned = set(range(len(self.problem.jobs))) - set(self.able)
        cost = 0
        for oven, loads in enumerate(order):
            made, added, lost = timed(
                self.problem,
                oven,
                [tuple(self.able[job] for job in members[load]) for _, load in sorted(loads)],
            )
            found += made
            cost += added
            unplanned |= set(lost)
        return OvenPlan(tuple(found), tuple(sorted(unplanned)), cost, moves)


def timed(
    problem: OvenProblem, oven: int, order: Sequence[tuple[int, ...]]
) -> tuple[list[Load], int, list[int]]:
    """Loads of jobs in this order on an oven, each as early as may be; their cost, and the jobs of those for
    which there is no working time left (these and all after them)."""
    machine = problem.ovens[oven]
    state, free, window = machine.state, 0, 0
    loads: list[Load] = []
    cost = 0
    for number, jobs in enumerate(order):
        each = [problem.jobs[job] for job in jobs]
        family = each[0].family
        seconds = max(1, *(job.shortest for job in each))
        ready = max(job.earliest for job in each)
        setup = problem.setup_seconds[state][family]
        while window < len(machine.windows):
            opens, closes = machine.windows[window]
            start = max(max(free, opens) + setup, ready)
            if start + seconds <= closes:
                break
            window += 1
        else:
            return loads, cost, [job for rest in order[number:] for job in rest]
        free = start + seconds
        loads.append(Load(oven, jobs, start, free))
        cost += problem.setup_costs[state][family] + problem.run_cost * seconds + problem.load_cost
        for job in each:
            if job.latest is not None and free > job.latest:
                cost += job.late + job.late_each * (free - job.latest)
        state = family
    return loads, cost, []
