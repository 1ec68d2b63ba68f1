"""Real processes want the last place in the workshop at the same moment."""

from datetime import timedelta
from functools import partial
from itertools import combinations
from typing import Any

import pytest
from django.contrib.auth.models import User

from configurator.catalogue import publish
from configurator.designs import start
from configurator.freezing import freeze
from configurator.models import Design
from orders import holds
from orders.models import PromiseHold
from production.models import Material
from production.shopfile import load
from tests.processes import at_once
from tests.shops import BADGE, NOW

SHOPPERS = 4
SHOP = """
name: Badges
calendars:
  - {code: day, name: Days, time_zone: Europe/Amsterdam,
     shifts: [{days: [mon, tue, wed, thu, fri], start: "08:00", end: "16:00"}]}
work_centres:
  - code: laser
    name: Laser
    mode: bed
    process: engrave
    machines: [{code: laser-1, name: Laser 1, bed: [600, 400], margin: 5, gap: 2, calendar: day}]
  - code: packing
    name: Packing
    mode: bench
    process: pack
    machines: [{code: packing-1, name: Packing 1, calendar: day}]
materials:
  - {code: acrylic-3, name: Acrylic, unit: sheet, sheet: [600, 400], stock: 40}
  - {code: pin-magnet, name: Magnet, unit: piece, stock: 1000}
"""
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def design(alice: User, settings: Any) -> Design:
    settings.PROMISER = "production.promising.Promiser"
    load(text=SHOP, actor="system:test", now=NOW)
    family = publish(source=BADGE, filename="badge.yaml", actor="system:test", now=NOW).family
    made = start(family=family, owner=alice, session_key="", now=NOW)
    design = freeze(configuration=made, actor="user:alice", now=NOW)
    read: Design = Design.objects.select_related("version").get(pk=design.pk)
    return read


def hold(design: Design, quantity: int) -> str:
    try:
        return holds.take(design=design, quantity=quantity, owner=None, session_key="gst_x", now=NOW).code
    except holds.NoDate:
        return "no date"


def test_no_two_holds_claim_the_same_time_of_a_machine(design: Design) -> None:
    at_once(*[partial(hold, design, 100)] * SHOPPERS)
    claims = PromiseHold.objects.values_list("claim", flat=True)
    taken = [
        (busy["machine"], busy["setup_start"], busy["end"]) for claim in claims for busy in claim["busy"]
    ]
    assert len(taken) == 2 * SHOPPERS
    for one, other in combinations(taken, 2):
        assert one[0] != other[0] or one[2] <= other[1] or other[2] <= one[1], (one, other)
    assert PromiseHold.objects.values("ready_at").distinct().count() == SHOPPERS


def test_the_last_material_is_held_for_one(design: Design) -> None:
    Material.objects.filter(pk="pin-magnet").update(on_hand=100)
    answers = at_once(*[partial(hold, design, 100)] * SHOPPERS)
    assert sorted(answers).count("no date") == SHOPPERS - 1


def test_what_has_expired_is_promised_to_the_next(design: Design) -> None:
    Material.objects.filter(pk="pin-magnet").update(on_hand=100)
    hold(design, 100)
    assert hold(design, 100) == "no date"
    later = NOW + timedelta(minutes=33)
    assert holds.take(design=design, quantity=100, owner=None, session_key="gst_y", now=later).quantity == 100
