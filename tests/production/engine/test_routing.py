"""What stands against making a unit, one sentence each."""

from dataclasses import replace

import pytest

from production.engine.routing import Obstacle, obstacles
from production.engine.shop import Calendar, Lot, Machine, Operator, Shop, Stock, Tool, WorkCentre
from production.engine.work import Alternate, Step, Unit, Use

STEP = Step(10, "oven", "hot", 60)
UNIT = Unit(
    id="l:1", line="l", order="o", due=None, release=0, parts=(), sheet_material="", routing=(STEP,),
    materials=(),
)  # fmt: skip
OVEN = Machine("oven-1", "oven", 0, 0, 0, 0, 100, "day", "")
SHOP = Shop(
    work_centres=(
        WorkCentre("oven", "Oven", "batch", "cure", capacity=10, skill="heat", attended="setup"),
        WorkCentre("bench", "Bench", "bench", "pack"),
    ),
    machines=(OVEN, replace(OVEN, code="bench-1", work_centre="bench")),
    calendars=(Calendar("day", ((0, 100),)), Calendar("night", ((100, 200),))),
    setups=(),
    materials=(Stock("glue", 5, "g", lots=(Lot("g1", 5), Lot("g2", 3, available_at=50))),),
    now=0,
    operators=(Operator("ann", "Ann", ("heat",), "day"),),
    tools=(Tool("jig", 1), Tool("worn", 0)),
)


def against(step: Step = STEP, shop: Shop = SHOP, unit: Unit = UNIT) -> list[Obstacle]:
    return list(obstacles(replace(unit, routing=(step,)), shop))


def says(code: str, text: str) -> list[Obstacle]:
    return [Obstacle(code, text)]


def test_nothing_stands_against_what_the_shop_can_do() -> None:
    assert against(replace(STEP, tool="jig", load=10)) == []


@pytest.mark.parametrize(
    ("step", "code", "text"),
    [
        (replace(STEP, tool="saw"), "no-tool", "Step 10 needs the tool 'saw', which the shop does not have."),
        (replace(STEP, tool="worn"), "no-tool", "Step 10 needs the tool 'worn', of which none is in use."),
        (
            replace(STEP, load=11),
            "load-too-large",
            "One piece takes 11 of a load at oven; its machines hold 10 at most.",
        ),
        (
            replace(STEP, max_lag=60),
            "bad-routing",
            "Step 10 is the first one: there is nothing that it can lag behind.",
        ),
    ],
)
def test_a_step_that_cannot_be_done_says_why(step: Step, code: str, text: str) -> None:
    assert against(step) == says(code, text)


def test_lags_that_exclude_each_other_are_named() -> None:
    second = Step(20, "bench", "any", 5, min_lag=90, max_lag=60)
    (found,) = obstacles(replace(UNIT, routing=(STEP, second)), SHOP)
    assert found.text.startswith("Step 20 has to begin 90 s after the step before it at least, and 60 s")


def test_machines_that_run_other_families_are_no_machines_for_it() -> None:
    shop = replace(SHOP, machines=(replace(OVEN, families=("warm",)), SHOP.machines[1]))
    assert against(shop=shop) == says("no-machine", "No machine of oven can be set up for 'hot'.")


@pytest.mark.parametrize(
    "operators",
    [(), (Operator("ann", "Ann", ("glue",), "day"),), (Operator("ann", "Ann", ("heat",), "night"),)],
)
def test_a_work_centre_that_nobody_can_attend_is_named(operators: tuple[Operator, ...]) -> None:
    shop = replace(SHOP, operators=operators)
    text = "Nobody with the skill 'heat' works while a machine of oven does."
    assert against(shop=shop) == says("no-operator", text)


def test_a_machine_that_is_stopped_all_the_time_has_no_working_time() -> None:
    shop = replace(SHOP, machines=(replace(OVEN, stops=((0, 500),)), SHOP.machines[1]))
    assert against(shop=shop) == says("no-calendar", "No machine of oven has working time.")


def test_an_alternate_that_can_do_it_is_enough() -> None:
    assert against(replace(STEP, load=11, alternates=(Alternate("bench", 90),))) == []


def test_alternates_that_cannot_do_it_either_are_named_with_it() -> None:
    (found,) = against(replace(STEP, load=11, alternates=(Alternate("press", 90),)))
    assert found.code == "load-too-large"
    assert found.text.endswith("hold 10 at most. The shop has no work centre 'press'.")


def test_material_that_never_arrives_is_named() -> None:
    unit = replace(UNIT, materials=(Use("glue", 9),))
    assert against(unit=unit) == says(
        "material-short", "glue: 9 g needed for one piece, 8 here or announced."
    )
    assert against(unit=replace(UNIT, materials=(Use("glue", 8),))) == []
