"""What stands against planning a line that finds no time, and what would give it some.

Its pieces alone, around the frozen work and the other runs of the plan as they are, are put to CP-SAT:
machines, people, fixtures, lots and lags, each family of constraints behind a literal of its own that is
assumed to hold. Which of these assumptions cannot hold together is the solver's answer; it is made smaller
until none can be left out (deletion filter: J. Chinneck, Feasibility and Infeasibility in Optimization, 2008,
chapter 6). The model asks for the least set-up there is and does not follow work that pauses, so what it says
cannot be planned cannot be planned; where it does find a place nothing is said.

Each of the families is then given up by a change of the shop as small as the model's own answer asks, and
planned with by the planner: a repair is named only where the whole line is then planned and certified.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import NamedTuple

from production.engine.batching import form_runs
from production.engine.certificate import certify
from production.engine.durations import machine_seconds
from production.engine.explaining.company import stand
from production.engine.filling import Place, place_of
from production.engine.planning import iterations, propose
from production.engine.proposal import FrozenOperation, Problem, Proposal, Run
from production.engine.routing import obstacles
from production.engine.scheduling.timetable import Timetable
from production.engine.shop import Lot, Machine, Operator, Shop
from production.engine.work import Step, Unit

YEAR = 366 * 86_400
WEEK = 7 * 86_400
# Seconds of the processor for one question to the solver.
PATIENCE = 1.0
# Of so many pieces at most: more of one line have the same reason.
PIECES = 40


class Bind(NamedTuple):
    """A family of constraints: ``calendar`` or ``stop`` of a machine, ``people`` of a skill, ``tool``,
    ``lot`` of a material, ``lag`` before a step, ``run`` (frozen), ``plan`` (the other proposed runs), the
    ``horizon``."""

    kind: str
    what: str = ""


@dataclass(frozen=True, slots=True)
class Repair:
    """A change with which the line is planned: the bind that it loosens, for when it does (where that is a
    stretch of time), and the end of the line then."""

    bind: Bind
    since: int
    until: int
    end: int


@dataclass(frozen=True, slots=True)
class Conflict:
    """What cannot hold together, each of it needed for that, and what was planned to help."""

    binds: tuple[Bind, ...]
    repairs: tuple[Repair, ...]


def conflict(problem: Problem, proposal: Proposal, line: str) -> Conflict | None:
    """Why no piece of the line finds time beside the plan; None where nothing is proven: it does, its pieces
    have an obstacle of their own (``routing.obstacles``), or material lacks."""
    planned = {code for run in proposal.runs for code in run.units}
    left = [unit for unit in problem.units if unit.id not in planned]
    groups = {unit.together for unit in left if unit.line == line and unit.together}
    mine = [unit for unit in left if unit.line == line or unit.together in groups][:PIECES]
    if not mine or any(True for unit in mine for _ in obstacles(unit, problem.shop)):
        return None
    known = {frozen.run for frozen in problem.frozen}
    others = (one for one in stand(proposal) if one.run not in known)
    question = replace(problem, units=tuple(mine), frozen=(*problem.frozen, *others), claims=(), base=None)
    runs, short = form_runs(mine, problem.shop, limits=problem.limits)
    if short:
        return None
    room = _Room(question, runs, frozenset(frozen.id for frozen in problem.frozen))
    core = room.core()
    if core is None:
        return None
    return Conflict(tuple(core), tuple(_repairs(question, room, core)))


class _Task(NamedTuple):
    """``begin`` is that of its set-up; ``on`` literals by machine; ``least`` the least set-up by machine on
    which it does not pause."""

    run: Run
    step: Step
    begin: int
    end: int
    on: dict[str, int]
    least: dict[str, int]


class _Room:
    """The model of runs alone among work that stands."""

    def __init__(self, problem: Problem, runs: Sequence[Run], frozen: frozenset[str]) -> None:
        self.problem, self.shop, self.frozen = problem, problem.shop, frozen
        self.units = {unit.id: unit for unit in problem.units}
        self.model = Timetable()
        self.gates: dict[Bind, int] = {}
        ends = [end for windows in self.shop.windows.values() for _, end in windows]
        self.horizon = max([*ends, problem.not_before])
        self.tasks: list[_Task] = []
        self.busy: dict[str, list[int]] = defaultdict(list)
        for run in runs:
            self._run(run)
        for machine in self.shop.machines:
            if self.busy[machine.code]:
                self._machine(machine)
        self._people()
        self._tools()

    def gate(self, kind: str, what: str = "") -> int:
        bind = Bind(kind, what)
        if bind not in self.gates:
            self.gates[bind] = self.model.boolean()
        return self.gates[bind]

    def core(self) -> list[Bind] | None:
        """Families that cannot hold together, none of which can be left out; None: no proof of any."""
        names = {literal: bind for bind, literal in self.gates.items()}
        core = self.model.needed(sorted(names), seconds=PATIENCE)
        if core is None:
            return None
        for literal in sorted(core):
            if literal in core:
                fewer = self.model.needed([each for each in core if each != literal], seconds=PATIENCE)
                core = core if fewer is None else fewer
        return sorted(names[literal] for literal in core)

    def without(self, bind: Bind) -> dict[str, list[tuple[int, int, Step]]] | None:
        """When what is done on each machine once this family need not hold; None: not at all in time."""
        fixed = {literal: int(each != bind) for each, literal in self.gates.items()}
        found = self.model.ask({task.end: 1 for task in self.tasks}, work=0.5, fixed=fixed)
        if not found.values:
            return None
        times: dict[str, list[tuple[int, int, Step]]] = defaultdict(list)
        for task in self.tasks:
            machine = next(code for code, literal in task.on.items() if found.values[literal])
            times[machine].append((found.values[task.begin], found.values[task.end], task.step))
        return times

    # --- what is to be made ---

    def _run(self, run: Run) -> None:
        members: dict[Place, list[tuple[Unit, Step]]] = {}
        for code in run.units:
            for step in self.units[code].routing:
                members.setdefault(place_of(step), []).append((self.units[code], step))
        tasks = {place: self._task(run, pairs) for place, pairs in members.items()}
        self.tasks += tasks.values()
        edges = set()
        for code in run.units:
            routing = self.units[code].routing
            for before, after in pairwise(routing):
                edges.add((place_of(before), place_of(after), after.min_lag, after.max_lag))
        for first, then, least, most in sorted(edges, key=str):
            one, other = tasks[first], tasks[then]
            waited = {other.begin: 1, one.end: -1}
            # A set-up may be done while the pieces are still coming.
            early = self._setup_at_most(other)
            self.model.linear(waited, [(least - early, YEAR * 20)])
            if most is not None:
                self.model.linear(waited, [(-YEAR * 20, most)], [self.gate("lag", str(other.step.step))])
        self._lots(run, list(tasks.values()))

    def _setup_at_most(self, task: _Task) -> int:
        return max(
            self.shop.worst_setup_seconds(self.shop.machine[code].work_centre, task.step.setup_family)
            for code in task.on
        )

    def _task(self, run: Run, pairs: Sequence[tuple[Unit, Step]]) -> _Task:
        model, step = self.model, pairs[0][1]
        first = self.problem.not_before
        release = max(unit.release for unit, _ in pairs)
        begin = model.variable(first, self.horizon + YEAR)
        end = model.variable(max(first, release), self.horizon + YEAR)
        model.linear({end: 1}, [(0, self.horizon)], [self.gate("horizon")])
        task = _Task(run, step, begin, end, {}, {})
        for code in (step.work_centre, *(other.work_centre for other in step.alternates)):
            for machine in self.shop.machines_of.get(code, ()):
                if not machine.runs(step.setup_family) or not self.shop.windows[machine.code]:
                    continue
                each = [(each.at(code), each.load) for _, each in pairs]
                if any(seconds is None for seconds, _ in each):
                    continue
                sheets = len(run.sheets) if (step.step, code) == (run.key.step, run.key.work_centre) else 0
                took = [(seconds or 0, load) for seconds, load in each]
                seconds = machine_seconds(self.shop.centre[code], machine, took, sheets=sheets)
                setup = self._least_setup(machine, step)
                on = task.on[machine.code] = model.boolean()
                model.linear({end: 1, begin: -1}, [(seconds + setup, 20 * YEAR)], [on])
                model.linear({end: 1}, [(release + seconds, self.horizon + YEAR)], [on])
                longest = max(closes - opens for opens, closes in self.shop.windows[machine.code])
                worst = self.shop.worst_setup_seconds(code, step.setup_family)
                if seconds + worst > longest:
                    continue  # it pauses: what it needs of whom cannot be told by its ends
                model.linear({end: 1, begin: -1}, [(seconds + setup, seconds + max(setup, worst))], [on])
                task.least[machine.code] = setup
                length = model.variable(seconds + setup, seconds + max(setup, worst))
                model.linear({end: 1, begin: -1, length: -1}, [(0, 0)], [on])
                self.busy[machine.code].append(model.interval(begin, length, end, [on]))
        model.exactly_one(list(task.on.values()))
        return task

    def _least_setup(self, machine: Machine, step: Step) -> int:
        """From whatever the machine may be set up for."""
        families = {machine.setup_state, *(f.setup_family for f in self.problem.frozen)}
        families |= {each.setup_family for unit in self.problem.units for each in unit.routing}
        centre = machine.work_centre
        return min(self.shop.setup_seconds(centre, family, step.setup_family) for family in families)

    def _lots(self, run: Run, tasks: Sequence[_Task]) -> None:
        lots = {(stock.material, lot.code): lot for stock in self.shop.materials for lot in stock.lots}
        for use in run.lots:
            lot = lots[use.material, use.lot]
            for task in tasks:
                gate = [self.gate("lot", use.material)]
                self.model.linear({task.end: 1}, [(lot.available_at, 20 * YEAR + self.horizon)], gate)
                until = self.horizon + YEAR if lot.expires_at is None else lot.expires_at
                self.model.linear({task.end: 1}, [(0, until)], gate)

    # --- what stands against it ---

    def _machine(self, machine: Machine) -> None:
        model, code = self.model, machine.code
        intervals = list(self.busy[code])
        batch = self.shop.centre[machine.work_centre].mode == "batch"
        closed: list[int] = []
        at = 0
        for opens, closes in [*self.shop.intervals.get(machine.calendar, ()), (self.horizon, 0)]:
            if at < opens:
                closed.append(model.closed(at, opens, [self.gate("calendar", code)]))
            at = closes
        closed += [
            model.closed(since, until, [self.gate("stop", code)])
            for since, until in machine.stops
            if since < until
        ]
        for one in self.problem.frozen:
            if one.machine == code and one.setup_start < one.end:
                closed.append(model.closed(one.setup_start, one.end, [self._work(one)]))
        # Stretches that stand may overlap each other (a stop at night), what is to be made overlaps none.
        for each in closed:
            for mine in intervals:
                model.no_overlap([mine, each])
        if not batch:
            model.no_overlap(intervals)

    def _work(self, one: FrozenOperation) -> int:
        return self.gate("run", one.run) if one.id in self.frozen else self.gate("plan")

    def _people(self) -> None:
        """Somebody is there from the set-up to the end, or for the set-up (the least there is)."""
        for task in self.tasks:
            for code, setup in task.least.items():
                centre = self.shop.centre[self.shop.machine[code].work_centre]
                if not centre.attended or (centre.attended == "setup" and not setup):
                    continue
                until = task.end
                if centre.attended == "setup":
                    until = self.model.variable(self.problem.not_before, self.horizon + YEAR)
                    self.model.linear({until: 1, task.begin: -1}, [(setup, setup)], [task.on[code]])
                able = self.shop.operators_of.get(centre.skill, ())
                literals = [self._attends(task.begin, until, operator) for operator in able]
                self.model.clause(literals, [task.on[code], self.gate("people", centre.skill)])

    def _attends(self, begin: int, end: int, operator: Operator) -> int:
        """A literal: this person is free and there all the time."""
        model = self.model
        literal = model.boolean()
        length = model.variable(0, YEAR)
        model.linear({end: 1, begin: -1, length: -1}, [(0, 0)], [literal])
        mine = model.interval(begin, length, end, [literal])
        at = 0
        for opens, closes in [*self.shop.intervals.get(operator.calendar, ()), (self.horizon, 0)]:
            if at < opens:
                model.no_overlap([mine, model.closed(at, opens)])
            at = closes
        for one in self.problem.frozen:
            centre = self.shop.centre.get(one.work_centre)
            if one.operator == operator.code and centre is not None:
                until = one.start if centre.attended == "setup" else one.end
                if one.setup_start < until:
                    model.no_overlap([mine, model.closed(one.setup_start, until, [self._work(one)])])
        return literal

    def _tools(self) -> None:
        """While all fixtures of a kind are in use nothing that needs one is done."""
        for task in self.tasks:
            if task.step.tool not in self.shop.tool:
                continue
            tool = self.shop.tool[task.step.tool]
            users = [one for one in self.problem.frozen if one.tool == tool.code]
            for since, until in _all_used(users, tool.count):
                gates = [self._work(one) for one in users if one.setup_start < until and since < one.end]
                gates.append(self.gate("tool", tool.code))
                before = self.model.boolean()
                self.model.linear({task.end: 1}, [(0, since)], [before, *gates])
                self.model.linear({task.begin: 1}, [(until, self.horizon + YEAR)], [~before, *gates])


def _all_used(users: Iterable[FrozenOperation], count: int) -> Iterator[tuple[int, int]]:
    """Stretches in which so many or more are in use."""
    changes: Counter[int] = Counter()
    for one in users:
        changes[one.setup_start] += 1
        changes[one.end] -= 1
    used, since = 0, None
    for moment in sorted(changes):
        used += changes[moment]
        if used >= count and since is None:
            since = moment
        elif used < count and since is not None:
            yield since, moment
            since = None


# --- repairs ----------------------------------------------------------------------------------------------


def _repairs(problem: Problem, room: _Room, core: Sequence[Bind]) -> Iterator[Repair]:
    for bind in core:
        times = room.without(bind)
        if times is None:
            continue
        changed = _loosened(problem, bind, times, room)
        if changed is None:
            continue
        shop, frozen, units, since, until = changed
        asked = replace(problem, shop=shop, frozen=frozen, units=units)
        answer = propose(asked, stop=iterations(0))
        if not answer.unplanned and certify(asked, answer).ok:
            yield Repair(bind, since, until, max(o.end for o in answer.operations))


_Loosened = tuple[Shop, tuple[FrozenOperation, ...], tuple[Unit, ...], int, int]


def _loosened(
    problem: Problem, bind: Bind, times: dict[str, list[tuple[int, int, Step]]], room: _Room
) -> _Loosened | None:
    """The question without what binds, as far as the model's answer needs it; and for which stretch."""
    shop, frozen, units = problem.shop, problem.frozen, problem.units
    since = until = 0
    if bind.kind == "calendar":
        machine = shop.machine[bind.what]
        work = times[bind.what]
        worst = max(shop.worst_setup_seconds(machine.work_centre, step.setup_family) for _, _, step in work)
        since = max(min(begin for begin, _, _ in work) - worst, shop.now)
        until = max(end for _, end, _ in work)
        shop = _open(shop, machine.calendar, since, until)
    elif bind.kind == "stop":
        machine = shop.machine[bind.what]
        work = times[bind.what]
        hit = [stop for stop in machine.stops if any(b < stop[1] and stop[0] < e for b, e, _ in work)]
        if not hit:
            return None
        since, until = hit[0][0], hit[-1][1]
        kept = tuple(stop for stop in machine.stops if stop not in hit)
        machines = tuple(replace(m, stops=kept) if m is machine else m for m in shop.machines)
        shop = replace(shop, machines=machines)
    elif bind.kind == "people":
        code = next(code for code in times if shop.centre[shop.machine[code].work_centre].skill == bind.what)
        extra = Operator("someone-more", "Someone more", (bind.what,), shop.machine[code].calendar)
        shop = replace(shop, operators=(*shop.operators, extra))
    elif bind.kind == "tool":
        shop = replace(
            shop, tools=tuple(replace(t, count=t.count + 1) if t.code == bind.what else t for t in shop.tools)
        )
    elif bind.kind == "lot":
        shop = _at_hand(shop, bind.what)
    elif bind.kind == "lag":
        free = tuple(
            tuple(replace(s, max_lag=None) if str(s.step) == bind.what else s for s in unit.routing)
            for unit in units
        )
        units = tuple(replace(unit, routing=routing) for unit, routing in zip(units, free, strict=True))
    elif bind.kind == "run":
        frozen = tuple(one for one in frozen if one.id not in room.frozen or one.run != bind.what)
    elif bind.kind == "plan":
        frozen = tuple(one for one in frozen if one.id in room.frozen)
    elif bind.kind == "horizon":
        since, until = room.horizon, room.horizon + WEEK
        for calendar in shop.calendars:
            last = [(s + WEEK, e + WEEK) for s, e in calendar.intervals if s >= room.horizon - WEEK]
            for start, end in last:
                shop = _open(shop, calendar.code, start, end)
    return shop, frozen, units, since, until


def _open(shop: Shop, code: str, since: int, until: int) -> Shop:
    """The shop with a calendar that is also open for a stretch."""
    calendars = []
    for calendar in shop.calendars:
        if calendar.code == code:
            joined: list[tuple[int, int]] = []
            for start, end in sorted([*calendar.intervals, (since, until)]):
                if joined and start <= joined[-1][1]:
                    joined[-1] = joined[-1][0], max(end, joined[-1][1])
                else:
                    joined.append((start, end))
            calendar = replace(calendar, intervals=tuple(joined))
        calendars.append(calendar)
    return replace(shop, calendars=tuple(calendars))


def _at_hand(shop: Shop, material: str) -> Shop:
    """The shop with all lots of a material here, and good for ever."""
    stocks = []
    for stock in shop.materials:
        if stock.material == material:
            lots = tuple(Lot(lot.code, lot.quantity, 0, None) for lot in stock.lots)
            stock = replace(stock, lots=lots, on_hand=sum(lot.quantity for lot in lots))
        stocks.append(stock)
    return replace(shop, materials=tuple(stocks))
