"""Units that can share a set-up and sheets come together in runs, across product families.

Grouped by key (work centre, sheet material, set-up family of the gang step), taken in the
order of their promises. A run is filled by really laying the parts: sheets full by area
to 85 % fail to nest in up to half of the cases. It is closed by its limits of sheets and of
hours, so that it can be scheduled inside a shift; a piece promised much later joins only
where it takes no further sheet.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from production.engine.nesting import Item, Open, Placed, SheetSize, TooLarge, area_bound, fit, nest, without
from production.engine.proposal import Key, Limits, Placement, Run, Sheet, Unplanned
from production.engine.routing import key_of, sheet_size
from production.engine.shop import Shop
from production.engine.work import Part, Step, Unit

# How many units in a row may be found not to fit before a run counts as full.
PATIENCE = 40
# Of ruin and recreate for each run whose sheets are more than its bound.
ROUNDS = 60
# How often in a row everything is nested again in vain, before only free space counts.
RENESTS = 4
# Up to so many parts it is nested how many sheets are missing; beyond, their area says it.
COUNTED_BY_NESTING = 48
LATEST = 1 << 62


@dataclass
class _Stock:
    """What is still free while runs are formed."""

    free: Counter[str]

    def lacking(self, uses: Counter[str]) -> dict[str, int]:
        return {m: n - self.free[m] for m, n in uses.items() if n > self.free[m]}

    def take(self, uses: Counter[str]) -> None:
        self.free.subtract(uses)

    def give(self, uses: Counter[str]) -> None:
        self.free.update(uses)


@dataclass
class _Filling:
    """A run while it is filled: free rectangles of each of its sheets, seconds of each of its steps."""

    limits: Limits
    size: SheetSize | None
    max_sheets: int
    units: list[Unit] = field(default_factory=list)
    free: list[Open] = field(default_factory=list)
    laid: list[list[tuple[Item, Placed]]] = field(default_factory=list)
    seconds: Counter[tuple[int, str, str]] = field(default_factory=Counter)
    parts: list[tuple[Unit, Part, int]] = field(default_factory=list)
    renests: int = 0

    def join(self, unit: Unit, *, may_open: bool) -> bool:
        """Take the unit in when all its parts can be laid and no step gets too long."""
        if self.units and any(
            self.seconds[_place(step)] + step.seconds > self.limits.max_seconds for step in unit.routing
        ):
            return False
        if not unit.parts or self.size is None:
            if not may_open and self.size is not None:
                return False
            self._accept(unit)
            return True
        most = self.max_sheets if may_open or not self.units else len(self.free)
        new = [(unit, part, copy) for part in _large_first(unit.parts) for copy in range(1, part.count + 1)]
        if not self._lay_all(new, most) and not self._nest_all(new, most):
            return False
        self._accept(unit)
        return True

    def _lay_all(self, new: list[tuple[Unit, Part, int]], most: int) -> bool:
        """Lay the parts into what is free, one after the other; all or none."""
        free, laid, parts = list(self.free), [list(sheet) for sheet in self.laid], list(self.parts)
        for unit, part, copy in new:
            item = Item(len(parts), part.width_um, part.height_um, part.may_rotate)
            if not self._lay(item, free, laid, most):
                return False
            parts.append((unit, part, copy))
        self.free, self.laid, self.parts = free, laid, parts
        return True

    def _nest_all(self, new: list[tuple[Unit, Part, int]], most: int) -> bool:
        """Nest everything again with the new parts, where their area leaves hope and we have patience."""
        assert self.size is not None
        parts = [*self.parts, *new]
        items = [Item(n, p.width_um, p.height_um, p.may_rotate) for n, (_, p, _) in enumerate(parts)]
        if not self.free or self.renests >= RENESTS or area_bound(items, self.size) > most:
            return False
        self.renests += 1
        laid = nest(items, self.size)
        if len(laid) > most:
            return False
        self.laid, self.parts = laid, parts
        self.free = [self._free_of(sheet) for sheet in laid]
        self.renests = 0
        return True

    def _free_of(self, sheet: list[tuple[Item, Placed]]) -> Open:
        assert self.size is not None
        free = self.size.opened()
        for item, place in sheet:
            width, height = (item.height, item.width) if place.rotated else (item.width, item.height)
            right, top = place.x + width + self.size.gap, place.y + height + self.size.gap
            free = without(free, place.x, place.y, right, top)
        return free

    def _lay(self, item: Item, free: list[Open], laid: list[list[tuple[Item, Placed]]], most: int) -> bool:
        assert self.size is not None
        width, height = item.width + self.size.gap, item.height + self.size.gap
        for number, state in enumerate(free):
            if (found := fit(state, width, height, may_rotate=item.may_rotate)) is not None:
                place, free[number] = found
                laid[number].append((item, place))
                return True
        if len(free) >= most:
            return False
        found = fit(self.size.opened(), width, height, may_rotate=item.may_rotate)
        if found is None:
            return False
        place, opened = found
        free.append(opened)
        laid.append([(item, place)])
        return True

    def _accept(self, unit: Unit) -> None:
        self.units.append(unit)
        for step in unit.routing:
            self.seconds[_place(step)] += step.seconds

    def sheets(self, material: str) -> tuple[Sheet, ...]:
        """The nest: all parts again, ruined and recreated, if that takes no more sheets than filling did."""
        if self.size is None or not self.parts:
            return ()
        items = [Item(n, p.width_um, p.height_um, p.may_rotate) for n, (_, p, _) in enumerate(self.parts)]
        again = nest(items, self.size, rounds=ROUNDS)
        best = again if len(again) <= len(self.laid) else self.laid
        return tuple(
            Sheet(
                material=material,
                width_um=self.size.width,
                height_um=self.size.height,
                placements=tuple(self._placement(item, place) for item, place in sheet),
            )
            for sheet in best
        )

    def _placement(self, item: Item, place: Placed) -> Placement:
        unit, part, copy = self.parts[item.number]
        width, height = (item.height, item.width) if place.rotated else (item.width, item.height)
        return Placement(unit.id, part.code, copy, place.x, place.y, width, height, place.rotated)


def form_runs(
    units: Iterable[Unit],
    shop: Shop,
    *,
    limits: Limits | None = None,
    claims: Counter[str] | None = None,
) -> tuple[list[Run], list[Unplanned]]:
    """Runs with their nests, numbered ``r1``, ``r2``... in the order of their first promise.

    ``units`` must be free of ``routing.obstacles``. ``claims`` is material that others have a right to.
    Units for which material lacks come back with the reason ``material-short``; of the others
    ``limits.max_units`` are taken, those due first, and the rest comes back with ``later``.
    """
    limits = limits or Limits()
    stock = _Stock(Counter({s.material: s.on_hand for s in shop.materials}))
    stock.free.subtract(claims or Counter())
    groups: dict[Key, list[Unit]] = {}
    passed_over: dict[Key, list[Unit]] = {}
    area: Counter[Key] = Counter()
    answered: list[Unplanned] = []
    taken = 0
    for unit in sorted(units, key=_urgency):
        uses = Counter({use.material: 0 for use in unit.materials})
        for use in unit.materials:
            uses[use.material] += use.quantity
        if lacking := stock.lacking(uses):
            answered.append(Unplanned(unit.id, "material-short", _lack(lacking, stock, shop)))
            continue
        key = key_of(unit, shop)
        if key.material and area[key] + _area(unit) > _worth_trying(key, shop, stock):
            passed_over.setdefault(key, []).append(unit)
            continue
        if taken >= limits.max_units:
            answered.append(Unplanned(unit.id, "later", _later(limits)))
            continue
        taken += 1
        area[key] += _area(unit)
        stock.take(uses)
        groups.setdefault(key, []).append(unit)
    runs: list[Run] = []
    for key in sorted(groups.keys() | passed_over.keys()):
        formed, left = _runs_of(key, groups.get(key, []), shop, limits, stock)
        runs += formed
        for unit in left:
            stock.give(Counter({use.material: use.quantity for use in unit.materials}))
        if short := left + passed_over.get(key, []):
            answered += _short_of_sheets(key, short, shop, stock)
    runs.sort(key=lambda run: (LATEST if run.due is None else run.due, run.key, run.units))
    return [replace(run, id=f"r{number}") for number, run in enumerate(runs, start=1)], answered


def nest_again(units: Sequence[Unit], shop: Shop, *, key: Key, run_id: str) -> Run:
    """A run of exactly these units, on as many sheets as they take.

    Raises ``TooLarge`` when a part no longer fits on an empty sheet (the machines have changed).
    """
    filling = _open(key, shop, replace(Limits(), max_sheets=LATEST, max_seconds=LATEST), LATEST)
    for unit in sorted(units, key=_urgency):
        if not filling.join(unit, may_open=True):
            raise TooLarge(tuple(Item(0, p.width_um, p.height_um, p.may_rotate) for p in unit.parts))
    return replace(_closed(filling, key, shop), id=run_id)


def _runs_of(
    key: Key, units: list[Unit], shop: Shop, limits: Limits, stock: _Stock
) -> tuple[list[Run], list[Unit]]:
    """Runs of these units until there are no more sheets, and the units that are left then."""
    runs: list[Run] = []
    pending = units
    while pending and (not key.material or stock.free[key.material] > 0):
        filling = _fill(
            key, pending, shop, limits, stock.free[key.material] if key.material else limits.max_sheets
        )
        if not filling.units:
            break
        run = _closed(filling, key, shop)
        if key.material:
            stock.take(Counter({key.material: len(run.sheets)}))
        runs.append(run)
        taken = set(run.units)
        pending = [unit for unit in pending if unit.id not in taken]
    return runs, pending


def _open(key: Key, shop: Shop, limits: Limits, sheets_free: int) -> _Filling:
    return _Filling(
        limits=limits,
        size=sheet_size(key, shop) if key.material else None,
        max_sheets=min(limits.max_sheets, sheets_free),
    )


def _fill(key: Key, pending: list[Unit], shop: Shop, limits: Limits, sheets_free: int) -> _Filling:
    filling = _open(key, shop, limits, sheets_free)
    first = pending[0].due
    window = LATEST if first is None else first + limits.due_window
    missed = 0
    for unit in pending:
        soon = first is None or (unit.due is not None and unit.due <= window)
        if filling.join(unit, may_open=soon):
            missed = 0
        elif filling.units:
            missed += 1
            if missed >= PATIENCE:
                break
    if not filling.units and sheets_free >= 1:
        # The first unit alone needs more sheets than a run may have: it gets a run of its own.
        large = _open(key, shop, replace(limits, max_sheets=sheets_free), sheets_free)
        for unit in pending:
            if large.join(unit, may_open=True):
                return large
    return filling


def _closed(filling: _Filling, key: Key, shop: Shop) -> Run:
    sheets = filling.sheets(key.material)
    dues = [unit.due for unit in filling.units if unit.due is not None]
    return Run(
        id="",
        key=key,
        units=tuple(unit.id for unit in filling.units),
        sheets=sheets,
        due=min(dues, default=None),
        why=_why(filling.units, key, sheets, shop),
    )


def _why(units: Sequence[Unit], key: Key, sheets: tuple[Sheet, ...], shop: Shop) -> str:
    products = sorted({unit.product for unit in units if unit.product})
    orders = len({unit.order for unit in units})
    what = f"{len(units)} piece{'s' * (len(units) != 1)} of {orders} order{'s' * (orders != 1)}"
    if products:
        what += f" ({', '.join(products)})"
    if not sheets:
        return f"{what}: one set-up, {key.setup_family}, at {key.work_centre}."
    used = sum(sheet.used_area for sheet in sheets) * 100 // sum(s.width_um * s.height_um for s in sheets)
    return (
        f"{what} share {len(sheets)} sheet{'s' * (len(sheets) != 1)} of {key.material}, {used} % used, "
        f"and one set-up, {key.setup_family}, at {key.work_centre}."
    )


def _lack(lacking: dict[str, int], stock: _Stock, shop: Shop) -> str:
    parts = [
        f"{material}: {missing} {shop.stock[material].unit} more needed, {max(stock.free[material], 0)} free"
        for material, missing in sorted(lacking.items())
    ]
    return "Not enough material. " + "; ".join(parts) + "."


def _short_of_sheets(key: Key, units: list[Unit], shop: Shop, stock: _Stock) -> list[Unplanned]:
    """One reason for all units that are left without sheets: how many sheets they would need."""
    if sum(part.count for unit in units for part in unit.parts) <= COUNTED_BY_NESTING:
        needed = str(len(nest_again(units, shop, key=key, run_id="").sheets))
    else:
        needed = f"at least {-(-sum(map(_area, units)) // _sheet_area(key, shop))}"
    free = max(stock.free[key.material], 0)
    text = (
        f"Not enough material. {key.material}: {needed} sheets are needed for {len(units)} pieces, "
        f"{free} free."
    )
    return [Unplanned(unit.id, "material-short", text) for unit in units]


def _worth_trying(key: Key, shop: Shop, stock: _Stock) -> int:
    """How much area of parts is tried on the sheets that there are: twice theirs, so that enough is left
    where something large is in the way. What is beyond that could not be made and is not even nested."""
    return 2 * max(stock.free[key.material], 0) * _sheet_area(key, shop)


def _sheet_area(key: Key, shop: Shop) -> int:
    stock = shop.stock[key.material]
    return stock.width_um * stock.height_um


def _area(unit: Unit) -> int:
    return sum(part.width_um * part.height_um * part.count for part in unit.parts)


def _later(limits: Limits) -> str:
    return (
        f"The {limits.max_units} pieces that are due first are planned; this one is planned when some of "
        "them have been released."
    )


def _urgency(unit: Unit) -> tuple[int, str, str]:
    return (LATEST if unit.due is None else unit.due, unit.order, unit.id)


def _large_first(parts: tuple[Part, ...]) -> list[Part]:
    return sorted(parts, key=lambda part: -part.width_um * part.height_um)


def _place(step: Step) -> tuple[int, str, str]:
    return step.step, step.work_centre, step.setup_family
