"""Aggregates and counts written out: `sum(extras.weight)` as a sum with one part for each value.

What judges a rule by its parts (the encoding into clauses, the solver of arithmetic) reads the expanded
expression: in it only options, attributes of choices and the values of multiple choices (`extras.hooks`)
are left. It has the same value as the short one under every choice.
"""

from fractions import Fraction

from configurator.engine.expressions import Aggregate, Constant, Expression, Node, Operation, Reference, parse
from configurator.engine.spec import FamilySpec, OptionSpec, Quantity


def expanded(text: str, spec: FamilySpec) -> Expression:
    """The tree of an expression without aggregates and without counts of multiple choices."""
    expression = parse(text)
    node = _expanded(expression.root, spec)
    return expression if node is expression.root else Expression(text, node)


def _expanded(node: Node, spec: FamilySpec) -> Node:
    if isinstance(node, Aggregate):
        return _aggregate(node, spec)
    if isinstance(node, Reference):
        option = spec.option_by_code.get(node.option)
        if option is not None and option.kind == "multiple" and node.attribute == "count":
            return _sum(
                [_if(_chosen(option, (code,), node.column), _one(node)) for code in option.codes], node
            )
        return node
    if isinstance(node, Operation):
        operands = tuple(_expanded(operand, spec) for operand in node.operands)
        if any(new is not old for new, old in zip(operands, node.operands, strict=True)):
            return _operation(node.operator, *operands)
    return node


def _aggregate(node: Aggregate, spec: FamilySpec) -> Node:
    options = [spec.option_by_code[node.option]] if node.option else spec.having(node.attribute)
    parts = [part for option in options for part in _parts(option, node.attribute)]
    amounts = [
        _if(_chosen(option, codes, node.column), _number(number, node)) for option, codes, number in parts
    ]
    if node.function == "sum":
        return _sum(amounts, node)
    count = _sum([_if(_chosen(option, codes, node.column), _one(node)) for option, codes, _ in parts], node)
    if node.function == "avg":
        return _operation("/", _sum(amounts, node), count)
    # Where nothing is chosen there is no smallest: a division by zero, as for the average.
    numbers = [number for _, _, number in parts]
    beyond = max(numbers) + 1 if node.function == "min" else min(numbers) - 1
    others = [
        _operation("if", _chosen(option, codes, node.column), _number(number, node), _number(beyond, node))
        for option, codes, number in parts
    ]
    found = others[0] if len(others) == 1 else _operation(node.function, *others)
    some = _operation(">=", count, _one(node))
    return _operation("if", some, found, _operation("/", _one(node), _number(Fraction(0), node)))


def _parts(option: OptionSpec, attribute: str) -> list[tuple[OptionSpec, tuple[str, ...], Fraction]]:
    """The values that have the attribute; of a choice together where their numbers are equal."""
    found: list[tuple[OptionSpec, tuple[str, ...], Fraction]] = []
    together: dict[Fraction, list[str]] = {}
    for value in option.values:
        quantity = value.attributes.get(attribute)
        if isinstance(quantity, Quantity):
            if option.kind == "multiple":
                found.append((option, (value.code,), quantity.number))
            else:
                together.setdefault(quantity.number, []).append(value.code)
    return found + [(option, tuple(codes), number) for number, codes in together.items()]


def _chosen(option: OptionSpec, codes: tuple[str, ...], column: int) -> Node:
    if option.kind == "multiple":
        return Reference(column, 1, option.code, codes[0])
    reference = Reference(column, 1, option.code)
    return _operation("in", reference, *(Constant(column, 1, code) for code in codes))


def _if(condition: Node, number: Constant) -> Node:
    zero = Constant(number.column, 1, Fraction(0), number.dimension, number.bare)
    return _operation("if", condition, number, zero)


def _number(number: Fraction, node: Node) -> Constant:
    return Constant(node.column, 1, number, bare=True)


def _one(node: Node) -> Constant:
    return _number(Fraction(1), node)


def _sum(parts: list[Node], node: Node) -> Node:
    """Added up in halves, so that a long sum is not a deep one."""
    if len(parts) < 2:
        return parts[0] if parts else _number(Fraction(0), node)
    half = len(parts) // 2
    return _operation("+", _sum(parts[:half], node), _sum(parts[half:], node))


def _operation(operator: str, *operands: Node) -> Operation:
    depth = 1 + max(operand.depth for operand in operands)
    return Operation(operands[0].column, depth, operator, operands)
