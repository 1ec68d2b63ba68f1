"""The smallest repair: which other choices to change, and to what, so that a wish can be had.

The fewest changes are a smallest hitting set of the conflicts between choices, found by turns: propose
the smallest set that hits all conflicts known, let the solver keep everything else, learn the next
conflict. Sets are proposed in one fixed order (fewest first, then later options of the family before
earlier ones, texts and pictures last), so the first that works is the same whatever conflicts were met.
"""

from collections.abc import Iterator

from configurator.engine.answers import Change, Repair
from configurator.engine.assumptions import Assumptions, index_of
from configurator.engine.choices import first_letters
from configurator.engine.compiled import ChoiceVariable, Knowledge, NumberVariable
from configurator.engine.completion import nearest_possible, nearest_values, witness_of
from configurator.engine.search import Literals, Search
from configurator.engine.spec import Choice, OptionSpec
from configurator.engine.valid_domains import BUDGET_CONSISTENCY, Undecided
from configurator.engine.wording import (
    changes_in_words,
    listed,
    value_in_words,
    wish_in_words,
)

# Proposals looked at before the search for the fewest changes gives way to keeping choices one by one.
MAX_PROPOSALS = 20_000


def repair(
    knowledge: Knowledge,
    search: Search,
    assumptions: Assumptions,
    *,
    chosen: dict[str, Choice],
    option: str,
    value: Choice,
    wish: Literals,
    beside: Literals = (),
) -> Repair | None:
    """The repair that keeps the wish; None when no change of other choices makes it possible.

    `beside` are the values of a multiple choice that stand beside the wish: they may be changed too.
    """
    spec, variables = knowledge.spec, knowledge.variables
    literals = {code: assumptions.literals(code, old) for code, old in chosen.items() if code != option}
    if beside:
        literals[option] = beside
    if witness_of(search, wish) is None:
        return None
    order = sorted(literals, key=lambda code: _rank(knowledge, code))
    given_up = _fewest(search, order, literals, wish)
    if given_up is None:
        given_up = _kept_one_by_one(search, order, literals, wish)
    kept = [literal for code in literals if code not in given_up for literal in literals[code]]
    context: Literals = (*wish, *kept)
    result: dict[str, Choice] = {**chosen, option: value}
    changes: list[Change] = []
    for code in (each.code for each in spec.options if each.code in given_up):
        old = result[code]
        if spec.option_by_code[code].kind == "multiple":
            new, context = _new_values(search, assumptions, spec.option_by_code[code], old, context)
        else:
            position = assumptions.own(code)[0]
            index, new = _new_value(knowledge, search, assumptions, position, code, old, context)
            said = variables[code].assume(index) if new is None else assumptions.literals(code, new)
            context = (*context, *said)
        changes.append(Change(code, old, new))
        if new is None:
            del result[code]
        else:
            result[code] = new
    ordered = {each.code: result[each.code] for each in spec.options if each.code in result}
    return Repair(tuple(changes), ordered, _sentence(knowledge, option, value, chosen.get(option), changes))


def _rank(knowledge: Knowledge, code: str) -> tuple[bool, int]:
    """What is changed rather: later options before earlier ones, texts and pictures only last."""
    position = list(knowledge.spec.option_by_code).index(code)
    return knowledge.spec.option_by_code[code].kind in ("text", "image"), -position


def _fewest(
    search: Search, order: list[str], literals: dict[str, Literals], wish: Literals
) -> list[str] | None:
    """The first set of fewest options in `order`; None when the search for it becomes too long."""
    owner = {literal: rank for rank, code in enumerate(order) for literal in literals[code]}
    conflicts: list[frozenset[int]] = []
    while True:
        proposal = _first_hitting_set(conflicts)
        if proposal is None:
            return None
        kept = [
            literal for rank, code in enumerate(order) if rank not in proposal for literal in literals[code]
        ]
        found = search.solve((*wish, *kept), BUDGET_CONSISTENCY)
        if found is None:
            raise Undecided
        if found is not False:
            return [order[rank] for rank in proposal]
        conflicts.append(frozenset(owner[literal] for literal in search.core() if literal in owner))


def _first_hitting_set(conflicts: list[frozenset[int]]) -> tuple[int, ...] | None:
    """The smallest set that meets every conflict, the first in order among equals; None when it takes too
    long.
    """
    looked_at = 0
    for size in range(len(conflicts) + 1):
        best: tuple[int, ...] | None = None
        for candidate in _hitting_sets(conflicts, frozenset(), size):
            looked_at += 1
            if looked_at > MAX_PROPOSALS:
                return None
            if candidate is not None:
                ordered = tuple(sorted(candidate))
                best = ordered if best is None else min(best, ordered)
        if best is not None:
            return best
    return None


def _hitting_sets(
    conflicts: list[frozenset[int]], chosen: frozenset[int], left: int
) -> Iterator[frozenset[int] | None]:
    """All smallest hitting sets with up to `left` more members; None for each way that leads nowhere."""
    open_conflict = next((conflict for conflict in conflicts if not conflict & chosen), None)
    if open_conflict is None:
        yield chosen
    elif left == 0:
        yield None
    else:
        for member in sorted(open_conflict):
            yield from _hitting_sets(conflicts, chosen | {member}, left - 1)


def _kept_one_by_one(
    search: Search, order: list[str], literals: dict[str, Literals], wish: Literals
) -> list[str]:
    """What has to be given up when the most valued choices are kept first: minimal, though not the fewest."""
    context, given_up = wish, []
    for code in reversed(order):
        if witness_of(search, (*context, *literals[code])) is None:
            given_up.append(code)
        else:
            context = (*context, *literals[code])
    return given_up


def _new_value(
    knowledge: Knowledge,
    search: Search,
    assumptions: Assumptions,
    position: int,
    code: str,
    old: Choice,
    context: Literals,
) -> tuple[int, Choice | None]:
    """The index and choice that an option is changed to; something else is always possible."""
    option, variable = knowledge.spec.option_by_code[code], knowledge.variables[code]
    before = index_of(option, variable, old)
    if isinstance(variable, ChoiceVariable):
        default = [variable.values.index(str(option.default))] if option.default is not None else []
        for index in dict.fromkeys([*default, *range(variable.count)]):
            if witness_of(search, (*context, *variable.assume(index))) is not None:
                return index, variable.values[index]
        raise AssertionError(f"{code} has no value left")
    index = nearest_possible(search, position, variable, context, before) or 0
    if option.kind == "integer":
        return index, variable.number(index)
    if option.kind == "image":
        return index, None
    if index == before:
        return index, None  # not its length is impossible, but what was measured of it
    if index < before:
        shorter = first_letters(str(old), variable.number(index))
        if option.measure is None or _fits(search, assumptions, option, shorter, context):
            return index, shorter
    return _other_text(search, assumptions, option, variable, context, index)


def _new_values(
    search: Search, assumptions: Assumptions, option: OptionSpec, old: Choice, context: Literals
) -> tuple[Choice | None, Literals]:
    """The values nearest to those chosen before, value by value, and the context with them."""
    witness = witness_of(search, context)
    assert witness is not None
    new, _ = nearest_values(search, assumptions, option, context, witness, old)
    return new, (*context, *assumptions.literals(option.code, new))


def _fits(
    search: Search, assumptions: Assumptions, option: OptionSpec, text: Choice, context: Literals
) -> bool:
    """Whether a text is possible, by its length and by what is measured of it."""
    return witness_of(search, (*context, *assumptions.literals(option.code, text))) is not None


def _other_text(
    search: Search,
    assumptions: Assumptions,
    option: OptionSpec,
    variable: NumberVariable,
    context: Literals,
    index: int,
) -> tuple[int, Choice | None]:
    """A text that has to be longer or narrower becomes the default, where that is possible; else it has to be
    typed.
    """
    if option.default is not None and _fits(search, assumptions, option, option.default, context):
        return index_of(option, variable, option.default), option.default
    return index, None


def _sentence(
    knowledge: Knowledge, option: str, value: Choice, old: Choice | None, changes: list[Change]
) -> str:
    options = knowledge.spec.option_by_code
    wish = wish_in_words(options[option], value, old)
    if not changes:
        return f"{wish} can be chosen as it is."
    said = [_change_in_words(options[change.option], change) for change in changes]
    return f"For {wish}, {listed(said)}."


def _change_in_words(option: OptionSpec, change: Change) -> str:
    if option.kind == "multiple":
        return changes_in_words(option, change.old, change.new or "")
    if change.new is None:
        return f"take out {option.name}" if option.kind == "image" else f"type {option.name} anew"
    if change.new == "":
        return f"leave {option.name} empty"
    old, new = value_in_words(option, change.old), value_in_words(option, change.new)
    return f"change {option.name} from “{old}” to “{new}”"
