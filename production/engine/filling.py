"""A run while it is filled: units join it as long as their parts can really be laid and its limits hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from production.engine.nesting import Item, Open, Placed, SheetSize, area_bound, fit, nest, without
from production.engine.nesting.offcuts import Piece, opened, save_sheets
from production.engine.outlines import turned
from production.engine.proposal import Key, Limits, Placement, Sheet
from production.engine.shop import Offcut, Shop
from production.engine.work import Part, Step, Unit

# Of ruin and recreate for each run whose sheets are more than its bound.
ROUNDS = 60
# How often in a row everything is nested again in vain, before only free space counts.
RENESTS = 4
# So many orders and rules are tried then; all of them when the run is closed.
QUICK_WAYS = 4

Place = tuple[int, str, str]
Copy = tuple[Unit, Part, int]
# Unit, part and copy.
Name = tuple[str, str, int]
Tools = tuple[tuple[Place, str], ...]


def place_of(step: Step) -> Place:
    """What operations of one run are told apart by."""
    return step.step, step.work_centre, step.setup_family


def contested(keyed: Iterable[tuple[Key, Unit]]) -> dict[Key, frozenset[Place]]:
    """By key where some of its units need one tool and some another or none: what an operation has, each of
    its units has to need, and a run may lose those that do."""
    tools: dict[Key, dict[Place, set[str]]] = {}
    for key, unit in keyed:
        places = tools.setdefault(key, {})
        for step in unit.routing:
            places.setdefault(place_of(step), set()).add(step.tool)
    return {
        key: frozenset(place for place, found in places.items() if len(found) > 1)
        for key, places in tools.items()
    }


def tools_at(places: frozenset[Place], units: Iterable[Unit]) -> Tools:
    """What the units need at these places: they share a run with others that need the same."""
    if not places:
        return ()
    steps = (step for unit in units for step in unit.routing if step.tool)
    return tuple(sorted({(place, step.tool) for step in steps if (place := place_of(step)) in places}))


class Room:
    """What the steps of a run may take: seconds by its limits, load by the batch machines of the shop.
    Without limits: anything."""

    def __init__(self, shop: Shop, limits: Limits | None) -> None:
        self._shop, self._limits = shop, limits
        self._capacities: dict[tuple[str, str], tuple[int, ...]] = {}

    def seconds(self, step: Step) -> int:
        """What one unit adds to the working time of the step (``durations``)."""
        centre = self._shop.centre[step.work_centre]
        if centre.mode == "batch":
            return 0
        if centre.mode == "rate":
            return -(-step.load * 3600 // centre.rate)
        return max(step.seconds, centre.takt_seconds) if centre.mode == "line" else step.seconds

    def is_long(self, seconds: int) -> bool:
        return self._limits is not None and seconds > self._limits.max_seconds

    def holds(self, step: Step, load: int, largest: int) -> bool:
        """Whether ``load``, of units of which the largest is so large, is one load of every batch machine
        that holds the largest at all."""
        if self._limits is not None:
            for capacity in self._of(step.work_centre, step.setup_family):
                if capacity >= largest:
                    return load <= capacity
        return True

    def _of(self, work_centre: str, family: str) -> tuple[int, ...]:
        """Rising; those without a limit do not count."""
        place = work_centre, family
        if place not in self._capacities:
            shop = self._shop
            is_batch = shop.centre[work_centre].mode == "batch"
            able = (m for m in shop.machines_of[work_centre] if m.runs(family) and shop.windows[m.code])
            found = {shop.capacity_of(machine) for machine in able} if is_batch else set()
            self._capacities[place] = tuple(sorted(found - {0}))
        return self._capacities[place]


@dataclass
class Filling:
    """Free rectangles of each sheet and offcut in use, seconds and load of each step.

    ``max_sheets`` new ones may be used. ``offcuts`` are opened where there are no more of them.
    """

    room: Room
    size: SheetSize | None
    max_sheets: int
    offcuts: Sequence[Offcut] = ()
    units: list[Unit] = field(default_factory=list)
    parts: list[Copy] = field(default_factory=list)
    free: list[Open] = field(default_factory=list)
    laid: list[Piece] = field(default_factory=list)
    seconds: Counter[Place] = field(default_factory=Counter)
    load: Counter[Place] = field(default_factory=Counter)
    largest: Counter[Place] = field(default_factory=Counter)
    renests: int = 0

    def join(self, unit: Unit, *, may_open: bool) -> bool:
        """Take the unit in when all its parts can be laid and no step gets too long or too full."""
        if self.units and not all(map(self._has_room, unit.routing)):
            return False
        if self.size is None:
            self._accept(unit)
            return True
        if not unit.parts:
            if may_open:
                self._accept(unit)
            return may_open
        may_open = may_open or not self.units
        new = [(unit, part, copy) for part in _large_first(unit.parts) for copy in range(1, part.count + 1)]
        if not self._lay_all(new, may_open) and not self._nest_all(new, may_open):
            return False
        self._accept(unit)
        return True

    def _has_room(self, step: Step) -> bool:
        place = place_of(step)
        if self.room.is_long(self.seconds[place] + self.room.seconds(step)):
            return False
        largest = max(self.largest[place], step.load)
        return self.room.holds(step, self.load[place] + step.load, largest)

    def _accept(self, unit: Unit) -> None:
        self.units.append(unit)
        for step in unit.routing:
            place = place_of(step)
            self.seconds[place] += self.room.seconds(step)
            self.load[place] += step.load
            self.largest[place] = max(self.largest[place], step.load)

    @property
    def sheets_used(self) -> int:
        return sum(piece.offcut is None for piece in self.laid)

    def _lay_all(self, new: Sequence[Copy], may_open: bool) -> bool:
        """Lay the parts into what is free, one after the other; all or none."""
        free: dict[int, Open] = {}
        steps: list[tuple[int, Item, Placed]] = []
        begun: list[Piece] = []
        for k, (_, part, _) in enumerate(new):
            item = Item(len(self.parts) + k, part.width_um, part.height_um, part.may_rotate)
            if not self._lay(item, free, steps, begun, may_open):
                return False
        self.free += [()] * len(begun)
        self.laid += begun
        for number, state in free.items():
            self.free[number] = state
        for number, item, place in steps:
            self.laid[number].items.append((item, place))
        self.parts += new
        return True

    def _lay(
        self,
        item: Item,
        free: dict[int, Open],
        steps: list[tuple[int, Item, Placed]],
        begun: list[Piece],
        may_open: bool,
    ) -> bool:
        """Where it fits first; ``free``, ``steps`` and ``begun`` take down what that changes."""
        assert self.size is not None
        width, height = item.width + self.size.gap, item.height + self.size.gap
        for number in range(len(self.laid) + len(begun)):
            state = free[number] if number in free else self.free[number]
            if (found := fit(state, width, height, may_rotate=item.may_rotate)) is not None:
                break
        else:
            if not may_open:
                return False
            number = len(self.laid) + len(begun)
            for piece, state in self._to_open(begun):
                if (found := fit(state, width, height, may_rotate=item.may_rotate)) is not None:
                    begun.append(piece)
                    break
            else:
                return False
        place, free[number] = found
        steps.append((number, item, place))
        return True

    def _to_open(self, begun: Sequence[Piece]) -> list[tuple[Piece, Open]]:
        """A new sheet where there may be one, else the offcuts that are left."""
        assert self.size is not None
        if self.sheets_used + sum(piece.offcut is None for piece in begun) < self.max_sheets:
            return [(Piece(None, []), self.size.opened())]
        used = {piece.offcut.code for piece in (*self.laid, *begun) if piece.offcut}
        left = (offcut for offcut in self.offcuts if offcut.code not in used)
        return [(Piece(offcut, []), opened(offcut, self.size)) for offcut in left]

    def _nest_all(self, new: Sequence[Copy], may_open: bool) -> bool:
        """Nest everything again with the new parts, where their area leaves hope and we have patience."""
        assert self.size is not None
        if not self.laid or self.renests >= RENESTS or any(piece.offcut for piece in self.laid):
            return False
        most = self.max_sheets if may_open else len(self.laid)
        parts = [*self.parts, *new]
        items = [Item(n, p.width_um, p.height_um, p.may_rotate) for n, (_, p, _) in enumerate(parts)]
        if area_bound(items, self.size) > most:
            return False
        self.renests += 1
        found = nest(items, self.size, enough=most, ways=QUICK_WAYS)
        if len(found) > most:
            return False
        self.laid, self.parts = [Piece(None, sheet) for sheet in found], parts
        self.free = [self._free_of(sheet) for sheet in found]
        self.renests = 0
        return True

    def _free_of(self, sheet: Sequence[tuple[Item, Placed]]) -> Open:
        assert self.size is not None
        free = self.size.opened()
        for item, place in sheet:
            width, height = (item.height, item.width) if place.rotated else (item.width, item.height)
            right, top = place.x + width + self.size.gap, place.y + height + self.size.gap
            free = without(free, place.x, place.y, right, top)
        return free

    def sheets(self, material: str, offcuts: Sequence[Offcut] = ()) -> tuple[Sheet, ...]:
        """The nest: all parts again, ruined and recreated, if that takes no more sheets than filling did.
        Then ``offcuts`` of those that are not in use yet take the place of sheets."""
        if self.size is None or not self.parts:
            return ()
        filled = [piece.items for piece in self.laid if piece.offcut is None]
        again = nest(sorted(item for sheet in filled for item, _ in sheet), self.size, rounds=ROUNDS)
        best = again if len(again) <= len(filled) else filled
        kept = [piece for piece in self.laid if piece.offcut is not None]
        used = {piece.offcut.code for piece in kept if piece.offcut is not None}
        fresh = save_sheets(best, self.size, [offcut for offcut in offcuts if offcut.code not in used])
        return tuple(self._sheet(material, piece) for piece in (*fresh, *kept))

    def _sheet(self, material: str, piece: Piece) -> Sheet:
        assert self.size is not None
        cut = piece.offcut
        return Sheet(
            material=material,
            width_um=cut.width_um if cut else self.size.width,
            height_um=cut.height_um if cut else self.size.height,
            placements=tuple(self._placement(item, place) for item, place in piece.items),
            offcut=cut.code if cut else "",
        )

    def _placement(self, item: Item, place: Placed) -> Placement:
        unit, part, copy = self.parts[item.number]
        return lying((unit.id, part.code, copy), part, place)


def lying(name: Name, part: Part, place: Placed) -> Placement:
    """A copy of a part where it lies, its sides and its outline as they lie there."""
    width, height = part.width_um, part.height_um
    if place.rotated:
        return Placement(*name, place.x, place.y, height, width, True, turned(part.outline, width))
    return Placement(*name, place.x, place.y, width, height, False, part.outline)


def _large_first(parts: tuple[Part, ...]) -> list[Part]:
    return sorted(parts, key=lambda part: -part.width_um * part.height_um)
