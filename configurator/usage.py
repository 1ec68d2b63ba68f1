"""How often what a family says was used: orders by value, by answered option and by rule.

Counted over what was ordered (and not cancelled), whatever version it was ordered under. A value's count is
the orders with a piece that has it. A rule's is the orders with a piece in its scope: for `p => q` those for
which `p` holds, for other rules those that answered everything it speaks of. Refusals are not kept anywhere,
so how often a rule said no is not known; a rule with a high count shaped many orders, one with none shaped
none. The orders come through a port, as this app does not know who sells.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from configurator.engine.audit.rules import condition_of
from configurator.engine.choices import ChoiceProblem, check_choice, text_length
from configurator.engine.expressions import parse
from configurator.engine.rules import Undefined, environment_of, evaluate, speaks_of
from configurator.engine.spec import FREE_KINDS, Choice, FamilySpec, OptionSpec, RuleSpec

# Gives, for a family's code, what was ordered: (id of the order, choices), one query.
Ordered = Callable[[str], Iterable[tuple[str, Mapping[str, Any]]]]
_sources: list[Ordered] = []


def ordered(source: Ordered) -> Ordered:
    """Register who knows what was ordered; called at the start by the app that sells."""
    if source not in _sources:
        _sources.append(source)
    return source


@dataclass(frozen=True)
class Usage:
    """Numbers of orders. ``values`` by (option, value), ``options`` by option, ``rules`` by rule; ``spans``
    are the lowest and highest number ordered."""

    orders: int
    values: Mapping[tuple[str, str], int] = field(default_factory=dict)
    options: Mapping[str, int] = field(default_factory=dict)
    spans: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    rules: Mapping[str, int] = field(default_factory=dict)


def usage_of(spec: FamilySpec) -> Usage:
    """How often each value and rule of a family was ordered. One query for each source."""
    rows = [row for source in _sources for row in source(spec.code)]
    by_value: dict[tuple[str, str], set[str]] = defaultdict(set)
    by_option: dict[str, set[str]] = defaultdict(set)
    numbers: dict[str, list[int]] = defaultdict(list)
    for order, choices in rows:
        for option in spec.options:
            chosen = choices.get(option.code)
            if chosen is None or chosen == "":
                continue
            by_option[option.code].add(order)
            if option.kind == "integer" and isinstance(chosen, int):
                numbers[option.code].append(chosen)
            for code in _codes(option, chosen):
                by_value[option.code, code].add(order)
    return Usage(
        orders=len({order for order, _ in rows}),
        values={key: len(orders) for key, orders in by_value.items()},
        options={key: len(orders) for key, orders in by_option.items()},
        spans={key: (min(found), max(found)) for key, found in numbers.items()},
        rules=_in_scope(spec, rows),
    )


def _codes(option: OptionSpec, chosen: object) -> Iterator[str]:
    if option.kind in ("choice", "switch"):
        yield str(chosen)
    elif option.kind == "multiple":
        yield from str(chosen).split(",")


def _in_scope(spec: FamilySpec, rows: list[tuple[str, Mapping[str, Any]]]) -> dict[str, int]:
    """Orders in the scope of each rule. Many orders agree in what a rule speaks of, so each different
    set of answers is judged once."""
    return {rule.code: len(set(_orders_in(spec, rule, rows))) for rule in spec.rules}


def _orders_in(spec: FamilySpec, rule: RuleSpec, rows: list[tuple[str, Mapping[str, Any]]]) -> Iterator[str]:
    options = [spec.option_by_code[code] for code in speaks_of(spec, rule)]
    orders: dict[tuple[Any, ...], list[str]] = defaultdict(list)
    for order, choices in rows:
        orders[tuple(_seen(option, choices.get(option.code)) for option in options)].append(order)
    condition = condition_of(rule)
    for answers, found in orders.items():
        given: dict[str, Choice] = {
            option.code: answer
            for option, answer in zip(options, answers, strict=True)
            if answer is not None and not isinstance(check_choice(option, answer), ChoiceProblem)
        }
        if _concerns(spec, options, condition, given):
            yield from found


def _concerns(
    spec: FamilySpec, options: list[OptionSpec], condition: str, given: Mapping[str, Choice]
) -> bool:
    if not condition:
        return all(option.code in given or option.kind in FREE_KINDS for option in options)
    try:
        return evaluate(parse(condition), environment_of(spec, given, finished=True)) is True
    except Undefined:
        return False


def _seen(option: OptionSpec, chosen: Any) -> Any:
    """An answer as rules see it: of a text that is not measured only the length counts."""
    if option.kind == "text" and option.measure is None and isinstance(chosen, str):
        return "n" * text_length(chosen)
    return chosen
