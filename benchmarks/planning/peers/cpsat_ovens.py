"""A plain CP-SAT model of the Oven Scheduling Problem, hinted by the greedy plan.

Every oven has positions in order; a job is in one position, a position has one family, a length, a window.
"""

from typing import Any

from cpu_budget import solve
from ortools.sat.python import cp_model
from wire import serve

WORKERS = 4


class Model:
    """`places` positions an oven; all of them where optimality is to be proven."""

    def __init__(self, problem: dict[str, Any], hint: list[dict[str, Any]], *, whole: bool) -> None:
        self.model = cp_model.CpModel()
        self.problem = problem
        self.hinted: list[list[dict[str, Any]]] = [
            sorted((load for load in hint if load["oven"] == oven), key=lambda load: load["start"])
            for oven in range(len(problem["ovens"]))
        ]
        self.joins: dict[int, list[tuple[Any, int, int]]] = {job: [] for job in range(len(problem["jobs"]))}
        self.positions: list[list[tuple[Any, Any]]] = []
        self.terms: list[Any] = []
        self.hints: list[tuple[Any, int]] = []
        self.late: dict[int, Any] = {}
        late = {job for load in hint for job in load["jobs"] if load["end"] > problem["jobs"][job]["latest"]}
        for job, each in enumerate(problem["jobs"]):
            self.late[job] = self.model.new_bool_var(f"late {job}")
            self.terms.append(each["late"] * self.late[job])
            self.hints.append((self.late[job], int(job in late)))
        for oven in range(len(problem["ovens"])):
            self._oven(oven, whole=whole)
        for found in self.joins.values():
            self.model.add_exactly_one(join for join, _, _ in found)
        self.model.minimize(sum(self.terms))
        for variable, value in self.hints:
            self.model.add_hint(variable, value)

    def _oven(self, oven: int, *, whole: bool) -> None:
        model, facts = self.model, self.problem["ovens"][oven]
        able = [
            job
            for job, each in enumerate(self.problem["jobs"])
            if oven in each["ovens"] and each["size"] <= facts["capacity"]
        ]
        hinted = self.hinted[oven]
        places = len(able) if whole else min(len(able), len(hinted) * 5 // 4 + 5)
        families = sorted({self.problem["jobs"][job]["family"] for job in able})
        horizon = max((end for _, end in facts["windows"]), default=0)
        most = max((self.problem["jobs"][job]["shortest"] for job in able), default=0)
        before: dict[int, Any] = {}
        state = facts["state"]
        used_before = end_before = None
        own: list[tuple[Any, Any]] = []
        for place in range(places):
            load = hinted[place] if place < len(hinted) else None
            used = model.new_bool_var("")
            start = model.new_int_var(0, horizon, "")
            end = model.new_int_var(0, horizon, "")
            length = model.new_int_var(0, most, "")
            setup = model.new_int_var(0, horizon, "")
            cost = model.new_int_var(0, 1 << 50, "")
            model.add(end == start + length)
            is_family = {family: model.new_bool_var("") for family in families}
            model.add(sum(is_family.values()) == used)
            self.hints += [(used, int(load is not None))]
            if load is not None:
                kind = self.problem["jobs"][load["jobs"][0]]["family"]
                self.hints += [(start, load["start"]), (end, load["end"])]
                self.hints += [(length, load["end"] - load["start"])]
                self.hints += [(setup, self.problem["setup_seconds"][state][kind])]
                self.hints += [(cost, self.problem["setup_costs"][state][kind])]
                state = kind
                self.hints += [(literal, int(family == kind)) for family, literal in is_family.items()]
            if used_before is not None:
                model.add_implication(used, used_before)
                model.add(start >= end_before + setup).only_enforce_if(used)
            self._setups(before, is_family, facts["state"], setup, cost)
            windows = [model.new_bool_var("") for _ in facts["windows"]]
            model.add(sum(windows) == used)
            for literal, (opens, closes) in zip(windows, facts["windows"], strict=True):
                model.add(start - setup >= opens).only_enforce_if(literal)
                model.add(end <= closes).only_enforce_if(literal)
                if load is not None:
                    self.hints.append((literal, int(opens <= load["start"] and load["end"] <= closes)))
            joins = []
            for job in able:
                each = self.problem["jobs"][job]
                join = model.new_bool_var("")
                joins.append((join, each["size"]))
                model.add_implication(join, is_family[each["family"]])
                model.add(start >= each["earliest"]).only_enforce_if(join)
                model.add(length >= each["shortest"]).only_enforce_if(join)
                if each["longest"] is not None:
                    model.add(length <= each["longest"]).only_enforce_if(join)
                model.add(end <= each["latest"]).only_enforce_if(join, ~self.late[job])
                self.joins[job].append((join, oven, place))
                self.hints.append((join, int(load is not None and job in load["jobs"])))
            model.add(sum(size * join for join, size in joins) <= facts["capacity"])
            model.add(length == 0).only_enforce_if(~used)
            model.add_bool_or([*(join for join, _ in joins), ~used])
            self.terms += [self.problem["run_cost"] * length, cost, self.problem["load_cost"] * used]
            own.append((start, end))
            before, used_before, end_before = is_family, used, end
        self.positions.append(own)

    def _setups(
        self, before: dict[int, Any], after: dict[int, Any], state: int, setup: Any, cost: Any
    ) -> None:
        times, costs = self.problem["setup_seconds"], self.problem["setup_costs"]
        for family, literal in after.items():
            if not before:
                self.model.add(setup == times[state][family]).only_enforce_if(literal)
                self.model.add(cost >= costs[state][family]).only_enforce_if(literal)
            for other, previous in before.items():
                self.model.add(setup == times[other][family]).only_enforce_if(literal, previous)
                self.model.add(cost >= costs[other][family]).only_enforce_if(literal, previous)


def ovens(problem: dict[str, Any], hint: list[dict[str, Any]], whole: bool, cpu: float) -> dict[str, Any]:
    """The loads found in so much processor time, and whether they are proven best."""
    built = Model(problem, hint, whole=whole)
    solver, status = solve(built.model, cpu=cpu, workers=WORKERS)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return {"loads": [], "proven": False, "bound": solver.best_objective_bound}
    members: dict[tuple[int, int], list[int]] = {}
    for job, found in built.joins.items():
        for join, oven, place in found:
            if solver.boolean_value(join):
                members.setdefault((oven, place), []).append(job)
    loads = [
        {
            "oven": oven,
            "jobs": jobs,
            "start": solver.value(built.positions[oven][place][0]),
            "end": solver.value(built.positions[oven][place][1]),
        }
        for (oven, place), jobs in sorted(members.items())
    ]
    proven = status == cp_model.OPTIMAL
    return {"loads": loads, "proven": proven, "bound": solver.best_objective_bound}


serve({"ovens": ovens})
