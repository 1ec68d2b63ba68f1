"""Where in a family's text something stands, so that a finding can point at its line."""

import re
from collections.abc import Mapping

from configurator.engine.document import Unreadable, read_document

_SECTIONS = {"options": "option", "rules": "rule", "prices": "price", "surfaces": "surface"}
Place = tuple[str, str]  # what it is (option, value, rule, price, surface, test) and its code


def lines_of(source: str) -> Mapping[Place, int]:
    """The line, from 1, of every option, value (`option.value`), rule, price, surface and test of a family
    file; empty where the text cannot be read."""
    try:
        document = read_document(source)
    except Unreadable:
        return {}
    data = document.data if isinstance(document.data, dict) else {}
    lines: dict[Place, int] = {}
    for section, kind in (*_SECTIONS.items(), ("tests", "test")):
        items = data.get(section)
        for index, item in enumerate(items if isinstance(items, list) else ()):
            code = item.get("name" if kind == "test" else "code") if isinstance(item, dict) else None
            if code is None:
                continue
            lines.setdefault((kind, str(code)), document.place((section, index))[0])
            values = item.get("values") if kind == "option" else None
            for number, value in enumerate(values if isinstance(values, list) else ()):
                if isinstance(value, dict) and value.get("code") is not None:
                    path = (section, index, "values", number)
                    lines.setdefault(("value", f"{code}.{value['code']}"), document.place(path)[0])
    return lines


def line_naming(source: str, code: str) -> int | None:
    """The first line that names a code, for texts of other formats; None where none does."""
    found = re.search(rf"(?<![\w-]){re.escape(code)}(?![\w-])", source)
    return source.count("\n", 0, found.start()) + 1 if found else None
