"""Reading XCSP 2.1: finite domains and tables of supports or conflicts, as industry publishes product data.

Joker values such as -1 for "not on this car" are ordinary values. Functions and predicates are refused;
a family read so has options and rules, but no prices and no routing.
"""

import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from configurator.engine.document import Problem
from configurator.engine.expressions import nearest_hint
from configurator.engine.family import FamilyError
from configurator.engine.spec import FamilySpec, GroupSpec, OptionSpec, RuleSpec, TableSpec, ValueSpec

MAX_BYTES = 20_000_000
MAX_VALUES = 100_000  # of one domain
MAX_ALL_VALUES = 200_000  # of all variables
MAX_CELLS = 5_000_000
_NAME = re.compile("[A-Za-z_][A-Za-z0-9_]{0,59}")
_RANGE = re.compile(r"(-?\d{1,9})\.\.(-?\d{1,9})")
_VALUE = re.compile(r"-?\d{1,9}|[A-Za-z_][A-Za-z0-9_.-]{0,59}")


class _Wrong(Exception):
    """`where` is the name of the domain, variable or constraint that is wrong, or a tag."""

    def __init__(self, where: str, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.where = where
        self.message = message
        self.hint = hint

    def problem(self, text: str) -> Problem:
        """The problem at the element of that name, else at the first of that tag."""
        name = re.escape(self.where)
        found = self.where and (
            re.search(rf"<(?:domain|variable|constraint)\b[^<>]*\bname\s*=\s*[\"']{name}[\"']", text)
            or re.search(rf"<{name}\b", text)
        )
        position = found.start() if found else 0
        line_start = text.rfind("\n", 0, position) + 1
        line = text.count("\n", 0, position) + 1
        return Problem(line, position - line_start + 1, self.where, self.message, self.hint)


def read_xcsp(text: str, *, code: str, name: str, filename: str = "") -> FamilySpec:
    """The instance as a family: variables as choices, constraints as tables; raises `FamilyError`."""
    try:
        return _read(text, code, name)
    except _Wrong as error:
        raise FamilyError((error.problem(text),), filename) from None
    except ParseError as error:
        line, column = error.position
        raise FamilyError((Problem(line, column + 1, "", f"not XML: {error}"),), filename) from None
    except DefusedXmlException as error:
        message = f"not allowed in the XML: {type(error).__name__}"
        raise FamilyError((Problem(1, 1, "", message),), filename) from None


def _read(text: str, code: str, name: str) -> FamilySpec:
    if len(text) > MAX_BYTES:
        raise _Wrong("", f"the file is larger than {MAX_BYTES // 1_000_000} MB")
    instance: Element = fromstring(text)
    if instance.tag != "instance":
        raise _Wrong(instance.tag, "this is no XCSP 2.1 instance", "the first element has to be <instance>")
    for unknown in ("predicates", "functions"):
        if instance.find(unknown) is not None:
            raise _Wrong(unknown, f"{unknown} are not read", "write the constraint as a relation")
    domains = {_named(item): _domain(item) for item in instance.iterfind("domains/domain")}
    options: dict[str, OptionSpec] = {}
    left = MAX_ALL_VALUES
    for item in instance.iterfind("variables/variable"):
        left -= len(domains.get(item.get("domain", ""), ()))
        if left < 0:
            message = f"the variables up to {_named(item)} have more than {MAX_ALL_VALUES:,} values together"
            raise _Wrong(_named(item), message, "make two models of it")
        option = _option(item, domains)
        if option.code in options:
            raise _Wrong(option.code, f"the variable {option.code} is given twice")
        options[option.code] = option
    if not options:
        raise _Wrong("variables", "the instance has no variables")
    relations = {_named(item): item for item in instance.iterfind("relations/relation")}
    rules = tuple(_rules(instance, relations, options))
    return FamilySpec(
        code=code,
        name=name,
        groups=(GroupSpec("options", "Options"),),
        options=tuple(options.values()),
        rules=rules,
    )


def _named(item: Element) -> str:
    name = item.get("name", "")
    if not _NAME.fullmatch(name):
        raise _Wrong(item.tag, f"{name or 'an empty name'} is not a name", "letters, digits and _")
    return name


def _domain(item: Element) -> tuple[str, ...]:
    codes: list[str] = []
    for word in (item.text or "").split():
        span = _RANGE.fullmatch(word)
        if span:
            low, high = int(span[1]), int(span[2])
            if len(codes) + high - low >= MAX_VALUES:
                raise _Wrong(item.get("name", ""), f"the domain has more than {MAX_VALUES:,} values")
            codes += map(str, range(low, high + 1))
        elif _VALUE.fullmatch(word):
            codes.append(word)
        else:
            raise _Wrong(item.get("name", ""), f"{word[:40]} is not a value")
    if not codes:
        raise _Wrong(item.get("name", ""), "the domain is empty")
    return tuple(dict.fromkeys(codes))


def _option(item: Element, domains: dict[str, tuple[str, ...]]) -> OptionSpec:
    name, domain = _named(item), item.get("domain", "")
    if domain not in domains:
        raise _Wrong(name, f"there is no domain {domain}", nearest_hint(domain, domains))
    values = tuple(ValueSpec(code, code) for code in domains[domain])
    return OptionSpec(code=name, name=name, kind="choice", group="options", values=values)


def _rules(
    instance: Element, relations: dict[str, Element], options: dict[str, OptionSpec]
) -> Iterator[RuleSpec]:
    cells = 0
    seen: set[str] = set()
    for item in instance.iterfind("constraints/constraint"):
        name, reference, scope = _named(item), item.get("reference", ""), item.get("scope", "").split()
        if name in seen:
            raise _Wrong(name, f"the constraint {name} is given twice")
        seen.add(name)
        if reference not in relations:
            raise _Wrong(name, f"there is no relation {reference}", nearest_hint(reference, relations))
        unknown = [code for code in scope if code not in options]
        if unknown:
            raise _Wrong(name, f"there is no variable {unknown[0]}", nearest_hint(unknown[0], options))
        if not scope or len(set(scope)) != len(scope):
            raise _Wrong(name, "the scope has to name each of its variables once")
        table = _table(name, relations[reference], tuple(options[code] for code in scope))
        cells += len(table.rows) * len(scope)
        if cells > MAX_CELLS:
            raise _Wrong(name, f"the tables have more than {MAX_CELLS:,} cells")
        yield RuleSpec(code=name, table=table)


def _table(name: str, relation: Element, scope: tuple[OptionSpec, ...]) -> TableSpec:
    semantics = relation.get("semantics", "")
    if semantics not in ("supports", "conflicts"):
        raise _Wrong(
            name, f"the relation has the semantics {semantics or 'none'}", "known: conflicts, supports"
        )
    # One cell object for each value: tables of a hundred thousand rows stay small.
    cells = [{code: (code,) for code in option.codes} for option in scope]
    rows: list[tuple[tuple[str, ...], ...]] = []
    for row in (relation.text or "").split("|"):
        words = row.split()
        if not words:
            continue
        if len(words) != len(scope):
            raise _Wrong(
                name, f"a row has {len(words)} values, the scope {len(scope)} variables", " ".join(words)[:80]
            )
        # A value outside the domain can never be chosen: such a row says nothing.
        row_cells = [cell.get(word) for cell, word in zip(cells, words, strict=True)]
        known = tuple(cell for cell in row_cells if cell is not None)
        if len(known) == len(scope):
            rows.append(known)
    return TableSpec(tuple(option.code for option in scope), tuple(rows), allowed=semantics == "supports")
