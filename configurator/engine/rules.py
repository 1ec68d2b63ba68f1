"""Evaluating rules and expressions over choices: exactly, and three-valued while something is not chosen."""

import math
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from fractions import Fraction

from configurator.engine.choices import codes_of, decided, text_length
from configurator.engine.expressions import (
    Aggregate,
    Constant,
    Expression,
    ExpressionError,
    Node,
    Operation,
    Reference,
    parse,
)
from configurator.engine.spec import (
    Attribute,
    CardinalitySpec,
    Choices,
    FamilySpec,
    OptionSpec,
    Quantity,
    RuleSpec,
    TableSpec,
)
from configurator.engine.units import factor_of

__all__ = [
    "Environment",
    "Expression",
    "ExpressionError",
    "Undefined",
    "Value",
    "environment_of",
    "evaluate",
    "fill",
    "holds",
    "length_um",
    "number_of",
    "options_of",
    "parse",
    "rule_holds",
    "speaks_of",
    "template_references",
]

Value = Fraction | str | bool
# What each name stands for, by `option` or `option.attribute`; a name that is missing is not chosen yet.
Environment = Mapping[str, Value]
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


class Undefined(ArithmeticError):
    """A number that does not exist: something divided by zero."""


def environment_of(spec: FamilySpec, choices: Choices, *, finished: bool = False) -> dict[str, Value]:
    """What every name of the family stands for under these choices.

    With `finished`, texts and pictures that were left out count as empty; otherwise they are not known yet.
    """
    environment: dict[str, Value] = {}
    for option in spec.options:
        chosen = choices.get(option.code)
        if option.kind == "text" and (chosen is not None or finished):
            environment[option.code] = str(chosen or "")
            environment[f"{option.code}.length"] = Fraction(text_length(str(chosen or "")))
        elif option.kind in ("image", "placement") and (chosen is not None or finished):
            environment[f"{option.code}.count"] = Fraction(1 if chosen else 0)
        elif chosen is not None:
            environment.update(values_of(option, chosen))
    if spec.summed:
        _sum_up_all(spec, choices, environment)
    return environment


def values_of(option: OptionSpec, chosen: str | int) -> dict[str, Value]:
    """What the names of an option (no text, no picture) stand for when this is chosen."""
    if option.kind == "integer":
        return {option.code: Fraction(int(chosen)) * factor_of(option.unit)}
    named: dict[str, Value] = {}
    if option.kind == "multiple":
        truths = decided(option, chosen)
        named = {f"{option.code}.{code}": truth for code, truth in truths.items()}
        if len(truths) == len(option.values):
            named[f"{option.code}.count"] = Fraction(sum(truths.values()))
            _sum_up(option, chosen, named)
        return named
    value = option.value_by_code[str(chosen)]
    named = {f"{option.code}.{name}": _plain(attribute) for name, attribute in value.attributes.items()}
    _sum_up(option, chosen, named)
    return {option.code: value.code == "yes" if option.kind == "switch" else value.code, **named}


def _sum_up(option: OptionSpec, chosen: str | int, named: dict[str, Value]) -> None:
    """The aggregates of an option's attributes, where there is more than one value to sum up."""
    if option.kind == "choice":
        return
    codes = codes_of(chosen) if option.kind == "multiple" else (str(chosen),)
    for attribute in option.number_attributes:
        _note_sums(f"{option.code}.{attribute}", _numbers(option, codes, attribute), named)


def _sum_up_all(spec: FamilySpec, choices: Choices, environment: dict[str, Value]) -> None:
    """What the family's expressions sum up over options, where all of these are chosen."""
    for name in spec.summed:
        code, _, attribute = name.rpartition(".")
        having = spec.having(attribute) if not code else (spec.option_by_code.get(code),)
        numbers: list[Fraction] = []
        for option in having:
            chosen = None if option is None else choices.get(option.code)
            if option is None or chosen is None:
                break
            if option.kind == "multiple" and len(decided(option, chosen)) < len(option.values):
                break
            numbers += _numbers(option, codes_of(chosen), attribute)
        else:
            _note_sums(name, numbers, environment)


def _numbers(option: OptionSpec, codes: tuple[str, ...], attribute: str) -> list[Fraction]:
    found = [option.value_by_code[code].attributes.get(attribute) for code in codes]
    return [quantity.number for quantity in found if isinstance(quantity, Quantity)]


def _note_sums(name: str, numbers: list[Fraction], named: dict[str, Value]) -> None:
    named[f"count({name})"] = Fraction(len(numbers))
    named[f"sum({name})"] = sum(numbers, Fraction(0))
    if numbers:
        named[f"avg({name})"] = sum(numbers, Fraction(0)) / len(numbers)
        named[f"min({name})"] = min(numbers)
        named[f"max({name})"] = max(numbers)


def _plain(attribute: Attribute) -> Value:
    return attribute.number if isinstance(attribute, Quantity) else attribute


def evaluate(expression: Expression, environment: Environment) -> Value | None:
    """The value, or None while it depends on something not chosen; `Undefined` on a division by zero."""
    return _evaluate(expression.root, environment)


def _evaluate(node: Node, environment: Environment) -> Value | None:
    if isinstance(node, Constant):
        return node.value
    if isinstance(node, Reference):
        return environment.get(node.key)
    if isinstance(node, Aggregate):
        return _aggregate(node, environment)
    assert isinstance(node, Operation)
    return _EVALUATORS[node.operator](node.operands, environment)


def _aggregate(node: Aggregate, environment: Environment) -> Value | None:
    if node.function != "sum" and environment.get(f"count({node.name})") == 0:
        raise Undefined(f"nothing is chosen that has {node.attribute}")
    return environment.get(f"{node.function}({node.name})")


_Operands = tuple[Node, ...]


def _not(operands: _Operands, environment: Environment) -> Value | None:
    value = _evaluate(operands[0], environment)
    return None if value is None else not value


def _and(operands: _Operands, environment: Environment) -> Value | None:
    unknown = False
    for operand in operands:
        value = _evaluate(operand, environment)
        if value is False:
            return False
        unknown = unknown or value is None
    return None if unknown else True


def _or(operands: _Operands, environment: Environment) -> Value | None:
    unknown = False
    for operand in operands:
        value = _evaluate(operand, environment)
        if value is True:
            return True
        unknown = unknown or value is None
    return None if unknown else False


def _implies(operands: _Operands, environment: Environment) -> Value | None:
    left = _evaluate(operands[0], environment)
    if left is False:
        return True
    right = _evaluate(operands[1], environment)
    return True if right is True else None if left is None or right is None else False


def _equivalent(operands: _Operands, environment: Environment) -> Value | None:
    left, right = (_evaluate(operand, environment) for operand in operands)
    return None if left is None or right is None else left == right


def _relation(test: Callable[..., bool]) -> Callable[[_Operands, Environment], Value | None]:
    def relate(operands: _Operands, environment: Environment) -> Value | None:
        # A comparison with a number that does not exist does not hold (relational semantics).
        try:
            values = [_as_word(_evaluate(operand, environment)) for operand in operands]
        except Undefined:
            return False
        return None if None in values else test(*values)

    return relate


def _as_word(value: Value | None) -> Value | None:
    """A switch is compared by its codes."""
    return ("yes" if value else "no") if isinstance(value, bool) else value


def _arithmetic(compute: Callable[..., Fraction | int]) -> Callable[[_Operands, Environment], Value | None]:
    def calculate(operands: _Operands, environment: Environment) -> Value | None:
        values = [_evaluate(operand, environment) for operand in operands]
        return None if None in values else Fraction(compute(*values))

    return calculate


def _divide(left: Fraction, right: Fraction) -> Fraction:
    if right == 0:
        raise Undefined("a number is divided by zero")
    return left / right


def _if(operands: _Operands, environment: Environment) -> Value | None:
    condition = _evaluate(operands[0], environment)
    if condition is None:
        first, second = (_evaluate(operand, environment) for operand in operands[1:])
        return first if first == second else None
    return _evaluate(operands[1 if condition else 2], environment)


_EVALUATORS: dict[str, Callable[[_Operands, Environment], Value | None]] = {
    "!": _not,
    "&": _and,
    "|": _or,
    "=>": _implies,
    "<=>": _equivalent,
    "if": _if,
    "==": _relation(lambda a, b: a == b),
    "!=": _relation(lambda a, b: a != b),
    "<": _relation(lambda a, b: a < b),
    ">": _relation(lambda a, b: a > b),
    "<=": _relation(lambda a, b: a <= b),
    ">=": _relation(lambda a, b: a >= b),
    "in": _relation(lambda value, *listed: value in listed),
    "+": _arithmetic(lambda a, b: a + b),
    "-": _arithmetic(lambda a, b: a - b),
    "*": _arithmetic(lambda a, b: a * b),
    "/": _arithmetic(_divide),
    "neg": _arithmetic(lambda a: -a),
    "floor": _arithmetic(math.floor),
    "ceil": _arithmetic(math.ceil),
    "abs": _arithmetic(abs),
    "min": _arithmetic(min),
    "max": _arithmetic(max),
}


def holds(condition: str | None, environment: Environment) -> bool | None:
    """Whether a condition holds (no condition always does), None while that is open."""
    if condition is None:
        return True
    value = evaluate(parse(condition), environment)
    return None if value is None else bool(value)


def number_of(text: str, environment: Environment) -> Fraction | None:
    """The number an expression gives, in base units (mm, g, s), None while it is open."""
    value = evaluate(parse(text), environment)
    assert value is None or (isinstance(value, Fraction) and not isinstance(value, bool))
    return value


def length_um(text: str, environment: Environment) -> int | None:
    """The length an expression gives, in whole micrometres (half up), None while it is open."""
    number = number_of(text, environment)
    return None if number is None else math.floor(number * 1000 + Fraction(1, 2))


def rule_holds(rule: RuleSpec, environment: Environment) -> bool | None:
    """Whether a rule holds; None while the choices made leave that open."""
    if rule.table is not None:
        return _table_holds(rule.table, environment)
    if rule.cardinality is not None:
        return _cardinality_holds(rule.cardinality, environment)
    assert rule.expr is not None
    return holds(rule.expr, environment)


def _table_holds(table: TableSpec, environment: Environment) -> bool | None:
    known = [_as_code(environment.get(code)) for code in table.options]
    fits = (1 << len(table.rows)) - 1
    for value, rows_with in zip(known, table.rows_with, strict=True):
        if value is not None:
            fits &= rows_with.get(value, 0)
    if table.allowed:
        return False if not fits else None if None in known else True
    return None if fits and None in known else not fits


def _as_code(value: Value | None) -> str | None:
    return None if value is None else str(_as_word(value))


def _cardinality_holds(cardinality: CardinalitySpec, environment: Environment) -> bool | None:
    truths = [holds(condition, environment) for condition in cardinality.of]
    surely = truths.count(True)
    perhaps = surely + truths.count(None)
    if perhaps < cardinality.least or surely > cardinality.most:
        return False
    return True if surely >= cardinality.least and perhaps <= cardinality.most else None


def options_of(rule: RuleSpec, spec: FamilySpec) -> tuple[str, ...]:
    """The options that a rule speaks of, in the order in which it does."""
    if rule.table is not None:
        return rule.table.options
    found: list[str] = []
    for text in expressions_of(rule):
        expression = parse(text)
        for node in sorted(expression.references | expression.aggregates, key=lambda each: each.column):
            if isinstance(node, Aggregate) and not node.option:
                found += [option.code for option in spec.having(node.attribute)]
            else:
                found.append(node.option)
    return tuple(dict.fromkeys(found))


def expressions_of(rule: RuleSpec) -> tuple[str, ...]:
    """The texts of a rule that are expressions; none for a table."""
    return rule.cardinality.of if rule.cardinality is not None else () if rule.expr is None else (rule.expr,)


def template_references(template: str) -> list[str]:
    """The names in `{...}` of a template, in order."""
    return _PLACEHOLDER.findall(template)


def fill(template: str, environment: Environment) -> str | None:
    """The template with its names replaced by what they stand for; None while one of them is open."""
    missing = [name for name in template_references(template) if name not in environment]
    if missing:
        return None
    return _PLACEHOLDER.sub(lambda found: _as_text(environment[found[1]]), template)


def _as_text(value: Value) -> str:
    if isinstance(value, Fraction):
        if value.denominator == 1:
            return str(value.numerator)
        return format((Decimal(value.numerator) / Decimal(value.denominator)).normalize(), "f")
    return str(value).lower() if isinstance(value, bool) else value


def speaks_of(spec: FamilySpec, rule: RuleSpec) -> tuple[str, ...]:
    """The codes of the options that a rule speaks of, in the family's order."""
    if rule.table is not None:
        named = {code.partition(".")[0] for code in rule.table.options}
    else:
        texts = rule.cardinality.of if rule.cardinality is not None else (rule.expr or "",)
        named = {reference.option for text in texts for reference in parse(text).references}
    return tuple(option.code for option in spec.options if option.code in named)
