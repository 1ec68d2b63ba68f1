"""Nests are sound, near the area bound, and as good as trying everything on tiny cases."""

import json
import os
import random
import subprocess
import sys
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from production.engine.nesting import Item, Placed, SheetSize, TooLarge, area_bound, lower_bound, nest

SHEET = SheetSize(600, 400, 5, 3)


def items_of(sizes: list[tuple[int, int, bool]]) -> list[Item]:
    return [Item(number, width, height, turn) for number, (width, height, turn) in enumerate(sizes)]


def laid(item: Item, place: Placed) -> tuple[int, int, int, int]:
    width, height = (item.height, item.width) if place.rotated else (item.width, item.height)
    return place.x, place.y, place.x + width, place.y + height


def check(sheets: list[list[tuple[Item, Placed]]], size: SheetSize) -> None:
    for sheet in sheets:
        boxes = [laid(item, place) for item, place in sheet]
        for item, place in sheet:
            left, bottom, right, top = laid(item, place)
            assert left >= size.margin and bottom >= size.margin
            assert right <= size.width - size.margin and top <= size.height - size.margin
            assert item.may_rotate or not place.rotated
        for number, (left, bottom, right, top) in enumerate(boxes):
            for other in boxes[number + 1 :]:
                assert (
                    right + size.gap <= other[0]
                    or other[2] + size.gap <= left
                    or top + size.gap <= other[1]
                    or other[3] + size.gap <= bottom
                )


sizes = st.lists(st.tuples(st.integers(10, 390), st.integers(10, 390), st.booleans()), max_size=40)


@settings(max_examples=150, deadline=None)
@given(sizes)
def test_every_part_lies_once_inside_and_apart(wanted: list[tuple[int, int, bool]]) -> None:
    items = items_of(wanted)
    sheets = nest(items, SHEET)
    assert sorted(item.number for sheet in sheets for item, _ in sheet) == list(range(len(items)))
    check(sheets, SHEET)
    assert len(sheets) >= area_bound(items, SHEET)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.integers(40, 200), st.integers(40, 200), st.just(True)), min_size=60, max_size=90)
)
def test_many_small_parts_come_near_the_area_bound(wanted: list[tuple[int, int, bool]]) -> None:
    items = items_of(wanted)
    assert len(nest(items, SHEET)) <= -(-area_bound(items, SHEET) * 135 // 100) + 1


def fits_on_one(wanted: list[tuple[int, int]], width: int, height: int) -> bool:
    """Brute force: every order, every way round, every corner where sides of others meet."""

    def place(left: list[tuple[int, int]], boxes: list[tuple[int, int, int, int]]) -> bool:
        if not left:
            return True
        for w, h in {left[0], left[0][::-1]}:
            for x in {0, *(box[2] for box in boxes)}:
                for y in {0, *(box[3] for box in boxes)}:
                    box = (x, y, x + w, y + h)
                    if box[2] > width or box[3] > height:
                        continue
                    if all(
                        box[2] <= o[0] or o[2] <= box[0] or box[3] <= o[1] or o[3] <= box[1] for o in boxes
                    ) and place(left[1:], [*boxes, box]):
                        return True
        return False

    return any(place(list(order), []) for order in set(permutations(wanted)))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 6), st.integers(1, 6)), min_size=1, max_size=4))
def test_tiny_nests_are_rarely_worse_than_trying_everything(wanted: list[tuple[int, int]]) -> None:
    size = SheetSize(8, 6, 0, 0)
    best_is_one = fits_on_one(wanted, 8, 6)
    found = nest(items_of([(w, h, True) for w, h in wanted]), size)
    if not best_is_one:
        assert len(found) > 1, "nobody can do this"
    else:
        assert len(found) <= 2


@settings(max_examples=60, deadline=None)
@given(sizes, st.integers(0, 2**31 - 1))
def test_ruin_and_recreate_loses_nothing_and_never_takes_more(
    wanted: list[tuple[int, int, bool]], seed: int
) -> None:
    items = items_of(wanted)
    laid_once, again = nest(items, SHEET), nest(items, SHEET, rounds=40, seed=seed)
    assert sorted(item.number for sheet in again for item, _ in sheet) == list(range(len(items)))
    check(again, SHEET)
    assert lower_bound(items, SHEET) <= len(again) <= len(laid_once)


def test_ruin_and_recreate_does_with_a_sheet_less() -> None:
    chance = random.Random(3)
    items = items_of([(chance.randint(60, 300), chance.randint(40, 160), True) for _ in range(52)])[12:]
    assert len(nest(items, SHEET)) == 5
    assert len(nest(items, SHEET, rounds=300)) == 4 == lower_bound(items, SHEET)


def test_the_same_seed_and_rounds_give_the_same_nest() -> None:
    chance = random.Random(5)
    items = items_of([(chance.randint(60, 300), chance.randint(40, 160), True) for _ in range(60)])
    assert nest(items, SHEET, rounds=50, seed=9) == nest(items, SHEET, rounds=50, seed=9)


def test_nests_of_many_sheets_find_room_for_their_arrays() -> None:
    # Far more sheets than the area says: a little over half of each is used.
    items = items_of([(590, 200, False)] * 90)
    assert area_bound(items, SHEET) < 50
    assert len(nest(items, SHEET)) == 90


def test_two_items_longer_than_half_a_sheet_both_ways_never_share_it() -> None:
    items = items_of([(320, 210, False)] * 3)
    assert (area_bound(items, SHEET), lower_bound(items, SHEET)) == (1, 3)
    assert len(nest(items, SHEET)) == 3


def test_an_item_that_may_be_turned_needs_a_sheet_alone_only_where_both_sides_are_long() -> None:
    assert lower_bound(items_of([(320, 210, True)] * 2), SHEET) == 1
    assert lower_bound(items_of([(320, 310, True)] * 2), SHEET) == 2


COMPILED = """
import json, random, sys
from production.engine import kernels
from production.engine.nesting import Item, SheetSize, nest
chance = random.Random(5)
items = [Item(n, chance.randint(60, 300), chance.randint(40, 160), n % 3 > 0) for n in range(80)]
print(json.dumps([kernels.is_compiled(), nest(items, SheetSize(600, 400, 5, 3), rounds=200, seed=4)]))
"""


def test_compiled_kernels_give_the_same_nest_as_python() -> None:
    """Runs where numba is installed; ``manage.py bench planning`` installs it and asks the same."""
    pytest.importorskip("numba", reason="numba, an extra, is not installed")
    answers = [
        json.loads(
            subprocess.run(
                [sys.executable, "-c", COMPILED],
                env={**os.environ, "KERNELS": how},
                capture_output=True,
                check=True,
                text=True,
            ).stdout
        )
        for how in ("python", "")
    ]
    assert [compiled for compiled, _ in answers] == [False, True]
    assert answers[0][1] == answers[1][1]


def test_a_full_sheet_is_found() -> None:
    # Six parts of 200 x 200 fill 600 x 400 to the last millimetre.
    assert len(nest(items_of([(200, 200, False)] * 6), SheetSize(600, 400, 0, 0))) == 1


def test_one_millimetre_between_parts_makes_it_two_a_sheet() -> None:
    assert len(nest(items_of([(200, 200, False)] * 6), SheetSize(600, 400, 0, 1))) == 3


def test_a_part_is_turned_where_that_is_the_only_way() -> None:
    ((placed,),) = nest(items_of([(390, 500, True)]), SHEET)
    assert placed[1].rotated


def test_a_part_that_may_not_be_turned_is_too_large() -> None:
    with pytest.raises(TooLarge) as refused:
        nest(items_of([(100, 100, True), (390, 500, False)]), SHEET)
    assert [item.number for item in refused.value.items] == [1]


def test_area_is_no_proof_of_fit() -> None:
    # 2 x (400 x 210): 70 % of the sheet by area, and no two of them beside each other.
    items = items_of([(400, 210, False)] * 2)
    assert area_bound(items, SheetSize(600, 400, 0, 0)) == 1
    assert len(nest(items, SheetSize(600, 400, 0, 0))) == 2
