"""Small random products, and what is true of them by trying everything."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from itertools import combinations, product
from random import Random

from hypothesis import strategies as st

from configurator.engine.rules import environment_of, rule_holds
from configurator.engine.spec import (
    CardinalitySpec,
    Choice,
    FamilySpec,
    OptionSpec,
    Quantity,
    RuleSpec,
    TableSpec,
    ValueSpec,
)

PICTURE = "0" * 64


def _choice(dice: Random, code: str) -> OptionSpec:
    # Option a has enough values for "at most one" to be written as a chain.
    values = tuple(
        ValueSpec(
            f"{code}{n}",
            f"Value {n}",
            {"n": Quantity(Fraction(dice.randint(-2, 6))), "big": dice.random() < 0.5},
        )
        for n in range(dice.choice([2, 9, 10] if code == "a" else [1, 2, 3, 4]))
    )
    default = dice.choice([None, *(value.code for value in values)])
    return OptionSpec(code=code, name=code.upper(), kind="choice", values=values, default=default)


def _integer(dice: Random, code: str) -> OptionSpec:
    low, step, points = dice.randint(-3, 3), dice.randint(1, 3), dice.randint(1, 8)
    numbers = [low + step * index for index in range(points)]
    return OptionSpec(
        code=code,
        name=code.upper(),
        kind="integer",
        minimum=low,
        maximum=numbers[-1],
        step=step,
        default=dice.choice([None, *numbers]),
    )


def _other(dice: Random, code: str) -> OptionSpec:
    required = dice.random() < 0.5
    if dice.random() < 0.5:
        return OptionSpec(code=code, name=code.upper(), kind="image", required=required)
    default = dice.choice([None, "x", "xy"])
    return OptionSpec(code=code, name="T", kind="text", required=required, max_length=2, default=default)


def _switch(dice: Random) -> OptionSpec:
    values = (ValueSpec("no", "No"), ValueSpec("yes", "Yes", {"n": Quantity(Fraction(dice.randint(-2, 6)))}))
    default = dice.choice([None, "no", "yes"])
    return OptionSpec(code="s", name="S", kind="switch", values=values, default=default)


def _multiple(dice: Random) -> OptionSpec:
    """Up to four values, not all of which have a number."""
    count = dice.randint(1, 4)
    values = tuple(
        ValueSpec(
            f"m{n}",
            f"Value {n}",
            {} if n and dice.random() < 0.3 else {"n": Quantity(Fraction(dice.randint(-2, 6)))},
        )
        for n in range(count)
    )
    least = dice.choice([0, 0, dice.randint(0, count)])
    option = OptionSpec(
        code="m",
        name="M",
        kind="multiple",
        values=values,
        least=least,
        most=dice.randint(max(1, least), count),
    )
    return replace(option, default=dice.choice([None, *possible_choices(option)]))


def _truth(dice: Random, option: OptionSpec) -> str:
    """A condition that names no number: of a switch, or of a value of several."""
    if option.kind == "switch":
        return dice.choice(["s", "s == 'yes'", "s != 'yes'", "s in ('no', 'yes')"])
    return f"m.{dice.choice(option.codes)}"


def _sum(dice: Random, option: OptionSpec) -> str:
    if option.kind == "multiple" and dice.random() < 0.3:
        return "m.count"
    return f"{dice.choice(['sum', 'avg', 'min', 'max'])}({dice.choice([f'{option.code}.n', 'n'])})"


def _atom(dice: Random, options: list[OptionSpec]) -> str:
    """One comparison, or the truth of an attribute."""
    option = dice.choice(options)
    if option.kind in ("switch", "multiple") and dice.random() < 0.6:
        return _truth(dice, option)
    if option.kind == "choice" and dice.random() < 0.6:
        codes = dice.sample(option.codes, min(len(option.codes), dice.randint(1, 3)))
        listed = ", ".join(repr(code) for code in codes)
        return dice.choice(
            [
                f"{option.code}.big",
                f"{option.code} in ({listed})",
                f"{option.code} {dice.choice(['==', '!='])} '{codes[0]}'",
            ]
        )
    left = _term(dice, options, option)
    if dice.random() < 0.5:
        left += f" {dice.choice('+-*')} {_term(dice, options, dice.choice(options))}"
    right = str(dice.randint(-3, 12)) if dice.random() < 0.5 else _term(dice, options, dice.choice(options))
    return f"{left} {dice.choice(['==', '!=', '<', '>', '<=', '>='])} {right}"


def _term(dice: Random, options: list[OptionSpec], option: OptionSpec) -> str:
    if option.kind in ("switch", "multiple"):
        return _sum(dice, option)
    suffix = {"choice": ".n", "text": ".length", "image": ".count", "integer": ""}[option.kind]
    name, number = f"{option.code}{suffix}", dice.randint(-2, 6)
    if dice.random() < 0.6:
        return name
    known = [option for option in options if option.kind == "choice"]
    curved = [f"max({name}, {number})", f"{name} / {name}", f"floor({name} / 2)", f"abs({name})"]
    chosen = f"if({known[0].code} == '{known[0].codes[0]}', {name}, {number})"
    return dice.choice([f"{dice.choice(['2', '0.5', '-1'])} * {name}", chosen, *curved])


def _formula(dice: Random, options: list[OptionSpec], depth: int) -> str:
    kind = dice.randint(0, 7) if depth else 0
    if kind < 3:
        return _atom(dice, options)
    if kind == 3:
        return f"!({_formula(dice, options, depth - 1)})"
    operator = ["&", "|", "=>", "<=>"][kind - 4]
    return f"({_formula(dice, options, depth - 1)}) {operator} ({_formula(dice, options, depth - 1)})"


def _table(dice: Random, options: list[OptionSpec]) -> TableSpec:
    choices = [option for option in options if option.kind in ("choice", "switch")]
    columns = dice.sample(choices, dice.randint(1, len(choices)))
    allowed = dice.random() < 0.5
    rows = [
        tuple(tuple(dice.sample(each.codes, dice.randint(1, len(each.codes)))) for each in columns)
        for _ in range(dice.randint(2, 7) if allowed else dice.randint(1, 3))
    ]
    return TableSpec(tuple(option.code for option in columns), tuple(rows), allowed=allowed)


def _cardinality(dice: Random, options: list[OptionSpec]) -> CardinalitySpec:
    of = tuple(_atom(dice, options) for _ in range(dice.randint(1, 4)))
    least = dice.randint(0, len(of))
    return CardinalitySpec(of, least, dice.randint(least, len(of)))


def random_family(dice: Random) -> FamilySpec:
    """A product of up to six options with rules over one, two and three of them; some are void."""
    options = [_choice(dice, code) for code in "abc"[: dice.randint(1, 3)]]
    options += [_integer(dice, code) for code in "xy"[: dice.randint(0, 2)]]
    options += [_other(dice, code) for code in "t"[: dice.randint(0, 1)]]
    dice.shuffle(options)
    rules: list[RuleSpec] = []
    for number in range(dice.randint(1, 3)):
        table = _table(dice, options) if dice.random() < 0.25 else None
        expr = None if table else _formula(dice, options, 2)
        rules.append(RuleSpec(code=f"R{number}", expr=expr, table=table))
    return FamilySpec(code="random", name="Random", options=tuple(options), rules=tuple(rules))


def family_of_all_kinds(dice: Random) -> FamilySpec:
    """A small product with a switch or several values, sums over them, cardinality and warnings."""
    options = [_choice(dice, code) for code in "ab"[: dice.randint(1, 2)]]
    options += [_integer(dice, "x")] * dice.randint(0, 1)
    options += [_switch(dice)] * dice.randint(0, 1)
    options += [_multiple(dice)]
    dice.shuffle(options)
    rules: list[RuleSpec] = []
    for number in range(dice.randint(1, 4)):
        kind = dice.random()
        rules.append(
            RuleSpec(
                code=f"R{number}",
                expr=_formula(dice, options, 2) if kind < 0.6 else None,
                cardinality=_cardinality(dice, options) if 0.6 <= kind < 0.85 else None,
                table=_table(dice, options) if kind >= 0.85 else None,
                severity="warn" if dice.random() < 0.15 else "must",
            )
        )
    return FamilySpec(code="random", name="Random", options=tuple(options), rules=tuple(rules))


def possible_choices(option: OptionSpec) -> list[Choice | None]:
    """Everything that an option can be, None for left out."""
    if option.kind in ("choice", "switch"):
        return list(option.codes)
    if option.kind == "multiple":
        counts = range(option.least, option.most + 1)
        return [",".join(codes) for count in counts for codes in combinations(option.codes, count)]
    if option.kind == "integer":
        return list(range(option.minimum, option.maximum + 1, option.step))
    if option.kind == "text":
        return [*([] if option.required else [""]), "x", "xy"]
    return [*([] if option.required else [None]), PICTURE]


def all_valid(spec: FamilySpec) -> list[dict[str, Choice | None]]:
    """Every configuration that breaks no rule."""
    return [each for each in _all(spec) if _keeps_rules(spec, each)]


def _all(spec: FamilySpec) -> Iterator[dict[str, Choice | None]]:
    for chosen in product(*(possible_choices(option) for option in spec.options)):
        yield {option.code: value for option, value in zip(spec.options, chosen, strict=True)}


def _keeps_rules(spec: FamilySpec, chosen: Mapping[str, Choice | None]) -> bool:
    given = {code: value for code, value in chosen.items() if value is not None}
    environment = environment_of(spec, given, finished=True)
    return all(rule_holds(rule, environment) is True for rule in spec.rules if rule.severity == "must")


def agrees(
    spec: FamilySpec,
    configuration: Mapping[str, Choice | None],
    choices: Mapping[str, Choice],
    *,
    but: str = "",
) -> bool:
    """Whether a configuration has these choices (texts by their length), apart from the option `but`."""
    return all(
        measure(spec, code, configuration[code]) == measure(spec, code, value)
        for code, value in choices.items()
        if code != but
    )


def measure(spec: FamilySpec, code: str, value: Choice | None) -> Choice:
    """What rules see of a choice."""
    kind = spec.option_by_code[code].kind
    if kind == "text":
        return len(str(value or ""))
    return int(bool(value)) if kind == "image" else value  # type: ignore[return-value]


def random_case(seed: int, *, all_kinds: bool = False) -> tuple[FamilySpec, dict[str, Choice]]:
    """A product and choices for some of its options, consistent or not."""
    dice = Random(seed)
    spec = family_of_all_kinds(dice) if all_kinds else random_family(dice)
    chosen = {option.code: dice.choice([None, *possible_choices(option)]) for option in spec.options}
    if dice.random() < 0.5:
        chosen = {code: value for code, value in chosen.items() if dice.random() < 0.5}
    return spec, {code: value for code, value in chosen.items() if value is not None}


def families_with_choices() -> st.SearchStrategy[tuple[FamilySpec, dict[str, Choice]]]:
    """Cases by seed: evenly spread, which finds more than small ones first."""
    return st.integers(0, 2**32).map(random_case)


def families_of_all_kinds() -> st.SearchStrategy[tuple[FamilySpec, dict[str, Choice]]]:
    """Cases with switches and several values."""
    return st.integers(0, 2**32).map(lambda seed: random_case(seed, all_kinds=True))
