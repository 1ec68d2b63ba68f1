"""The best completion is as good as any that trying everything finds, and says so."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from configurator.engine.choices import text_length
from configurator.engine.compiled import NumberVariable
from configurator.engine.domains import Kernel
from configurator.engine.knowledge import compile_family
from configurator.engine.manufacturing import NotDefined, work_of
from configurator.engine.measured import PARTS
from configurator.engine.objectives import popular_weight
from configurator.engine.optimum import Completion, best
from configurator.engine.pricing import PriceError, price
from configurator.engine.spec import (
    Choice,
    FamilySpec,
    ManufactureSpec,
    MeasureSpec,
    OptionSpec,
    PriceSpec,
    RuleSpec,
    StepSpec,
    ValueSpec,
)
from tests.configurator.engine.products import PICTURE, agrees, all_valid, possible_choices, random_family

Tried = tuple[int, Decimal | int, dict[str, Choice]]


def amounts(dice: Random, options: tuple[OptionSpec, ...]) -> str:
    """An amount that may be below zero, a fraction of a cent, or not exist."""
    names = {"choice": "{}.n", "integer": "{}", "text": "{}.length", "image": "{}.count"}
    one, other = (names[option.kind].format(option.code) for option in dice.choices(options, k=2))
    number = dice.choice(["1.005", "0.333", "2", "0.125"])
    return dice.choice(
        [
            f"{number} * {one}",
            f"{one} * {other} * {number}",
            f"{one} / ({other} + 7) * {number}",
            f"({one} + {number}) / ({other} - 1)",
            f"max({one}, {other}) * 0.01 - floor({one} / 2) * {number}",
            f"{number}",
        ]
    )


def conditions(dice: Random, options: tuple[OptionSpec, ...]) -> str | None:
    option = dice.choice(options)
    if option.kind == "choice":
        return dice.choice([None, f"{option.code}.big", f"{option.code} != '{option.codes[0]}'"])
    name = {"integer": "{}", "text": "{}.length", "image": "{}.count"}[option.kind].format(option.code)
    return dice.choice([None, f"{name} > 1", f"{name} * {name} < 5"])


def priced_family(seed: int) -> tuple[FamilySpec, dict[str, Choice]]:
    """A random product with prices, work, and choices for some of its options."""
    dice = Random(seed)
    spec = random_family(dice)
    options = spec.options
    prices = [
        PriceSpec(f"P{n}", f"P{n}", conditions(dice, options), amounts(dice, options))
        for n in range(dice.randint(1, 3))
    ]
    for n in range(dice.randint(0, 3)):
        percent = Decimal(dice.randint(-400, 500)) / 10
        prices.append(
            PriceSpec(
                f"Q{n}",
                f"Q{n}",
                conditions(dice, options),
                percent=percent,
                min_quantity=dice.choice([None, 1, 1, 5]),
            )
        )
    steps = tuple(
        StepSpec(n, "saw", "any", amounts(dice, options), conditions(dice, options)) for n in range(2)
    )
    chosen = {option.code: dice.choice(possible_choices(option)) for option in options if dice.random() < 0.3}
    return (
        replace(
            spec,
            base_price=Decimal(dice.randint(0, 900)) / 100,
            prices=tuple(prices),
            manufacture=ManufactureSpec(routing=steps),
        ),
        {code: value for code, value in chosen.items() if value is not None},
    )


def completion_of(
    spec: FamilySpec, configuration: Mapping[str, Choice | None], chosen: Mapping[str, Choice]
) -> tuple[int, dict[str, Choice]]:
    """What a shop could write down of a configuration by itself, and how many options it leaves open."""
    result: dict[str, Choice] = {}
    left_open = 0
    for option in spec.options:
        value = configuration[option.code]
        if option.code in chosen or option.kind in ("choice", "integer"):
            result[option.code] = chosen.get(option.code, value)  # type: ignore[arg-type]
        elif value:
            default = str(option.default or "") if option.kind == "text" else ""
            if text_length(str(value)) <= len(default) and option.kind == "text":
                result[option.code] = default[: len(str(value))]
            elif default or not option.required:
                left_open += 1
    return left_open, result


def by_trying(
    spec: FamilySpec, chosen: Mapping[str, Choice], value: Callable[[dict[str, Choice]], Decimal | int]
) -> list[Tried]:
    """All completions that leave the fewest open, with what they cost."""
    found: list[Tried] = []
    for configuration in all_valid(spec):
        if agrees(spec, configuration, chosen):
            left_open, choices = completion_of(spec, configuration, chosen)
            try:
                found.append((left_open, value(choices), choices))
            except (PriceError, NotDefined):
                continue
    fewest = min((each[0] for each in found), default=0)
    return [each for each in found if each[0] == fewest]


@settings(max_examples=120, deadline=None)
@given(st.integers(0, 2**32))
def test_the_cheapest_completion_costs_what_trying_every_price_finds(seed: int) -> None:
    spec, chosen = priced_family(seed)
    tried = by_trying(spec, chosen, lambda choices: price(spec, choices, quantity=1).unit)
    found = best(compile_family(spec), chosen, "cheapest", seconds=20)
    if found is None:
        assert not tried
        return
    assert found.proven and found.value == found.bound
    assert found.value == min(each[1] for each in tried)
    assert price(spec, found.choices, quantity=1).unit == found.value
    assert found.choices in [each[2] for each in tried]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32))
def test_the_fastest_completion_takes_what_trying_all_work_finds(seed: int) -> None:
    spec, chosen = priced_family(seed)

    def seconds(choices: dict[str, Choice]) -> int:
        return sum(step.seconds for step in work_of(spec, choices).routing)

    tried = by_trying(spec, chosen, seconds)
    found = best(compile_family(spec), chosen, "fastest", seconds=20)
    if found is None:
        assert not tried
        return
    assert found.proven
    assert found.value == seconds(found.choices) == min(each[1] for each in tried)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32))
def test_the_most_popular_completion_is_that_of_the_values_chosen_most(seed: int) -> None:
    spec, chosen = priced_family(seed)
    dice = Random(seed)
    counts = {
        (option.code, str(value)): dice.randint(0, 30)
        for option in spec.options
        for value in possible_choices(option)
        if option.kind in ("choice", "integer")
    }

    def popularity(choices: dict[str, Choice]) -> int:
        return sum(popular_weight(counts.get((code, str(value)), 0)) for code, value in choices.items())

    tried = by_trying(spec, chosen, popularity)
    found = best(compile_family(spec), chosen, "popular", counts, seconds=20)
    if found is None:
        assert not tried
        return
    assert found.proven
    assert found.value == popularity(found.choices) == max(each[1] for each in tried)


def plain(**more: object) -> FamilySpec:
    values = tuple(ValueSpec(code, code.title()) for code in ("red", "green", "blue"))
    colour = OptionSpec("colour", "Colour", "choice", values=values, default="green")
    size = OptionSpec("size", "Size", "integer", minimum=1, maximum=9, default=5)
    line = OptionSpec("line", "Line", "text", required=True, max_length=20)
    return replace(FamilySpec("plain", "Plain", options=(colour, size, line)), **more)  # type: ignore[arg-type]


def test_of_equally_good_completions_the_one_nearest_to_the_defaults_is_taken() -> None:
    found = best(compile_family(plain()), {}, "cheapest")
    assert found == Completion(
        {"colour": "green", "size": 5}, "cheapest", Decimal("0.00"), Decimal("0.00"), True
    )


def test_a_required_text_stays_open_and_counts_nothing_in_the_price() -> None:
    spec = plain(base_price=Decimal("3.00"), prices=(PriceSpec("L", "Letters", amount="0.5 * line.length"),))
    found = best(compile_family(spec), {"size": 2}, "cheapest")
    assert found is not None
    assert (found.choices, found.value) == ({"colour": "green", "size": 2}, Decimal("3.00"))
    typed = best(compile_family(spec), {"line": "abcd"}, "cheapest")
    assert typed is not None and typed.value == Decimal("5.00")


def test_choices_that_contradict_each_other_have_no_completion() -> None:
    spec = replace(plain(), rules=())
    knowledge = compile_family(spec)
    assert best(knowledge, {}, "fastest") is not None
    spec = replace(spec, prices=(PriceSpec("D", "Division", amount="1 / (size - 4)"),))
    assert best(compile_family(spec), {"size": 4}, "cheapest") is None


def test_the_kernel_completes_with_an_objective() -> None:
    spec = plain(prices=(PriceSpec("S", "Size", amount="size * 1.10"),))
    found = Kernel(compile_family(spec)).complete_best({"colour": "blue"}, "cheapest")
    assert found is not None
    assert (found.choices, found.value) == ({"colour": "blue", "size": 1}, Decimal("1.10"))


@pytest.mark.parametrize("objective", ["cheapest", "fastest", "popular"])
def test_the_same_question_has_the_same_answer(objective: str) -> None:
    spec, chosen = priced_family(7)
    answers = [best(compile_family(spec), chosen, objective, {}) for _ in range(2)]  # type: ignore[arg-type]
    assert answers[0] == answers[1]
    assert PICTURE not in (answers[0].choices.values() if answers[0] else ())


def test_a_text_that_is_measured_is_completed_by_the_whole_default_or_stays_out() -> None:
    line = OptionSpec(
        "line",
        "Line",
        "text",
        required=False,
        default="abc",
        max_length=9,
        measure=MeasureSpec(font="serif", size="10 mm"),
    )
    width = OptionSpec("width", "Width", "integer", unit="mm", minimum=10, maximum=50)
    spec = FamilySpec("sign", "Sign", options=(line, width), rules=(RuleSpec("fits", "line.width <= width"),))
    knowledge = compile_family(spec)
    variable = knowledge.variables["line.width@serif"]
    assert isinstance(variable, NumberVariable)

    def measures(option: OptionSpec, text: Choice) -> dict[str, int]:
        # Three mm a letter of ten: 3000 parts of an em for every ten letters.
        return {variable.code: variable.index_of(PARTS * 3 * len(str(text)) // 10)}

    found = Kernel(knowledge, measures=measures).complete_best({"width": 10}, "cheapest")
    assert found is not None and found.choices["line"] == "abc"
    kernel = Kernel(
        knowledge, measures=lambda option, text: {variable.code: variable.index_of(PARTS * 2 * len(text))}
    )
    found = kernel.complete_best({"width": 10}, "cheapest")
    assert found is not None and "line" not in found.choices
