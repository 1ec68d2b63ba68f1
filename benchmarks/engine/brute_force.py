"""Exactness against trying everything: domains, holes, counts, explanations and repairs of small products."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field

from benchmarks.engine.small_products import KINDS, Configuration, Small, random_product
from configurator.engine.answers import Conflict, OptionAnswer
from configurator.engine.compiled import TooLarge
from configurator.engine.domains import Kernel
from configurator.engine.knowledge import compile_family
from configurator.engine.spec import Choice, OptionKind, OptionSpec

STATES_A_PRODUCT = 4


@dataclass
class Found:
    products: int = 0
    void: int = 0
    states: int = 0
    values: int = 0
    explanations: int = 0
    repairs: int = 0
    wrong: list[str] = field(default_factory=list)


def check(*, products: int, seed: str, kinds: tuple[OptionKind, ...] = KINDS) -> Found:
    """So many random products, some states of each; every difference is a line in `wrong`."""
    found = Found()
    for number in range(products):
        chance = random.Random(f"{seed}/{number}")
        small = random_product(chance, kinds=kinds)
        try:
            kernel = Kernel(compile_family(small.spec))
        except TooLarge as error:
            found.wrong.append(f"product {number}: {error}")
            continue
        found.products += 1
        found.void += not small.valid
        for _ in range(STATES_A_PRODUCT):
            choices = _choices(chance, small)
            for fault in _faults(chance, kernel, small, choices, found):
                found.wrong.append(f"product {seed}/{number}, {choices}: {fault}")
    return found


def _choices(chance: random.Random, small: Small) -> dict[str, Choice]:
    """Usually some choices of a valid configuration, sometimes any; in random order."""
    chosen = chance.sample(list(small.domains), chance.randint(0, len(small.domains)))
    if small.valid and chance.random() < 0.7:
        base = chance.choice(small.valid)
        return {code: base[code] for code in chosen}
    return {code: chance.choice(small.domains[code]) for code in chosen}


def _agreeing(small: Small, choices: Configuration, but: str = "") -> list[Configuration]:
    return [
        each
        for each in small.valid
        if all(each[code] == choice for code, choice in choices.items() if code != but)
    ]


def _faults(
    chance: random.Random, kernel: Kernel, small: Small, choices: dict[str, Choice], found: Found
) -> Iterator[str]:
    answer = kernel.answer(choices)
    found.states += 1
    if answer.consistent is not bool(_agreeing(small, choices)):
        yield f"consistent is {answer.consistent}"
    if answer.remaining is not None and answer.remaining != len(_agreeing(small, choices)):
        yield f"{answer.remaining} remaining, not {len(_agreeing(small, choices))}"
    for option in small.spec.options:
        faults = _of_option(small, option, answer.options[option.code], choices, found)
        yield from (f"{option.code}: {fault}" for fault in faults)
    option = chance.choice(small.spec.options)
    wanted = chance.choice(small.domains[option.code])
    yield from _why(kernel, small, choices, option.code, wanted, found)


def _of_option(
    small: Small, option: OptionSpec, offered: OptionAnswer, choices: Configuration, found: Found
) -> Iterator[str]:
    rest = [each[option.code] for each in _agreeing(small, choices, but=option.code)]
    if option.kind == "integer":
        found.values += len(small.domains[option.code])
        numbers = sorted({int(each) for each in rest})
        ends = (numbers[0], numbers[-1]) if numbers else (None, None)
        if (offered.low, offered.high) != ends:
            yield f"{offered.low}..{offered.high} instead of {ends}"
        shown = {
            number
            for number in range(option.minimum, option.maximum + 1, option.step)
            if offered.low is not None
            and offered.high is not None
            and offered.low <= number <= offered.high
            and not any(low <= number <= high for low, high in offered.holes)
        }
        if shown != set(numbers):
            yield f"offers {sorted(shown)} instead of {numbers}"
    elif option.kind == "multiple":
        yield from _of_multiple(option, offered, rest, choices.get(option.code), found)
    else:
        found.values += len(option.codes)
        offers = {code for code, state in offered.values.items() if state != "impossible"}
        if offers != set(rest):
            yield f"offers {sorted(offers)} instead of {sorted(set(map(str, rest)))}"
        if "unknown" in offered.values.values():
            yield "unknown in a small product"
        only = next(iter(set(rest))) if len(set(rest)) == 1 else None
        if offered.forced != only:
            yield f"forced {offered.forced} instead of {only}"


def _of_multiple(
    option: OptionSpec, offered: OptionAnswer, rest: list[Choice], chosen: Choice | None, found: Found
) -> Iterator[str]:
    """A value is judged given the other values chosen in its option."""
    sets = [frozenset(str(each).split(",")) if each else frozenset() for each in rest]
    now = frozenset(str(chosen).split(",")) if chosen else frozenset()
    for code in option.codes:
        found.values += 1
        fitting = [each for each in sets if chosen is None or each - {code} == now - {code}]
        state = offered.values[code]
        if (state != "impossible") is not any(code in each for each in fitting):
            yield f"{code} is {state}"
        if state == "forced" and any(code not in each for each in fitting):
            yield f"{code} is not forced"


def _why(
    kernel: Kernel, small: Small, choices: dict[str, Choice], option: str, wanted: Choice, found: Found
) -> Iterator[str]:
    """Explanation and repairs of a wish: right, and nothing in them too much."""
    others = {code: choice for code, choice in choices.items() if code != option}
    having = [each for each in small.valid if each[option] == wanted]
    differences = [sum(each[code] != choice for code, choice in others.items()) for each in having]
    conflict = kernel.explain(choices, option, wanted)
    if (conflict is None) is not (0 in differences):
        yield f"{option}={wanted}: explained {conflict is not None}, possible {0 in differences}"
        return
    if conflict is not None:
        found.explanations += 1
        yield from _of_conflict(small, conflict, option, wanted)
    repair = kernel.repair(choices, option, wanted)
    is_set = small.spec.option_by_code[option].kind == "multiple"
    if (repair is None) is not (not having) and not is_set:
        yield f"{option}={wanted}: repair {repair}, but {len(having)} configurations have it"
    elif is_set:
        return  # its repairs keep what is added and may change the rest of the set
    elif repair is not None and 0 not in differences:
        found.repairs += 1
        if len(repair.changes) != min(differences):
            yield f"{option}={wanted}: {len(repair.changes)} changes, {min(differences)} are enough"
        if not any(all(each[code] == choice for code, choice in repair.choices.items()) for each in having):
            yield f"{option}={wanted}: the repair {repair.choices} is not valid"


def _of_conflict(small: Small, conflict: Conflict, option: str, wanted: Choice) -> Iterator[str]:
    rules = {rule.code for rule in conflict.rules}
    named = dict(conflict.choices)

    def together(choices: dict[str, Choice], kept: set[str]) -> bool:
        wish = {**choices, option: wanted}
        return any(all(each[code] == choice for code, choice in wish.items()) for each in small.obeying(kept))

    if together(named, rules):
        yield f"{option}={wanted}: {named} and {sorted(rules)} do not exclude it"
    if small.spec.option_by_code[option].kind == "multiple":
        return  # its conflicts speak of the values added, which may be less than the whole set
    for code in named:
        if not together({other: choice for other, choice in named.items() if other != code}, rules):
            yield f"{option}={wanted}: {code} is not needed in {named}, {sorted(rules)}"
    for rule in rules:
        if not together(named, rules - {rule}):
            yield f"{option}={wanted}: {rule} is not needed in {named}, {sorted(rules)}"
