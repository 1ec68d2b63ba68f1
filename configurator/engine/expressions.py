"""The expression language of family files: UVL's syntax with units, parsed by lark into a small tree.

    ! & | => <=>     == != < > <= >= in ('a', 'b')     + - * /     floor ceil min max abs if(condition, a, b)
    option, option.attribute, len(text), image.count, extras.hooks, extras.count, 'code', 12 mm, true, false
    sum(extras.weight), avg(weight), min(extras.weight), max(weight): over what is chosen

Operators bind as in UVL: `=>` and `<=>` weakest, then `|`, `&`, `!`, comparisons, sums, products. The
language is closed: nothing is called but the functions above. Numbers are exact fractions in base units.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from difflib import get_close_matches
from fractions import Fraction
from functools import lru_cache
from typing import cast

from lark import Lark, Token, Transformer, UnexpectedCharacters, UnexpectedEOF, UnexpectedToken, v_args

from configurator.engine.lookalikes import lookalike_hint
from configurator.engine.units import PLAIN, UNIT_NAMES, UNIT_PATTERN, Dimension, dimension_of, factor_of

MAX_CHARACTERS = 4_000
MAX_DEPTH = 60
AGGREGATES = ("sum", "avg", "min", "max")
FUNCTIONS = {
    "floor": (1, 1),
    "ceil": (1, 1),
    "abs": (1, 1),
    "min": (1, 20),
    "max": (1, 20),
    "sum": (1, 1),
    "avg": (1, 1),
    "len": (1, 1),
    "if": (3, 3),
}
RESERVED = frozenset({*FUNCTIONS, "in", "true", "false"})

_GRAMMAR = rf"""
    ?start: equivalence
    ?equivalence: implication ("<=>" implication)*
    ?implication: disjunction ("=>" implication)?
    ?disjunction: conjunction ("|" conjunction)*
    ?conjunction: negation ("&" negation)*
    ?negation: "!" negation                                -> negation
             | comparison
    ?comparison: sum COMPARE sum                           -> comparison
               | sum "in" "(" sum ("," sum)* ")"           -> membership
               | sum
    ?sum: product (SIGN product)*
    ?product: factor (TIMES factor)*
    ?factor: SIGN factor                                   -> signed
           | QUANTITY                                      -> quantity
           | NUMBER                                        -> number
           | STRING                                        -> string
           | "true"                                        -> true
           | "false"                                       -> false
           | NAME "(" equivalence ("," equivalence)* ")"   -> call
           | "if" "(" equivalence ("," equivalence)* ")"   -> condition
           | NAME "." NAME                                 -> attribute
           | NAME                                          -> option
           | "(" equivalence ")"

    COMPARE: "==" | "!=" | "<=" | ">=" | "<" | ">"
    SIGN: "+" | "-"
    TIMES: "*" | "/"
    QUANTITY.2: /[0-9]+(\.[0-9]+)?[ \t]*{UNIT_PATTERN}/
    NUMBER: /[0-9]+(\.[0-9]+)?/
    STRING: /'[^'\n]{{0,200}}'/
    NAME: /[A-Za-z_][A-Za-z0-9_]*/
    %ignore /[ \t\n]+/
"""


@dataclass(frozen=True, slots=True)
class ExpressionError(Exception):
    """What is wrong in an expression, where (column from 1), and what may have been meant."""

    column: int
    message: str
    hint: str = ""

    def __str__(self) -> str:
        return f"column {self.column}: {self.message}" + (f" ({self.hint})" if self.hint else "")


@dataclass(frozen=True, slots=True)
class Node:
    column: int = field(compare=False)
    depth: int = field(compare=False)


@dataclass(frozen=True, slots=True)
class Constant(Node):
    """A number in base units (`bare` when written without a unit), a text, or a truth value."""

    value: Fraction | str | bool
    dimension: Dimension = PLAIN
    bare: bool = False


@dataclass(frozen=True, slots=True)
class Reference(Node):
    """`option` or `option.attribute`."""

    option: str
    attribute: str = ""

    @property
    def key(self) -> str:
        return f"{self.option}.{self.attribute}" if self.attribute else self.option


@dataclass(frozen=True, slots=True)
class Aggregate(Node):
    """`sum`, `avg`, `min` or `max` of an attribute over the chosen values of one option, or of all options
    that have it (`option` is empty then)."""

    function: str
    option: str
    attribute: str

    @property
    def name(self) -> str:
        return f"{self.option}.{self.attribute}" if self.option else self.attribute


@dataclass(frozen=True, slots=True)
class Operation(Node):
    """An operator (`=>`, `&`, `<=`, `+`, ...), `in`, or a function, with its operands."""

    operator: str
    operands: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Expression:
    text: str
    root: Node

    @property
    def references(self) -> frozenset[Reference]:
        return frozenset(node for node in walk(self.root) if isinstance(node, Reference))

    @property
    def aggregates(self) -> frozenset[Aggregate]:
        return frozenset(node for node in walk(self.root) if isinstance(node, Aggregate))


def walk(node: Node) -> Iterator[Node]:
    """The node and everything below it, depth first, left to right."""
    pending = [node]
    while pending:
        current = pending.pop()
        yield current
        if isinstance(current, Operation):
            pending.extend(reversed(current.operands))


def _operation(operator: str, operands: tuple[Node, ...], column: int) -> Operation:
    depth = 1 + max(operand.depth for operand in operands)
    if depth > MAX_DEPTH:
        raise ExpressionError(
            column, f"the expression is nested deeper than {MAX_DEPTH} levels", "split it into rules"
        )
    return Operation(column, depth, operator, operands)


@v_args(inline=True)
class _Builder(Transformer[Token, Node]):
    def equivalence(self, first: Node, *others: Node) -> Node:
        for other in others:
            first = _operation("<=>", (first, other), first.column)
        return first

    def implication(self, left: Node, right: Node) -> Node:
        return _operation("=>", (left, right), left.column)

    def disjunction(self, *operands: Node) -> Node:
        return _operation("|", operands, operands[0].column)

    def conjunction(self, *operands: Node) -> Node:
        return _operation("&", operands, operands[0].column)

    def negation(self, operand: Node) -> Node:
        return _operation("!", (operand,), operand.column)

    def comparison(self, left: Node, operator: Token, right: Node) -> Node:
        return _operation(str(operator), (left, right), left.column)

    def membership(self, *operands: Node) -> Node:
        return _operation("in", operands, operands[0].column)

    def sum(self, first: Node, *rest: Node | Token) -> Node:
        for operator, right in zip(rest[::2], rest[1::2], strict=True):
            assert isinstance(right, Node)
            first = _operation(str(operator), (first, right), first.column)
        return first

    product = sum

    def signed(self, sign: Token, operand: Node) -> Node:
        column = sign.column or 1
        if sign == "+":
            return operand
        if isinstance(operand, Constant) and isinstance(operand.value, Fraction):
            return Constant(column, 1, -operand.value, operand.dimension, operand.bare)
        return _operation("neg", (operand,), column)

    def quantity(self, token: Token) -> Node:
        # Cut at the first letter: the unit mm2 ends in a digit.
        start = next(index for index, character in enumerate(token) if character.isalpha())
        number, unit = token[:start].strip(), token[start:]
        dimension = dimension_of(unit)
        assert dimension is not None
        return Constant(token.column or 1, 1, Fraction(number) * factor_of(unit), dimension)

    def number(self, token: Token) -> Node:
        return Constant(token.column or 1, 1, Fraction(str(token)), PLAIN, bare=True)

    def string(self, token: Token) -> Node:
        return Constant(token.column or 1, 1, token[1:-1])

    def true(self) -> Node:
        return Constant(1, 1, True)

    def false(self) -> Node:
        return Constant(1, 1, False)

    def call(self, name: Token, *arguments: Node) -> Node:
        column = name.column or 1
        if name not in FUNCTIONS:
            raise ExpressionError(column, f"there is no function {name}", nearest_hint(name, FUNCTIONS))
        fewest, most = FUNCTIONS[name]
        if not fewest <= len(arguments) <= most:
            wanted = str(fewest) if fewest == most else f"{fewest} to {most}"
            raise ExpressionError(column, f"{name} takes {wanted} arguments, not {len(arguments)}")
        if name == "len":
            return _length(arguments[0], column)
        if name in AGGREGATES and len(arguments) == 1:
            return _aggregate(str(name), arguments[0], column)
        return _operation(str(name), arguments, column)

    def condition(self, *arguments: Node) -> Node:
        return self.call(Token("NAME", "if", column=arguments[0].column), *arguments)

    def attribute(self, option: Token, attribute: Token) -> Node:
        return Reference(option.column or 1, 1, str(option), str(attribute))

    def option(self, option: Token) -> Node:
        return Reference(option.column or 1, 1, str(option))


def _length(text: Node, column: int) -> Node:
    if not isinstance(text, Reference) or text.attribute:
        raise ExpressionError(column, "len needs a text", "write len(option)")
    return Reference(column, 1, text.option, "length")


def _aggregate(function: str, over: Node, column: int) -> Node:
    if not isinstance(over, Reference):
        raise ExpressionError(
            column,
            f"{function} needs an attribute",
            f"write {function}(option.attribute) or {function}(attribute)",
        )
    option, attribute = (over.option, over.attribute) if over.attribute else ("", over.option)
    return Aggregate(column, 1, function, option, attribute)


# The tree is built while parsing, so that deep nesting cannot exhaust Python's stack.
_PARSER = Lark(_GRAMMAR, parser="lalr", maybe_placeholders=False, transformer=_Builder())
_NAMES_OF_TERMINALS = {
    "NAME": "a name",
    "NUMBER": "a number",
    "QUANTITY": "a number with a unit",
    "STRING": "a text in single quotes",
    "COMPARE": "a comparison",
    "SIGN": "+ or -",
    "TIMES": "* or /",
    "LPAR": "(",
    "RPAR": ")",
    "COMMA": ",",
    "BANG": "!",
    "VBAR": "|",
    "DOT": ".",
    "IF": "if(",
    "IN": "in",
    "TRUE": "true",
    "FALSE": "false",
}


_HINTS = {"=": "compare with ==", '"': "write codes in single quotes", "'": "close the single quote"}


@lru_cache(maxsize=8192)
def parse(text: str) -> Expression:
    """The tree of an expression; raises `ExpressionError`. Remembers what it has parsed."""
    if len(text) > MAX_CHARACTERS:
        raise ExpressionError(
            1, f"the expression is longer than {MAX_CHARACTERS} characters", "split it into rules"
        )
    if not text.strip():
        raise ExpressionError(1, "the expression is empty")
    try:
        return Expression(text, cast(Node, _PARSER.parse(text)))
    except UnexpectedCharacters as error:
        found = text[error.pos_in_stream or 0]
        raise ExpressionError(
            error.column, f"{found} cannot stand here", _HINTS.get(found) or lookalike_hint(found)
        ) from None
    except UnexpectedEOF as error:
        raise ExpressionError(
            len(text) + 1, "the expression ends too early", _expected(error.expected)
        ) from None
    except UnexpectedToken as error:
        raise _unexpected(text, error) from None


def _unexpected(text: str, error: UnexpectedToken) -> ExpressionError:
    token, expected = error.token, _expected(error.accepts or error.expected)
    if token.type == "$END":
        return ExpressionError(len(text) + 1, "the expression ends too early", expected)
    before = text[: token.start_pos or 0].rstrip()
    if token.type == "NAME" and before[-1:].isdigit():
        return ExpressionError(token.column or 1, f"{token} is not a unit", nearest_hint(token, UNIT_NAMES))
    return ExpressionError(token.column or 1, f"{token} cannot stand here", expected)


def _expected(terminals: Iterable[str] | None) -> str:
    names = sorted({_NAMES_OF_TERMINALS.get(terminal, "an operator") for terminal in terminals or ()})
    return "expected " + ", ".join(names) if names else ""


def nearest_hint(name: str, known: Iterable[str]) -> str:
    """`did you mean size?` when a known name is near, else the known names when they are few.

    A letter that only looks like a Latin one is named first: no reader would find it.
    """
    lookalike = lookalike_hint(name)
    if lookalike:
        return lookalike
    names = sorted(known)
    near = get_close_matches(name, names, n=1, cutoff=0.6)
    if near:
        return f"did you mean {near[0]}?"
    return "known: " + ", ".join(names) if 0 < len(names) <= 12 else ""
