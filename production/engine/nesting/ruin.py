"""Ruin and recreate: fewer sheets than any order of the items gives. Kernels; arrays as in ``packing``.

Besides: ``saved_free``, ``saved_count``, ``saved_place`` hold what a step may have to undo, ``touched``
says of a sheet 0 as it was, 1 ruined, 2 laid on; ``order`` and ``key`` have an entry for each item, ``key``
also one for each sheet; ``chance`` is the state of ``kernels.draw``.
"""

from __future__ import annotations

from production.engine.kernels import BEYOND, Ints, draw, kernel
from production.engine.nesting.packing import (
    MOST,
    RULES,
    give_up_emptiest,
    keep,
    look,
    open_sheet,
    put,
    sort_down,
)

RUINED = 3  # sheets of a step, at most
PASSED_OVER = 20  # one sheet in so many is not looked at, so that the same ruin is not rebuilt the same
COOL = 16  # the first threshold is the mean area of an item over this


@kernel
def save(sheet: int, free: Ints, count: Ints, saved_free: Ints, saved_count: Ints) -> None:
    base = sheet * MOST * 4
    for k in range(base, base + 4 * count[sheet]):
        saved_free[k] = free[k]
    saved_count[sheet] = count[sheet]


@kernel
def ruin(
    sheets: int,
    items: Ints,
    place: Ints,
    free: Ints,
    count: Ints,
    opened: Ints,
    work: Ints,
    order: Ints,
    chance: Ints,
    saved_free: Ints,
    saved_count: Ints,
    saved_place: Ints,
    touched: Ints,
) -> int:
    """Take items off a few sheets, every one or about half; how many items, in ``order``, have no sheet."""
    for sheet in range(sheets):
        touched[sheet] = 0
    for _ in range(1 + draw(chance, RUINED)):
        touched[draw(chance, sheets)] = 1
    wholly = draw(chance, 3) == 0
    for sheet in range(sheets):
        if touched[sheet] == 1:
            save(sheet, free, count, saved_free, saved_count)
            open_sheet(sheet, free, count, opened)
    loose = 0
    for i in range(len(place) // 4):
        sheet = place[4 * i]
        saved_place[4 * i] = sheet
        if sheet < 0:
            order[loose] = i
            loose += 1
        elif touched[sheet] == 1:
            for k in range(1, 4):
                saved_place[4 * i + k] = place[4 * i + k]
            if wholly or draw(chance, 2) == 0:
                place[4 * i] = -1
                order[loose] = i
                loose += 1
            else:
                x = place[4 * i + 1]
                y = place[4 * i + 2]
                put(i, sheet, x, y, place[4 * i + 3], items, place, free, count, work)
    return loose


@kernel
def in_some_order(loose: int, items: Ints, order: Ints, key: Ints, chance: Ints) -> None:
    """Large items first, by one of four sizes, with a chance of a fifth up or down."""
    size = draw(chance, 4)
    for o in range(loose):
        i = order[o]
        width = items[3 * i]
        height = items[3 * i + 1]
        if size == 0:
            large = width * height
        elif size == 1:
            large = max(width, height)
        elif size == 2:
            large = width + height
        else:
            large = min(width, height)
        key[i] = large * (80 + draw(chance, 41))
    sort_down(order, loose, key)


@kernel
def recreate(
    loose: int,
    most: int,
    sheets: int,
    items: Ints,
    place: Ints,
    free: Ints,
    count: Ints,
    work: Ints,
    order: Ints,
    chance: Ints,
    saved_free: Ints,
    saved_count: Ints,
    saved_place: Ints,
    touched: Ints,
) -> int:
    """Lay the loose items where they lie best; the area that finds no room, given up beyond ``most``."""
    rule = draw(chance, RULES)
    left = 0
    for o in range(loose):
        i = order[o]
        best = BEYOND
        at = -1
        for sheet in range(sheets):
            # Where an item had no room before and nothing has changed, it has none now.
            if touched[sheet] == 0 and saved_place[4 * i] < 0:
                continue
            if draw(chance, PASSED_OVER) == 0:
                continue
            score = look(sheet, items[3 * i], items[3 * i + 1], items[3 * i + 2], rule, free, count, work)
            if score < best:
                best = score
                at = sheet
                keep(work)
        if at >= 0:
            if touched[at] == 0:
                touched[at] = 2
                save(at, free, count, saved_free, saved_count)
            put(i, at, work[0], work[1], work[2], items, place, free, count, work)
        else:
            place[4 * i] = -1
            left += items[3 * i] * items[3 * i + 1]
            if left > most:
                break
    return left


@kernel
def undo(
    loose: int,
    sheets: int,
    place: Ints,
    free: Ints,
    count: Ints,
    order: Ints,
    saved_free: Ints,
    saved_count: Ints,
    saved_place: Ints,
    touched: Ints,
) -> None:
    for sheet in range(sheets):
        if touched[sheet] != 0:
            base = sheet * MOST * 4
            count[sheet] = saved_count[sheet]
            for k in range(base, base + 4 * count[sheet]):
                free[k] = saved_free[k]
    for o in range(loose):
        i = order[o]
        place[4 * i] = saved_place[4 * i]
        if place[4 * i] >= 0:
            for k in range(4 * i + 1, 4 * i + 4):
                place[k] = saved_place[k]


@kernel
def improve(
    sheets: int,
    bound: int,
    rounds: int,
    items: Ints,
    place: Ints,
    free: Ints,
    count: Ints,
    opened: Ints,
    work: Ints,
    order: Ints,
    key: Ints,
    chance: Ints,
    best: Ints,
    saved_free: Ints,
    saved_count: Ints,
    saved_place: Ints,
    touched: Ints,
) -> int:
    """Do with a sheet less as often as it can be done in so many rounds, down to ``bound``; how many sheets
    are left. ``place`` is a whole nest on ``sheets``; the answer's is in ``best``."""
    area = 0
    for i in range(len(place) // 4):
        area += items[3 * i] * items[3 * i + 1]
        for k in range(4 * i, 4 * i + 4):
            best[k] = place[k]
    warm = area * 4 // len(place) // COOL + 1
    fewest = sheets
    done = 0
    while fewest > bound and done < rounds:
        left = give_up_emptiest(fewest, items, place, free, count, key)
        sheets = fewest - 1
        begun = done
        while left > 0 and done < rounds:
            most = left + warm * (rounds - done) // (rounds - begun)
            done += 1
            loose = ruin(
                sheets, items, place, free, count, opened, work, order, chance,
                saved_free, saved_count, saved_place, touched,
            )  # fmt: skip
            in_some_order(loose, items, order, key, chance)
            now = recreate(
                loose, most, sheets, items, place, free, count, work, order, chance,
                saved_free, saved_count, saved_place, touched,
            )  # fmt: skip
            if now <= most:
                left = now
            else:
                undo(
                    loose, sheets, place, free, count, order,
                    saved_free, saved_count, saved_place, touched,
                )  # fmt: skip
        if left == 0:
            fewest = sheets
            for k in range(len(place)):
                best[k] = place[k]
    return fewest
