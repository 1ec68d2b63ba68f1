"""From the database to the engine's values, in a number of queries that does not grow."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db.models import QuerySet

from orders.models import Line
from production.engine.calendars import ExceptionDay, WeeklyShift, expand
from production.engine.proposal import FrozenOperation, Limits, Problem
from production.engine.shop import Calendar, Machine, SetupRule, Shop, Stock, WorkCentre
from production.engine.work import Unit, Use, Work, read_work
from production.models import (
    Calendar as CalendarRow,
)
from production.models import (
    LineFile,
    Material,
    Operation,
    OperationState,
    Piece,
    Plan,
    Run,
)
from production.models import (
    Machine as MachineRow,
)
from production.models import (
    SetupRule as SetupRuleRow,
)
from production.models import (
    WorkCentre as WorkCentreRow,
)

HORIZON = timedelta(days=90)


@dataclass(frozen=True)
class Facts:
    """What the planner is asked. ``pieces`` leads from unit ids to pieces; ``lines`` to their lines."""

    problem: Problem
    pieces: Mapping[str, int]
    base: str | None

    @property
    def snapshot(self) -> str:
        """The hash of everything that the answer depends on, but the time."""
        return fingerprint(self.problem)


def seconds(moment: datetime) -> int:
    """Whole seconds since 1970; a broken second counts down."""
    return int(moment.timestamp() // 1)


def moment(instant: int) -> datetime:
    return datetime.fromtimestamp(instant, UTC)


def read_problem(*, now: datetime, limits: Limits | None = None) -> Facts:
    """Everything that is to be planned now, with what stands fast."""
    plan = Plan.objects.current().only("id").first()
    pieces = list(Piece.objects.to_plan().order_by("pk").values_list("pk", "line_id", "index"))
    units = waiting(units_of(pieces))
    problem = Problem(
        shop=read_shop(now=now),
        units=tuple(units.values()),
        frozen=tuple(frozen_operations(Run.objects.frozen(), now=seconds(now))),
        claims=tuple(claims_of(Run.objects.proposed().filter(pinned=True))),
        limits=limits or Limits(max_units=settings.PLANNING_PIECES),
    )
    return Facts(
        problem=problem,
        pieces=dict(zip(units, (p[0] for p in pieces), strict=True)),
        base=plan.id if plan else None,
    )


def units_of(pieces: Iterable[tuple[int, str, int]]) -> dict[str, Unit]:
    """Units by id from (piece, line, index), in this order. One query for all lines."""
    pieces = list(pieces)
    lines = {
        line.id: line
        for line in Line.objects.filter(pk__in={line for _, line, _ in pieces}).only(
            "id", "order_id", "promised_at", "work", "family_name"
        )
    }
    works = {line.id: work_of(line) for line in lines.values()}
    return {unit_id(line, index): _unit(lines[line], index, works[line]) for _, line, index in pieces}


def waiting(units: Mapping[str, Unit]) -> dict[str, Unit]:
    """The units, those whose production files are not ready saying what they wait for. Two queries."""
    lines = {unit.line for unit in units.values()}
    proofs = dict(Line.objects.filter(pk__in=lines).exclude(proof=[]).values_list("pk", "proof"))
    files = {
        (line, surface): (scene, reason)
        for line, surface, scene, reason in LineFile.objects.filter(line__in=proofs).values_list(
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


def _unit(line: Line, index: int, work: Work) -> Unit:
    return Unit(
        id=unit_id(line.id, index),
        line=line.id,
        order=line.order_id,
        due=seconds(line.promised_at) if line.promised_at else None,
        release=0,  # a line is ready when all that it waits for is there
        parts=work.parts,
        sheet_material=work.sheet_material,
        routing=work.routing,
        materials=work.materials,
        product=line.family_name,
    )


def read_shop(*, now: datetime) -> Shop:
    """The shop with its working time from a little before ``now`` to the horizon: seven queries.

    Machines out of service stay known, without working time, as long as something is planned on them.
    """
    since, until = seconds(now - timedelta(days=2)), seconds(now + HORIZON)
    calendars = CalendarRow.objects.prefetch_related("shifts", "exceptions")
    machines = MachineRow.objects.order_by("code")
    busy = set(Operation.objects.live().values_list("machine_id", flat=True))
    return Shop(
        work_centres=tuple(
            WorkCentre(row.code, row.name, row.mode, row.process, row.load_seconds)
            for row in WorkCentreRow.objects.order_by("position", "code")
        ),
        machines=tuple(
            Machine(
                code=row.code,
                work_centre=row.work_centre_id,
                bed_width_um=row.bed_width_um,
                bed_height_um=row.bed_height_um,
                margin_um=row.margin_um,
                gap_um=row.gap_um,
                speed_percent=row.speed_percent,
                calendar=(row.calendar_id or "") if row.in_service else "",
                setup_state=row.setup_state,
            )
            for row in machines
            if row.in_service or row.pk in busy
        ),
        calendars=tuple(
            Calendar(
                row.code,
                expand(
                    shifts=[WeeklyShift(s.weekday, s.start, s.end) for s in row.shifts.all()],
                    exceptions=[ExceptionDay(e.date, e.start, e.end) for e in row.exceptions.all()],
                    time_zone=row.time_zone,
                    since=since,
                    until=until,
                ),
            )
            for row in calendars
        ),
        setups=tuple(
            SetupRule(row.work_centre_id, row.from_family or None, row.to_family, row.seconds)
            for row in SetupRuleRow.objects.all()
        ),
        materials=tuple(
            Stock(row.code, row.free, row.unit, row.sheet_width_um, row.sheet_height_um)
            for row in Material.objects.order_by("code")
        ),
        now=seconds(now),
    )


def claims_of(runs: Iterable[Run]) -> list[Use]:
    """The material that these runs need, each once."""
    needs: Counter[str] = Counter()
    for run in runs:
        needs.update(run.needs)
    return [Use(material, quantity) for material, quantity in sorted(needs.items()) if quantity]


def frozen_operations(runs: QuerySet[Run], *, now: int | None) -> list[FrozenOperation]:
    """The operations of these runs that are not finished.

    With ``now``, started ones too, with the times that are expected: from the real beginning, and no
    end before now. Without, only those that are still to begin.
    """
    wanted = Operation.objects.live() if now is not None else Operation.objects.planned()
    operations = list(
        wanted.filter(run__in=runs).select_related("machine").order_by("run_id", "step", "sequence")
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
    )


def fingerprint(problem: Problem, *, without: frozenset[str] = frozenset()) -> str:
    """A hash of the facts but the time. ``without`` leaves units out, to see whether the rest is the same."""
    shop = problem.shop
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
        shop.work_centres,
        shop.machines,
        shop.setups,
        shop.materials,
    )
    return hashlib.sha256(repr(known).encode()).hexdigest()
