"""A family's rules told to its author: every rule in words, whatever its kind."""

import math
from collections.abc import Iterator
from datetime import date

from configurator.engine.spec import FamilySpec, OptionSpec, RuleSpec, TableSpec
from configurator.engine.wording import count_in_words, listed, rule_in_words, value_in_words

# Rows of a table told one by one; of longer ones the first few and a count.
MOST_ROWS = 6


def rules_told(spec: FamilySpec, *, day: date) -> Iterator[str]:
    """One paragraph a rule, in the order of the family: what it says, to whom, when, and what it protects."""
    for rule in spec.rules:
        yield "\n".join(rule_told(rule, spec, day=day))


def rule_told(rule: RuleSpec, spec: FamilySpec, *, day: date) -> Iterator[str]:
    """The lines of one rule."""
    kind = "warns only" if rule.severity == "warn" else "has to hold"
    protects = f", protects {rule.protects}" if rule.protects else ""
    yield f"{rule.code} ({kind}{protects}{_period(rule, day)})"
    if rule.table is not None:
        yield from (f"  {line}" for line in _table(rule.table, spec))
    else:
        yield f"  {rule_in_words(rule, spec)}"
    if rule.message:
        yield f"  Shoppers read: {rule.message}"


def _period(rule: RuleSpec, day: date) -> str:
    if rule.valid_from is None and rule.valid_until is None:
        return ""
    begins = f" from {rule.valid_from}" if rule.valid_from else ""
    ends = f" until {rule.valid_until}" if rule.valid_until else ""
    early = rule.valid_from is not None and day < rule.valid_from
    late = rule.valid_until is not None and day > rule.valid_until
    now = "not yet" if early else "not any more" if late else "today"
    return f", counts{begins}{ends}: {now}"


def _table(table: TableSpec, spec: FamilySpec) -> Iterator[str]:
    options = [spec.option_by_code[code] for code in table.options]
    possible = math.prod(len(option.values) for option in options)
    size = f"{len(table.rows):,} row{'s' * (len(table.rows) != 1)}, {possible:,} combinations in all"
    names = listed([option.name for option in options])
    yield f"{names} {'go together only' if table.allowed else 'do not go together'} as listed ({size}):"
    for row in table.rows[:MOST_ROWS]:
        said = [_cell(option, cell) for option, cell in zip(options, row, strict=True)]
        yield f"  - {listed([part for part in said if part]) or 'everything'}"
    if len(table.rows) > MOST_ROWS:
        yield f"  - and {len(table.rows) - MOST_ROWS:,} more rows"


def _cell(option: OptionSpec, cell: tuple[str, ...]) -> str:
    """`Size “S or M”`; "" for a cell that holds every value."""
    if len(set(cell)) == len(option.values):
        return ""
    return f"{option.name} “{listed([value_in_words(option, code) for code in cell], 'or')}”"


def options_told(spec: FamilySpec) -> Iterator[str]:
    """One line an option: what can be chosen."""
    for option in spec.options:
        yield f"{option.code} ({option.name}): {_domain(option)}"


def _domain(option: OptionSpec) -> str:
    if option.kind == "switch":
        return "yes or no"
    if option.kind == "choice":
        return f"one of {len(option.values):,} values"
    if option.kind == "multiple":
        count = len(option.values)
        return f"{count_in_words(option.least, option.most, count)} of {count} values"
    if option.kind == "integer":
        steps = f" in steps of {option.step}" if option.step != 1 else ""
        return f"{option.minimum:,} to {option.maximum:,} {option.unit}".rstrip() + steps
    if option.kind == "text":
        return f"a text of up to {option.max_length} letters"
    if option.kind == "placement":
        return f"where {option.of} stands"
    return "a picture"
