"""Constraints of feature models in plain words, with the features' own names."""

from collections.abc import Mapping

from configurator.engine.uvl.terms import Call, Number, Op, Ref, Term, Text, Truth
from configurator.engine.wording import listed

MAX_CHARACTERS = 400
_COMPARISONS = {
    "==": "is",
    "!=": "is not",
    ">=": "is at least",
    "<=": "is at most",
    ">": "is more than",
    "<": "is less than",
}
_CALLS = {"len": "the number of letters of", "sum": "the sum of", "avg": "the average of"}


def sentence(term: Term, labels: Mapping[str, str]) -> str:
    """`“Cheesy crust” needs “Big”.`; `labels` gives the names for shoppers where they are others."""
    words = _Words(labels)
    said = words.clause(term) or words.say(term)
    if len(said) > MAX_CHARACTERS:
        return ""
    return f"{said[:1].upper()}{said[1:]}."


class _Words:
    def __init__(self, labels: Mapping[str, str]) -> None:
        self.labels = labels

    def clause(self, term: Term) -> str:
        """Disjunctions of features and implications between features: the usual constraints."""
        if isinstance(term, Ref):
            return f"{self.name(term)} is always needed"
        if not isinstance(term, Op):
            return ""
        if term.operator == "!" and isinstance(term.operands[0], Ref):
            return f"{self.name(term.operands[0])} cannot be had"
        if term.operator == "=>":
            causes = self.names(term.operands[0], "&")
            effects = self.names(term.operands[1], "&")
            excluded = self.negated(term.operands[1])
            if causes and effects:
                return (
                    f"{listed(causes)} {'needs' if len(causes) == 1 else 'together need'} {listed(effects)}"
                )
            if causes and excluded:
                return f"{listed(causes)} cannot be had together with {excluded}"
            any_of = self.names(term.operands[1], "|")
            if causes and any_of:
                verb = "needs" if len(causes) == 1 else "together need"
                return f"{listed(causes)} {verb} {listed(any_of, 'or')}"
            return ""
        if term.operator != "|":
            return ""
        wanted: list[str] = []
        unwanted: list[str] = []
        for operand in term.operands:
            if isinstance(operand, Ref):
                wanted.append(self.name(operand))
            elif isinstance(operand, Op) and operand.operator == "!" and isinstance(operand.operands[0], Ref):
                unwanted.append(self.name(operand.operands[0]))
            else:
                return ""
        if not unwanted:
            return f"at least one of {listed(wanted)} is needed"
        if not wanted:
            return f"{listed(unwanted)} cannot be had together"
        return (
            f"{listed(unwanted)} {'needs' if len(unwanted) == 1 else 'together need'} {listed(wanted, 'or')}"
        )

    def names(self, term: Term, operator: str) -> list[str]:
        if isinstance(term, Ref):
            return [self.name(term)]
        if isinstance(term, Op) and term.operator == operator:
            names = [self.name(operand) for operand in term.operands if isinstance(operand, Ref)]
            return names if len(names) == len(term.operands) else []
        return []

    def negated(self, term: Term) -> str:
        if isinstance(term, Op) and term.operator == "!" and isinstance(term.operands[0], Ref):
            return self.name(term.operands[0])
        return ""

    def name(self, reference: Ref) -> str:
        path = reference.path
        written = path[0] if len(path) == 1 else ".".join(path)
        return f"“{self.labels.get(written, written)}”"

    def say(self, term: Term) -> str:
        if isinstance(term, Ref):
            return self.name(term)
        if isinstance(term, Number):
            return f"{float(term.value):g}"
        if isinstance(term, Text):
            return f"“{term.value}”"
        if isinstance(term, Truth):
            return "always" if term.value else "never"
        if isinstance(term, Call):
            arguments = [self.say(argument) for argument in term.arguments]
            if term.function in _CALLS:
                return f"{_CALLS[term.function]} {listed(arguments, 'in')}"
            return f"{arguments[0]} rounded {'down' if term.function == 'floor' else 'up'}"
        operands = term.operands
        if term.operator == "!":
            return f"not {self.inner(operands[0])}"
        if term.operator == "=>":
            return f"if {self.inner(operands[0])}, then {self.inner(operands[1])}"
        if term.operator == "<=>":
            return f"{self.inner(operands[0])} exactly when {self.inner(operands[1])}"
        if term.operator in ("&", "|"):
            return f" {'and' if term.operator == '&' else 'or'} ".join(
                self.inner(operand) for operand in operands
            )
        if term.operator in _COMPARISONS:
            return f"{self.say(operands[0])} {_COMPARISONS[term.operator]} {self.say(operands[1])}"
        sign = {"*": "×", "/": "÷", "-": "−"}.get(term.operator, term.operator)
        return f"({f' {sign} '.join(map(self.say, operands))})"

    def inner(self, term: Term) -> str:
        compound = isinstance(term, Op) and term.operator in ("&", "|", "=>", "<=>")
        return f"({self.say(term)})" if compound else self.say(term)
