"""The kernels of nesting: MaxRects over flat arrays, and ruin and recreate on top of it.

Arrays (``kernels.zeros``), all integers:

``items``   3 for each item: width, height, whether it may be turned (gap included in both sides)
``place``   4 for each item: its sheet (-1: none), x, y, whether it is turned
``free``    4 * MOST for each sheet: left, bottom, right, top of its maximal free rectangles
``count``   how many of those a sheet has
``opened``  the free rectangles of an empty sheet
``work``    room for what is found (3), and for the rectangles of a cut

Sources: J. Jylänki, "A Thousand Ways to Pack the Bin" (2010), 2.4, for the free rectangles and rules;
S. Gardeyn and T. Wauters, EJOR 299 (2022), for giving up a sheet and then ruining and recreating until its
items have found room elsewhere; G. Schrimpf et al., J. Comp. Phys. 159 (2000), for the threshold.
"""

from __future__ import annotations

from production.engine.kernels import BEYOND, Ints, kernel

# Free rectangles kept for a sheet; where there were more, the last ones are forgotten (room is lost, never
# gained).
MOST = 160
WORK = 8 + 16 * MOST
CUT = 8  # where in ``work`` the rectangles of a cut begin
RULES = 4


@kernel
def open_sheet(sheet: int, free: Ints, count: Ints, opened: Ints) -> None:
    base = sheet * MOST * 4
    for k in range(len(opened)):
        free[base + k] = opened[k]
    count[sheet] = len(opened) // 4


@kernel
def cut(
    sheet: int, left: int, bottom: int, right: int, top: int, free: Ints, count: Ints, work: Ints
) -> None:
    """Take the rectangle out of what is free on the sheet."""
    base = sheet * MOST * 4
    kept = 0
    end = CUT
    for p in range(base, base + 4 * count[sheet], 4):
        l = free[p]  # noqa: E741
        b = free[p + 1]
        r = free[p + 2]
        t = free[p + 3]
        if left >= r or right <= l or bottom >= t or top <= b:
            q = base + 4 * kept
            if q != p:
                free[q] = l
                free[q + 1] = b
                free[q + 2] = r
                free[q + 3] = t
            kept += 1
            continue
        if left > l:
            work[end] = l
            work[end + 1] = b
            work[end + 2] = left
            work[end + 3] = t
            end += 4
        if right < r:
            work[end] = right
            work[end + 1] = b
            work[end + 2] = r
            work[end + 3] = t
            end += 4
        if bottom > b:
            work[end] = l
            work[end + 1] = b
            work[end + 2] = r
            work[end + 3] = bottom
            end += 4
        if top < t:
            work[end] = l
            work[end + 1] = top
            work[end + 2] = r
            work[end + 3] = t
            end += 4
    # An untouched rectangle never lies in a piece of another, or it would have lain in that one before.
    old = base + 4 * kept
    for i in range(CUT, end, 4):
        l = work[i]  # noqa: E741
        b = work[i + 1]
        r = work[i + 2]
        t = work[i + 3]
        inside = False
        for p in range(base, old, 4):
            if l >= free[p] and b >= free[p + 1] and r <= free[p + 2] and t <= free[p + 3]:
                inside = True
                break
        if inside:
            continue
        for j in range(CUT, end, 4):
            if j == i or l < work[j] or b < work[j + 1] or r > work[j + 2] or t > work[j + 3]:
                continue
            same = l == work[j] and b == work[j + 1] and r == work[j + 2] and t == work[j + 3]
            if j < i or not same:
                inside = True
                break
        if not inside and kept < MOST:
            p = base + 4 * kept
            free[p] = l
            free[p + 1] = b
            free[p + 2] = r
            free[p + 3] = t
            kept += 1
    count[sheet] = kept


@kernel
def look(
    sheet: int, width: int, height: int, turns: int, rule: int, free: Ints, count: Ints, work: Ints
) -> int:
    """How well the item lies on the sheet: the smaller the better, BEYOND where it has no room.

    Its place is then ``work[3:6]``: x, y, turned. Rules: 0 best short side, 1 best area, 2 bottom left,
    3 best long side.
    """
    base = sheet * MOST * 4
    best = BEYOND
    tie = BEYOND
    thin = width if width < height else height
    long = width + height - thin
    for p in range(base, base + 4 * count[sheet], 4):
        left = free[p]
        across = free[p + 2] - left
        if across < thin:
            continue
        bottom = free[p + 1]
        along = free[p + 3] - bottom
        # Most of what is free is too thin or too short, however the item is turned.
        if along < thin or (across < long and along < long):
            continue
        for turned in range(turns + 1):
            if turned == 0:
                a = across - width
                c = along - height
                rises = height
            else:
                a = across - height
                c = along - width
                rises = width
            if a < 0 or c < 0:
                continue
            low = a if a < c else c
            if rule == 0:
                score = low
                second = a + c - low
            elif rule == 1:
                score = across * along - width * height
                second = low
            elif rule == 2:
                score = bottom + rises
                second = left
            else:
                score = a + c - low
                second = low
            if score < best or (score == best and second < tie):
                best = score
                tie = second
                work[3] = left
                work[4] = bottom
                work[5] = turned
    return best


@kernel
def keep(work: Ints) -> None:
    """Remember the place that was found last, in ``work[:3]``, while others are looked at."""
    for k in range(3):
        work[k] = work[k + 3]


@kernel
def put(
    item: int,
    sheet: int,
    x: int,
    y: int,
    turned: int,
    items: Ints,
    place: Ints,
    free: Ints,
    count: Ints,
    work: Ints,
) -> None:
    width = items[3 * item + turned]
    height = items[3 * item + 1 - turned]
    place[4 * item] = sheet
    place[4 * item + 1] = x
    place[4 * item + 2] = y
    place[4 * item + 3] = turned
    cut(sheet, x, y, x + width, y + height, free, count, work)


@kernel
def fill(
    order: Ints,
    rule: int,
    window: int,
    items: Ints,
    place: Ints,
    free: Ints,
    count: Ints,
    opened: Ints,
    work: Ints,
) -> int:
    """Lay all items in this order, each where it lies best among the last ``window`` sheets, a new one where
    none has room; how many sheets, or -1 where the arrays have no room for as many.

    Every item fits on an empty sheet.
    """
    sheets = 0
    for o in range(len(order)):
        i = order[o]
        best = BEYOND
        at = -1
        for sheet in range(max(0, sheets - window), sheets):
            score = look(sheet, items[3 * i], items[3 * i + 1], items[3 * i + 2], rule, free, count, work)
            if score < best:
                best = score
                at = sheet
                keep(work)
        if at < 0:
            if sheets == len(count):
                return -1
            at = sheets
            sheets += 1
            open_sheet(at, free, count, opened)
            look(at, items[3 * i], items[3 * i + 1], items[3 * i + 2], rule, free, count, work)
            keep(work)
        put(i, at, work[0], work[1], work[2], items, place, free, count, work)
    return sheets


@kernel
def give_up_emptiest(sheets: int, items: Ints, place: Ints, free: Ints, count: Ints, area: Ints) -> int:
    """Take the items off the sheet with the least on it, the last sheet takes its number; their area."""
    for sheet in range(sheets):
        area[sheet] = 0
    for i in range(len(place) // 4):
        area[place[4 * i]] += items[3 * i] * items[3 * i + 1]
    emptiest = 0
    for sheet in range(1, sheets):
        if area[sheet] < area[emptiest]:
            emptiest = sheet
    last = sheets - 1
    for i in range(len(place) // 4):
        if place[4 * i] == emptiest:
            place[4 * i] = -1
        elif place[4 * i] == last:
            place[4 * i] = emptiest
    for k in range(4 * count[last]):
        free[emptiest * MOST * 4 + k] = free[last * MOST * 4 + k]
    count[emptiest] = count[last]
    return int(area[emptiest])


@kernel
def sort_down(order: Ints, length: int, key: Ints) -> None:
    """The first ``length`` of ``order`` by falling ``key``; equal ones keep their order."""
    for o in range(1, length):
        i = order[o]
        p = o - 1
        while p >= 0 and key[order[p]] < key[i]:
            order[p + 1] = order[p]
            p -= 1
        order[p + 1] = i
