"""Production's answer to "when could it be ready, and at what price sooner?": the port's other side.

Three things are kept between questions (a page asks with every click), each as long as it holds: the plan in
force with the shop (until anything but an order happened, or a minute has gone by), what waits for a plan and
what is held for others (until an order or a hold came or went), and the last answers. One small query says
whether they still hold.
"""

import threading
from collections import Counter, OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Count

from configurator.engine.manufacturing import Work as AgreedWork
from configurator.promise import Promise, Sooner
from ledger.models import Entry
from orders.engine.lifecycle import LineState
from orders.models import Line, PromiseHold
from production.engine.promising import (
    Answer,
    Busy,
    Capacity,
    Choice,
    Load,
    OpenRun,
    OpenSheet,
    earliest,
    prepare,
    surcharge,
)
from production.engine.proposal import Key, Limits, Weights
from production.engine.shop import Shop
from production.engine.work import Work, read_work
from production.facts import moment, planner_settings, read_shop, seconds, work_of
from production.models import Operation, OperationState, Piece, Placement, Plan, Run, RunState, Sheet

# The plan is read again when anything happened to it, and when it is this old.
FRESH = timedelta(minutes=1)
# Why a piece is not planned, when it has no claim on the material that is there.
WITHOUT_CLAIM = ("material-short", "later")
# What happens in the shop window: it changes what waits, not what is planned.
OF_ORDERS = ("order.placed", "line.ready")
ANSWERS = 500
# Promises are told to the quarter of an hour.
GRAIN = 900


@dataclass(frozen=True)
class Planned:
    """The plan in force and the shop at ``now``; ``last`` is the last thing that had happened then."""

    last: int
    now: datetime
    shop: Shop
    limits: Limits
    weights: Weights
    frozen_until: int
    busy: tuple[Busy, ...]
    runs: tuple[OpenRun, ...]
    claims: Mapping[str, int]


@dataclass(frozen=True)
class _Reading:
    """What the shop could take on; ``stamp`` says of orders and holds what it knows."""

    stamp: tuple[Any, ...]
    planned: Planned
    capacity: Capacity
    answers: "OrderedDict[tuple[AgreedWork, int], Promise]"


class Promiser:
    """Answers from the plan in force, the calendars and the stock. Changes nothing; safe to share between
    threads."""

    def __init__(self) -> None:
        self._reading: _Reading | None = None
        self._works: dict[str, Work] = {}
        self._lock = threading.Lock()

    def promise(self, *, work: AgreedWork, quantity: int, now: datetime) -> Promise:
        """The moment when ``quantity`` pieces can be finished, rounded up to a quarter of an hour, and the
        sooner ones with their price."""
        reading = self._read(now)
        asked = (work, quantity)
        with self._lock:
            if (known := reading.answers.get(asked)) is not None:
                return known
        answer = earliest(
            read_work(work.as_json()),
            quantity,
            reading.capacity,
            step_slack=reading.planned.limits.max_seconds,
            sooner=True,
        )
        told = promise_of(answer)
        with self._lock:
            reading.answers[asked] = told
            if len(reading.answers) > ANSWERS:
                reading.answers.popitem(last=False)
        return told

    def _read(self, now: datetime) -> _Reading:
        stamp = _stamp(now)
        with self._lock:
            known = self._reading
        if known is not None and abs(now - known.planned.now) < FRESH:
            if known.stamp == stamp:
                return known
            planned = known.planned
            if _happened(since=planned.last):
                planned = read_planned(now=now)
        else:
            planned = read_planned(now=now)
        reading = _Reading(stamp, planned, capacity_of(planned, now=now, works=self._works), OrderedDict())
        with self._lock:
            self._reading = reading
        return reading


def read_capacity(*, now: datetime) -> Capacity:
    """The shop, what is planned in it and what still waits for a plan, in a constant number of queries."""
    return capacity_of(read_planned(now=now), now=now, works={})


def promise_of(answer: Answer) -> Promise:
    """The engine's answer as shoppers are told it."""
    if not answer.choices:
        return Promise(None, answer.reason)
    standard = answer.choices[0]
    sooner = tuple(
        Sooner(each.code, _told(each.ready_at), _price(each, standard), _claim(each, answer))
        for each in answer.choices[1:]
    )
    return Promise(_told(standard.ready_at), sooner=sooner, claim=_claim(standard, answer))


def _told(instant: int) -> datetime:
    return moment(-(-instant // GRAIN) * GRAIN)


def _price(choice: Choice, standard: Choice) -> Decimal:
    cents = surcharge(
        choice, standard, percent=settings.SOONER_MARGIN_PERCENT, least=settings.SOONER_LEAST_CENTS
    )
    return (Decimal(cents) / 100).quantize(Decimal("0.01"))


# --- what a hold claims -----------------------------------------------------------------------------------


def _claim(choice: Choice, answer: Answer) -> dict[str, Any]:
    """As JSON: what is taken of machines, people and tools, of materials, and the run that is joined."""
    return {
        "busy": [
            {
                "machine": busy.machine,
                "setup_start": busy.setup_start,
                "start": busy.start,
                "end": busy.end,
                "family": busy.family,
                "step": busy.step,
                "seconds": busy.seconds,
                "operator": busy.operator,
                "tool": busy.tool,
                "load": busy.load,
                "filled": busy.filled,
            }
            for busy in choice.busy
        ],
        "uses": dict(answer.uses),
        "joins": choice.joins,
    }


def busy_of(claim: Mapping[str, Any]) -> tuple[Busy, ...]:
    """What a hold takes of the machines."""
    return tuple(Busy(**each) for each in claim.get("busy", ()))


# --- reading ----------------------------------------------------------------------------------------------


def _stamp(now: datetime) -> tuple[Any, ...]:
    """The last thing that happened, and which holds count: one query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT max(id) FROM ledger_entry), count(*), max(id), sum(id) "
            "FROM orders_promisehold WHERE state = 'held' AND expires_at > %s",
            [now - PromiseHold.GRACE],
        )
        row: tuple[Any, ...] = cursor.fetchone()
    return row


def _happened(*, since: int) -> bool:
    """Whether anything but orders was recorded after that entry."""
    return Entry.objects.filter(id__gt=since).exclude(kind__in=OF_ORDERS).exists()


def read_planned(*, now: datetime) -> Planned:
    """The plan in force and the shop."""
    last = Entry.objects.order_by("-id").values_list("id", flat=True).first() or 0
    told = planner_settings()
    at = seconds(now)
    rows = list(
        Operation.objects.live()
        .select_related("machine", "run", "operator")
        .order_by("start", "-occupies", "pk")
    )
    open_runs = {row.run_id: row.run for row in rows if _is_open(row.run)}
    claims: Counter[str] = Counter()
    for run in Run.objects.proposed():
        claims.update(run.needs)
    return Planned(
        last=last,
        now=now,
        shop=read_shop(now=now),
        limits=told.limits(max_units=settings.PLANNING_PIECES),
        weights=told.weights,
        frozen_until=told.zones(now=at).frozen_until,
        busy=tuple(_busy(rows, at)),
        runs=tuple(_open_runs(open_runs)),
        claims=claims,
    )


def _is_open(run: Run) -> bool:
    return run.state == RunState.PROPOSED and not run.pinned


def _busy(rows: Iterable[Operation], now: int) -> list[Busy]:
    """Operations as bookings; those of one load of a batch machine are one."""
    busy: list[Busy] = []
    loads: dict[str, int] = {}
    filled = _filled([row for row in rows if row.load])
    for row in rows:
        if row.load and row.load in loads:
            number = loads[row.load]
            one = busy[number]
            due = min([each for each in (one.due, _due(row.run)) if each is not None], default=None)
            busy[number] = one._replace(
                runs=(*one.runs, row.run_id), due=due, fixed=one.fixed or not _is_open(row.run)
            )
            continue
        if row.load:
            loads[row.load] = len(busy)
        started = row.state == OperationState.STARTED
        busy.append(
            Busy(
                machine=row.machine.code,
                setup_start=seconds(row.setup_start),
                start=seconds(row.start),
                end=max(seconds(row.end), now) if started else seconds(row.end),
                family=row.setup_family,
                runs=(row.run_id,),
                step=row.step,
                seconds=row.seconds,
                due=_due(row.run),
                fixed=not _is_open(row.run),
                load=row.load,
                filled=filled.get(row.load, 0),
                operator=row.operator.code if row.operator else "",
                tool=row.tool_id or "",
            )
        )
    return busy


def _due(run: Run) -> int | None:
    return None if run.due_at is None else seconds(run.due_at)


def _filled(rows: Iterable[Operation]) -> dict[str, int]:
    """How full each load is: the load of every piece in it."""
    rows = list(rows)
    if not rows:
        return {}
    loads: Counter[str] = Counter()
    counted = (
        Piece.objects.filter(run__in={row.run_id for row in rows})
        .order_by()
        .values_list("run", "line")
        .annotate(n=Count("pk"))
    )
    lines = {
        line.pk: work_of(line)
        for line in Line.objects.filter(pk__in={line for _, line, _ in counted}).only("id", "work")
    }
    for row in rows:
        for run, line, pieces in counted:
            if run == row.run_id:
                for step in lines[line].routing:
                    if (step.step, step.setup_family) == (row.step, row.setup_family):
                        loads[row.load] += step.load * pieces
    return dict(loads)


def _open_runs(runs: Mapping[str, Run]) -> list[OpenRun]:
    """The runs that more may join, with what lies on their sheets. Two queries."""
    laid: dict[int, list[tuple[int, int, int, int]]] = {}
    placed = Placement.objects.filter(sheet__run__in=runs).order_by()
    for sheet, *place in placed.values_list("sheet_id", "x_um", "y_um", "width_um", "height_um"):
        laid.setdefault(sheet, []).append(tuple(place))  # type: ignore[arg-type]
    sheets: dict[str, list[OpenSheet]] = {}
    for row in Sheet.objects.filter(run__in=runs).select_related("offcut").order_by("run", "index"):
        defects = tuple(tuple(each) for each in row.offcut.defects) if row.offcut else ()
        sheets.setdefault(row.run_id, []).append(
            OpenSheet(row.width_um, row.height_um, tuple(laid.get(row.pk, ())), defects)
        )
    return [
        OpenRun(
            run.pk,
            Key(run.key["work_centre"], run.key["material"], run.key["setup_family"], run.key["step"]),
            tuple(sheets.get(run.pk, ())),
            _due(run),
        )
        for run in runs.values()
    ]


def capacity_of(planned: Planned, *, now: datetime, works: dict[str, Work]) -> Capacity:
    """The plan with what waits for one and what is held for others. ``works`` are those of lines that are
    known already; it is brought up to date."""
    backlog: Counter[str] = Counter()
    claims: Counter[str] = Counter(planned.claims)
    held: list[Busy] = []
    joined: set[str] = set()
    owed = _owed()
    missing = [line for line in owed if line not in works]
    for row in Line.objects.filter(pk__in=missing).only("id", "work"):
        works[row.pk] = work_of(row)
    for gone in works.keys() - owed.keys():
        del works[gone]
    ordered = PromiseHold.objects.filter(state=PromiseHold.State.ORDERED, line__in=owed)
    promised = dict(ordered.values_list("line", "claim"))
    without_claim = _waiting_for_more()
    for line, (pieces, whole) in owed.items():
        for use in works[line].materials:
            claims[use.material] += use.quantity * max(pieces - without_claim.get(line, 0), 0)
        claim = promised.get(line)
        if claim is not None and whole and _is_ahead(claim, seconds(now)):
            # Its place was given to it when it was promised; the plan will find one as good.
            held += busy_of(claim)
            joined.add(claim.get("joins", ""))
            if sheets := _sheets_of(claim, works[line], pieces):
                claims[works[line].sheet_material] += sheets
            continue
        for step in works[line].routing:
            backlog[step.work_centre] += step.seconds * pieces
    for claim in PromiseHold.objects.counting(now=now).order_by("pk").values_list("claim", flat=True):
        held += busy_of(claim)
        joined.add(claim.get("joins", ""))
        for material, quantity in claim.get("uses", {}).items():
            claims[material] += quantity
    return prepare(
        planned.shop,
        Load(
            planned.busy,
            backlog,
            claims,
            tuple(run for run in planned.runs if run.id not in joined),
            tuple(held),
        ),
        review_seconds=planned.limits.review_seconds,
        limits=planned.limits,
        weights=planned.weights,
        frozen_until=planned.frozen_until,
    )


def _owed() -> dict[str, tuple[int, bool]]:
    """Pieces that wait for a plan by line, and whether that is the whole line."""
    pieces = dict(
        Piece.objects.owed()
        .order_by()
        .values("line")
        .annotate(pieces=Count("pk"))
        .values_list("line", "pieces")
    )
    lines = dict(Line.objects.filter(pk__in=pieces).values_list("pk", "quantity"))
    owed = {line: (count, count == lines[line]) for line, count in pieces.items()}
    # Lines that the planner has not taken in yet have no pieces.
    new = Line.objects.filter(state=LineState.READY).exclude(pk__in=Piece.objects.order_by().values("line"))
    owed.update({line: (quantity, True) for line, quantity in new.values_list("pk", "quantity")})
    return owed


def _is_ahead(claim: Mapping[str, Any], now: int) -> bool:
    """Whether nothing of what was claimed should have begun already."""
    return bool(claim.get("busy")) and all(each["setup_start"] > now for each in claim["busy"])


def _sheets_of(claim: Mapping[str, Any], work: Work, pieces: int) -> int:
    """The sheets among what was claimed."""
    consumed = sum(use.quantity for use in work.materials if use.material == work.sheet_material) * pieces
    return max(int(claim.get("uses", {}).get(work.sheet_material, 0)) - consumed, 0)


def _waiting_for_more() -> Counter[str]:
    """Pieces by line that the plan in force could not take in, for want of material or of a place: they hold
    no material against others, or one large order that cannot be made would stop all promises."""
    unplanned = Plan.objects.current().values_list("unplanned", flat=True).first() or []
    waiting: Counter[str] = Counter()
    for row in unplanned:
        if row["code"] in WITHOUT_CLAIM:
            waiting[row["line"]] += row["pieces"]
    return waiting
