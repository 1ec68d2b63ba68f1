"""What becomes of a line: production's moves, the shopper's change of mind, the parcel."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User

from ledger.invariants import check_all
from ledger.models import Entry
from orders.changes import CannotCancel, CannotChange, available_actions, cancel, order_fewer
from orders.fulfilment import (
    MoveRefused,
    mark_made,
    owe_again,
    plan_lines,
    release_lines,
    ship,
    start_lines,
    undo_release,
    unplan_lines,
)
from orders.models import Line, Order
from orders.payments import PaymentRefused, mark_paid
from tests.shops import NOW

LATER = NOW + timedelta(hours=1)
BOB = {"actor": "user:bob", "now": LATER}


def ids(order: Order) -> list[str]:
    return list(order.lines.values_list("pk", flat=True))


def state(order: Order) -> tuple[str, str]:
    order.refresh_from_db()
    return order.state, order.lines.get().state


def test_a_line_goes_the_whole_way(order: Order) -> None:
    line = ids(order)
    plan_lines(line_ids=line, plan="pln_1", **BOB)
    assert state(order) == ("placed", "planned")
    release_lines(line_ids=line, run="run_1", **BOB)
    assert state(order) == ("in_production", "released")
    start_lines(line_ids=line, run="run_1", **BOB)
    mark_made(line_ids=line, run="run_1", **BOB)
    assert state(order) == ("made", "made")
    shipment = ship(order=order, line_ids=line, carrier="PostNL", reference="3S1", **BOB)
    assert state(order) == ("shipped", "shipped")
    assert list(shipment.lines.all()) == list(order.lines.all())


def test_every_move_is_recorded(order: Order) -> None:
    plan_lines(line_ids=ids(order), plan="pln_1", **BOB)
    entry = Entry.objects.of(f"order:{order.id}").last()
    assert entry is not None
    assert entry.kind == "line.planned"
    assert entry.data == {"line": ids(order)[0], "from": "ready", "reason": "", "plan": "pln_1"}


def test_every_move_counts_the_order_up(order: Order) -> None:
    plan_lines(line_ids=ids(order), **BOB)
    unplan_lines(line_ids=ids(order), reason="rejected", **BOB)
    assert state(order) == ("placed", "ready")
    assert order.version == 3
    assert order.lines.get().state_reason == "rejected"


def test_a_second_run_of_a_line_moves_nothing(order: Order) -> None:
    plan_lines(line_ids=ids(order), **BOB)
    release_lines(line_ids=ids(order), run="run_1", **BOB)
    assert release_lines(line_ids=ids(order), run="run_2", **BOB) == []
    assert plan_lines(line_ids=ids(order), **BOB) == []
    assert state(order) == ("in_production", "released")


def test_a_release_can_be_undone(order: Order) -> None:
    plan_lines(line_ids=ids(order), **BOB)
    release_lines(line_ids=ids(order), **BOB)
    undo_release(line_ids=ids(order), **BOB)
    assert state(order) == ("placed", "planned")


def test_a_line_of_a_scrapped_piece_is_in_production_again(order: Order) -> None:
    for move in (plan_lines, release_lines, start_lines, mark_made):
        move(line_ids=ids(order), **BOB)
    owe_again(line_ids=ids(order), reason="cracked", **BOB)
    assert state(order) == ("in_production", "in_production")


def test_a_line_that_is_not_planned_cannot_be_released(order: Order) -> None:
    with pytest.raises(MoveRefused, match="cannot be released: it waits for a plan"):
        release_lines(line_ids=ids(order), **BOB)


def test_a_cancelled_line_cannot_be_planned(order: Order) -> None:
    cancel(order=order, reason="", actor="user:alice", now=LATER)
    with pytest.raises(MoveRefused, match="cancelled"):
        plan_lines(line_ids=ids(order), **BOB)


def test_a_line_that_does_not_exist_is_refused(order: Order) -> None:
    with pytest.raises(MoveRefused, match="no such line"):
        plan_lines(line_ids=[*ids(order), "lin_x"], **BOB)
    assert state(order) == ("placed", "ready")


def test_a_line_of_another_order_cannot_be_shipped_with_this_one(order: Order) -> None:
    other = Order.objects.get(pk=order.pk)
    other.pk, other.number, other.access_token, other.submit_key = "ord_x", "A-x", "x", "x"
    other.save(force_insert=True)
    with pytest.raises(MoveRefused, match="no such line"):
        ship(order=other, line_ids=ids(order), carrier="", reference="", **BOB)


def test_a_parcel_with_nothing_in_it_is_refused(order: Order) -> None:
    with pytest.raises(MoveRefused, match="Choose the lines to ship"):
        ship(order=order, line_ids=[], carrier="PostNL", reference="", **BOB)
    assert not order.shipments.exists()


def test_a_line_is_not_shipped_before_it_is_made(order: Order) -> None:
    with pytest.raises(MoveRefused, match="cannot be shipped: it waits for a plan"):
        ship(order=order, line_ids=ids(order), carrier="PostNL", reference="", **BOB)
    assert not order.shipments.exists()


def test_moving_many_lines_takes_a_constant_number_of_queries(
    order: Order, django_assert_max_num_queries: Any
) -> None:
    line = order.lines.get()
    Line.objects.bulk_create(
        Line(
            **{field.attname: getattr(line, field.attname) for field in Line._meta.concrete_fields}
            | {"id": f"lin_{n}", "position": n}
        )
        for n in range(2, 12)
    )
    with django_assert_max_num_queries(14):
        assert len(plan_lines(line_ids=ids(order), **BOB)) == 11


def test_an_order_can_be_cancelled_while_it_waits(order: Order) -> None:
    plan_lines(line_ids=ids(order), **BOB)
    cancel(order=order, reason="changed my mind", actor="user:alice", now=LATER)
    assert state(order) == ("cancelled", "cancelled")
    assert order.payments.get().state == "void"
    kinds = [entry.kind for entry in Entry.objects.of(f"order:{order.id}")]
    assert kinds[-2:] == ["line.cancelled", "order.cancelled"]


def test_a_released_order_cannot_be_cancelled(order: Order) -> None:
    plan_lines(line_ids=ids(order), **BOB)
    release_lines(line_ids=ids(order), **BOB)
    with pytest.raises(CannotCancel, match="material may already be cut"):
        cancel(order=order, reason="", actor="user:alice", now=LATER)


def test_an_order_cannot_be_cancelled_twice(order: Order) -> None:
    cancel(order=order, reason="", actor="user:alice", now=LATER)
    with pytest.raises(CannotCancel, match="cancelled already"):
        cancel(order=order, reason="", actor="user:alice", now=LATER)


def fewer(order: Order, quantity: int, reason: str = "two are enough") -> Line:
    return order_fewer(line=order.lines.get(position=1), quantity=quantity, reason=reason, **BOB)


def test_fewer_pieces_cost_less_and_are_invoiced_anew(order: Order) -> None:
    unit = order.lines.get().unit_price
    old = order.payments.get()
    fewer(order, 2)
    order.refresh_from_db()
    assert (order.lines.get().quantity, order.total) == (2, 2 * unit)
    assert sorted((p.state, p.amount) for p in order.payments.all()) == [
        ("due", 2 * unit),
        ("void", old.amount),
    ]
    entry = Entry.objects.of(f"order:{order.id}").last()
    assert entry is not None
    assert (entry.kind, entry.data["from"], entry.data["to"]) == ("line.changed", 3, 2)
    assert not [found for found in check_all(prefix="orders") if found.breaches]


def test_a_line_can_be_taken_out_of_an_order(order: Order) -> None:
    line = order.lines.get()
    second = Line.objects.get(pk=line.pk)
    second.pk, second.position = "lin_second", 2
    second.save(force_insert=True)
    fewer(order, 0)
    order.refresh_from_db()
    assert (order.state, order.total) == ("placed", second.total)
    assert order.lines.get(position=1).state == "cancelled"
    assert not [found for found in check_all(prefix="orders") if found.breaches]


@pytest.mark.parametrize("quantity", [-1, 3, 4])
def test_a_line_does_not_become_more_pieces(order: Order, quantity: int) -> None:
    with pytest.raises(CannotChange, match="More are an order of their own"):
        fewer(order, quantity)


def test_the_last_line_is_not_taken_out_of_an_order(order: Order) -> None:
    with pytest.raises(CannotChange, match="cancel the order"):
        fewer(order, 0)


def test_a_released_line_does_not_become_fewer(order: Order) -> None:
    plan_lines(line_ids=ids(order), **BOB)
    release_lines(line_ids=ids(order), **BOB)
    with pytest.raises(CannotChange, match="material may already be cut"):
        fewer(order, 2)


def test_a_paid_order_is_not_changed(order: Order) -> None:
    mark_paid(payment=order.payments.get(), actor="user:bob", now=LATER)
    with pytest.raises(CannotChange, match="pay it back first"):
        fewer(order, 2)


def test_a_change_wants_a_reason(order: Order) -> None:
    with pytest.raises(CannotChange, match="Say why"):
        fewer(order, 2, " ")


def test_what_can_be_done_is_said_with_reasons(order: Order) -> None:
    assert [(action.code, action.allowed) for action in available_actions(order=order, staff=False)] == [
        ("cancel", True)
    ]
    plan_lines(line_ids=ids(order), **BOB)
    release_lines(line_ids=ids(order), **BOB)
    order.refresh_from_db()
    actions = {action.code: action for action in available_actions(order=order, staff=True)}
    assert not actions["cancel"].allowed
    assert "released" in actions["cancel"].reason
    assert (actions["ship"].allowed, actions["mark_paid"].allowed) == (False, True)


def test_an_invoice_can_be_paid(order: Order) -> None:
    mark_paid(payment=order.payments.get(), actor="user:bob", now=LATER)
    assert order.payments.get().state == "paid"


def test_an_invoice_cannot_be_paid_twice(order: Order) -> None:
    mark_paid(payment=order.payments.get(), actor="user:bob", now=LATER)
    with pytest.raises(PaymentRefused):
        mark_paid(payment=order.payments.get(), actor="user:bob", now=LATER)


def test_a_list_of_orders_takes_a_constant_number_of_queries(
    order: Order, alice: User, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(6):
        for shown in Order.objects.visible_to(user=alice, session_key="").with_lines():
            assert shown.customer.name
            assert [line.design.version.number for line in shown.lines.all()] == [1]
            assert shown.payments.all()
            assert not shown.shipments.all()
