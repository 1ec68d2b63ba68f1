"""What the shop has to do already, prepared once for many questions."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from production.engine.nesting import Open, SheetSize, without
from production.engine.nesting.offcuts import opened
from production.engine.promising.machines import Busy, Intervals, Lane
from production.engine.promising.people import People, needs_of
from production.engine.proposal import Key, Limits, Weights
from production.engine.routing import sheet_size
from production.engine.shop import Machine, Offcut, Shop, apart

Rectangle = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class OpenSheet:
    """A sheet of an open run: its size, what lies on it, and the defects of an offcut, on which nothing may
    lie (x, y, width, height)."""

    width_um: int
    height_um: int
    laid: tuple[Rectangle, ...]
    defects: tuple[Rectangle, ...] = ()


@dataclass(frozen=True, slots=True)
class OpenRun:
    """A run that is planned and not released: more may join it where its sheets have room. ``due`` is the
    first promise among its pieces."""

    id: str
    key: Key
    sheets: tuple[OpenSheet, ...] = ()
    due: int | None = None


@dataclass(frozen=True)
class Load:
    """What the shop has to do already. ``busy`` is planned; ``held`` was promised since and has its place
    unless the plan has taken it. ``backlog`` is work that waits for a plan: seconds at 100 % by work centre.
    ``claims`` is material that waiting work will take."""

    busy: tuple[Busy, ...] = ()
    backlog: Mapping[str, int] = field(default_factory=dict)
    claims: Mapping[str, int] = field(default_factory=dict)
    runs: tuple[OpenRun, ...] = ()
    held: tuple[Busy, ...] = ()


class Book:
    """Lanes by machine, and people: changed on a copy while one way is tried."""

    __slots__ = ("_own", "_shared_people", "capacity", "lanes", "people")

    def __init__(self, capacity: "Capacity", lanes: Mapping[str, Lane], people: People) -> None:
        self.capacity = capacity
        self.lanes = dict(lanes)
        self.people = people
        self._own: set[str] = set()
        self._shared_people = True

    def copy(self) -> "Book":
        return Book(self.capacity, self.lanes, self.people)

    def lane(self, machine: str) -> Lane:
        """The lane, to be changed: its own from the first time on."""
        if machine not in self._own:
            self.lanes[machine] = self.lanes[machine].copy()
            self._own.add(machine)
        return self.lanes[machine]

    def take(self, busy: Busy) -> None:
        self.lane(busy.machine).add(busy)
        if busy.operator or busy.tool:
            self._people().take(
                operator=busy.operator,
                spans=self._spans(busy),
                tool=busy.tool,
                whole=(busy.setup_start, busy.end),
            )

    def give(self, busy: Busy) -> None:
        self.lane(busy.machine).remove(busy)
        if busy.operator or busy.tool:
            self._people().give(
                operator=busy.operator,
                spans=self._spans(busy),
                tool=busy.tool,
                whole=(busy.setup_start, busy.end),
            )

    def _people(self) -> People:
        if self._shared_people:
            self.people, self._shared_people = self.people.copy(), False
        return self.people

    def _spans(self, busy: Busy) -> list[tuple[int, int]]:
        shop = self.capacity.shop
        attended = shop.centre[shop.machine[busy.machine].work_centre].attended
        worked = self.lanes[busy.machine].worked(busy.setup_start, busy.end)
        return needs_of(attended, busy.start, worked)


@dataclass(frozen=True)
class Capacity:
    """Shop and load, prepared once for many questions. Nobody changes it: ways are tried on copies."""

    shop: Shop
    limits: Limits
    weights: Weights
    lanes: Mapping[str, Lane]
    people: People
    # By machine: when the waiting work in front will be done, in its working time.
    begin: Mapping[str, int]
    claims: Mapping[str, int]
    runs: Mapping[Key, tuple[OpenRun, ...]]
    of_run: Mapping[str, tuple[Busy, ...]]
    # What a promise that pays for it may move, in order of time.
    movable: tuple[Busy, ...]
    regular: Mapping[str, Intervals]
    overtime: Mapping[str, Intervals]
    _room: dict[str, tuple[Open, ...]] = field(default_factory=dict, repr=False)
    _firm: list[Book] = field(default_factory=list, repr=False)

    def book(self) -> Book:
        return Book(self, self.lanes, self.people)

    def firm(self) -> Book:
        """A book of nothing but what stays where it is."""
        if not self._firm:
            firm = self.book()
            for busy in self.movable:
                firm.give(busy)
            self._firm.append(firm)
        return self._firm[0].copy()

    def room(self, run: OpenRun) -> tuple[Open, ...]:
        """What is free on each sheet of the run."""
        if run.id not in self._room:
            size = sheet_size(run.key, self.shop)
            self._room[run.id] = tuple(
                _free(sheet, size._replace(width=sheet.width_um, height=sheet.height_um))
                for sheet in run.sheets
            )
        return self._room[run.id]

    def free_area(self, run: OpenRun) -> int:
        """Of its sheets, what no part lies on and no defect spoils."""
        return sum(
            sheet.width_um * sheet.height_um
            - sum(width * height for _, _, width, height in (*sheet.laid, *sheet.defects))
            for sheet in run.sheets
        )

    def gap(self, key: Key) -> int:
        """Between any two parts on the sheets of such runs."""
        return sheet_size(key, self.shop).gap if key.material else 0


def _free(sheet: OpenSheet, size: SheetSize) -> Open:
    """What more may lie on: apart from what lies there, and on no defect, as ``nesting.offcuts.opened``."""
    whole = Offcut("", "", sheet.width_um, sheet.height_um, sheet.defects)
    free = opened(whole, size)
    for x, y, width, height in sheet.laid:
        free = without(free, x, y, x + width + size.gap, y + height + size.gap)
    return free


def prepare(
    shop: Shop,
    load: Load,
    *,
    review_seconds: int = 900,
    limits: Limits | None = None,
    weights: Weights | None = None,
    frozen_until: int = 0,
) -> Capacity:
    """The machines with their load. New work begins ``review_seconds`` after the shop's now and not before
    ``frozen_until``; what of the plan begins before that is fixed whatever it says."""
    begin = max(shop.now + review_seconds, frozen_until)
    overtime = {calendar.code: calendar.overtime for calendar in shop.calendars}
    lanes = {machine.code: lane_of(machine, shop) for machine in shop.machines}
    shared: Counter[str] = Counter()
    for each in load.held:
        if each.load and not each.seconds:
            shared[each.load] += each.filled
    known = [
        each._replace(filled=each.filled + shared[each.load]) if each.load in shared else each
        for each in load.busy
        if each.machine in lanes
    ]
    busy = [
        each if each.fixed or each.setup_start >= begin else each._replace(fixed=True)
        for each in sorted(known, key=lambda b: (b.start, b.end))
    ]
    of_run: dict[str, list[Busy]] = {}
    for each in busy:
        for run in each.runs:
            of_run.setdefault(run, []).append(each)
    runs: dict[Key, list[OpenRun]] = {}
    for open_run in load.runs:
        planned = of_run.get(open_run.id)
        if planned and not any(each.fixed for each in planned):
            runs.setdefault(open_run.key, []).append(open_run)
    capacity = Capacity(
        shop=shop,
        limits=limits or Limits(),
        weights=weights or Weights(),
        lanes=lanes,
        people=People(shop),
        begin={},
        claims=dict(load.claims),
        runs={key: tuple(each) for key, each in runs.items()},
        of_run={run: tuple(sorted(each, key=lambda b: b.step)) for run, each in of_run.items()},
        movable=tuple(each for each in busy if not each.fixed),
        regular={m.code: apart(shop.windows[m.code], overtime.get(m.calendar, ())) for m in shop.machines},
        overtime={machine.code: overtime.get(machine.calendar, ()) for machine in shop.machines},
    )
    book = capacity.book()
    for each in busy:
        book.take(each)
    for each in sorted(load.held, key=lambda b: (b.start, b.end)):
        if each.load and not each.seconds:
            continue
        if each.machine in lanes and (kept := _kept(each, book.lanes[each.machine], shop)) is not None:
            book.take(kept)
    until = {
        machine.code: _done_by(book.lanes[machine.code], begin, _share(machine, shop, load.backlog))
        for machine in shop.machines
    }
    return replace(capacity, lanes=book.lanes, people=book.people, begin=until)


def lane_of(machine: Machine, shop: Shop) -> Lane:
    """The empty lane of a machine of the shop."""
    centre = machine.work_centre
    return Lane(
        shop.windows[machine.code],
        machine.setup_state,
        lambda before, after: shop.setup_seconds(centre, before, after),
        lambda after: shop.worst_setup_seconds(centre, after),
    )


def able(work_centre: str, family: str, material: str, load: int, shop: Shop) -> list[Machine]:
    """Machines that have working time, take the family, hold the sheet and one unit's load."""
    found = [m for m in shop.machines_of.get(work_centre, ()) if shop.windows[m.code] and m.runs(family)]
    if material:
        stock = shop.stock[material]
        found = [m for m in found if m.holds(stock.width_um, stock.height_um)]
    if shop.centre[work_centre].mode == "batch":
        found = [m for m in found if not 0 < shop.capacity_of(m) < load]
    return found


def _kept(busy: Busy, lane: Lane, shop: Shop) -> Busy | None:
    """Something promised at its place, or at the first that is free where the plan has taken that one. What
    should have begun already is owed work, not a place."""
    if busy.end <= shop.now:
        return None
    seconds = busy.seconds or busy.end - busy.start
    times = lane.first(
        family=busy.family,
        seconds=seconds,
        ready=max(busy.start, shop.now),
        not_before=max(busy.setup_start, shop.now),
    )
    if times is None:
        return None
    if times.start != busy.start:
        busy = busy._replace(operator="")  # who attends then is for the plan to say
    return busy._replace(setup_start=times.setup_start, start=times.start, end=times.end)


def _share(machine: Machine, shop: Shop, backlog: Mapping[str, int]) -> int:
    """Seconds of waiting work that fall to this machine: the machines of a work centre share it by speed."""
    waiting = backlog.get(machine.work_centre, 0)
    speed = sum(m.speed_percent for m in shop.machines_of[machine.work_centre] if shop.windows[m.code])
    return -(-waiting * 100 // speed) if speed else 0


def _done_by(lane: Lane, begin: int, seconds: int) -> int:
    """When so many seconds of work have found a place between what is planned."""
    moment = begin
    for busy in lane.booked:
        if not seconds or busy.end <= moment:
            continue
        free = sum(end - start for start, end in lane.worked(moment, busy.setup_start))
        if free >= seconds:
            break
        seconds -= free
        moment = max(moment, busy.end)
    return moment if not seconds else (lane.forward(moment, seconds) or moment)


def material_at(
    needed: Counter[str], claims: Mapping[str, int], shop: Shop, *, spoiled: Sequence[str] = ()
) -> tuple[int, list[tuple[str, int]], str]:
    """When so much material is there beside what others claim (who take the lots that come first), the lots
    that are touched with the moment each expires, and what lacks (empty: nothing)."""
    ready, touched, lacking = shop.now, [], []
    for material, number in sorted(needed.items()):
        stock = shop.stock[material]
        claimed = claims.get(material, 0)
        lots = sorted(
            (lot for lot in stock.lots if lot.code not in spoiled and (lot.expires_at or 1 << 62) > shop.now),
            key=lambda lot: (lot.available_at, lot.expires_at or 1 << 62, lot.code),
        )
        have = sum(lot.quantity for lot in lots) if stock.lots else stock.on_hand
        if number > max(have - claimed, 0):
            free = max(have - claimed, 0)
            lacking.append(f"{material}: {number} {stock.unit} needed, {free} free")
            continue
        taken = 0
        for lot in lots:
            begins, taken = taken, taken + lot.quantity
            if taken <= claimed or begins >= claimed + number:
                continue
            ready = max(ready, lot.available_at)
            if lot.expires_at is not None:
                touched.append((lot.code, lot.expires_at))
    return ready, touched, f"Not enough material. {'; '.join(lacking)}." if lacking else ""
