"""Small plans are polished: of their runs as they are, the exact model (``exact``) is asked for a cheaper
schedule than the search has found, with the search's own as its hint.

Up to 25 runs that pays (at 80 lines CP-SAT is some per cent better than annealing, at 200 it is worse:
docs/engines.md). It is asked after rounds of the search that found something better, for as much work as the
schedules tried allow, in slices, between which it is asked whether to stop; work is the solver's own measure,
so that the same problem, seed and number of schedules give the same plan.
"""

# ruff: noqa: F403, F405 - the names of the fields

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from production.engine.certificate import certify
from production.engine.kernels import BEYOND
from production.engine.measuring import measure
from production.engine.proposal import FrozenOperation, Problem, Proposal, Run
from production.engine.scheduling.answers import Answer
from production.engine.scheduling.compiled import Fixed
from production.engine.scheduling.composing import Composer
from production.engine.scheduling.construct import Schedule, Stop
from production.engine.scheduling.decoder import decode
from production.engine.scheduling.exact import Exact, TooLarge
from production.engine.scheduling.names import *
from production.engine.scheduling.reading import operations_of
from production.engine.scheduling.standing import follow_setups

# So many runs at most, and from so many schedules on: who wants an answer at once is not kept waiting.
RUNS_AT_MOST = 25
FROM = 1_000
# Work of the solver for a thousand schedules tried, at most in all, and in one slice.
WORK, MOST_WORK, SLICE = 0.25, 2.0, 0.25
# So many slices without anything better are the last ones.
IDLE = 2
# After so many times as many schedules it is asked again.
AGAIN = 4


class Patience:
    """Asks whether to stop, and remembers the last number of schedules for which the answer was no."""

    def __init__(self, stop: Stop) -> None:
        self.stop = stop
        self.passed: int | None = None

    def __call__(self, tried: int) -> bool:
        ended = self.stop(tried)
        if not ended:
            self.passed = tried
        return ended

    def is_over(self) -> bool:
        """Whether something else than the number of schedules says stop, or fewer than ``FROM`` were asked
        for (small rounds go beyond what was asked)."""
        return self.passed is None or self.stop(max(self.passed, FROM))


class Polisher:
    """Keeps the best polished plan; ``__call__`` is asked by the composer after its rounds."""

    def __init__(
        self,
        composer: Composer,
        problem: Problem,
        frozen: Sequence[FrozenOperation],
        fixed: Sequence[Fixed],
        patience: Patience,
    ) -> None:
        self.composer, self.problem, self.patience = composer, problem, patience
        self.frozen, self.fixed = frozen, fixed
        self.asked_at = 0
        self.asked_cost: int | None = None
        self.best: tuple[int, list[Run], Schedule] | None = None
        self.proven: set[frozenset[tuple[str, ...]]] = set()

    def __call__(self) -> bool:
        """Polish the state where that is due; whether the state itself became better by it."""
        search = self.composer.search
        is_due = search.tried >= max(FROM, AGAIN * self.asked_at)
        if not is_due or self.patience.is_over():
            return False
        return self._polish()

    def finish(self) -> None:
        """Once more for the answer, where only the number of schedules has ended the search."""
        if self.composer.search.tried >= FROM and not self.patience.is_over():
            self._polish()

    def better(self, runs: list[Run], schedule: Schedule) -> tuple[list[Run], Schedule]:
        """The polished plan where it plans as much and is cheaper."""
        if self.best is None or schedule.left_out:
            return runs, schedule
        if self.best[0] < self._measured(runs, schedule):
            return self.best[1], self.best[2]
        return runs, schedule

    def _measured(self, runs: Sequence[Run], schedule: Schedule) -> int:
        kpis = measure(self.problem, runs, schedule.operations, 0, frozen=schedule.frozen)
        return kpis.terms.cost

    def _polish(self) -> bool:
        search = self.composer.search
        s = search.s
        runs = sum(1 for r in range(search.compiled.runs) if s[s[R_ATOMS] + r])
        if runs > RUNS_AT_MOST or search.cost == self.asked_cost:
            return False
        self.asked_at, self.asked_cost = search.tried, search.cost
        before = s[:] if isinstance(s, list) else s.copy()
        chosen = self.composer.result()
        units = frozenset(run.units for run in chosen.values())
        helped = False
        if units not in self.proven:
            try:
                helped = self._solve(chosen, units)
            except TooLarge:
                self.asked_cost = search.cost
        if not helped:
            s[:] = before
            search.start()
        return helped

    def _solve(self, chosen: dict[int, Run], units: frozenset[tuple[str, ...]]) -> bool:
        search = self.composer.search
        cost = int(decode(search.p, search.s, search.prm))
        exact = Exact(search.compiled)
        values: Sequence[int] = ()
        least, idle = BEYOND, 0
        work = min(MOST_WORK, search.tried * WORK / 1000)
        while work > 0 and idle < IDLE and not self.patience.is_over():
            found = exact.model.ask(exact.cost, work=min(SLICE, work))
            work -= SLICE
            idle += 1
            if found.status in ("optimal", "feasible") and found.value < least:
                values, least, idle = found.values, found.value, 0
                exact.model.hints = dict(enumerate(values))
            if found.status in ("optimal", "infeasible"):
                self.proven.add(units)
                break
        if not values:
            return False
        s = search.s
        here = s[:] if isinstance(s, list) else s.copy()
        Answer(exact, exact.as_early_as_may_be(values)).write(s)
        self._keep(chosen)
        s[:] = here
        return self._follow(Answer(exact, values), cost)

    def _keep(self, chosen: dict[int, Run]) -> None:
        """The polished plan as it stands in the state, where it is certified and the cheapest so far."""
        fixed = [one.operation for one in self.fixed]
        found = operations_of(self.composer.compiled, chosen, fixed=fixed)
        operations, shown = follow_setups(found, self.problem)
        runs, schedule = list(chosen.values()), Schedule(operations, shown, (), 0)
        cost = self._measured(runs, schedule)
        if self.best is not None and cost >= self.best[0]:
            return
        units = {code for run in runs for code in run.units}
        problem = replace(self.problem, units=tuple(u for u in self.problem.units if u.id in units))
        kpis = measure(problem, runs, operations, 0, frozen=shown)
        if certify(problem, Proposal(tuple(runs), operations, shown, (), kpis)).ok:
            self.best = cost, runs, schedule

    def _follow(self, answer: Answer, cost: int) -> bool:
        """Give the search the order and the machines of the solution; whether its own plan gets better."""
        search = self.composer.search
        s, p = search.s, search.p
        begins = answer.begins()
        for t, task in answer.tasks.items():
            s[s[T_FIX] + t] = task.options[answer.machine(task)].number + 1
        places = [i for i in range(int(p[RUNS])) if int(s[s[ORDER] + i]) in begins]
        for i, r in zip(places, sorted(begins, key=lambda r: (begins[r], r)), strict=True):
            s[s[ORDER] + i] = r
        if int(decode(p, s, search.prm)) < cost:
            search.start()
            return True
        return False
