"""How late lines are at least, in every plan of the same units.

Two relaxations, of which the better is taken:

- each unit alone in the shop without set-ups;
- each work centre as one machine as fast as all of its machines together, whose work can be interrupted and
  shared: a line's work there has a head (when it can be there first) and a tail (what it takes at least after
  it). By shortest remaining time first no other schedule has more lines finished at any moment, so that the
  k-th end is the least there is; ends and due dates in rising order then give the least sum of tardiness
  (C. Chu, A branch-and-bound algorithm to minimize total tardiness with different release dates, Naval
  Research Logistics 39, 1992, 265-283). Weights are parted into layers: lines of at least that weight count
  what the layer is heavier than the one below.

Time is reckoned as work: how much the machines of the work centre could have done until then, closed hours,
planned stops and frozen work left out. A step that can be done elsewhere too counts nowhere, except in heads
and tails.
"""

from __future__ import annotations

import heapq
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from production.engine.durations import machine_seconds
from production.engine.proposal import Problem
from production.engine.routing import gang_step
from production.engine.scheduling.standing import settle
from production.engine.shop import Machine, Shop, WorkCentre, apart
from production.engine.work import Step, Unit

# So many layers of weights at most; weights between two of them count as the lower one.
LAYERS = 8


@dataclass(frozen=True, slots=True)
class _Path:
    """When a unit alone can begin each of its steps, and what it takes at least after each; its end."""

    heads: tuple[int, ...]
    tails: tuple[int, ...]
    end: int


@dataclass(slots=True)
class _Job:
    """What one line asks of a work centre: ``work`` in hundredths of a second of a machine of full speed."""

    line: str
    work: int
    head: int
    due: int


def least_lateness(
    units: Sequence[Unit], problem: Problem, *, setups: Mapping[tuple[str, str], int] | None = None
) -> int:
    """Weighted seconds (``Terms``: each line by its latest unit and its highest weight).

    ``setups`` are seconds by work centre and family of set-ups that cannot be done without.
    """
    promised = [unit for unit in units if unit.due is not None]
    if not promised:
        return 0
    paths = _Paths(problem)
    weights: dict[str, int] = {}
    for unit in promised:
        weights[unit.line] = max(weights.get(unit.line, 0), unit.weight)
    alone = _alone(units, paths, weights)
    places, jobs = _jobs(promised, paths, problem, setups or {})
    capacity = {centre: _Capacity(problem, centre) for centre in jobs}

    def least(lines: Mapping[str, int]) -> int:
        """Of these lines, by the work centre that holds them up most."""
        found = whole = sum(lines.values())
        for centre, each in jobs.items():
            here = [job for job in each if job.line in lines]
            apart_from_it = whole - sum(lines[job.line] for job in here)
            found = max(found, apart_from_it + _queued(here, capacity[centre], weights))
        return found

    together = least(alone)
    parts: dict[str, dict[str, int]] = {}
    for line, late in alone.items():
        parts.setdefault(places[line], {})[line] = late
    return max(together, sum(least(part) for part in parts.values())) if len(parts) > 1 else together


class _Paths:
    """The paths of units alone; those with the same routing, release and sheet are reckoned once."""

    def __init__(self, problem: Problem) -> None:
        self.shop = problem.shop
        # What stays of the plan in force may begin before new work may.
        self.floor = problem.not_before if problem.base is None else problem.shop.now
        self._known: dict[tuple[int, tuple[Step, ...], bool], _Path] = {}
        self._kinds: dict[str, list[Machine]] = {}

    def of(self, unit: Unit) -> _Path:
        place = (unit.release, unit.routing, bool(unit.parts))
        if place not in self._known:
            self._known[place] = self._reckon(unit)
        return self._known[place]

    def _reckon(self, unit: Unit) -> _Path:
        shop = self.shop
        gang = gang_step(unit.routing, shop)
        ready = max(unit.release, self.floor)
        heads: list[int] = []
        shortest: list[int] = []
        for step in unit.routing:
            ready += step.min_lag if heads else 0
            heads.append(ready)
            ends: list[int] = []
            lengths: list[int] = []
            for code in (step.work_centre, *(other.work_centre for other in step.alternates)):
                centre, seconds = shop.centre.get(code), step.at(code)
                if centre is None or seconds is None:
                    continue
                sheets = 1 if step == gang and unit.parts else 0
                for machine in self._one_of_each_kind(code):
                    if machine.runs(step.setup_family):
                        long = machine_seconds(centre, machine, [(seconds, step.load)], sheets=sheets)
                        lengths.append(long)
                        ends.append(after(shop.windows[machine.code], ready, long))
            shortest.append(min(lengths, default=0))
            ready = min(ends, default=ready)
        tails = [0]
        for step, seconds in zip(unit.routing[:0:-1], shortest[:0:-1], strict=True):
            tails.append(tails[-1] + step.min_lag + seconds)
        return _Path(tuple(heads), tuple(reversed(tails)), ready)

    def _one_of_each_kind(self, work_centre: str) -> list[Machine]:
        """Machines that differ in more than their names: the others would take as long and end as soon."""
        if work_centre not in self._kinds:
            machines = self.shop.machines_of[work_centre]
            kinds = {(replace(each, code=""), self.shop.windows[each.code]): each for each in machines}
            self._kinds[work_centre] = list(kinds.values())
        return self._kinds[work_centre]


def _alone(units: Iterable[Unit], paths: _Paths, weights: Mapping[str, int]) -> dict[str, int]:
    """Weighted seconds by line, every unit having the shop to itself."""
    last: dict[str, int] = {}
    for unit in units:
        if unit.together:
            last[unit.together] = max(last.get(unit.together, 0), paths.of(unit).end)
    late = dict.fromkeys(weights, 0)
    for unit in units:
        if unit.due is not None:
            end = last[unit.together] if unit.together else paths.of(unit).end
            late[unit.line] = max(late[unit.line], end - unit.due)
    return {line: seconds * weights[line] for line, seconds in late.items()}


def _jobs(
    units: Iterable[Unit], paths: _Paths, problem: Problem, setups: Mapping[tuple[str, str], int]
) -> tuple[dict[str, str], dict[str, list[_Job]]]:
    """Where each line is made first, and by work centre what lines ask of it."""
    shop = problem.shop
    places: dict[str, str] = {}
    found: dict[str, dict[str, _Job]] = {}
    families: dict[tuple[str, str], set[str]] = {}
    for unit in units:
        path = paths.of(unit)
        gang = gang_step(unit.routing, shop)
        places.setdefault(unit.line, gang.work_centre)
        for number, step in enumerate(unit.routing):
            if step.alternates:
                continue
            families.setdefault((step.work_centre, step.setup_family), set()).add(unit.line)
            work = _work(unit, step, shop, lays_sheets=step == gang and bool(unit.parts))
            due = (unit.due or 0) - path.tails[number]
            jobs = found.setdefault(step.work_centre, {})
            job = jobs.get(unit.line)
            if job is None:
                jobs[unit.line] = _Job(unit.line, work, path.heads[number], due)
            else:
                job.work += work
                job.head, job.due = min(job.head, path.heads[number]), max(job.due, due)
    for (centre, family), seconds in setups.items():
        # A machine can be set up before the first piece is there: only for those that are there at once does
        # the set-up take time that they could be worked in.
        at_once = [
            found[centre][line]
            for line in families.get((centre, family), ())
            if found[centre][line].head <= paths.floor
        ]
        slowest = min((m.speed_percent for m in shop.machines_of[centre]), default=0)
        for job in at_once:
            # Whichever lines of a family are finished, their shares are no more than its one set-up.
            job.work += seconds * slowest // len(at_once)
    return places, {centre: [job for job in jobs.values() if job.work > 0] for centre, jobs in found.items()}


def _work(unit: Unit, step: Step, shop: Shop, *, lays_sheets: bool) -> int:
    """What a unit takes of a work centre at least, in whatever company, in hundredths of a second."""
    centre = shop.centre[step.work_centre]
    if centre.mode == "batch":
        room = _largest_load(shop, centre, step.setup_family)
        # A load is as long as its longest member, so it takes no less than its shares of the room.
        return (step.seconds + centre.load_seconds) * 100 * max(step.load, 0) // room if room else 0
    if centre.mode == "rate":
        return max(step.load, 0) * 360_000 // centre.rate
    if centre.mode == "line":
        return max(step.seconds, centre.takt_seconds) * 100
    work = step.seconds * 100
    stock = shop.stock.get(unit.sheet_material)
    if lays_sheets and stock is not None and stock.is_sheet:
        area = sum(part.width_um * part.height_um * part.count for part in unit.parts)
        work += centre.load_seconds * 100 * area // (stock.width_um * stock.height_um)
    return work


def _largest_load(shop: Shop, centre: WorkCentre, family: str) -> int:
    """What the largest machine holds; 0: no limit is known."""
    rooms = [shop.capacity_of(machine) for machine in shop.machines_of[centre.code] if machine.runs(family)]
    return 0 if not rooms or 0 in rooms else max(rooms)


class _Capacity:
    """How much the machines of a work centre can have done by a moment, and when so much."""

    def __init__(self, problem: Problem, centre: str) -> None:
        shop = problem.shop
        since = problem.not_before if problem.base is None else shop.now
        changes: dict[int, int] = {since: 0}
        busy = _frozen_times(problem)
        for machine in shop.machines_of[centre]:
            for start, end in apart(shop.windows[machine.code], busy.get(machine.code, ())):
                if end > since:
                    begin = max(start, since)
                    changes[begin] = changes.get(begin, 0) + machine.speed_percent
                    changes[end] = changes.get(end, 0) - machine.speed_percent
        self.moments = sorted(changes)
        self.done = [0]
        self.speeds: list[int] = []
        speed = 0
        for start, end in pairwise(self.moments):
            speed += changes[start]
            self.speeds.append(speed)
            self.done.append(self.done[-1] + speed * (end - start))

    def by(self, moment: int) -> int:
        """Hundredths of a second of work."""
        number = bisect_right(self.moments, moment) - 1
        if number < 0:
            return 0
        if number >= len(self.speeds):
            return self.done[-1]
        return self.done[number] + self.speeds[number] * (moment - self.moments[number])

    def when(self, work: int) -> int:
        """The first whole second by which so much can be done; with no time left the last moment of all."""
        number = bisect_left(self.done, work)
        if number >= len(self.done):
            return self.moments[-1]
        if number == 0:
            return self.moments[0]
        before = number - 1
        return self.moments[before] + -(-(work - self.done[before]) // self.speeds[before])


def _frozen_times(problem: Problem) -> dict[str, tuple[tuple[int, int], ...]]:
    """By machine, when it works on what is frozen."""
    if not problem.frozen:
        return {}
    found: dict[str, list[tuple[int, int]]] = {}
    for frozen in settle(problem)[1]:
        found.setdefault(frozen.machine, []).append((frozen.start, frozen.end))
    return {machine: tuple(sorted(times)) for machine, times in found.items()}


def _queued(jobs: Sequence[_Job], capacity: _Capacity, weights: Mapping[str, int]) -> int:
    """Weighted seconds by which these lines are late at least, one work centre having to do them all."""
    ready = sorted((capacity.by(job.head), job.work, job.due, weights[job.line]) for job in jobs)
    total = below = 0
    for layer in _layers(each[3] for each in ready):
        heavy = [each for each in ready if each[3] >= layer]
        ends = shortest_remaining_first([(head, work) for head, work, _, _ in heavy])
        dues = sorted(due for _, _, due, _ in heavy)
        late = sum(max(capacity.when(end) - due, 0) for end, due in zip(ends, dues, strict=True))
        total += (layer - below) * late
        below = layer
    return total


def _layers(weights: Iterable[int]) -> list[int]:
    """The weights that are told apart, rising."""
    known = sorted({weight for weight in weights if weight > 0})
    if len(known) <= LAYERS:
        return known
    return sorted({known[n * len(known) // LAYERS] for n in range(LAYERS)})


def shortest_remaining_first(jobs: Sequence[tuple[int, int]]) -> list[int]:
    """The ends, rising, of jobs (ready, length), sorted by ready, on one machine that always works on what
    is nearest to its end."""
    ends: list[int] = []
    waiting: list[int] = []
    now = number = 0
    while waiting or number < len(jobs):
        if not waiting:
            now = max(now, jobs[number][0])
        while number < len(jobs) and jobs[number][0] <= now:
            heapq.heappush(waiting, jobs[number][1])
            number += 1
        length = heapq.heappop(waiting)
        until = jobs[number][0] if number < len(jobs) else now + length
        if now + length <= until:
            now += length
            ends.append(now)
        else:
            heapq.heappush(waiting, length - (until - now))
            now = until
    return ends


def after(windows: Sequence[tuple[int, int]], ready: int, seconds: int) -> int:
    """The end of so many seconds of work from ``ready`` on, paused when the machine does not work; with no
    time left plain seconds."""
    at = ready
    number = max(bisect_right(windows, (ready, ready)) - 1, 0)
    while number < len(windows):
        start, end = windows[number]
        begin = max(start, at)
        if begin < end:
            if begin + seconds <= end:
                return begin + seconds
            seconds -= end - begin
            at = end
        number += 1
    return at + seconds
