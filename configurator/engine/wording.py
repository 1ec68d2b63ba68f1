"""Rules and choices in plain words, for shoppers and for authors."""

from configurator.engine.expressions import Constant, Expression, Node, Operation, Reference, parse
from configurator.engine.spec import Choice, FamilySpec, OptionSpec, RuleSpec, TableSpec
from configurator.engine.units import in_words

_LISTED_ROWS = 3
_COMPARISONS = {
    "==": "is",
    "!=": "is not",
    ">=": "is at least",
    "<=": "is at most",
    ">": "is more than",
    "<": "is less than",
}


def listed(parts: list[str], last: str = "and") -> str:
    """`a, b and c`."""
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} {last} {parts[-1]}"


def value_in_words(option: OptionSpec, value: Choice) -> str:
    """A choice as the shop writes it: the value's name, the number with its unit, the text, `a picture`."""
    if option.kind == "choice":
        found = option.value_by_code.get(str(value))
        return found.name if found else str(value)
    if option.kind == "integer":
        return f"{value} {option.unit}".rstrip()
    if option.kind == "image":
        return "a picture"
    return str(value) or "no text"


def chosen_in_words(option: OptionSpec, value: Choice) -> str:
    return f"{option.name} “{value_in_words(option, value)}”"


def rule_in_words(rule: RuleSpec, spec: FamilySpec) -> str:
    """A rule without a message, in words made from its expression or table."""
    if rule.table is not None:
        return _table(rule.table, spec)
    assert rule.expr is not None
    return words(parse(rule.expr), spec)


def words(expression: Expression, spec: FamilySpec) -> str:
    """The expression as a sentence: `If Lettering is Script, then Letter height is at least 12 mm.`"""
    sentence = _Words(spec).say(expression.root)
    return f"{sentence[:1].upper()}{sentence[1:]}."


class _Words:
    def __init__(self, spec: FamilySpec) -> None:
        self.spec = spec

    def say(self, node: Node) -> str:
        if isinstance(node, Constant):
            return self._constant(node)
        if isinstance(node, Reference):
            return self._reference(node)
        assert isinstance(node, Operation)
        operator, operands = node.operator, node.operands
        if operator == "=>":
            return f"if {self.say(operands[0])}, then {self.say(operands[1])}"
        if operator == "<=>":
            return f"{self.say(operands[0])} exactly when {self.say(operands[1])}"
        if operator in ("&", "|"):
            return f" {'and' if operator == '&' else 'or'} ".join(
                self._inner(operand) for operand in operands
            )
        if operator == "!":
            return self._negation(operands[0])
        if operator in _COMPARISONS:
            return self._comparison(operator, operands[0], operands[1])
        if operator == "in":
            return f"{self.say(operands[0])} is {self._values(operands[0], operands[1:])}"
        return self._arithmetic(operator, operands)

    def _inner(self, node: Node) -> str:
        compound = isinstance(node, Operation) and node.operator in ("&", "|", "=>", "<=>")
        return f"({self.say(node)})" if compound else self.say(node)

    def _negation(self, node: Node) -> str:
        if isinstance(node, Operation) and node.operator == "in":
            return f"{self.say(node.operands[0])} is not {self._values(node.operands[0], node.operands[1:])}"
        if isinstance(node, Operation) and node.operator in ("==", "!="):
            return self._comparison(
                "!=" if node.operator == "==" else "==", node.operands[0], node.operands[1]
            )
        return f"not ({self.say(node)})"

    def _comparison(self, operator: str, left: Node, right: Node) -> str:
        if isinstance(left, Reference) and left.attribute == "count" and self._kind(left) == "image":
            given = operator in ("==", "!=") and isinstance(right, Constant)
            if given and isinstance(right, Constant) and right.value in (0, 1):
                there = (right.value == 1) is (operator == "==")
                return f"{self._name(left.option)} is {'given' if there else 'left out'}"
        return f"{self.say(left)} {_COMPARISONS[operator]} {self._values(left, (right,))}"

    def _values(self, left: Node, values: tuple[Node, ...]) -> str:
        """What something is compared with: codes of a choice by their names."""
        option = self.spec.option_by_code.get(left.option) if isinstance(left, Reference) else None
        said = []
        for node in values:
            choice = isinstance(node, Constant) and isinstance(node.value, str) and option is not None
            plain = isinstance(left, Reference) and not left.attribute
            if choice and plain and option is not None and isinstance(node, Constant):
                said.append(value_in_words(option, str(node.value)))
            else:
                said.append(self.say(node))
        return listed(said, "or")

    def _constant(self, node: Constant) -> str:
        if isinstance(node.value, bool):
            return "always" if node.value else "never"
        return node.value if isinstance(node.value, str) else in_words(node.value, node.dimension)

    def _reference(self, node: Reference) -> str:
        name = self._name(node.option)
        if not node.attribute:
            return name
        if node.attribute == "length" and self._kind(node) == "text":
            return f"the number of letters of {name}"
        if node.attribute == "count" and self._kind(node) == "image":
            return f"the number of pictures of {name}"
        return f"the {node.attribute.replace('_', ' ')} of {name}"

    def _arithmetic(self, operator: str, operands: tuple[Node, ...]) -> str:
        said = [self.say(operand) for operand in operands]
        if operator == "neg":
            return f"-{said[0]}"
        if operator == "if":
            return f"({said[1]} if {said[0]}, else {said[2]})"
        if operator in ("floor", "ceil", "abs"):
            rounded = {"floor": "rounded down", "ceil": "rounded up", "abs": "without its sign"}[operator]
            return f"({said[0]}, {rounded})"
        if operator in ("min", "max"):
            return f"the {'smallest' if operator == 'min' else 'largest'} of {listed(said)}"
        sign = {"*": "×", "/": "÷", "-": "−"}.get(operator, operator)
        return f"({said[0]} {sign} {said[1]})"

    def _name(self, code: str) -> str:
        option = self.spec.option_by_code.get(code)
        return option.name if option else code

    def _kind(self, node: Reference) -> str:
        option = self.spec.option_by_code.get(node.option)
        return option.kind if option else ""


def _table(table: TableSpec, spec: FamilySpec) -> str:
    options = [spec.option_by_code[code] for code in table.options]
    names = listed([option.name for option in options])
    if table.allowed or len(table.rows) > _LISTED_ROWS:
        which = (
            "go together in certain combinations only"
            if table.allowed
            else "do not go together in every combination"
        )
        return f"{names} {which}."
    rows = []
    for row in table.rows:
        cells = [
            f"{option.name} “{listed([value_in_words(option, code) for code in cell], 'or')}”"
            for option, cell in zip(options, row, strict=True)
        ]
        rows.append(listed(cells))
    return f"{'; '.join(rows)} do not go together."
