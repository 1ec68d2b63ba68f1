"""From the database to the engine's values, in a number of queries that does not grow."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

from django.conf import settings
from django.db.models import QuerySet

from configurator.promise import STANDARD
from orders.models import Line
from production.engine.proposal import FrozenOperation, Limits, Problem
from production.engine.work import Unit, Use, Work, read_work
from production.models import (
    LineFile,
    Operation,
    OperationState,
    Piece,
    Plan,
    PlannerSettings,
    Run,
    Rush,
)
from production.shopfacts import HORIZON, moment, read_shop, seconds, without_lots_and_offcuts_of

__all__ = [
    "HORIZON",
    "Facts",
    "claims_of",
    "due_of",
    "fingerprint",
    "frozen_operations",
    "moment",
    "planner_settings",
    "read_problem",
    "read_shop",
    "seconds",
    "unit_id",
    "units_of",
    "waiting",
    "work_of",
]


# How much more the planner does for a line whose customer paid for its date.
PAID_WEIGHT = 4


@dataclass(frozen=True)
class Facts:
    """What the planner is asked. ``pieces`` leads from unit ids to pieces; ``lines`` to their lines."""

    problem: Problem
    pieces: Mapping[str, int]
    base: str | None

    @cached_property
    def snapshot(self) -> str:
        """The hash of everything that the answer depends on, but the time."""
        return fingerprint(self.problem)


def read_problem(*, now: datetime, limits: Limits | None = None) -> Facts:
    """Everything that is to be planned now, with what stands fast."""
    plan = Plan.objects.current().only("id").first()
    pieces = list(Piece.objects.to_plan().order_by("pk").values_list("pk", "line_id", "index"))
    units = waiting(units_of(pieces))
    told = planner_settings()
    pinned = list(Run.objects.proposed().filter(pinned=True))
    problem = Problem(
        shop=without_lots_and_offcuts_of(read_shop(now=now), pinned),
        units=tuple(units.values()),
        frozen=tuple(frozen_operations(Run.objects.frozen(), now=seconds(now))),
        claims=tuple(claims_of(pinned)),
        limits=limits or told.limits(max_units=settings.PLANNING_PIECES),
        weights=told.weights,
        zones=told.zones(now=seconds(now)),
    )
    return Facts(
        problem=problem,
        pieces=dict(zip(units, (p[0] for p in pieces), strict=True)),
        base=plan.id if plan else None,
    )


def planner_settings() -> PlannerSettings:
    """What staff told the planner; as it comes when nobody did."""
    return PlannerSettings.objects.filter(pk=1).first() or PlannerSettings(pk=1)


def units_of(pieces: Iterable[tuple[int, str, int]]) -> dict[str, Unit]:
    """Units by id from (piece, line, index), in this order. Two queries for all lines."""
    pieces = list(pieces)
    lines = {
        line.id: line
        for line in Line.objects.filter(pk__among={line for _, line, _ in pieces}).only(
            "id", "order_id", "promised_at", "promise_option", "work", "family_name"
        )
    }
    works = {line.id: work_of(line) for line in lines.values()}
    hurry = {rush.pk: rush for rush in Rush.objects.filter(pk__among=lines)}
    return {
        unit_id(line, index): _unit(lines[line], index, works[line], hurry.get(line))
        for _, line, index in pieces
    }


def waiting(units: Mapping[str, Unit]) -> dict[str, Unit]:
    """The units, those whose production files are not ready saying what they wait for. Two queries."""
    lines = {unit.line for unit in units.values()}
    proofs = dict(Line.objects.filter(pk__among=lines).exclude(proof=[]).values_list("pk", "proof"))
    files = {
        (line, surface): (scene, reason)
        for line, surface, scene, reason in LineFile.objects.filter(line__among=proofs).values_list(
            "line_id", "surface", "scene", "reason"
        )
    }
    reasons = {line: _waits(line, proof, files) for line, proof in proofs.items()}
    return {
        name: replace(unit, waits=reasons[unit.line]) if reasons.get(unit.line) else unit
        for name, unit in units.items()
    }


def _waits(
    line: str, proof: Sequence[Mapping[str, str]], files: Mapping[tuple[str, str], tuple[str, str]]
) -> str:
    """Why a line is not to be planned yet; empty when nothing stands against it."""
    for each in proof:
        scene, reason = files.get((line, each["surface"]), ("", ""))
        if reason:
            return reason
        if scene != each["scene"]:
            return "Its production file is being made and checked."
    return ""


def unit_id(line_id: str, index: int) -> str:
    return f"{line_id}:{index}"


def work_of(line: Line) -> Work:
    """The work of a line; none at all (so: no routing) when what it carries cannot be read."""
    try:
        return read_work(line.work or {})
    except (KeyError, TypeError, ValueError, ArithmeticError):
        return Work((), "", (), ())


def due_of(line: Line, hurry: Rush | None) -> datetime | None:
    """When it is wanted: the promise, or sooner where staff said so."""
    wanted = [moment for moment in (line.promised_at, hurry and hurry.wanted_at) if moment]
    return min(wanted, default=None)


def _unit(line: Line, index: int, work: Work, hurry: Rush | None) -> Unit:
    due = due_of(line, hurry)
    return Unit(
        id=unit_id(line.id, index),
        line=line.id,
        order=line.order_id,
        due=None if due is None else seconds(due),
        release=0,  # a line is ready when all that it waits for is there
        parts=work.parts,
        sheet_material=work.sheet_material,
        routing=work.routing,
        materials=work.materials,
        product=line.family_name,
        weight=hurry.weight if hurry else 1 if line.promise_option == STANDARD else PAID_WEIGHT,
    )


def claims_of(runs: Iterable[Run]) -> list[Use]:
    """The material that these runs need, each once; without what they take from lots."""
    needs: Counter[str] = Counter()
    for run in runs:
        needs.update(run.needs)
        for use in run.lots:
            needs[use["material"]] -= use["quantity"]
    return [Use(material, quantity) for material, quantity in sorted(needs.items()) if quantity]


def frozen_operations(runs: QuerySet[Run], *, now: int | None) -> list[FrozenOperation]:
    """The operations of these runs that are not finished.

    With ``now``, started ones too, with the times that are expected: from the real beginning, and no
    end before now. Without, only those that are still to begin.
    """
    wanted = Operation.objects.live() if now is not None else Operation.objects.planned()
    operations = list(
        wanted.filter(run__in=runs)
        .select_related("machine", "operator")
        .order_by("run_id", "step", "sequence")
    )
    of_run: dict[str, list[Operation]] = {}
    for operation in operations:
        of_run.setdefault(operation.run_id, []).append(operation)
    return [
        _as_frozen(operation, [o for o in of_run[operation.run_id] if o.step < operation.step], now)
        for operation in operations
    ]


def _as_frozen(row: Operation, before: Sequence[Operation], now: int | None) -> FrozenOperation:
    started = row.state == OperationState.STARTED
    start, end = seconds(row.start), seconds(row.end)
    if started and now is not None and row.started_at is not None:
        start = seconds(row.started_at)
        end = max(start + (seconds(row.end) - seconds(row.start)), now + 1)
    return FrozenOperation(
        id=str(row.pk),
        run=row.run_id,
        step=row.step,
        work_centre=row.work_centre_id,
        machine=row.machine.code,
        setup_family=row.setup_family,
        seconds=row.seconds,
        setup_start=min(seconds(row.setup_start), start),
        start=start,
        end=end,
        started=started,
        after=tuple(str(other.pk) for other in before),
        operator=row.operator.code if row.operator else "",
        tool=row.tool_id or "",
        load=row.load,
    )


def fingerprint(problem: Problem, *, without: frozenset[str] = frozenset()) -> str:
    """A hash of the facts but the time. ``without`` leaves units out, to see whether the rest is the same."""
    shop, zones = problem.shop, problem.zones
    # A started operation has times that are reckoned from now; set-ups follow the neighbours.
    frozen = [
        replace(f, setup_start=0, start=0, end=0) if f.started else replace(f, setup_start=0)
        for f in problem.frozen
    ]
    known = (
        [unit for unit in problem.units if unit.id not in without],
        frozen,
        problem.claims,
        problem.limits,
        problem.weights,
        [max(zones.frozen_until - shop.now, 0), max(zones.slushy_until - shop.now, 0), zones.tolerance],
        shop.work_centres,
        shop.machines,
        shop.setups,
        shop.materials,
        shop.operators,
        shop.tools,
        shop.offcuts,
    )
    return hashlib.sha256(repr(known).encode()).hexdigest()
