"""Machines, sequences, people, fixtures, loads and times of given runs as one exact model.

What the decoder (``decoder``) makes of an order one machine after the other, this model decides at once. A
task is in one stretch of a machine (``eligibility``), or in the load of another task, its leader, whose times
it then has. In a stretch the tasks are one round from the family that the machine has before to the one that
frozen work needs after. Its costs are those of the decoder, in 3,600ths of a minor unit of money, so that the
two can be compared. What a solution says is read by ``answers``.

Left out, and for the decoder alone: work longer than every shift, which pauses.
"""

# ruff: noqa: F403, F405 - the names of the fields

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from production.engine.kernels import BEYOND
from production.engine.scheduling.compiled import Compiled
from production.engine.scheduling.eligibility import Eligibility, Option, Stretch
from production.engine.scheduling.names import *
from production.engine.scheduling.timetable import Timetable

# Beyond so many arcs in all sequences it is not worth asking.
ARCS = 30_000
# Beyond all times and sums of them.
FAR = 1 << 59
# Work of the solver to have everything as early as may be.
EARLY = 0.1


class TooLarge(Exception):
    """More than the solver should be asked, or work that the model does not know."""


@dataclass
class Task:
    """The variables of a task. ``on`` are literals by stretch: it leads there; ``joins`` by leader."""

    t: int
    load: int
    options: dict[int, Option]
    begin: int
    start: int
    end: int
    on: dict[int, int]
    joins: dict[int, int]
    people: dict[tuple[int, int], int]
    tools: dict[int, int]


class Exact:
    """The model of the runs of the state as they are decoded now (``decode`` was called last)."""

    def __init__(self, compiled: Compiled) -> None:
        self.eligible = Eligibility(compiled)
        self.p, self.s = self.eligible.p, self.eligible.s
        self.runs, self.kinds = self.eligible.runs, self.eligible.kinds
        self.horizon, self.latest = self.eligible.horizon, self.eligible.latest
        self.model = Timetable()
        self.cost: dict[int, int] = defaultdict(int)
        self.arcs = 0
        self.tasks: dict[int, Task] = {}
        self.fixed: dict[int, tuple[int, int]] = {}
        self.setup_arcs: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
        s = self.s
        for r in self.runs:
            for t in self.eligible.tasks_of(r):
                if s[s[T_FIXED] + t]:
                    self.fixed[t] = s[s[FIX_START] + t], s[s[FIX_END] + t]
                else:
                    self.tasks[t] = self._task(r, t)
        self._loads()
        self._sequences()
        for task in self.tasks.values():
            self._lengths(task)
        self._attendance()
        for r in self.runs:
            self._edges(r)
        self._lateness()
        for task in self.tasks.values():
            self._overtime(task)
            self._moved(task)

    # --- tasks ---

    def _task(self, r: int, t: int) -> Task:
        p, s, model = self.p, self.s, self.model
        options = self.eligible.options_of(t)
        known = [s[s[row] + t] for row in (X_SETUP, X_START, X_END)]
        if s[s[X_MACHINE] + t] not in options:
            raise TooLarge("work that pauses")
        release = max(s[s[R_RELEASE] + r], p[NOT_BEFORE])
        until = min(s[s[R_UNTIL] + r], self.latest)
        begin, start, end = (
            model.hinted(model.variable(low, until), value)
            for low, value in zip((p[NOT_BEFORE], release, release), known, strict=True)
        )
        task = Task(t, s[s[T_LOAD] + t], options, begin, start, end, {}, {}, {}, {})
        for stretch in self.eligible.stretches:
            if stretch.machine in options:
                seconds = options[stretch.machine].seconds
                if any(closes - opens >= seconds for opens, closes in stretch.windows):
                    task.on[stretch.number] = model.boolean()
        return task

    # --- loads ---

    def _loads(self) -> None:
        """A task leads in one stretch, or has the times, machine and people of a leader that is as long."""
        model, s = self.model, self.s
        tasks = list(self.tasks.values())
        leader_of: dict[int, int] = {}
        by_load: dict[int, list[Task]] = defaultdict(list)
        for task in tasks:
            if s[s[X_LOAD] + task.t] >= 0:
                by_load[s[s[X_LOAD] + task.t]].append(task)
        for members in by_load.values():
            machine = s[s[X_MACHINE] + members[0].t]
            first = min(members, key=lambda each: (-each.options[machine].seconds, each.t))
            leader_of |= {member.t: first.t for member in members}
        for task in tasks:
            for leader in tasks:
                if self._may_join(task, leader):
                    literal = model.hinted(model.boolean(), int(leader_of.get(task.t) == leader.t))
                    task.joins[leader.t] = literal
                    model.equal(task.begin, leader.begin, [literal])
                    model.equal(task.start, leader.start, [literal])
                    model.equal(task.end, leader.end, [literal])
            for number, literal in task.on.items():
                machine = s[s[X_MACHINE] + task.t]
                leads = leader_of.get(task.t, task.t) == task.t
                model.hints[literal] = int(leads and self.eligible.stretch_of(machine, task.t) == number)
            model.exactly_one([*task.on.values(), *task.joins.values()])
        for leader in tasks:
            joining = {each.joins[leader.t]: each for each in tasks if leader.t in each.joins}
            if not joining:
                continue
            for literal, each in joining.items():
                # Whoever is joined leads, on a machine that both may have.
                shared = [
                    lit
                    for number, lit in leader.on.items()
                    if self.eligible.machine_of(number) in each.options
                ]
                model.clause(shared, [literal])
            for number, on in leader.on.items():
                machine = self.eligible.machine_of(number)
                room = self.p[self.p[M_CAPACITY] + machine]
                if room:
                    terms = {literal: each.load for literal, each in joining.items() if each.load}
                    model.linear(terms, [(0, room - leader.load)], [on])
        for task in tasks:
            self._machine_costs(task)

    def _may_join(self, task: Task, leader: Task) -> bool:
        """Both in one load, the leader being the longer one (the first of equals)."""
        if task.t == leader.t or self.eligible.tool_of(task.t) >= 0 or self.eligible.tool_of(leader.t) >= 0:
            return False
        for machine, mine in task.options.items():
            yours = leader.options.get(machine)
            if yours is None or not self.eligible.is_batch(machine) or mine.family != yours.family:
                continue
            if (yours.seconds, -leader.t) > (mine.seconds, -task.t):
                return True
        return False

    def _machine_costs(self, task: Task) -> None:
        p = self.p
        for number, literal in task.on.items():
            option = task.options[self.eligible.machine_of(number)]
            self.cost[literal] += option.cost + option.seconds * p[p[M_RATE] + option.machine] // 1000
            if self.eligible.is_batch(option.machine):
                self.cost[literal] += p[COST_LOAD]
        for t, literal in task.joins.items():
            # The points of an alternate count for each operation of a load.
            shared = [task.options[m].cost for m in self.tasks[t].options if m in task.options]
            self.cost[literal] += min(shared, default=0)

    # --- sequences ---

    def _sequences(self) -> None:
        for stretch in self.eligible.stretches:
            here = [task for task in self.tasks.values() if stretch.number in task.on]
            self.arcs += len(here) ** 2
            if self.arcs > ARCS:
                raise TooLarge(f"{self.arcs} arcs")
            if here:
                self._sequence(stretch, here)

    def _sequence(self, stretch: Stretch, tasks: Sequence[Task]) -> None:
        model = self.model
        number, m = stretch.number, stretch.machine
        in_order = sorted(
            (task for task in tasks if model.hints[task.on[number]]),
            key=lambda task: self.s[self.s[X_START] + task.t],
        )
        known = {(a.t, b.t) for a, b in pairwise(in_order)}
        arcs: list[tuple[int, int, int]] = []
        place = {task.t: n for n, task in enumerate(tasks, start=1)}
        empty = model.hinted(model.boolean(), int(not in_order))
        arcs.append((0, 0, empty))
        for task in tasks:
            on, family = task.on[number], task.options[m].family
            arcs.append((place[task.t], place[task.t], ~on))
            model.clause([~empty], [on])
            first = model.hinted(model.boolean(), int(bool(in_order) and in_order[0] is task))
            arcs.append((0, place[task.t], first))
            self._setup(task, first, m, stretch.before, family)
            last = self._last(stretch, task, family)
            if last is not None:
                model.hints[last] = int(bool(in_order) and in_order[-1] is task)
                arcs.append((place[task.t], 0, last))
            for other in tasks:
                if other is not task:
                    arc = model.hinted(model.boolean(), int((task.t, other.t) in known))
                    arcs.append((place[task.t], place[other.t], arc))
                    self._setup(other, arc, m, family, other.options[m].family)
                    model.linear({other.begin: 1, task.end: -1}, [(0, FAR)], [arc])
        model.circuit(arcs)
        opens, closes = stretch.windows[0][0], stretch.windows[-1][1]
        busy = []
        for task in tasks:
            on = task.on[number]
            model.linear({task.begin: 1}, [(opens, closes)], [on])
            model.linear({task.end: 1}, [(opens, closes)], [on])
            length = model.hinted(
                model.variable(0, closes - opens),
                min(model.hints[task.end] - model.hints[task.begin], closes - opens),
            )
            model.linear({task.end: 1, task.begin: -1, length: -1}, [(0, 0)], [on])
            busy.append(model.interval(task.begin, length, task.end, [on]))
        gaps = [model.closed(closed, opened) for (_, closed), (opened, _) in pairwise(stretch.windows)]
        model.no_overlap([*busy, *gaps])

    def _setup(self, task: Task, arc: int, m: int, before: int, family: int) -> None:
        """What the change costs in time and money when the arc is taken."""
        p = self.p
        centre = p[p[M_CENTRE] + m]
        row = p[p[SET_PTR] + centre] + before * p[p[FAM_COUNT] + centre] + family
        seconds = p[p[SET_SECONDS] + row]
        rate = seconds * p[p[M_RATE] + m] // 1000
        self.cost[arc] += seconds * p[COST_SETUP] + p[p[SET_COST] + row] + rate
        self.setup_arcs[task.t].append((arc, seconds, m))

    def _last(self, stretch: Stretch, task: Task, family: int) -> int | None:
        """The literal that it is the last before frozen work; None: no time for its set-up."""
        p, number = self.p, stretch.number
        after = p[p[SEG_FAMILY] + number]
        literal = self.model.boolean()
        if after < 0:
            return literal
        centre = p[p[M_CENTRE] + stretch.machine]
        change = p[p[SET_SECONDS] + p[p[SET_PTR] + centre] + family * p[p[FAM_COUNT] + centre] + after]
        limit = p[p[SEG_START] + number] - change
        if change > p[p[SEG_MOST] + number] or limit < p[p[SEG_FLOOR] + number]:
            return None
        self.model.linear({task.end: 1}, [(-FAR, limit)], [literal])
        return literal

    def _lengths(self, task: Task) -> None:
        """A leader's set-up follows from its arc, its work from its machine."""
        model = self.model
        leads = [~literal for literal in task.joins.values()]
        setup = {task.start: 1, task.begin: -1}
        for arc, seconds, _ in self.setup_arcs[task.t]:
            if seconds:
                setup[arc] = setup.get(arc, 0) - seconds
        model.linear(setup, [(0, 0)], leads)
        work = {task.end: 1, task.start: -1}
        for number, literal in task.on.items():
            work[literal] = -task.options[self.eligible.machine_of(number)].seconds
        model.linear(work, [(0, 0)], leads)

    # --- people and fixtures ---

    def _attendance(self) -> None:
        busy: dict[int, list[int]] = defaultdict(list)
        for task in self.tasks.values():
            self._people(task, busy)
            self._fixtures(task, busy)
        p = self.p
        for resource, intervals in busy.items():
            windows = [
                (p[p[RES_OPEN] + w], p[p[RES_CLOSE] + w])
                for w in range(p[p[RES_PTR] + resource], p[p[RES_PTR] + resource + 1])
            ]
            edges = [(0, p[NOT_BEFORE]), *windows, (self.latest, BEYOND)]
            away = [
                self.model.closed(since, min(until, self.latest))
                for (_, since), (until, _) in pairwise(edges)
                if since < min(until, self.latest)
            ]
            self.model.no_overlap([*intervals, *away])

    def _people(self, task: Task, busy: dict[int, list[int]]) -> None:
        """Somebody of the machine's group is there for the set-up, or from it to the end."""
        model = self.model
        for mode in (1, 2):
            machines = {m: o for m, o in task.options.items() if o.mode == mode and o.group >= 0}
            if not machines:
                continue
            if mode == 2:
                needed = {task.on[n]: m for n in task.on if (m := self.eligible.machine_of(n)) in machines}
            else:
                arcs = self.setup_arcs[task.t]
                needed = {arc: m for arc, seconds, m in arcs if seconds and m in machines}
            who = sorted(
                {one for option in machines.values() for one in self.eligible.members_of(option.group)}
            )
            literals = {}
            for one in who:
                has = self.s[self.s[X_OPERATOR] + task.t] == one
                leads = any(model.hints.get(literal) for literal in needed)
                literals[one] = model.hinted(model.boolean(), int(has and leads))
                task.people[mode, one] = literals[one]
                until = task.end if mode == 2 else task.start
                length = model.hinted(
                    model.variable(0, self.horizon), model.hints[until] - model.hints[task.begin]
                )
                model.linear({until: 1, task.begin: -1, length: -1}, [(0, 0)], [literals[one]])
                busy[one].append(model.interval(task.begin, length, until, [literals[one]]))
            terms = dict.fromkeys(literals.values(), 1)
            for literal in needed:
                terms[literal] = -1
            model.linear(terms, [(0, 0)])
            for literal, m in needed.items():
                able = [literals[one] for one in self.eligible.members_of(machines[m].group)]
                model.clause(able, [literal])

    def _fixtures(self, task: Task, busy: dict[int, list[int]]) -> None:
        model, group = self.model, self.eligible.tool_of(task.t)
        if group < 0:
            return
        for one in self.eligible.members_of(group):
            known = int(self.s[self.s[X_TOOL] + task.t] == one)
            task.tools[one] = model.hinted(model.boolean(), known)
            length = model.hinted(
                model.variable(0, self.horizon), model.hints[task.end] - model.hints[task.begin]
            )
            model.linear({task.end: 1, task.begin: -1, length: -1}, [(0, 0)], [task.tools[one]])
            busy[one].append(model.interval(task.begin, length, task.end, [task.tools[one]]))
        model.exactly_one(list(task.tools.values()))

    # --- between tasks ---

    def _edges(self, r: int) -> None:
        p, s = self.p, self.s
        key = s[s[R_KEY] + r]
        first = p[p[EDGE_PTR] + key]
        for e in range(first, p[p[EDGE_PTR] + key + 1]):
            if not s[s[R_EDGE] + r * p[EDGES] + e - first]:
                continue
            before, after = r * self.kinds + p[p[EDGE_FROM] + e], r * self.kinds + p[p[EDGE_TO] + e]
            most = p[p[EDGE_MAX] + e] if p[p[EDGE_MAX] + e] >= 0 else FAR
            terms, known = {}, 0
            if after in self.tasks:
                terms[self.tasks[after].start] = 1
            else:
                known += self.fixed[after][0]
            if before in self.tasks:
                terms[self.tasks[before].end] = -1
            else:
                known -= self.fixed[before][1]
            if terms:
                self.model.linear(terms, [(p[p[EDGE_MIN] + e] - known, most - known)])

    def _end(self, t: int) -> int:
        """The variable of a task's end."""
        if t in self.tasks:
            return self.tasks[t].end
        end = self.fixed[t][1]
        return self.model.hinted(self.model.variable(end, end), end)

    def _lateness(self) -> None:
        p, s, model = self.p, self.s, self.model
        here = set(self.runs)
        first_due = min((p[p[A_DUE] + a] for a in range(p[ATOMS])), default=0)
        groups: dict[int, int] = {}
        late: dict[int, int] = {}
        ends: set[tuple[int, int, int]] = set()
        atoms = [a for a in range(p[ATOMS]) if s[s[A_RUN] + a] in here]
        last = {a: s[s[A_RUN] + a] * self.kinds + p[p[A_LAST] + a] for a in atoms}
        for a in atoms:
            if (group := p[p[A_GROUP] + a]) >= 0:
                known = s[s[G_END] + group]
                if group not in groups:
                    groups[group] = model.hinted(model.variable(0, self.latest), known)
                model.linear({groups[group]: 1, self._end(last[a]): -1}, [(0, FAR)])
        for a in atoms:
            due, line, group = p[p[A_DUE] + a], p[p[A_LINE] + a], p[p[A_GROUP] + a]
            if due >= BEYOND:
                continue
            end = groups[group] if group >= 0 else self._end(last[a])
            if (line, end, due) in ends:
                continue
            ends.add((line, end, due))
            if line not in late:
                known = s[s[L_LATE] + line]
                late[line] = model.hinted(model.variable(0, self.latest - first_due), known)
                self.cost[late[line]] += p[p[L_WEIGHT] + line] * p[COST_LATE]
            model.linear({late[line]: 1, end: -1}, [(-due, FAR)])

    def _overtime(self, task: Task) -> None:
        """Seconds of set-up and work in overtime; as the load of others for nothing."""
        p, model = self.p, self.model
        if not p[COST_OVERTIME]:
            return
        for number, on in task.on.items():
            m = self.eligible.machine_of(number)
            for i in range(p[p[OVER_PTR] + m], p[p[OVER_PTR] + m + 1]):
                opens, closes = p[p[OVER_OPEN] + i], p[p[OVER_CLOSE] + i]
                if closes <= p[NOT_BEFORE] or opens > self.horizon:
                    continue
                begin, end = model.hints[task.begin], model.hints[task.end]
                low = model.hinted(model.variable(opens, max(opens, self.latest)), max(begin, opens))
                high = model.hinted(model.variable(0, closes), min(end, closes))
                value = max(min(end, closes) - max(begin, opens), 0) if model.hints[on] else 0
                over = model.hinted(model.variable(0, closes - opens), value)
                outside = model.hinted(
                    model.boolean(), int(not model.hints[on] or end <= opens or begin >= closes)
                )
                # Wholly before or after it, or the later of begins and the earlier of ends bound it.
                inside = [on, ~outside]
                self._either(task, opens, closes, on, outside)
                later = model.hinted(model.boolean(), int(begin >= opens))
                model.equal(low, task.begin, [*inside, later])
                model.linear({low: 1}, [(opens, opens)], [*inside, ~later])
                model.linear({task.begin: 1}, [(opens, FAR)], [*inside, later])
                sooner = model.hinted(model.boolean(), int(end <= closes))
                model.equal(high, task.end, [*inside, sooner])
                model.linear({high: 1}, [(closes, closes)], [*inside, ~sooner])
                model.linear({task.end: 1}, [(0, closes)], [*inside, sooner])
                model.linear({over: 1, high: -1, low: 1}, [(0, FAR)], inside)
                self.cost[over] += p[COST_OVERTIME]

    def _either(self, task: Task, opens: int, closes: int, on: int, outside: int) -> None:
        model = self.model
        before = model.hinted(model.boolean(), int(model.hints[task.end] <= opens))
        model.linear({task.end: 1}, [(0, opens)], [on, outside, before])
        model.linear({task.begin: 1}, [(closes, FAR)], [on, outside, ~before])

    def _moved(self, task: Task) -> None:
        """An operation of the base plan is on its machine and near its time; each of the two costs else."""
        p, s, model = self.p, self.s, self.model
        machine, start = s[s[BASE_MACHINE] + task.t], s[s[BASE_START] + task.t]
        if machine < 0 or not p[COST_MOVED] or s[s[R_LOST] + task.t // self.kinds] > 0:
            return
        near = (start - p[TOLERANCE], start + p[TOLERANCE])
        off = model.hinted(model.boolean(), int(not near[0] <= s[s[X_START] + task.t] <= near[1]))
        self.cost[off] += p[COST_MOVED]
        model.linear({task.start: 1}, [near], [~off])
        elsewhere = model.hinted(model.boolean(), int(s[s[X_MACHINE] + task.t] != machine))
        self.cost[elsewhere] += p[COST_MOVED]
        there = [
            literal for number, literal in task.on.items() if self.eligible.machine_of(number) == machine
        ]
        for leader, literal in task.joins.items():
            if machine in self.tasks[leader].options:
                there.append(literal)
                yours = self.tasks[leader]
                other = [lit for n, lit in yours.on.items() if self.eligible.machine_of(n) == machine]
                model.clause(other, [literal, ~elsewhere])
        model.clause([elsewhere, *there])

    def as_early_as_may_be(self, values: Sequence[int]) -> Sequence[int]:
        """The same decisions at no more cost, with what costs nothing to be early as early as may be."""
        literals = {n: values[n] for n, bounds in enumerate(self.model.bounds) if bounds == (0, 1)}
        cost = sum(factor * values[variable] for variable, factor in self.cost.items())
        ends = dict.fromkeys((task.end for task in self.tasks.values()), 1)
        self.model.hints = dict(enumerate(values))
        found = self.model.ask(ends, work=EARLY, fixed=literals, at_most=(self.cost, cost))
        return found.values or values
