"""Planned work that makes room: what joins a run lengthens it, what is rushed goes in front of others.

Nothing that is moved may become late: then the way is refused. Moved work stays on its machine and never
begins earlier than it did.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from production.engine.nesting import Open, fit
from production.engine.promising.book import Book, Capacity, OpenRun
from production.engine.promising.inserting import (
    Leg,
    Placed,
    Way,
    attended,
    insert,
    seconds_on,
    share_of,
)
from production.engine.promising.machines import Busy
from production.engine.proposal import Zones
from production.engine.work import Part

# So many runs that would become late are left where they are before a rush is given up.
ATTEMPTS = 4
# What begins so little later has not moved.
TOLERANCE = Zones().tolerance


@dataclass(frozen=True)
class Found:
    """A way that works: the legs in their places, its safe end, how many operations moved, the run joined."""

    way: Way
    placed: tuple[Placed, ...]
    end: int
    moves: int = 0
    joins: str = ""


def join(
    run: OpenRun,
    legs: Sequence[Leg],
    parts: Sequence[Part],
    capacity: Capacity,
    way: Way,
    *,
    ready: int,
    slack: int,
    reserve: int,
) -> Found | None:
    """The units in an open run of their key: their parts nest into what is free on its sheets, each of its
    operations grows by them and stays short enough, and what comes behind keeps its promises."""
    if parts and not _nests(parts, capacity.room(run), capacity, run):
        return None
    planned = capacity.of_run[run.id]
    if planned[0].setup_start < ready:
        return None
    book, moves, before = capacity.book(), 0, 0
    for busy in planned:
        book.give(busy)
    placed: list[Placed] = []
    safe = 0
    grown: dict[int, Leg] = {leg.step.step: leg for leg in legs}
    for busy in planned:
        leg = grown.get(busy.step)
        mine = leg is not None and leg.step.setup_family == busy.family
        longer = busy
        if leg is not None and mine:
            if busy.machine not in _machines(leg, capacity) or busy.tool != leg.step.tool:
                return None
            if busy.load:
                longer = _fuller(busy, leg, capacity)
                if longer is busy:
                    return None
            else:
                extra = seconds_on(busy.machine, capacity.shop, leg)
                most = capacity.shop.machine[busy.machine].duration(capacity.limits.max_seconds)
                longer = busy._replace(seconds=busy.seconds + extra)
                if longer.seconds > most:
                    return None
            del grown[busy.step]
        again = _put(longer, book, max(busy.start, before))
        if again is None or _late(again, busy, reserve):
            return None
        moves += again.start > busy.start + TOLERANCE
        book.take(again)
        before = max(before, again.end)
        if mine:
            placed.append(Placed(again, 0, own=False, claim=_growth(again, busy)))
            safe += max(slack - longer.seconds, 0)
    if grown or not placed:
        return None
    last = placed[-1].busy
    end = book.lanes[last.machine].forward(last.end, safe)
    return None if end is None else Found(way, tuple(placed), end, moves, run.id)


def _growth(again: Busy, before: Busy) -> Busy:
    """What the operation takes more than before: its end, or so much of its load."""
    extra = again.seconds - before.seconds
    if again.load:
        return share_of(again, again.filled - before.filled)
    since = again.end - extra
    return Busy(again.machine, since, since, again.end, again.family, step=again.step, seconds=extra)


def rush(
    legs: Sequence[Leg], capacity: Capacity, way: Way, *, ready: int, slack: int, reserve: int
) -> Found | None:
    """The legs as if only firm work stood in the way; then the plan's operations in their order, each at its
    place or later. A run that would become late stays where it is, and all is tried again."""
    firm: set[str] = set()
    for _ in range(ATTEMPTS):
        book = capacity.firm()
        if firm:
            for busy in capacity.movable:
                if not firm.isdisjoint(busy.runs):
                    book.take(busy)
        found = insert(legs, book, way, ready=ready, slack=slack)
        if found is None:
            return None
        placed, end = found
        for each in placed:
            if each.own:
                book.take(each.busy)
        touched = {each.busy.machine for each in placed}
        moved = _replay(book, capacity, firm, touched, reserve)
        if isinstance(moved, int):
            return Found(way, tuple(placed), end, moved)
        firm.update(moved)
    return None


def _replay(
    book: Book, capacity: Capacity, firm: set[str], touched: set[str], reserve: int
) -> int | tuple[str, ...]:
    """How many operations moved; or the runs of the first that would become late. ``touched`` are machines
    on which anything is other than it was; on the others everything is free that was."""
    ends: dict[str, int] = {}
    moves = 0
    for busy in capacity.movable:
        if not firm.isdisjoint(busy.runs):
            # It stays: nothing that it waits for may come later than it begins.
            if any(ends.get(run, 0) > busy.start for run in busy.runs):
                return busy.runs
            continue
        after = max((ends.get(run, 0) for run in busy.runs), default=0)
        if busy.machine not in touched and after <= busy.start and not (busy.operator or busy.tool):
            book.take(busy)
            continue
        again = _put(busy, book, max(busy.start, after))
        if again is None or _late(again, busy, reserve):
            return busy.runs
        moves += again.start > busy.start + TOLERANCE
        book.take(again)
        if again.start != busy.start:
            touched.add(busy.machine)
        if again.end > busy.end:
            for run in busy.runs:
                ends[run] = max(ends.get(run, 0), again.end)
    return moves


def _put(busy: Busy, book: Book, ready: int) -> Busy | None:
    """The operation at ``ready`` or the first later place on its machine."""
    shop = book.capacity.shop
    lane = book.lanes[busy.machine]
    centre = shop.centre[shop.machine[busy.machine].work_centre]
    seconds = busy.seconds or sum(end - start for start, end in lane.worked(busy.start, busy.end))
    found = attended(
        lane,
        book,
        skill=centre.skill,
        when=centre.attended if busy.operator else "",
        tool=busy.tool,
        family=busy.family,
        seconds=seconds,
        ready=ready,
        not_before=min(book.capacity.begin[busy.machine], busy.setup_start),
    )
    if found is None:
        return None
    times, operator = found
    return busy._replace(setup_start=times.setup_start, start=times.start, end=times.end, operator=operator)


def _late(again: Busy, before: Busy, reserve: int) -> bool:
    return again.end > before.end and before.due is not None and again.end + reserve > before.due


def _machines(leg: Leg, capacity: Capacity) -> set[str]:
    centres = {code for code, _, preference in leg.places if not preference}
    return {machine.code for machine in capacity.shop.machines if machine.work_centre in centres}


def _fuller(busy: Busy, leg: Leg, capacity: Capacity) -> Busy:
    """The load with the units in it; the same where it has no room or is too short for them."""
    machine = capacity.shop.machine[busy.machine]
    most, filled = capacity.shop.capacity_of(machine), busy.filled + leg.step.load * leg.quantity
    one = Leg(leg.step, leg.places, 1)
    if (most and filled > most) or seconds_on(busy.machine, capacity.shop, one) > busy.seconds:
        return busy
    return busy._replace(filled=filled)


def _nests(parts: Sequence[Part], sheets: tuple[Open, ...], capacity: Capacity, run: OpenRun) -> bool:
    """Whether every part really lies somewhere on what is free, the large ones first."""
    gap = capacity.gap(run.key)
    free = list(sheets)
    for part in sorted(parts, key=lambda p: -p.width_um * p.height_um):
        for number, sheet in enumerate(free):
            found = fit(sheet, part.width_um + gap, part.height_um + gap, may_rotate=part.may_rotate)
            if found is not None:
                free[number] = found[1]
                break
        else:
            return False
    return True
