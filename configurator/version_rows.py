"""The rows of a version, derived from its text: for reading, filtering and pointing at, never the truth."""

from dataclasses import fields, is_dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from configurator.engine.spec import FamilySpec, OptionSpec, Quantity
from configurator.models import Option, PriceRule, Rule, Surface, Value, Version


def derive(version: Version, spec: FamilySpec) -> None:
    """Write the rows of ``version`` (not sealed yet), one statement a table."""
    options = Option.objects.bulk_create(
        _option(version, position, option) for position, option in enumerate(spec.options)
    )
    Value.objects.bulk_create(
        Value(
            version=version,
            option=row,
            position=position,
            code=value.code,
            name=value.name,
            attributes=plain(dict(value.attributes)),
        )
        for row, option in zip(options, spec.options, strict=True)
        for position, value in enumerate(option.values)
    )
    Rule.objects.bulk_create(
        Rule(
            version=version,
            position=position,
            code=rule.code,
            definition=rule.expr if rule.expr is not None else plain(rule.table or rule.cardinality),
            severity=rule.severity,
            valid_from=rule.valid_from,
            valid_until=rule.valid_until,
            message=rule.message,
            protects=rule.protects,
        )
        for position, rule in enumerate(spec.rules)
    )
    PriceRule.objects.bulk_create(
        PriceRule(
            version=version, position=position, code=price.code, name=price.name, definition=plain(price)
        )
        for position, price in enumerate(spec.prices)
    )
    Surface.objects.bulk_create(
        Surface(
            version=version,
            position=position,
            code=surface.code,
            name=surface.name,
            process=surface.process,
            definition=plain(surface),
        )
        for position, surface in enumerate(spec.surfaces)
    )


def _option(version: Version, position: int, option: OptionSpec) -> Option:
    number = option.kind == "integer"
    return Option(
        version=version,
        position=position,
        code=option.code,
        name=option.name,
        kind=option.kind,
        group=option.group,
        help=option.help,
        required=option.required,
        default=option.default,
        unit=option.unit,
        minimum=option.minimum if number else None,
        maximum=option.maximum if number else None,
        step=option.step if number else None,
        least=option.least if option.kind == "multiple" else None,
        most=option.most if option.kind == "multiple" else None,
        max_length=option.max_length if option.kind == "text" else None,
        min_dpi=option.min_dpi if option.kind == "image" else None,
    )


def plain(fact: Any) -> Any:
    """A fact of the engine as JSON: quantities become ``"12 mm"``, exact numbers stay text."""
    if isinstance(fact, Quantity):
        return f"{_number(fact.number)} {fact.unit}".strip()
    if is_dataclass(fact) and not isinstance(fact, type):
        return {field.name: plain(getattr(fact, field.name)) for field in fields(fact)}
    if isinstance(fact, Fraction | Decimal):
        return _number(fact)
    if isinstance(fact, dict):
        return {str(key): plain(value) for key, value in fact.items()}
    if isinstance(fact, tuple | list):
        return [plain(value) for value in fact]
    return fact


def _number(number: Fraction | Decimal) -> str:
    if isinstance(number, Fraction) and number.denominator != 1:
        return f"{float(number):g}"
    return f"{number}"
