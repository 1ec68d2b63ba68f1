"""Problems and proposals as JSON and back, exactly: what is read again equals what was written.

Written down once, from the types of the shapes themselves: a field that a shape gets later is written too,
and read from older texts with its default. Tuples become lists, shapes become objects by the names of their
fields, and what has its default is left out. Nothing but whole numbers, texts, switches and nothing occurs.
"""

import types
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from production.engine.proposal import Problem, Proposal

FORMAT = 1
PLAIN = frozenset({int, str, bool, type(None)})
T = TypeVar("T")
# Raises ``_Wrong`` where the data are no such value.
Read = Callable[[Any], Any]


class NotReadable(ValueError):
    """The text is no such value; it says where and why."""


class _Wrong(Exception):
    """``where`` is told from the inside out while it is handed up: paths are made only for what is wrong."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.where: list[str] = []


def encode_proposal(proposal: Proposal) -> dict[str, Any]:
    """The proposal as what ``json.dumps`` takes, with ``format``."""
    return _encode_whole(proposal)


def decode_proposal(data: Any) -> Proposal:
    """The proposal again. Raises ``NotReadable`` for anything else, whatever it is."""
    return _decode_whole(Proposal, data)


def encode_problem(problem: Problem) -> dict[str, Any]:
    """The problem, with its shop and its base plan, as what ``json.dumps`` takes."""
    return _encode_whole(problem)


def decode_problem(data: Any) -> Problem:
    """The problem again. Raises ``NotReadable``, and ``shop.BadShop`` for a shop that contradicts itself."""
    return _decode_whole(Problem, data)


def _encode_whole(value: Any) -> dict[str, Any]:
    return {"format": FORMAT, **_encode(value)}


def _decode_whole(kind: type[T], data: Any) -> T:
    if not isinstance(data, Mapping):
        raise NotReadable(f"{kind.__name__}: an object is expected, not {type(data).__name__}")
    if data.get("format") != FORMAT:
        raise NotReadable(f"{kind.__name__}: format {data.get('format')!r} is not known (known: {FORMAT})")
    rest = {name: value for name, value in data.items() if name != "format"}
    read: Read = _reader(kind)  # type: ignore[arg-type]
    try:
        value: T = read(rest)
    except _Wrong as wrong:
        raise NotReadable(f"{kind.__name__}{''.join(reversed(wrong.where))}: {wrong.text}") from None
    return value


def _encode(value: Any) -> Any:
    kind = value.__class__
    if kind is tuple:
        return [_encode(each) for each in value]
    if kind in PLAIN:
        return value
    written = {}
    for name, default in _names(kind):
        held = getattr(value, name)
        if held is not default and held != default:
            written[name] = held if held.__class__ in PLAIN else _encode(held)
    return written


@cache
def _names(kind: Any) -> tuple[tuple[str, Any], ...]:
    """The fields that make up a value, each with its default (``MISSING``: none)."""
    found = []
    for each in fields(kind):
        if each.init:
            default = each.default_factory() if each.default_factory is not MISSING else each.default
            found.append((each.name, default))
    return tuple(found)


@cache
def _reader(kind: Any) -> Read:
    """What reads a value of this type."""
    if is_dataclass(kind):
        return _shape_reader(kind)
    arguments = get_args(kind)
    if get_origin(kind) in (Union, types.UnionType):
        inner = [_reader(each) for each in arguments if each is not type(None)]
        return lambda data: None if data is None else inner[0](data)
    if get_origin(kind) is tuple:
        if arguments[-1] is Ellipsis:
            return _list_reader(arguments[0])
        return _row_reader(arguments)
    if kind not in (int, str, bool):
        raise TypeError(f"{kind} is no type that plans are made of")

    def plain(data: Any) -> Any:
        if data.__class__ is not kind:  # True is no number here, and 1.0 neither
            raise _Wrong(f"{kind.__name__} is expected, not {data!r:.60}")
        return data

    return plain


def _shape_reader(kind: Any) -> Read:
    hints = get_type_hints(kind)
    # Made at the first use: a problem has a base plan, which is a shape of its own.
    readers: dict[str, Read] = {}
    defaults = dict(_names(kind))
    needed = sorted(name for name in defaults if defaults[name] is MISSING)

    def shape(data: Any) -> Any:
        if data.__class__ is not dict:
            raise _Wrong(f"an object is expected, not {type(data).__name__}")
        if strange := sorted(set(map(str, data)) - defaults.keys()):
            raise _Wrong(f"{', '.join(strange)[:60]} is not known")
        if not readers:
            readers.update({name: _reader(hints[name]) for name in defaults})
        if missing := [name for name in needed if name not in data]:
            raise _Wrong(f"{', '.join(missing)} is missing")
        given = {}
        for name, held in data.items():
            try:
                given[name] = readers[name](held)
            except _Wrong as wrong:
                wrong.where.append(f".{name}")
                raise
        return kind(**given)

    return shape


def _list_reader(kind: Any) -> Read:
    each = _reader(kind)

    def row(data: Any) -> Any:
        if data.__class__ is not list:
            raise _Wrong(f"a list is expected, not {type(data).__name__}")
        found = []
        try:
            for held in data:
                found.append(each(held))
        except _Wrong as wrong:
            wrong.where.append(f"[{len(found)}]")
            raise
        return tuple(found)

    return row


def _row_reader(kinds: tuple[Any, ...]) -> Read:
    readers = [_reader(kind) for kind in kinds]

    def row(data: Any) -> Any:
        if data.__class__ is not list or len(data) != len(readers):
            raise _Wrong(f"a list of {len(readers)} is expected, not {data!r:.60}")
        found = []
        try:
            for read, held in zip(readers, data, strict=True):
                found.append(read(held))
        except _Wrong as wrong:
            wrong.where.append(f"[{len(found)}]")
            raise
        return tuple(found)

    return row
