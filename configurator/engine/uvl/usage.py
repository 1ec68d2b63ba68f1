"""What constraints tell of typed features: bounds of numbers, decimals, texts they are compared with."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction

from configurator.engine.uvl.terms import Call, Number, Op, Ref, Term, Text
from configurator.engine.uvl.tree import Constraint, Feature, Scope, references

_TURNED = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "==": "==", "!=": "!="}


@dataclass(eq=False, slots=True)
class Use:
    """How constraints speak of one typed feature; a bound is a number and whether it is strict."""

    low: tuple[Fraction, bool] | None = None
    high: tuple[Fraction, bool] | None = None
    constants: list[Fraction] = field(default_factory=list)
    pool: "Pool | None" = None
    measured: bool = False


@dataclass(eq=False, slots=True)
class Pool:
    """Text features that are compared with each other, and all the texts they are compared with."""

    texts: dict[str, None] = field(default_factory=dict)
    features: list[Feature] = field(default_factory=list)


def uses_of(constraints: list[Constraint]) -> dict[Feature, Use]:
    """What is said of each typed feature that occurs in a constraint."""
    uses: dict[Feature, Use] = {}
    for constraint in constraints:
        typed = [
            feature
            for reference in references(constraint.term)
            if (feature := typed_feature(constraint.scope, reference)) is not None
        ]
        if not typed:
            continue
        for feature in typed:
            uses.setdefault(feature, Use()).constants.extend(_numbers(constraint.term))
        for part in conjuncts(constraint.term):
            bound = bound_of(constraint.scope, part)
            if bound is not None:
                _tighten(uses[bound[0]], bound[1], bound[2])
        _texts(constraint, uses)
    return uses


def typed_feature(scope: Scope, term: Term) -> Feature | None:
    """The Integer, Real or String feature that a name stands for."""
    if not isinstance(term, Ref):
        return None
    found = scope.find(term.path)
    return found[0] if found and not found[1] and found[0].kind != "Boolean" else None


def conjuncts(term: Term) -> Iterator[Term]:
    if isinstance(term, Op) and term.operator == "&":
        for operand in term.operands:
            yield from conjuncts(operand)
    else:
        yield term


def bound_of(scope: Scope, term: Term) -> tuple[Feature, str, Fraction] | None:
    """`x <= 5` or `5 >= x` as (x, "<=", 5)."""
    if not isinstance(term, Op) or term.operator not in ("<", ">", "<=", ">="):
        return None
    left, right = term.operands
    if isinstance(left, Number) and isinstance(right, Ref):
        feature, operator, value = typed_feature(scope, right), _TURNED[term.operator], left.value
    elif isinstance(right, Number) and isinstance(left, Ref):
        feature, operator, value = typed_feature(scope, left), term.operator, right.value
    else:
        return None
    return (feature, operator, value) if feature is not None and feature.kind != "String" else None


def _tighten(use: Use, operator: str, value: Fraction) -> None:
    bound = (value, operator in ("<", ">"))
    if operator in (">", ">="):
        if use.low is None or bound > use.low:
            use.low = bound
    elif use.high is None or (value, not bound[1]) < (use.high[0], not use.high[1]):
        use.high = bound


def _numbers(term: Term) -> Iterator[Fraction]:
    pending = [term]
    while pending:
        current = pending.pop()
        if isinstance(current, Number):
            yield current.value
        elif isinstance(current, Op):
            pending.extend(current.operands)


def _texts(constraint: Constraint, uses: dict[Feature, Use]) -> None:
    """Joins the features that are compared as texts, and gathers what they are compared with."""
    pending = [constraint.term]
    while pending:
        current = pending.pop()
        if isinstance(current, Call) and current.function == "len":
            feature = typed_feature(constraint.scope, current.arguments[0])
            if feature is not None:
                uses[feature].measured = True
        if not isinstance(current, Op):
            continue
        pending.extend(current.operands)
        if current.operator not in ("==", "!="):
            continue
        features = [
            feature
            for operand in current.operands
            if (feature := typed_feature(constraint.scope, operand)) is not None and feature.kind == "String"
        ]
        if features:
            pool = _joined([uses[feature] for feature in features], features)
            for operand in current.operands:
                pool.texts.update(dict.fromkeys(_constants(constraint.scope, operand)))


def _joined(uses: list[Use], features: list[Feature]) -> Pool:
    pool = uses[0].pool or Pool(features=[features[0]])
    uses[0].pool = pool
    other = uses[-1].pool
    if other is None:
        pool.features.append(features[-1])
        uses[-1].pool = pool
    elif other is not pool:
        pool.texts.update(other.texts)
        pool.features.extend(other.features)
        # All members of a pool share the one object: what was the other pool becomes this one.
        other.texts, other.features = pool.texts, pool.features
    return pool


def _constants(scope: Scope, term: Term) -> Iterator[str]:
    if isinstance(term, Text):
        yield term.value
    elif isinstance(term, Ref):
        found = scope.find(term.path)
        value = found[0].attributes.get(found[1]) if found and found[1] else None
        if isinstance(value, str):
            yield value


def whole(bound: tuple[Fraction, bool] | None, scale: int, *, lower: bool) -> int | None:
    """A bound as the nearest number of a grid of 1/scale that respects it."""
    if bound is None:
        return None
    value = bound[0] * scale
    if lower:
        return math.floor(value) + 1 if bound[1] else math.ceil(value)
    return math.ceil(value) - 1 if bound[1] else math.floor(value)
