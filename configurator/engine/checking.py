"""Types and units of expressions: unknown names, codes that do not exist, millimetres added to grams.

A number written without a unit takes the unit of what it is added to or compared with (`width - 20`). In
prices, routings and drawings (`loose`) a plain number may also be a rate (seconds a square millimetre), so a
product with it fits everywhere; in rules a product keeps its unit.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from configurator.engine.expressions import (
    RESERVED,
    Aggregate,
    Constant,
    Expression,
    ExpressionError,
    Node,
    Operation,
    Reference,
    nearest_hint,
    walk,
)
from configurator.engine.measured import names_of
from configurator.engine.spec import OptionSpec, Quantity
from configurator.engine.units import (
    LENGTH,
    PLAIN,
    Dimension,
    base_of,
    dimension_of,
    multiply,
    quantity_dimension,
)

Kind = Literal["truth", "text", "number"]
_ENGLISH = {"truth": "a condition", "text": "a text", "number": "a number"}


@dataclass(frozen=True, slots=True)
class Type:
    """What an expression gives; `dimension` None is a rate and fits everywhere, `codes` a choice's values."""

    kind: Kind
    dimension: Dimension | None = PLAIN
    bare: bool = False
    codes: tuple[str, ...] = ()


TRUTH = Type("truth")
SWITCH = Type("truth", codes=("no", "yes"))
TEXT = Type("text")


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Every name that expressions may use, with its type; options that are themselves wrong are excused."""

    types: Mapping[str, Type]
    options: Mapping[str, OptionSpec]
    excused: frozenset[str] = frozenset()
    gaps: Mapping[str, str] = field(default_factory=dict)
    measured: Mapping[str, Type] = field(default_factory=dict)


def vocabulary_of(options: Iterable[OptionSpec], *, excused: Iterable[str] = ()) -> Vocabulary:
    """The names of these options and of the attributes that all their values have."""
    # Of two options with one code (which is refused elsewhere) the first is meant.
    known = {option.code: option for option in reversed(list(options))}
    types: dict[str, Type] = {}
    gaps: dict[str, str] = {}
    for option in known.values():
        if option.kind == "integer":
            types[option.code] = Type("number", dimension_of(option.unit))
        elif option.kind == "text":
            types[f"{option.code}.length"] = Type("number")
        elif option.kind in ("image", "placement"):
            types[f"{option.code}.count"] = Type("number")
        elif option.kind == "switch":
            types[option.code] = SWITCH
        elif option.kind == "multiple":
            types |= {f"{option.code}.{code}": TRUTH for code in option.codes}
            types[f"{option.code}.count"] = Type("number")
        else:
            types[option.code] = Type("text", codes=option.codes)
            _attributes(option, types, gaps)
    measured = {
        f"{option.code}.{name}": Type("number", LENGTH if name in ("width", "height") else PLAIN)
        for option in known.values()
        for name in names_of(option, known)
    }
    return Vocabulary(types, known, frozenset(excused), gaps, measured)


def _attributes(option: OptionSpec, types: dict[str, Type], gaps: dict[str, str]) -> None:
    names = dict.fromkeys(name for value in option.values for name in value.attributes)
    for name in names:
        key = f"{option.code}.{name}"
        without = [value.code for value in option.values if name not in value.attributes]
        found = {
            value.code: _type_of(value.attributes[name])
            for value in option.values
            if name in value.attributes
        }
        first = next(iter(found.values()))
        other = next((code for code, type_ in found.items() if type_ != first), None)
        if without:
            gaps[key] = f"the value {without[0]} of {option.code} has no {name}"
        elif other is not None:
            gaps[key] = (
                f"{name} of the value {other} is of another kind or unit than of {option.values[0].code}"
            )
        else:
            types[key] = first


def _type_of(attribute: Quantity | str | bool) -> Type:
    if isinstance(attribute, Quantity):
        return Type("number", quantity_dimension(attribute))
    return TRUTH if isinstance(attribute, bool) else TEXT


def check(
    expression: Expression, vocabulary: Vocabulary, *, loose: bool
) -> tuple[Type | None, list[ExpressionError]]:
    """The type of an expression and everything wrong with it; the type is None when something is."""
    checker = _Checker(vocabulary, loose)
    found = checker.type_of(expression.root)
    return (None if checker.errors else found), checker.errors


class _Checker:
    def __init__(self, vocabulary: Vocabulary, loose: bool) -> None:
        self.vocabulary = vocabulary
        self.loose = loose
        self.errors: list[ExpressionError] = []

    def type_of(self, node: Node) -> Type | None:
        """The type, or None where something below is wrong (and has been noted) or excused."""
        if isinstance(node, Constant):
            if isinstance(node.value, bool):
                return TRUTH
            return TEXT if isinstance(node.value, str) else Type("number", node.dimension, node.bare)
        if isinstance(node, Reference):
            return self._reference(node)
        if isinstance(node, Aggregate):
            return self._aggregate(node)
        assert isinstance(node, Operation)
        types = [self.type_of(operand) for operand in node.operands]
        if node.operator in ("!", "&", "|", "=>", "<=>"):
            self._all(node, types, "truth")
            return TRUTH
        if node.operator in ("==", "!=", "<", ">", "<=", ">=", "in"):
            self._comparison(node, types)
            return TRUTH
        if node.operator == "if":
            self._all(node, types[:1], "truth")
            return self._unified(node, node.operands[1:], types[1:])
        if not self._all(node, types, "number"):
            return None
        if node.operator in ("*", "/"):
            return self._product(node.operator, types)
        return self._unified(node, node.operands, types)

    def _reference(self, node: Reference) -> Type | None:
        vocabulary = self.vocabulary
        if node.option in vocabulary.excused or node.key in vocabulary.types:
            return vocabulary.types.get(node.key)
        if node.key in vocabulary.measured:
            if self.loose:
                self._note(node, f"{node.key} is measured: only rules can ask for it")
                return None
            return vocabulary.measured[node.key]
        option = vocabulary.options.get(node.option)
        if option is None:
            self._note(
                node, f"there is no option {node.option}", nearest_hint(node.option, vocabulary.options)
            )
        elif node.key in vocabulary.gaps:
            self._note(node, vocabulary.gaps[node.key], "give it to every value, in the same unit")
        elif node.attribute in option.number_attributes:
            self._note(
                node,
                f"{node.attribute} differs between the values of {node.option} that are chosen",
                f"write sum({node.key})",
            )
        elif node.attribute:
            names = (*vocabulary.types, *vocabulary.measured)
            known = [key.split(".")[1] for key in names if key.startswith(f"{node.option}.")]
            hint = nearest_hint(node.attribute, known)
            if node.attribute in _MEASURED and option.kind in ("text", "image"):
                hint = f"declare measure: for {node.option}"
            self._note(node, f"{node.option} has no attribute {node.attribute}", hint)
        elif option.kind == "multiple":
            hint = f"write {node.option}.{option.codes[0]}" if option.codes else ""
            self._note(node, f"{node.option} has several values: it is no value in rules", hint)
        else:
            measure = "length" if option.kind == "text" else "count"
            self._note(node, f"{node.option} is {_A_KIND[option.kind]}", f"write {node.option}.{measure}")
        return None

    def _aggregate(self, node: Aggregate) -> Type | None:
        """The type of a sum over what is chosen: values without the attribute count nothing."""
        options = self.vocabulary.options
        if node.option in self.vocabulary.excused:
            return None
        if node.option and node.option not in options:
            self._note(node, f"there is no option {node.option}", nearest_hint(node.option, options))
            return None
        over = [options[node.option]] if node.option else list(options.values())
        found = [
            _type_of(value.attributes[node.attribute])
            for option in over
            for value in option.values
            if node.attribute in value.attributes
        ]
        if not found:
            known = {name for option in over for name in option.number_attributes}
            whose = f"{node.option} has" if node.option else "no option has"
            what = "no" if node.option else "an"
            hint = nearest_hint(node.attribute, known)
            if not self.vocabulary.excused or node.option:
                self._note(node, f"{whose} {what} attribute {node.attribute}", hint)
            return None
        if any(type_ != found[0] or type_.kind != "number" for type_ in found):
            self._note(
                node, f"{node.attribute} is not a number in the same unit everywhere", "sum up one unit"
            )
            return None
        return found[0]

    def _all(self, node: Operation, types: list[Type | None], kind: Kind) -> bool:
        for operand, found in zip(node.operands, types, strict=False):
            if found is not None and found.kind != kind:
                hint = (
                    f"write {operand.key} == '...'" if isinstance(operand, Reference) and found.codes else ""
                )
                needs = f"{_sign(node)} needs {_ENGLISH[kind]}, this is {_ENGLISH[found.kind]}"
                self._note(operand, needs, hint)
                return False
        return None not in types

    def _comparison(self, node: Operation, types: list[Type | None]) -> None:
        first, second = types[0], types[1]
        if first is None or second is None:
            return
        kinds = {found.kind for found in types if found is not None}
        if kinds == {"text", "number"}:
            choice = next((operand for operand in node.operands if isinstance(operand, Reference)), None)
            name = choice.key if choice else "it"
            self._note(
                node,
                f"a text is compared with a number: {_described(node)}",
                f"write the code of {name} in quotes",
            )
        elif kinds == {"text"}:
            if node.operator not in ("==", "!=", "in"):
                self._note(node, f"texts cannot be compared by {node.operator}", "use == or !=")
            self._codes(node, types)
        elif kinds == {"number"}:
            self._unified(node, node.operands, types)
        elif kinds == {"truth", "text"} and node.operator in ("==", "!=", "in") and self._switched(types):
            self._codes(node, types)
        else:
            self._note(node, "conditions are not compared", "use <=> or !")

    def _switched(self, types: list[Type | None]) -> bool:
        """Whether every truth in a comparison with a text is a switch: it has the values yes and no."""
        return all(found.codes for found in types if found is not None and found.kind == "truth")

    def _codes(self, node: Operation, types: list[Type | None]) -> None:
        for one, other in ((0, range(1, len(types))), (1, range(1))):
            codes = types[one].codes if types[one] else ()  # type: ignore[union-attr]
            for index in other:
                operand = node.operands[index]
                if codes and isinstance(operand, Constant) and operand.value not in codes:
                    name = _described(node.operands[one])
                    hint = nearest_hint(str(operand.value), codes)
                    self._note(operand, f"{name} has no value {operand.value}", hint)

    def _unified(self, node: Operation, operands: tuple[Node, ...], types: list[Type | None]) -> Type | None:
        """The common type of what is added, compared or alternative."""
        common: Type | None = None
        for operand, found in zip(operands, types, strict=True):
            if found is None:
                return None
            if common is None or (common.bare and found.kind == "number"):
                common = found
            elif common.kind != found.kind:
                self._note(operand, f"{_ENGLISH[found.kind]} stands beside {_ENGLISH[common.kind]}")
                return None
            elif found.kind == "text":
                common = TEXT
            elif not found.bare and found.dimension != common.dimension:
                if common.dimension is not None and found.dimension is not None:
                    units = " and ".join(
                        base_of(each.dimension or PLAIN) or "a plain number" for each in (common, found)
                    )
                    self._note(operand, f"units do not fit in {_sign(node)}: {units}", _MEND)
                    return None
                common = Type("number", None)
        return common

    def _product(self, operator: str, types: list[Type | None]) -> Type:
        left, right = types
        assert left is not None and right is not None
        if left.dimension is None or right.dimension is None:
            return Type("number", None)
        rate = self.loose and (left.dimension == PLAIN) != (right.dimension == PLAIN)
        dimension = multiply(left.dimension, right.dimension, sign=1 if operator == "*" else -1)
        return Type("number", None if rate else dimension, bare=left.bare and right.bare)

    def _note(self, node: Node, message: str, hint: str = "") -> None:
        self.errors.append(ExpressionError(node.column, message, hint))


_MEASURED = ("width", "height", "missing", "dpi")
_MEND = "write the number with its unit, or divide by 1 mm to leave it"
_A_KIND = {
    "text": "a text: it has no value in rules",
    "image": "a picture: it has no value in rules",
    "placement": "a placement: it has no value in rules",
}


def _sign(node: Operation) -> str:
    return "-" if node.operator == "neg" else node.operator


def _described(node: Node) -> str:
    names = [part.key for part in walk(node) if isinstance(part, Reference)]
    return " and ".join(names) or "it"


def name_is_free(code: str) -> bool:
    """Whether an option may have this code: words of the language may not."""
    return code not in RESERVED
