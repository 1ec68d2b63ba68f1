"""A strict reader of YAML text: plain data with the line and column of every node.

Stricter than YAML on purpose: one document, no anchors, aliases or tags (a small file cannot grow into a
large one), no key twice, only `true` and `false` are truth values (`no` is a word), numbers are exact.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import yaml

from configurator.engine.characters import hidden, line_and_column

MAX_BYTES = 1_000_000
MAX_DEPTH = 16
MAX_NODES = 200_000

# The parser in C reads the same language seven times as fast; some builds of PyYAML come without it.
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

Path = tuple[str | int, ...]
_INTEGER = re.compile(r"[-+]?[0-9]{1,18}")
_DECIMAL = re.compile(r"[-+]?[0-9]{1,18}\.[0-9]{1,18}")


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong in a file: where (line and column from 1), what, and what may be meant."""

    line: int
    column: int
    where: str
    message: str
    hint: str = ""

    def __str__(self) -> str:
        place = f"line {self.line}, column {self.column}" + (f", {self.where}" if self.where else "")
        return f"{place}: {self.message}" + (f" ({self.hint})" if self.hint else "")


class Unreadable(Exception):
    """The text is not the kind of YAML that is read here."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Document:
    """Plain data (dict, list, str, int, Decimal, bool, None), with line and column by path."""

    data: Any
    places: dict[Path, tuple[int, int]]
    repeated: tuple[Problem, ...]

    def place(self, path: Path) -> tuple[int, int]:
        """The place of a path, or of the nearest thing that holds it."""
        while path and path not in self.places:
            path = path[:-1]
        return self.places.get(path, (1, 1))


def read_document(text: str) -> Document:
    """Reads one YAML document; raises `Unreadable` for what cannot be read at all."""
    if len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise Unreadable(Problem(1, 1, "", f"the file is larger than {MAX_BYTES // 1_000_000} MB"))
    unseen = hidden_problem(text)
    if unseen is not None:
        raise Unreadable(unseen)
    try:
        return _Composer(yaml.parse(text, Loader=_LOADER)).document()
    except yaml.MarkedYAMLError as error:
        marks = [mark for mark in (error.problem_mark, error.context_mark) if mark is not None]
        line, column = (marks[0].line + 1, marks[0].column + 1) if marks else (1, 1)
        message = f"not YAML: {error.problem or error.context}"
        raise Unreadable(Problem(line, column, "", message, _mending(error))) from None
    except yaml.YAMLError as error:
        raise Unreadable(Problem(1, 1, "", f"not YAML: {str(error).splitlines()[0]}")) from None


def hidden_problem(text: str) -> Problem | None:
    """The first character that is not seen or cannot be stored, if there is any."""
    found = hidden(text)
    if found is None:
        return None
    line, column = line_and_column(text, found[0])
    return Problem(line, column, "", f"the text holds the invisible character {found[1]}", "take it out")


def _mending(error: yaml.MarkedYAMLError) -> str:
    return "put the text in double quotes" if "mapping values" in str(error.problem) else ""


class _Composer:
    """Builds data from parser events, so that limits hold while reading."""

    def __init__(self, events: Iterator[Any]) -> None:
        self.events = events
        self.places: dict[Path, tuple[int, int]] = {}
        self.repeated: list[Problem] = []

    def document(self) -> Document:
        data: Any = None
        for event in self.events:
            if isinstance(event, yaml.DocumentStartEvent):
                if self.places:
                    raise Unreadable(_at(event, "the file holds more than one document"))
                data = self._node(next(self.events), ())
        if not self.places:
            raise Unreadable(Problem(1, 1, "", "the file is empty"))
        return Document(data, self.places, tuple(self.repeated))

    def _node(self, event: Any, path: Path) -> Any:
        self._refuse_sharing(event)
        if len(path) > MAX_DEPTH:
            raise Unreadable(_at(event, f"nested deeper than {MAX_DEPTH} levels"))
        if len(self.places) > MAX_NODES:
            raise Unreadable(_at(event, f"more than {MAX_NODES:,} values"))
        self.places[path] = (event.start_mark.line + 1, event.start_mark.column + 1)
        if isinstance(event, yaml.ScalarEvent):
            return _scalar(event)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._sequence(path)
        return self._mapping(path)

    def _sequence(self, path: Path) -> list[Any]:
        items: list[Any] = []
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            items.append(self._node(event, (*path, len(items))))
        return items

    def _mapping(self, path: Path) -> dict[str, Any]:
        members: dict[str, Any] = {}
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            self._refuse_sharing(event)
            if not isinstance(event, yaml.ScalarEvent):
                raise Unreadable(_at(event, "a key has to be a word"))
            key = _text(event)
            value = self._node(next(self.events), (*path, key))
            if key in members:
                self.repeated.append(_at(event, f"{key} is given twice", "keep one of them", where_of(path)))
            members[key] = value
        return members

    def _refuse_sharing(self, event: Any) -> None:
        if isinstance(event, yaml.AliasEvent):
            raise Unreadable(_at(event, f"*{event.anchor}: aliases are not allowed", "repeat the text"))
        if getattr(event, "anchor", None):
            raise Unreadable(_at(event, f"&{event.anchor}: anchors are not allowed", "repeat the text"))
        if getattr(event, "tag", None) and event.tag != "!":
            raise Unreadable(_at(event, f"{event.tag}: tags are not allowed", "leave the tag out"))


def _at(event: Any, message: str, hint: str = "", where: str = "") -> Problem:
    return Problem(event.start_mark.line + 1, event.start_mark.column + 1, where, message, hint)


def _scalar(event: Any) -> Any:
    text = _text(event)
    if event.style:  # none or "" where the text stands without quotes
        return text
    if text in ("true", "false"):
        return text == "true"
    if text in ("", "null", "~"):
        return None
    if _INTEGER.fullmatch(text):
        return int(text)
    return Decimal(text) if _DECIMAL.fullmatch(text) else text


def _text(event: Any) -> str:
    """What a scalar says, in NFC: an escape such as `"\\u202e"` may bring in what the file does not show."""
    found = hidden(event.value)
    if found is not None:
        raise Unreadable(_at(event, f"the text holds the invisible character {found[1]}", "take it out"))
    return unicodedata.normalize("NFC", event.value)


def where_of(path: Path) -> str:
    """`rules[3].expr` for a path."""
    words = ""
    for step in path:
        words += f"[{step + 1}]" if isinstance(step, int) else f".{step}"
    return words.lstrip(".")
