"""The answer: the earliest safe date, and at what cost a sooner one."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from production.engine.nesting import Item, fit, nest
from production.engine.promising.book import Capacity, material_at
from production.engine.promising.inserting import Leg, Way, insert, legs_of
from production.engine.promising.machines import Busy
from production.engine.promising.moving import Found, join, rush
from production.engine.proposal import Limits, Terms
from production.engine.routing import gang_step, key_of, obstacles, sheet_size
from production.engine.shop import Shop
from production.engine.work import Part, Unit, Work

# Up to this many parts are really nested; beyond, one full sheet is counted over and over.
NESTED = 48
# So many open runs with room are looked at, those planned first.
JOINED = 6
# A sooner date has to be so much sooner to be worth telling.
SOONER = 4 * 3600
# What is moved for somebody's sake keeps so much before its own promise.
RESERVE = 4 * 3600
# A date behind a queue is as uncertain as the queue is long: so many per cent of the working time until then
# are added to it.
QUEUE_PERCENT = 20


@dataclass(frozen=True)
class Choice:
    """A date that can be promised. ``cost`` is what the plan costs more for it, by cause in ``terms``;
    ``busy`` is what it claims of the machines. It ``joins`` a run or ``moves`` so many operations."""

    code: str
    ready_at: int
    terms: Terms
    busy: tuple[Busy, ...]
    joins: str = ""
    moves: int = 0

    @property
    def cost(self) -> int:
        return self.terms.cost


@dataclass(frozen=True)
class Answer:
    """``choices`` are dates, the standard one first, then the sooner ones, dearer each; none when it cannot
    be made, and ``reason`` says why. ``uses`` is the material that it claims."""

    choices: tuple[Choice, ...] = ()
    reason: str = ""
    uses: tuple[tuple[str, int], ...] = ()

    @property
    def ready_at(self) -> int | None:
        return self.choices[0].ready_at if self.choices else None


def earliest(
    work: Work,
    quantity: int,
    capacity: Capacity,
    *,
    step_slack: int = Limits().max_seconds,
    queue_percent: int = QUEUE_PERCENT,
    sooner: bool = False,
) -> Answer:
    """When ``quantity`` units (at least 1) can be finished; with ``sooner``, at what cost earlier, too.

    Every date is found by putting the work into the plan and certain to hold with it: nobody else becomes
    late. Each step waits ``step_slack`` working seconds for the rest of its run, as long as an operation of
    a run may be, and behind a queue ``queue_percent`` of the working time until then are added, so that a
    promise survives being planned together with others.
    """
    unit = _unit(work)
    if found := list(obstacles(unit, capacity.shop)):
        return Answer(reason=" ".join(obstacle.text for obstacle in found))
    sheets = _sheets(unit, quantity, capacity.shop) if unit.parts else 0
    spoiled: list[str] = []
    while True:
        answer, spoils = _answer(unit, quantity, sheets, capacity, step_slack, queue_percent, sooner, spoiled)
        if not spoils:
            return answer
        spoiled += spoils


def _answer(
    unit: Unit,
    quantity: int,
    sheets: int,
    capacity: Capacity,
    slack: int,
    queue_percent: int,
    sooner: bool,
    spoiled: Sequence[str],
) -> tuple[Answer, list[str]]:
    """The answer without those lots, and lots that would expire before it is made."""
    shop = capacity.shop
    consumed: Counter[str] = Counter()
    for use in unit.materials:
        consumed[use.material] += use.quantity * quantity
    needed = consumed + Counter({unit.sheet_material: sheets} if sheets else {})
    ready, lots, lack = material_at(needed, capacity.claims, shop, spoiled=spoiled)
    at, _, lack_of_parts = material_at(consumed, capacity.claims, shop, spoiled=spoiled)
    gang = gang_step(unit.routing, shop)
    legs = legs_of(unit.routing, gang, unit.sheet_material if unit.parts else "", sheets, quantity)
    parts = [part for part in unit.parts for _ in range(part.count * quantity)]
    found: list[tuple[Found, int]] = []
    if not lack_of_parts and (joined := _joined(unit, legs, parts, capacity, at, slack)) is not None:
        found.append((joined, 0))
    if lack:
        if not found:
            return Answer(reason=lack), []
    else:
        ways = list(_ways(legs, capacity)) if sooner else [Way()]
        for way in ways:
            one = _alone(legs, capacity, way, ready, slack)
            if one is not None:
                found.append((one, sheets))
    if not found:
        return Answer(reason=_no_time(unit, capacity)), []
    choices = _best([_choice(each, capacity, laid, unit, queue_percent) for each, laid in found])
    spoils = [lot for lot, expires in lots if expires < choices[0].ready_at]
    uses = tuple(sorted((needed if not choices[0].joins else consumed).items()))
    return Answer(choices, "", uses), spoils


def _alone(legs: Sequence[Leg], capacity: Capacity, way: Way, ready: int, slack: int) -> Found | None:
    if way.rush:
        return rush(legs, capacity, way, ready=ready, slack=slack, reserve=RESERVE)
    found = insert(legs, capacity.book(), way, ready=ready, slack=slack)
    return None if found is None else Found(way, tuple(found[0]), found[1])


def _joined(
    unit: Unit, legs: Sequence[Leg], parts: Sequence[Part], capacity: Capacity, ready: int, slack: int
) -> Found | None:
    """The best of the open runs that take it in."""
    bare = [Leg(leg.step, leg.places, leg.quantity) for leg in legs]
    best: Found | None = None
    runs = capacity.runs.get(key_of(unit, capacity.shop), ())
    area = sum(part.width_um * part.height_um for part in parts)
    tried = 0
    for run in sorted(runs, key=lambda run: capacity.of_run[run.id][0].start):
        if parts and capacity.free_area(run) < area:
            continue
        tried += 1
        if tried > JOINED:
            break
        found = join(run, bare, parts, capacity, Way(), ready=ready, slack=slack, reserve=RESERVE)
        if found is not None and (best is None or found.end < best.end):
            best = found
    return best


def _ways(legs: Sequence[Leg], capacity: Capacity) -> Iterator[Way]:
    """The ways that could differ from each other."""
    centres = {code for leg in legs for code, _, _ in leg.places}
    machines = [m.code for m in capacity.shop.machines if m.work_centre in centres]
    now = capacity.shop.now
    overtime = any(end > now for code in machines for _, end in capacity.overtime[code])
    alternate = any(preference for leg in legs for _, _, preference in leg.places)
    rushed = any(busy.machine in machines for busy in capacity.movable)
    for uses in product(
        (False, True) if overtime else (False,),
        (False, True) if alternate else (False,),
        (False, True) if rushed else (False,),
    ):
        yield Way(*uses)


def _best(choices: list[Choice]) -> tuple[Choice, ...]:
    """The standard date (the earliest without any favour), then each sooner one that costs more."""
    standard = [choice for choice in choices if choice.code == "standard"]
    first = min(standard or choices, key=lambda c: (c.ready_at, c.cost))
    kept = [first]
    for choice in sorted(choices, key=lambda c: (c.cost, c.ready_at)):
        if choice.ready_at <= kept[-1].ready_at - SOONER:
            kept.append(choice)
    return tuple(kept)


def _choice(found: Found, capacity: Capacity, sheets: int, unit: Unit, queue_percent: int) -> Choice:
    return Choice(
        code=found.way.code,
        ready_at=_behind_the_queue(found, capacity, queue_percent),
        terms=_terms(found, capacity, sheets, unit),
        busy=tuple(each.claimed for each in found.placed),
        joins=found.joins,
        moves=found.moves,
    )


def _behind_the_queue(found: Found, capacity: Capacity, percent: int) -> int:
    lane = capacity.lanes[found.placed[-1].busy.machine]
    waited = sum(end - start for start, end in lane.worked(capacity.shop.now, found.end))
    return lane.forward(found.end, waited * percent // 100) or found.end


def _terms(found: Found, capacity: Capacity, sheets: int, unit: Unit) -> Terms:
    """What the plan costs more, in minor units, each cause rounded down (as ``measuring`` does)."""
    shop, weights = capacity.shop, capacity.weights
    setup_seconds = setup_cost = overtime = rates = energy = preference = loads = 0
    for each in found.placed:
        preference += each.preference
        loads += each.loads
        if not each.own:
            continue
        busy, machine = each.busy, shop.machine[each.busy.machine]
        lane = capacity.lanes[busy.machine]
        before, after = lane.neighbours(busy.start)
        setup_seconds += lane.setup(before, busy.family)
        setup_cost += shop.setup_cost(machine.work_centre, before, busy.family)
        if after is not None:
            setup_seconds += lane.setup(busy.family, after.family) - lane.setup(before, after.family)
            setup_cost += shop.setup_cost(machine.work_centre, busy.family, after.family)
            setup_cost -= shop.setup_cost(machine.work_centre, before, after.family)
        worked = lane.worked(busy.setup_start, busy.end)
        seconds = sum(end - start for start, end in worked)
        rates += machine.cost_rate * seconds
        energy += machine.power_w * seconds
        overtime += sum(
            max(min(end, closes) - max(start, opens), 0)
            for start, end in worked
            for opens, closes in capacity.overtime[busy.machine]
        )
    area = 0
    if sheets:
        stock = shop.stock[unit.sheet_material]
        area = sheets * stock.width_um * stock.height_um
    return Terms(
        setups=max(setup_seconds * weights.setup // 60 + setup_cost, 0),
        runs=0 if found.joins else weights.run,
        loads=loads * weights.load,
        sheets=area * weights.sheet // 10_000_000_000,
        overtime=overtime * weights.overtime // 60,
        energy=energy * weights.energy // 3_600_000,
        machines=rates // 3600,
        preference=preference * weights.preference,
        moved=found.moves * weights.moved,
    )


def surcharge(choice: Choice, standard: Choice, *, percent: int, least: int) -> int:
    """Minor units of money for the sooner date: what the plan costs more with ``percent`` on top, at least
    ``least``; 0 for the standard date."""
    if choice is standard:
        return 0
    more = max(choice.cost - standard.cost, 0)
    return max(more + -(-more * percent // 100), least)


def _no_time(unit: Unit, capacity: Capacity) -> str:
    centres = ", ".join(dict.fromkeys(step.work_centre for step in unit.routing))
    return f"No machine of {centres} has enough working time in the next weeks."


def _unit(work: Work) -> Unit:
    return Unit(
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
