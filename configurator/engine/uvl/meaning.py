"""What constraints mean: from their trees to conditions in the rule language.

A feature that is absent counts 0 in sums and comparisons (its attributes too), as a text it is empty.
Operators of one level are put in brackets where the rule language would group them otherwise.
"""

from collections.abc import Mapping
from fractions import Fraction
from typing import NamedTuple, cast

from configurator.engine.expressions import nearest_hint
from configurator.engine.uvl.mapping import TypedValue, negated, total
from configurator.engine.uvl.sums import Sums
from configurator.engine.uvl.terms import Call, Number, Op, Ref, Term, Text, Truth, Wrong
from configurator.engine.uvl.tree import Feature, Scope

_SUM, _PRODUCT, _ATOM = 7, 8, 9
_OR, _AND, _NOT, _COMPARISON = 3, 4, 5, 6
# Whether a feature is there: `a`, `a == 'b'`, `(a.b | a.c)`; binds tighter than `!` and `&`.
_PRESENCE = 6.5


class Written(NamedTuple):
    """An expression and how strongly its outermost operator binds."""

    text: str
    level: float

    def inside(self, level: float) -> str:
        return self.text if self.level > level else f"({self.text})"


# The texts that something may be, each with its condition (None: always).
Cases = list[tuple[str | None, str]]


class Meaning:
    """Writes the constraints of a model whose features stand for `presence` and `values`."""

    def __init__(
        self, presence: Mapping[Feature, str | None], values: Mapping[Feature, TypedValue], sums: Sums
    ) -> None:
        self.presence = presence
        self.values = values
        self.sums = sums
        self.root = sums.root
        self.scope = Scope()
        # What features of this scope and their negations are written as.
        self.literals: dict[tuple[str, ...], tuple[str, str]] = {}

    def condition(self, term: Term, scope: Scope) -> Written | bool:
        """A constraint as a condition, or whether it always holds or never; raises `Wrong`."""
        if scope is not self.scope:
            self.scope, self.literals = scope, {}
        if isinstance(term, Op) and term.operator == "|":
            written = [self.literal(operand) for operand in term.operands]
            if None not in written:
                return Written(" | ".join(cast(list[str], written)), _OR)
        return self.truth(term)

    def literal(self, term: Term) -> str | None:
        """A feature or its negation as written; None for what is neither, or always or never there."""
        negative = isinstance(term, Op) and term.operator == "!"
        inner = cast(Op, term).operands[0] if negative else term
        if not isinstance(inner, Ref):
            return None
        both = self.literals.get(inner.path)
        if both is None:
            here = self.truth(inner)
            if isinstance(here, bool):
                return None
            both = self.literals[inner.path] = here.text, negated(here.text)
        return both[negative]

    # --- Names

    def found(self, reference: Ref) -> tuple[Feature, str]:
        found = self.scope.find(reference.path)
        written = ".".join(reference.path)
        if found is None:
            first = reference.path[0]
            known: set[str] = set(self.scope.features)
            known |= {one.alias[0] for one in self.scope.imports}
            if len(reference.path) > 1 and first in known:
                inner = self.scope.imported(reference.path)
                names = inner[0].features if inner else ()
                raise Wrong(
                    reference.at, f"there is no feature {written}", nearest_hint(reference.path[-1], names)
                )
            raise Wrong(reference.at, f"there is no feature {written}", nearest_hint(first, known))
        feature, attribute = found
        if feature not in self.presence:
            raise Wrong(
                reference.at, f"{written} is not placed in the model", "put its model's root below a group"
            )
        if attribute and attribute not in feature.attributes:
            raise Wrong(
                reference.at,
                f"{feature.name} has no attribute {attribute}",
                nearest_hint(attribute, feature.attributes),
            )
        return found

    # --- Conditions

    def truth(self, term: Term) -> Written | bool:
        if isinstance(term, Ref):
            feature, attribute = self.found(term)
            if attribute and not isinstance(feature.attributes[attribute], bool):
                raise Wrong(term.at, f"{'.'.join(term.path)} is no condition", "compare it with something")
            if attribute and not feature.attributes[attribute]:
                return False
            here = self.presence[feature]
            return True if here is None else Written(here, _PRESENCE)
        if isinstance(term, Truth):
            return term.value
        if not isinstance(term, Op) or term.operator in "+-*/":
            raise Wrong(term.at, "a condition has to stand here", "compare it with something")
        if term.operator == "!":
            return negation(self.truth(term.operands[0]))
        if term.operator in ("&", "|"):
            return _joined(term.operator, [self.truth(operand) for operand in term.operands])
        if term.operator == "=>":
            left, right = (self.truth(operand) for operand in term.operands)
            return implication(left, right)
        if term.operator == "<=>":
            return _equivalence(*(self.truth(operand) for operand in term.operands))
        return self.comparison(term)

    def comparison(self, term: Op) -> Written | bool:
        left, right = term.operands
        cases, others = self.cases(left), self.cases(right)
        if (cases is None) != (others is None):
            raise Wrong(term.at, "a text is compared with a number", "compare texts with '...'")
        if cases is not None and others is not None:
            if term.operator not in ("==", "!="):
                raise Wrong(term.at, f"texts cannot be compared by {term.operator}", "use == or !=")
            equal = _equal(cases, others)
            return equal if term.operator == "==" else negation(equal)
        one, other = self.number(left), self.number(right)
        if isinstance(one, Fraction) and isinstance(other, Fraction):
            return _holds(one, term.operator, other)
        return Written(
            f"{_number(one).inside(_COMPARISON)} {term.operator} {_number(other).inside(_COMPARISON)}",
            _COMPARISON,
        )

    # --- Texts

    def cases(self, term: Term) -> Cases | None:
        """The texts that a term may be, None for what is no text."""
        if isinstance(term, Text):
            return [(None, term.value)]
        if not isinstance(term, Ref):
            return None
        feature, attribute = self.found(term)
        here = self.presence[feature]
        if attribute:
            value = feature.attributes[attribute]
            if not isinstance(value, str):
                return None
            return [(here, value)] + ([(negated(here), "")] if here is not None else [])
        if feature.kind != "String":
            return None
        typed = self.values[feature]
        cases: Cases = [(condition, text) for text, condition in typed.texts.items()]
        if here is not None:
            cases.append((negated(here), ""))
        # Another text equals nothing but itself: a name that no text can be.
        return [*cases, (typed.other, f"\n{id(feature)}")] if typed.other else cases

    # --- Numbers

    def number(self, term: Term) -> Written | Fraction:
        if isinstance(term, Number):
            return term.value
        if isinstance(term, Ref):
            return self.value(term)
        if isinstance(term, Call):
            return self.call(term)
        if isinstance(term, Op) and term.operator in "+-*/":
            return _calculated(term.operator, [self.number(operand) for operand in term.operands])
        raise Wrong(term.at, "a number has to stand here")

    def value(self, reference: Ref) -> Written | Fraction:
        """A number feature or attribute; a feature without a number counts 1 where it is chosen."""
        feature, attribute = self.found(reference)
        if not attribute and feature.kind in ("Integer", "Real"):
            text = self.values[feature].text
            return Written(text, _PRODUCT if " / " in text and not text.startswith("if(") else _ATOM)
        if not attribute and feature.kind == "String":
            raise Wrong(reference.at, f"{feature.name} is a text", f"count its letters: len({feature.name})")
        number = feature.attributes[attribute] if attribute else Fraction(1)
        if isinstance(number, bool):
            number = Fraction(int(number))
        if not isinstance(number, Fraction):
            raise Wrong(reference.at, f"{'.'.join(reference.path)} is a text")
        return self.counted(feature, number)

    def counted(self, feature: Feature, number: Fraction) -> Written | Fraction:
        here = self.presence[feature]
        if here is None or number == 0:
            return number
        return Written(f"if({here}, {_number(number).text}, 0)", _ATOM)

    def call(self, term: Call) -> Written | Fraction:
        first = term.arguments[0]
        assert isinstance(first, Ref)
        if term.function == "len":
            return self.length(first)
        if term.function in ("floor", "ceil"):
            number = self.value(first)
            if isinstance(number, Fraction):
                return Fraction(number.__floor__() if term.function == "floor" else number.__ceil__())
            return Written(f"{term.function}({number.text})", _ATOM)
        name, within, having = self.having(term)
        if not having:
            numbers = [self.value(argument) for argument in term.arguments if isinstance(argument, Ref)]
            there = [
                self.counted(self.found(argument)[0], Fraction(1))
                for argument in term.arguments
                if isinstance(argument, Ref)
            ]
            return _sum(numbers) if term.function == "sum" else _calculated("/", [_sum(numbers), _sum(there)])
        total = self.aggregate(name, within, having, counting=False)
        if term.function == "sum":
            return total
        ones = [(feature, Fraction(1)) for feature, _ in having]
        return _calculated("/", [total, self.aggregate(name, within, ones, counting=True)])

    def aggregate(
        self, name: str, within: Feature, numbers: list[tuple[Feature, Fraction]], *, counting: bool
    ) -> Written | Fraction:
        always, alone, attribute = self.sums.sum(name, within, numbers, counting=counting)
        terms: list[Written | Fraction] = [always, *(self.counted(*each) for each in alone)]
        if attribute:
            terms.append(Written(f"sum({attribute})", _ATOM))
        return _sum(terms)

    def having(self, term: Call) -> tuple[str, Feature, list[tuple[Feature, Fraction]]]:
        """The attribute that an aggregate adds up, below which feature, and what each feature counts; none
        where features are named instead of an attribute."""
        arguments = [argument for argument in term.arguments if isinstance(argument, Ref)]
        name = ".".join(arguments[0].path)
        within = self.root
        if len(arguments) == 2 and self.scope.find(arguments[0].path) is None:
            within, attribute = self.found(arguments[1])
            if attribute:
                raise Wrong(arguments[1].at, f"{'.'.join(arguments[1].path)} is no feature")
        numbers: list[tuple[Feature, Fraction]] = []
        for feature in within.below():
            if name in feature.attributes:
                number = feature.attributes[name]
                if isinstance(number, str):
                    raise Wrong(arguments[0].at, f"the attribute {name} of {feature.name} is a text")
                numbers.append((feature, Fraction(number)))
        if not numbers and self.scope.find(arguments[0].path) is None:
            known = {attribute for feature in self.root.below() for attribute in feature.attributes}
            raise Wrong(arguments[0].at, f"no feature has an attribute {name}", nearest_hint(name, known))
        return name, within, numbers

    def length(self, reference: Ref) -> Written | Fraction:
        cases = self.cases(reference)
        if cases is None:
            raise Wrong(reference.at, f"{'.'.join(reference.path)} is no text")
        feature, attribute = self.found(reference)
        typed = self.values.get(feature)
        if not attribute and typed is not None and typed.length:
            return Written(typed.length, _ATOM)
        if len(cases) == 1:
            return Fraction(len(cases[0][1]))
        return _sum([Written(f"if({condition}, {len(text)}, 0)", _ATOM) for condition, text in cases if text])


def negation(truth: Written | bool) -> Written | bool:
    if isinstance(truth, bool):
        return not truth
    if truth.level == _PRESENCE:
        return Written(negated(truth.text), _PRESENCE)
    return Written(f"!({truth.text})", _NOT)


def implication(left: Written | bool, right: Written | bool) -> Written | bool:
    if isinstance(left, bool):
        return right if left else True
    if isinstance(right, bool):
        return True if right else negation(left)
    return Written(f"{left.inside(2)} => {right.inside(2)}", 2)


def _equivalence(left: Written | bool, right: Written | bool) -> Written | bool:
    if isinstance(left, bool):
        return right if left else negation(right)
    if isinstance(right, bool):
        return left if right else negation(left)
    return Written(f"{left.inside(2)} <=> {right.inside(2)}", 1)


def _joined(operator: str, parts: list[Written | bool]) -> Written | bool:
    decisive = operator == "|"
    if decisive in parts:
        return decisive
    written = [part for part in parts if not isinstance(part, bool)]
    if len(written) < 2:
        return written[0] if written else not decisive
    level = _OR if decisive else _AND
    return Written(f" {operator} ".join(part.inside(level) for part in written), level)


def _equal(cases: Cases, others: Cases) -> Written | bool:
    """Whether two texts are the same: one of the pairs of equal texts is chosen."""
    pairs: list[Written | bool] = []
    for condition, text in cases:
        for other, same in others:
            if text == same:
                pairs.append(
                    _joined(
                        "&",
                        [True if each is None else Written(each, _PRESENCE) for each in (condition, other)],
                    )
                )
    return _joined("|", pairs) if pairs else False


def _holds(left: Fraction, operator: str, right: Fraction) -> bool:
    return {
        "==": left == right,
        "!=": left != right,
        "<": left < right,
        ">": left > right,
        "<=": left <= right,
        ">=": left >= right,
    }[operator]


def _number(number: Written | Fraction) -> Written:
    if isinstance(number, Written):
        return number
    if number.denominator == 1:
        return Written(str(number.numerator), _ATOM if number >= 0 else _SUM)
    digits = f"{abs(number.numerator)} / {number.denominator}"
    for decimals in range(1, 7):
        if 10**decimals % number.denominator == 0:
            whole = abs(number.numerator) * (10**decimals // number.denominator)
            digits = f"{whole // 10**decimals}.{whole % 10**decimals:0{decimals}d}"
            return Written(digits if number > 0 else f"-{digits}", _ATOM if number > 0 else _SUM)
    return Written(digits if number > 0 else f"-{digits}", _SUM)


def _sum(numbers: list[Written | Fraction]) -> Written | Fraction:
    constant = sum((number for number in numbers if isinstance(number, Fraction)), Fraction(0))
    terms = [number.inside(_SUM) for number in numbers if isinstance(number, Written)]
    if not terms:
        return constant
    if constant:
        terms.append(_number(constant).inside(_SUM))
    return Written(total(terms), _ATOM) if len(terms) > 1 else Written(terms[0], _SUM)


def _calculated(operator: str, numbers: list[Written | Fraction]) -> Written | Fraction:
    if operator == "+":
        return _sum(numbers)
    left, right = numbers[0], numbers[-1]
    if isinstance(left, Fraction) and isinstance(right, Fraction) and len(numbers) == 2:
        if operator == "-":
            return left - right
        if operator == "*":
            return left * right
        if right != 0:
            return left / right
    level = _SUM if operator == "-" else _PRODUCT
    first, *rest = (_number(number) for number in numbers)
    written = first.inside(level - 1)
    return Written(f" {operator} ".join([written, *(each.inside(level) for each in rest)]), level)
