"""Why a line is made when it is, from the plan in force: for staff, in words and as spans."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.utils.formats import date_format
from django.utils.timezone import localtime

from orders.models import Line
from production.engine.explaining import (
    Bind,
    Company,
    Explainer,
    NotPlanned,
    Repair,
    Span,
    Why,
    conflict,
    together,
)
from production.facts import frozen_operations, moment, read_problem, seconds
from production.models import Machine, Operation, Piece, Plan, Run
from production.plans import Standing, read_standing
from production.words import Names

# Reasons to leave a line out that its own work does not explain.
NO_PLACE = ("beyond-horizon", "together")
# So much of what binds is named.
MOST_NAMED = 6


class NothingToSay(Exception):
    """The plan in force says nothing of the line: it is not planned, made already, or overdue. Says which."""


@dataclass(frozen=True)
class Explanation:
    """``why`` holds the spans from now to the end; ``company`` what its run's company saves, None where its
    runs are on the floor: what is released is not taken apart."""

    line: Line
    why: Why
    company: Company | None


def explain(*, line: Line, now: datetime) -> Explanation:
    """Why this line, here and then. Reads the whole plan in force and the floor, begun work at the times that
    are expected now. Raises ``NothingToSay``."""
    standing = read_standing(now=now)
    floor = tuple(frozen_operations(Run.objects.on_the_floor(), now=seconds(now)))
    explainer = Explainer(replace(standing.problem, frozen=floor), replace(standing.proposal, frozen=floor))
    due = seconds(line.promised_at) if line.promised_at else None
    try:
        why = explainer.chain(line.pk, frozen=_on_the_floor(line), due=due)
    except NotPlanned as none:
        raise NothingToSay(_elsewhere(line, standing, now)) from none
    if why.end <= seconds(now):
        raise NothingToSay(_overdue(why))
    try:
        company = together(standing.problem, standing.proposal, line.pk)
    except NotPlanned:
        company = None
    return Explanation(line, why, company)


def _on_the_floor(line: Line) -> list[str]:
    """What is to be done on the floor to the line's own pieces: a run of several families has more."""
    own = {(step["step"], step["work_centre"], step["setup_family"]) for step in line.work.get("routing", ())}
    mine = Piece.objects.filter(line=line, run__in=Run.objects.on_the_floor()).order_by().values("run")
    return [
        str(pk)
        for pk, *place in Operation.objects.live()
        .filter(run__in=mine)
        .values_list("pk", "step", "work_centre", "setup_family")
        if tuple(place) in own
    ]


def _overdue(why: Why) -> str:
    number = Run.objects.get(pk=why.run).number
    until = date_format(localtime(moment(why.end)), "D j F, H:i")
    return (
        f"By the plan R-{number} made it until {until}, and the floor has not begun with that yet: "
        "it is late by what the floor is behind."
    )


def _elsewhere(line: Line, standing: Standing, now: datetime) -> str:
    plan = Plan.objects.current().first()
    for row in plan.unplanned if plan else []:
        if row["line"] == line.pk:
            told = [f"Not planned: {row['text']}"]
            if row["code"] in NO_PLACE:
                told += _in_the_way(line, standing, now)
            return " ".join(told)
    return f"No run that is still to be made has pieces of it: it is {line.get_state_display().lower()}."


def _in_the_way(line: Line, standing: Standing, now: datetime) -> Iterator[str]:
    """What cannot hold together, and with which change the line was planned when that was tried."""
    found = conflict(read_problem(now=now).problem, standing.proposal, line.pk)
    if found is None:
        return
    named = dict(Machine.objects.values_list("code", "name"))
    named |= {
        pk: f"R-{number}"
        for pk, number in Run.objects.filter(
            pk__in=[bind.what for bind in found.binds if bind.kind == "run"]
        ).values_list("pk", "number")
    }
    binds = [_bind(bind, named) for bind in found.binds]
    yield f"What cannot hold together: {_listed(binds)}."
    for repair in found.repairs:
        yield f"{_repair(repair, named)} it would be made by {_show(repair.end)} (this was planned to try)."


def _bind(bind: Bind, names: Mapping[str, str]) -> str:
    thing = names.get(bind.what, bind.what)
    return {
        "calendar": f"the working time of {thing}",
        "stop": f"the planned stop of {thing}",
        "people": f"when people with the skill {bind.what} are there and free",
        "tool": f"how many there are of the fixture {bind.what}",
        "lot": f"when {bind.what} arrives and expires",
        "lag": f"the longest wait before step {bind.what}",
        "run": f"{thing}, which is released or pinned",
        "plan": "the other proposed runs",
        "horizon": "the end of the calendars",
    }[bind.kind]


def _repair(repair: Repair, names: Mapping[str, str]) -> str:
    bind = repair.bind
    thing = names.get(bind.what, bind.what)
    return {
        "calendar": f"With {thing} open from {_show(repair.since)} to {_show(repair.until)}",
        "stop": f"Without the stop of {thing} from {_show(repair.since)} to {_show(repair.until)}",
        "people": f"With one more person with the skill {bind.what}",
        "tool": f"With one more {bind.what}",
        "lot": f"With {bind.what} here now",
        "lag": f"With any wait before step {bind.what}",
        "run": f"Without {thing}",
        "plan": "Ahead of the other proposed runs",
        "horizon": "With calendars a week longer",
    }[bind.kind]


def _listed(parts: Sequence[str]) -> str:
    shown = [*parts[:MOST_NAMED], *([f"{len(parts) - MOST_NAMED} more"] if len(parts) > MOST_NAMED else [])]
    return " and ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)


def _show(instant: int) -> str:
    return date_format(localtime(moment(instant)), "D j M H:i")


def in_words(explanation: Explanation, *, names: Names, machines: Mapping[str, str]) -> str:
    """What binds, in one sentence; ``machines`` names people too."""
    kind, what = explanation.why.binds
    most = sum(
        span.seconds
        for span in explanation.why.spans
        if span.kind == kind and (span.machine or span.what) == what
    )
    thing = machines.get(what) or names.materials.get(what) or what
    told = {
        "queue": f"Most of the wait is for other work on {thing}",
        "operator": f"Most of the wait is for {thing}, who does other work",
        "closed": f"Most of the wait is time in which {thing} is closed",
        "stop": f"Most of the wait is time in which {thing} is stopped",
        "setup": f"Most of the wait is set-up of {thing}",
        "material": f"Most of the wait is for {thing} to arrive",
        "lag": "Most of the wait has to go by between two steps",
        "release": "Most of the wait is before it may begin",
    }
    return f"{told[kind]}: {hours(most)}." if kind in told else "Nothing but its own work takes time."


def says(span: Span, *, names: Names, machines: Mapping[str, str], own: bool) -> str:
    """One span, in words; ``machines`` names people too, ``own``: of the line's own run."""
    thing = machines.get(span.machine, span.machine)
    return {
        "work": f"Made on {thing}",
        "setup": f"{thing} is set up for it",
        "queue": f"{thing} does other work first",
        "operator": f"{machines.get(span.what, span.what)} does other work first",
        "closed": f"{thing} is closed",
        "stop": f"{thing} is stopped",
        "lag": "Has to rest between two steps",
        "material": f"Waits for {names.sentence(span.what) or 'material'} to arrive",
        "release": "May not begin earlier",
        "review": "New work begins after staff could look at the plan",
        "slack": f"Free time before {'its' if own else 'that'} work on {thing}" if thing else "Free time",
    }[span.kind]


def hours(seconds: int) -> str:
    """Such as 2 h 05 min."""
    minutes = round(seconds / 60)
    return f"{minutes // 60} h {minutes % 60:02d} min" if minutes >= 60 else f"{minutes} min"


def saved_by_company(company: Company | None) -> list[str]:
    """What it would take more to make the pieces alone, in words; empty when it is nothing, or released."""
    if company is None:
        return []
    alone, now = company.alone, company.as_planned
    told = []
    if (more := alone.sheets - now.sheets) > 0:
        told.append(f"{more} sheet{'s' * (more != 1)}")
    if (more := alone.setup_seconds - now.setup_seconds) > 0:
        told.append(f"{hours(more)} of set-up")
    if (more := alone.loads - now.loads) > 0:
        told.append(f"{more} load{'s' * (more != 1)}")
    if (more := alone.tardy_units - now.tardy_units) > 0:
        told.append(f"{more} more piece{'s' * (more != 1)} late")
    return told
