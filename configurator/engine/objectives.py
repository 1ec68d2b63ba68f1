"""What can be asked to be least or most of a completion, as sums over a model: exactly what `pricing` and
`manufacturing` compute for one configuration.
"""

import math
from collections.abc import Iterable, Mapping
from fractions import Fraction

from configurator.engine.compiled import ChoiceVariable, Knowledge, NumberVariable
from configurator.engine.expressions import Constant, Node, Operation
from configurator.engine.formulas import Formulas
from configurator.engine.pricing import rounded
from configurator.engine.spec import FamilySpec, PriceSpec
from configurator.engine.sums import ONE, Linear, Number

# How often a value was chosen, by the codes of its variable and of the value (for a number, the number).
Popularity = Mapping[tuple[str, str], int]
# A thousand for every doubling: sums of logarithms are products of frequencies.
_A_DOUBLING = 1_000
# Of a number's values so many of the most chosen ones count.
_POINTS = 50
_NOTHING = Constant(1, 1, Fraction(0))


def price_in_cents(spec: FamilySpec, formulas: Formulas) -> Linear:
    """The price of one piece as `pricing.price` has it; where that raises, there is no configuration."""
    total = Linear(constant=Fraction(_cents(Fraction(spec.base_price))))
    applying = [rule for rule in spec.prices if (rule.min_quantity or 1) <= 1]
    for rule in applying:
        if rule.amount is not None:
            total = total.plus(_rounded_number(_where(rule.when, rule.amount, formulas), formulas))
    unit = total
    for rule, applies in _percentages(applying, formulas):
        share = _rounded(Number(total.times(Fraction(rule.percent or 0) / 100)), formulas)
        unit = unit.plus(formulas.either_sum(applies, share, Linear()))
    _not_negative(unit, formulas)
    return unit


def _percentages(applying: list[PriceSpec], formulas: Formulas) -> Iterable[tuple[PriceSpec, int]]:
    """The percentages, each with the literal of its applying: of those with a minimum only the first does."""
    earlier: list[int] = []
    for rule in applying:
        if rule.percent is None:
            continue
        applies = formulas.model.true if rule.when is None else formulas.truth(formulas.root_of(rule.when))
        if rule.min_quantity is not None:
            first = formulas.all_of((applies, *(~other for other in earlier)))
            earlier.append(applies)
            applies = first
        yield rule, applies


def seconds_of_work(spec: FamilySpec, formulas: Formulas) -> Linear:
    """The seconds of all steps of one piece as `manufacturing.work_of` has them."""
    total = Linear()
    for step in spec.manufacture.routing if spec.manufacture is not None else ():
        node = _where(step.when, step.seconds, formulas)
        cases = formulas.cases(node)
        if cases is None:
            number = formulas.number(node)
            _demand_all(number.exists, formulas)
            # Rounded up; not below zero before it is rounded.
            formulas.model.clause([~formulas.related("<", number, Number(Linear()))])
            down = formulas.floor(Number(number.above.times(-1), number.below))
            total = total.plus(down.above, -1)
            continue
        for literal, value in cases:
            if isinstance(value, Fraction) and value >= 0:
                total = total.plus(formulas.indicator(literal), math.ceil(value))
            else:
                formulas.model.clause([~literal])
    return total


def unpopularity(popularity: Popularity, knowledge: Knowledge, formulas: Formulas) -> Linear:
    """Below zero: a logarithm of how often each value was chosen, so that their sum speaks of all."""
    total = Linear()
    whole = {option.code for option in knowledge.spec.options if option.kind == "integer"}
    for variable in knowledge.variables.values():
        if isinstance(variable, ChoiceVariable):
            for value, literal in zip(variable.values, variable.literals, strict=True):
                weight = popular_weight(popularity.get((variable.code, value), 0))
                total = total.plus(formulas.indicator(formulas.literal(literal)), -weight)
        elif variable.code in whole:
            total = total.plus(_unpopularity_of_number(popularity, variable, formulas))
    return total


def _unpopularity_of_number(popularity: Popularity, variable: NumberVariable, formulas: Formulas) -> Linear:
    counted = [
        (popularity.get((variable.code, str(variable.number(i))), 0), i) for i in range(variable.count)
    ]
    most = sorted(((-count, index) for count, index in counted if count > 0))[:_POINTS]
    total = Linear()
    for count, index in most:
        total = total.plus(formulas.indicator(formulas.at(variable, index)), -popular_weight(-count))
    return total


def popular_weight(count: int) -> int:
    """What a value that was chosen so often adds to the popularity."""
    return round(_A_DOUBLING * math.log2(1 + count))


# --- Numbers, rounded as they are where they are paid


def _where(condition: str | None, amount: str, formulas: Formulas) -> Node:
    """The amount where the condition holds, else nothing."""
    root = formulas.root_of(amount)
    if condition is None:
        return root
    return Operation(1, root.depth + 1, "if", (formulas.root_of(condition), root, _NOTHING))


def _rounded_number(node: Node, formulas: Formulas) -> Linear:
    cases = formulas.cases(node)
    if cases is None:
        number = formulas.number(node)
        _demand_all(number.exists, formulas)
        return _rounded(Number(number.above.times(100), number.below), formulas)
    total = Linear()
    for literal, value in cases:
        if isinstance(value, Fraction):
            total = total.plus(formulas.indicator(literal), _cents(value))
        else:
            formulas.model.clause([~literal])
    return total


def _rounded(number: Number, formulas: Formulas) -> Linear:
    """Half up, away from zero, to an integer."""
    if number.below == ONE and number.above.denominator == 1:
        return number.above
    scale = number.above.denominator
    terms = {variable: int(factor * scale) for variable, factor in number.above.terms.items()}
    low, high = formulas.range_of(terms, int(number.above.constant * scale))
    if low >= 0:
        return _half_up(number, formulas)
    opposite = Number(number.above.times(-1), number.below)
    if high <= 0:
        return _half_up(opposite, formulas).times(-1)
    negative = formulas.related("<", number, Number(Linear()))
    size = formulas.either(negative, opposite, number)
    rounded = _half_up(size, formulas)
    return formulas.either_sum(negative, rounded.times(-1), rounded)


def _cents(number: Fraction) -> int:
    return int(rounded(number) * 100)


def _half_up(number: Number, formulas: Formulas) -> Linear:
    doubled = number.above.times(2).plus(number.below)
    return formulas.floor(Number(doubled.times(Fraction(1, 2)), number.below)).above


def _demand_all(literals: Iterable[int], formulas: Formulas) -> None:
    for literal in literals:
        formulas.model.clause([literal])


def _not_negative(linear: Linear, formulas: Formulas) -> None:
    formulas.model.clause([~formulas.related("<", Number(linear), Number(Linear()))])
