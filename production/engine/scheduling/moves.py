"""Annealing over the order of dispatch, machines, waits for loads and the runs themselves (kernels).

A move is tried on the state, the whole schedule decoded, and kept when it costs at most a chance share of the
threshold more (threshold accepting, G. Dueck and T. Scheuer, J. Comput. Phys. 90, 1990); the threshold falls
to nothing over a round. Everything is whole numbers: the same seed makes the same moves, compiled or not.
"""

# ruff: noqa: F403, F405 - the names of the fields

from production.engine.kernels import BEYOND, Ints, draw, kernel
from production.engine.scheduling.decoder import decode
from production.engine.scheduling.members import move_atom, reckon
from production.engine.scheduling.names import *

# In State CONTROL: what the state costs, the best so far, how many places of the order are in use, the
# threshold at the start of the round, schedules done and to do in it, whether runs may change, how long a
# load may be waited for, whether work is held where the plan in force has it.
NOW, LEAST, USED, THRESHOLD, DONE, ROUND, MAY_CHANGE, WAIT, REPAIR = range(9)
# The move that is tried: its kind, places in the order, runs, how many atoms it moved, and what was before.
MOVE, FROM, TO, RUN, OTHER, MOVED, NESTED, NESTED_OTHER, OLD, TASK = range(9, 19)
SHIFT, SWAP, HOLD, CHANGE, FREE, TRANSFER, EXCHANGE, MERGE, SPLIT = range(9)


@kernel
def shift(s: Ints, i: int, j: int) -> None:
    """The run at place ``i`` of the order goes to place ``j``."""
    order = s[ORDER]
    r = s[order + i]
    step = 1 if j > i else -1
    while i != j:
        s[order + i] = s[order + i + step]
        i += step
    s[order + j] = r


@kernel
def swap(s: Ints, i: int, j: int) -> None:
    first = s[s[ORDER] + i]
    s[s[ORDER] + i] = s[s[ORDER] + j]
    s[s[ORDER] + j] = first


@kernel
def keep_best(p: Ints, s: Ints) -> None:
    """Remember the state: order, waits, machines and runs."""
    for i in range(p[RUNS]):
        s[s[KEPT_ORDER] + i] = s[s[ORDER] + i]
        s[s[KEPT_WAIT] + i] = s[s[R_WAIT] + i]
        s[s[KEPT_NESTED] + i] = s[s[R_NESTED] + i]
    for t in range(p[RUNS] * p[KINDS]):
        s[s[KEPT_FIX] + t] = s[s[T_FIX] + t]
        s[s[KEPT_HELD] + t] = s[s[T_HELD] + t]
    for a in range(p[ATOMS]):
        s[s[KEPT_RUN] + a] = s[s[A_RUN] + a]


@kernel
def take_best(p: Ints, s: Ints) -> None:
    """Back to what was remembered."""
    for i in range(p[RUNS]):
        s[s[ORDER] + i] = s[s[KEPT_ORDER] + i]
        s[s[R_WAIT] + i] = s[s[KEPT_WAIT] + i]
        s[s[R_NESTED] + i] = s[s[KEPT_NESTED] + i]
    for t in range(p[RUNS] * p[KINDS]):
        s[s[T_FIX] + t] = s[s[KEPT_FIX] + t]
        s[s[T_HELD] + t] = s[s[KEPT_HELD] + t]
    for a in range(p[ATOMS]):
        if s[s[A_RUN] + a] != s[s[KEPT_RUN] + a]:
            if s[s[KEPT_RUN] + a] >= 0:
                s[s[R_KEY] + s[s[KEPT_RUN] + a]] = p[p[A_KEY] + a]
            move_atom(s, a, s[s[KEPT_RUN] + a])
    for r in range(p[RUNS]):
        reckon(p, s, r)


@kernel
def fits(p: Ints, s: Ints, r: int) -> bool:
    """Whether the run keeps the limits of area, hours and loads; one of a single unit always does."""
    if s[s[R_UNITS] + r] <= 1:
        return True
    key = s[s[R_KEY] + r]
    if s[s[R_NESTED] + r] == 0 and p[p[KEY_MOST] + key] > 0 and s[s[R_AREA] + r] > p[p[KEY_MOST] + key]:
        return False
    for j in range(p[p[KEY_KINDS] + key]):
        t, kind = r * p[KINDS] + j, key * p[KINDS] + j
        if s[s[T_UNITS] + t] == 0:
            continue
        if s[s[T_LOAD] + t] > p[p[K_ROOM] + kind]:
            return False
        if p[p[C_BATCH] + p[p[K_CENTRE] + kind]] == 0 and s[s[T_SUM] + t * p[PLACES]] > p[MAX_SECONDS]:
            return False
    return True


@kernel
def has_room(p: Ints, s: Ints, r: int, a: int) -> bool:
    """Whether a run that is not empty and was never nested would still keep its limits with this atom."""
    key, places = s[s[R_KEY] + r], p[PLACES]
    if p[p[KEY_MOST] + key] > 0 and s[s[R_AREA] + r] + p[p[A_AREA] + a] > p[p[KEY_MOST] + key]:
        return False
    many = p[p[A_UNITS] + a]
    for i in range(p[p[A_PTR] + a], p[p[A_PTR] + a + 1]):
        j = p[p[STEP_KIND] + i]
        t, kind = r * p[KINDS] + j, key * p[KINDS] + j
        if s[s[T_LOAD] + t] + p[p[STEP_LOAD] + i] * many > p[p[K_ROOM] + kind]:
            return False
        seconds = s[s[T_SUM] + t * places] + p[p[STEP_SECONDS] + i * places] * many
        if p[p[C_BATCH] + p[p[K_CENTRE] + kind]] == 0 and seconds > p[MAX_SECONDS]:
            return False
    return True


@kernel
def any_run(p: Ints, s: Ints, chance: Ints) -> int:
    """The place in the order of a run that is not empty, by chance; -1 when none was met."""
    used = s[s[CONTROL] + USED]
    for _ in range(12):
        i = draw(chance, used)
        if s[s[R_ATOMS] + s[s[ORDER] + i]] > 0:
            return i
    return -1


@kernel
def like(p: Ints, s: Ints, r: int, chance: Ints) -> int:
    """The place in the order of another run of the same key, the first from one by chance on; -1: there is
    none."""
    used = s[s[CONTROL] + USED]
    begin = draw(chance, used)
    for n in range(used):
        i = begin + n if begin + n < used else begin + n - used
        other = s[s[ORDER] + i]
        if other != r and s[s[R_KEY] + other] == s[s[R_KEY] + r] and s[s[R_ATOMS] + other] > 0:
            return int(i)
    return -1


@kernel
def near_to(s: Ints, i: int, chance: Ints) -> int:
    """A place in the order by chance, near ones rather than far ones."""
    used = s[s[CONTROL] + USED]
    reach = draw(chance, used) + 1
    return int(min(max(i + draw(chance, 2 * reach + 1) - reach, 0), used - 1))


@kernel
def transfer(s: Ints, a: int, r: int, count: int) -> int:
    """Move an atom and write down whence; the run it joins has to be nested anew."""
    s[s[JOURNAL] + 2 * count], s[s[JOURNAL] + 2 * count + 1] = a, s[s[A_RUN] + a]
    move_atom(s, a, r)
    return count + 1


@kernel
def nth_atom(s: Ints, r: int, n: int) -> int:
    a = s[s[R_HEAD] + r]
    for _ in range(n):
        a = s[s[A_NEXT] + a]
    return int(a)


@kernel
def empty_place(p: Ints, s: Ints) -> int:
    """The place in the order of an empty run; -1: none is left."""
    used = s[s[CONTROL] + USED]
    for i in range(used):
        if s[s[R_ATOMS] + s[s[ORDER] + i]] == 0:
            return i
    if used < p[RUNS]:
        s[s[CONTROL] + USED] = used + 1
        return int(used)
    return -1


@kernel
def choose_move(p: Ints, s: Ints, chance: Ints) -> None:
    """By chance a move for a run, in CONTROL from MOVE on; -1: none this time."""
    control = s[CONTROL]
    s[control + MOVE] = -1
    i = any_run(p, s, chance)
    if i < 0:
        return
    r = s[s[ORDER] + i]
    dice = draw(chance, 100)
    move, j, other = -1, -1, -1
    if dice < 40 and s[control + MAY_CHANGE] > 0 and s[s[R_LOCKED] + r] == 0:
        if dice < 33:
            j = like(p, s, r, chance)
            if j >= 0 and s[s[R_LOCKED] + s[s[ORDER] + j]] == 0:
                other = s[s[ORDER] + j]
                move = MERGE if dice >= 26 else TRANSFER
                if dice < 9 and s[s[R_ATOMS] + r] > 1:
                    move = EXCHANGE
        elif s[s[R_ATOMS] + r] > 1:
            j = empty_place(p, s)
            if j >= 0:
                other = s[s[ORDER] + j]
                move = SPLIT
    elif s[control + REPAIR] > 0 and s[s[R_HOME] + r] > 0 and draw(chance, 2) == 0:
        move = FREE
    elif dice < 50:
        move = HOLD if s[control + WAIT] > 0 and dice % 2 == 0 else CHANGE
    elif dice < 58:
        move, j = SWAP, near_to(s, i, chance)
    else:
        move, j = SHIFT, near_to(s, i, chance)
        if dice < 72:
            j = min(max(i + draw(chance, 13) - 6, 0), s[control + USED] - 1)
        elif dice < 84:
            near = like(p, s, r, chance)
            if near >= 0:
                j = near
    if move in (SHIFT, SWAP) and (j < 0 or i == j):
        return
    s[control + MOVE], s[control + FROM], s[control + TO] = move, i, j
    s[control + RUN], s[control + OTHER], s[control + MOVED] = r, other, 0
    s[control + NESTED] = s[s[R_NESTED] + r]
    if other >= 0:
        s[control + NESTED_OTHER] = s[s[R_NESTED] + other]


@kernel
def change_one(p: Ints, s: Ints, chance: Ints) -> None:
    """Another wait for the loads of a run, or another machine for one of its tasks."""
    control = s[CONTROL]
    r = s[control + RUN]
    if s[control + MOVE] == HOLD:
        s[control + OLD] = s[s[R_WAIT] + r]
        s[s[R_WAIT] + r] = draw(chance, 9) * s[control + WAIT] // 8 if draw(chance, 3) > 0 else 0
        if s[s[R_WAIT] + r] == s[control + OLD]:
            s[control + MOVE] = -1
        return
    kind = s[s[R_KEY] + r] * p[KINDS]
    n = draw(chance, p[p[KEY_KINDS] + s[s[R_KEY] + r]])
    t = r * p[KINDS] + n
    options = p[p[OPT_PTR] + kind + n + 1] - p[p[OPT_PTR] + kind + n]
    s[control + TASK], s[control + OLD] = t, s[s[T_FIX] + t]
    if s[s[T_UNITS] + t] > 0 and options > 1:
        s[s[T_FIX] + t] = draw(chance, options + 1)
    if s[s[T_FIX] + t] == s[control + OLD]:
        s[control + MOVE] = -1


@kernel
def free_run(p: Ints, s: Ints, chance: Ints) -> None:
    """Tasks of a run that are held at their times in the plan in force are let go, or the other way round:
    all of them or one, their machines too or not."""
    control = s[CONTROL]
    first = s[control + RUN] * p[KINDS]
    one = draw(chance, 2 * p[KINDS])
    anywhere = draw(chance, 8) == 0
    hold = True
    for n in range(p[KINDS]):
        s[s[JOURNAL] + 2 * n], s[s[JOURNAL] + 2 * n + 1] = s[s[T_HELD] + first + n], s[s[T_FIX] + first + n]
        if s[s[T_HELD] + first + n] > 0 and (one >= p[KINDS] or one == n):
            hold = False
    done = False
    for n in range(p[KINDS]):
        t = first + n
        if s[s[BASE_MACHINE] + t] < 0 or (one < p[KINDS] and one != n):
            continue
        done = True
        s[s[T_HELD] + t] = s[s[BASE_START] + t] if hold else 0
        if hold:
            s[s[T_FIX] + t] = s[s[BASE_FIX] + t]
        elif anywhere:
            s[s[T_FIX] + t] = 0
    if not done:
        s[control + MOVE] = -1


@kernel
def begin_split(p: Ints, s: Ints, r: int, other: int) -> None:
    """An empty run takes after another."""
    kinds = p[KINDS]
    s[s[R_KEY] + other] = s[s[R_KEY] + r]
    s[s[R_WAIT] + other] = s[s[R_WAIT] + r]
    s[s[R_MINIMUM] + other], s[s[R_UNTIL] + other], s[s[R_OUT] + other] = 0, BEYOND, 0
    for n in range(kinds):
        s[s[T_FIX] + other * kinds + n] = s[s[T_FIX] + r * kinds + n]
        s[s[T_HELD] + other * kinds + n] = 0


@kernel
def change_runs(p: Ints, s: Ints, chance: Ints) -> None:
    """Atoms go from one run to another: one, one for one, all, or those promised later (or any half)."""
    control = s[CONTROL]
    move, r, other = s[control + MOVE], s[control + RUN], s[control + OTHER]
    moved = 0
    if move == SPLIT:
        begin_split(p, s, r, other)
        by_due = draw(chance, 3) > 0
        pivot = p[p[A_DUE] + nth_atom(s, r, draw(chance, s[s[R_ATOMS] + r]))]
        a = s[s[R_HEAD] + r]
        while a >= 0:
            following = s[s[A_NEXT] + a]
            goes = p[p[A_DUE] + a] > pivot if by_due else draw(chance, 2) == 0
            if goes:
                moved = transfer(s, a, other, moved)
            a = following
        if s[control + TO] != s[control + FROM]:
            shift(s, s[control + TO], s[control + FROM])
    elif move == MERGE:
        while s[s[R_HEAD] + r] >= 0:
            moved = transfer(s, s[s[R_HEAD] + r], other, moved)
        s[s[R_NESTED] + r] = 0
    else:
        mine = nth_atom(s, r, draw(chance, s[s[R_ATOMS] + r]))
        if move == EXCHANGE:
            yours = nth_atom(s, other, draw(chance, s[s[R_ATOMS] + other]))
            moved = transfer(s, yours, r, moved)
            s[s[R_NESTED] + r] = 0
        elif s[s[R_ATOMS] + r] == 1:
            s[s[R_NESTED] + r] = 0
        moved = transfer(s, mine, other, moved)
    s[s[R_NESTED] + other] = 0
    s[control + MOVED] = moved
    reckon(p, s, r)
    reckon(p, s, other)


@kernel
def take_back(p: Ints, s: Ints) -> None:
    """Undo the move."""
    control = s[CONTROL]
    move, r, i, j = s[control + MOVE], s[control + RUN], s[control + FROM], s[control + TO]
    if move == SHIFT:
        shift(s, j, i)
    elif move == SWAP:
        swap(s, i, j)
    elif move == HOLD:
        s[s[R_WAIT] + r] = s[control + OLD]
    elif move == CHANGE:
        s[s[T_FIX] + s[control + TASK]] = s[control + OLD]
    elif move == FREE:
        for n in range(p[KINDS]):
            t = r * p[KINDS] + n
            s[s[T_HELD] + t], s[s[T_FIX] + t] = s[s[JOURNAL] + 2 * n], s[s[JOURNAL] + 2 * n + 1]
    else:
        other = s[control + OTHER]
        for n in range(s[control + MOVED] - 1, -1, -1):
            move_atom(s, s[s[JOURNAL] + 2 * n], s[s[JOURNAL] + 2 * n + 1])
        s[s[R_NESTED] + r], s[s[R_NESTED] + other] = s[control + NESTED], s[control + NESTED_OTHER]
        if move == SPLIT and i != j:
            shift(s, i, j)
        reckon(p, s, r)
        reckon(p, s, other)


@kernel
def try_move(p: Ints, s: Ints, prm: Ints, chance: Ints) -> int:
    """Make a move and reckon what the plan then costs; BEYOND where it may not be."""
    control = s[CONTROL]
    choose_move(p, s, chance)
    move = s[control + MOVE]
    if move < 0:
        return BEYOND
    if move == SHIFT:
        shift(s, s[control + FROM], s[control + TO])
    elif move == SWAP:
        swap(s, s[control + FROM], s[control + TO])
    elif move == FREE:
        free_run(p, s, chance)
    elif move < TRANSFER:
        change_one(p, s, chance)
    else:
        change_runs(p, s, chance)
        if s[control + MOVED] == 0 or not fits(p, s, s[control + RUN]) or not fits(p, s, s[control + OTHER]):
            return BEYOND
    if s[control + MOVE] < 0:
        return BEYOND
    return decode(p, s, prm)


@kernel
def anneal(p: Ints, s: Ints, prm: Ints, chance: Ints, count: int) -> None:
    """So many moves of the round."""
    control = s[CONTROL]
    for _ in range(count):
        total = s[control + ROUND]
        left = max(total - s[control + DONE], 0)
        s[control + DONE] += 1
        threshold = s[control + THRESHOLD] * left // total * left // total
        cost, now = try_move(p, s, prm, chance), s[control + NOW]
        if s[control + MOVE] < 0:
            continue
        if cost <= now + threshold * draw(chance, 1024) // 1024:
            s[control + NOW] = cost
            if cost < s[control + LEAST]:
                s[control + LEAST] = cost
                keep_best(p, s)
        else:
            take_back(p, s)
