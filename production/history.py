"""The plans there were: what each cost by cause, against the one before, and what people decided while it
was in force."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from ledger.models import Entry
from production.engine.proposal import Terms
from production.models import Plan

TERMS = tuple(each.name for each in fields(Terms))
DECISIONS = {
    "run.released": "released", "run.pinned": "pinned", "run.unpinned": "unpinned", "run.moved": "moved",
    "run.rejected": "rejected", "run.split": "split", "run.undone": "taken back",
    "draft.accepted": "repair accepted", "draft.discarded": "repair discarded",
}  # fmt: skip
FIGURES = (
    ("units", "pieces"), ("runs", "runs"), ("sheets", "sheets"), ("setups", "set-ups"),
    ("loads", "loads"), ("tardy_units", "late pieces"), ("unplanned", "not planned"), ("moved", "moved"),
)  # fmt: skip


@dataclass(frozen=True)
class Figure:
    """A number of a plan; ``change`` against the plan before, None where that does not tell."""

    name: str
    value: int
    change: int | None


@dataclass(frozen=True)
class Decided:
    """What people did while the plan was in force: how often, and who."""

    what: str
    times: int
    who: tuple[str, ...]


@dataclass(frozen=True)
class Past:
    """A plan in the history. ``cost`` and ``bound`` are None for plans from before costs were kept;
    ``gap_permille`` is how far the cost lies above the bound."""

    plan: Plan
    until: datetime | None
    figures: tuple[Figure, ...]
    terms: tuple[Figure, ...]
    cost: Figure | None
    bound: int | None
    gap_permille: int | None
    decided: tuple[Decided, ...]


def history(plans: Sequence[Plan]) -> list[Past]:
    """What is to be told of these plans (newest first, none left out between). Two queries."""
    if not plans:
        return []
    after = Plan.objects.filter(number__gt=plans[0].number).order_by("number").first()
    before = Plan.objects.filter(number__lt=plans[-1].number).order_by("-number").first()
    ends = [after.created_at if after else None, *(plan.created_at for plan in plans[:-1])]
    decided = _decisions(plans, ends)
    olders = [*plans[1:], before]
    return [
        _past(plan, older, until, decided[plan.pk])
        for plan, older, until in zip(plans, olders, ends, strict=True)
    ]


def _past(plan: Plan, older: Plan | None, until: datetime | None, decided: tuple[Decided, ...]) -> Past:
    kpis, old = plan.kpis, older.kpis if older else {}
    terms, old_terms = kpis.get("terms") or {}, old.get("terms") or {}
    cost = sum(terms.values()) if terms else None
    bound = kpis.get("bound") if terms else None
    return Past(
        plan=plan,
        until=until,
        figures=tuple(_figure(name, kpis, old, said) for name, said in FIGURES),
        terms=tuple(_figure(name, terms, old_terms, name) for name in TERMS) if terms else (),
        cost=Figure("cost", cost, cost - sum(old_terms.values()) if old_terms else None)
        if cost is not None
        else None,
        bound=bound,
        gap_permille=(cost - bound) * 1000 // bound if cost is not None and bound else None,
        decided=decided,
    )


def _figure(name: str, new: dict[str, Any], old: dict[str, Any], said: str) -> Figure:
    value = int(new.get(name, 0))
    return Figure(said, value, value - int(old[name]) if name in old else None)


def _decisions(plans: Sequence[Plan], ends: Sequence[datetime | None]) -> dict[str, tuple[Decided, ...]]:
    entries = Entry.objects.filter(kind__in=DECISIONS, at__gte=plans[-1].created_at)
    if ends[0] is not None:
        entries = entries.filter(at__lt=ends[0])
    counts: dict[str, Counter[str]] = {plan.pk: Counter() for plan in plans}
    people: dict[tuple[str, str], set[str]] = {}
    for kind, actor, at in entries.values_list("kind", "actor", "at"):
        plan = next((plan for plan in plans if plan.created_at <= at), None)  # newest first
        if plan is not None:
            counts[plan.pk][kind] += 1
            people.setdefault((plan.pk, kind), set()).add(actor)
    return {
        pk: tuple(
            Decided(DECISIONS[kind], times, tuple(sorted(people[pk, kind])))
            for kind, times in sorted(count.items())
        )
        for pk, count in counts.items()
    }
