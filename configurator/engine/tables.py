"""Tables as boxes: rows that differ in one column only are merged into one row of sets.

This is what keeps the clauses of real product data few: 6,000 rows of a car's tables become some 150 boxes.
"""

from collections import defaultdict

from configurator.engine.spec import TableSpec

# A box has, for each column, the set of allowed values as a bit mask.
Box = tuple[int, ...]


def boxes_of(table: TableSpec, positions: list[dict[str, int]]) -> list[Box]:
    """The table's rows as few boxes; `positions` gives for each column the number of each code."""
    masks = [
        tuple(_mask(cell, numbers) for cell, numbers in zip(row, positions, strict=True))
        for row in table.rows
    ]
    boxes = list(dict.fromkeys(masks))
    # The column with the most values promises the most merging; go round until nothing merges any more.
    order = sorted(range(len(positions)), key=lambda column: -len(positions[column]))
    before = -1
    while len(boxes) != before:
        before = len(boxes)
        for column in order:
            boxes = _merged(boxes, column)
    return boxes


def _mask(cell: tuple[str, ...], numbers: dict[str, int]) -> int:
    mask = 0
    for code in cell:
        mask |= 1 << numbers[code]
    return mask


def _merged(boxes: list[Box], column: int) -> list[Box]:
    groups: dict[Box, int] = defaultdict(int)
    for box in boxes:
        groups[box[:column] + box[column + 1 :]] |= box[column]
    return [(*rest[:column], mask, *rest[column:]) for rest, mask in groups.items()]
