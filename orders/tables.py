"""Lists of pieces as people type and paste them: lines of names, or columns from a spreadsheet.

The first line may say what the columns are, by the names or codes of options and ``Quantity``; a tab,
semicolon, comma or bar stands between columns. Without such a line there is one column, and the page says of
which option.
"""

import csv
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from configurator.engine.spec import FamilySpec, OptionSpec
from orders.lists import ListRefused, Row, listed_options

DELIMITERS = "\t;,|"
QUANTITY = ("quantity", "pieces", "qty", "how many")
LONGEST = 100_000  # characters of a list


def read_rows(text: str, *, spec: FamilySpec, column: str) -> list[Row]:
    """The rows of a list; ``column`` is the option that a list without a heading fills.

    Raises ``ListRefused`` for what is no list; what is wrong with a line stands in its row.
    """
    if len(text) > LONGEST:
        raise ListRefused(f"The list is too long: up to {LONGEST:,} characters are read.")
    lines = [
        (number, line.strip(" \r"))
        for number, line in enumerate(text.removeprefix("\ufeff").split("\n"), start=1)
        if line.strip()
    ]
    if not lines:
        raise ListRefused("The list is empty: write one line for each piece.")
    known = _columns(spec)
    mark = next((mark for mark in DELIMITERS if mark in lines[0][1]), "")
    heading = [_plain(cell) for cell in _cells(lines[0][1], mark)]
    if all(cell in known for cell in heading):
        if twice := [cell for cell in dict.fromkeys(heading) if heading.count(cell) > 1]:
            raise ListRefused(f"The first line names a column twice: {', '.join(twice)}.")
        columns, body = [known[cell] for cell in heading], lines[1:]
    elif any(cell in known for cell in heading) and len(heading) > 1:
        strange = [cell for cell in _cells(lines[0][1], mark) if _plain(cell) not in known]
        raise ListRefused(
            f"These columns mean nothing here: {', '.join(strange)}. There are {_named(spec)} and Quantity."
        )
    elif mark or any(mark in line for _, line in lines for mark in "\t;"):
        raise ListRefused(
            "Say in a first line what the columns are, such as “Name, Size, Quantity”. "
            f"There are {_named(spec)} and Quantity. Where names have commas in them, begin with a line that "
            "says the one column."
        )
    elif column in spec.option_by_code:
        columns, body, mark = [spec.option_by_code[column]], lines, ""
    else:
        raise ListRefused("Say what each line is.")
    return [_row(number, _cells(line, mark if len(columns) > 1 else ""), columns) for number, line in body]


def _plain(cell: str) -> str:
    return " ".join(unicodedata.normalize("NFC", cell).split()).casefold()


def _columns(spec: FamilySpec) -> dict[str, OptionSpec | None]:
    """What a column may be called -> its option, None for the quantity."""
    known: dict[str, OptionSpec | None] = dict.fromkeys(QUANTITY)
    for option in listed_options(spec):
        known[_plain(option.code)] = option
    return known | {_plain(option.name): option for option in listed_options(spec)}


def _named(spec: FamilySpec) -> str:
    return ", ".join(option.name for option in listed_options(spec))


def _cells(line: str, mark: str) -> list[str]:
    """The cells of a line; quotes hold a mark together, and without a mark the line is one cell."""
    if not mark:
        whole = line.strip()
        return [whole[1:-1].replace('""', '"') if len(whole) > 1 and whole[0] == whole[-1] == '"' else whole]
    return [cell.strip() for cell in next(csv.reader([line], delimiter=mark, skipinitialspace=True))]


def _row(number: int, cells: Sequence[str], columns: Sequence[OptionSpec | None]) -> Row:
    changes: dict[str, Any] = {}
    problems: list[str] = []
    quantity = 1
    if len(cells) > len(columns):
        problems.append(f"This line has {len(cells)} columns, the first line names {len(columns)}.")
    padded = [*cells, *[""] * (len(columns) - len(cells))]
    for option, cell in zip(columns, padded, strict=False):
        if option is None:
            if cell and not (cell.isascii() and cell.isdigit() and len(cell) < 7):
                problems.append(f"Quantity: “{cell}” is not a number of pieces.")
            quantity = int(cell) if cell.isascii() and cell.isdigit() and len(cell) < 7 else 1
        elif cell or option.kind == "text":
            _read(option, cell, changes, problems)
    return Row(number, changes, quantity, tuple(problems))


def _read(option: OptionSpec, cell: str, changes: dict[str, Any], problems: list[str]) -> None:
    """One cell; an empty one of a text says that nothing is to stand there, elsewhere nothing at all."""
    if option.kind == "text":
        if cell or not option.required:
            changes[option.code] = cell
        else:
            problems.append(f"{option.name} is empty.")
    elif option.kind == "integer":
        digits = cell.removesuffix(option.unit).strip() if option.unit else cell
        try:
            changes[option.code] = int(digits)
        except ValueError:
            problems.append(f"{option.name}: “{cell}” is not a whole number.")
    else:
        wanted = _plain(cell)
        called: Mapping[str, str] = {
            **{_plain(value.name): value.code for value in option.values},
            **{_plain(value.code): value.code for value in option.values},
        }
        if wanted in called:
            changes[option.code] = called[wanted]
        else:
            names = ", ".join(value.name for value in option.values[:12])
            problems.append(f"{option.name}: there is no “{cell}”, only {names}.")
