"""A workshop from a file; the demo workshop and what its families need of it."""

import random
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from configurator.engine.domains import Kernel
from configurator.engine.family import read_family
from configurator.engine.knowledge import compile_family
from configurator.engine.manufacturing import work_of
from production.engine.promising import Load, earliest, prepare
from production.engine.work import read_work
from production.facts import read_shop
from production.models import Calendar, Machine, Material, MaterialMovement, WorkCentre
from production.shopfile import ShopFileError, load
from tests.production.workshop import NOW, SHOP, sound

pytestmark = pytest.mark.django_db
DEMO = Path(settings.BASE_DIR) / "production" / "shops" / "demo.yaml"
FAMILIES = Path(settings.BASE_DIR) / "configurator" / "families"


def test_a_file_becomes_a_workshop_with_stock_in_its_books() -> None:
    loaded = load(text=SHOP, actor="user:bob", now=NOW)
    assert (loaded.work_centres, loaded.machines, loaded.materials) == (2, 3, 3)
    assert Material.objects.get(pk="oak").on_hand == 40
    assert MaterialMovement.objects.filter(kind="receipt").count() == 3
    sound()


def test_loading_again_leaves_stock_and_set_up_alone_and_a_stopped_machine_stopped() -> None:
    load(text=SHOP, actor="user:bob", now=NOW)
    Machine.objects.filter(code="laser-1").update(setup_state="oak", in_service=False)
    load(
        text=SHOP.replace("stock: 40", "stock: 90").replace("name: Laser 1", "name: Big laser"),
        actor="",
        now=NOW,
    )
    laser = Machine.objects.get(code="laser-1")
    assert (laser.name, laser.setup_state, laser.in_service) == ("Big laser", "oak", False)
    assert Material.objects.get(pk="oak").on_hand == 40
    sound()


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ("mode: bed", "mode: cloud", "work_centres/0/mode"),
        ("speed: 50", "speed: 0", "work_centres/0/machines/1/speed"),
        (
            "bed: [600, 400], margin: 5, gap: 2, calendar: day}",
            "margin: 5, gap: 2, calendar: day}",
            "size of its bed",
        ),
        ("gap: 2, calendar: day}", "gap: 2, calendar: night}", "no calendar 'night'"),
        ("code: walnut,", "code: oak,", "material oak: is there twice"),
        ('end: "22:00"', 'end: "25:00"', "calendars/0/shifts/0/end"),
        ("name: Test workshop", "colour: red", "colour"),
        ("name: Test workshop", "name: [", "no YAML"),
    ],
)
def test_a_faulty_file_is_refused_with_the_place(before: str, after: str, says: str) -> None:
    assert before in SHOP
    with pytest.raises(ShopFileError, match=says):
        load(text=SHOP.replace(before, after, 1), actor="user:bob", now=NOW)
    assert not WorkCentre.objects.exists()


def test_a_time_zone_that_nobody_knows_is_refused() -> None:
    with pytest.raises(ShopFileError, match="Mars"):
        load(text=SHOP.replace("Europe/Amsterdam", "Mars/Olympus"), actor="user:bob", now=NOW)


def test_the_command_loads_the_demo_workshop(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("load_shop", str(DEMO))
    assert "9 work centres, 14 machines, 2 calendars" in capsys.readouterr().out
    assert Calendar.objects.get(pk="two-shifts-and-saturday").shifts.filter(weekday=5).exists()


def test_the_command_says_what_is_wrong(tmp_path: Path) -> None:
    faulty = tmp_path / "shop.yaml"
    faulty.write_text(SHOP.replace("mode: bed", "mode: cloud"))
    with pytest.raises(CommandError, match="cloud"):
        call_command("load_shop", str(faulty))


@pytest.mark.parametrize("family", ["walnut-sign", "enamel-mug", "t-shirt", "shelf"])
def test_the_demo_workshop_can_make_what_the_families_offer(family: str) -> None:
    """Random choices of each family: every one can be promised, so every material code is in stock."""
    load(text=DEMO.read_text(), actor="system:test", now=NOW)
    shop = read_shop(now=NOW)
    capacity = prepare(shop, Load())
    spec = read_family((FAMILIES / f"{family}.yaml").read_text(), filename=family)
    kernel = Kernel(compile_family(spec))
    known = {(rule.work_centre, rule.to_family) for rule in shop.setups}
    chance = random.Random(7)
    for _ in range(25):
        choices = random_choices(kernel, chance)
        work = read_work(work_of(spec, choices).as_json())
        answer = earliest(work, 1, capacity)
        assert answer.ready_at is not None, (choices, answer.reason)
        families = {(s.work_centre, s.setup_family) for s in work.routing if s.setup_family != "any"}
        assert families <= known, "a set-up that the workshop has no time for"


def random_choices(kernel: Kernel, chance: random.Random) -> dict[str, Any]:
    """A complete configuration: values at random as far as they are open, the rest completed."""
    choices: dict[str, Any] = {}
    codes = [code for code, option in kernel.answer({}).options.items() if option.values]
    for code in chance.sample(codes, len(codes)):
        values = kernel.answer(choices).options[code].values
        possible = [value for value, state in values.items() if state in ("possible", "forced")]
        choices[code] = chance.choice(possible)
    complete = kernel.complete(choices)
    assert complete is not None
    return complete
