"""What a repair means to people: what moves, who becomes late, who is saved, and what it costs.

Written once, when the draft is stored, as JSON that pages and the API show: so it can be read when the plans
that it compares are gone.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from orders.models import Line
from production.engine.certificate import certify
from production.engine.changes import Change, changes
from production.engine.measuring import measure, unit_ends
from production.engine.planning import ARRIVED, refit
from production.engine.proposal import Operation, Problem, Proposal, Unplanned
from production.engine.proposal import Run as PlannedRun
from production.facts import moment
from production.models import Run


def describe(
    *, problem: Problem, before: Proposal, after: Proposal, put_off: Proposal | None = None
) -> dict[str, Any]:
    """The difference as JSON::

        {"changes": [{"id", "kind", "must", "runs", "made_of", "pieces", "before": [step...], "after"}],
         "late": [line...], "saved": [line...], "not_planned": [{"order", "position", "pieces", "text"}],
         "terms": {"before": {...}, "after": {...}, "put_off": {...}}, "kpis": {"before", "after"}}

    A step is {"run", "step", "work_centre", "machine", "start", "end", "operator"}, a line {"line", "order",
    "position", "customer", "what", "promised", "before", "after"} with moments as texts. ``put_off`` is the
    plan if everything only waits: a line is saved when it would be late then and is not, or less, in this
    repair.
    """
    runs = dict(Run.objects.filter(pk__in=[run.id for run in before.runs]).values_list("pk", "number"))
    found = changes(before, after)
    forced = _forced(problem, before, after)
    ends = [_line_ends(problem, plan) for plan in (before, after, put_off or before)]
    late, saved = _lateness(problem, *ends)
    told = {line.pk: line for line in Line.objects.filter(pk__in={*late, *saved}).select_related(
        "order__customer"
    )}  # fmt: skip
    return {
        "changes": [_told(change, runs, forced) for change in found],
        "late": [_line(told[line], *rows) for line, rows in late.items() if line in told],
        "saved": [_line(told[line], *rows) for line, rows in saved.items() if line in told],
        "not_planned": _not_planned(problem, before, after),
        "terms": {
            "before": asdict(_measured(problem, before).terms),
            "after": asdict(after.kpis.terms),
            "put_off": asdict(put_off.kpis.terms) if put_off else None,
        },
        "kpis": {"before": asdict(_measured(problem, before)), "after": asdict(after.kpis)},
    }


def on_new_facts(problem: Problem, plan: Proposal) -> Proposal:
    """A plan as an answer to the problem, as far as it goes: without what is no longer asked for."""
    asked = {unit.id for unit in problem.units}
    runs = tuple(run for run in plan.runs if asked.issuperset(run.units))
    names = {run.id for run in runs}
    planned = {unit for run in runs for unit in run.units}
    known = {one.unit: one for one in plan.unplanned}
    ready = {unit.id for unit in problem.units if not unit.waits}
    stale = {one.unit for one in plan.unplanned if one.code == "waits" and one.unit in ready}
    listed = tuple(
        Unplanned(unit.id, "arrived", ARRIVED) if unit.id in stale or unit.id not in known else known[unit.id]
        for unit in problem.units
        if unit.id not in planned
    )
    fitting = Proposal(runs, tuple(o for o in plan.operations if o.run in names), plan.frozen, (), plan.kpis)
    return refit(fitting, problem, listed=listed)


def is_harmless(diff: Mapping[str, Any], problem: Problem, after: Proposal) -> bool:
    """Nobody gets later, everybody stays planned, and nothing released moves."""
    times = {frozen.id: (frozen.start, frozen.end) for frozen in problem.frozen}
    stands = all(times.get(frozen.id) == (frozen.start, frozen.end) for frozen in after.frozen)
    return stands and not diff["late"] and not diff["not_planned"]


def tokens(text: str) -> set[str]:
    """The names in a text of the certificate."""
    return {word.strip(".,;:()") for word in text.split()}


def _forced(problem: Problem, before: Proposal, after: Proposal) -> dict[str, str]:
    """By run of the plan before: why it cannot stay as it is."""
    asked = {unit.id for unit in problem.units}
    found = {}
    for run in before.runs:
        if not asked.issuperset(run.units):
            found[run.id] = "It has lost a piece."
    runs = {run.id for run in before.runs}
    breaches = certify(problem, on_new_facts(problem, before)).breaches
    # What a person would name first stands first: a machine that is down lets set-ups begin too early too.
    rank = {kind: number for number, kind in enumerate(_IN_WORDS)}
    for breach in sorted(breaches, key=lambda breach: rank.get(breach.kind, len(rank))):
        if breach.kind in ("figure-wrong", "setup-mismatch", "duration-mismatch"):
            continue
        for name in tokens(breach.where) & runs:
            found.setdefault(name, _IN_WORDS.get(breach.kind, breach.text))
    return found


_IN_WORDS = {
    "outside-calendar": "Its machine does not work then.",
    "machine-unknown": "Its machine is out of service.",
    "planned-stop": "Its machine is stopped then.",
    "machine-overlap": "Its machine is busy then.",
    "material-overbooked": "There is not enough material for it.",
    "precedence": "The step before it ends later.",
    "too-early": "Its time has gone by.",
}


def _told(change: Change, runs: Mapping[str, int], forced: Mapping[str, str]) -> dict[str, Any]:
    shown = change.runs_after or change.runs_before
    must = next((forced[run.id] for run in change.runs_before if run.id in forced), "")
    if not change.runs_before:
        must = ""
    return {
        "id": change.id,
        "kind": change.kind,
        "must": must,
        "runs": sorted({run_name(run.id, runs) for run in (*change.runs_before, *change.runs_after)}),
        "made_of": [
            {
                "work_centre": run.key.work_centre,
                "material": run.key.material,
                "setup_family": run.key.setup_family,
            }
            for run in shown[:1]
        ],
        "pieces": len(change.units),
        "machines": _moves_machine(change),
        "before": [_step(o, runs) for o in change.before],
        "after": [_step(o, runs) for o in change.after],
    }


def run_name(run: str, runs: Mapping[str, int]) -> str:
    return f"R-{runs[run]}" if run in runs else run.replace("new-", "new run ")


def _moves_machine(change: Change) -> bool:
    """Whether a step of the change is done on another machine than before."""
    machines = {(unit, o.step): o.machine for o in change.before for unit in o.units}
    return any(machines.get((unit, o.step), o.machine) != o.machine for o in change.after for unit in o.units)


def _step(operation: Operation, runs: Mapping[str, int]) -> dict[str, Any]:
    return {
        "run": run_name(operation.run, runs),
        "step": operation.step,
        "work_centre": operation.work_centre,
        "machine": operation.machine,
        "start": moment(operation.start).isoformat(),
        "end": moment(operation.end).isoformat(),
        "operator": operation.operator,
    }


def _measured(problem: Problem, plan: Proposal) -> Any:
    asked = {unit.id for unit in problem.units}
    known: list[PlannedRun] = [run for run in plan.runs if asked.intersection(run.units)]
    return measure(problem, known, plan.operations, 0, frozen=plan.frozen)


def _line_ends(problem: Problem, plan: Proposal) -> dict[str, int]:
    """By line when its last planned piece ends."""
    ends = unit_ends(problem.units, plan.operations)
    lines: dict[str, int] = {}
    for unit in problem.units:
        if unit.id in ends:
            lines[unit.line] = max(lines.get(unit.line, 0), ends[unit.id])
    return lines


Rows = dict[str, tuple[int, int | None, int | None]]


def _lateness(
    problem: Problem, before: Mapping[str, int], after: Mapping[str, int], waiting: Mapping[str, int]
) -> tuple[Rows, Rows]:
    """Lines that get later than they were and than promised, the latest first; and those that do not
    although they were to be, or would be if everything only waited."""
    dues = {unit.line: unit.due for unit in problem.units if unit.due is not None}
    late: Rows = {}
    saved: Rows = {}
    for line, due in dues.items():
        old, new = before.get(line), after.get(line)
        if new is None:
            continue
        else_at = max(waiting.get(line, 0), old or 0)
        if new > max(due, old or 0):
            late[line] = due, old, new
        if else_at > due and new < else_at and (new <= due or else_at - new > 60):
            saved[line] = due, else_at, new
    by_delay = sorted(late, key=lambda line: (due_of(late[line]) - (late[line][2] or 0), line))
    return {line: late[line] for line in by_delay}, saved


def due_of(row: tuple[int, int | None, int | None]) -> int:
    return row[0]


def _line(line: Line, due: int, before: int | None, after: int | None) -> dict[str, Any]:
    return {
        "line": line.pk,
        "order_id": line.order_id,
        "order": line.order.number,
        "position": line.position,
        "customer": line.order.customer.name if line.order.customer else "",
        "what": f"{line.family_name} × {line.quantity}",
        "promised": line.promised_at.isoformat() if line.promised_at else None,
        "wanted": moment(due).isoformat(),
        "before": moment(before).isoformat() if before is not None else None,
        "after": moment(after).isoformat() if after is not None else None,
    }


def _not_planned(problem: Problem, before: Proposal, after: Proposal) -> list[dict[str, Any]]:
    """Pieces that had a place in the plan and have none in the repair."""
    had = {unit for run in before.runs for unit in run.units}
    line_of = {unit.id: unit.line for unit in problem.units}
    rows: dict[tuple[str, str], int] = {}
    for one in _lost(after.unplanned, had):
        rows[line_of[one.unit], one.text] = rows.get((line_of[one.unit], one.text), 0) + 1
    lines = Line.objects.filter(pk__in={line for line, _ in rows}).select_related("order").in_bulk()
    return [
        {
            "order": lines[line].order.number,
            "order_id": lines[line].order_id,
            "position": lines[line].position,
            "pieces": pieces,
            "text": text,
        }
        for (line, text), pieces in sorted(rows.items())
        if line in lines
    ]


def _lost(unplanned: Iterable[Unplanned], had: set[str]) -> Iterable[Unplanned]:
    return (one for one in unplanned if one.unit in had)
