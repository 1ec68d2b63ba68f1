"""What a run is made of: its tasks reckoned from its atoms, and atoms that change runs (kernels).

An atom are units of one line with the same work. What a task of a run takes follows from the atoms that have
it, by the mode of the work centre (``durations``).
"""

# ruff: noqa: F403, F405 - the names of the fields

from production.engine.kernels import Ints, kernel
from production.engine.scheduling.names import *

# Modes of a place: how the seconds of the units add up.
IN_TURN, LONGEST, SERIAL, BY_LOAD = range(4)
# Without a promise: this long after everything, in seconds.
NO_DUE = 4 * 10**9


@kernel
def reckon(p: Ints, s: Ints, r: int) -> None:
    """The tasks, edges, area and promise of a run from its atoms."""
    kinds, places, edges = p[KINDS], p[PLACES], p[EDGES]
    for t in range(r * kinds, r * kinds + kinds):
        s[s[T_UNITS] + t] = s[s[T_LOAD] + t] = 0
        for i in range(t * places, t * places + places):
            s[s[T_SUM] + i] = s[s[T_MOST] + i] = 0
    for e in range(r * edges, r * edges + edges):
        s[s[R_EDGE] + e] = 0
    s[s[R_ATOMS] + r] = s[s[R_UNITS] + r] = s[s[R_AREA] + r] = 0
    # What the plan in force has here and has gone elsewhere: its operations count as moved.
    s[s[R_LOST] + r] = max(s[s[R_HOME] + r], 0)
    s[s[R_RELEASE] + r], s[s[R_DUE] + r] = s[s[R_MINIMUM] + r], NO_DUE
    a = s[s[R_HEAD] + r]
    while a >= 0:
        _count_in(p, s, r, a)
        a = s[s[A_NEXT] + a]
    _conclude(p, s, r)


@kernel
def join(p: Ints, s: Ints, a: int, r: int) -> None:
    """Take an atom into a run that is reckoned; the run that it leaves wants reckoning."""
    move_atom(s, a, r)
    _count_in(p, s, r, a)
    _conclude(p, s, r)


@kernel
def _count_in(p: Ints, s: Ints, r: int, a: int) -> None:
    """Add what an atom brings to the sums of its run."""
    kinds, places, edges = p[KINDS], p[PLACES], p[EDGES]
    many = p[p[A_UNITS] + a]
    s[s[R_ATOMS] + r] += 1
    s[s[R_UNITS] + r] += many
    s[s[R_AREA] + r] += p[p[A_AREA] + a]
    if p[p[A_HOME] + a] == r and s[s[R_HOME] + r] > 0:
        s[s[R_LOST] + r] -= many
    s[s[R_RELEASE] + r] = max(s[s[R_RELEASE] + r], p[p[A_RELEASE] + a])
    s[s[R_DUE] + r] = min(s[s[R_DUE] + r], p[p[A_DUE] + a])
    for i in range(p[p[A_PTR] + a], p[p[A_PTR] + a + 1]):
        t = r * kinds + p[p[STEP_KIND] + i]
        s[s[T_UNITS] + t] += many
        s[s[T_LOAD] + t] += p[p[STEP_LOAD] + i] * many
        if p[p[STEP_EDGE] + i] >= 0:
            s[s[R_EDGE] + r * edges + p[p[STEP_EDGE] + i]] += 1
        for place in range(places):
            seconds = p[p[STEP_SECONDS] + i * places + place]
            s[s[T_SUM] + t * places + place] += seconds * many
            if seconds > s[s[T_MOST] + t * places + place]:
                s[s[T_MOST] + t * places + place] = seconds


@kernel
def _conclude(p: Ints, s: Ints, r: int) -> None:
    """What follows from the sums of a run: sheets, seconds of its tasks, whether it is gone through whole."""
    kinds, places, edges = p[KINDS], p[PLACES], p[EDGES]
    key = s[s[R_KEY] + r]
    sheets = s[s[R_NESTED] + r]
    if p[p[KEY_AREA] + key] > 0 and sheets == 0:
        sheets = -(-s[s[R_AREA] + r] // p[p[KEY_AREA] + key])
    s[s[R_SHEETS] + r] = sheets
    for j in range(p[p[KEY_KINDS] + key]):
        t, kind = r * kinds + j, key * kinds + j
        if s[s[T_UNITS] + t] == 0:
            continue
        for place in range(places):
            at, how = t * places + place, kind * places + place
            mode = p[p[PLACE_MODE] + how]
            if mode == LONGEST:
                seconds = s[s[T_MOST] + at] + p[p[PLACE_LOADING] + how]
            elif mode == SERIAL:
                seconds = s[s[T_SUM] + at] + (p[p[PLACE_STATIONS] + how] - 1) * s[s[T_MOST] + at]
            elif mode == BY_LOAD:
                seconds = -(-s[s[T_LOAD] + t] * 3600 // p[p[PLACE_RATE] + how])
            else:
                seconds = s[s[T_SUM] + at]
                if p[p[K_GANG] + kind] > 0:
                    seconds += p[p[PLACE_LOADING] + how] * sheets
            s[s[T_SECONDS] + at] = max(seconds, 1)
    s[s[R_WHOLE] + r] = 0
    for e in range(p[p[EDGE_PTR] + key], p[p[EDGE_PTR] + key + 1]):
        if p[p[EDGE_MAX] + e] >= 0 and s[s[R_EDGE] + r * edges + e - p[p[EDGE_PTR] + key]] > 0:
            s[s[R_WHOLE] + r] = 1


@kernel
def move_atom(s: Ints, a: int, r: int) -> None:
    """Take an atom out of its run and into run ``r``; both want reckoning."""
    old = s[s[A_RUN] + a]
    before, after = s[s[A_BEFORE] + a], s[s[A_NEXT] + a]
    if before >= 0:
        s[s[A_NEXT] + before] = after
    elif old >= 0:
        s[s[R_HEAD] + old] = after
    if after >= 0:
        s[s[A_BEFORE] + after] = before
    head = s[s[R_HEAD] + r]
    s[s[A_NEXT] + a], s[s[A_BEFORE] + a], s[s[A_RUN] + a] = head, -1, r
    if head >= 0:
        s[s[A_BEFORE] + head] = a
    s[s[R_HEAD] + r] = a
