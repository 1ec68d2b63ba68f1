"""Capable to promise: when can so many units be finished, with everything that is already to be made?

The units go through their routing into the gaps of the current load, machine by machine,
as a run of their own would. Two things make the answer later than that, so that a promise
survives being planned together with others: work that is owed and not planned yet is put
in front at each work centre, and every step waits ``step_slack`` working seconds for the rest
of its run (as long as an operation of a run may be).
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from production.engine.nesting import Item, fit, nest
from production.engine.proposal import Limits
from production.engine.routing import able_machines, gang_step, key_of, obstacles, sheet_size
from production.engine.scheduling.timeline import Slot, Timeline, timeline_of
from production.engine.shop import Machine, Shop
from production.engine.work import Unit, Work

# Up to this many parts are really nested; beyond, one full sheet is counted over and over.
NESTED = 48


class Busy(NamedTuple):
    """Time that a machine is not free: set-up and work, and the family it leaves."""

    machine: str
    setup_start: int
    start: int
    end: int
    family: str


@dataclass(frozen=True)
class Load:
    """What the shop has to do already. ``backlog`` is work that waits for a plan: seconds at 100 % by
    work centre. ``claims`` is material that waiting work will take."""

    busy: tuple[Busy, ...] = ()
    backlog: Mapping[str, int] = field(default_factory=dict)
    claims: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Capacity:
    """Shop and load, prepared once for many questions."""

    shop: Shop
    timelines: Mapping[str, Timeline]
    # By machine: when the waiting work in front will be done, in its working time.
    backlog_until: Mapping[str, int]
    claims: Mapping[str, int]


class Answer(NamedTuple):
    """``ready_at`` is an instant; None when it cannot be made, and ``reason`` says why."""

    ready_at: int | None
    reason: str


def prepare(shop: Shop, load: Load, *, review_seconds: int = 900) -> Capacity:
    """The machines with their load. New work begins ``review_seconds`` after the shop's now."""
    timelines = {machine.code: timeline_of(machine, shop) for machine in shop.machines}
    for busy in sorted(load.busy, key=lambda b: (b.start, b.end)):
        if busy.machine in timelines:
            timelines[busy.machine].slots.append(
                Slot(busy.setup_start, busy.start, busy.end, busy.family, None)
            )
    begin = shop.now + review_seconds
    until = {
        machine.code: _done_by(timelines[machine.code], begin, _share(machine, shop, load.backlog))
        for machine in shop.machines
    }
    return Capacity(shop, timelines, until, dict(load.claims))


def earliest(
    work: Work, quantity: int, capacity: Capacity, *, step_slack: int = Limits().max_seconds
) -> Answer:
    """The moment when ``quantity`` units (at least 1) can be finished."""
    shop = capacity.shop
    unit = Unit(
        id="",
        line="",
        order="",
        due=None,
        release=0,
        parts=work.parts,
        sheet_material=work.sheet_material,
        routing=work.routing,
        materials=work.materials,
    )
    if found := list(obstacles(unit, shop)):
        return Answer(None, " ".join(obstacle.text for obstacle in found))
    sheets = _sheets(unit, quantity, shop) if unit.parts else 0
    if lack := _lack(unit, quantity, sheets, capacity):
        return Answer(None, lack)
    gang = gang_step(unit.routing, shop)
    ready = shop.now
    for step in unit.routing:
        material = unit.sheet_material if unit.parts and step == gang else ""
        seconds = step.seconds * quantity
        if step == gang:
            seconds += shop.centre[step.work_centre].load_seconds * sheets
        ends = [
            end
            for machine in able_machines(step.work_centre, material, shop)
            if (end := _end_on(machine, capacity, step.setup_family, max(seconds, 1), ready, step_slack))
            is not None
        ]
        if not ends:
            return Answer(
                None, f"No machine of {step.work_centre} has enough working time in the next weeks."
            )
        ready = min(ends)
    return Answer(ready, "")


def _end_on(
    machine: Machine, capacity: Capacity, family: str, seconds: int, ready: int, step_slack: int
) -> int | None:
    timeline = capacity.timelines[machine.code]
    begin = capacity.backlog_until[machine.code]
    found = timeline.first_gap(
        family=family, seconds=machine.duration(seconds), ready=max(ready, begin), not_before=begin
    )
    return None if found is None else timeline.forward(found[1].end, step_slack)


def _share(machine: Machine, shop: Shop, backlog: Mapping[str, int]) -> int:
    """Seconds of waiting work that fall to this machine: the machines of a work centre share it by speed."""
    waiting = backlog.get(machine.work_centre, 0)
    able = able_machines(machine.work_centre, "", shop)
    speed = sum(m.speed_percent for m in able)
    return -(-waiting * 100 // speed) if speed else 0


def _done_by(timeline: Timeline, begin: int, seconds: int) -> int:
    """When so many seconds of work have found a place between what is planned."""
    moment = begin
    for slot in timeline.slots:
        if not seconds or slot.end <= moment:
            continue
        free = _worked(timeline.intervals, moment, slot.setup_start)
        if free >= seconds:
            break
        seconds -= free
        moment = max(moment, slot.end)
    return moment if not seconds else (timeline.forward(moment, seconds) or moment)


def _worked(intervals: Sequence[tuple[int, int]], since: int, until: int) -> int:
    return sum(max(0, min(until, end) - max(since, start)) for start, end in intervals)


def _sheets(unit: Unit, quantity: int, shop: Shop) -> int:
    size = sheet_size(key_of(unit, shop), shop)
    shapes = [part for part in unit.parts for _ in range(part.count)]
    if len(shapes) * quantity <= NESTED:
        items = [
            Item(number, part.width_um, part.height_um, part.may_rotate)
            for number, part in enumerate(shapes * quantity)
        ]
        return len(nest(items, size))
    # How many units one sheet (or the sheets of one unit) takes; the rest is counting.
    alone = len(nest([Item(n, p.width_um, p.height_um, p.may_rotate) for n, p in enumerate(shapes)], size))
    if alone > 1:
        return alone * quantity
    free, units = size.opened(), 0
    while units < quantity:
        for part in shapes:
            found = fit(free, part.width_um + size.gap, part.height_um + size.gap, may_rotate=part.may_rotate)
            if found is None:
                return -(-quantity // max(units, 1))
            free = found[1]
        units += 1
    return 1


def _lack(unit: Unit, quantity: int, sheets: int, capacity: Capacity) -> str:
    needed: Counter[str] = Counter({unit.sheet_material: sheets} if sheets else {})
    for use in unit.materials:
        needed[use.material] += use.quantity * quantity
    texts = []
    for material, number in sorted(needed.items()):
        stock = capacity.shop.stock[material]
        free = max(stock.on_hand - capacity.claims.get(material, 0), 0)
        if number > free:
            texts.append(f"{material}: {number} {stock.unit} needed, {free} free")
    return f"Not enough material. {'; '.join(texts)}." if texts else ""
