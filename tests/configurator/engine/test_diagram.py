"""The decision diagram of small random products against trying everything, and of a real car."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from itertools import combinations, count, pairwise, product
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from configurator.engine import diagram
from configurator.engine.assumptions import Assumptions
from configurator.engine.diagram import Reading
from configurator.engine.diagram.storing import Unreadable, from_bytes, to_bytes
from configurator.engine.domains import Kernel
from configurator.engine.knowledge import compile_family
from configurator.engine.pricing import price
from configurator.engine.rules import environment_of, rule_holds
from configurator.engine.spec import (
    CardinalitySpec,
    Choice,
    FamilySpec,
    MeasureSpec,
    OptionSpec,
    PriceSpec,
    Quantity,
    RuleSpec,
    ValueSpec,
)
from configurator.engine.xcsp import read_xcsp
from tests.configurator.engine.products import all_valid, random_case
from tests.conftest import SHARED_DATA

Chosen = Mapping[str, Choice | None]


def _priced(spec: FamilySpec, dice: Random) -> FamilySpec:
    """The family with random price lines: over one option and several, with conditions and percentages."""
    choices = [option for option in spec.options if option.kind == "choice"]
    numbers = [option for option in spec.options if option.kind == "integer"]
    amounts = [f"{option.code}.n * 1.335" for option in choices] + [f"0.25 * {o.code}" for o in numbers]
    amounts += [f"{one} * {other}" for one, other in pairwise(amounts)] + ["2.50"]
    conditions = [None, *(f"{option.code}.big" for option in choices)]
    conditions += [f"{o.code}.length > 1" for o in spec.options if o.kind == "text"]
    conditions += [f"{o.code}.count == 1" for o in spec.options if o.kind == "image"]
    lines = [
        PriceSpec(f"P{number}", "Line", when=dice.choice(conditions), amount=dice.choice(amounts))
        for number in range(dice.randint(0, 3))
    ]
    lines += [PriceSpec("S", "Service", percent=Decimal("7.5"))] if dice.random() < 0.3 else []
    lines += [PriceSpec("Q", "Five", percent=Decimal(-10), min_quantity=5)] if dice.random() < 0.5 else []
    return replace(spec, base_price=Decimal("200.05"), prices=tuple(lines))


def _evidence(spec: FamilySpec, choices: Mapping[str, Choice]) -> dict[int, int]:
    assumptions = Assumptions(compile_family(spec))
    indices: dict[int, int] = {}
    for code, choice in choices.items():
        indices |= assumptions.indices(code, choice)
    return indices


def _agrees(each: Chosen, choices: Mapping[str, Choice], other_than: str = "") -> bool:
    return all(each[code] == choice for code, choice in choices.items() if code != other_than)


def _counted(spec: FamilySpec, configurations: list[Chosen]) -> int:
    codes = [option.code for option in spec.options if option.kind not in ("text", "image")]
    return len({tuple(each[code] for code in codes) for each in configurations})


def _cheapest(spec: FamilySpec, configurations: list[Chosen], quantity: int) -> Decimal | None:
    return min((price(spec, each, quantity=quantity).unit for each in configurations), default=None)


@given(st.integers(0, 2**32))
@settings(max_examples=150, deadline=None)
def test_counts_and_lowest_prices_are_those_of_trying_everything(seed: int) -> None:
    dice = Random(seed)
    spec, choices = random_case(seed)
    spec = _priced(spec, dice)
    # A text of the random product is "", "x" or "xy": its length says which.
    choices = {code: choice for code, choice in choices.items() if choice != "" or code == "t"}
    valid: list[Chosen] = list(all_valid(spec))
    found = diagram.compile(compile_family(spec))
    if found is None:
        assert valid == []
        return
    found = from_bytes(to_bytes(found))
    quantity = dice.choice([1, 5])
    reading = found.read(_evidence(spec, choices), quantity=quantity)
    left = [each for each in valid if _agrees(each, choices)]
    assert reading.count == _counted(spec, left)
    assert reading.from_price == _cheapest(spec, left, quantity)
    for option in (option for option in spec.options if option.kind == "choice"):
        others = [each for each in valid if _agrees(each, choices, other_than=option.code)]
        having = [[each for each in others if each[option.code] == code] for code in option.codes]
        assert reading.value_counts[option.code] == tuple(_counted(spec, each) for each in having)
        cheapest = tuple(_cheapest(spec, each, quantity) for each in having)
        assert reading.value_from_prices[option.code] == cheapest


def test_switches_several_values_sums_and_cardinalities_are_counted_as_by_trying_everything() -> None:
    weights = [
        ValueSpec(code, code, {"g": Quantity(Fraction(g))})
        for code, g in zip("pqrs", (3, 5, 8, 9), strict=True)
    ]
    extras = OptionSpec("extras", "Extras", "multiple", values=tuple(weights), least=1, most=3)
    case = OptionSpec("case", "Case", "switch", values=(ValueSpec("no", "No"), ValueSpec("yes", "Yes")))
    size = OptionSpec("size", "Size", "choice", values=tuple(weights[:3]))
    rules = (
        RuleSpec("R1", expr="sum(g) <= 22"),
        RuleSpec("R2", cardinality=CardinalitySpec(("case", "extras.p", "extras.q", "size == 'r'"), 1, 2)),
        RuleSpec("R3", expr="case => extras.count >= 2"),
        RuleSpec("R4", expr="extras.r & case => size != 'p'", severity="warn"),
    )
    prices = (
        PriceSpec("P1", "Weight", amount="0.75 * sum(extras.g)"),
        PriceSpec("P2", "Case", when="case & extras.s", amount="size.g"),
    )
    spec = FamilySpec("set", "Set", options=(extras, case, size), rules=rules, prices=prices)
    subsets = [",".join(each) for n in (1, 2, 3) for each in combinations("pqrs", n)]
    every = [
        {"extras": some, "case": case, "size": size}
        for some, case, size in product(subsets, ("no", "yes"), "pqr")
    ]
    must = [rule for rule in rules if rule.severity == "must"]
    valid: list[Chosen] = [
        each for each in every if all(rule_holds(rule, environment_of(spec, each)) for rule in must)
    ]
    knowledge = compile_family(spec)
    found = diagram.compile(knowledge)
    assert found is not None
    assert 0 < found.total == len(valid) < len(every)
    reading = found.read(Assumptions(knowledge).indices("extras", "p,r"))
    left = [each for each in valid if each["extras"] == "p,r"]
    assert reading.count == len(left)
    assert reading.from_price == _cheapest(spec, left, 1)
    one_more = [each for each in valid if each["extras"] == "p,q,r"]
    assert reading.value_counts["extras.q"] == (len(left), len(one_more))
    assert reading.value_from_prices["extras.q"] == (_cheapest(spec, left, 1), _cheapest(spec, one_more, 1))


def _chain(length: int, values: int) -> FamilySpec:
    """`length` options of which neighbours differ: values * (values - 1) ** (length - 1) configurations."""
    codes = tuple(ValueSpec(f"v{n}", f"V{n}") for n in range(values))
    options = tuple(OptionSpec(f"o{n}", f"O{n}", "choice", values=codes) for n in range(length))
    rules = tuple(
        RuleSpec(f"R{n}", expr=" & ".join(f"!(o{n} == 'v{v}' & o{n + 1} == 'v{v}')" for v in range(values)))
        for n in range(length - 1)
    )
    return FamilySpec("chain", "Chain", options=options, rules=rules)


def test_counts_beyond_64_bits_are_exact() -> None:
    found = diagram.compile(compile_family(_chain(60, 4)))
    assert found is not None
    assert found.total == 4 * 3**59
    assert found.read({0: 0}).count == 3**59
    assert found.read({0: 0}).value_counts["o0"] == (3**59,) * 4


def test_what_no_rule_connects_is_counted_beyond_64_bits() -> None:
    spec = replace(_chain(80, 4), rules=())
    found = diagram.compile(compile_family(spec))
    assert found is not None
    assert found.read({}).value_counts["o7"] == (4**79,) * 4


def test_a_family_without_prices_has_no_lowest_price() -> None:
    found = diagram.compile(compile_family(_chain(3, 3)))
    assert found is not None
    reading = found.read({})
    assert reading.from_price is None
    assert reading.value_from_prices == {}


def test_two_discounts_can_turn_the_order_of_sums_round_and_leave_no_lowest_price() -> None:
    lines = (PriceSpec("A", "A", percent=Decimal(-5)), PriceSpec("B", "B", percent=Decimal(-5)))
    found = diagram.compile(compile_family(replace(_chain(3, 3), base_price=Decimal(10), prices=lines)))
    assert found is not None
    assert found.read({}).from_price is None


def test_an_amount_from_a_quantity_on_leaves_no_lowest_price_from_there_on() -> None:
    lines = (PriceSpec("A", "A", amount="3.00"), PriceSpec("B", "B", amount="0 - 1", min_quantity=10))
    found = diagram.compile(compile_family(replace(_chain(3, 3), base_price=Decimal(10), prices=lines)))
    assert found is not None
    assert found.read({}, quantity=9).from_price == Decimal("13.00")
    assert found.read({}, quantity=10).from_price is None


def test_what_does_not_fit_its_nodes_has_no_diagram() -> None:
    assert diagram.compile(compile_family(_chain(60, 4)), nodes=100) is None


def test_what_takes_too_long_has_no_diagram() -> None:
    ticks = count()
    knowledge = compile_family(_chain(60, 4))
    assert diagram.compile(knowledge, seconds=5.0, clock=lambda: float(next(ticks))) is None


def test_a_void_family_has_no_diagram() -> None:
    spec = replace(_chain(2, 2), rules=(RuleSpec("R", expr="o0 == 'v0' & o0 == 'v1'"),))
    assert diagram.compile(compile_family(spec)) is None


def test_bytes_of_another_format_are_refused() -> None:
    found = diagram.compile(compile_family(_chain(3, 3)))
    assert found is not None
    data = to_bytes(found)
    for broken in (b"", data[:-9], data[:-3], data.replace(b"diagram 1", b"diagram 9"), b"{}\n", b"\xff\n"):
        with pytest.raises(Unreadable):
            from_bytes(broken)


def test_the_same_family_has_the_same_bytes() -> None:
    one, other = (diagram.compile(compile_family(_chain(5, 3))) for _ in range(2))
    assert one is not None and other is not None
    assert to_bytes(one) == to_bytes(other)


@pytest.mark.skipif(
    not (SHARED_DATA / "renault").is_dir(), reason="the car's rules (shared/data/renault) are not here"
)
def test_a_real_car_has_as_many_configurations_as_were_published() -> None:
    text = (SHARED_DATA / "renault" / "medium_contraintes.xml").read_text()
    spec = read_xcsp(text, code="car", name="Car")
    found = diagram.compile(compile_family(spec))
    assert found is not None
    reading: Reading = found.read({})
    assert reading.count == 278_744
    assert found.node_count < 10_000
    assert all(sum(counts) == 278_744 for counts in reading.value_counts.values())


def _sign() -> FamilySpec:
    """A size, a switch and extras: the case costs 4.00, each extra its weight, the large size 10.00."""
    weights = tuple(ValueSpec(code, code, {"g": Quantity(Fraction(g))}) for code, g in (("p", 3), ("q", 5)))
    size = OptionSpec("size", "Size", "choice", values=(ValueSpec("s", "S"), ValueSpec("l", "L")))
    case = OptionSpec("case", "Case", "switch", values=(ValueSpec("no", "No"), ValueSpec("yes", "Yes")))
    extras = OptionSpec("extras", "Extras", "multiple", values=weights, most=2)
    line = OptionSpec("line", "Line", "text", required=False, max_length=9)
    prices = (
        PriceSpec("P1", "Large", when="size == 'l'", amount="10"),
        PriceSpec("P2", "Case", when="case", amount="4"),
        PriceSpec("P3", "Extras", amount="sum(extras.g)"),
        PriceSpec("P4", "Words", when="line.length > 0", amount="1.50"),
        PriceSpec("Q", "Ten", percent=Decimal(-10), min_quantity=10),
    )
    rules = (RuleSpec("R1", expr="extras.q => case"), RuleSpec("R2", expr="case => line.length > 2"))
    return FamilySpec("sign", "Sign", options=(size, case, extras, line), rules=rules, prices=prices)


def _kernel(spec: FamilySpec) -> Kernel:
    kernel = Kernel(compile_family(spec))
    found = diagram.compile(kernel.knowledge)
    assert found is not None
    kernel.use_diagram(found)
    return kernel


def test_an_answer_says_how_many_are_left_and_what_each_value_costs_at_least() -> None:
    kernel = _kernel(_sign())
    answer = kernel.answer({})
    assert answer.remaining == kernel.count({}) == 12
    assert answer.from_price == 0
    assert answer.options["size"].from_prices == {"s": Decimal(0), "l": Decimal(10)}
    assert answer.options["case"].from_prices == {"no": Decimal(0), "yes": Decimal("5.50")}
    assert answer.options["extras"].from_prices == {"p": Decimal(3), "q": Decimal("10.50")}
    assert answer.options["line"].from_prices == {}


def test_a_value_is_priced_with_the_choices_of_the_other_options() -> None:
    answer = _kernel(_sign()).answer({"size": "l", "case": "no", "line": ""}, quantity=10)
    assert answer.remaining == 2
    assert answer.from_price == Decimal(9)
    assert answer.options["size"].from_prices == {"s": Decimal(0), "l": Decimal(9)}
    assert answer.options["case"].from_prices == {"no": Decimal(9)}
    assert answer.options["extras"].from_prices == {"p": Decimal("11.70")}


def test_choices_that_contradict_each_other_leave_nothing() -> None:
    answer = _kernel(_sign()).answer({"case": "yes", "line": ""})
    assert answer.remaining == 0
    assert answer.from_price is None


def test_without_a_diagram_nothing_is_counted() -> None:
    kernel = Kernel(compile_family(_sign()))
    assert kernel.count({}) is None
    assert kernel.answer({}).remaining is None


def test_the_diagram_of_another_family_is_refused() -> None:
    kernel = _kernel(_sign())
    other = diagram.compile(compile_family(_chain(3, 3)))
    assert other is not None
    with pytest.raises(ValueError, match="not of Sign"):
        kernel.use_diagram(other)


def test_a_text_without_letters_is_not_wide() -> None:
    """Choosing `wide` needs a text that is wide, so leaving the text out rules it out."""
    font = OptionSpec("font", "Font", "choice", values=(ValueSpec("inter", "Inter"),))
    wide = OptionSpec("wide", "Wide", "switch", values=(ValueSpec("no", "No"), ValueSpec("yes", "Yes")))
    measure = MeasureSpec(font="{font}", size="10 mm")
    line = OptionSpec("line", "Line", "text", required=False, max_length=20, measure=measure)
    rules = (RuleSpec("R1", expr="wide => line.width >= 50 mm"),)
    knowledge = compile_family(FamilySpec("sign", "Sign", options=(font, wide, line), rules=rules))
    found = diagram.compile(knowledge)
    assert found is not None
    assert found.total == 2
    assert found.read(Assumptions(knowledge).indices("line", "")).count == 1
