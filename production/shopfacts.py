"""The shop from the database to the engine's values: machines, people, tools, materials, and their times.

Stops of machines come as their ``stops``; absences are cut from the calendars of the people concerned.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from django.db.models import Prefetch

from production.engine.calendars import ExceptionDay, WeeklyShift, expand, expand_overtime, joined
from production.engine.shop import (
    Calendar,
    Lot,
    Machine,
    Offcut,
    Operator,
    SetupRule,
    Shop,
    Stock,
    Tool,
    WorkCentre,
    apart,
)
from production.models import (
    Calendar as CalendarRow,
)
from production.models import (
    Machine as MachineRow,
)
from production.models import (
    MachineStop,
    Material,
    MaterialLot,
    OperatorAbsence,
    Run,
    Sheet,
)
from production.models import (
    Offcut as OffcutRow,
)
from production.models import (
    Operation as OperationRow,
)
from production.models import (
    Operator as OperatorRow,
)
from production.models import (
    SetupRule as SetupRuleRow,
)
from production.models import (
    Tool as ToolRow,
)
from production.models import (
    WorkCentre as WorkCentreRow,
)

HORIZON = timedelta(days=90)
BEFORE = timedelta(days=2)


def seconds(moment: datetime) -> int:
    """Whole seconds since 1970; a broken second counts down."""
    return int(moment.timestamp() // 1)


def moment(instant: int) -> datetime:
    return datetime.fromtimestamp(instant, UTC)


def read_shop(*, now: datetime) -> Shop:
    """The shop with its working time from a little before ``now`` to the horizon, in a constant number of
    queries.

    Machines and operators out of service stay known, without working time, as long as something is planned
    for them. Lots that have expired are no stock.
    """
    span = (seconds(now - BEFORE), seconds(now + HORIZON))
    busy = set(OperationRow.objects.live().values_list("machine_id", "operator_id"))
    calendars = {calendar.code: calendar for calendar in _calendars(*span)}
    operators, own = _operators({operator for _, operator in busy}, calendars, *span)
    return Shop(
        work_centres=tuple(_work_centres()),
        machines=tuple(_machines({machine for machine, _ in busy}, now, *span)),
        calendars=(*calendars.values(), *own),
        setups=tuple(
            SetupRule(row.work_centre_id, row.from_family or None, row.to_family, row.seconds, row.cost)
            for row in SetupRuleRow.objects.all()
        ),
        materials=tuple(_materials(now)),
        now=seconds(now),
        operators=operators,
        tools=tuple(Tool(row.code, row.count) for row in ToolRow.objects.order_by("code")),
        offcuts=tuple(
            Offcut(row.code, row.material_id, row.width_um, row.height_um, _defects(row.defects))
            for row in OffcutRow.objects.filter(state=OffcutRow.State.FREE).order_by("code")
        ),
    )


def without_lots_and_offcuts_of(shop: Shop, runs: Iterable[Run]) -> Shop:
    """The shop without the lots and offcuts that these runs will take and have not reserved. One query."""
    runs = list(runs)
    taken: dict[tuple[str, str], int] = {}
    for run in runs:
        for use in run.lots:
            place = (use["material"], use["lot"])
            taken[place] = taken.get(place, 0) + use["quantity"]
    offcuts = set(
        Sheet.objects.filter(run__in=runs, offcut__isnull=False).values_list("offcut__code", flat=True)
    )
    if not taken and not offcuts:
        return shop
    materials = tuple(_less(stock, taken, shop.now) if stock.lots else stock for stock in shop.materials)
    left = tuple(offcut for offcut in shop.offcuts if offcut.code not in offcuts)
    return replace(shop, materials=materials, offcuts=left)


def _less(stock: Stock, taken: Mapping[tuple[str, str], int], now: int) -> Stock:
    lots = tuple(
        replace(lot, quantity=max(lot.quantity - taken.get((stock.material, lot.code), 0), 0))
        for lot in stock.lots
    )
    return replace(stock, lots=lots, on_hand=_here(lots, now))


def _here(lots: Iterable[Lot], now: int) -> int:
    return sum(lot.quantity for lot in lots if lot.available_at <= now)


def _work_centres() -> Iterator[WorkCentre]:
    for row in WorkCentreRow.objects.order_by("position", "code"):
        yield WorkCentre(
            code=row.code,
            name=row.name,
            mode=row.mode,
            process=row.process,
            load_seconds=row.load_seconds,
            site=row.site,
            capacity=row.capacity,
            takt_seconds=row.takt_seconds,
            stations=row.stations,
            rate=row.rate,
            skill=row.skill,
            attended=row.attended,
        )


def _machines(busy: set[int], now: datetime, since: int, until: int) -> Iterator[Machine]:
    stops = MachineStop.objects.filter(end__gt=moment(since), start__lt=moment(until))
    rows = MachineRow.objects.order_by("code").prefetch_related(Prefetch("stops", stops))
    back = set(MachineStop.objects.breakdowns(now=now).values_list("machine_id", flat=True))
    for row in rows:
        # A machine that is down with a moment named works again from then on.
        works = row.in_service or row.pk in back
        if not works and row.pk not in busy:
            continue
        yield Machine(
            code=row.code,
            work_centre=row.work_centre_id,
            bed_width_um=row.bed_width_um,
            bed_height_um=row.bed_height_um,
            margin_um=row.margin_um,
            gap_um=row.gap_um,
            speed_percent=row.speed_percent,
            calendar=(row.calendar_id or "") if works else "",
            setup_state=row.setup_state,
            families=tuple(row.families),
            capacity=row.capacity,
            cost_rate=row.cost_rate,
            power_w=row.power_w,
            stops=_spans(row.stops.all()),
        )


def _spans(rows: Iterable[MachineStop | OperatorAbsence]) -> tuple[tuple[int, int], ...]:
    return joined((seconds(row.start), seconds(row.end)) for row in rows)


def _calendars(since: int, until: int) -> Iterator[Calendar]:
    for row in CalendarRow.objects.prefetch_related("shifts", "exceptions"):
        shifts = [WeeklyShift(s.weekday, s.start, s.end, s.overtime) for s in row.shifts.all()]
        days = [ExceptionDay(e.date, e.start, e.end, e.overtime) for e in row.exceptions.all()]
        yield Calendar(
            row.code,
            expand(shifts=shifts, exceptions=days, time_zone=row.time_zone, since=since, until=until),
            expand_overtime(
                shifts=shifts, exceptions=days, time_zone=row.time_zone, since=since, until=until
            ),
        )


def _operators(
    busy: set[int | None], calendars: Mapping[str, Calendar], since: int, until: int
) -> tuple[tuple[Operator, ...], list[Calendar]]:
    """The operators, and calendars of their own for those who are absent in the time."""
    absences = OperatorAbsence.objects.filter(end__gt=moment(since), start__lt=moment(until))
    rows = OperatorRow.objects.order_by("code").prefetch_related(Prefetch("absences", absences))
    operators, own = [], []
    for row in rows:
        if not row.in_service and row.pk not in busy:
            continue
        code = (row.calendar_id or "") if row.in_service else ""
        away = _spans(row.absences.all())
        if away and code:
            common = calendars[code]
            code = f"{code}/{row.code}"  # a slug has no slash
            own.append(Calendar(code, apart(common.intervals, away), apart(common.overtime, away)))
        operators.append(Operator(row.code, row.name, tuple(row.skills), code))
    return tuple(operators), own


def _materials(now: datetime) -> Iterator[Stock]:
    usable = MaterialLot.objects.of_use(now=now)
    for row in Material.objects.order_by("code").prefetch_related(Prefetch("lots", usable)):
        lots = tuple(
            Lot(
                code=lot.code,
                quantity=lot.free or lot.announced,
                available_at=seconds(lot.available_at),
                expires_at=None if lot.expires_at is None else seconds(lot.expires_at),
            )
            for lot in row.lots.all()
        )
        on_hand = _here(lots, seconds(now)) if row.by_lots else row.free
        yield Stock(row.code, on_hand, row.unit, row.sheet_width_um, row.sheet_height_um, lots)


def _defects(rows: Iterable[Iterable[int]]) -> tuple[tuple[int, int, int, int], ...]:
    found = []
    for x, y, width, height in rows:
        found.append((int(x), int(y), int(width), int(height)))
    return tuple(found)
