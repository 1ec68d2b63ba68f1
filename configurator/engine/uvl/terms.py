"""Constraints of UVL: one line of text in, a small tree out; precedence climbing over a list of tokens.

Operators bind as in UVL's grammar, weakest first: `<=>`, `=>`, `|`, `&`, `!`, comparisons, sums, products;
those of one level from the left (`a => b => c` is `(a => b) => c`).
"""

import re
from fractions import Fraction
from typing import NamedTuple, NoReturn

MAX_DEPTH = 40
MAX_CHARACTERS = 20_000
FUNCTIONS = ("sum", "avg", "len", "floor", "ceil")
NAME = r"[A-Za-z_][A-Za-z0-9_#§%?\\'äüöÄÜÖß;]*"
ID = rf'(?:"[^"\r\n]*"|{NAME})'
TOKENS = re.compile(
    rf"{ID}(?:\s*\.\s*{ID})*|'[^'\r\n]*'|[0-9]*\.[0-9]+|[0-9]+[A-Za-z_]?|<=>|=>|==|!=|<=|>=|\S"
)
_ID = re.compile(ID)
# What most constraints are: features, some of them negated, joined by `|`.
_PLAIN = "!?[A-Za-z_][A-Za-z0-9_]*"
_CLAUSE = re.compile(rf"\s*{_PLAIN}(?:\s+\|\s+{_PLAIN})*\s*")
_LEVELS = {
    "<=>": 1, "=>": 2, "|": 3, "&": 4,
    "==": 6, "!=": 6, "<": 6, ">": 6, "<=": 6, ">=": 6,
    "+": 7, "-": 7, "*": 8, "/": 8,
}  # fmt: skip
_COMPARISON = 6
DIGITS = tuple("0123456789")
MAX_DIGITS = 40


class Wrong(Exception):
    """What is wrong at which token, and what may be meant."""

    def __init__(self, at: int, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.at = at
        self.message = message
        self.hint = hint


def number_of(word: str, at: int) -> Fraction:
    """A number as it is written, `.5` too; raises `Wrong` for one that nobody can mean."""
    if len(word) > MAX_DIGITS:
        raise Wrong(at, f"the number has more than {MAX_DIGITS} digits", "write a smaller one")
    return Fraction(f"0{word}" if word[0] == "." else word)


# `at` is the number of the token: columns are worked out only for what is wrong.
class Ref(NamedTuple):
    """A feature, a feature's attribute, or (in aggregates) an attribute: `a`, `model.a`, `a.price`."""

    at: int
    path: tuple[str, ...]


class Number(NamedTuple):
    at: int
    value: Fraction


class Text(NamedTuple):
    at: int
    value: str


class Truth(NamedTuple):
    at: int
    value: bool


class Op(NamedTuple):
    """An operator with its operands; `!` has one, `&`, `|`, `+` and `*` have two or more."""

    at: int
    operator: str
    operands: tuple["Term", ...]
    depth: int


class Call(NamedTuple):
    at: int
    function: str
    arguments: tuple["Term", ...]


Term = Ref | Number | Text | Truth | Op | Call


def column_of(text: str, at: int) -> int:
    """The column (from 1) of a token of the text, one beyond its end for the token after the last."""
    for number, found in enumerate(TOKENS.finditer(text)):
        if number == at:
            return found.start() + 1
    return len(text.rstrip()) + 1


def parse_term(text: str) -> Term:
    """The tree of a constraint; raises `Wrong`."""
    if len(text) > MAX_CHARACTERS:
        raise Wrong(0, f"the constraint is longer than {MAX_CHARACTERS:,} characters", "split it")
    if _CLAUSE.fullmatch(text) and "true" not in text and "false" not in text:
        return _clause(text.split())
    return parse_any(text)


def parse_any(text: str) -> Term:
    """The tree of a constraint of any form; raises `Wrong`."""
    parser = TermParser(TOKENS.findall(text))
    term = parser.term(1)
    if parser.word:
        parser.unexpected("an operator")
    return term


def _clause(words: list[str]) -> Term:
    """What `parse_any` makes of features and negated features joined by `|`."""
    operands: list[Term] = []
    at, first, depth = 0, 0, 1
    for word in words:
        if word == "|":
            first = first or at
        elif word[0] == "!":
            operands.append(Op(at, "!", (Ref(at + 1, (word[1:],)),), 1))
            at, depth = at + 1, 2
        else:
            operands.append(Ref(at, (word,)))
        at += 1
    return operands[0] if len(operands) == 1 else Op(first, "|", tuple(operands), depth)


def path_of(token: str) -> tuple[str, ...]:
    if '"' not in token:
        return (token,) if "." not in token else tuple(part.strip() for part in token.split("."))
    return tuple(part[1:-1] if part[0] == '"' else part for part in _ID.findall(token))


class TermParser:
    def __init__(self, tokens: list[str]) -> None:
        self.tokens = [*tokens, ""]
        self.at = 0
        self.word = self.tokens[0]
        self.nested = 0

    def advance(self) -> None:
        self.at += 1
        self.word = self.tokens[self.at]

    def term(self, level: int) -> Term:
        left = self.operand()
        while (strength := _LEVELS.get(self.word, 0)) >= level:
            operator, at = self.word, self.at
            self.advance()
            operands = [left, self.term(strength + 1)]
            if operator in "&|+*":
                while self.word == operator:
                    self.advance()
                    operands.append(self.term(strength + 1))
            left = _op(at, operator, tuple(operands))
            if strength == _COMPARISON and _LEVELS.get(self.word) == _COMPARISON:
                raise Wrong(self.at, "comparisons cannot be chained", "join two of them with &")
        return left

    def operand(self) -> Term:
        word, at = self.word, self.at
        first = word[:1]
        if first.isalpha() or (first in ('"', "_") and word):
            self.advance()
            if self.word == "(" and word in FUNCTIONS:
                return self.call(at, word)
            if word in ("true", "false"):
                return Truth(at, word == "true")
            return Ref(at, path_of(word))
        if word == "!":
            self.advance()
            return _op(at, "!", (self.deeper(_COMPARISON),))
        if word == "(":
            self.advance()
            inner = self.deeper(1)
            self.expect(")")
            return inner
        if first == "'" and len(word) > 1:
            self.advance()
            return Text(at, word[1:-1])
        if word == "-":
            self.advance()
            negative = self.operand()
            if isinstance(negative, Number):
                return Number(at, -negative.value)
            return _op(at, "-", (Number(at, Fraction(0)), negative))
        if first in DIGITS or (first == "." and len(word) > 1):
            if word[-1].isalpha() or word[-1] == "_":
                self.unexpected("a name that begins with a letter", 'or write the name in "..."')
            number = number_of(word, at)
            self.advance()
            return Number(at, number)
        self.unexpected("a feature, a number, a text in '...', ! or (")

    def deeper(self, level: int) -> Term:
        self.nested += 1
        if self.nested > MAX_DEPTH:
            raise Wrong(self.at, f"nested deeper than {MAX_DEPTH} levels", "split the constraint")
        inner = self.term(level)
        self.nested -= 1
        return inner

    def call(self, at: int, function: str) -> Term:
        self.advance()
        arguments = [self.operand()]
        while self.word == ",":
            self.advance()
            arguments.append(self.operand())
        self.expect(")")
        most = 2 if function in ("sum", "avg") else 1
        if len(arguments) > most or not all(isinstance(argument, Ref) for argument in arguments):
            raise Wrong(at, f"{function} takes {'one or two names' if most == 2 else 'one name'}")
        return Call(at, function, tuple(arguments))

    def expect(self, word: str) -> None:
        if self.word != word:
            self.unexpected(word)
        self.advance()

    def unexpected(self, expected: str, hint: str = "") -> NoReturn:
        if not self.word:
            raise Wrong(self.at, "the constraint ends too early", f"expected {expected}")
        hints = {"=": "compare with ==", '"': 'close the name with "', "'": "close the text with '"}
        hint = hint or hints.get(self.word, "")
        raise Wrong(
            self.at,
            f"{self.word} cannot stand here",
            f"expected {expected}" + (f"; {hint}" if hint else ""),
        )


def _op(at: int, operator: str, operands: tuple[Term, ...]) -> Op:
    depth = 1
    for operand in operands:
        if isinstance(operand, Op) and operand.depth >= depth:
            depth = operand.depth + 1
    if depth > MAX_DEPTH:
        raise Wrong(at, f"nested deeper than {MAX_DEPTH} levels", "split the constraint")
    return Op(at, operator, operands, depth)
