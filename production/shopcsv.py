"""Tables of a shop: machines, operators, materials, lots, set-ups as CSV, put into a shop's model.

A folder may hold ``shop.yaml`` (or ``shop.json``) and any of the tables; a row takes the place of what has
its code in the model. Tables have a line of headings, commas or semicolons; several values stand in one cell
with spaces between. ``setups-<work centre>.csv`` is a matrix: families before down, after across, minutes in
the cells.
"""

import csv
from collections.abc import Callable, Mapping
from io import StringIO
from pathlib import Path
from typing import Any

from production.shopschema import ShopFileError, parse

Row = Mapping[str, str]
_INTEGERS = ["speed", "capacity", "cost_rate", "power_w", "quantity", "stock", "cost", "count"]
_NUMBERS = ["margin", "gap", "minutes", "width", "height", "bed_width", "bed_height", "keep_offcuts_from"]
_LISTS = ("families", "skills")
COLUMNS = {
    "machines": (
        *("work_centre", "code", "name", "calendar", "bed_width", "bed_height", "margin", "gap", "speed"),
        *("setup", "families", "capacity", "cost_rate", "power_w"),
    ),
    "operators": ("code", "name", "skills", "calendar"),
    "tools": ("code", "name", "count"),
    "materials": ("code", "name", "unit", "width", "height", "keep_offcuts_from", "stock"),
    "lots": ("material", "code", "quantity", "arrives", "expires", "supplier"),
    "setups": ("work_centre", "from", "to", "minutes", "cost"),
}


def read_folder(folder: Path, *, present: Mapping[str, Any]) -> dict[str, Any]:
    """The model of a folder (or of one table); without a shop file in it, the ``present`` one with the
    tables put in. Raises ``ShopFileError`` with every fault and its row, ``OSError``."""
    files = [folder] if folder.is_file() else sorted(folder.iterdir())
    model: dict[str, Any] = dict(present)
    for file in files:
        if file.name in ("shop.yaml", "shop.yml", "shop.json"):
            read = parse(_text(file))
            if not isinstance(read, dict):
                raise ShopFileError([f"{file.name}: a shop file is a mapping of names"])
            model = read
    problems: list[str] = []
    tables = [file for file in files if file.suffix.lower() == ".csv"]
    # In the order of COLUMNS: lots need their materials.
    for file in sorted(tables, key=_place):
        problems += _put_table(file, model)
    if problems:
        raise ShopFileError(problems)
    return model


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as fault:
        raise ShopFileError([f"{file.name}: this is no UTF-8 text ({fault})"]) from fault


def _place(file: Path) -> tuple[int, str]:
    names = list(COLUMNS)
    stem = file.stem.split("-")[0]
    return (names.index(stem) if stem in names else len(names), file.name)


def _put_table(file: Path, model: dict[str, Any]) -> list[str]:
    rows = _rows(_text(file))
    if file.stem.startswith("setups-"):
        return _put_matrix(file, rows, model)
    if file.stem not in COLUMNS:
        known = ", ".join(f"{name}.csv" for name in COLUMNS)
        return [f"{file.name}: this is no table of a shop ({known}, setups-<work centre>.csv)"]
    if not rows:
        return [f"{file.name}: it has no line of headings"]
    headings, known_columns = [cell.strip() for cell in rows[0]], COLUMNS[file.stem]
    if strange := [heading for heading in headings if heading not in known_columns]:
        return [f"{file.name}: no column is called {', '.join(strange)} (known: {', '.join(known_columns)})"]
    problems = []
    for number, cells in enumerate(rows[1:], start=2):
        try:
            item = _item(headings, cells)
            _PUT[file.stem](model, item)
        except (KeyError, ValueError) as fault:
            said = f"{fault.args[0]} is missing" if isinstance(fault, KeyError) else str(fault)
            problems.append(f"{file.name} row {number}: {said}")
    return problems


def _rows(text: str) -> list[list[str]]:
    first = text.split("\n", 1)[0]
    delimiter = ";" if first.count(";") > first.count(",") else ","
    return [
        row for row in csv.reader(StringIO(text), delimiter=delimiter) if any(cell.strip() for cell in row)
    ]


def _item(headings: list[str], cells: list[str]) -> dict[str, Any]:
    if len(cells) > len(headings):
        raise ValueError(f"{len(cells)} cells, {len(headings)} headings")
    item: dict[str, Any] = {}
    for heading, cell in zip(headings, cells, strict=False):
        text = cell.strip()
        if not text:
            continue
        if heading in _INTEGERS:
            item[heading] = _number(int, heading, text)
        elif heading in _NUMBERS:
            item[heading] = _number(float, heading, text)
        elif heading in _LISTS:
            item[heading] = text.split()
        else:
            item[heading] = text
    return item


def _number(kind: Callable[[str], Any], heading: str, text: str) -> Any:
    try:
        return kind(text.replace(",", ".") if kind is float else text)
    except ValueError as fault:
        raise ValueError(f"{heading} is {text!r}, no number") from fault


def _put(items: list[dict[str, Any]], item: dict[str, Any]) -> None:
    """In place of what has its code, of which it keeps what it does not say; else at the end."""
    for index, old in enumerate(items):
        if old.get("code") == item["code"]:
            items[index] = {**old, **item}
            return
    items.append(item)


def _centre(model: dict[str, Any], code: str) -> dict[str, Any]:
    for centre in model.get("work_centres", []):
        if centre["code"] == code:
            found: dict[str, Any] = centre
            return found
    raise ValueError(f"there is no work centre {code!r}")


def _sized(item: dict[str, Any], name: str, width: str, height: str) -> dict[str, Any]:
    """With the two sides as one size."""
    sides = [item.pop(side) for side in (width, height) if side in item]
    return {**item, name: sides} if len(sides) == 2 else item


def _put_machine(model: dict[str, Any], item: dict[str, Any]) -> None:
    centre = _centre(model, item.pop("work_centre"))
    _put(centre.setdefault("machines", []), _sized(item, "bed", "bed_width", "bed_height"))


def _put_material(model: dict[str, Any], item: dict[str, Any]) -> None:
    _put(model.setdefault("materials", []), _sized(item, "sheet", "width", "height"))


def _put_lot(model: dict[str, Any], item: dict[str, Any]) -> None:
    code = item.pop("material")
    for material in model.get("materials", []):
        if material["code"] == code:
            material.pop("stock", None)
            _put(material.setdefault("lots", []), item)
            return
    raise ValueError(f"there is no material {code!r}")


def _put_setup(model: dict[str, Any], item: dict[str, Any]) -> None:
    rules = _centre(model, item.pop("work_centre")).setdefault("setups", [])
    place = (item.get("from", ""), item["to"])
    rules[:] = [rule for rule in rules if (rule.get("from", ""), rule["to"]) != place]
    rules.append(item)


_PUT: dict[str, Callable[[dict[str, Any], dict[str, Any]], None]] = {
    "machines": _put_machine,
    "operators": lambda model, item: _put(model.setdefault("operators", []), item),
    "tools": lambda model, item: _put(model.setdefault("tools", []), item),
    "materials": _put_material,
    "lots": _put_lot,
    "setups": _put_setup,
}


def _put_matrix(file: Path, rows: list[list[str]], model: dict[str, Any]) -> list[str]:
    """The whole matrix of a work centre. A row called ``any`` says it for families without a row."""
    try:
        centre = _centre(model, file.stem.removeprefix("setups-"))
    except ValueError as fault:
        return [f"{file.name}: {fault}"]
    after = [cell.strip() for cell in rows[0][1:]] if rows else []
    problems, rules = [], []
    for number, (before, *cells) in enumerate(rows[1:], start=2):
        for family, cell in zip(after, cells, strict=False):
            if not cell.strip() or family == before.strip():
                continue
            try:
                minutes = _number(float, f"{before} to {family}", cell.strip())
            except ValueError as fault:
                problems.append(f"{file.name} row {number}: {fault}")
                continue
            known = {} if before.strip() == "any" else {"from": before.strip()}
            rules.append({**known, "to": family, "minutes": minutes})
    centre["setups"] = rules
    return problems
