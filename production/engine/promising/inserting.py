"""A run of its own for what is asked for: every step into the first gap, in one way of doing it.

The steps go one after the other, each on the machine where it ends first. Behind each the run may still
grow by what is batched with it later: ``slack`` working seconds, before the next step begins. Steps that may
not wait for each other (``max_lag``) have no slack between them; where the later one finds no time so soon,
the earlier one is put later.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from production.engine.durations import machine_seconds
from production.engine.promising.book import Book, able
from production.engine.promising.machines import Busy, Lane, Times
from production.engine.promising.people import needs_of
from production.engine.shop import Machine, Shop
from production.engine.work import Step

# So often a step is put later for the sake of the one that may not wait for it.
TRIES = 40


class Way(NamedTuple):
    """What an insertion may use: overtime, work centres that count against it, the place of others."""

    overtime: bool = False
    alternate: bool = False
    rush: bool = False

    @property
    def code(self) -> str:
        return "-".join(name for name, used in self._asdict().items() if used) or "standard"


@dataclass(frozen=True, slots=True)
class Leg:
    """A step of the routing for ``quantity`` units. ``places`` are (work centre, seconds a unit, preference);
    the step that takes sheets has their ``material`` and number."""

    step: Step
    places: tuple[tuple[str, int, int], ...]
    quantity: int
    material: str = ""
    sheets: int = 0


class Placed(NamedTuple):
    """A leg in its place. ``own`` is False where it goes along with what was planned already; ``claim`` is
    then what it takes besides: the time by which that grows, or so much of a load."""

    busy: Busy
    preference: int
    own: bool = True
    loads: int = 0
    claim: Busy | None = None

    @property
    def claimed(self) -> Busy:
        return self.claim or self.busy


def legs_of(routing: Sequence[Step], gang: Step, material: str, sheets: int, quantity: int) -> list[Leg]:
    return [
        Leg(
            step,
            (
                (step.work_centre, step.seconds, 0),
                *((other.work_centre, other.seconds, other.preference) for other in step.alternates),
            ),
            quantity,
            material if step == gang else "",
            sheets if step == gang else 0,
        )
        for step in routing
    ]


def insert(
    legs: Sequence[Leg], book: Book, way: Way, *, ready: int, slack: int
) -> tuple[list[Placed], int] | None:
    """The legs in their places (not yet taken in the book) and the safe end; None when one finds none."""
    placed: list[Placed] = []
    safe = [ready]
    not_before = [ready] * len(legs)
    number = tries = 0
    while number < len(legs):
        leg = legs[number]
        found = place(leg, book, way, ready=max(safe[number] + leg.step.min_lag, not_before[number]))
        if found is None:
            return None
        limit = leg.step.max_lag
        if number and limit is not None and found.busy.start > placed[-1].busy.end + limit:
            tries += 1
            if tries > TRIES:
                return None
            # Too late behind the step before it: that one begins so much later.
            before = placed.pop()
            number -= 1
            del safe[number + 1 :]
            not_before[number] = before.busy.start + found.busy.start - before.busy.end - limit
            continue
        placed.append(found)
        tight = number + 1 < len(legs) and legs[number + 1].step.max_lag is not None
        lane = book.lanes[found.busy.machine]
        end = found.busy.end if tight else lane.forward(found.busy.end, slack)
        if end is None:
            return None
        safe.append(end)
        number += 1
    return placed, safe[-1]


def place(leg: Leg, book: Book, way: Way, *, ready: int, only: str = "") -> Placed | None:
    """Where the leg ends first: a gap on one of its machines (``only`` that one), or room in a load."""
    shop = book.capacity.shop
    best: tuple[int, int, str, Placed] | None = None
    for centre_code, seconds, preference in leg.places:
        if (preference and not way.alternate) or centre_code not in shop.centre:
            continue
        centre = shop.centre[centre_code]
        for machine in able(centre_code, leg.step.setup_family, leg.material, leg.step.load, shop):
            if only and machine.code != only:
                continue
            found = _on(machine, leg, seconds, preference, book, way, ready)
            if centre.mode == "batch":
                found = _along(machine, leg, seconds, preference, book, ready, found)
            if found is not None:
                rank = (found.busy.end, preference, machine.code)
                if best is None or rank < best[:3]:
                    best = (*rank, found)
    return None if best is None else best[3]


def _on(
    machine: Machine, leg: Leg, seconds: int, preference: int, book: Book, way: Way, ready: int
) -> Placed | None:
    shop = book.capacity.shop
    centre = shop.centre[machine.work_centre]
    step, quantity, loads = leg.step, leg.quantity, 0
    if centre.mode == "batch":
        most = shop.capacity_of(machine) // max(step.load, 1) if shop.capacity_of(machine) else quantity
        loads = -(-quantity // max(most, 1))
        work = loads * machine_seconds(centre, machine, [(seconds, step.load)])
    else:
        work = machine_seconds(centre, machine, [(seconds, step.load)] * quantity, sheets=leg.sheets)
    lane = book.lanes[machine.code]
    if not way.overtime:
        lane = _regular(lane, book.capacity.regular[machine.code])
    found = attended(
        lane,
        book,
        skill=centre.skill,
        when=centre.attended,
        tool=step.tool,
        family=step.setup_family,
        seconds=work,
        ready=ready,
        not_before=book.capacity.begin[machine.code],
    )
    if found is None:
        return None
    times, operator = found
    filled = step.load * quantity if centre.mode == "batch" else 0
    busy = Busy(
        machine.code, *times, step.setup_family, step=step.step, seconds=work, filled=filled,
        operator=operator, tool=step.tool,
    )  # fmt: skip
    return Placed(busy, preference, loads=loads)


def _regular(lane: Lane, windows: Sequence[tuple[int, int]]) -> Lane:
    """The lane without overtime (the same one where it has none); only to be looked at."""
    return lane if len(windows) == len(lane.windows) and windows == lane.windows else lane.copy(windows)


def _along(
    machine: Machine,
    leg: Leg,
    seconds: int,
    preference: int,
    book: Book,
    ready: int,
    found: Placed | None,
) -> Placed | None:
    """A planned load of the same family with room for all of it, where that ends sooner."""
    shop = book.capacity.shop
    most, need = shop.capacity_of(machine), leg.step.load * leg.quantity
    work = machine_seconds(shop.centre[machine.work_centre], machine, [(seconds, leg.step.load)])
    for busy in book.lanes[machine.code].booked:
        if (
            busy.start >= ready
            and busy.load
            and not busy.fixed
            and busy.family == leg.step.setup_family
            and busy.seconds >= work
            and (not most or busy.filled + need <= most)
            and not leg.step.tool
        ):
            if found is None or busy.end < found.busy.end:
                return Placed(busy, preference, own=False, claim=share_of(busy, need))
            break
    return found


def share_of(load: Busy, filled: int) -> Busy:
    """So much of a planned load: no time of its own."""
    return load._replace(runs=(), seconds=0, filled=filled, due=None, operator="", tool="")


def attended(
    lane: Lane,
    book: Book,
    *,
    skill: str,
    when: str,
    tool: str,
    family: str,
    seconds: int,
    ready: int,
    not_before: int,
) -> tuple[Times, str] | None:
    """The first times on the lane at which an operator (where one is needed) and the tool are free too, and
    who that is."""
    while True:
        times = lane.first(family=family, seconds=seconds, ready=ready, not_before=not_before)
        if times is None or not (when or tool):
            return None if times is None else (times, "")
        operator, later = "", times.start
        if tool:
            free = book.people.tool_at(tool, (times.setup_start, times.end))
            if free is None:
                return None
            later = times.start + free - times.setup_start
        spans = needs_of(when, times.start, lane.worked(times.setup_start, times.end))
        if later == times.start and spans:
            operator, again = book.people.attend(skill, spans)
            if not operator:
                if again is None:
                    return None
                later = times.start + max(again - spans[0][0], 1)
        if later == times.start:
            return times, operator
        ready = later


def seconds_on(machine: str, shop: Shop, leg: Leg) -> int:
    """Working seconds that the leg adds to an operation on this machine, with the sheets it brings."""
    found = shop.machine[machine]
    centre = shop.centre[found.work_centre]
    seconds = next(s for code, s, _ in leg.places if code == found.work_centre)
    return machine_seconds(centre, found, [(seconds, leg.step.load)] * leg.quantity, sheets=leg.sheets)
