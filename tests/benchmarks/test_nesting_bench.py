"""The bench of nesting checks every nest itself, and reads the files of packingsolver."""

from pathlib import Path

import pytest

from benchmarks.planning.nesting import check, nest_of, pieces, read
from benchmarks.planning.sizes import full
from production.engine.nesting import Item, Placed, SheetSize, nest

SIZE = SheetSize(100, 100, 5, 2)
ONE, OTHER = Item(0, 40, 30, True), Item(1, 40, 30, False)


def faults(*sheets: list[tuple[Item, Placed]]) -> list[str]:
    found: list[str] = []
    check("nest", list(sheets), [ONE, OTHER], SIZE, found)
    return found


def test_a_good_nest_has_no_faults() -> None:
    assert faults([(ONE, Placed(5, 5, False)), (OTHER, Placed(5, 37, False))]) == []
    items = pieces(30, seed=1)
    found: list[str] = []
    check("pieces", nest(items, SheetSize(600_000, 400_000, 5_000, 2_000)), items, SIZE, found)
    assert found, "checked against the sheet that is given"


@pytest.mark.parametrize(
    ("sheet", "fault"),
    [
        ([(ONE, Placed(5, 5, False)), (OTHER, Placed(5, 36, False))], "nearer than"),
        ([(ONE, Placed(4, 5, False)), (OTHER, Placed(5, 37, False))], "outside"),
        ([(ONE, Placed(5, 5, False)), (OTHER, Placed(5, 37, True))], "is turned"),
        ([(ONE, Placed(5, 5, False))], "not every part once"),
    ],
)
def test_every_fault_is_found(sheet: list[tuple[Item, Placed]], fault: str) -> None:
    assert any(fault in each for each in faults(sheet))


def test_what_rectpack_says_is_read() -> None:
    items = [Item(0, 10, 20, True), Item(1, 30, 5, True)]
    sheets = nest_of([(0, 0, 0, 12, 22, 0), (1, 3, 4, 7, 32, 1)], items, SIZE)
    assert sheets == [[(items[0], Placed(5, 5, False))], [(items[1], Placed(8, 9, True))]]


def test_instances_of_a_folder_are_read(tmp_path: Path) -> None:
    (tmp_path / "a_items.csv").write_text("ID,WIDTH,HEIGHT,COPIES\n0,9,8,2\n")
    (tmp_path / "a_bins.csv").write_text("ID,WIDTH,HEIGHT\n0,10,11\n")
    (tmp_path / "lonely_items.csv").write_text("ID,WIDTH,HEIGHT\n0,9,8\n")
    (found,) = read(full(1, tmp_path))
    assert (found.name, found.sides, found.size) == ("a", ((9, 8), (9, 8)), (10, 11))
    assert found.best_known == {False: None, True: None}
