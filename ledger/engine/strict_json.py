"""A strict gate for JSON that comes from outside.

Python's own reader accepts much that a database or the next parser does not: NaN,
duplicate keys, lone surrogates, numbers of 5,000 digits, nesting that ends in a
RecursionError. Here each of those is a refusal that says what and where; what comes
out is plain JSON that PostgreSQL stores and any other parser reads the same way.
"""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import dataclass
from typing import Any, Never

MAX_BYTES = 256 * 1024
MAX_DEPTH = 32
MAX_NODES = 50_000
MAX_STRING = 10_000
MAX_INTEGER = 2**53  # the largest integer every JSON reader keeps exactly

# A text as long between two quotes may be too long.
_LONG = re.compile(f'"[^"]{{{MAX_STRING + 1},}}"')
_STRINGS = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)
# Controls (but tab, line feed, carriage return), bidirectional overrides and isolates, noncharacters.
_FORBIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufffe\uffff\ud800-\udfff]"
)


class BadJson(ValueError):
    """The bytes are not JSON this gate lets in; ``str`` says what, where and the limit."""


@dataclass(frozen=True, slots=True)
class Size:
    """How much one body may hold."""

    bytes: int = MAX_BYTES
    nodes: int = MAX_NODES


ORDINARY = Size()


def parse(raw: bytes, *, size: Size = ORDINARY) -> Any:
    """``raw`` (UTF-8) as JSON with strings in NFC; raises ``BadJson``."""
    if len(raw) > size.bytes:
        raise BadJson(f"The body has {len(raw)} bytes; at most {size.bytes} are read.")
    if raw.startswith(b"\xef\xbb\xbf"):
        raise BadJson("The body starts with a byte order mark; send plain UTF-8.")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadJson(f"Byte {error.start} is not UTF-8.") from error
    _refuse_depth(raw)
    try:
        value = json.loads(
            text,
            object_pairs_hook=_unique,
            parse_constant=_no_constant,
            parse_int=_integer,
            parse_float=_real,
        )
    except json.JSONDecodeError as error:
        raise BadJson(f"{error.msg} at line {error.lineno}, column {error.colno}.") from error
    except RecursionError as error:
        raise BadJson(f"The body is nested deeper than {MAX_DEPTH} levels.") from error
    counter = _Counter(size.nodes)
    if _is_clean(text):
        _count(value, counter)
        return value
    return _clean(value, "", counter)


@dataclass(slots=True)
class _Counter:
    most: int
    seen: int = 0

    def count(self, values: int = 1) -> None:
        self.seen += values
        if self.seen > self.most:
            raise BadJson(f"The body has more than {self.most} values.")


def _refuse_depth(raw: bytes) -> None:
    depth = 0
    for byte in re.findall(rb"[\[\]{}]", _STRINGS.sub(b"", raw)):
        depth += 1 if byte in (b"[", b"{") else -1
        if depth > MAX_DEPTH:
            raise BadJson(f"The body is nested deeper than {MAX_DEPTH} levels.")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    seen: dict[str, Any] = {}
    for key, value in pairs:
        if key in seen:
            raise BadJson(f"The key {key[:60]!r} stands twice in one object.")
        seen[key] = value
    return seen


def _no_constant(name: str) -> Never:
    raise BadJson(f"{name} is not JSON.")


def _integer(digits: str) -> int:
    if len(digits) > 17 or abs(int(digits)) > MAX_INTEGER:
        raise BadJson(f"The integer {digits[:20]}… is larger than {MAX_INTEGER}; send it as a string.")
    return int(digits)


def _real(digits: str) -> float:
    value = float(digits)
    if value in (float("inf"), float("-inf")) or len(digits) > 40:
        raise BadJson(f"The number {digits[:20]}… is out of range.")
    return value


def _is_clean(text: str) -> bool:
    """Whether every string is as it comes out, told from the whole text: without escapes it holds them as
    they are, and a part of a text in NFC is in NFC. So a million short strings are not looked at one by one.
    """
    return (
        "\\" not in text
        and _FORBIDDEN.search(text) is None
        and _LONG.search(text) is None
        and unicodedata.is_normalized("NFC", text)
    )


def _count(value: Any, counter: _Counter) -> None:
    counter.count()
    inside = [value]
    while inside:
        each = inside.pop()
        if isinstance(each, dict | list):
            counter.count(len(each))
            members = each.values() if isinstance(each, dict) else each
            inside += [member for member in members if isinstance(member, dict | list)]


def _clean(value: Any, pointer: str, counter: _Counter) -> Any:
    counter.count()
    if isinstance(value, str):
        return _text(value, pointer)
    if isinstance(value, list):
        return [_clean(item, f"{pointer}/{index}", counter) for index, item in enumerate(value)]
    if isinstance(value, dict):
        cleaned = {
            _text(key, f"{pointer}/{key[:40]}"): _clean(item, f"{pointer}/{key[:40]}", counter)
            for key, item in value.items()
        }
        if len(cleaned) != len(value):
            raise BadJson(f"Two keys of {pointer or '/'} are the same text in normal form.")
        return cleaned
    return value


def _text(value: str, pointer: str) -> str:
    if len(value) > MAX_STRING:
        raise BadJson(
            f"The text at {pointer or '/'} has {len(value)} characters; at most {MAX_STRING} are read."
        )
    found = _FORBIDDEN.search(value)
    if found:
        raise BadJson(
            f"The text at {pointer.encode('ascii', 'replace').decode() or '/'} has the character "
            f"U+{ord(found[0]):04X}, which cannot be stored or shown; remove it."
        )
    return unicodedata.normalize("NFC", value)
