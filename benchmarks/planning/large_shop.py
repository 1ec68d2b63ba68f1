"""What the processes of the scale measurement do, in a database of their own: make orders, work, verify.

Each function prints what it found as one line of JSON.
"""

import json
import random
import resource
import sys
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.core.management import call_command

from configurator.models import Design, Family, Version
from ledger import jobs
from ledger.copying import copy_in
from ledger.models import Job
from orders.models import Customer, Line, Order
from production import wishes
from production.models import Piece, PieceState, Plan, Run
from production.plans import certify_standing
from production.shopfile import load

__all__ = ["prepare", "verify", "work"]

MACHINES = 20
LONGEST = 900.0  # seconds after which a worker gives up

SHOP = """
name: Large workshop
calendars:
  - {code: day, name: Days, time_zone: UTC,
     shifts: [{days: [mon, tue, wed, thu, fri, sat], start: "06:00", end: "22:00"}]}
work_centres:
  - code: laser
    name: Lasers
    mode: bed
    process: engrave
    load_seconds: 60
    machines: [LASERS]
    setups: [{to: oak, minutes: 6}, {to: walnut, minutes: 6}, {to: cherry, minutes: 4}]
  - code: packing
    name: Packing
    mode: bench
    process: pack
    machines: [TABLES]
materials:
  - {code: oak, name: Oak, unit: sheet, sheet: [600, 400], stock: STOCK}
  - {code: walnut, name: Walnut, unit: sheet, sheet: [600, 400], stock: STOCK}
  - {code: cherry, name: Cherry, unit: sheet, sheet: [600, 400], stock: STOCK}
  - {code: box, name: Box, unit: piece, stock: STOCK}
"""


def prepare(lines: int, seed: int) -> None:
    """The tables, the workshop, and so many orders of one piece."""
    call_command("migrate", verbosity=0)
    now = datetime.now(UTC).replace(microsecond=0)
    lasers = ", ".join(
        f"{{code: laser-{n:02}, name: Laser {n}, bed: [600, 400], margin: 5, gap: 2, calendar: day}}"
        for n in range(MACHINES)
    )
    tables = ", ".join(f"{{code: packing-{n:02}, name: Table {n}, calendar: day}}" for n in range(MACHINES))
    text = SHOP.replace("LASERS", lasers).replace("TABLES", tables).replace("STOCK", str(10 * lines))
    load(text=text, actor="system:bench", now=now)
    family = Family.objects.create(code="sign", name="Sign", summary="", position=1)
    version = Version.objects.create(
        family=family, number=1, source="", source_format="family", content_hash="0" * 64,
        published_at=now, published_by="system:bench",
    )  # fmt: skip
    customer = Customer.objects.create(name="Ann", email="ann@example.org")
    chance = random.Random(seed)
    designs = [
        Design(
            version=version,
            choices={},
            artwork_hash="",
            content_hash=f"{n:064}",
            price={},
            created_at=now,
        )
        for n in range(lines)
    ]
    orders = [
            Order(
                number=f"B-{n}", customer=customer, currency="EUR", total=Decimal(1), state="placed",
                placed_at=now, submit_key=f"key-{n}", submit_hash="",
            )
            for n in range(lines)
    ]  # fmt: skip
    copy_in(designs)
    copy_in(orders)
    copy_in(
        [
            Line(
                order=order, position=1, design=design, family_code="sign", family_name="Sign",
                version_number=1, choices={}, artwork_hash="", quantity=1, currency="EUR", price_lines=[],
                unit_price=Decimal(1), total=Decimal(1), work=_work(chance),
                promised_at=now + timedelta(hours=chance.randint(48, 48 + lines // 20)),
            )
            for order, design in zip(orders, designs, strict=True)
        ]
    )  # fmt: skip
    print(json.dumps({"lines": lines}))


def _work(chance: random.Random) -> dict[str, Any]:
    material = chance.choice(("oak", "walnut", "cherry"))
    return {
        "parts": [
            {
                "code": "board",
                "width_um": chance.randint(80, 280) * 1000,
                "height_um": chance.randint(50, 180) * 1000,
                "count": 1,
                "may_rotate": True,
                "surface": "front",
            }
        ],
        "sheet_material": material,
        "routing": [
            {
                "step": 10,
                "work_centre": "laser",
                "setup_family": material,
                "seconds": chance.randint(60, 240),
            },
            {"step": 20, "work_centre": "packing", "setup_family": "any", "seconds": chance.randint(20, 60)},
        ],
        "materials": [{"material": "box", "quantity": 1}],
        "weight_g": None,
    }


def work() -> None:
    """Take planning jobs until there is a plan, as a worker does that the relay calls; asked for a plan by a
    line on its input, to begin with."""
    done: list[str] = []
    used = resource.getrusage(resource.RUSAGE_SELF)
    before = used.ru_utime + used.ru_stime
    print("ready", flush=True)
    if sys.stdin.readline().strip() == "wish":
        wishes.request_proposal(actor="user:bench", now=datetime.now(UTC))
    begun = time.monotonic()
    while not Plan.objects.current().exists() and time.monotonic() - begun < LONGEST:
        waiting = Job.objects.claimable().filter(queue=wishes.QUEUE).order_by("pk")
        for pk, kind in waiting.values_list("pk", "kind"):
            at = time.monotonic()
            if jobs.run(pk):
                done.append(f"{kind} {time.monotonic() - at:.1f} s")
                break
        else:
            time.sleep(0.05)
    used = resource.getrusage(resource.RUSAGE_SELF)
    told = {"memory": used.ru_maxrss / 1024**2, "cpu": used.ru_utime + used.ru_stime - before, "jobs": done}
    print(json.dumps(told))


def verify() -> None:
    """What stands in the tables now, certified from them."""
    begun = time.monotonic()
    certificate = certify_standing(now=datetime.now(UTC))
    told = {
        "breaches": len(certificate.breaches),
        "unplanned": Piece.objects.exclude(state=PieceState.PLANNED).count(),
        "runs": Run.objects.proposed().count(),
        "verify_seconds": round(time.monotonic() - begun, 1),
    }
    print(json.dumps(told))
