"""Models for OR-tools' CP-SAT solver, as far as the engine needs them: exact, one worker, a fixed seed.

A variable is its number; a literal is the number of a variable of two values, or `~number` for its opposite.
The solver is loaded when a model is first made, from its inner module: that costs 0.1 s and 30 MB, which
a process that asks nothing of it does not pay, and neither do others pay for pandas, which the public module
loads (1 s and 50 MB more).
"""

import importlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from time import thread_time
from typing import Any, Literal

# CP-SAT computes in 64 bits; sums are kept below this, so that no sum of two of them overflows.
LARGEST = 2**60
SEED = 20261122
# The solver's own measure of its work, which no load of the machine changes, runs about twice as fast as the
# processor's clock; the wall's is only a guard.
_WORK_A_SECOND = 2.0
_PATIENCE = 8.0
_LEAST_PATIENCE = 2.0
# Where a sum of many variables is relaxed at length, a second of the solver's measure may take four; somebody
# waits for that.
_PATIENCE_MANY = 1.5

Interval = tuple[int, int]


class Overflow(Exception):
    """A number of a model that could become larger than the solver can hold."""

    def __init__(self, number: int) -> None:
        super().__init__(f"numbers of up to {number:,} are needed, the solver holds {LARGEST:,}")
        self.number = number


@dataclass(frozen=True, slots=True)
class Outcome:
    """`values` by variable where the status is optimal or feasible; `value` and `bound` of the objective;
    `seconds` of the processor that it took.
    """

    status: Literal["optimal", "feasible", "infeasible", "unknown"]
    values: tuple[int, ...] = ()
    value: int = 0
    bound: int = 0
    seconds: float = 0.0


@cache
def _solver() -> Any:
    return importlib.import_module("ortools.sat.python.cp_model_helper")


class Model:
    """A model being written, which can be asked many questions."""

    def __init__(self) -> None:
        self._proto = _solver().CpModelProto()
        self._variables = self._proto.variables
        self._constraints = self._proto.constraints
        self.bounds: list[Interval] = []
        self.true = self.variable(1, 1)

    @property
    def false(self) -> int:
        return ~self.true

    # --- Variables and constraints

    def variable(self, low: int, high: int) -> int:
        if max(abs(low), abs(high)) > LARGEST:
            raise Overflow(max(abs(low), abs(high)))
        self._variables.add().domain.extend([low, high])
        self.bounds.append((low, high))
        return len(self.bounds) - 1

    def boolean(self) -> int:
        return self.variable(0, 1)

    def clause(self, literals: Sequence[int], when: Sequence[int] = ()) -> None:
        """One of the literals is true, when all of `when` are."""
        constraint = self._constraints.add()
        constraint.bool_or.literals.extend(list(literals))
        constraint.enforcement_literal.extend(list(when))

    def all_true(self, literals: Sequence[int], when: Sequence[int]) -> None:
        constraint = self._constraints.add()
        constraint.bool_and.literals.extend(list(literals))
        constraint.enforcement_literal.extend(list(when))

    def exactly_one(self, literals: Sequence[int]) -> None:
        self._constraints.add().exactly_one.literals.extend(list(literals))

    def linear(
        self, terms: Mapping[int, int], intervals: Sequence[Interval], when: Sequence[int] = ()
    ) -> None:
        """The sum of coefficient times variable lies in one of the intervals, when all of `when` are true."""
        self._check(terms)
        intervals = [interval for interval in intervals if interval[0] <= interval[1]]
        if not intervals:
            self.clause([~literal for literal in when])
            return
        constraint = self._constraints.add()
        constraint.linear.vars.extend(list(terms))
        constraint.linear.coeffs.extend(list(terms.values()))
        constraint.linear.domain.extend([bound for interval in intervals for bound in interval])
        constraint.enforcement_literal.extend(list(when))

    def product(self, target: int, factors: Sequence[int]) -> None:
        self._over(self._constraints.add().int_prod, target, factors)

    def quotient(self, target: int, dividend: int, divisor: int) -> None:
        """Of numbers not below zero, without the remainder."""
        self._over(self._constraints.add().int_div, target, (dividend, divisor))

    def largest(self, target: int, variables: Sequence[int]) -> None:
        self._over(self._constraints.add().lin_max, target, variables)

    def _over(self, argument: Any, target: int, variables: Sequence[int]) -> None:
        argument.target.vars.append(target)
        argument.target.coeffs.append(1)
        for variable in variables:
            expression = argument.exprs.add()
            expression.vars.append(variable)
            expression.coeffs.append(1)

    def _check(self, terms: Mapping[int, int]) -> None:
        size = sum(
            abs(coefficient) * max(map(abs, self.bounds[variable])) for variable, coefficient in terms.items()
        )
        if size > LARGEST:
            raise Overflow(size)

    # --- Questions

    def solve(
        self,
        *,
        seconds: float,
        within: Mapping[int, Interval] | None = None,
        minimise: Mapping[int, int] | None = None,
        many: bool = False,
    ) -> Outcome:
        """A solution with these variables `within` their intervals.

        With `minimise` one where that sum is least. The status is feasible or unknown when `seconds` are not
        enough; `bound` then says how small the sum could still become. `many` says that the sum is of many
        variables: all constraints are then relaxed linearly, for bounds that one number does not need.
        """
        solver = _solver()
        proto = solver.CpModelProto()
        proto.copy_from(self._proto)
        for variable, (low, high) in (within or {}).items():
            if low > high:
                return Outcome("infeasible")
            domain = proto.variables[variable].domain
            domain[0], domain[1] = low, high
        if minimise is not None:
            self._check(minimise)
            proto.objective.vars.extend(list(minimise))
            proto.objective.coeffs.extend(list(minimise.values()))
        started = thread_time()
        response = self._run(proto, seconds, many=many)
        return self._outcome(response, minimise, thread_time() - started)

    def needed(self, literals: Sequence[int], *, seconds: float) -> list[int] | None:
        """Of literals that cannot all be true some that cannot be so together; None when that takes too long
        (or they can).
        """
        proto = _solver().CpModelProto()
        proto.copy_from(self._proto)
        proto.assumptions.extend(list(literals))
        response = self._run(proto, seconds)
        if response.status != _solver().INFEASIBLE:
            return None
        return list(response.sufficient_assumptions_for_infeasibility)

    def _run(self, proto: Any, seconds: float, *, many: bool = False) -> Any:
        solver = _solver()
        parameters = solver.SatParameters()
        parameters.num_workers = 1
        parameters.random_seed = SEED
        parameters.max_deterministic_time = seconds * _WORK_A_SECOND
        patience = seconds * _PATIENCE_MANY if many else max(seconds * _PATIENCE, _LEAST_PATIENCE)
        parameters.max_time_in_seconds = patience
        # With probing, and with reductions that give solutions away, the presolve of 9.15 called one of five
        # thousand small models impossible that was not; without them it agrees with no presolve at all.
        parameters.cp_model_probing_level = 0
        parameters.keep_all_feasible_solutions_in_presolve = True
        parameters.symmetry_level = 0
        if many:
            parameters.linearization_level = 2
        wrapper = solver.SolveWrapper()
        wrapper.set_parameters(parameters)
        response = wrapper.solve(proto)
        assert response.status != solver.MODEL_INVALID, solver.CpSatHelper.validate_model(proto)
        return response

    def _outcome(self, response: Any, minimise: Mapping[int, int] | None, seconds: float) -> Outcome:
        solver = _solver()
        if response.status == solver.INFEASIBLE:
            return Outcome("infeasible", seconds=seconds)
        if response.status == solver.UNKNOWN:
            return Outcome("unknown", seconds=seconds)
        values = tuple(response.solution)
        value = sum(factor * values[variable] for variable, factor in (minimise or {}).items())
        if response.status == solver.OPTIMAL:
            return Outcome("optimal", values, value, value, seconds)
        return Outcome("feasible", values, value, math.ceil(response.best_objective_bound - 0.5), seconds)
