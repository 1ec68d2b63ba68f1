"""What-if for staff: a scenario of changes, planned beside the plan as it is, and played many times.

Both sides are planned from the same facts with the same effort, and both pass the certificate, so that the
difference is the changes' own. Nothing of it touches the plan in force.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime, timedelta
from typing import Any, get_args
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils.dateparse import parse_datetime

from ledger.entries import record
from ledger.models import Job
from ledger.requesting import request
from production import demand
from production.engine.certificate import KINDS as KINDS_OF_BREACH
from production.engine.certificate import certify
from production.engine.explaining import Explainer, Remedy, remedies
from production.engine.planning import Stop, iterations, propose
from production.engine.proposal import Problem, Proposal
from production.engine.simulation import Outcome, simulate
from production.engine.whatif import BadChange, Change, ExtraShift, changed
from production.experience import Experience, read_experience
from production.facts import moment, read_problem, seconds
from production.locking import planning_lock
from production.models import Calendar, Plan, Scenario, ScenarioState
from production.plans import read_standing
from production.words import plain

JOB_KIND = "planning.scenario"
QUEUE = "planning"
# Schedules that each plan of a scenario may try: by count alone, so that all get the same effort.
TRIES = 200
REPLICATIONS = 200
LISTED = 200  # lines that a result names
MOST_CHANGES = 20
# What fields of changes are: instants are told as ISO 8601.
INSTANTS = ("start", "end", "to", "at", "due")

KINDS: dict[str, type] = {
    "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in kind.__name__)[1:]: kind
    for kind in get_args(Change)
}

log = logging.getLogger(__name__)


class ScenarioRefused(Exception):
    """The scenario cannot be changed or computed so; says why."""


@dataclass(frozen=True)
class Result:
    """What came of a scenario, as it is stored."""

    plan: str | None
    data: dict[str, Any]


# --- asking -----------------------------------------------------------------------------------------------


def begin(*, name: str, actor: str, now: datetime, remedies: bool = False) -> Scenario:
    """A new scenario without changes. Raises ``ScenarioRefused``."""
    if not name.strip():
        raise ScenarioRefused("Give the scenario a name: it stands in the list beside others.")
    with transaction.atomic():
        scenario = Scenario.objects.create(
            name=name.strip()[:120], remedies=remedies, created_at=now, created_by=actor
        )
        _record(scenario, "scenario.begun", actor, now, name=scenario.name)
    return scenario


def add(*, scenario: Scenario, change: Mapping[str, Any], actor: str, now: datetime) -> Scenario:
    """One more change. Raises ``ScenarioRefused`` when it is none, or the shop as it is cannot take it."""
    with transaction.atomic():
        held = _hold(scenario)
        if len(held.changes) >= MOST_CHANGES:
            raise ScenarioRefused(f"A scenario has at most {MOST_CHANGES} changes.")
        changes = [*held.changes, encode(decode(change))]
        try:
            changed(read_problem(now=now).problem, [decode(each) for each in changes])
        except BadChange as fault:
            raise ScenarioRefused(plain(str(fault))) from fault
        _change(held, changes=changes)
        _record(held, "scenario.changed", actor, now, added=changes[-1])
    return held


def remove(*, scenario: Scenario, index: int, actor: str, now: datetime) -> Scenario:
    """Without the change at ``index``, from 0. Raises ``ScenarioRefused``."""
    with transaction.atomic():
        held = _hold(scenario)
        if not 0 <= index < len(held.changes):
            raise ScenarioRefused("The scenario has no such change any more: look at it again.")
        gone = held.changes[index]
        _change(held, changes=[each for n, each in enumerate(held.changes) if n != index])
        _record(held, "scenario.changed", actor, now, removed=gone)
    return held


def ask(*, scenario: Scenario, actor: str, now: datetime) -> Job:
    """Have it computed; without a change the plan in force is played. Raises ``ScenarioRefused``."""
    with transaction.atomic():
        held = _hold(scenario)
        _change(held, state=ScenarioState.WAITING)
        return request(
            kind=JOB_KIND,
            payload={"scenario": held.pk, "version": held.version},
            key=f"{JOB_KIND}:{held.pk}:{held.version}",
            now=now,
            queue=QUEUE,
        )


def delete(*, scenario: Scenario, actor: str, now: datetime) -> None:
    """Throw it away."""
    with transaction.atomic():
        _record(scenario, "scenario.deleted", actor, now, name=scenario.name)
        Scenario.objects.filter(pk=scenario.pk).delete()


def _hold(scenario: Scenario) -> Scenario:
    held = Scenario.objects.select_for_update().filter(pk=scenario.pk).first()
    if held is None:
        raise ScenarioRefused("The scenario was deleted.")
    if held.state == ScenarioState.WAITING:
        raise ScenarioRefused("It is being computed: wait for the answer, or delete it.")
    return held


def _change(scenario: Scenario, *, state: str = ScenarioState.DRAFT, **values: Any) -> None:
    for name, value in values.items():
        setattr(scenario, name, value)
    scenario.state, scenario.reason, scenario.result = state, "", None
    scenario.version += 1
    scenario.save()


def _record(scenario: Scenario, kind: str, actor: str, now: datetime, **data: Any) -> None:
    record(stream=f"scenario:{scenario.pk}", kind=kind, actor=actor, data=data, now=now)


# --- changes as JSON --------------------------------------------------------------------------------------


def encode(change: Change) -> dict[str, Any]:
    """``{"kind": "machine-down", "machine": ..., "start": ISO 8601, ...}``."""
    kind = next(name for name, known in KINDS.items() if isinstance(change, known))
    values = asdict(change)
    return {"kind": kind} | {
        name: moment(value).isoformat() if name in INSTANTS else value for name, value in values.items()
    }


def decode(data: Mapping[str, Any]) -> Change:
    """Raises ``ScenarioRefused`` for what is no change, naming the field."""
    kind = KINDS.get(str(data.get("kind")))
    if kind is None:
        raise ScenarioRefused(f"kind: {data.get('kind')!r} is none of {', '.join(KINDS)}.")
    known = {each.name: each for each in fields(kind)}
    if strange := sorted(set(data) - known.keys() - {"kind"}):
        raise ScenarioRefused(f"{strange[0]}: a {data['kind']} has {', '.join(known)}.")
    values = {name: _value(name, data[name], known[name].type) for name in known if name in data}
    try:
        change: Change = kind(**values)
    except TypeError as fault:
        missing = [name for name in known if name not in values]
        raise ScenarioRefused(
            f"{missing[0]}: is missing; a {data['kind']} has {', '.join(known)}."
        ) from fault
    return change


def _value(name: str, value: Any, kind: Any) -> Any:
    if name in INSTANTS:
        try:
            at = parse_datetime(value) if isinstance(value, str) else None
        except ValueError:
            at = None
        if at is None or at.tzinfo is None or not 2000 <= at.year <= 2400:
            raise ScenarioRefused(f"{name}: a date and time with its offset is expected, not {value!r}.")
        return seconds(at)
    if kind is int:
        if not isinstance(value, int) or isinstance(value, bool) or abs(value) > 10**12:
            raise ScenarioRefused(f"{name}: a whole number is expected, not {value!r}.")
        return value
    if not isinstance(value, str) or len(value) > 120:
        raise ScenarioRefused(f"{name}: a short text is expected, not {value!r}.")
    return value


# --- computing --------------------------------------------------------------------------------------------


def compute(
    *,
    scenario: Scenario,
    now: datetime,
    report: Callable[[dict[str, Any]], None],
    stop: Stop | None = None,
) -> Result:
    """Plan as it is, plan with the changes, play both; without changes play the plan in force. No transaction
    is open while it works.

    Raises ``ScenarioRefused`` when the changes no longer fit the shop, or a plan fails the certificate.
    """
    known = read_experience(now=now)
    if not scenario.changes and not scenario.remedies:
        return _as_it_is(now, known, report)
    with transaction.atomic():
        planning_lock()
        demand.take_in()
        facts = read_problem(now=now)
    report({"step": "as it is", "units": len(facts.problem.units)})
    before = _planned(facts.problem, stop, "as things are")
    if scenario.remedies:
        report({"step": "what would help", "units": len(facts.problem.units)})
        found = remedies(
            facts.problem, before, extra_shifts=extra_shifts(now=now), stop=stop or iterations(TRIES)
        )
        data = {"before": _figures(facts.problem, before, known), "remedies": [_told(each) for each in found]}
        return Result(facts.base, data)
    try:
        question = changed(facts.problem, [decode(each) for each in scenario.changes])
    except BadChange as fault:
        raise ScenarioRefused(plain(str(fault))) from fault
    report({"step": "with the changes", "units": len(question.units)})
    after = _planned(question, stop, "with these changes")
    report({"step": "playing both", "units": len(question.units)})
    late_before, late_after = _late(facts.problem, before), _late(question, after)
    newly = sorted(late_after.keys() - late_before.keys(), key=lambda line: (-late_after[line], line))
    saved = sorted(late_before.keys() - late_after.keys(), key=lambda line: (-late_before[line], line))
    return Result(
        facts.base,
        {
            "before": _figures(facts.problem, before, known),
            "after": _figures(question, after, known),
            "newly_late": [{"line": line, "late": late_after[line]} for line in newly[:LISTED]],
            "saved": [{"line": line, "late": late_before[line]} for line in saved[:LISTED]],
            "newly_late_count": len(newly),
            "saved_count": len(saved),
        },
    )


def _as_it_is(now: datetime, known: Experience, report: Callable[[dict[str, Any]], None]) -> Result:
    """The plan in force, played; the lines most likely to be late first."""
    plan = Plan.objects.current().first()
    if plan is None:
        raise ScenarioRefused("There is no plan yet that could be played: ask for a proposal first.")
    standing = read_standing(now=now)
    report({"step": "playing the plan in force", "units": len(standing.problem.units)})
    outcome = simulate(standing.problem, standing.proposal, known.uncertainty, replications=REPLICATIONS * 5)
    risky = sorted(
        (each for each in outcome.lines if each.kept is not None and each.kept < outcome.wanted),
        key=lambda each: (each.kept, each.line),
    )
    data = {
        "before": _figures(standing.problem, standing.proposal, known, outcome),
        "risky": [
            {"line": each.line, "kept": each.kept, "late_end": moment(each.late_end).isoformat()}
            for each in risky[:LISTED]
        ],
        "risky_count": len(risky),
    }
    return Result(plan.pk, data)


def note(*, scenario_id: str, version: int, result: Result, now: datetime) -> None:
    """Keep the answer, unless the question was changed or deleted meanwhile."""
    with transaction.atomic():
        held = Scenario.objects.select_for_update().filter(pk=scenario_id, version=version).first()
        if held is None:
            return
        held.state, held.result, held.computed_at, held.reason = ScenarioState.DONE, result.data, now, ""
        held.plan = Plan.objects.filter(pk=result.plan).first()
        held.save()
        _record(held, "scenario.computed", "system:planner", now, plan=result.plan)


def note_failed(*, scenario_id: str, version: int, reason: str, now: datetime) -> None:
    """Say why there is no answer, unless the question was changed or deleted meanwhile."""
    with transaction.atomic():
        held = Scenario.objects.select_for_update().filter(pk=scenario_id, version=version).first()
        if held is not None:
            held.state, held.reason = ScenarioState.FAILED, reason
            held.save()
            _record(held, "scenario.failed", "system:planner", now, reason=reason)


def extra_shifts(*, now: datetime) -> tuple[ExtraShift, ...]:
    """Overtime that can be offered: of each calendar in use the next Saturday morning, and the next evening
    after its shifts of a working day."""
    found = []
    for calendar in Calendar.objects.filter(machines__in_service=True).distinct().prefetch_related("shifts"):
        zone = ZoneInfo(calendar.time_zone)
        today = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
        saturday = today + timedelta(days=(5 - today.weekday()) % 7 or 7)
        found.append(_span(calendar.code, saturday.replace(hour=8), saturday.replace(hour=14)))
        tomorrow = today + timedelta(days=1)
        ends = [shift.end for shift in calendar.shifts.all() if shift.weekday == tomorrow.weekday()]
        if ends and (last := max(ends)).hour:
            evening = tomorrow.replace(hour=last.hour, minute=last.minute)
            found.append(_span(calendar.code, evening, evening + timedelta(hours=2)))
    return tuple(found)


def _span(calendar: str, start: datetime, end: datetime) -> ExtraShift:
    return ExtraShift(calendar, seconds(start), seconds(end))


def _planned(problem: Problem, stop: Stop | None, which: str) -> Proposal:
    proposal = propose(problem, stop=stop or iterations(TRIES))
    certificate = certify(problem, proposal)
    if not certificate.ok:
        log.error("a plan of a scenario breaks rules: %s", certificate.breaches[:3])
        found = "; ".join(dict.fromkeys(KINDS_OF_BREACH[each.kind] for each in certificate.breaches[:3]))
        raise ScenarioRefused(
            f"No plan that can be worked was found {which}: the check refused what the planner proposed "
            f"({found}). The plan in force is as it was. This is a fault of the planner: tell whoever looks "
            f"after it, the log has the details."
        )
    return proposal


def _late(problem: Problem, proposal: Proposal) -> dict[str, int]:
    """Lines that miss their promise, by how many seconds."""
    return {why.line: why.late for why in Explainer(problem, proposal).late()}


def _figures(
    problem: Problem, proposal: Proposal, known: Experience, outcome: Outcome | None = None
) -> dict[str, Any]:
    outcome = outcome or simulate(problem, proposal, known.uncertainty, replications=REPLICATIONS)
    spread = known.uncertainty.work
    return {
        "spread": [spread.least, spread.most],
        "operations": known.operations,
        "failing": list(known.machines),
        "kpis": asdict(proposal.kpis),
        "cost": proposal.kpis.terms.cost,
        "late_lines": len(_late(problem, proposal)),
        "kept": outcome.kept,
        "kept_low": outcome.kept_low,
        "kept_high": outcome.kept_high,
        "slack": outcome.slack,
        "replications": outcome.replications,
        "machines": [asdict(each) for each in outcome.machines if each.critical],
    }


def _told(remedy: Remedy) -> dict[str, Any]:
    told = asdict(remedy)
    told["changes"] = [encode(each) for each in remedy.changes]
    told["saved"] = list(remedy.saved[:LISTED])
    return told


def in_words(
    change: Mapping[str, Any], *, show: Callable[[datetime], str], names: Mapping[str, str] | None = None
) -> str:
    """A stored change as a sentence; ``show`` writes a moment, ``names`` are what codes are called."""
    called = names or {}
    each = {name: called.get(value, value) if name in _CODES else value for name, value in change.items()}
    for name in INSTANTS:
        if name in each:
            at = parse_datetime(each[name])
            each[name] = show(at) if at else each[name]
    if "by" in each:
        hours = abs(each["by"]) / 3600
        each["by"] = f"{hours:g} h {'later' if change['by'] >= 0 else 'earlier'}"
    each["product"] = each.get("product") or "everything"
    return _SENTENCES[str(change["kind"])].format(**each)


_CODES = ("calendar", "machine", "like", "material", "line")
_SENTENCES = {
    "extra-shift": "Overtime in the calendar {calendar}: {start} to {end}",
    "machine-down": "{machine} is down from {start} to {end}",
    "moved-stop": "The planned stop of {machine} at {start} moves to {to}",
    "extra-machine": "One more machine like {like}",
    "speed": "{machine} works at {percent} %",
    "extra-operator": "One more person like {like}",
    "more-material": "{quantity} more of {material} here at {at}",
    "late-material": "What is to arrive of {material} comes {by}",
    "demand": "Demand of {product}: {percent} % of today's",
    "promise": "Line {line} is promised for {due}, weight {weight}",
    "lead-time": "All promises {by}",
    "price": "The weight “{weight}” is {value}",
}
