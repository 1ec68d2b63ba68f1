"""Whatever a shopper can choose in a demo family, the demo workshop has the material and the machines for."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import product
from pathlib import Path

import pytest
import pytest_django
from django.core.management import call_command

from configurator.engine.domains import Kernel
from configurator.engine.family import read_family
from configurator.engine.knowledge import compile_family
from configurator.engine.manufacturing import Step, Work, work_of
from configurator.engine.spec import FamilySpec
from production.engine.shop import MODES
from production.engine.work import read_work
from production.facts import read_shop
from production.models import Machine, Material, SetupRule
from tests.production.day import kept_for_a_module

ROOT = Path(__file__).resolve().parents[2]
FAMILIES = sorted((ROOT / "configurator" / "families").glob("*.yaml"))


def templates(spec: FamilySpec) -> Iterator[tuple[str, str]]:
    """Everything that names a code of the workshop, with the condition under which it does."""
    made = spec.manufacture
    assert made is not None
    yield made.sheet_material, ""
    for step in made.routing:
        yield step.work_centre, step.when
        yield step.setup_family, step.when
        for other in step.alternates:
            yield other.work_centre, other.when
    for use in made.materials:
        yield use.material, use.when


def options_in(spec: FamilySpec, template: str, when: str) -> tuple[str, ...]:
    """The options that the template or its condition speaks of."""
    named = {*re.findall(r"\{(\w+)", template), *re.findall(r"\w+", re.sub(r"'[^']*'", "", when or ""))}
    return tuple(
        option.code for option in spec.options if option.kind in ("choice", "switch") and option.code in named
    )


def works(spec: FamilySpec) -> Iterator[Work]:
    """The work of a product for each possible combination of the values that a template depends on."""
    kernel = Kernel(compile_family(spec))
    for options in sorted({options_in(spec, *each) for each in templates(spec)}):
        values = [spec.option_by_code[code].codes for code in options]
        for combination in product(*values):
            full = kernel.complete(dict(zip(options, combination, strict=True)))
            if full is not None:
                yield work_of(spec, full)


@pytest.fixture(scope="module", autouse=True)
def demo_shop(django_db_setup: None, django_db_blocker: pytest_django.DjangoDbBlocker) -> Iterator[None]:
    with kept_for_a_module(django_db_blocker):
        call_command("load_shop", str(ROOT / "production" / "shops" / "demo.yaml"), verbosity=0)
        yield


@pytest.fixture(scope="module", params=FAMILIES, ids=lambda path: path.stem)
def made(request: pytest.FixtureRequest) -> list[Work]:
    spec = read_family(request.param.read_text(encoding="utf-8"), filename=request.param.name)
    found = list(works(spec))
    assert len(found) > 3
    return found


def test_every_material_is_stocked(db: None, made: list[Work]) -> None:
    stocked = set(Material.objects.filter(on_hand__gt=0).values_list("code", flat=True))
    named = {use.material for work in made for use in work.materials}
    assert sorted(named - stocked) == []


def test_every_sheet_is_stocked_and_as_large_as_each_part(db: None, made: list[Work]) -> None:
    stocked = Material.objects.sheets().filter(on_hand__gt=0)
    sizes = {sheet.code: sorted((sheet.sheet_width_um, sheet.sheet_height_um)) for sheet in stocked}
    assert sorted({work.sheet_material for work in made} - sizes.keys()) == []
    for work in made:
        narrow, wide = sizes[work.sheet_material]
        for part in work.parts:
            assert min(part.width_um, part.height_um) <= narrow, part
            assert max(part.width_um, part.height_um) <= wide, part


def test_every_work_centre_has_a_machine(db: None, made: list[Work]) -> None:
    equipped = set(Machine.objects.filter(in_service=True).values_list("work_centre", flat=True))
    named = {centre for work in made for step in work.routing for centre in places_of(step)}
    assert sorted(named - equipped) == []


def places_of(step: Step) -> tuple[str, ...]:
    return step.work_centre, *(other.work_centre for other in step.alternates)


def test_every_tool_is_there_and_every_piece_fits_a_load(db: None, made: list[Work]) -> None:
    shop = read_shop(now=datetime.now(UTC))
    units = [read_work(work.as_json()) for work in made]
    for step in {step for work in units for step in work.routing}:
        assert not step.tool or shop.tool[step.tool].count
        for machine in shop.machines_of[step.work_centre]:
            if shop.centre[step.work_centre].mode == "batch":
                assert 4 * step.load <= shop.capacity_of(machine), "a load is many pieces"


def test_work_of_every_kind_is_shown(db: None) -> None:
    """Each mode, people, a fixture, lots that come later, maintenance, overtime, alternates and lags."""
    now = datetime.now(UTC)
    shop = read_shop(now=now)
    assert {centre.mode for centre in shop.work_centres} == set(MODES)
    assert {centre.attended for centre in shop.work_centres} == {"", "setup", "run"}
    assert shop.tools and any(machine.stops for machine in shop.machines)
    assert any(calendar.overtime for calendar in shop.calendars)
    assert any(lot.available_at > shop.now for stock in shop.materials for lot in stock.lots)
    specs = [read_family(path.read_text(encoding="utf-8"), filename=path.name) for path in FAMILIES]
    steps = [step for spec in specs for work in works(spec) for step in work.routing]
    assert {step.work_centre for step in steps} | {"mug-press"} == set(shop.centre)
    assert any(step.alternates for step in steps) and any(step.min_lag for step in steps)


def test_every_set_up_takes_the_time_that_the_shop_says(db: None, made: list[Work]) -> None:
    known = set(SetupRule.objects.values_list("work_centre", "to_family"))
    named = {(at, step.setup_family) for work in made for step in work.routing for at in places_of(step)}
    assert sorted({each for each in named if each[1] != "any"} - known) == []
