"""A workshop from a file; the demo workshop and what its families need of it."""

import random
from collections.abc import Callable
from datetime import timedelta
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
from production.facts import read_problem, read_shop
from production.models import (
    Calendar,
    Machine,
    Material,
    MaterialLot,
    MaterialMovement,
    Operator,
    WorkCentre,
)
from production.shopcsv import read_folder
from production.shopexport import as_json, as_yaml, export
from production.shopfile import ShopFileError, load, load_data
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


FULL = """
name: A workshop with everything
calendars:
  - {code: day, name: Days, time_zone: Europe/Amsterdam,
     shifts: [{days: [mon, tue, wed, thu, fri], start: "06:00", end: "22:00"},
              {days: [sat], start: "08:00", end: "12:00", overtime: true}],
     exceptions: [{date: 2026-03-04, reason: Fair}, {date: 2026-03-08, start: "09:00", end: "12:00",
                   reason: Rush, overtime: true}]}
work_centres:
  - code: oven
    name: Curing oven
    mode: batch
    process: cure
    site: Hall 2
    load_seconds: 120
    capacity: 40
    skill: heat
    attended: setup
    machines:
      - {code: oven-1, name: Oven 1, calendar: day, families: [hot, warm], capacity: 30, cost_rate: 900,
         power_w: 6000, maintenance: [{start: "2026-03-05T08:00", end: "2026-03-05T12:00", reason: Service},
                                      {start: "+3d 13:00", end: "+3d 15:00", reason: Filters}]}
      - {code: oven-2, name: Oven 2, calendar: day, setup: hot}
    setups: [{to: hot, minutes: 20, cost: 350}, {from: hot, to: warm, minutes: 7.5}]
  - {code: tunnel, name: Tunnel, mode: rate, process: dry, rate: 600,
     machines: [{code: tunnel-1, name: Tunnel, calendar: day}]}
  - {code: belt, name: Belt, mode: line, process: assemble, takt_seconds: 30, stations: 4,
     machines: [{code: belt-1, name: Belt, calendar: day}]}
operators:
  - {code: ann, name: Ann, skills: [heat], calendar: day,
     absences: [{start: "2026-03-03T09:00", end: "2026-03-03T11:00", reason: Dentist}]}
tools: [{code: jig, name: Jig, count: 2}]
materials:
  - {code: box, name: Box, unit: piece, stock: 100}
  - {code: resin, name: Resin, unit: g,
     lots: [{code: r1, quantity: 500, expires: "2026-04-01T00:00", supplier: Acme 77},
            {code: r2, quantity: 900, arrives: "2026-03-06T07:00", expires: "2026-06-01T00:00"}]}
planner: {weight_tardiness: 25, slushy_seconds: 7200}
"""


def test_everything_that_a_shop_is_made_of_reaches_the_planner() -> None:
    load(text=FULL, actor="user:bob", now=NOW)
    shop = read_shop(now=NOW)
    oven, (ann,), (jig,) = shop.machine["oven-1"], shop.operators, shop.tools
    assert (oven.families, oven.capacity, oven.cost_rate, oven.power_w) == (("hot", "warm"), 30, 900, 6000)
    assert [(end - start) // 3600 for start, end in oven.stops] == [4, 2]
    assert shop.capacity_of(shop.machine["oven-2"]) == 40
    assert (ann.skills, jig.count) == (("heat",), 2)
    assert (shop.setup_cost("oven", "", "hot"), shop.setup_seconds("oven", "hot", "warm")) == (350, 450)
    resin = shop.stock["resin"]
    assert [(lot.code, lot.quantity) for lot in resin.lots] == [("r1", 500), ("r2", 900)]
    assert (resin.on_hand, shop.stock["box"].lots) == (500, ())
    day = next(calendar for calendar in shop.calendars if calendar.code == "day")
    lengths = [(end - start) // 3600 for start, end in day.overtime]
    # What is left of the last Saturday, the next one, and the Sunday of the rush.
    assert lengths[:3] == [3, 4, 3]
    (centre, tunnel, belt) = shop.work_centres
    assert (centre.site, centre.attended, tunnel.rate, belt.stations) == ("Hall 2", "setup", 600, 4)
    problem = read_problem(now=NOW).problem
    assert problem.weights.tardiness == 25 and problem.zones.slushy_until == shop.now + 7200
    sound()


@pytest.mark.parametrize("write", [as_yaml, as_json])
def test_what_was_exported_is_loaded_without_a_change(write: Callable[[dict[str, Any]], str]) -> None:
    load(text=FULL, actor="user:bob", now=NOW)
    before = export()
    again = load(text=write(before), actor="user:bob", now=NOW)
    assert not again.changed and export() == before


def test_an_exported_shop_can_be_loaded_into_an_empty_database() -> None:
    load(text=FULL, actor="user:bob", now=NOW)
    text, shop = as_json(export()), read_shop(now=NOW)
    for model in (MaterialMovement, MaterialLot, Material, Operator, Machine, WorkCentre, Calendar):
        model.objects.all().delete()  # type: ignore[attr-defined]
    load(text=text, actor="user:bob", now=NOW)
    assert read_shop(now=NOW) == shop


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ("skill: heat\n", "skill: heet\n", r"no operator has the skill 'heet' \(nearest: heat\)"),
        ("skills: [heat]", "skills: [heat, cool]", "no work centre asks for the skill 'cool'"),
        ("mode: rate, process: dry, rate: 600", "mode: rate, process: dry", "tunnel: says no rate"),
        ("minutes: 20, cost: 350", "minutes: -20", "setups/0/minutes: -20 is less than"),
        ("calendar: day, setup: hot", "setup: hot", "'calendar' is a required property"),
        ("code: oven-2", "code: oven-1", "machine oven-1: is there twice"),
        ("{from: hot, to: warm", "{to: hot", "set-up anything to hot is there twice"),
        ("code: r2", "code: r1", "lot r1 is there twice"),
        ("2026-06-01T00:00", "2026-03-01T00:00", "lot r2 has expired when it arrives"),
        ("2026-03-05T12:00", "2026-03-05T07:00", "oven-1: Service ends before it begins"),
        ("+3d 15:00", "some day", "is no time"),
        ("2026-03-04", "2026-02-30", "no day 2026-02-30|no YAML"),
        ("unit: piece, stock: 100", "unit: piece, stock: 1, lots: []", "its stock or its lots"),
        ("capacity: 40", "capacity: 0", "oven-2: a batch machine needs a capacity"),
        ("weight_tardiness: 25", "weight_tardiness: -1", "planner/weight_tardiness"),
        ("weight_tardiness: 25", "weight_kindness: 1", "weight_kindness"),
    ],
)
def test_a_shop_that_contradicts_itself_is_refused(before: str, after: str, says: str) -> None:
    assert before in FULL
    with pytest.raises(ShopFileError, match=says):
        load(text=FULL.replace(before, after, 1), actor="user:bob", now=NOW)
    assert not WorkCentre.objects.exists()


def test_json_that_is_none_is_refused() -> None:
    with pytest.raises(ShopFileError, match="no JSON"):
        load(text='{"name": NaN}', actor="user:bob", now=NOW)


def test_loading_again_keeps_lots_and_breakdowns_and_renews_planned_maintenance() -> None:
    load(text=FULL, actor="user:bob", now=NOW)
    oven = Machine.objects.get(code="oven-1")
    oven.stops.create(kind="breakdown", reason="Fuse", start=NOW, end=NOW + timedelta(hours=1))
    load(text=FULL.replace("quantity: 500", "quantity: 900"), actor="user:bob", now=NOW)
    assert sorted(stop.reason for stop in oven.stops.all()) == ["Filters", "Fuse", "Service"]
    assert MaterialLot.objects.get(code="r1").on_hand == 500
    sound()


def test_a_material_that_gets_lots_keeps_what_lies_there() -> None:
    load(text=FULL, actor="user:bob", now=NOW)
    text = FULL.replace("stock: 100", "lots: [{code: b1, quantity: 5}]")
    load(text=text, actor="user:bob", now=NOW)
    box = read_shop(now=NOW).stock["box"]
    assert {lot.code: lot.quantity for lot in box.lots} == {"unlabelled": 100, "b1": 5}
    assert box.on_hand == 105
    sound()


def test_tables_are_put_into_the_shop(tmp_path: Path) -> None:
    (tmp_path / "shop.yaml").write_text(FULL)
    (tmp_path / "machines.csv").write_text(
        "work_centre;code;name;calendar;speed;families\noven;oven-2;Oven two;day;80;hot warm\n"
        "oven;oven-3;Oven 3;day;;\n"
    )
    (tmp_path / "operators.csv").write_text("code,name,skills,calendar\nbo,Bo,heat,day\n")
    (tmp_path / "lots.csv").write_text(
        "material,code,quantity,arrives,expires\nresin,r3,50,2026-03-09T08:00,2026-09-01T00:00\n"
    )
    (tmp_path / "setups-oven.csv").write_text(",hot,warm\nhot,,5\nwarm,10,\nany,15,12.5\n")
    load_data(data=read_folder(tmp_path, present={}), actor="user:bob", now=NOW)
    shop = read_shop(now=NOW)
    assert shop.machine["oven-2"].speed_percent == 80 and shop.machine["oven-3"].families == ()
    assert [operator.code for operator in shop.operators_of["heat"]] == ["ann", "bo"]
    assert [lot.code for lot in shop.stock["resin"].lots] == ["r1", "r2", "r3"]
    assert [shop.setup_seconds("oven", *change) for change in (("warm", "hot"), ("", "warm"))] == [600, 750]


def test_one_table_changes_the_present_shop(tmp_path: Path) -> None:
    load(text=FULL, actor="user:bob", now=NOW)
    table = tmp_path / "setups.csv"
    table.write_text("work_centre,from,to,minutes,cost\noven,hot,warm,9,20\n")
    call_command("load_shop", str(table))
    shop = read_shop(now=NOW)
    assert (shop.setup_seconds("oven", "hot", "warm"), shop.setup_cost("oven", "hot", "warm")) == (540, 20)
    assert shop.setup_seconds("oven", "", "hot") == 1200


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("machines.csv", "work_centre,code\nkiln,k1\n", "machines.csv row 2: there is no work centre 'kiln'"),
        ("machines.csv", "work_centre,code,speed\noven,k1,fast\n", "row 2: speed is 'fast', no number"),
        ("machines.csv", "work_centre,colour\noven,red\n", "no column is called colour"),
        ("operators.csv", "name\nBo\n", "row 2: code is missing"),
        ("lots.csv", "material,code,quantity\nglue,g1,5\n", "there is no material 'glue'"),
        ("people.csv", "code\nbo\n", "this is no table of a shop"),
        ("setups-oven.csv", ",hot\nwarm,long\n", "row 2: warm to hot is 'long', no number"),
    ],
)
def test_a_faulty_table_is_refused_with_its_row(tmp_path: Path, name: str, text: str, says: str) -> None:
    load(text=FULL, actor="user:bob", now=NOW)
    before = export()
    (tmp_path / name).write_text(text)
    with pytest.raises(CommandError, match=says):
        call_command("load_shop", str(tmp_path / name))
    assert export() == before


def test_the_command_writes_a_file_that_can_be_loaded(tmp_path: Path) -> None:
    load(text=FULL, actor="user:bob", now=NOW)
    for name in ("shop.json", "shop.yaml"):
        call_command("export_shop", str(tmp_path / name))
        assert not load(text=(tmp_path / name).read_text(), actor="user:bob", now=NOW).changed


def test_the_command_loads_the_demo_workshop(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("load_shop", str(DEMO))
    assert "12 work centres, 17 machines, 5 calendars, 8 operators" in capsys.readouterr().out
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
