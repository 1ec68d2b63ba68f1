"""Every step is done in its order, with the lags that it asks for, and not before it may."""

from collections.abc import Iterator, Sequence

from production.engine.certificate.case import Case, name_of
from production.engine.certificate.findings import Breach, clock
from production.engine.certificate.matching import Path


def check(case: Case, paths: Sequence[Path]) -> Iterator[Breach]:
    yield from _moments(case)
    for path in paths:
        previous, unit = None, path.unit
        for step, operation in zip(unit.routing, path.operations, strict=True):
            if operation is None:
                continue
            if operation.start < unit.release:
                text = f"{unit.id} is not there before {clock(unit.release)}."
                yield case.of_operation("too-early", operation, text, unit=unit.id)
            if previous is not None:
                gone = operation.start - previous.end
                if gone < 0:
                    text = f"Begins before {name_of(previous)} has ended for {unit.id}."
                    yield case.of_operation("precedence", operation, text, unit=unit.id, at=operation.start)
                elif gone < step.min_lag:
                    text = f"{gone} s after {name_of(previous)}, at least {step.min_lag} s are needed."
                    yield case.of_operation("lag-short", operation, text, unit=unit.id, at=operation.start)
                elif step.max_lag is not None and gone > step.max_lag:
                    text = f"{gone} s after {name_of(previous)}, at most {step.max_lag} s are allowed."
                    yield case.of_operation("lag-long", operation, text, unit=unit.id, at=operation.start)
            previous = operation


def _moments(case: Case) -> Iterator[Breach]:
    problem = case.problem
    reviewed = problem.shop.now + problem.limits.review_seconds
    frozen_until = problem.zones.frozen_until
    for number, operation in enumerate(case.proposal.operations):
        if not operation.setup_start <= operation.start < operation.end:
            text = "Set-up, start and end are not in this order."
            yield case.of_operation("times-disordered", operation, text)
        begins = operation.setup_start
        if number in case.kept_operations:
            if begins < problem.shop.now:
                text = f"Begins before now, {clock(problem.shop.now)}."
                yield case.of_operation("too-early", operation, text)
            continue
        if begins < reviewed:
            text = f"Begins at {clock(begins)}, allowed from {clock(reviewed)}."
            yield case.of_operation("too-early", operation, text)
        if begins < frozen_until:
            text = f"Begins at {clock(begins)}; until {clock(frozen_until)} the plan stays as it is."
            yield case.of_operation("zone-entered", operation, text)
