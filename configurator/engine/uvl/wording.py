"""Constraints of feature models in plain words, with the features' own names."""

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


def sentence(term: Term) -> str:
    """`“Cheesy crust” needs “Big”.`"""
    said = _clause(term) or _say(term)
    if len(said) > MAX_CHARACTERS:
        return ""
    return f"{said[:1].upper()}{said[1:]}."


def _clause(term: Term) -> str:
    """Disjunctions of features and implications between features: the usual constraints."""
    if isinstance(term, Ref):
        return f"{_name(term)} is always needed"
    if not isinstance(term, Op):
        return ""
    if term.operator == "!" and isinstance(term.operands[0], Ref):
        return f"{_name(term.operands[0])} cannot be had"
    if term.operator == "=>":
        causes = _names(term.operands[0], "&")
        effects = _names(term.operands[1], "&")
        excluded = _negated(term.operands[1])
        if causes and effects:
            return f"{listed(causes)} {'needs' if len(causes) == 1 else 'together need'} {listed(effects)}"
        if causes and excluded:
            return f"{listed(causes)} cannot be had together with {excluded}"
        any_of = _names(term.operands[1], "|")
        if causes and any_of:
            return (
                f"{listed(causes)} {'needs' if len(causes) == 1 else 'together need'} {listed(any_of, 'or')}"
            )
        return ""
    if term.operator != "|":
        return ""
    wanted: list[str] = []
    unwanted: list[str] = []
    for operand in term.operands:
        if isinstance(operand, Ref):
            wanted.append(_name(operand))
        elif negated := _negated(operand):
            unwanted.append(negated)
        else:
            return ""
    if not unwanted:
        return f"at least one of {listed(wanted)} is needed"
    if not wanted:
        return f"{listed(unwanted)} cannot be had together"
    return f"{listed(unwanted)} {'needs' if len(unwanted) == 1 else 'together need'} {listed(wanted, 'or')}"


def _names(term: Term, operator: str) -> list[str]:
    if isinstance(term, Ref):
        return [_name(term)]
    if isinstance(term, Op) and term.operator == operator:
        names = [_name(operand) for operand in term.operands if isinstance(operand, Ref)]
        return names if len(names) == len(term.operands) else []
    return []


def _negated(term: Term) -> str:
    if isinstance(term, Op) and term.operator == "!" and isinstance(term.operands[0], Ref):
        return _name(term.operands[0])
    return ""


def _name(reference: Ref) -> str:
    return f"“{'.'.join(reference.path)}”"


def _say(term: Term) -> str:
    if isinstance(term, Ref):
        return _name(term)
    if isinstance(term, Number):
        return f"{float(term.value):g}"
    if isinstance(term, Text):
        return f"“{term.value}”"
    if isinstance(term, Truth):
        return "always" if term.value else "never"
    if isinstance(term, Call):
        arguments = [_say(argument) for argument in term.arguments]
        if term.function in _CALLS:
            return f"{_CALLS[term.function]} {listed(arguments, 'in')}"
        return f"{arguments[0]} rounded {'down' if term.function == 'floor' else 'up'}"
    operands = term.operands
    if term.operator == "!":
        return f"not {_inner(operands[0])}"
    if term.operator == "=>":
        return f"if {_inner(operands[0])}, then {_inner(operands[1])}"
    if term.operator == "<=>":
        return f"{_inner(operands[0])} exactly when {_inner(operands[1])}"
    if term.operator in ("&", "|"):
        return f" {'and' if term.operator == '&' else 'or'} ".join(_inner(operand) for operand in operands)
    if term.operator in _COMPARISONS:
        return f"{_say(operands[0])} {_COMPARISONS[term.operator]} {_say(operands[1])}"
    sign = {"*": "×", "/": "÷", "-": "−"}.get(term.operator, term.operator)
    return f"({f' {sign} '.join(map(_say, operands))})"


def _inner(term: Term) -> str:
    compound = isinstance(term, Op) and term.operator in ("&", "|", "=>", "<=>")
    return f"({_say(term)})" if compound else _say(term)
