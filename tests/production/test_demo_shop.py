"""Whatever a shopper can choose in a demo family, the demo workshop has the material and the machines for."""

import re
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest
import pytest_django
from django.core.management import call_command

from configurator.engine.domains import Kernel
from configurator.engine.family import read_family
from configurator.engine.knowledge import compile_family
from configurator.engine.manufacturing import Work, work_of
from configurator.engine.spec import FamilySpec
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
    for use in made.materials:
        yield use.material, use.when


def options_in(spec: FamilySpec, template: str, when: str) -> tuple[str, ...]:
    """The choice options that the template or its condition speaks of."""
    named = {*re.findall(r"\{(\w+)", template), *re.findall(r"\w+", re.sub(r"'[^']*'", "", when or ""))}
    return tuple(option.code for option in spec.options if option.kind == "choice" and option.code in named)


def works(spec: FamilySpec) -> Iterator[Work]:
    """The work of a product for each possible combination of the values that a template depends on."""
    kernel = Kernel(compile_family(spec))
    for options in sorted({options_in(spec, *each) for each in templates(spec)}):
        values = [[value.code for value in spec.option_by_code[code].values] for code in options]
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
    named = {step.work_centre for work in made for step in work.routing}
    assert sorted(named - equipped) == []


def test_every_set_up_takes_the_time_that_the_shop_says(db: None, made: list[Work]) -> None:
    known = set(SetupRule.objects.values_list("work_centre", "to_family"))
    named = {(step.work_centre, step.setup_family) for work in made for step in work.routing}
    assert sorted({each for each in named if each[1] != "any"} - known) == []
