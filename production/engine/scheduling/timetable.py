"""Models of timetables for OR-Tools' CP-SAT: intervals that may be absent, sequences and hints. One worker, a
fixed seed and the solver's own measure of work: the same question gets the same answer."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from configurator.engine.cpsat import LARGEST, SEED, Model, Outcome, _solver

# Seconds by the clock after which a question is given up whatever work was done: a guard only.
GUARD = 60.0


class Timetable(Model):
    """A model whose variables may be times; ``hints`` say what a solution known before has."""

    def __init__(self) -> None:
        super().__init__()
        self.hints: dict[int, int] = {}

    def hinted(self, variable: int, value: int) -> int:
        """The variable, with the value that it has in the known solution."""
        self.hints[variable] = value
        return variable

    def equal(self, one: int, other: int, when: Sequence[int] = ()) -> None:
        self.linear({one: 1, other: -1}, [(0, 0)], when)

    def interval(self, start: int | Fixed, size: int | Fixed, end: int | Fixed, when: Sequence[int]) -> int:
        """The number of an interval that is there when all of ``when`` are true."""
        constraint = self._constraints.add()
        for target, given in (
            (constraint.interval.start, start),
            (constraint.interval.size, size),
            (constraint.interval.end, end),
        ):
            if isinstance(given, Fixed):
                target.offset = given.value
            else:
                target.vars.append(given)
                target.coeffs.append(1)
        constraint.enforcement_literal.extend(list(when))
        return len(self._constraints) - 1

    def closed(self, since: int, until: int, when: Sequence[int] = ()) -> int:
        """An interval in which nothing can be done."""
        return self.interval(Fixed(since), Fixed(until - since), Fixed(until), when)

    def no_overlap(self, intervals: Iterable[int]) -> None:
        self._constraints.add().no_overlap.intervals.extend(list(intervals))

    def circuit(self, arcs: Iterable[tuple[int, int, int]]) -> None:
        """Arcs (from, to, literal): those that are true are one round through all nodes; a node whose arc to
        itself is true is left out."""
        constraint = self._constraints.add().circuit
        tails, heads, literals = zip(*arcs, strict=True)
        constraint.tails.extend(list(tails))
        constraint.heads.extend(list(heads))
        constraint.literals.extend(list(literals))

    def ask(
        self,
        minimise: Mapping[int, int],
        *,
        work: float,
        fixed: Mapping[int, int] | None = None,
        at_most: tuple[Mapping[int, int], int] | None = None,
    ) -> Outcome:
        """The least sum found with so much work (the solver's measure, about half a second of a processor),
        beginning with the hints. Variables that are ``fixed`` keep a value; a second sum is ``at_most`` so
        large."""
        solver = _solver()
        proto = solver.CpModelProto()
        proto.copy_from(self._proto)
        self._check(minimise)
        proto.objective.vars.extend(list(minimise))
        proto.objective.coeffs.extend(list(minimise.values()))
        for variable, value in (fixed or {}).items():
            domain = proto.variables[variable].domain
            domain[0] = domain[1] = value
        if at_most is not None:
            terms, most = at_most
            limit = proto.constraints.add().linear
            limit.vars.extend(list(terms))
            limit.coeffs.extend(list(terms.values()))
            limit.domain.extend([-LARGEST, most])
        proto.solution_hint.vars.extend(list(self.hints))
        proto.solution_hint.values.extend(list(self.hints.values()))
        parameters = solver.SatParameters()
        parameters.num_workers = 1
        parameters.random_seed = SEED
        parameters.max_deterministic_time = work
        parameters.max_time_in_seconds = GUARD
        # As for the model's own questions: presolve of 9.15 has given solutions away.
        parameters.cp_model_probing_level = 0
        parameters.keep_all_feasible_solutions_in_presolve = True
        parameters.symmetry_level = 0
        return self._answered(parameters, proto, minimise)

    def _answered(self, parameters: Any, proto: Any, minimise: Mapping[int, int]) -> Outcome:
        solver = _solver()
        wrapper = solver.SolveWrapper()
        wrapper.set_parameters(parameters)
        response = wrapper.solve(proto)
        assert response.status != solver.MODEL_INVALID, solver.CpSatHelper.validate_model(proto)
        bound = 0
        if response.status in (solver.OPTIMAL, solver.FEASIBLE):
            bound = math.ceil(response.best_objective_bound - 0.5)
        outcome = self._outcome(response, minimise, 0.0)
        return (
            outcome
            if outcome.status != "feasible"
            else Outcome("feasible", outcome.values, outcome.value, bound)
        )


class Fixed(NamedTuple):
    """A number where a variable could be."""

    value: int
