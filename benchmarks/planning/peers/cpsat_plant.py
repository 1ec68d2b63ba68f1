"""A plain CP-SAT model of the plant, hinted: lines in runs, runs in loads, machines, sequences and times.

With `fixed`, runs and loads are those of the hint. Set-ups follow circuits, breaks stand in the way as
intervals; an operation with its set-up is one interval.
"""

from itertools import pairwise
from typing import Any

from cpu_budget import solve
from ortools.sat.python import cp_model
from wire import serve

WORKERS = 4


class Task:
    """An operation that may be absent; `members` gives what it is made of for the hint."""

    def __init__(self, model: cp_model.CpModel, horizon: int, family: int, present: Any) -> None:
        self.family = family
        self.present = present
        self.begin = model.new_int_var(0, horizon, "")
        self.start = model.new_int_var(0, horizon, "")
        self.end = model.new_int_var(0, horizon, "")
        self.setup = model.new_int_var(0, 3600, "")
        model.add(self.begin + self.setup == self.start)
        self.on: dict[str, Any] = {}


class Plant:
    """The model; `hint` as the sequences of a plan with the times of its operations."""

    def __init__(self, tables: dict[str, Any], hint: dict[str, Any], *, fixed: bool) -> None:
        self.tables, self.hint, self.fixed = tables, hint, fixed
        self.model = cp_model.CpModel()
        self.lines = tables["lines"]
        self.horizon = max(hint["horizon"] * 3 // 2, 8 * 3600)
        self.breaks = [(a[1], b[0]) for a, b in pairwise(tables["windows"]) if a[1] <= self.horizon]
        self.cost: list[Any] = []
        self.tasks: dict[str, list[Task]] = {"print": [], "cure": [], "pack": []}
        self.by_machine: dict[str, list[tuple[str, int, Task]]] = {}
        self.members: list[dict[int, Any]] = []
        self.cured_in: list[dict[int, Any]] = []
        self.filled: list[Any] = []
        self._runs()
        self._loads()
        for centre, machines in tables["machines"].items():
            for name, _ in machines:
                self._machine(centre, name)
        self.model.minimize(sum(self.cost))

    # --- runs: slots of each family, those of the hint first ---

    def _runs(self) -> None:
        weights, model = self.tables["weights"], self.model
        hinted = list(enumerate(self.hint["runs"]))
        slots: list[tuple[int, int | None]] = [(self.lines[run[0]]["family"], n) for n, run in hinted]
        if not self.fixed:
            slots += [(family, None) for family in sorted({line["family"] for line in self.lines})]
        belongs: dict[int, list[Any]] = {line: [] for line in range(len(self.lines))}
        before: dict[int, Any] = {}
        for family, number in slots:
            own = self.hint["runs"][number] if number is not None else []
            able = own if self.fixed else [n for n, line in enumerate(self.lines) if line["family"] == family]
            used = 1 if self.fixed else model.new_bool_var("")
            members = {line: 1 if self.fixed else model.new_bool_var("") for line in able}
            if not self.fixed:
                model.add_hint(used, int(number is not None))
                for line, literal in members.items():
                    model.add_hint(literal, int(line in own))
                    model.add_implication(literal, used)
                    belongs[line].append(literal)
                model.add_bool_or([*members.values(), ~used])
                model.add(
                    sum(self.lines[n]["load"] * lit for n, lit in members.items()) <= self.tables["sheet"]
                )
                if family in before and number is None:
                    model.add_implication(used, before[family])
                before[family] = used
            self.cost.append(60 * weights["run"] * used)
            self.members.append(members)
            some = self.lines[able[0]]
            feeding = self.tables["feeding"][some["centre"]]
            self.filled.append(sum(self.lines[n]["load"] * lit for n, lit in members.items()))
            printing = sum(self.lines[n]["print"] * lit for n, lit in members.items()) + feeding * used
            packing = sum(self.lines[n]["pack"] * lit for n, lit in members.items())
            self._task("print", some["centre"], family, used, printing, number)
            self._task("pack", "pack", 0, used, packing, number)
            first, last = self.tasks["print"][-1], self.tasks["pack"][-1]
            for line, literal in members.items():
                each = self.lines[line]
                late = model.new_int_var(0, self.horizon, "")
                self.cost.append(weights["tardiness"] * each["weight"] * late)
                self._if(literal, first.start >= each["release"])
                self._if(literal, late >= last.end - each["due"])
                if number is not None:
                    ended = self.hint["times"][f"pack {number}"][1] if line in own else 0
                    model.add_hint(late, max(ended - each["due"], 0))
        if not self.fixed:
            for literals in belongs.values():
                model.add_exactly_one(literals)

    # --- loads: slots of each programme ---

    def _loads(self) -> None:
        weights, model = self.tables["weights"], self.model
        programme = [self.lines[next(iter(members))]["programme"] for members in self.members]
        cure = {line["programme"]: line["cure"] for line in self.lines}
        hinted = [(programme[load[0]], n) for n, load in enumerate(self.hint["loads"])]
        slots: list[tuple[int, int | None]] = list(hinted)
        if not self.fixed:
            slots += [(each, None) for each in sorted(set(programme))]
        joins: dict[int, list[Any]] = {run: [] for run in range(len(self.members))}
        for kind, number in slots:
            own = self.hint["loads"][number] if number is not None else []
            able = own if self.fixed else [n for n, each in enumerate(programme) if each == kind]
            used = 1 if self.fixed else model.new_bool_var("")
            task = self._task("cure", "oven", kind, used, cure[kind] * used, number)
            inside: dict[int, Any] = {}
            filled = []
            for run in able:
                literal = 1 if self.fixed else model.new_bool_var("")
                inside[run] = literal
                if not self.fixed:
                    model.add_hint(literal, int(run in own))
                    model.add_implication(literal, used)
                    joins[run].append(literal)
                    part = model.new_int_var(0, self.tables["sheet"], "")
                    model.add(part >= self.filled[run]).only_enforce_if(literal)
                    filled.append(part)
                self._if(literal, task.start >= self.tasks["print"][run].end)
                self._if(literal, self.tasks["pack"][run].start >= task.end)
            if not self.fixed:
                model.add_hint(used, int(number is not None))
                model.add_bool_or([*inside.values(), ~used])
                model.add(sum(filled) <= self.tables["oven"])
            self.cost.append(60 * weights["load"] * used)
            self.cured_in.append(inside)
        if not self.fixed:
            for run, literals in joins.items():
                model.add(sum(literals) == self.tasks["print"][run].present)

    def _if(self, literal: Any, rule: Any) -> None:
        bound = self.model.add(rule)
        if not isinstance(literal, int):
            bound.only_enforce_if(literal)

    def _task(
        self, kind: str, centre: str, family: int, present: Any, seconds: Any, hint: int | None
    ) -> Task:
        task = Task(self.model, self.horizon, family, present)
        number = len(self.tasks[kind])
        self.tasks[kind].append(task)
        times = self.hint["times"].get(f"{kind} {hint}") if hint is not None else None
        for name, speed in self.tables["machines"][centre]:
            literal = self.model.new_bool_var("")
            task.on[name] = literal
            self.by_machine.setdefault(name, []).append((kind, number, task))
            self.model.add(speed * (task.end - task.start) >= 100 * seconds).only_enforce_if(literal)
            self.model.add_hint(literal, int(times is not None and times[2] == name))
        self.model.add(sum(task.on.values()) == present)
        if times is not None:
            self.model.add_hint(task.start, times[0])
            self.model.add_hint(task.end, times[1])
            self.model.add_hint(task.setup, times[3])
            self.model.add_hint(task.begin, times[0] - times[3])
        return task

    def _machine(self, centre: str, name: str) -> None:
        """Nothing at once, nothing in breaks, set-ups as the circuit through the tasks says."""
        model = self.model
        own = self.by_machine.get(name, [])
        intervals = [
            model.new_optional_interval_var(
                task.begin, model.new_int_var(0, self.horizon, ""), task.end, task.on[name], ""
            )
            for _, _, task in own
        ]
        intervals += [model.new_interval_var(start, end - start, end, "") for start, end in self.breaks]
        model.add_no_overlap(intervals)
        if centre not in self.tables["setups"]:
            for _, _, task in own:
                model.add(task.setup == 0).only_enforce_if(task.on[name])
            return
        first, setups = self.tables["first"][centre], self.tables["setups"][centre]
        order = self.hint["machines"].get(name, [])
        follows = dict(pairwise(order))
        arcs: list[tuple[int, int, Any]] = []
        for at, (_, number, task) in enumerate(own, start=1):
            present = task.on[name]
            begins, ends = model.new_bool_var(""), model.new_bool_var("")
            arcs += [(0, at, begins), (at, 0, ends), (at, at, ~present)]
            model.add(task.setup == first[task.family]).only_enforce_if(begins)
            self.cost.append(10 * first[task.family] * begins)
            model.add_hint(begins, int(bool(order) and order[0] == number))
            model.add_hint(ends, int(bool(order) and order[-1] == number))
            for other, (_, before, previous) in enumerate(own, start=1):
                if other == at:
                    continue
                arc = model.new_bool_var("")
                arcs.append((other, at, arc))
                seconds = setups[previous.family][task.family]
                model.add(task.setup == seconds).only_enforce_if(arc)
                model.add(task.begin >= previous.end).only_enforce_if(arc)
                model.add_hint(arc, int(follows.get(before) == number))
                if seconds:
                    self.cost.append(self.tables["weights"]["setup"] * seconds * arc)
        nothing = model.new_bool_var("")
        arcs.append((0, 0, nothing))
        for _, _, task in own:
            model.add_implication(task.on[name], ~nothing)
        if arcs:
            model.add_circuit(arcs)


def plant(tables: dict[str, Any], hint: dict[str, Any], fixed: bool, cpu: float) -> dict[str, Any]:
    """Sequences as the benchmark's `Sequences`; `found` false where there is no plan in so much CPU time."""
    built = Plant(tables, hint, fixed=fixed)
    solver, status = solve(built.model, cpu=cpu, workers=WORKERS)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return {"found": False}

    def holds(literal: Any) -> bool:
        return bool(literal) if isinstance(literal, int) else solver.boolean_value(literal)

    used = [n for n, task in enumerate(built.tasks["print"]) if holds(task.present)]
    loaded = [n for n, task in enumerate(built.tasks["cure"]) if holds(task.present)]
    run_number = {n: place for place, n in enumerate(used)}
    load_number = {n: place for place, n in enumerate(loaded)}
    order: dict[str, list[tuple[int, int]]] = {}
    for name, own in built.by_machine.items():
        for kind, number, task in own:
            if holds(task.on[name]):
                known = load_number if kind == "cure" else run_number
                order.setdefault(name, []).append((solver.value(task.start), known[number]))
    return {
        "found": True,
        "proven": status == cp_model.OPTIMAL,
        "bound": solver.best_objective_bound / 60,
        "runs": [[line for line, lit in built.members[n].items() if holds(lit)] for n in used],
        "loads": [[run_number[run] for run, lit in built.cured_in[n].items() if holds(lit)] for n in loaded],
        "machines": {name: [number for _, number in sorted(own)] for name, own in order.items()},
    }


serve({"plant": plant})
