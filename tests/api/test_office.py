"""Shipping and payment over HTTP: for the office, and for nobody's own key."""

from typing import Any

import pytest

from ledger.models import Entry
from orders.models import Line, Payment, Shipment
from tests.api.conftest import Api, done, refused

pytestmark = pytest.mark.usefixtures("badge")
POST_NL = {"carrier": "PostNL", "reference": "3S1"}


@pytest.fixture
def order(alice_api: Api) -> dict[str, Any]:
    """Alice's order of two lines, both made."""
    lines = [alice_api.accepted(alice_api.frozen(length=length)) for length in (60, 80)]
    placed = done(alice_api.submitted(*lines), 201)
    Line.objects.update(state="made")
    return placed


def shipped(api: Api, order: dict[str, Any], body: dict[str, Any], key: str = "ship") -> Any:
    return api.post(f"orders/{order['id']}/ship/", body, {"Idempotency-Key": key})


def paid(api: Api, order: dict[str, Any], key: str = "paid") -> Any:
    return api.post(f"payments/{order['payments'][0]['id']}/paid/", {}, {"Idempotency-Key": key})


def test_all_that_is_made_goes_into_one_parcel(order: dict[str, Any], bob_api: Api) -> None:
    answer = done(shipped(bob_api, order, POST_NL), 201)
    assert answer["state"] == "shipped"
    (parcel,) = answer["shipments"]
    assert (parcel["carrier"], parcel["reference"], len(parcel["lines"])) == ("PostNL", "3S1", 2)
    told = Entry.objects.of(f"order:{order['id']}").filter(kind="line.shipped")
    assert [entry.data["reference"] for entry in told] == ["3S1", "3S1"]


def test_one_line_of_two_is_shipped_first(order: dict[str, Any], bob_api: Api) -> None:
    first = order["lines"][0]["id"]
    assert done(shipped(bob_api, order, {**POST_NL, "lines": [first]}), 201)["state"] == "partly_shipped"
    rest = done(shipped(bob_api, order, POST_NL, key="rest"), 201)
    assert rest["state"] == "shipped" and len(rest["shipments"]) == 2


def test_the_same_parcel_sent_twice_is_one(order: dict[str, Any], bob_api: Api) -> None:
    first, again = shipped(bob_api, order, POST_NL), shipped(bob_api, order, POST_NL)
    assert again.content == first.content and again["Idempotency-Replayed"] == "true"
    assert Shipment.objects.count() == 1


def test_an_order_with_nothing_made_is_not_shipped(order: dict[str, Any], bob_api: Api) -> None:
    Line.objects.update(state="in_production")
    refused(shipped(bob_api, order, POST_NL), 409, "move-refused")
    assert not Shipment.objects.exists()


def test_a_line_that_is_not_made_is_named_with_its_reason(order: dict[str, Any], bob_api: Api) -> None:
    first, second = (line["id"] for line in order["lines"])
    Line.objects.filter(pk=second).update(state="released")
    problem = refused(shipped(bob_api, order, {**POST_NL, "lines": [first, second]}), 409, "move-refused")
    assert [row["line"] for row in problem["lines"]] == [second]
    assert "released to the workshop" in problem["lines"][0]["reason"]
    assert not Shipment.objects.exists()


def test_a_parcel_needs_a_carrier(order: dict[str, Any], bob_api: Api) -> None:
    problem = refused(shipped(bob_api, order, {"carrier": " "}), 400, "invalid-request")
    assert problem["errors"][0]["pointer"] == "/carrier"


def test_shipping_without_a_key_is_refused(order: dict[str, Any], bob_api: Api) -> None:
    refused(bob_api.post(f"orders/{order['id']}/ship/", POST_NL), 400, "idempotency-key-missing")


def test_a_shopper_does_not_ship_her_own_order(order: dict[str, Any], alice_api: Api) -> None:
    problem = refused(shipped(alice_api, order, POST_NL), 403, "forbidden")
    assert "planner" in problem["detail"]
    assert not Shipment.objects.exists()


def test_an_invoice_is_paid(order: dict[str, Any], bob_api: Api) -> None:
    assert done(paid(bob_api, order))["state"] == "paid"
    assert Entry.objects.of(f"order:{order['id']}").filter(kind="payment.received").count() == 1


def test_an_invoice_is_not_paid_twice(order: dict[str, Any], bob_api: Api) -> None:
    done(paid(bob_api, order))
    refused(paid(bob_api, order, key="again"), 409, "payment-refused")


def test_a_shopper_does_not_say_that_she_has_paid(order: dict[str, Any], alice_api: Api) -> None:
    refused(paid(alice_api, order), 403, "forbidden")
    assert Payment.objects.get().state == "due"
