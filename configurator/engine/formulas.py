"""Expressions of a family as constraints over integers, exactly: what clauses would need too many of.

Fractions are multiplied out, so that only integers are left; a quotient is kept as its two parts until it
is compared or rounded. A number that does not exist (something divided by zero) carries the literals under
which it does, and a comparison with it holds only under these, as in `rules`.
"""

import math
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from copy import copy
from fractions import Fraction

from configurator.engine.aggregates import expanded
from configurator.engine.compiled import ChoiceVariable, Knowledge, NumberVariable, Variable
from configurator.engine.cpsat import Interval, Model
from configurator.engine.expressions import Expression, Node, Operation, Reference, walk
from configurator.engine.rules import Undefined, Value, evaluate, values_of
from configurator.engine.sums import ONE, Linear, Number, integers, less, negative, scaled

_MIRRORED = {">": "<", ">=": "<="}


class Formulas:
    """Writes the options of a family into a model, and what expressions over them say.

    `Overflow` is raised where a number could become too large for the model.
    """

    def __init__(self, model: Model, knowledge: Knowledge) -> None:
        self.model = model
        self.spec = knowledge.spec
        self.variables = knowledge.variables
        numbers = [each for each in self.variables.values() if isinstance(each, NumberVariable)]
        self.names: dict[str, NumberVariable] = {variable.name: variable for variable in numbers}
        self.grid: dict[str, int] = {}
        self._booleans: dict[int, int] = {1: model.true}
        for variable in numbers:
            self.grid[variable.code] = model.variable(0, variable.count - 1)
            if variable.count == 2:
                self._booleans[variable.first] = self.grid[variable.code]
        # Literals of numbers are made when something speaks of them: a grid has thousands, few are needed.
        self._owners = sorted(
            ((variable.first, variable) for variable in numbers if variable.count > 1),
            key=lambda each: each[0],
        )
        self._firsts = [first for first, _ in self._owners]
        for choice in self.variables.values():
            if isinstance(choice, ChoiceVariable) and choice.count > 1:
                model.exactly_one([self.literal(literal) for literal in choice.literals])
        self._truths: dict[Node, int] = {}
        self._numbers: dict[Node, Number] = {}
        self._sums: dict[tuple[frozenset[tuple[int, int]], int], int] = {}
        self._products: dict[tuple[int, int], int] = {}
        self._limits: dict[tuple[frozenset[tuple[int, int]], int], int] = {}
        self._places: dict[tuple[str, int], int] = {}
        self._instead: Mapping[str, Linear] = {}

    def with_names(self, instead: Mapping[str, Linear]) -> "Formulas":
        """The same model, for expressions in which some names stand for something else."""
        other = copy(self)
        other._instead, other._truths, other._numbers = instead, {}, {}
        return other

    def root_of(self, text: str) -> Node:
        """The tree of an expression, without aggregates."""
        return expanded(text, self.spec).root

    # --- Literals of the clauses

    def literal(self, clausal: int) -> int:
        """The model's literal for one of the clauses."""
        if clausal < 0:
            return ~self.literal(-clausal)
        found = self._booleans.get(clausal)
        if found is None:
            found = self._booleans[clausal] = self.model.boolean()
            owner = self.owner(clausal)
            if owner is not None:
                variable, index = owner
                self.model.linear({self.grid[variable.code]: 1}, [(index, variable.count - 1)], [found])
                self.model.linear({self.grid[variable.code]: 1}, [(0, index - 1)], [~found])
        return found

    def settle(self, clausal: Iterable[int]) -> None:
        """These literals of the clauses are true for ever; before anything speaks of them."""
        self._booleans.update((literal, self.model.true) for literal in clausal)

    def owner(self, clausal: int) -> tuple[NumberVariable, int] | None:
        """The number, and the index that it reaches when this literal of the clauses is true."""
        position = bisect_right(self._firsts, clausal) - 1
        if position < 0:
            return None
        first, variable = self._owners[position]
        return (variable, clausal - first + 1) if clausal <= first + variable.count - 2 else None

    def at(self, variable: NumberVariable, index: int) -> int:
        """A literal that is true exactly where the number has this index."""
        key = variable.code, index
        if key not in self._places:
            number = Number(Linear({self.grid[variable.code]: Fraction(1)}))
            self._places[key] = self.related("==", number, Number(Linear(constant=Fraction(index))))
        return self._places[key]

    # --- Truths

    def demand(self, node: Node, *, when: tuple[int, ...]) -> None:
        """The expression is true when all literals of `when` are."""
        if isinstance(node, Operation) and node.operator == "&":
            for operand in node.operands:
                self.demand(operand, when=when)
        elif isinstance(node, Operation) and node.operator == "=>":
            self.demand(node.operands[1], when=(*when, self.truth(node.operands[0])))
        elif isinstance(node, Operation) and node.operator == "|":
            self.model.clause([self.truth(operand) for operand in node.operands], when)
        else:
            self.model.clause([self.truth(node)], when)

    def truth(self, node: Node) -> int:
        """A literal that is true exactly when the expression is."""
        if node not in self._truths:
            self._truths[node] = self._truth(node)
        return self._truths[node]

    def _truth(self, node: Node) -> int:
        cases = self.cases(node)
        if cases is not None:
            return self.any_of(literal for literal, value in cases if value is True)
        if isinstance(node, Reference):
            return self._reference(node)
        assert isinstance(node, Operation)
        operands = node.operands
        if node.operator == "!":
            return ~self.truth(operands[0])
        if node.operator == "&":
            return self.all_of(self.truth(operand) for operand in operands)
        if node.operator == "|":
            return self.any_of(self.truth(operand) for operand in operands)
        if node.operator == "=>":
            return self.any_of((~self.truth(operands[0]), self.truth(operands[1])))
        if node.operator == "<=>":
            left, right = self.truth(operands[0]), self.truth(operands[1])
            return self._chosen(left, right, ~right)
        if node.operator == "if":
            condition, yes, no = (self.truth(operand) for operand in operands)
            return self._chosen(condition, yes, no)
        if node.operator == "in":
            return self._listed(operands)
        return self._compared(node.operator, operands[0], operands[1])

    def _reference(self, node: Reference) -> int:
        """A name that is a truth itself: a value of a multiple choice, or a switch."""
        variable = self.variables[node.key]
        assert isinstance(variable, ChoiceVariable)
        return self.literal(variable.literals[variable.values.index("yes")])

    def between(self, literals: Iterable[int], least: int, most: int, *, when: tuple[int, ...]) -> None:
        """At least `least` and at most `most` of the literals are true when all of `when` are."""
        total = Linear()
        for literal in literals:
            total = total.plus(self.indicator(literal))
        terms, constant, _ = integers(total)
        self.model.linear(terms, [(least - constant, most - constant)], when)

    def all_of(self, literals: Iterable[int]) -> int:
        return ~self.any_of(~literal for literal in literals)

    def any_of(self, literals: Iterable[int]) -> int:
        true = self.model.true
        kept = [literal for literal in dict.fromkeys(literals) if literal != ~true]
        if true in kept or any(~literal in kept for literal in kept):
            return true
        if len(kept) <= 1:
            return kept[0] if kept else ~true
        result = self.model.boolean()
        self.model.clause(kept, [result])
        self.model.all_true([~literal for literal in kept], [~result])
        return result

    def _chosen(self, condition: int, yes: int, no: int) -> int:
        return self.any_of((self.all_of((condition, yes)), self.all_of((~condition, no))))

    # --- Cases: what depends on one choice only is worked out for each of its values

    def cases(self, node: Node) -> list[tuple[int, Value | None]] | None:
        """Literals of which exactly one is true, with the value (None: does not exist); None for other
        nodes.
        """
        parts = {part.key: part for part in walk(node) if isinstance(part, Reference)}
        if not parts:
            return [(self.model.true, _value(node, {}))]
        variables = [
            self.variables.get(key) or self.variables.get(part.option) for key, part in parts.items()
        ]
        first = variables[0]
        if not isinstance(first, ChoiceVariable) or any(variable is not first for variable in variables):
            return None
        return [
            (self.literal(literal), _value(node, self.named(first, index)))
            for index, literal in enumerate(first.literals)
        ]

    def named(self, variable: Variable, index: int) -> dict[str, Value]:
        """What the names of a variable stand for where it has this index."""
        if isinstance(variable, NumberVariable):
            return {variable.name: variable.in_base(index)}
        option = self.spec.option_by_code.get(variable.code)
        if option is None:
            # One value of a multiple choice, in or not.
            return {variable.code: variable.values[index] == "yes"}
        return values_of(option, variable.values[index])

    def _texts(self, node: Node) -> list[tuple[int, str]]:
        cases = self.cases(node)
        if cases is not None:
            return [(literal, _as_word(value)) for literal, value in cases if value is not None]
        assert isinstance(node, Operation) and node.operator == "if"
        condition = self.truth(node.operands[0])
        both = ((condition, node.operands[1]), (~condition, node.operands[2]))
        return [
            (self.all_of((side, literal)), text)
            for side, operand in both
            for literal, text in self._texts(operand)
        ]

    def _is_text(self, node: Node) -> bool:
        if isinstance(node, Operation):
            return node.operator == "if" and self._is_text(node.operands[1])
        cases = self.cases(node)
        return cases is not None and isinstance(cases[0][1], str | bool)

    # --- Comparisons

    def _compared(self, operator: str, left: Node, right: Node) -> int:
        if self._is_text(left):
            same = self.any_of(
                self.all_of((one, other))
                for one, text in self._texts(left)
                for other, wanted in self._texts(right)
                if text == wanted
            )
            return same if operator == "==" else ~same
        return self.related(operator, self.number(left), self.number(right))

    def _listed(self, operands: tuple[Node, ...]) -> int:
        found = self.any_of(self._compared("==", operands[0], other) for other in operands[1:])
        if self._is_text(operands[0]):
            return found
        return self.all_of((found, *(each for other in operands for each in self.number(other).exists)))

    def related(self, operator: str, left: Number, right: Number) -> int:
        """A literal that is true exactly when the comparison holds."""
        if operator in _MIRRORED:
            left, right, operator = right, left, _MIRRORED[operator]
        difference = self._over(left.above, right.below).plus(self._over(right.above, left.below), -1)
        exists = (*left.exists, *right.exists)
        terms, constant, _ = integers(difference)
        if not terms:
            holds = {"<": constant < 0, "<=": constant <= 0, "==": constant == 0, "!=": constant != 0}
            return self.all_of(exists) if holds[operator] else self.model.false
        if operator in ("<", "<="):
            return self.all_of((self._at_most(terms, -constant - (operator == "<")), *exists))
        below, above = self._at_most(terms, -constant - 1), ~self._at_most(terms, -constant)
        different = self.any_of((below, above))
        return self.all_of((~different if operator == "==" else different, *exists))

    def _at_most(self, terms: Mapping[int, int], top: int) -> int:
        """A literal that is true exactly when the sum is not above: intervals with a gap are left to
        clauses, for the solver's presolve (9.15) is not right about them.
        """
        low, high = self.range_of(terms, 0)
        if top < low or top >= high:
            return self.model.true if top >= high else self.model.false
        key = frozenset(terms.items()), top
        if key not in self._limits:
            literal = self._limits[key] = self.model.boolean()
            self.model.linear(terms, [(low, top)], [literal])
            self.model.linear(terms, [(top + 1, high)], [~literal])
        return self._limits[key]

    # --- Numbers

    def number(self, node: Node) -> Number:
        if node not in self._numbers:
            self._numbers[node] = self._number(node)
        return self._numbers[node]

    def _number(self, node: Node) -> Number:
        cases = self.cases(node)
        if cases is not None:
            return self._by_cases(cases)
        if isinstance(node, Reference):
            return self._named(node)
        assert isinstance(node, Operation)
        if node.operator == "if":
            condition = self.truth(node.operands[0])
            return self.either(condition, self.number(node.operands[1]), self.number(node.operands[2]))
        numbers = [self.number(operand) for operand in node.operands]
        if node.operator == "neg":
            return negative(numbers[0])
        if node.operator == "abs":
            return self.largest([numbers[0], negative(numbers[0])])
        if node.operator == "max":
            return self.largest(numbers)
        if node.operator == "min":
            return negative(self.largest([negative(each) for each in numbers]))
        if node.operator == "floor":
            return self.floor(numbers[0])
        if node.operator == "ceil":
            return negative(self.floor(negative(numbers[0])))
        left, right = numbers
        exists = (*left.exists, *right.exists)
        if node.operator == "*":
            above, below = self._over(left.above, right.above), self._over(left.below, right.below)
            return Number(above, below, exists)
        if node.operator == "/":
            return self._quotient(left, right)
        factor = {"+": 1, "-": -1}[node.operator]
        above = self._over(left.above, right.below).plus(self._over(right.above, left.below), factor)
        return Number(above, self._over(left.below, right.below), exists)

    def _by_cases(self, cases: list[tuple[int, Value | None]]) -> Number:
        total = Linear()
        for literal, value in cases:
            if value is not None:
                assert isinstance(value, Fraction)
                total = total.plus(self.indicator(literal), value)
        return Number(total, ONE, tuple(~literal for literal, value in cases if value is None))

    def indicator(self, literal: int) -> Linear:
        """One where the literal is true, else zero."""
        if literal in (self.model.true, self.model.false):
            return ONE if literal == self.model.true else Linear()
        if literal >= 0:
            return Linear({literal: Fraction(1)})
        return Linear({~literal: Fraction(-1)}, Fraction(1))

    def _named(self, node: Reference) -> Number:
        if node.key in self._instead:
            return Number(self._instead[node.key])
        return Number(self.measured(self.names[node.key]))

    def measured(self, variable: NumberVariable) -> Linear:
        """The number that a variable stands for, in base units."""
        step = Linear({self.grid[variable.code]: variable.step * variable.factor})
        return step.plus(Linear(constant=variable.in_base(0)))

    def either(self, condition: int, yes: Number, no: Number) -> Number:
        """The one number where the condition is true, else the other."""
        above = self.either_sum(condition, yes.above, no.above)
        below = self.either_sum(condition, yes.below, no.below)
        exists = [self.any_of((~condition, literal)) for literal in yes.exists]
        exists += [self.any_of((condition, literal)) for literal in no.exists]
        return Number(above, below, tuple(exists))

    def either_sum(self, condition: int, yes: Linear, no: Linear) -> Linear:
        """The one sum where the condition is true, else the other."""
        if yes == no:
            return yes
        if not yes.terms and not no.terms:
            return self.indicator(condition).times(yes.constant - no.constant).plus(no)
        scale = math.lcm(yes.denominator, no.denominator)
        parts = [(condition, *scaled(yes, scale)), (~condition, *scaled(no, scale))]
        ranges = [self.range_of(terms, constant) for _, terms, constant in parts]
        result = self.model.variable(min(low for low, _ in ranges), max(high for _, high in ranges))
        for side, terms, constant in parts:
            self.model.linear({**less(terms, result)}, [(-constant, -constant)], [side])
        return Linear({result: Fraction(1, scale)})

    def largest(self, numbers: list[Number]) -> Number:
        """The largest of numbers; it exists where all of them do."""
        exists = tuple(literal for each in numbers for literal in each.exists)
        below = ONE
        for each in numbers:
            below = self._over(below, each.below)
        aboves = []
        for position, each in enumerate(numbers):
            above = each.above
            for other in numbers[:position] + numbers[position + 1 :]:
                above = self._over(above, other.below)
            aboves.append(above)
        scale = math.lcm(*(above.denominator for above in aboves))
        variables = [self._variable(*scaled(above, scale)) for above in aboves]
        bounds = [self.model.bounds[variable] for variable in variables]
        result = self.model.variable(max(low for low, _ in bounds), max(high for _, high in bounds))
        self.model.largest(result, variables)
        return Number(Linear({result: Fraction(1, scale)}), below, exists)

    def floor(self, number: Number) -> Number:
        """The largest integer that is not above."""
        terms, constant, scale = integers(number.above)
        if not number.below.terms:
            divisor = number.below.constant * scale
            scaled = Linear({v: Fraction(c) for v, c in terms.items()}, Fraction(constant))
            return Number(self._floor(scaled.times(1 / divisor)), ONE, number.exists)
        # The solver rounds towards zero: the shift keeps what is divided from falling below it.
        below_terms, below_constant, below_scale = integers(number.below)
        above = {variable: coefficient * below_scale for variable, coefficient in terms.items()}
        below = {variable: coefficient * scale for variable, coefficient in below_terms.items()}
        divisor_variable = self._variable(below, below_constant * scale)
        low, high = self.range_of(above, constant * below_scale)
        shift = max(0, -low)
        shifted = dict(above)
        shifted[divisor_variable] = shifted.get(divisor_variable, 0) + shift
        dividend = self._variable(shifted, constant * below_scale)
        quotient = self.model.variable(0, max(0, high) + shift)
        self.model.quotient(quotient, dividend, divisor_variable)
        return Number(Linear({quotient: Fraction(1)}, Fraction(-shift)), ONE, number.exists)

    def _floor(self, linear: Linear) -> Linear:
        terms, constant, scale = integers(linear)
        if scale == 1:
            return linear
        low, high = self.range_of(terms, constant)
        result = self.model.variable(low // scale, high // scale)
        self.model.linear(
            {**terms, result: terms.get(result, 0) - scale}, [(-constant, scale - 1 - constant)]
        )
        return Linear({result: Fraction(1)})

    def _quotient(self, left: Number, right: Number) -> Number:
        exists = (*left.exists, *right.exists)
        above = self._over(left.above, right.below)
        divisor = right.above
        if not divisor.terms:
            if divisor.constant == 0:
                return Number(Linear(), ONE, (self.model.false,))
            return Number(above.times(1 / divisor.constant), left.below, exists)
        terms, constant, scale = integers(divisor)
        low, high = self.range_of(terms, constant)
        above = above.times(scale)
        if low > 0:
            positive = self._variable(terms, constant)
        elif high < 0:
            positive = self._variable({v: -c for v, c in terms.items()}, -constant)
            above = above.times(-1)
        else:
            whole = Number(Linear({v: Fraction(c) for v, c in terms.items()}, Fraction(constant)))
            zero = Number(Linear())
            exists = (*exists, ~self.related("==", whole, zero))
            above = self.either_sum(self.related("<", whole, zero), above.times(-1), above)
            size = self.largest([whole, negative(whole), Number(ONE)])
            positive = self._variable(*scaled(size.above, 1))
        return Number(above, self._over(left.below, Linear({positive: Fraction(1)})), exists)

    def _over(self, left: Linear, right: Linear) -> Linear:
        """The product of two sums."""
        if not left.terms or not right.terms:
            return right.times(left.constant) if not left.terms else left.times(right.constant)
        one, one_constant, one_scale = integers(left)
        other, other_constant, other_scale = integers(right)
        first, second = sorted((self._variable(one, one_constant), self._variable(other, other_constant)))
        if (first, second) not in self._products:
            corners = [a * b for a in self.model.bounds[first] for b in self.model.bounds[second]]
            product = self.model.variable(min(corners), max(corners))
            self.model.product(product, (first, second))
            self._products[first, second] = product
        return Linear({self._products[first, second]: Fraction(1, one_scale * other_scale)})

    def _variable(self, terms: Mapping[int, int], constant: int) -> int:
        """A variable that is the sum."""
        if constant == 0 and len(terms) == 1 and next(iter(terms.values())) == 1:
            return next(iter(terms))
        key = frozenset(terms.items()), constant
        if key not in self._sums:
            result = self.model.variable(*self.range_of(terms, constant))
            self.model.linear(less(terms, result), [(-constant, -constant)])
            self._sums[key] = result
        return self._sums[key]

    def range_of(self, terms: Mapping[int, int], constant: int) -> Interval:
        """The least and the largest that a sum can be, as far as its variables alone tell."""
        low = high = constant
        for variable, coefficient in terms.items():
            one, other = (coefficient * bound for bound in self.model.bounds[variable])
            low, high = low + min(one, other), high + max(one, other)
        return low, high


def _value(node: Node, facts: Mapping[str, Value]) -> Value | None:
    try:
        return evaluate(Expression("", node), facts)
    except Undefined:
        return None


def _as_word(value: Value) -> str:
    """A switch is compared by its codes."""
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


def variables_of(node: Node, knowledge: Knowledge) -> list[Variable]:
    """The variables that an expression speaks of, which has to be expanded."""
    names = {each.name: each for each in knowledge.variables.values() if isinstance(each, NumberVariable)}
    keys = [part for part in walk(node) if isinstance(part, Reference)]
    found = [
        names.get(key.key) or knowledge.variables.get(key.key) or knowledge.variables.get(key.option)
        for key in keys
    ]
    return list(dict.fromkeys(variable for variable in found if variable is not None))
