"""Units that can share a set-up and sheets come together in runs, across product families.

Grouped by key (work centre, sheet material, set-up family of the gang step), taken in the
order of their promises. A run is filled by really laying the parts (``filling``): sheets full by area
to 85 % fail to nest in up to half of the cases. It is closed by its limits of sheets and of
hours and by what the batch machines of its later steps hold, so that it can be scheduled inside a shift
and cured in one load; a piece promised much later joins only where it takes no further sheet.
Left-over pieces of sheets are used before a new sheet where that saves one.
"""

import heapq
from collections import Counter, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from production.engine.filling import Filling, Room, Tools, contested, tools_at
from production.engine.lots import Arrivals, allot, is_apart
from production.engine.nesting import Item, TooLarge
from production.engine.proposal import Key, Limits, Run, Sheet, Unplanned
from production.engine.routing import key_of, sheet_size
from production.engine.shop import Offcut, Shop
from production.engine.work import Unit

# How many units in a row may be found not to fit before a run counts as full.
PATIENCE = 40
# Up to so many parts it is nested how many sheets are missing; beyond, their area says it.
COUNTED_BY_NESTING = 48
LATEST = 1 << 62


@dataclass(frozen=True, order=True)
class _Group:
    """Units that may share a run. ``wave`` keeps apart what cannot begin at about the same time, ``order``
    what takes its sheets from a lot of its own, ``tools`` what needs different ones for the same step."""

    key: Key
    wave: int
    order: str
    tools: Tools


@dataclass
class _Stock:
    """What is still free while runs are formed, with what is still to arrive."""

    shop: Shop
    free: Counter[str]
    used: Counter[str]
    arrivals: Mapping[str, Arrivals]
    offcuts: dict[str, list[Offcut]]

    @classmethod
    def of(cls, shop: Shop, claims: Mapping[str, int]) -> "_Stock":
        arrivals = {s.material: Arrivals(s.lots, shop.now) for s in shop.materials if s.lots}
        free = Counter(
            {s.material: arrivals[s.material].quantity if s.lots else s.on_hand for s in shop.materials}
        )
        free.subtract(claims)
        offcuts: dict[str, list[Offcut]] = {}
        for offcut in sorted(shop.offcuts, key=lambda each: each.code):
            if is_part_of_sheet(offcut, shop):
                offcuts.setdefault(offcut.material, []).append(offcut)
        return cls(shop, free, Counter(claims), arrivals, offcuts)

    def lacking(self, uses: Mapping[str, int]) -> dict[str, int]:
        return {m: n - self.free[m] for m, n in uses.items() if n > self.free[m]}

    def take(self, uses: Mapping[str, int]) -> None:
        self.free.subtract(uses)
        self.used.update(uses)

    def give(self, uses: Mapping[str, int]) -> None:
        self.free.update(uses)
        self.used.subtract(uses)

    def ready(self, uses: Mapping[str, int]) -> int:
        """When all of it is there, being used after what is used already."""
        moments = (self.arrivals[m].moment(self.used[m] + n) for m, n in uses.items() if m in self.arrivals)
        return max(moments, default=0)

    def sheets_together(self, material: str) -> int:
        """Sheets that are here, or else that arrive first: a run of others too would wait for them."""
        if material in self.arrivals:
            return min(self.arrivals[material].there(self.used[material]), self.free[material])
        return self.free[material]

    def take_sheets(self, run: Run) -> None:
        self.take({run.key.material: sum(not sheet.offcut for sheet in run.sheets)})
        gone = {sheet.offcut for sheet in run.sheets if sheet.offcut}
        if gone:
            left = [each for each in self.offcuts[run.key.material] if each.code not in gone]
            self.offcuts[run.key.material] = left


@dataclass
class _Demand:
    """Units by what they may share. ``passed_over`` are beyond what the sheets could ever hold."""

    groups: dict[_Group, deque[Unit]] = field(default_factory=dict)
    passed_over: dict[Key, list[Unit]] = field(default_factory=dict)
    answered: list[Unplanned] = field(default_factory=list)


def form_runs(
    units: Iterable[Unit],
    shop: Shop,
    *,
    limits: Limits | None = None,
    claims: Mapping[str, int] | None = None,
) -> tuple[list[Run], list[Unplanned]]:
    """Runs with their nests and lots, numbered ``r1``, ``r2``... in the order of their first promise.

    ``units`` must be free of ``routing.obstacles``. ``claims`` is material that others have a right to.
    Units for which material lacks come back with the reason ``material-short``, those that ship with
    one of these with ``together``; of the others ``limits.max_units`` are taken, those due first, and the
    rest comes back with ``later``.
    """
    limits = limits or Limits()
    by_id = {unit.id: unit for unit in units}
    answered: dict[str, Unplanned] = {}
    while True:
        wanted = [unit for unit in by_id.values() if unit.id not in answered]
        runs, short = _formed(wanted, shop, limits, claims or {})
        allotted = allot(runs, by_id, shop, claims=claims)
        out = {each.unit: each for each in short}
        for unit, text in allotted.failed.items():
            out[unit] = Unplanned(unit, "material-short", text)
        alone = held_together(by_id.values(), {**answered, **out})
        if not allotted.failed and not alone:
            runs = [replace(run, id=f"r{n}") for n, run in enumerate(allotted.runs, start=1)]
            return runs, [*answered.values(), *short]
        # What others of its group lack stands fast, or it would be lacked again without end.
        torn = {by_id[each.unit].together for each in alone}
        answered.update((unit, each) for unit, each in out.items() if by_id[unit].together in torn - {""})
        answered.update((unit, out[unit]) for unit in allotted.failed)
        answered.update((each.unit, each) for each in alone)


def held_together(units: Iterable[Unit], answered: Mapping[str, Unplanned]) -> list[Unplanned]:
    """The other units of each shipment of which one is answered: none of it is planned."""
    groups: dict[str, list[Unit]] = {}
    for unit in units:
        if unit.together:
            groups.setdefault(unit.together, []).append(unit)
    found = []
    for members in groups.values():
        missing = [unit for unit in members if unit.id in answered]
        if missing and len(missing) < len(members):
            why = answered[missing[0].id].text
            text = f"Ships together with {missing[0].id}, which is not planned: {why}"
            found += [Unplanned(unit.id, "together", text) for unit in members if unit.id not in answered]
    return found


def nest_again(
    units: Sequence[Unit], shop: Shop, *, key: Key, run_id: str, offcuts: Sequence[Offcut] | None = None
) -> Run:
    """A run of exactly these units, on as many sheets as they take, less what ``offcuts`` (those of the
    shop) save. Its lots are still to be allotted (``lots.allot``).

    Raises ``TooLarge`` when a part no longer fits on an empty sheet (the machines have changed).
    """
    filling = Filling(Room(shop, None), sheet_size(key, shop) if key.material else None, LATEST)
    for unit in sorted(units, key=_urgency):
        if not filling.join(unit, may_open=True):
            raise TooLarge(tuple(Item(0, p.width_um, p.height_um, p.may_rotate) for p in unit.parts))
    known = shop.offcuts if offcuts is None else offcuts
    mine = [each for each in known if each.material == key.material and is_part_of_sheet(each, shop)]
    return replace(_closed(filling, key, shop, mine), id=run_id)


def _formed(
    units: Sequence[Unit], shop: Shop, limits: Limits, claims: Mapping[str, int]
) -> tuple[list[Run], list[Unplanned]]:
    """Runs in the order of their first promise, without lots, and who is not in them."""
    stock = _Stock.of(shop, claims)
    demand = _grouped(units, stock, limits)
    runs: list[Run] = []
    left: dict[Key, list[Unit]] = {}
    room = Room(shop, limits)
    # The group whose next unit is due first gets the next sheets, so that few sheets go to those due first.
    queue = [(_urgency(pending[0]), group) for group, pending in demand.groups.items()]
    heapq.heapify(queue)
    while queue:
        _, group = heapq.heappop(queue)
        pending = demand.groups[group]
        filling = _fill(group.key, pending, room, limits, stock)
        if filling is None:
            left.setdefault(group.key, []).extend(pending)
            continue
        run = _closed(filling, group.key, shop, stock.offcuts.get(group.key.material, ()))
        if group.key.material:
            stock.take_sheets(run)
        runs.append(run)
        if pending:
            heapq.heappush(queue, (_urgency(pending[0]), group))
    for short in left.values():
        for unit in short:
            stock.give(_uses(unit))
    for key in sorted(left.keys() | demand.passed_over.keys()):
        short = sorted(left.get(key, []) + demand.passed_over.get(key, []), key=_urgency)
        demand.answered += _short_of_sheets(key, short, shop, stock)
    runs.sort(key=lambda run: (LATEST if run.due is None else run.due, run.key, run.units))
    return runs, demand.answered


def _grouped(units: Sequence[Unit], stock: _Stock, limits: Limits) -> _Demand:
    """The units that may be taken, by group, those due first first; the others with their reasons."""
    demand = _Demand()
    area: Counter[Key] = Counter()
    taken = 0
    shop = stock.shop
    worth: dict[Key, int] = {}
    first = _first_of_shipments(units)
    keys = {unit.id: key_of(unit, shop) for unit in units}
    clashes = contested((keys[unit.id], unit) for unit in units)
    for unit in sorted(units, key=lambda unit: (first.get(unit.together, _urgency(unit)), _urgency(unit))):
        uses = _uses(unit)
        if lacking := stock.lacking(uses):
            demand.answered.append(Unplanned(unit.id, "material-short", _lack(lacking, stock)))
            continue
        key = keys[unit.id]
        if key.material:
            if key not in worth:
                worth[key] = _worth_trying(key, stock)
            if area[key] + _area(unit) > worth[key]:
                demand.passed_over.setdefault(key, []).append(unit)
                continue
        if taken >= limits.max_units:
            demand.answered.append(Unplanned(unit.id, "later", _later(limits)))
            continue
        taken += 1
        area[key] += _area(unit)
        ready = max(stock.ready(uses), unit.release)
        stock.take(uses)
        apart = unit.order if is_apart(unit, shop) else ""
        group = _Group(key, _wave(ready, shop, limits), apart, tools_at(clashes[key], [unit]))
        demand.groups.setdefault(group, deque()).append(unit)
    return demand


def _first_of_shipments(units: Sequence[Unit]) -> dict[str, tuple[int, str, str]]:
    """What ships together is taken together, when the first of it is due."""
    first: dict[str, tuple[int, str, str]] = {}
    for unit in units:
        if unit.together:
            first[unit.together] = min(first.get(unit.together, _urgency(unit)), _urgency(unit))
    return first


def _wave(ready: int, shop: Shop, limits: Limits) -> int:
    """What can begin at about the same time, as exactly as the work of a run is long."""
    ahead = ready - shop.now - limits.review_seconds
    return 0 if ahead <= 0 else 1 + ahead // max(limits.max_seconds, 1)


def _fill(key: Key, pending: deque[Unit], room: Room, limits: Limits, stock: _Stock) -> Filling | None:
    """A run of the first units, which are taken out of ``pending``; None where there are no sheets."""
    shop = stock.shop
    if not key.material:
        return _filled(Filling(room, None, limits.max_sheets), pending, limits)
    size, free = sheet_size(key, shop), stock.free[key.material]
    offcuts = stock.offcuts.get(key.material, ())
    together = max(min(limits.max_sheets, stock.sheets_together(key.material)), 0)
    at_hand = offcuts if free <= limits.max_sheets else ()
    filling = _filled(Filling(room, size, together, at_hand), pending, limits)
    if not filling.units and free > together:
        # The first unit alone needs more sheets than a run may have: it gets a run of its own.
        filling = Filling(room, size, free, offcuts)
        for number, unit in enumerate(pending):
            if filling.join(unit, may_open=True):
                del pending[number]
                break
    return filling if filling.units else None


def _filled(filling: Filling, pending: deque[Unit], limits: Limits) -> Filling:
    first = pending[0].due
    window = LATEST if first is None else first + limits.due_window
    missed: list[Unit] = []
    in_a_row = 0
    while pending and in_a_row < PATIENCE:
        unit = pending.popleft()
        soon = first is None or (unit.due is not None and unit.due <= window)
        if filling.join(unit, may_open=soon):
            in_a_row = 0
        else:
            missed.append(unit)
            in_a_row += bool(filling.units)
    pending.extendleft(reversed(missed))
    return filling


def _closed(filling: Filling, key: Key, shop: Shop, offcuts: Sequence[Offcut]) -> Run:
    sheets = filling.sheets(key.material, offcuts)
    dues = [unit.due for unit in filling.units if unit.due is not None]
    return Run(
        id="",
        key=key,
        units=tuple(unit.id for unit in filling.units),
        sheets=sheets,
        due=min(dues, default=None),
        why=why_together(filling.units, key, sheets),
    )


def why_together(units: Sequence[Unit], key: Key, sheets: tuple[Sheet, ...]) -> str:
    """What the units of a run share, as people read it."""
    products = sorted({unit.product for unit in units if unit.product})
    what = f"{_many(len(units), 'piece')} of {_many(len({unit.order for unit in units}), 'order')}"
    if products:
        what += f" ({', '.join(products)})"
    if not sheets:
        return f"{what}: one set-up, {key.setup_family}, at {key.work_centre}."
    used = sum(sheet.used_area for sheet in sheets) * 100 // sum(s.width_um * s.height_um for s in sheets)
    offcuts = sum(bool(sheet.offcut) for sheet in sheets)
    shared = [
        *([_many(len(sheets) - offcuts, "sheet")] if len(sheets) > offcuts else []),
        *([_many(offcuts, "offcut")] if offcuts else []),
    ]
    return (
        f"{what} share {' and '.join(shared)} of {key.material}, {used} % used, "
        f"and one set-up, {key.setup_family}, at {key.work_centre}."
    )


def _many(count: int, thing: str) -> str:
    return f"{count} {thing}{'s' * (count != 1)}"


def _lack(lacking: Mapping[str, int], stock: _Stock) -> str:
    parts = [
        f"{material}: {missing} {stock.shop.stock[material].unit} more needed, "
        f"{max(stock.free[material], 0)} free"
        for material, missing in sorted(lacking.items())
    ]
    return "Not enough material. " + "; ".join(parts) + "."


def _short_of_sheets(key: Key, units: Sequence[Unit], shop: Shop, stock: _Stock) -> list[Unplanned]:
    """One reason for all units that are left without sheets: how many sheets they would need."""
    if sum(part.count for unit in units for part in unit.parts) <= COUNTED_BY_NESTING:
        needed = str(len(nest_again(units, shop, key=key, run_id="", offcuts=()).sheets))
    else:
        needed = f"at least {-(-sum(map(_area, units)) // _sheet_area(key, shop))}"
    free = max(stock.free[key.material], 0)
    text = (
        f"Not enough material. {key.material}: {needed} sheets are needed for {len(units)} pieces, "
        f"{free} free."
    )
    return [Unplanned(unit.id, "material-short", text) for unit in units]


def _worth_trying(key: Key, stock: _Stock) -> int:
    """How much area of parts is tried on the sheets that there are: twice theirs, so that enough is left
    where something large is in the way. What is beyond that could not be made and is not even nested."""
    area = max(stock.free[key.material], 0) * _sheet_area(key, stock.shop)
    return 2 * (area + sum(cut.width_um * cut.height_um for cut in stock.offcuts.get(key.material, ())))


def is_part_of_sheet(offcut: Offcut, shop: Shop) -> bool:
    """Whether it lies, turned or not, inside a sheet of its material: then it lies where that lies."""
    stock = shop.stock.get(offcut.material)
    if stock is None or not stock.is_sheet:
        return False
    sides = sorted((offcut.width_um, offcut.height_um))
    return all(
        mine <= side for mine, side in zip(sides, sorted((stock.width_um, stock.height_um)), strict=True)
    )


def _sheet_area(key: Key, shop: Shop) -> int:
    stock = shop.stock[key.material]
    return stock.width_um * stock.height_um


def _area(unit: Unit) -> int:
    return sum(part.width_um * part.height_um * part.count for part in unit.parts)


def _uses(unit: Unit) -> dict[str, int]:
    uses: dict[str, int] = {}
    for use in unit.materials:
        uses[use.material] = uses.get(use.material, 0) + use.quantity
    return uses


def _later(limits: Limits) -> str:
    return (
        f"The {limits.max_units} pieces that are due first are planned; this one is planned when some of "
        "them have been released."
    )


def _urgency(unit: Unit) -> tuple[int, str, str]:
    return (LATEST if unit.due is None else unit.due, unit.order, unit.id)
