"""The smallest repairs: which other choices to change, and to what, so that a wish can be had.

The fewest changes are a smallest hitting set of the conflicts between choices, found by turns: propose
the smallest set that hits all conflicts known, let the solver keep everything else, learn the next
conflict. Sets are proposed in one fixed order (fewest first, then later options of the family before
earlier ones, texts and pictures last) and never around one that works already, so the sets that work come
in the same order whatever conflicts were met, and none of them has a choice too many.
"""

from collections.abc import Collection, Iterator
from dataclasses import replace
from decimal import Decimal

from configurator.engine.answers import Change, Repair
from configurator.engine.assumptions import Assumptions, index_of
from configurator.engine.choices import first_letters
from configurator.engine.compiled import ChoiceVariable, Knowledge, NumberVariable
from configurator.engine.completion import complete, nearest_possible, nearest_values, witness_of
from configurator.engine.points import bits, union
from configurator.engine.pricing import PriceError, price
from configurator.engine.search import Literals, Search
from configurator.engine.spec import FREE_KINDS, Choice, OptionSpec
from configurator.engine.valid_domains import BUDGET_CONSISTENCY, Undecided
from configurator.engine.wording import (
    changes_in_words,
    listed,
    value_in_words,
    wish_in_words,
)

# Steps that a question may take before the search for the fewest changes gives way to keeping choices one by
# one; some 10 microseconds each.
MAX_STEPS = 50_000
# Repairs of equally few changes that are priced to find the cheapest.
MOST_PRICED = 12


def repairs(
    knowledge: Knowledge,
    search: Search,
    assumptions: Assumptions,
    *,
    chosen: dict[str, Choice],
    option: str,
    value: Choice,
    wish: Literals,
    beside: Literals = (),
    most: int,
) -> tuple[Repair, ...]:
    """Up to `most` repairs that keep the wish: the fewest changes first, the cheapest first among equals.

    Empty when no change of other choices makes it possible. `beside` are the values of a multiple choice that
    stand beside the wish: they may be changed too.
    """
    literals = assumptions.of_each({**chosen, option: value}, without=option)
    if beside:
        literals[option] = beside
    priced = bool(knowledge.spec.prices)
    found: list[Repair] = []
    for given_up in _ways(knowledge, search, literals, wish):
        # The cheapest of equally many changes is known when all are; without prices the first will do.
        enough = len(found) >= (MOST_PRICED if priced else most)
        if enough or (len(found) >= most and len(given_up) > len(found[-1].changes)):
            break
        kept = [literal for code in literals if code not in given_up for literal in literals[code]]
        try:
            made = _repair(
                knowledge, search, assumptions, chosen, option, value, given_up, context=(*wish, *kept)
            )
        except Undecided:
            if not found:
                raise
            break
        found.append(replace(made, unit_price=_unit_price(knowledge, search, assumptions, made.choices)))
    found.sort(key=lambda each: (len(each.changes), each.unit_price is None, each.unit_price or 0))
    return tuple(found[:most])


def _unit_price(
    knowledge: Knowledge, search: Search, assumptions: Assumptions, choices: dict[str, Choice]
) -> Decimal | None:
    """What one piece costs when the rest is completed; None where that cannot be told or nobody priced it."""
    spec = knowledge.spec
    if not spec.priced:
        return None
    if not spec.prices:
        return spec.base_price
    try:
        full = complete(knowledge, search, assumptions, choices)
        return None if full is None else price(spec, full, quantity=1).unit
    except (PriceError, Undecided):
        return None


def _repair(
    knowledge: Knowledge,
    search: Search,
    assumptions: Assumptions,
    chosen: dict[str, Choice],
    option: str,
    value: Choice,
    given_up: Collection[str],
    *,
    context: Literals,
) -> Repair:
    """The options given up changed one after the other, to what is nearest."""
    spec, variables = knowledge.spec, knowledge.variables
    result: dict[str, Choice] = {**chosen, option: value}
    changes: list[Change] = []
    places = spec.place_by_code
    for code in sorted(given_up, key=places.__getitem__):
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
    ordered = {code: result[code] for code in sorted(result, key=places.__getitem__)}
    return Repair(tuple(changes), ordered, _sentence(knowledge, option, value, chosen.get(option), changes))


def _ways(
    knowledge: Knowledge, search: Search, literals: dict[str, Literals], wish: Literals
) -> Iterator[list[str]]:
    """The sets of options to give up, fewest first; some minimal one where that search becomes too long."""
    options, places = knowledge.spec.option_by_code, knowledge.spec.place_by_code
    # What is changed rather: later options before earlier ones, texts and pictures only last.
    order = sorted(literals, key=lambda code: (options[code].kind in FREE_KINDS, -places[code]))
    owner = {literal: rank for rank, code in enumerate(order) for literal in literals[code]}
    sets = _HittingSets()
    least = 0
    while True:
        # With more conflicts known it never takes fewer changes.
        proposal = sets.first(least)
        if proposal is None:
            if not sets.known and _possible(search, wish):
                yield _kept_one_by_one(search, order, literals, wish)
            return
        least = len(proposal)
        kept = [
            literal for rank, code in enumerate(order) if rank not in proposal for literal in literals[code]
        ]
        found = search.possible((*wish, *kept), BUDGET_CONSISTENCY)
        if found is None:
            if not sets.known:
                search.begin()
                if _possible(search, wish):
                    yield _kept_one_by_one(search, order, literals, wish)
            return
        if not found:
            ranks = {owner[literal] for literal in search.core() if literal in owner}
            if not ranks:
                return  # the wish is never possible
            sets.conflicts.append(union(1 << rank for rank in ranks))
        else:
            sets.known.append(union(1 << rank for rank in proposal))
            yield [order[rank] for rank in proposal]


class _HittingSets:
    """The smallest sets of choices that meet every conflict, by branch and bound.

    Sets are bits by rank. A set is cut off when the conflicts still open that share nothing need more
    members than are left; no set is looked at twice.
    """

    def __init__(self) -> None:
        self.conflicts: list[int] = []
        self.known: list[int] = []
        self.left = MAX_STEPS

    def first(self, least: int) -> tuple[int, ...] | None:
        """The smallest set that has none of the known ones in it, the first in order among equals; None when
        there is none or it takes too long. None has fewer than `least` members."""
        for size in range(least, len(self.conflicts) + 1):
            best: tuple[int, ...] | None = None
            for found in self._within(self.conflicts, 0, 0, size):
                if not any(known & ~found == 0 for known in self.known):
                    ordered = tuple(bits(found))
                    best = ordered if best is None else min(best, ordered)
            if self.left <= 0:
                return None
            if best is not None:
                return best
        return None

    def _within(self, conflicts: list[int], chosen: int, banned: int, room: int) -> Iterator[int]:
        """Sets with up to `room` more members than `chosen` that meet these conflicts, none banned."""
        self.left -= 1
        if self.left <= 0:
            return
        if not conflicts:
            yield chosen
            return
        if _apart(conflicts) > room:
            return
        narrowest = min(conflicts, key=lambda conflict: (conflict & ~banned).bit_count())
        for member in bits(narrowest & ~banned):
            bit = 1 << member
            rest = [conflict for conflict in conflicts if not conflict & bit]
            yield from self._within(rest, chosen | bit, banned, room - 1)
            banned |= bit


def _apart(conflicts: list[int]) -> int:
    """How many of the conflicts share no member with one counted before: each needs a member of its own."""
    count = taken = 0
    for conflict in conflicts:
        if not conflict & taken:
            taken |= conflict
            count += 1
    return count


def _kept_one_by_one(
    search: Search, order: list[str], literals: dict[str, Literals], wish: Literals
) -> list[str]:
    """What has to be given up when the most valued choices are kept first: minimal, though not the fewest."""
    context, given_up = wish, []
    for code in reversed(order):
        if not _possible(search, (*context, *literals[code])):
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
            if _possible(search, (*context, *variable.assume(index))):
                return index, variable.values[index]
        raise AssertionError(f"{code} has no value left")
    index = nearest_possible(search, position, variable, context, before) or 0
    if option.kind == "integer":
        return index, variable.number(index)
    if option.kind in ("image", "placement"):
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
    return _possible(search, (*context, *assumptions.literals(option.code, text)))


def _possible(search: Search, literals: Literals) -> bool:
    found = search.possible(literals, BUDGET_CONSISTENCY)
    if found is None:
        raise Undecided
    return found


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


_TAKEN_BACK = {
    "text": "type {} anew",
    "image": "take out {}",
    "placement": "put {} back where it belongs",
}


def _change_in_words(option: OptionSpec, change: Change) -> str:
    if option.kind == "multiple":
        return changes_in_words(option, change.old, change.new or "")
    if change.new is None:
        return _TAKEN_BACK[option.kind].format(option.name)
    if change.new == "":
        return f"leave {option.name} empty"
    old, new = value_in_words(option, change.old), value_in_words(option, change.new)
    return f"change {option.name} from “{old}” to “{new}”"
