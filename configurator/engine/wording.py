"""Rules and choices in plain words, for shoppers and for authors."""

from configurator.engine.choices import codes_of, joined
from configurator.engine.expressions import Aggregate, Constant, Expression, Node, Operation, Reference, parse
from configurator.engine.placing import placement_in_words, read_placement
from configurator.engine.spec import CardinalitySpec, Choice, FamilySpec, OptionSpec, RuleSpec, TableSpec
from configurator.engine.units import in_words

_LISTED_ROWS = 3
_AGGREGATES = {"sum": "total", "avg": "average", "min": "smallest", "max": "largest"}
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


def surface_name(spec: FamilySpec, code: str) -> str:
    return spec.surface_by_code[code].name or code.capitalize()


def value_in_words(option: OptionSpec, value: Choice) -> str:
    """A choice as the shop writes it: the value's name, the number with its unit, the text, `a picture`."""
    if option.kind in ("choice", "switch"):
        found = option.value_by_code.get(str(value))
        return found.name if found else str(value)
    if option.kind == "multiple":
        return listed([option.value_by_code[code].name for code in codes_of(value)]) or "none"
    if option.kind == "integer":
        return f"{value} {option.unit}".rstrip()
    if option.kind == "image":
        return "a picture"
    if option.kind == "placement":
        return placement_in_words(read_placement(str(value))) if value else "its usual place"
    return str(value) or "no text"


def chosen_in_words(option: OptionSpec, value: Choice) -> str:
    return f"{option.name} “{value_in_words(option, value)}”"


def wish_in_words(option: OptionSpec, value: Choice, old: Choice | None) -> str:
    """What is wished: of several values those that are put in, or where none is, those left out."""
    if option.kind != "multiple":
        return chosen_in_words(option, value)
    new, before = codes_of(value), codes_of(old or "")
    added = [code for code in new if code not in before]
    dropped = [code for code in before if code not in new]
    if not added and dropped:
        return f"{option.name} without “{value_in_words(option, joined(option, dropped))}”"
    return chosen_in_words(option, joined(option, added or new))


def beside_in_words(option: OptionSpec, choice: Choice, wished: Choice | None) -> str:
    """A choice that stands against a wish; of the wish's own option the values that stay as they are."""
    if option.kind != "multiple" or wished is None:
        return chosen_in_words(option, choice)
    kept = [code for code in codes_of(choice) if code in codes_of(wished)]
    return chosen_in_words(option, joined(option, kept)) if kept else f"the rest of {option.name} left out"


def changes_in_words(option: OptionSpec, old: Choice, new: Choice) -> str:
    """`add “Lamp” to Extras and leave out “Hooks”`."""
    added = [code for code in codes_of(new) if code not in codes_of(old)]
    dropped = [code for code in codes_of(old) if code not in codes_of(new)]
    said = [f"add “{value_in_words(option, joined(option, added))}” to {option.name}"] if added else []
    if dropped:
        of = "" if added else f" of {option.name}"
        said.append(f"leave “{value_in_words(option, joined(option, dropped))}” out{of}")
    return listed(said) or f"keep {option.name}"


def limits_in_words(option: OptionSpec) -> str:
    """How many values of a multiple choice are chosen: `Of Extras, 1 to 3 are chosen.`"""
    return f"Of {option.name}, {count_in_words(option.least, option.most, len(option.values))} can be chosen."


def count_in_words(least: int, most: int, all_of_them: int) -> str:
    if least == most:
        return f"exactly {least}"
    if most >= all_of_them:
        return f"at least {least}"
    return f"{least} to {most}" if least else f"at most {most}"


def rule_in_words(rule: RuleSpec, spec: FamilySpec) -> str:
    """A rule without a message, in words made from its expression or table."""
    if rule.table is not None:
        return _table(rule.table, spec)
    if rule.cardinality is not None:
        return _cardinality(rule.cardinality, spec)
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
            return self._truth(node, True) or self._reference(node)
        if isinstance(node, Aggregate):
            return self._aggregate(node)
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
            return f"{self._subject(operands[0])} is {self._values(operands[0], operands[1:])}"
        return self._arithmetic(operator, operands)

    def _inner(self, node: Node) -> str:
        compound = isinstance(node, Operation) and node.operator in ("&", "|", "=>", "<=>")
        return f"({self.say(node)})" if compound else self.say(node)

    def _negation(self, node: Node) -> str:
        if isinstance(node, Reference) and (said := self._truth(node, False)):
            return said
        if isinstance(node, Operation) and node.operator == "in":
            left, *values = node.operands
            return f"{self._subject(left)} is not {self._values(left, tuple(values))}"
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
        return f"{self._subject(left)} {_COMPARISONS[operator]} {self._values(left, (right,))}"

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
        if node.attribute == "count" and self._kind(node) == "multiple":
            return f"the number of values chosen of {name}"
        return f"the {node.attribute.replace('_', ' ')} of {name}"

    def _subject(self, node: Node) -> str:
        """What is compared: a switch by its name, not by its truth."""
        return self._reference(node) if isinstance(node, Reference) else self.say(node)

    def _truth(self, node: Reference, wanted: bool) -> str:
        """A switch, a value of several, or a true attribute as a sentence; "" for what is no truth."""
        option = self.spec.option_by_code.get(node.option)
        if option is None:
            return ""
        if option.kind == "switch" and not node.attribute:
            return f"{option.name} is {'' if wanted else 'not '}chosen"
        if option.kind == "multiple" and node.attribute in option.value_by_code:
            name = option.value_by_code[node.attribute].name
            return f"{option.name} {'includes' if wanted else 'does not include'} “{name}”"
        if any(isinstance(value.attributes.get(node.attribute), bool) for value in option.values):
            return f"{option.name} is {'' if wanted else 'not '}{node.attribute.replace('_', ' ')}"
        return ""

    def _aggregate(self, node: Aggregate) -> str:
        of = f"of {self._name(node.option)}" if node.option else "of everything chosen"
        return f"the {_AGGREGATES[node.function]} {node.attribute.replace('_', ' ')} {of}"

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


def _cardinality(cardinality: CardinalitySpec, spec: FamilySpec) -> str:
    said = [_Words(spec).say(parse(text).root) for text in cardinality.of]
    count = count_in_words(cardinality.least, cardinality.most, len(said))
    return f"{count[:1].upper()}{count[1:]} of these {len(said)} are true: {'; '.join(said)}."


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
