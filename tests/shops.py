"""Tiny shops with a name, for tests: a family small enough to think through, and a promise without a plan."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from configurator.engine.manufacturing import Work
from configurator.promise import Promise, Sooner
from orders.checkout import CustomerData

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)

BADGE = (Path(__file__).parent / "badge.yaml").read_text(encoding="utf-8")


ALICE = CustomerData(
    name="Alice Ärmel",
    email="alice@example.org",
    address_line="Canal 1",
    postal_code="1011",
    city="Amsterdam",
    country="NL",
)


class InTwoDays:
    """Promises everything for two days from now; named in ``settings.PROMISER`` by the tests."""

    def promise(self, *, work: Work, quantity: int, now: datetime) -> Promise:
        return Promise(now + timedelta(days=2), "")


class SoonerAtAPrice:
    """Four days; ahead of others tomorrow for 10.01. ``later`` days more once somebody took the place."""

    later = 0

    def promise(self, *, work: Work, quantity: int, now: datetime) -> Promise:
        rush = Sooner("rush", now + timedelta(days=1 + self.later), Decimal("10.01"), {"busy": []})
        return Promise(now + timedelta(days=4 + self.later), sooner=(rush,), claim={"busy": []})


class FiveInTwoDays(InTwoDays):
    """A small shop: it has pins for five pieces."""

    def promise(self, *, work: Work, quantity: int, now: datetime) -> Promise:
        if quantity > 5:
            return Promise(None, f"Not enough material. pin: {quantity} piece needed, 5 free.")
        return super().promise(work=work, quantity=quantity, now=now)
