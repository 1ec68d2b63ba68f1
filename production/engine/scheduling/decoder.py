"""The schedule of runs in an order of dispatch: a kernel of integers on flat arrays (``compiled``).

Work is put machine by machine behind what is there, never back into a gap that was passed over, so one
schedule costs time in proportion to its operations. Of all work centres the one that can begin something
first takes the next of its work: what has no predecessor by the order of dispatch, the rest by when it is
ready, looked at a few at a time so that equal set-ups follow each other. The machine is the one that ends
first, a set-up counting ``ALPHA`` times besides. Runs whose steps must follow each other within a maximum
lag are placed whole, the steps before moved later until the lag holds.

One place is nine integers or more in ``State.out``, ``top`` and ``best`` (the indices below).
"""

# ruff: noqa: F403, F405 - the names of the fields

from production.engine.kernels import BEYOND, Ints, kernel
from production.engine.scheduling.names import *

# What is in a place.
SETUP_START, START, END, WINDOW, SEGMENT, OPERATOR, TOOL, MACHINE, OPTION, SECONDS, SETUP, JOINS = range(12)
PLACE = 12
# Parameters of a schedule: how often a set-up counts; how many of the ready work are looked at; how many of
# the order of dispatch; what a due date counts there in sixteenths; how many seconds later a load may be
# joined rather than another begun.
ALPHA, READY_WINDOW, ORDER_WINDOW, DUE, JOIN = range(5)
# Loads that a machine remembers: the last of them may be joined.
RING = 4
LOAD_FAMILY, LOAD_SETUP, LOAD_START, LOAD_END, LOAD_SECONDS, LOAD_ROOM, LOAD_ID, LOAD_OPERATOR = range(8)
LOAD_WIDTH = 8
# In State.sum: cost so far, loads so far.
COST, NUMBER = 0, 1
# What a unit that finds no time costs: beyond everything else.
PENALTY = 10**12
TRIES = 24


@kernel
def first_fit(p: Ints, s: Ints, resource: int, since: int, length: int) -> int:
    """The first moment from ``since`` on at which the person or tool is free for so long; BEYOND: none."""
    at = max(since, s[s[RES_FREE] + resource])
    for window in range(s[s[RES_WIN] + resource], p[p[RES_PTR] + resource + 1]):
        begin = max(at, p[p[RES_OPEN] + window])
        if begin + length <= p[p[RES_CLOSE] + window]:
            return int(begin)
    return BEYOND


@kernel
def is_covered(p: Ints, s: Ints, resource: int, machine: int, window: int, since: int, until: int) -> bool:
    """Whether the person is free whenever the machine works between two moments."""
    if s[s[RES_FREE] + resource] > since:
        return False
    w = window
    r = s[s[RES_WIN] + resource]
    while w < p[p[WIN_PTR] + machine + 1] and p[p[WIN_OPEN] + w] < until:
        begin, end = max(p[p[WIN_OPEN] + w], since), min(p[p[WIN_CLOSE] + w], until)
        w += 1
        if begin >= end:
            continue
        while r < p[p[RES_PTR] + resource + 1] and p[p[RES_CLOSE] + r] < end:
            r += 1
        if r >= p[p[RES_PTR] + resource + 1] or p[p[RES_OPEN] + r] > begin:
            return False
    return True


@kernel
def with_people(
    p: Ints, s: Ints, group: int, mode: int, tools: int, setup: int, seconds: int, start: int, latest: int
) -> int:
    """The first start at which a person of the group and a tool are free too; BEYOND after ``latest``."""
    out = s[OUT]
    asks = group >= 0 and (mode == 2 or (mode == 1 and setup > 0))
    for _ in range(64):
        if start > latest:
            return BEYOND
        moved = False
        if asks:
            length = setup + seconds if mode == 2 else setup
            first, who = BEYOND, -1
            for i in range(p[p[GRP_PTR] + group], p[p[GRP_PTR] + group + 1]):
                at = first_fit(p, s, p[p[GRP_RES] + i], start - setup, length)
                if at < first:
                    first, who = at, p[p[GRP_RES] + i]
            if who < 0:
                return BEYOND
            s[out + OPERATOR] = who
            if first > start - setup:
                start, moved = first + setup, True
        if tools >= 0:
            first, which = BEYOND, -1
            for i in range(p[p[GRP_PTR] + tools], p[p[GRP_PTR] + tools + 1]):
                at = first_fit(p, s, p[p[GRP_RES] + i], start - setup, setup + seconds)
                if at < first:
                    first, which = at, p[p[GRP_RES] + i]
            if which < 0:
                return BEYOND
            s[out + TOOL] = which
            if first > start - setup:
                start, moved = first + setup, True
        if not moved:
            return start
    return BEYOND


@kernel
def place_paused(
    p: Ints, s: Ints, m: int, setup: int, seconds: int, since: int, window: int, limit: int,
    group: int, mode: int, tools: int,
) -> bool:  # fmt: skip
    """Work longer than every shift: from ``since`` on over as many windows as it takes, all of them before
    the frozen work that comes next."""
    out = s[OUT]
    segment = p[p[WIN_SEG] + window]
    last = p[p[WIN_PTR] + m + 1]
    w = window
    while w < last and p[p[WIN_SEG] + w] == segment:
        if p[p[WIN_CLOSE] + w] <= since:
            w += 1
            continue
        begin = max(p[p[WIN_OPEN] + w], since)
        v, point, left = w, begin, setup
        while v < last and p[p[WIN_SEG] + v] == segment and point + left > p[p[WIN_CLOSE] + v]:
            left -= p[p[WIN_CLOSE] + v] - point
            v += 1
            if v < last:
                point = p[p[WIN_OPEN] + v]
        if v >= last or p[p[WIN_SEG] + v] != segment:
            return False
        point += left
        if point == p[p[WIN_CLOSE] + v]:
            v += 1
            if v >= last or p[p[WIN_SEG] + v] != segment:
                return False
            point = p[p[WIN_OPEN] + v]
        start, left = point, seconds
        while v < last and p[p[WIN_SEG] + v] == segment and point + left > p[p[WIN_CLOSE] + v]:
            left -= p[p[WIN_CLOSE] + v] - point
            v += 1
            if v < last:
                point = p[p[WIN_OPEN] + v]
        if v >= last or p[p[WIN_SEG] + v] != segment or point + left > limit:
            return False
        end = point + left
        fits = True
        if group >= 0 and (mode == 2 or (mode == 1 and setup > 0)):
            fits = False
            for i in range(p[p[GRP_PTR] + group], p[p[GRP_PTR] + group + 1]):
                if is_covered(p, s, p[p[GRP_RES] + i], m, w, begin, end if mode == 2 else start):
                    s[out + OPERATOR] = p[p[GRP_RES] + i]
                    fits = True
                    break
        if fits and tools >= 0:
            fits = False
            for i in range(p[p[GRP_PTR] + tools], p[p[GRP_PTR] + tools + 1]):
                if first_fit(p, s, p[p[GRP_RES] + i], begin, end - begin) == begin:
                    s[out + TOOL] = p[p[GRP_RES] + i]
                    fits = True
                    break
        if fits:
            s[out + SETUP_START], s[out + START], s[out + END] = begin, start, end
            s[out + WINDOW], s[out + SEGMENT] = v, segment
            return True
        w += 1
        if w < last:
            since = max(since, p[p[WIN_OPEN] + w])
    return False


@kernel
def place(
    p: Ints, s: Ints, m: int, family: int, seconds: int, ready: int, group: int, mode: int, tools: int
) -> bool:
    """The next place on the machine for work of the family that begins at ``ready`` or later, in ``out``."""
    out = s[OUT]
    centre = p[p[M_CENTRE] + m]
    families, rules = p[p[FAM_COUNT] + centre], p[p[SET_PTR] + centre]
    pauses = seconds + p[p[WORST] + p[p[FAM_PTR] + centre] + family] > p[p[M_LONGEST] + m]
    segment, before, free = s[s[M_SEG] + m], s[s[M_FAMILY] + m], s[s[M_FREE] + m]
    last = p[p[WIN_PTR] + m + 1]
    w = s[s[M_WIN] + m]
    s[out + OPERATOR], s[out + TOOL] = -1, -1
    while w < last:
        if p[p[WIN_CLOSE] + w] <= free or p[p[WIN_CLOSE] + w] <= ready:
            w += 1
            continue
        if p[p[WIN_SEG] + w] != segment:
            segment = p[p[WIN_SEG] + w]
            before = p[p[SEG_STATE] + segment]
        limit = BEYOND
        if p[p[SEG_FAMILY] + segment] >= 0:
            change = p[p[SET_SECONDS] + rules + family * families + p[p[SEG_FAMILY] + segment]]
            limit = p[p[SEG_START] + segment] - change
            if change > p[p[SEG_MOST] + segment] or limit < p[p[SEG_FLOOR] + segment]:
                limit = 0
        begin = max(p[p[WIN_OPEN] + w], free)
        if max(begin, ready) >= limit:
            # No room for it before the frozen work: on behind that.
            while w < last and p[p[WIN_SEG] + w] == segment:
                w += 1
            continue
        setup = p[p[SET_SECONDS] + rules + before * families + family]
        if pauses:
            if place_paused(p, s, m, setup, seconds, max(begin, ready), w, limit, group, mode, tools):
                s[out + SETUP] = setup
                return True
            while w < last and p[p[WIN_SEG] + w] == segment:
                w += 1
            continue
        start = max(begin + setup, ready)
        latest = min(p[p[WIN_CLOSE] + w], limit) - seconds
        if start <= latest and (group >= 0 or tools >= 0):
            start = with_people(p, s, group, mode, tools, setup, seconds, start, latest)
        if start <= latest:
            s[out + SETUP_START], s[out + START], s[out + END] = start - setup, start, start + seconds
            s[out + WINDOW], s[out + SEGMENT], s[out + SETUP] = w, segment, setup
            return True
        w += 1
    return False


@kernel
def evaluate(p: Ints, s: Ints, t: int, kind: int, ready: int, since: int, prm: Ints) -> int:
    """The best place for a task in ``top``: its score (BEYOND: there is none). It may join a load that begins
    at ``ready`` or later, and begins one itself from ``since`` on."""
    out, top = s[OUT], s[TOP]
    best = BEYOND
    places = p[PLACES]
    fixed = s[s[T_FIX] + t]
    load = s[s[T_LOAD] + t]
    tools = p[p[K_TOOL] + kind]
    first, last = p[p[OPT_PTR] + kind], p[p[OPT_PTR] + kind + 1]
    if fixed > 0 and first + fixed - 1 < last:
        first += fixed - 1
        last = first + 1
    for option in range(first, last):
        m = p[p[OPT_MACHINE] + option]
        centre = p[p[M_CENTRE] + m]
        seconds = -(-s[s[T_SECONDS] + t * places + p[p[OPT_PLACE] + option]] * 100 // p[p[M_SPEED] + m])
        family = p[p[OPT_FAMILY] + option]
        if p[p[C_BATCH] + centre] > 0:
            if p[p[M_CAPACITY] + m] > 0 and load > p[p[M_CAPACITY] + m]:
                continue
            if tools < 0:
                for slot in range(m * RING, m * RING + RING):
                    at = slot * LOAD_WIDTH
                    if (
                        s[s[LD_DATA] + at + LOAD_FAMILY] == family
                        and s[s[LD_DATA] + at + LOAD_START] >= ready
                        and s[s[LD_DATA] + at + LOAD_SECONDS] >= seconds
                        and s[s[LD_DATA] + at + LOAD_ROOM] >= load
                    ):
                        score = s[s[LD_DATA] + at + LOAD_END] - prm[JOIN] + p[p[OPT_POINTS] + option]
                        if score < best:
                            best = score
                            s[top + SETUP_START], s[top + START] = (
                                s[s[LD_DATA] + at + LOAD_SETUP],
                                s[s[LD_DATA] + at + LOAD_START],
                            )
                            s[top + END], s[top + SECONDS] = (
                                s[s[LD_DATA] + at + LOAD_END],
                                s[s[LD_DATA] + at + LOAD_SECONDS],
                            )
                            s[top + OPERATOR], s[top + TOOL] = s[s[LD_DATA] + at + LOAD_OPERATOR], -1
                            s[top + MACHINE], s[top + OPTION], s[top + JOINS] = m, option, slot
        group = p[p[OPT_GROUP] + option]
        if place(p, s, m, family, seconds, since, group, p[p[OPT_MODE] + option], tools):
            score = s[out + END] + prm[ALPHA] * s[out + SETUP] + p[p[OPT_POINTS] + option]
            if score < best:
                best = score
                for i in range(MACHINE):
                    s[top + i] = s[out + i]
                s[top + MACHINE], s[top + OPTION], s[top + JOINS] = m, option, -1
                s[top + SECONDS], s[top + SETUP] = seconds, s[out + SETUP]
    return best


@kernel
def overtime(p: Ints, m: int, since: int, until: int) -> int:
    """Seconds of overtime of the machine between two moments."""
    total = 0
    for i in range(p[p[OVER_PTR] + m], p[p[OVER_PTR] + m + 1]):
        total += max(min(until, p[p[OVER_CLOSE] + i]) - max(since, p[p[OVER_OPEN] + i]), 0)
    return total


@kernel
def commit(p: Ints, s: Ints, t: int, found: int) -> None:
    """Put the task where ``found`` says."""
    m, option = s[found + MACHINE], s[found + OPTION]
    s[s[X_MACHINE] + t], s[s[X_OPTION] + t] = m, option
    s[s[X_SETUP] + t], s[s[X_START] + t], s[s[X_END] + t] = (
        s[found + SETUP_START],
        s[found + START],
        s[found + END],
    )
    s[s[X_SECONDS] + t], s[s[X_OPERATOR] + t], s[s[X_TOOL] + t] = (
        s[found + SECONDS],
        s[found + OPERATOR],
        s[found + TOOL],
    )
    s[s[X_LOAD] + t] = -1
    s[s[SUM] + COST] += p[p[OPT_COST] + option]
    if s[s[BASE_MACHINE] + t] >= 0:
        lost = s[s[R_LOST] + t // p[KINDS]] > 0
        if lost or s[s[BASE_MACHINE] + t] != m:
            s[s[SUM] + COST] += p[COST_MOVED]
        if lost or abs(s[found + START] - s[s[BASE_START] + t]) > p[TOLERANCE]:
            s[s[SUM] + COST] += p[COST_MOVED]
    centre = p[p[M_CENTRE] + m]
    if s[found + JOINS] >= 0:
        at = s[found + JOINS] * LOAD_WIDTH
        s[s[LD_DATA] + at + LOAD_ROOM] -= s[s[T_LOAD] + t]
        s[s[X_LOAD] + t] = s[s[LD_DATA] + at + LOAD_ID]
        return
    family = p[p[OPT_FAMILY] + option]
    before = (
        s[s[M_FAMILY] + m] if s[found + SEGMENT] == s[s[M_SEG] + m] else p[p[SEG_STATE] + s[found + SEGMENT]]
    )
    s[s[SUM] + COST] += (
        s[found + SETUP] * p[COST_SETUP]
        + p[p[SET_COST] + p[p[SET_PTR] + centre] + before * p[p[FAM_COUNT] + centre] + family]
        + (s[found + SETUP] + s[found + SECONDS]) * p[p[M_RATE] + m] // 1000
    )
    if p[p[OVER_PTR] + m + 1] > p[p[OVER_PTR] + m]:
        s[s[SUM] + COST] += p[COST_OVERTIME] * overtime(p, m, s[found + SETUP_START], s[found + END])
    s[s[M_FREE] + m], s[s[M_FAMILY] + m] = s[found + END], family
    s[s[M_WIN] + m], s[s[M_SEG] + m] = s[found + WINDOW], s[found + SEGMENT]
    if s[found + OPERATOR] >= 0:
        who = s[found + OPERATOR]
        s[s[RES_FREE] + who] = s[found + END] if p[p[OPT_MODE] + option] == 2 else s[found + START]
        while (
            s[s[RES_WIN] + who] < p[p[RES_PTR] + who + 1]
            and p[p[RES_CLOSE] + s[s[RES_WIN] + who]] <= s[s[RES_FREE] + who]
        ):
            s[s[RES_WIN] + who] += 1
    if s[found + TOOL] >= 0:
        s[s[RES_FREE] + s[found + TOOL]] = s[found + END]
    free = BEYOND
    for i in range(p[p[C_PTR] + centre], p[p[C_PTR] + centre + 1]):
        free = min(free, s[s[M_FREE] + p[p[C_MACHINE] + i]])
    s[s[C_FREE] + centre] = free
    if p[p[C_BATCH] + centre] > 0:
        slot = m * RING + s[s[LD_COUNT] + m] % RING
        s[s[LD_COUNT] + m] += 1
        at = slot * LOAD_WIDTH
        s[s[LD_DATA] + at + LOAD_FAMILY], s[s[LD_DATA] + at + LOAD_SETUP] = family, s[found + SETUP_START]
        s[s[LD_DATA] + at + LOAD_START], s[s[LD_DATA] + at + LOAD_END] = s[found + START], s[found + END]
        s[s[LD_DATA] + at + LOAD_SECONDS] = s[found + SECONDS]
        s[s[LD_DATA] + at + LOAD_ROOM] = (p[p[M_CAPACITY] + m] if p[p[M_CAPACITY] + m] > 0 else BEYOND) - s[
            s[T_LOAD] + t
        ]
        s[s[LD_DATA] + at + LOAD_ID], s[s[LD_DATA] + at + LOAD_OPERATOR] = (
            s[s[SUM] + NUMBER],
            s[found + OPERATOR],
        )
        s[s[X_LOAD] + t] = s[s[SUM] + NUMBER]
        s[s[SUM] + NUMBER] += 1
        s[s[SUM] + COST] += p[COST_LOAD]


@kernel
def ready_of(p: Ints, s: Ints, r: int, j: int) -> int:
    """When the task may start, by its run's release and what goes before."""
    kinds, edges = p[KINDS], p[EDGES]
    ready = max(s[s[R_RELEASE] + r], s[s[T_FLOOR] + r * kinds + j])
    key = s[s[R_KEY] + r]
    for e in range(p[p[EDGE_PTR] + key], p[p[EDGE_PTR] + key + 1]):
        if p[p[EDGE_TO] + e] == j and s[s[R_EDGE] + r * edges + e - p[p[EDGE_PTR] + key]] > 0:
            ready = max(ready, s[s[X_END] + r * kinds + p[p[EDGE_FROM] + e]] + p[p[EDGE_MIN] + e])
    return int(ready)


@kernel
def keep(s: Ints, back: bool) -> None:
    """Remember the machines, people, loads and sums as they are, or go ``back`` to what was remembered."""
    first, count = s[M_FREE], s[SAVED] - s[M_FREE]
    for i in range(first, first + count):
        if back:
            s[i] = s[i + count]
        else:
            s[i + count] = s[i]


@kernel
def place_whole(p: Ints, s: Ints, r: int, prm: Ints) -> bool:
    """All tasks of a run one after the other, so that its maximum lags hold."""
    kinds, edges = p[KINDS], p[EDGES]
    key = s[s[R_KEY] + r]
    keep(s, False)
    for _ in range(TRIES):
        held = True
        for j in range(p[p[KEY_KINDS] + key]):
            t = r * kinds + j
            if s[s[T_UNITS] + t] == 0 or s[s[T_FIXED] + t] > 0:
                continue
            ready = ready_of(p, s, r, j)
            if evaluate(p, s, t, key * kinds + j, ready, ready, prm) == BEYOND:
                keep(s, True)
                return False
            commit(p, s, t, s[TOP])
            for e in range(p[p[EDGE_PTR] + key], p[p[EDGE_PTR] + key + 1]):
                if (
                    p[p[EDGE_TO] + e] == j
                    and p[p[EDGE_MAX] + e] >= 0
                    and s[s[R_EDGE] + r * edges + e - p[p[EDGE_PTR] + key]] > 0
                ):
                    f = r * kinds + p[p[EDGE_FROM] + e]
                    over = s[s[X_START] + t] - s[s[X_END] + f] - p[p[EDGE_MAX] + e]
                    if over > 0:
                        if s[s[T_FIXED] + f] > 0:
                            keep(s, True)
                            return False
                        s[s[T_FLOOR] + f] = s[s[X_START] + f] + over
                        held = False
            if not held:
                break
        if held:
            return True
        keep(s, True)
    return False


@kernel
def begin(p: Ints, s: Ints) -> None:
    """Empty machines, people and loads, and the queues of the work centres."""
    kinds, edges, centres, machines = p[KINDS], p[EDGES], p[CENTRES], p[MACHINES]
    not_before = p[NOT_BEFORE]
    for m in range(machines):
        s[s[M_FREE] + m], s[s[M_FAMILY] + m], s[s[M_WIN] + m] = (
            not_before,
            p[p[M_STATE] + m],
            p[p[WIN_PTR] + m],
        )
        s[s[M_SEG] + m] = (
            p[p[WIN_SEG] + p[p[WIN_PTR] + m]] if p[p[WIN_PTR] + m] < p[p[WIN_PTR] + m + 1] else -1
        )
        s[s[LD_COUNT] + m] = 0
        for slot in range(m * RING, m * RING + RING):
            s[s[LD_DATA] + slot * LOAD_WIDTH + LOAD_FAMILY] = -1
    for i in range(p[RESOURCES]):
        s[s[RES_FREE] + i], s[s[RES_WIN] + i] = not_before, p[p[RES_PTR] + i]
    s[s[SUM] + COST] = s[s[SUM] + NUMBER] = 0
    for c in range(centres):
        s[s[C_FREE] + c] = not_before
        s[s[Q_BASE] + c] = 0
    s[s[Q_BASE] + centres] = 0
    for r in range(p[RUNS]):
        s[s[R_FAILED] + r] = 0
        s[s[R_TAKEN] + r] = -1
        if s[s[R_ATOMS] + r] == 0:
            continue
        key = s[s[R_KEY] + r]
        for j in range(p[p[KEY_KINDS] + key]):
            t = r * kinds + j
            s[s[X_MACHINE] + t] = -1
            s[s[T_LEFT] + t] = 0
            s[s[T_FLOOR] + t] = s[s[T_HELD] + t]
            if s[s[T_UNITS] + t] > 0:
                s[s[Q_BASE] + p[p[K_CENTRE] + key * kinds + j] + 1] += 1
        for e in range(p[p[EDGE_PTR] + key], p[p[EDGE_PTR] + key + 1]):
            if s[s[R_EDGE] + r * edges + e - p[p[EDGE_PTR] + key]] > 0:
                s[s[T_LEFT] + r * kinds + p[p[EDGE_TO] + e]] += 1
    for c in range(centres):
        s[s[Q_BASE] + c + 1] += s[s[Q_BASE] + c]
        s[s[FIRST_HEAD] + c] = s[s[FIRST_TAIL] + c] = s[s[Q_BASE] + c]
        s[s[NEXT_HEAD] + c] = s[s[NEXT_TAIL] + c] = s[s[Q_BASE] + c]


@kernel
def arrive(p: Ints, s: Ints, r: int, j: int) -> None:
    """A task whose predecessors are all done joins the queue of its work centre, the first ready in front."""
    kinds = p[KINDS]
    t = r * kinds + j
    ready = ready_of(p, s, r, j)
    s[s[T_READY] + t] = ready
    c = p[p[K_CENTRE] + s[s[R_KEY] + r] * kinds + j]
    s[s[T_KEY] + t] = ready
    if p[p[C_BATCH] + c] > 0:
        s[s[T_KEY] + t] += s[s[R_WAIT] + r]
    at = s[s[NEXT_TAIL] + c]
    s[s[NEXT_TAIL] + c] += 1
    while at > s[s[NEXT_HEAD] + c] and s[s[T_KEY] + s[s[Q_NEXT] + at - 1]] > s[s[T_KEY] + t]:
        s[s[Q_NEXT] + at] = s[s[Q_NEXT] + at - 1]
        at -= 1
    s[s[Q_NEXT] + at] = t


@kernel
def follow(p: Ints, s: Ints, r: int, j: int) -> None:
    """What the end of a task lets begin."""
    kinds, edges = p[KINDS], p[EDGES]
    key = s[s[R_KEY] + r]
    for e in range(p[p[EDGE_PTR] + key], p[p[EDGE_PTR] + key + 1]):
        if p[p[EDGE_FROM] + e] == j and s[s[R_EDGE] + r * edges + e - p[p[EDGE_PTR] + key]] > 0:
            t = r * kinds + p[p[EDGE_TO] + e]
            s[s[T_LEFT] + t] -= 1
            if s[s[T_LEFT] + t] == 0 and s[s[T_FIXED] + t] == 0 and s[s[R_WHOLE] + r] == 0:
                arrive(p, s, r, p[p[EDGE_TO] + e])


@kernel
def fill_queues(p: Ints, s: Ints) -> None:
    """What has no predecessor, in the order of dispatch; what is fixed stands already."""
    kinds = p[KINDS]
    for i in range(p[RUNS]):
        r = s[s[ORDER] + i]
        s[s[R_RANK] + r] = i
        if s[s[R_ATOMS] + r] == 0 or s[s[R_OUT] + r] > 0:
            continue
        key = s[s[R_KEY] + r]
        whole = 0
        for j in range(p[p[KEY_KINDS] + key]):
            t = r * kinds + j
            if s[s[T_UNITS] + t] == 0:
                continue
            if s[s[T_FIXED] + t] > 0:
                s[s[X_MACHINE] + t], s[s[X_OPTION] + t], s[s[X_LOAD] + t] = (
                    s[s[FIX_MACHINE] + t],
                    s[s[FIX_OPTION] + t],
                    -1,
                )
                s[s[X_SETUP] + t], s[s[X_START] + t], s[s[X_END] + t] = (
                    s[s[FIX_SETUP] + t],
                    s[s[FIX_START] + t],
                    s[s[FIX_END] + t],
                )
                follow(p, s, r, j)
            elif s[s[T_LEFT] + t] == 0 or (s[s[R_WHOLE] + r] > 0 and whole == 0):
                if s[s[R_WHOLE] + r] > 0:
                    if whole > 0:
                        continue
                    whole = 1
                # One that a fixed task lets begin is in the other queue already.
                if s[s[R_WHOLE] + r] == 0 and s[s[R_FIXED] + r] > 0 and has_before(p, s, r, j):
                    continue
                s[s[T_READY] + t] = max(s[s[R_RELEASE] + r], s[s[T_FLOOR] + t])
                if s[s[R_WHOLE] + r] == 0:
                    s[s[T_READY] + t] = ready_of(p, s, r, j)
                c = p[p[K_CENTRE] + key * kinds + j]
                s[s[Q_FIRST] + s[s[FIRST_TAIL] + c]] = t
                s[s[FIRST_TAIL] + c] += 1


@kernel
def has_before(p: Ints, s: Ints, r: int, j: int) -> bool:
    edges = p[EDGES]
    key = s[s[R_KEY] + r]
    for e in range(p[p[EDGE_PTR] + key], p[p[EDGE_PTR] + key + 1]):
        if p[p[EDGE_TO] + e] == j and s[s[R_EDGE] + r * edges + e - p[p[EDGE_PTR] + key]] > 0:
            return True
    return False


@kernel
def choose(p: Ints, s: Ints, c: int, by_order: bool, now: int, prm: Ints) -> int:
    """The task of the queue of a work centre to take next, with its place in ``best``; -1: none has one.

    Runs of which a task finds no time are marked as failed on the way.
    """
    kinds = p[KINDS]
    queue = s[Q_FIRST] if by_order else s[Q_NEXT]
    head, tail = s[(s[FIRST_HEAD] if by_order else s[NEXT_HEAD]) + c], 0
    tail = s[(s[FIRST_TAIL] if by_order else s[NEXT_TAIL]) + c]
    width = prm[ORDER_WINDOW] if by_order else prm[READY_WINDOW]
    pick, least, seen = -1, BEYOND, 0
    for i in range(head, tail):
        t = s[queue + i]
        r = t // kinds
        if s[s[R_FAILED] + r] > 0:
            continue
        if seen >= width:
            break
        ready = s[s[T_READY] + t]
        since = ready if by_order else s[s[T_KEY] + t]
        if seen > 0 and since > now:
            if by_order:
                continue
            break
        kind = s[s[R_KEY] + r] * kinds + t - r * kinds
        score = evaluate(p, s, t, kind, ready, since, prm)
        if score == BEYOND:
            s[s[R_FAILED] + r] = 1
            continue
        seen += 1
        if by_order:
            score += s[s[R_DUE] + r] * prm[DUE] // 16
        if score < least:
            pick, least = i, score
            for n in range(PLACE):
                s[s[BEST] + n] = s[s[TOP] + n]
    if pick < 0:
        return -1
    t = s[queue + pick]
    # Those in front of it move up.
    for i in range(pick, head, -1):
        s[queue + i] = s[queue + i - 1]
    s[queue + head] = t
    s[(s[FIRST_HEAD] if by_order else s[NEXT_HEAD]) + c] = head + 1
    return int(t)


@kernel
def skip_failed(p: Ints, s: Ints, c: int) -> None:
    """Queues without the failed runs in front."""
    kinds = p[KINDS]
    head = s[s[FIRST_HEAD] + c]
    while head < s[s[FIRST_TAIL] + c] and s[s[R_FAILED] + s[s[Q_FIRST] + head] // kinds] > 0:
        head += 1
    s[s[FIRST_HEAD] + c] = head
    head = s[s[NEXT_HEAD] + c]
    while head < s[s[NEXT_TAIL] + c] and s[s[R_FAILED] + s[s[Q_NEXT] + head] // kinds] > 0:
        head += 1
    s[s[NEXT_HEAD] + c] = head


@kernel
def schedule_all(p: Ints, s: Ints, prm: Ints) -> None:
    """Every run at its place, in the order of dispatch; those without a place are marked as failed."""
    kinds, centres = p[KINDS], p[CENTRES]
    begin(p, s)
    fill_queues(p, s)
    taken = 0
    while True:
        c, now, by_order = -1, BEYOND, False
        for i in range(centres):
            skip_failed(p, s, i)
            free = s[s[C_FREE] + i]
            if s[s[FIRST_HEAD] + i] < s[s[FIRST_TAIL] + i]:
                t = s[s[Q_FIRST] + s[s[FIRST_HEAD] + i]]
                at = max(free, s[s[T_READY] + t])
                if at < now:
                    c, now, by_order = i, at, True
            if s[s[NEXT_HEAD] + i] < s[s[NEXT_TAIL] + i]:
                t = s[s[Q_NEXT] + s[s[NEXT_HEAD] + i]]
                at = max(free, s[s[T_KEY] + t])
                if at < now:
                    c, now, by_order = i, at, False
                elif at == now and c == i:
                    first = s[s[Q_FIRST] + s[s[FIRST_HEAD] + i]]
                    by_order = s[s[R_RANK] + first // kinds] < s[s[R_RANK] + t // kinds]
        if c < 0:
            return
        t = choose(p, s, c, by_order, now, prm)
        if t < 0:
            continue
        r = t // kinds
        if by_order and s[s[R_TAKEN] + r] < 0:
            s[s[R_TAKEN] + r] = taken
            taken += 1
        if s[s[R_WHOLE] + r] > 0:
            if not place_whole(p, s, r, prm):
                s[s[R_FAILED] + r] = 1
            continue
        commit(p, s, t, s[BEST])
        follow(p, s, r, t - r * kinds)


@kernel
def decode(p: Ints, s: Ints, prm: Ints) -> int:
    """The cost of the schedule in the order of dispatch, in 3,600ths of a minor unit of money."""
    schedule_all(p, s, prm)
    kinds, runs, lines, atoms, groups = (
        p[KINDS], p[RUNS], p[LINES], p[ATOMS], p[GROUPS],
    )  # fmt: skip
    cost = s[s[SUM] + COST]
    for r in range(runs):
        if s[s[R_ATOMS] + r] == 0:
            if s[s[R_HOME] + r] > 0:
                for t in range(r * kinds, r * kinds + kinds):
                    if s[s[BASE_MACHINE] + t] >= 0:
                        cost += 2 * p[COST_MOVED]
            continue
        if s[s[R_FAILED] + r] == 0 and s[s[R_UNTIL] + r] < BEYOND:
            key = s[s[R_KEY] + r]
            for j in range(p[p[KEY_KINDS] + key]):
                t = r * kinds + j
                if s[s[T_UNITS] + t] > 0 and s[s[X_END] + t] > s[s[R_UNTIL] + r]:
                    s[s[R_FAILED] + r] = 1
        if s[s[R_FAILED] + r] > 0 or s[s[R_OUT] + r] > 0:
            cost += PENALTY * s[s[R_UNITS] + r]
        else:
            cost += p[COST_RUN] + s[s[R_SHEETS] + r] * p[p[KEY_SHEET] + s[s[R_KEY] + r]]
    for i in range(lines):
        s[s[L_LATE] + i] = 0
    for i in range(groups):
        s[s[G_END] + i] = 0
    if groups > 0:
        for a in range(atoms):
            g = p[p[A_GROUP] + a]
            r = s[s[A_RUN] + a]
            if g >= 0 and s[s[R_FAILED] + r] == 0 and s[s[R_OUT] + r] == 0:
                end = s[s[X_END] + r * kinds + p[p[A_LAST] + a]]
                s[s[G_END] + g] = max(s[s[G_END] + g], end)
    for a in range(atoms):
        due = p[p[A_DUE] + a]
        r = s[s[A_RUN] + a]
        if due < BEYOND and s[s[R_FAILED] + r] == 0 and s[s[R_OUT] + r] == 0:
            g = p[p[A_GROUP] + a]
            end = s[s[G_END] + g] if g >= 0 else s[s[X_END] + r * kinds + p[p[A_LAST] + a]]
            line = p[p[A_LINE] + a]
            if end - due > s[s[L_LATE] + line]:
                s[s[L_LATE] + line] = end - due
    late = 0
    for i in range(lines):
        late += s[s[L_LATE] + i] * p[p[L_WEIGHT] + i]
    return int(cost + late * p[COST_LATE])
