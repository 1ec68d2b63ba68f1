"""Where in a family's text something stands, so that a finding can point at its line."""

import re
from collections.abc import Mapping

from configurator.engine.document import Unreadable, read_document

_SECTIONS = {"options": "option", "rules": "rule", "prices": "price", "surfaces": "surface"}
_WORD = re.compile(r"\w[\w-]*")
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


def first_lines(source: str) -> Mapping[str, int]:
    """The first line that names each word, for texts of other formats."""
    lines: dict[str, int] = {}
    for number, line in enumerate(source.split("\n"), start=1):
        for word in _WORD.findall(line):
            lines.setdefault(word, number)
    return lines
