"""Finishing a configuration: defaults first, then the first value that is possible. Always the same way."""

from collections.abc import Iterator

from configurator.engine.assumptions import Assumptions, index_of
from configurator.engine.choices import codes_of, first_letters, joined
from configurator.engine.compiled import ChoiceVariable, Knowledge, NumberVariable, Variable
from configurator.engine.points import Witness
from configurator.engine.search import Literals, Search
from configurator.engine.spec import Choice, OptionSpec
from configurator.engine.valid_domains import BUDGET_CONSISTENCY, Undecided


def witness_of(search: Search, literals: Literals) -> Witness | None:
    """A configuration with these literals, None when there is none; raises `Undecided`."""
    found = search.solve(literals, BUDGET_CONSISTENCY)
    if found is None:
        raise Undecided
    return None if found is False else found


def nearest_possible(
    search: Search, position: int, variable: NumberVariable, context: Literals, target: int
) -> int | None:
    """The possible index nearest to the target, the lower one of two; None when nothing is possible."""
    witness = witness_of(search, context)
    if witness is None:
        return None
    closer, distance = 0, abs(search.layout.index(witness, position) - target)
    while closer < distance:
        middle = (closer + distance) // 2
        around = (variable.at_least(target - middle), variable.at_most(target + middle))
        witness = witness_of(search, (*context, *around))
        if witness is None:
            closer = middle + 1
        else:
            distance = abs(search.layout.index(witness, position) - target)
    below = target - distance
    if below >= 0 and witness_of(search, (*context, *variable.assume(below))) is not None:
        return below
    return target + distance


def complete(
    knowledge: Knowledge, search: Search, assumptions: Assumptions, chosen: dict[str, Choice]
) -> dict[str, Choice] | None:
    """All choices made, as far as they can be without the shopper: texts and pictures that are required
    stay open.

    None when the choices contradict each other.
    """
    said_first = assumptions.of_each(chosen)
    literals: Literals = tuple(literal for said in said_first.values() for literal in said)
    # Trying first what is preferred makes most of what the first answer shows the result already.
    search.prefer(_preferred(knowledge, assumptions))
    witness = witness_of(search, literals)
    if witness is None:
        return None
    result = dict(chosen)
    for option in knowledge.spec.options:
        code, position = option.code, assumptions.own(option.code)[0]
        if option.kind == "multiple":
            wanted, witness = nearest_values(search, assumptions, option, literals, witness, chosen.get(code))
            result[code] = wanted
            literals += assumptions.literals(code, wanted)
            continue
        if code in chosen:
            continue
        variable = search.variables[position]
        for index, value in _candidates(search, position, option, variable, literals):
            measured = option.measure is not None and value is not None
            said = assumptions.literals(code, value) if measured and value else variable.assume(index)
            taken = (*literals, *said)
            # What the last configuration shows is possible without asking again.
            shown = not measured and search.layout.index(witness, position) == index
            found = witness if shown else witness_of(search, taken)
            if found is not None:
                witness, literals = found, taken
                if value is not None:
                    result[code] = value
                break
    return {option.code: result[option.code] for option in knowledge.spec.options if option.code in result}


def _preferred(knowledge: Knowledge, assumptions: Assumptions) -> list[int]:
    """The defaults, and where there is none the first value of a choice."""
    preferred: list[int] = []
    for option in knowledge.spec.options:
        if option.default is not None and option.kind != "image":
            preferred += assumptions.literals(option.code, option.default)
        elif option.kind in ("choice", "switch"):
            preferred += knowledge.variables[option.code].assume(0)
    return preferred


def nearest_values(
    search: Search,
    assumptions: Assumptions,
    option: OptionSpec,
    context: Literals,
    witness: Witness,
    start: Choice | None,
) -> tuple[str, Witness]:
    """Values of a multiple choice that are possible together in a context that `witness` shows to be
    possible: one after the other as in `start` (the default where there is none) where that is possible."""
    begun = option.default if start is None else start
    wished = codes_of(begun) if begun is not None else ()
    taken: list[str] = []
    for code, position in zip(option.codes, assumptions.own(option.code), strict=True):
        index = int(code in wished)
        if search.layout.index(witness, position) != index:
            found = witness_of(search, (*context, *search.variables[position].assume(index)))
            witness = found or witness
            index = index if found else 1 - index
        context = (*context, *search.variables[position].assume(index))
        if index:
            taken.append(code)
    return joined(option, taken), witness


def _candidates(
    search: Search, position: int, option: OptionSpec, variable: Variable, literals: Literals
) -> Iterator[tuple[int, Choice | None]]:
    """Indices to try, best first, with the choice that each one makes (None: left out)."""
    if option.default is not None:
        yield index_of(option, variable, option.default), option.default
    if isinstance(variable, ChoiceVariable):
        yield from enumerate(variable.values)
    elif option.kind == "integer":
        target = 0 if option.default is None else variable.index_of(int(option.default))
        index = nearest_possible(search, position, variable, literals, target)
        if index is not None:
            yield index, variable.number(index)
    elif not option.required:
        yield 0, None
    if option.kind == "text" and option.default is not None and isinstance(variable, NumberVariable):
        target = index_of(option, variable, option.default)
        index = nearest_possible(search, position, variable, literals, target)
        if index is not None and 0 < index < target:
            yield index, first_letters(str(option.default), variable.number(index))
