"""What a configuration shows by a change of one variable, against trying every change."""

from hypothesis import given, settings
from hypothesis import strategies as st

from configurator.engine.assumptions import Assumptions
from configurator.engine.domains import Kernel
from configurator.engine.knowledge import compile_family
from configurator.engine.neighbours import Neighbours
from configurator.engine.points import Layout, bits
from configurator.engine.spec import Choice, FamilySpec
from configurator.engine.uvl import read_uvl
from tests.configurator.engine.products import (
    all_valid,
    families_of_all_kinds,
    families_with_choices,
    random_case,
)

Case = tuple[FamilySpec, dict[str, Choice]]


@settings(max_examples=150, deadline=None)
@given(st.one_of(families_with_choices(), families_of_all_kinds()))
def test_every_change_that_is_shown_is_possible(case: Case) -> None:
    spec, _ = case
    knowledge = compile_family(spec)
    layout, assumptions = Layout(tuple(knowledge.variables.values())), Assumptions(knowledge)
    neighbours = Neighbours(knowledge, layout)
    valid = set()
    for each in all_valid(spec):
        indices: dict[int, int] = {}
        for code, value in each.items():
            left_out = dict.fromkeys(assumptions.own(code), 0)
            indices |= left_out if value is None else assumptions.indices(code, value)
        valid.add(layout.of_indices(indices))
    for configuration in sorted(valid)[:12]:
        for point in bits(neighbours.of(configuration)):
            assert configuration & ~layout.block_of[point] | 1 << point in valid


def test_changes_are_shown_for_numbers_and_tables_too() -> None:
    shown = 0
    for seed in range(30):
        spec, _ = random_case(seed)
        knowledge = compile_family(spec)
        layout = Layout(tuple(knowledge.variables.values()))
        shown += Neighbours(knowledge, layout).cost > 0
    assert shown > 10


def test_a_family_without_any_decision_has_its_one_configuration() -> None:
    spec = read_uvl("features\n    only\n", code="model", name="")
    knowledge = compile_family(spec)
    answer = Kernel(knowledge).answer({})
    assert [option.forced for option in answer.options.values()] == ["yes"]
