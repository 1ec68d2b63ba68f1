"""``manage.py verify`` holds after ordinary work, and finds what was tampered with."""

from collections.abc import Callable

import pytest

from configurator.models import Configuration
from ledger.invariants import check_all
from orders.changes import cancel
from orders.models import Counter, Line, Order, Payment
from tests.shops import NOW

OURS = ("configurator:", "orders:")


def breaches() -> dict[str, tuple[str, ...]]:
    return {
        finding.name: finding.breaches
        for finding in check_all()
        if finding.name.startswith(OURS) and finding.breaches
    }


def test_everything_holds_after_an_order(order: Order) -> None:
    assert breaches() == {}


def test_everything_holds_after_a_cancellation(order: Order) -> None:
    cancel(order=order, reason="", actor="user:alice", now=NOW)
    assert breaches() == {}


@pytest.mark.parametrize(
    ("tamper", "found_by"),
    [
        (lambda: Order.objects.update(total="1.00"), "orders: the total is the sum of the living lines"),
        (lambda: Payment.objects.update(amount="1.00"), "orders: payments cover the total"),
        (lambda: Order.objects.update(state="shipped"), "orders: the state follows from the lines"),
        (
            lambda: Line.objects.update(choices={"text": "x"}),
            "orders: every line is valid under its own version",
        ),
        (lambda: Line.objects.update(version_number=7), "orders: every line is valid under its own version"),
        (lambda: Counter.objects.update(last=9), "orders: numbers have no gaps"),
        (
            lambda: Configuration.objects.update(
                choices={"material": "steel", "length": 120, "pin": "magnet", "text": "x"}
            ),
            "configurator: every design in work can be completed",
        ),
    ],
)
def test_what_was_tampered_with_is_found(order: Order, tamper: Callable[[], object], found_by: str) -> None:
    tamper()
    assert found_by in breaches()


def test_an_order_that_the_ledger_does_not_know_is_found(order: Order) -> None:
    twin = Order.objects.get(pk=order.pk)
    twin.pk, twin.number, twin.access_token, twin.submit_key = "ord_x", "A-2026-000002", "x", "x"
    twin.save(force_insert=True)
    assert "orders: every order is in the ledger" in breaches()
