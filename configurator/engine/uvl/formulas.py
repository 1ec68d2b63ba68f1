"""Rules of families as constraints of UVL: conditions, comparisons, tables, cardinalities over features."""

import itertools
import math
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction

from configurator.engine.expressions import Aggregate, Constant, Node, Operation, Reference, parse
from configurator.engine.spec import CardinalitySpec, FamilySpec, OptionSpec, Quantity, RuleSpec, TableSpec
from configurator.engine.units import factor_of

MAX_SUBSETS = 300
MAX_CHARACTERS = 3_000
_COMPARISONS = ("==", "!=", "<", ">", "<=", ">=")


class Unwritable(Exception):
    """What UVL has no words for."""


def number_in_uvl(number: Fraction) -> str:
    """A decimal number; raises `Unwritable` where there is none."""
    whole = number * 10**12
    if whole.denominator != 1:
        raise Unwritable(f"{number} is no decimal number")
    sign, digits = ("-" if number < 0 else ""), str(abs(whole.numerator)).rjust(13, "0")
    decimals = digits[-12:].rstrip("0")
    return f"{sign}{digits[:-12]}" + (f".{decimals}" if decimals else "")


class Writer:
    """`names` gives the features: of an option by (option, ""), of a value by (option, value)."""

    def __init__(self, spec: FamilySpec, names: Mapping[tuple[str, str], str]) -> None:
        self.spec = spec
        self.names = names

    def rule(self, rule: RuleSpec) -> list[str]:
        """The constraints that say together what a rule says; raises `Unwritable`."""
        if rule.table is not None:
            return list(self.table(rule.table))
        if rule.cardinality is not None:
            return self.cardinality(rule.cardinality)
        assert rule.expr is not None
        return [self.condition(parse(rule.expr).root)]

    # --- Conditions; every part that is no single name stands in brackets

    def condition(self, node: Node) -> str:
        if isinstance(node, Constant) and isinstance(node.value, bool):
            return "1 == 1" if node.value else "1 == 2"
        if isinstance(node, Reference):
            return self.truth(node)
        if isinstance(node, Operation):
            operator, operands = node.operator, node.operands
            if operator == "!":
                return f"!({self.condition(operands[0])})"
            if operator in ("&", "|", "=>", "<=>"):
                return f" {operator} ".join(f"({self.condition(operand)})" for operand in operands)
            if operator == "if":
                given, one, other = (self.condition(operand) for operand in operands)
                return f"(({given}) => ({one})) & (({given}) | ({other}))"
            if operator == "in":
                parts = [self.comparison("==", operands[0], operand) for operand in operands[1:]]
                return " | ".join(f"({part})" for part in parts)
            if operator in _COMPARISONS:
                return self.comparison(operator, *operands)
        raise Unwritable("a part of it is no condition in UVL")

    def truth(self, node: Reference) -> str:
        option = self.option(node.option)
        if option.kind == "switch" and not node.attribute:
            return self.names[option.code, ""]
        if option.kind == "multiple" and (option.code, node.attribute) in self.names:
            return self.names[option.code, node.attribute]
        if option.kind == "choice" and node.attribute:
            return self.any_of(option, lambda value: value.attributes.get(node.attribute) is True)
        raise Unwritable(f"{node.key} is no feature")

    def any_of(self, option: OptionSpec, wanted: Callable[..., bool]) -> str:
        names = [self.names[option.code, value.code] for value in option.values if wanted(value)]
        return " | ".join(names) if names else "1 == 2"

    def comparison(self, operator: str, left: Node, right: Node) -> str:
        texts, others = self.texts(left), self.texts(right)
        if texts is not None and others is not None:
            pairs = [
                " & ".join(f"({part})" for part in (one, other) if part)
                for (one, text), (other, same) in itertools.product(texts, others)
                if text == same
            ]
            equal = " | ".join(f"({pair})" if pair else "1 == 1" for pair in pairs) or "1 == 2"
            return equal if operator == "==" else f"!({equal})"
        for place, node in enumerate((left, right)):
            if isinstance(node, Operation) and node.operator == "if":
                given = self.condition(node.operands[0])
                one, other = (
                    self.comparison(operator, *((branch, right) if place == 0 else (left, branch)))
                    for branch in node.operands[1:]
                )
                return f"(({given}) => ({one})) & (({given}) | ({other}))"
        return f"{self.number(left)} {operator} {self.number(right)}"

    def texts(self, node: Node) -> list[tuple[str, str]] | None:
        """The texts that a node may be, each with its condition ("" for always); None for a number."""
        if isinstance(node, Constant):
            return [("", node.value)] if isinstance(node.value, str) else None
        if not isinstance(node, Reference):
            return None
        option = self.option(node.option)
        name = self.names[option.code, ""]
        if option.kind == "switch" and not node.attribute:
            return [(name, "yes"), (f"!{name}", "no")]
        if option.kind != "choice":
            return None
        if not node.attribute:
            return [(self.names[option.code, value.code], value.code) for value in option.values]
        found = [
            (self.names[option.code, value.code], text)
            for value in option.values
            if isinstance(text := value.attributes.get(node.attribute), str)
        ]
        return found or None

    # --- Numbers

    def number(self, node: Node) -> str:
        if isinstance(node, Constant) and isinstance(node.value, Fraction):
            return number_in_uvl(node.value) if node.value >= 0 else f"(0 - {number_in_uvl(-node.value)})"
        if isinstance(node, Aggregate):
            return self.aggregate(node)
        if isinstance(node, Reference):
            return self.quantity(node)
        if isinstance(node, Operation) and node.operator in ("+", "-", "*", "/"):
            return "(" + f" {node.operator} ".join(self.number(operand) for operand in node.operands) + ")"
        if isinstance(node, Operation) and node.operator == "neg":
            return f"(0 - {self.number(node.operands[0])})"
        if isinstance(node, Operation) and node.operator in ("floor", "ceil"):
            inner = node.operands[0]
            option = self.spec.option_by_code.get(inner.option) if isinstance(inner, Reference) else None
            if option is not None and option.kind == "integer" and factor_of(option.unit) == 1:
                return self.names[option.code, ""]
        what = node.operator if isinstance(node, Operation) else "a part of it"
        raise Unwritable(f"UVL has no {what} here")

    def quantity(self, node: Reference) -> str:
        option = self.option(node.option)
        name = self.names[option.code, ""]
        if option.kind == "integer" and not node.attribute:
            factor = factor_of(option.unit)
            return name if factor == 1 else f"({name} * {number_in_uvl(factor)})"
        if option.kind == "text" and node.attribute == "length":
            return f"len({name})"
        if option.kind in ("image", "placement") and node.attribute == "count":
            return f"{name}.counted"
        if option.kind == "multiple" and node.attribute == "count":
            return self.added(option, "counted")
        if option.kind == "choice" and node.attribute:
            return self.added(option, node.attribute)
        raise Unwritable(f"{node.key} is no number in UVL")

    def added(self, option: OptionSpec, attribute: str) -> str:
        """The attribute of what is chosen: absent features count nothing."""
        terms = [
            f"{self.names[option.code, value.code]}.{attribute}"
            for value in option.values
            if attribute == "counted" or isinstance(value.attributes.get(attribute), Quantity)
        ]
        if not terms:
            raise Unwritable(f"{option.code} has no number {attribute}")
        return f"({' + '.join(terms)})"

    def aggregate(self, node: Aggregate) -> str:
        if node.function != "sum":
            raise Unwritable(f"UVL has no {node.function} of what is chosen in one option")
        over = [self.option(node.option)] if node.option else list(self.spec.having(node.attribute))
        terms: list[str] = []
        for option in over:
            if option.kind == "switch":
                if option.value_by_code["no"].attributes.get(node.attribute) is not None:
                    raise Unwritable(f"{node.attribute} belongs to a switch that is off")
                terms.append(f"{self.names[option.code, '']}.{node.attribute}")
            else:
                terms.append(self.added(option, node.attribute))
        return f"({' + '.join(terms)})"

    def option(self, code: str) -> OptionSpec:
        option = self.spec.option_by_code.get(code)
        if option is None:
            raise Unwritable(f"there is no option {code}")
        return option

    # --- Tables and cardinalities

    def table(self, table: TableSpec) -> Iterator[str]:
        if not table.allowed:
            for row in table.rows:
                parts = [self.cell(option, cell) for option, cell in zip(table.options, row, strict=True)]
                yield f"!({' & '.join(f'({part})' for part in parts)})"
            return
        yield from self.allowed(table.options, table.rows, "")

    def allowed(
        self, options: tuple[str, ...], rows: tuple[tuple[tuple[str, ...], ...], ...], given: str
    ) -> Iterator[str]:
        """One of the rows holds; split by the values of the first column while that would be too long."""
        # A cell is about as long as its option's name and as many values as it has.
        length = sum(len(code) + 8 for row in rows for cell in row for code in cell)
        before = f"{given} => " if given else ""
        if len(options) == 1 or length * 2 <= MAX_CHARACTERS:
            written = [
                "(" + " & ".join(f"({self.cell(*each)})" for each in zip(options, row, strict=True)) + ")"
                for row in rows
            ]
            yield f"{before}({' | '.join(written) or '1 == 2'})"
            return
        for code in self.option(options[0]).codes:
            name = f"({self.cell(options[0], (code,))})"
            inner = tuple(row[1:] for row in rows if code in row[0])
            here = f"({given} & {name})" if given else name
            if inner:
                yield from self.allowed(options[1:], tuple(dict.fromkeys(inner)), here)
            else:
                yield f"!({here})"

    def cell(self, option: str, codes: tuple[str, ...]) -> str:
        spec = self.option(option)
        if spec.kind == "switch":
            name = self.names[option, ""]
            return " | ".join(name if code == "yes" else f"!{name}" for code in codes) or "1 == 2"
        if set(codes) >= set(spec.codes):
            return self.names[option, ""]
        return " | ".join(self.names[option, code] for code in codes) or "1 == 2"

    def cardinality(self, cardinality: CardinalitySpec) -> list[str]:
        conditions = [f"({self.condition(parse(text).root)})" for text in cardinality.of]
        size = len(conditions)
        least, most = cardinality.least, min(cardinality.most, size)
        if least > size or most < 0:
            return ["1 == 2"]
        # At least k of n: of any n-k+1 one holds. At most k: of any k+1 one does not.
        if math.comb(size, size - least + 1 if least else 0) + math.comb(size, most + 1) > MAX_SUBSETS:
            raise Unwritable("it chooses among too many conditions")
        written: list[str] = []
        if least > 0:
            written += [" | ".join(some) for some in itertools.combinations(conditions, size - least + 1)]
        written += [f"!({' & '.join(some)})" for some in itertools.combinations(conditions, most + 1)]
        return written
