"""A small workshop and orders for it, written straight into the tables (checkout has tests of its own)."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from configurator.models import Design, Family, Version
from ledger.invariants import check_all
from orders.models import Customer, Line, Order
from production.shopfile import load

# A Monday, 09:00 in Amsterdam.
NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)

SHOP = """
name: Test workshop
calendars:
  - {code: day, name: Days, time_zone: Europe/Amsterdam,
     shifts: [{days: [mon, tue, wed, thu, fri], start: "06:00", end: "22:00"}]}
work_centres:
  - code: laser
    name: Laser
    mode: bed
    process: engrave
    load_seconds: 60
    machines:
      - {code: laser-1, name: Laser 1, bed: [600, 400], margin: 5, gap: 2, calendar: day}
      - {code: laser-2, name: Laser 2, bed: [600, 400], margin: 5, gap: 2, speed: 50, calendar: day}
    setups: [{to: oak, minutes: 6}, {to: walnut, minutes: 6}]
  - code: packing
    name: Packing
    mode: bench
    process: pack
    machines: [{code: packing-1, name: Packing 1, calendar: day}]
materials:
  - {code: oak, name: Oak, unit: sheet, sheet: [600, 400], stock: 40}
  - {code: walnut, name: Walnut, unit: sheet, sheet: [600, 400], stock: 40}
  - {code: box, name: Box, unit: piece, stock: 1000}
"""

PlaceLine = Callable[..., Line]


def work(
    *,
    material: str = "oak",
    width: int = 200,
    height: int = 120,
    seconds: int = 120,
    boxes: int = 1,
    routing: bool = True,
) -> dict[str, Any]:
    """The work of one piece; sizes in millimetres."""
    return {
        "parts": [
            {
                "code": "board",
                "width_um": width * 1000,
                "height_um": height * 1000,
                "count": 1,
                "may_rotate": True,
                "surface": "front",
            }
        ],
        "sheet_material": material,
        "routing": [
            {"step": 10, "work_centre": "laser", "setup_family": material, "seconds": seconds},
            {"step": 20, "work_centre": "packing", "setup_family": "any", "seconds": 30},
        ]
        if routing
        else [],
        "materials": [{"material": "box", "quantity": boxes}],
        "weight_g": None,
    }


def load_test_shop() -> None:
    load(text=SHOP, actor="system:test", now=NOW)


def line_writer() -> PlaceLine:
    numbers = count(1)

    def place(*, quantity: int = 1, due_days: float = 5, **of_work: Any) -> Line:
        number = next(numbers)
        family, _ = Family.objects.get_or_create(
            code="sign", defaults={"name": "Sign", "summary": "", "position": 1}
        )
        version = Version.objects.filter(family=family).first() or _version(family)
        design = _design(version, number)
        order = Order.objects.create(
            number=f"T-{number}",
            customer=Customer.objects.create(name="Ann", email="ann@example.org"),
            currency="EUR",
            total=Decimal(quantity),
            state="placed",
            placed_at=NOW,
            submit_key=f"key-{number}",
            submit_hash="",
        )
        return Line.objects.create(
            order=order,
            position=1,
            design=design,
            family_code="sign",
            family_name="Sign",
            version_number=1,
            choices={},
            artwork_hash="",
            quantity=quantity,
            currency="EUR",
            price_lines=[],
            unit_price=Decimal(1),
            total=Decimal(quantity),
            promised_at=NOW + timedelta(days=due_days),
            work=work(**of_work),
        )

    return place


def _version(family: Family) -> Version:
    return Version.objects.create(
        family=family,
        number=1,
        source="",
        source_format="family",
        content_hash="0" * 64,
        published_at=NOW,
        published_by="system:test",
    )


def _design(version: Version, number: int) -> Design:
    return Design.objects.create(
        version=version,
        choices={},
        artwork_hash="",
        content_hash=f"{number:064}",
        price={},
        created_at=NOW,
    )


def sound() -> None:
    """Nothing of production that `manage.py verify` checks is broken."""
    broken = [finding for finding in check_all(prefix="production") if finding.breaches]
    assert not broken, broken
