"""How many orders used each value and rule: counted from what was ordered, always in one query."""

from typing import Any

import pytest
from django.contrib.auth.models import User

from configurator.catalogue import spec_of
from configurator.models import Family
from configurator.usage import Usage, usage_of
from orders.changes import cancel
from orders.models import Line, Order
from tests.shops import NOW


def usage(badge: Family) -> Usage:
    badge.refresh_from_db()
    assert badge.current is not None
    return usage_of(spec_of(badge.current))


def many(order: Order, lines: int) -> None:
    """So many lines more, in orders of ten: every other one is steel, of changing length."""
    first = order.lines.get()
    numbers = range(lines // 10)
    orders = [Order(**{**plain(order), "id": f"ord_{n}", "number": f"X-{n}"}) for n in numbers]
    for each in orders:
        each.submit_key = each.access_token = str(each.id)
    Order.objects.bulk_create(orders)
    Line.objects.bulk_create(
        Line(
            **{
                **plain(first),
                "id": f"lin_{n}_{position}",
                "order_id": f"ord_{n}",
                "position": position + 1,
                "choices": {
                    **first.choices,
                    "material": "steel" if n % 2 else "acrylic",
                    "length": 60 + 10 * (n % 4),
                },
            }
        )
        for n in numbers
        for position in range(10)
    )


def plain(row: Any) -> dict[str, Any]:
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}


def test_a_value_counts_the_orders_that_have_it(badge: Family, order: Order) -> None:
    found = usage(badge)
    assert found.orders == 1
    assert found.values == {("material", "acrylic"): 1, ("pin", "magnet"): 1}
    assert found.options["text"] == 1
    assert found.spans["length"] == (80, 80)


def test_a_rule_counts_the_orders_in_its_scope(badge: Family, order: Order) -> None:
    """MAGNET is about magnets, and the order has one; the others' conditions do not hold."""
    assert usage(badge).rules == {"STEEL": 0, "MAGNET": 1, "CLIP": 0, "PHOTO": 0}


def test_a_cancelled_order_counts_for_nothing(badge: Family, order: Order, alice: User) -> None:
    cancel(order=order, reason="too long", actor="user:alice", now=NOW)
    assert usage(badge).orders == 0


def test_answers_that_the_family_no_longer_knows_are_left_out(badge: Family, order: Order) -> None:
    Line.objects.update(choices={"material": "gold", "length": 3, "size": "xl"})
    found = usage(badge)
    assert (found.orders, found.rules["STEEL"]) == (1, 0)


@pytest.mark.parametrize("lines", [10, 10_000])
def test_one_query_counts_ten_lines_and_ten_thousand(
    badge: Family, order: Order, lines: int, django_assert_num_queries: Any
) -> None:
    many(order, lines)
    assert badge.current is not None
    spec = spec_of(badge.current)
    with django_assert_num_queries(1):
        found = usage_of(spec)
    assert found.orders == 1 + lines // 10
    assert found.values.get(("material", "steel"), 0) == lines // 10 // 2
    assert found.rules["STEEL"] == lines // 10 // 2
