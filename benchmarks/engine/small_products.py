"""Random small products with the truth beside them: every rule is text for the engine and a function for us.

All configurations are tried. Nothing of the engine's evaluation takes part in the truth.
"""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import combinations, product

from configurator.engine.spec import (
    CardinalitySpec,
    Choice,
    FamilySpec,
    GroupSpec,
    OptionKind,
    OptionSpec,
    RuleSpec,
    TableSpec,
    ValueSpec,
)

Configuration = Mapping[str, Choice]
Truth = Callable[[Configuration], bool]
Said = tuple[str, Truth]
KINDS: tuple[OptionKind, ...] = ("choice", "choice", "switch", "multiple", "integer")
MOST_CONFIGURATIONS = 3_000


@dataclass(frozen=True)
class Small:
    """`domains` are what each option can be at all; `valid` the configurations that obey all rules."""

    spec: FamilySpec
    domains: Mapping[str, tuple[Choice, ...]]
    rules: Mapping[str, Truth]
    valid: tuple[Configuration, ...]

    def obeying(self, rules: set[str]) -> list[Configuration]:
        """The configurations that obey these rules only."""
        kept = [truth for code, truth in self.rules.items() if code in rules]
        return [each for each in _all(self.domains) if all(truth(each) for truth in kept)]


def random_product(chance: random.Random, *, kinds: tuple[OptionKind, ...] = KINDS) -> Small:
    options: list[OptionSpec] = []
    domains: dict[str, tuple[Choice, ...]] = {}
    size = 1
    for number in range(chance.randint(3, 6)):
        option = _option(chance, f"o{number}", chance.choice(kinds))
        size *= len(_domain(option))
        if size > MOST_CONFIGURATIONS:
            break
        options.append(option)
        domains[option.code] = _domain(option)
    rules: list[RuleSpec] = []
    truths: dict[str, Truth] = {}
    for number in range(chance.randint(1, 7)):
        code = f"R{number}"
        rule, truth = _rule(chance, code, options)
        rules.append(rule)
        truths[code] = truth
    spec = FamilySpec(
        code="small", name="Small", groups=(GroupSpec("g", "G"),), options=tuple(options), rules=tuple(rules)
    )
    valid = tuple(each for each in _all(domains) if all(truth(each) for truth in truths.values()))
    return Small(spec, domains, truths, valid)


def _all(domains: Mapping[str, tuple[Choice, ...]]) -> list[Configuration]:
    return [dict(zip(domains, each, strict=True)) for each in product(*domains.values())]


def _option(chance: random.Random, code: str, kind: OptionKind) -> OptionSpec:
    if kind == "integer":
        low, step, count = chance.randint(-3, 10), chance.choice((1, 1, 2, 5)), chance.randint(2, 7)
        return OptionSpec(
            code=code,
            name=code,
            kind=kind,
            group="g",
            minimum=low,
            maximum=low + step * (count - 1),
            step=step,
        )
    if kind == "switch":
        off_and_on = (ValueSpec("no", "no"), ValueSpec("yes", "yes"))
        return OptionSpec(code=code, name=code, kind=kind, group="g", values=off_and_on)
    count = chance.randint(2, 4)
    values = tuple(ValueSpec(f"v{index}", f"v{index}") for index in range(count))
    least = chance.choice((0, 0, 1)) if kind == "multiple" else 0
    most = chance.randint(max(least, 1), count) if kind == "multiple" else 0
    return OptionSpec(code=code, name=code, kind=kind, group="g", values=values, least=least, most=most)


def _domain(option: OptionSpec) -> tuple[Choice, ...]:
    if option.kind == "integer":
        return tuple(range(option.minimum, option.maximum + 1, option.step))
    if option.kind == "multiple":
        return tuple(
            ",".join(some)
            for count in range(option.least, option.most + 1)
            for some in combinations(option.codes, count)
        )
    return option.codes


# --- Rules


def _rule(chance: random.Random, code: str, options: list[OptionSpec]) -> tuple[RuleSpec, Truth]:
    choices = [option for option in options if option.kind == "choice"]
    kind = chance.random()
    if kind < 0.2 and len(choices) >= 2:
        return _table(chance, code, chance.sample(choices, min(len(choices), chance.choice((2, 2, 3)))))
    if kind < 0.35:
        return _cardinality(chance, code, options)
    text, truth = _condition(chance, options)
    return RuleSpec(code, expr=text), truth


def _table(chance: random.Random, code: str, columns: list[OptionSpec]) -> tuple[RuleSpec, Truth]:
    combinations_ = list(product(*(option.codes for option in columns)))
    listed = frozenset(chance.sample(combinations_, chance.randint(1, len(combinations_))))
    allowed = chance.random() < 0.6
    rows = tuple(tuple((cell,) for cell in row) for row in sorted(listed))
    codes = tuple(option.code for option in columns)
    table = TableSpec(options=codes, rows=rows, allowed=allowed)
    return RuleSpec(code, table=table), lambda each: (tuple(each[c] for c in codes) in listed) is allowed


def _cardinality(chance: random.Random, code: str, options: list[OptionSpec]) -> tuple[RuleSpec, Truth]:
    conditions = [_atom(chance, chance.choice(options)) for _ in range(chance.randint(2, 4))]
    least = chance.randint(0, 1)
    most = chance.randint(least, len(conditions))
    spec = CardinalitySpec(tuple(text for text, _ in conditions), least, most)

    def truth(each: Configuration) -> bool:
        return least <= sum(condition(each) for _, condition in conditions) <= most

    return RuleSpec(code, cardinality=spec), truth


def _condition(chance: random.Random, options: list[OptionSpec]) -> Said:
    numbers = [option for option in options if option.kind == "integer"]
    if len(numbers) >= 2 and chance.random() < 0.4:
        return _of_two_numbers(chance, *chance.sample(numbers, 2))
    (a, is_a), (b, is_b), (c, is_c) = (_atom(chance, chance.choice(options)) for _ in range(3))
    shapes: list[Said] = [
        (f"{a} => {b}", lambda each: not is_a(each) or is_b(each)),
        (f"{a} & {b} => {c}", lambda each: not (is_a(each) and is_b(each)) or is_c(each)),
        (f"!({a} & {b})", lambda each: not (is_a(each) and is_b(each))),
        (f"{a} | {b} | {c}", lambda each: is_a(each) or is_b(each) or is_c(each)),
        (f"({a}) <=> ({b})", lambda each: is_a(each) == is_b(each)),
        (a, is_a),
    ]
    return chance.choice(shapes)


def _of_two_numbers(chance: random.Random, one: OptionSpec, other: OptionSpec) -> Said:
    a, b = one.code, other.code
    middle = chance.randint(one.minimum + other.minimum, one.maximum + other.maximum)
    area = chance.randint(0, max(1, one.maximum * other.maximum))
    shapes: list[Said] = [
        (f"{a} + {b} <= {_number(middle)}", lambda each: int(each[a]) + int(each[b]) <= middle),
        (f"{a} - {b} >= {_number(middle // 3)}", lambda each: int(each[a]) - int(each[b]) >= middle // 3),
        (f"{a} <= 2 * {b}", lambda each: int(each[a]) <= 2 * int(each[b])),
    ]
    if one.minimum >= 0 and other.minimum >= 0:
        shapes.append((f"{a} * {b} <= {area}", lambda each: int(each[a]) * int(each[b]) <= area))
    return chance.choice(shapes)


def _atom(chance: random.Random, option: OptionSpec) -> Said:
    code = option.code
    if option.kind == "integer":
        number = chance.choice(_domain(option))
        assert isinstance(number, int)
        shown = _number(number)
        by_number: list[Said] = [
            (f"{code} <= {shown}", lambda each: int(each[code]) <= number),
            (f"{code} >= {shown}", lambda each: int(each[code]) >= number),
            (f"{code} == {shown}", lambda each: int(each[code]) == number),
            (f"{code} != {shown}", lambda each: int(each[code]) != number),
        ]
        return chance.choice(by_number)
    value = chance.choice(option.codes)
    if option.kind == "switch":
        on: list[Said] = [
            (code, lambda each: each[code] == "yes"),
            (f"!{code}", lambda each: each[code] == "no"),
        ]
        return chance.choice(on)
    if option.kind == "multiple":
        count = chance.randint(0, len(option.codes))
        in_set: list[Said] = [
            (f"{code}.{value}", lambda each: value in str(each[code]).split(",")),
            (f"!{code}.{value}", lambda each: value not in str(each[code]).split(",")),
            (f"{code}.count <= {count}", lambda each: _size(each[code]) <= count),
            (f"{code}.count >= {count}", lambda each: _size(each[code]) >= count),
        ]
        return chance.choice(in_set)
    some = tuple(chance.sample(option.codes, min(2, len(option.codes))))
    quoted = ", ".join(f"'{each}'" for each in some)
    by_value: list[Said] = [
        (f"{code} == '{value}'", lambda each: each[code] == value),
        (f"{code} != '{value}'", lambda each: each[code] != value),
        (f"{code} in ({quoted})", lambda each: each[code] in some),
    ]
    return chance.choice(by_value)


def _number(number: int) -> str:
    return str(number) if number >= 0 else f"(0 - {-number})"


def _size(chosen: Choice) -> int:
    return len(str(chosen).split(",")) if chosen else 0
