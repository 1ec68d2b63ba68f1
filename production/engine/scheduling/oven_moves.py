"""Loads of batch machines, changed one move at a time: kernels on flat arrays, asked by ``ovens``.

A load is a list of jobs of one family; an oven has its loads in order, each as early as the one in front,
its set-up, its jobs and the working time allow. Ovens do not know of each other, so a move is reckoned on the
ovens that it touches only, from the first load that changes to the first that ends when it did before.

Rows of the arrays, by the names below: ``jobs``, ``loads``, ``ovens``. ``seq`` has the loads of oven o from
``o * (jobs + 1)`` on, ``windows`` the working time of all ovens, two numbers each, ``setups`` seconds and
cost from family to family, ``members`` the jobs by family, ``touched`` the loads that a move has retimed
(``touched[0]`` of them), ``free`` the unused loads in the same way.
"""

from __future__ import annotations

from production.engine.kernels import Ints, draw, kernel

JOB = 12
SIZE, FAMILY, EARLY, LATE, SHORT, LONG, MASK, FIXED, RATE, IN, NEXT, PREV = range(12)
LOAD = 16
COUNT, FIRST, FILLED, KIND, READY, LEAST, MOST, MAY, OVEN, POS, END, COST, WINDOW = range(13)
NEW_END, NEW_COST, NEW_WINDOW = 13, 14, 15
OVENS = 5
CAPACITY, STATE, FROM, TO, HAS = range(5)
JOBS, MACHINES, FAMILIES, RUN_COST, LOAD_COST = range(5)
CURRENT, BEST = range(2)
NEVER = 1 << 40  # later than every instant
PENALTY = 1 << 40  # for a job that no working time is left for: more than everything else together
SHARES = 1024  # a draw of so many, by which a worse plan is taken or not


@kernel
def sum_up(load: int, jobs: Ints, loads: Ints) -> None:
    """What the jobs of a load come to."""
    row = load * LOAD
    count = 0
    filled = 0
    ready = 0
    least = 0
    most = NEVER
    may = -1
    job = loads[row + FIRST]
    while job >= 0:
        j = job * JOB
        count += 1
        filled += jobs[j + SIZE]
        ready = max(ready, jobs[j + EARLY])
        least = max(least, jobs[j + SHORT])
        most = min(most, jobs[j + LONG])
        may &= jobs[j + MASK]
        job = jobs[j + NEXT]
    loads[row + COUNT] = count
    loads[row + FILLED] = filled
    loads[row + READY] = ready
    loads[row + LEAST] = least
    loads[row + MOST] = most
    loads[row + MAY] = may


@kernel
def take(job: int, jobs: Ints, loads: Ints) -> None:
    """Out of its load."""
    j = job * JOB
    row = jobs[j + IN] * LOAD
    after = jobs[j + NEXT]
    before = jobs[j + PREV]
    if before >= 0:
        jobs[before * JOB + NEXT] = after
    else:
        loads[row + FIRST] = after
    if after >= 0:
        jobs[after * JOB + PREV] = before
    sum_up(jobs[j + IN], jobs, loads)


@kernel
def put(job: int, load: int, jobs: Ints, loads: Ints) -> None:
    """Into a load."""
    j = job * JOB
    row = load * LOAD
    first = loads[row + FIRST]
    jobs[j + IN] = load
    jobs[j + NEXT] = first
    jobs[j + PREV] = -1
    if first >= 0:
        jobs[first * JOB + PREV] = job
    loads[row + FIRST] = job
    loads[row + COUNT] += 1
    loads[row + FILLED] += jobs[j + SIZE]
    loads[row + READY] = max(loads[row + READY], jobs[j + EARLY])
    loads[row + LEAST] = max(loads[row + LEAST], jobs[j + SHORT])
    loads[row + MOST] = min(loads[row + MOST], jobs[j + LONG])
    loads[row + MAY] &= jobs[j + MASK]


@kernel
def insert(load: int, oven: int, pos: int, loads: Ints, seq: Ints, ovens: Ints, width: int) -> None:
    """Into the order of an oven."""
    base = oven * width
    at = ovens[oven * OVENS + HAS]
    while at > pos:
        other = seq[base + at - 1]
        seq[base + at] = other
        loads[other * LOAD + POS] = at
        at -= 1
    seq[base + pos] = load
    loads[load * LOAD + POS] = pos
    loads[load * LOAD + OVEN] = oven
    ovens[oven * OVENS + HAS] += 1


@kernel
def remove(load: int, loads: Ints, seq: Ints, ovens: Ints, width: int) -> None:
    """Out of the order of its oven."""
    oven = loads[load * LOAD + OVEN]
    base = oven * width
    last = ovens[oven * OVENS + HAS] - 1
    for at in range(loads[load * LOAD + POS], last):
        other = seq[base + at + 1]
        seq[base + at] = other
        loads[other * LOAD + POS] = at
    ovens[oven * OVENS + HAS] = last


@kernel
def retime(
    oven: int,
    low: int,
    high: int,
    jobs: Ints,
    loads: Ints,
    seq: Ints,
    ovens: Ints,
    windows: Ints,
    setups: Ints,
    facts: Ints,
    touched: Ints,
) -> int:
    """Times and costs of the loads from ``low`` on, as new ones; what they cost more. Beyond ``high`` it ends
    with the first load that ends as it did."""
    base = oven * (facts[JOBS] + 1)
    families = facts[FAMILIES]
    machine = oven * OVENS
    end = 0
    window = ovens[machine + FROM]
    family = ovens[machine + STATE]
    if low > 0:
        before = seq[base + low - 1] * LOAD
        end = loads[before + END]
        window = loads[before + WINDOW]
        family = loads[before + KIND]
    change = 0
    for at in range(low, ovens[machine + HAS]):
        load = seq[base + at]
        row = load * LOAD
        kind = loads[row + KIND]
        setup = 2 * (family * families + kind)
        seconds = loads[row + LEAST]
        ready = loads[row + READY]
        start = -1
        while window < ovens[machine + TO]:
            start = max(max(end, windows[2 * window]) + setups[setup], ready)
            if start + seconds <= windows[2 * window + 1]:
                break
            window += 1
        if window < ovens[machine + TO]:
            end = start + seconds
            cost = setups[setup + 1] + facts[RUN_COST] * seconds + facts[LOAD_COST]
        else:
            end = NEVER
            cost = PENALTY * loads[row + COUNT]
        job = loads[row + FIRST]
        while job >= 0:
            late = end - jobs[job * JOB + LATE]
            if late > 0:
                cost += jobs[job * JOB + FIXED]
                if end < NEVER:
                    cost += jobs[job * JOB + RATE] * late
            job = jobs[job * JOB + NEXT]
        family = kind
        loads[row + NEW_END] = end
        loads[row + NEW_COST] = cost
        loads[row + NEW_WINDOW] = window
        change += cost - loads[row + COST]
        touched[0] += 1
        touched[touched[0]] = load
        if at >= high and end == loads[row + END]:
            break
    return change


@kernel
def settle(loads: Ints, touched: Ints) -> None:
    """The new times and costs hold."""
    for k in range(1, touched[0] + 1):
        row = touched[k] * LOAD
        loads[row + END] = loads[row + NEW_END]
        loads[row + COST] = loads[row + NEW_COST]
        loads[row + WINDOW] = loads[row + NEW_WINDOW]


@kernel
def somewhere(
    load: int,
    family: int,
    may: int,
    filled: int,
    jobs: Ints,
    loads: Ints,
    ovens: Ints,
    facts: Ints,
    members: Ints,
    chance: Ints,
) -> int:
    """Where a load might go, as oven * (jobs + 1) + position; -1: nowhere this time."""
    way = draw(chance, 4)
    row = load * LOAD
    if way == 0:
        oven = draw(chance, facts[MACHINES])
        pos = draw(chance, ovens[oven * OVENS + HAS] + 1)
    elif way == 1:
        oven = loads[row + OVEN]
        pos = loads[row + POS] + draw(chance, 7) - 3
        pos = min(max(pos, 0), ovens[oven * OVENS + HAS])
    else:
        first = members[family]
        other = jobs[members[first + draw(chance, members[family + 1] - first)] * JOB + IN]
        oven = loads[other * LOAD + OVEN]
        pos = loads[other * LOAD + POS] + draw(chance, 2)
    if (may >> oven) & 1 == 0 or filled > ovens[oven * OVENS + CAPACITY]:
        return -1
    return int(oven * (facts[JOBS] + 1) + pos)


@kernel
def fits(job: int, without: int, load: int, jobs: Ints, loads: Ints, ovens: Ints) -> bool:
    """Whether a job may join a load of its family, in place of the job ``without`` of it (-1: of none)."""
    j = job * JOB
    row = load * LOAD
    oven = loads[row + OVEN]
    gone = jobs[without * JOB + SIZE] if without >= 0 else 0
    if loads[row + FILLED] - gone + jobs[j + SIZE] > ovens[oven * OVENS + CAPACITY]:
        return False
    if (jobs[j + MASK] >> oven) & 1 == 0:
        return False
    if without < 0:
        return bool(max(loads[row + LEAST], jobs[j + SHORT]) <= min(loads[row + MOST], jobs[j + LONG]))
    other = loads[row + FIRST]
    while other >= 0:
        o = other * JOB
        if other != without and (jobs[j + SHORT] > jobs[o + LONG] or jobs[o + SHORT] > jobs[j + LONG]):
            return False
        other = jobs[o + NEXT]
    return True


@kernel
def taken(change: int, warmth: int, shares: Ints, chance: Ints) -> bool:
    """Whether a plan that costs so much more is taken (Metropolis, in whole numbers)."""
    if change <= 0:
        return True
    if change > 7 * warmth:
        return False
    return bool(change * SHARES <= warmth * shares[draw(chance, SHARES)])


@kernel
def remember(jobs: Ints, loads: Ints, seq: Ints, ovens: Ints, facts: Ints, best: Ints) -> None:
    """The plan as it stands: loads of the jobs, then oven and position of each load by job."""
    for job in range(facts[JOBS]):
        load = jobs[job * JOB + IN]
        best[3 * job] = load
        best[3 * job + 1] = loads[load * LOAD + OVEN]
        best[3 * job + 2] = loads[load * LOAD + POS]


@kernel
def retime_two(
    first: int,
    first_low: int,
    first_high: int,
    second: int,
    second_low: int,
    second_high: int,
    jobs: Ints,
    loads: Ints,
    seq: Ints,
    ovens: Ints,
    windows: Ints,
    setups: Ints,
    facts: Ints,
    touched: Ints,
) -> int:
    """Two places of one oven or of two."""
    touched[0] = 0
    if first == second:
        low = min(first_low, second_low)
        high = max(first_high, second_high)
        return retime(first, low, high, jobs, loads, seq, ovens, windows, setups, facts, touched)
    change = retime(first, first_low, first_high, jobs, loads, seq, ovens, windows, setups, facts, touched)
    return change + retime(
        second, second_low, second_high, jobs, loads, seq, ovens, windows, setups, facts, touched
    )


@kernel
def anneal(
    rounds: int,
    warmth: int,
    jobs: Ints,
    loads: Ints,
    seq: Ints,
    ovens: Ints,
    windows: Ints,
    setups: Ints,
    facts: Ints,
    members: Ints,
    touched: Ints,
    free: Ints,
    shares: Ints,
    chance: Ints,
    state: Ints,
    best: Ints,
) -> None:
    """So many moves at one temperature: a job joins a load, gets one of its own or changes places with
    another, a load moves, or is poured into another."""
    count = facts[JOBS]
    width = count + 1
    for _ in range(rounds):
        kind = draw(chance, 16)
        job = draw(chance, count)
        family = jobs[job * JOB + FAMILY]
        load = jobs[job * JOB + IN]
        row = load * LOAD
        oven = loads[row + OVEN]
        pos = loads[row + POS]
        change = 0
        if kind < 6 or kind >= 13:
            base = members[family]
            other = members[base + draw(chance, members[family + 1] - base)]
            target = jobs[other * JOB + IN]
            if target == load:
                continue
            goal = loads[target * LOAD + OVEN]
            goal_pos = loads[target * LOAD + POS]
        else:
            other = -1
            target = load
            goal = oven
            goal_pos = pos
        if kind < 6:  # the job joins the load of another
            if not fits(job, -1, target, jobs, loads, ovens):
                continue
            take(job, jobs, loads)
            put(job, target, jobs, loads)
            gone = loads[row + COUNT] == 0
            if gone:
                remove(load, loads, seq, ovens, width)
                change = -loads[row + COST]
                goal_pos = loads[target * LOAD + POS]
            change += retime_two(
                oven, pos, pos, goal, goal_pos, goal_pos,
                jobs, loads, seq, ovens, windows, setups, facts, touched,
            )  # fmt: skip
            if taken(change, warmth, shares, chance):
                settle(loads, touched)
                if gone:
                    free[0] += 1
                    free[free[0]] = load
            else:
                change = NEVER
                take(job, jobs, loads)
                if gone:
                    insert(load, oven, pos, loads, seq, ovens, width)
                put(job, load, jobs, loads)
        elif kind >= 15:  # the load is poured into another
            if loads[row + FILLED] + loads[target * LOAD + FILLED] > ovens[goal * OVENS + CAPACITY]:
                continue
            if (loads[row + MAY] >> goal) & 1 == 0:
                continue
            least = max(loads[row + LEAST], loads[target * LOAD + LEAST])
            if least > min(loads[row + MOST], loads[target * LOAD + MOST]):
                continue
            stop = loads[target * LOAD + FIRST]
            while loads[row + FIRST] >= 0:
                each = loads[row + FIRST]
                take(each, jobs, loads)
                put(each, target, jobs, loads)
            remove(load, loads, seq, ovens, width)
            goal_pos = loads[target * LOAD + POS]
            change = -loads[row + COST] + retime_two(
                oven, pos, pos, goal, goal_pos, goal_pos,
                jobs, loads, seq, ovens, windows, setups, facts, touched,
            )  # fmt: skip
            if taken(change, warmth, shares, chance):
                settle(loads, touched)
                free[0] += 1
                free[free[0]] = load
            else:
                change = NEVER
                while loads[target * LOAD + FIRST] != stop:
                    each = loads[target * LOAD + FIRST]
                    take(each, jobs, loads)
                    put(each, load, jobs, loads)
                insert(load, oven, pos, loads, seq, ovens, width)
        elif kind >= 13:  # two jobs change places
            if not fits(job, other, target, jobs, loads, ovens):
                continue
            if not fits(other, job, load, jobs, loads, ovens):
                continue
            take(job, jobs, loads)
            take(other, jobs, loads)
            put(job, target, jobs, loads)
            put(other, load, jobs, loads)
            change = retime_two(
                oven, pos, pos, goal, goal_pos, goal_pos,
                jobs, loads, seq, ovens, windows, setups, facts, touched,
            )  # fmt: skip
            if taken(change, warmth, shares, chance):
                settle(loads, touched)
            else:
                change = NEVER
                take(job, jobs, loads)
                take(other, jobs, loads)
                put(job, load, jobs, loads)
                put(other, target, jobs, loads)
        elif kind < 9 and loads[row + COUNT] > 1:  # the job gets a load of its own
            at = somewhere(
                load, family, jobs[job * JOB + MASK], jobs[job * JOB + SIZE],
                jobs, loads, ovens, facts, members, chance,
            )  # fmt: skip
            if at < 0:
                continue
            goal = at // width
            goal_pos = at % width
            target = free[free[0]]
            take(job, jobs, loads)
            loads[target * LOAD + FIRST] = -1
            loads[target * LOAD + KIND] = family
            loads[target * LOAD + COST] = 0
            loads[target * LOAD + END] = -1
            sum_up(target, jobs, loads)
            put(job, target, jobs, loads)
            insert(target, goal, goal_pos, loads, seq, ovens, width)
            pos = loads[row + POS]
            change = retime_two(
                oven, pos, pos, goal, goal_pos, goal_pos + 1,
                jobs, loads, seq, ovens, windows, setups, facts, touched,
            )  # fmt: skip
            if taken(change, warmth, shares, chance):
                settle(loads, touched)
                free[0] -= 1
            else:
                change = NEVER
                remove(target, loads, seq, ovens, width)
                take(job, jobs, loads)
                put(job, load, jobs, loads)
        else:  # the load moves
            at = somewhere(
                load, family, loads[row + MAY], loads[row + FILLED],
                jobs, loads, ovens, facts, members, chance,
            )  # fmt: skip
            if at < 0:
                continue
            goal = at // width
            goal_pos = at % width
            if goal == oven and goal_pos > pos:
                goal_pos -= 1
            if goal == oven and goal_pos == pos:
                continue
            remove(load, loads, seq, ovens, width)
            insert(load, goal, goal_pos, loads, seq, ovens, width)
            back = pos if goal != oven else pos + 1
            change = retime_two(
                oven, pos, back, goal, goal_pos, goal_pos + 1,
                jobs, loads, seq, ovens, windows, setups, facts, touched,
            )  # fmt: skip
            if taken(change, warmth, shares, chance):
                settle(loads, touched)
            else:
                change = NEVER
                remove(load, loads, seq, ovens, width)
                insert(load, oven, pos, loads, seq, ovens, width)
        if change < NEVER:
            state[CURRENT] += change
            if state[CURRENT] < state[BEST]:
                state[BEST] = state[CURRENT]
                remember(jobs, loads, seq, ovens, facts, best)
