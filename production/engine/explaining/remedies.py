"""What would make fewer lines late: each change is planned before it is named."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from production.engine.explaining.chains import Explainer, Why
from production.engine.planning import Stop, propose
from production.engine.proposal import Problem, Proposal
from production.engine.whatif import (
    Change,
    ExtraMachine,
    ExtraOperator,
    ExtraShift,
    MoreMaterial,
    MovedStop,
    changed,
)


@dataclass(frozen=True, slots=True)
class Remedy:
    """What a change would do, found by planning again with it: lines late and cost, before and after.

    ``saved`` are the lines that would be in time then.
    """

    code: str
    text: str
    changes: tuple[Change, ...]
    late_before: int
    late_after: int
    cost_before: int
    cost_after: int
    saved: tuple[str, ...]


def remedies(
    problem: Problem,
    proposal: Proposal,
    *,
    extra_shifts: Sequence[ExtraShift] = (),
    most: int = 6,
    seed: int = 0,
    stop: Stop | None = None,
) -> tuple[Remedy, ...]:
    """Changes that would make fewer lines late, the best first; each was planned.

    Tried is what the chains of late lines name: a machine that is queued for, a person, a planned stop, a
    material that is to arrive, and the ``extra_shifts`` offered. ``most`` of them are planned, those that
    bind the most late time first.
    """
    late = list(Explainer(problem, proposal).late())
    if not late:
        return ()
    before = proposal.kpis
    was_late = {why.line for why in late}
    found: list[Remedy] = []
    for code, text, changes in _candidates(problem, late, extra_shifts)[:most]:
        question = changed(problem, changes)
        answer = propose(question, seed=seed, stop=stop)
        still = {why.line for why in Explainer(question, answer).late()}
        if answer.kpis.unplanned > before.unplanned:
            continue
        found.append(
            Remedy(
                code=code,
                text=text,
                changes=changes,
                late_before=len(was_late),
                late_after=len(still),
                cost_before=before.terms.cost,
                cost_after=answer.kpis.terms.cost,
                saved=tuple(sorted(was_late - still)),
            )
        )
    useful = [remedy for remedy in found if remedy.late_after < remedy.late_before]
    return tuple(sorted(useful, key=lambda r: (r.late_after, r.cost_after, r.code)))


def _candidates(
    problem: Problem, late: Sequence[Why], extra_shifts: Sequence[ExtraShift]
) -> list[tuple[str, str, tuple[Change, ...]]]:
    shop = problem.shop
    waits: Counter[tuple[str, str]] = Counter()
    for why in late:
        for span in why.spans:
            waits[span.kind, span.machine or span.what] += span.seconds
    found: list[tuple[int, str, str, tuple[Change, ...]]] = []
    for (kind, name), seconds in sorted(waits.items()):
        if kind in ("queue", "setup") and name in shop.machine:
            found.append((seconds, f"machine:{name}", f"One more machine like {name}", (ExtraMachine(name),)))
        elif kind == "operator":
            found.append(
                (
                    seconds,
                    f"operator:{name}",
                    f"One more person who can do what {name} does",
                    (ExtraOperator(name),),
                )
            )
        elif kind == "stop":
            stops = [stop for stop in shop.machine[name].stops if stop[1] > shop.now]
            later = max(why.end for why in late)
            moves = tuple(MovedStop(name, start, later) for start, _ in stops if start < later)
            if len(moves) == 1:
                found.append(
                    (seconds, f"stop:{name}", f"The planned stop of {name} after these lines", moves)
                )
        elif kind == "material":
            missing = (
                sum(lot.quantity for lot in shop.stock[name].lots if lot.available_at > shop.now)
                if name in shop.stock
                else 0
            )
            if missing:
                change = MoreMaterial(name, missing, shop.now)
                found.append((seconds, f"material:{name}", f"{missing} of {name} here now", (change,)))
    closed = sum(seconds for (kind, _), seconds in waits.items() if kind in ("closed", "queue", "setup"))
    for shift in extra_shifts:
        text = f"Overtime in the calendar {shift.calendar}"
        found.append((closed, f"overtime:{shift.calendar}:{shift.start}", text, (shift,)))
    found.sort(key=lambda each: (-each[0], each[1]))
    return [(code, text, changes) for _, code, text, changes in found]
