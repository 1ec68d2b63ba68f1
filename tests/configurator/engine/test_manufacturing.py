"""What one unit takes to make, in integers."""

import json
from dataclasses import replace

import pytest

from configurator.engine.family import read_family
from configurator.engine.manufacturing import Alternate, NotDefined, Part, Step, Use, Work, work_of
from configurator.engine.spec import (
    AlternateSpec,
    FamilySpec,
    ManufactureSpec,
    MaterialSpec,
    PartSpec,
    StepSpec,
)
from tests.configurator.engine.test_family import SIGN

SIGN_SPEC = read_family(SIGN)


def made(**changes: object) -> FamilySpec:
    manufacture = ManufactureSpec(routing=(StepSpec(10, "laser", "any", "60"),))
    return replace(SIGN_SPEC, manufacture=replace(manufacture, **changes))  # type: ignore[arg-type]


def work(spec: FamilySpec) -> Work:
    return work_of(spec, spec.defaults)


def test_a_unit_is_told_in_whole_micrometres_seconds_and_grams() -> None:
    found = work(SIGN_SPEC)
    assert found.parts == (Part("board", 300_000, 120_000, 1, True, "front"),)
    assert found.sheet_material == "wood-m"
    assert found.routing == (Step(10, "laser", "any", 78),)
    assert found.weight_g == 500


def test_seconds_are_rounded_up() -> None:
    assert work(made(routing=(StepSpec(10, "laser", "any", "60.01"),))).routing[0].seconds == 61


def test_steps_stand_in_the_order_of_their_numbers() -> None:
    steps = (StepSpec(30, "packing", "any", "1"), StepSpec(10, "laser", "{size}", "1"))
    assert [(step.step, step.setup_family) for step in work(made(routing=steps)).routing] == [
        (10, "m"),
        (30, "any"),
    ]


def test_what_does_not_apply_is_left_out() -> None:
    steps = (StepSpec(10, "laser", "any", "1"), StepSpec(20, "oven", "any", "1", when="size == 's'"))
    parts = (PartSpec("a", "10", "10", when="size == 's'"), PartSpec("b", "10", "10", count="photo.count"))
    found = work(made(routing=steps, parts=parts, materials=(MaterialSpec("oil", "0"),)))
    assert (len(found.routing), found.parts, found.materials) == (1, (), ())


def test_a_material_used_twice_is_added_up() -> None:
    uses = (MaterialSpec("oil-{size}", "1.5"), MaterialSpec("oil-m", "2"), MaterialSpec("box", "1"))
    assert work(made(materials=uses)).materials == (Use("oil-m", 4), Use("box", 1))


def test_a_family_that_is_not_made_here_has_no_routing() -> None:
    assert work(replace(SIGN_SPEC, manufacture=None)) == Work()


def test_work_survives_json() -> None:
    found = work(SIGN_SPEC)
    assert Work.from_json(json.loads(json.dumps(found.as_json()))) == found


def test_loads_alternates_lags_and_tools_are_functions_of_the_configuration() -> None:
    step = StepSpec(
        10, "oven", "any", "60", load="photo.count + 2", min_lag="90", max_lag="2 * 60", tool="jig-{size}",
        alternates=(AlternateSpec("press", "45.5", 2), AlternateSpec("tunnel", "1", when="size == 's'")),
    )  # fmt: skip
    found = work(made(routing=(step,)))
    other = Alternate("press", 46, 2)
    assert found.routing == (Step(10, "oven", "any", 60, 2, (other,), 90, 120, "jig-m"),)
    assert Work.from_json(json.loads(json.dumps(found.as_json()))) == found


def test_a_plain_step_is_written_as_it_always_was() -> None:
    (step,) = work(made(routing=(StepSpec(10, "laser", "any", "60"),))).as_json()["routing"]
    assert step == {"step": 10, "work_centre": "laser", "setup_family": "any", "seconds": 60}


def test_a_step_that_has_to_begin_before_it_may_is_refused() -> None:
    with pytest.raises(
        NotDefined, match="step 10: it begins 90 s after the step before at least, 60 s at most"
    ):
        work(made(routing=(StepSpec(10, "laser", "any", "1", min_lag="90", max_lag="60"),)))


def test_a_family_file_says_loads_alternates_lags_and_tools() -> None:
    text = SIGN.replace(
        "setup_family: any,",
        'setup_family: any, load: 2, min_lag: 5 min, max_lag: 1 h, tool: "jig-{size}", '
        "alternates: [{work_centre: mill, seconds: 2 min, preference: 1}],",
        1,
    )
    assert text != SIGN
    (step, *_) = work(read_family(text)).routing
    assert (step.load, step.min_lag, step.max_lag, step.tool) == (2, 300, 3600, "jig-m")
    assert step.alternates == (Alternate("mill", 120, 1),)


def test_a_part_of_no_size_is_refused_by_name() -> None:
    with pytest.raises(NotDefined) as refusal:
        work(made(parts=(PartSpec("board", "size.width - 300", "10"),)))
    assert refusal.value.where == "part board"


def test_a_step_that_takes_less_than_nothing_is_refused() -> None:
    with pytest.raises(NotDefined, match="step 10"):
        work(made(routing=(StepSpec(10, "laser", "any", "-1"),)))


def test_a_division_by_zero_is_refused_with_its_place() -> None:
    with pytest.raises(NotDefined, match=r"weight: 1 / photo\.count divides by zero"):
        work(made(weight="1 / photo.count"))


def test_a_configuration_with_something_open_is_refused() -> None:
    with pytest.raises(NotDefined, match="not chosen yet"):
        work_of(SIGN_SPEC, {})
