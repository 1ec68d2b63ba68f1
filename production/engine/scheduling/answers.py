"""What the exact model (``exact``) has answered, put back into the arrays of the search."""

# ruff: noqa: F403, F405 - the names of the fields

from __future__ import annotations

from collections.abc import Iterable, Sequence

from production.engine.kernels import Ints
from production.engine.scheduling.exact import Exact, Task
from production.engine.scheduling.names import *


class Answer:
    """A solution: ``values`` of the variables of the model."""

    def __init__(self, exact: Exact, values: Sequence[int]) -> None:
        self.tasks, self.eligible, self.values = exact.tasks, exact.eligible, values

    def leader(self, task: Task) -> Task:
        """The task whose load it is in, or itself."""
        return next((self.tasks[t] for t, literal in task.joins.items() if self.values[literal]), task)

    def machine(self, task: Task) -> int:
        on = self.leader(task).on
        return self.eligible.machine_of(next(n for n, literal in on.items() if self.values[literal]))

    def begins(self) -> dict[int, int]:
        """By run: when the first of its tasks begins."""
        found: dict[int, int] = {}
        for t, task in self.tasks.items():
            r, begin = t // self.eligible.kinds, self.values[task.begin]
            found[r] = min(found.get(r, begin), begin)
        return found

    def write(self, s: Ints) -> None:
        """Into the rows of the state ``s`` that say where tasks are."""
        eligible, values = self.eligible, self.values
        numbers = {t: n for n, t in enumerate(sorted(self.tasks))}
        for t, task in self.tasks.items():
            leader, machine = self.leader(task), self.machine(task)
            first = eligible.p[eligible.p[OPT_PTR] + eligible.kind_of(t)]
            found = {
                X_MACHINE: machine,
                X_OPTION: first + task.options[machine].number,
                X_SETUP: values[task.begin],
                X_START: values[task.start],
                X_END: values[task.end],
                X_SECONDS: leader.options[machine].seconds,
                X_OPERATOR: _chosen(((who, lit) for (_, who), lit in leader.people.items()), values),
                X_TOOL: _chosen(task.tools.items(), values),
                X_LOAD: numbers[leader.t] if eligible.is_batch(machine) else -1,
            }
            for row, value in found.items():
                s[eligible.s[row] + t] = value


def _chosen(literals: Iterable[tuple[int, int]], values: Sequence[int]) -> int:
    """Whose literal is true; -1: nobody's."""
    return next((one for one, literal in literals if values[literal]), -1)
