"""Orders over HTTP: placed once, followed, cancelled."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from configurator.models import Design
from configurator.quotes import VALID_FOR, quote
from ledger.models import IdempotencyRecord
from orders.models import Order
from tests.api.conftest import Api, done, refused

pytestmark = pytest.mark.usefixtures("badge")


def test_an_order_is_placed_at_the_quoted_price(alice_api: Api) -> None:
    design = alice_api.frozen(length=100)
    answer = alice_api.submitted(alice_api.accepted(design, 4))
    order = done(answer, 201)
    (line,) = order["lines"]
    assert (line["design"], line["quantity"], line["state"]) == (design, 4, "ready")
    assert line["choices"]["length"] == 100
    assert order["total"] == done(alice_api.get(f"designs/{design}/quote/?quantity=4"))["price"]["total"]
    assert order["payments"][0]["state"] == "due"
    assert order["channel"] == "api"
    assert answer["Location"] == f"/api/v1/orders/{order['id']}/"
    assert answer["ETag"] == f'"{order["version"]}"'


def test_the_same_request_again_gets_the_same_answer_and_makes_nothing(alice_api: Api) -> None:
    line = alice_api.accepted(alice_api.frozen())
    first, again = alice_api.submitted(line), alice_api.submitted(line)
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert (again["Location"], again["ETag"]) == (first["Location"], first["ETag"])
    assert again["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first
    assert Order.objects.count() == 1


def test_the_same_key_with_another_body_is_refused(alice_api: Api) -> None:
    line = alice_api.accepted(alice_api.frozen())
    done(alice_api.submitted(line), 201)
    refused(alice_api.submitted(line, city="Utrecht"), 422, "idempotency-key-reused")
    assert Order.objects.count() == 1


def test_two_callers_may_use_the_same_key(alice_api: Api, charlie_api: Api) -> None:
    mine, theirs = alice_api.ordered(), charlie_api.ordered()
    assert mine["id"] != theirs["id"]


def test_two_keys_of_one_account_may_not_place_twice_under_one_submit_key(
    alice_api: Api, alice: User, keyed: Any
) -> None:
    line = alice_api.accepted(alice_api.frozen())
    first = done(alice_api.submitted(line), 201)
    assert done(keyed(alice).submitted(line), 201)["id"] == first["id"]


@pytest.mark.parametrize("key", ["", "k" * 256, "line\tbreak"])
def test_an_order_without_a_usable_key_is_refused(alice_api: Api, key: str) -> None:
    answer = alice_api.submitted(alice_api.accepted(alice_api.frozen()), key=key)
    refused(answer, 400, "idempotency-key-missing")
    assert not Order.objects.exists()


def test_a_key_outside_ascii_is_refused(alice_api: Api) -> None:
    answer = alice_api.submitted(alice_api.accepted(alice_api.frozen()), key="schlüssel")
    refused(answer, 400, "idempotency-key-missing")


def test_a_refusal_does_not_use_the_key_up(alice_api: Api) -> None:
    line = alice_api.accepted(alice_api.frozen())
    refused(alice_api.submitted(line, email="nobody"), 400, "invalid-request")
    refused(alice_api.submitted(line, name="  "), 400, "invalid-request")
    assert not IdempotencyRecord.objects.exists()
    done(alice_api.submitted(line), 201)


def test_a_forged_quote_is_refused(alice_api: Api) -> None:
    line = alice_api.accepted(alice_api.frozen())
    token = line["quote_token"]
    forged = token[:-1] + ("A" if token[-1] != "A" else "B")
    problem = refused(alice_api.submitted({**line, "quote_token": forged}), 409, "checkout-refused")
    assert problem["errors"][0]["code"] == "quote-forged"
    assert not Order.objects.exists()


def test_a_quote_for_another_quantity_is_refused(alice_api: Api) -> None:
    line = alice_api.accepted(alice_api.frozen(), 10)
    problem = refused(alice_api.submitted({**line, "quantity": 1}), 409, "checkout-refused")
    assert problem["errors"][0]["code"] == "quote-forged"


def test_a_quote_for_another_design_is_refused(alice_api: Api) -> None:
    cheap, dear = alice_api.frozen(material="acrylic"), alice_api.frozen(material="steel")
    line = {**alice_api.accepted(cheap), "design": dear}
    problem = refused(alice_api.submitted(line), 409, "checkout-refused")
    assert problem["errors"][0]["code"] == "quote-forged"


def test_an_expired_quote_is_refused_with_the_present_price_which_can_be_accepted(alice_api: Api) -> None:
    design = alice_api.frozen()
    old = quote(
        design=Design.objects.get(pk=design),
        quantity=1,
        now=timezone.now() - VALID_FOR - timedelta(seconds=1),
    )
    line = {**alice_api.accepted(design), "quote_token": old.token}
    problem = refused(alice_api.submitted(line), 409, "checkout-refused")
    (error,) = problem["errors"]
    assert error["code"] == "quote-expired"
    done(alice_api.submitted({**line, "quote_token": error["quote"]["token"]}), 201)


def test_everything_wrong_is_told_at_once(alice_api: Api) -> None:
    good, bad = alice_api.accepted(alice_api.frozen()), alice_api.accepted(alice_api.frozen(length=90))
    problem = refused(
        alice_api.submitted(good, {**bad, "quote_token": "x"}, country="Holland", name="Ann\u200d"),
        400,
        "invalid-request",
    )
    assert {error["pointer"] for error in problem["errors"]} >= {"/customer/country"}


def test_a_design_twice_is_refused(alice_api: Api) -> None:
    line = alice_api.accepted(alice_api.frozen())
    problem = refused(alice_api.submitted(line, line), 409, "checkout-refused")
    assert "twice" in {error["code"] for error in problem["errors"]}


def test_a_foreign_design_is_not_there_to_order(alice_api: Api, charlie_api: Api) -> None:
    line = alice_api.accepted(alice_api.frozen())
    problem = refused(charlie_api.submitted(line), 400, "invalid-request")
    assert problem["errors"][0]["pointer"] == "/lines"
    assert not Order.objects.exists()


@pytest.mark.parametrize("field", ["price", "total", "work", "state"])
def test_a_field_that_only_the_server_sets_is_refused(alice_api: Api, field: str) -> None:
    line = {**alice_api.accepted(alice_api.frozen()), field: "0.01"}
    problem = refused(alice_api.submitted(line), 400, "invalid-request")
    assert problem["errors"][0]["pointer"] == f"/lines/0/{field}"


def test_orders_are_listed_newest_first_and_only_ones_own(alice_api: Api, charlie_api: Api) -> None:
    ids = [alice_api.ordered(key=f"order {turn}")["id"] for turn in range(3)]
    charlie_api.ordered()
    assert [order["id"] for order in done(alice_api.get("orders/"))["results"]] == ids[::-1]


def test_staff_see_every_order(alice_api: Api, bob_api: Api) -> None:
    order = alice_api.ordered()
    assert [row["id"] for row in done(bob_api.get("orders/"))["results"]] == [order["id"]]
    assert done(bob_api.get(f"orders/{order['id']}/"))["number"] == order["number"]


def test_a_stranger_finds_neither_order_nor_actions_and_cancels_nothing(
    alice_api: Api, charlie_api: Api
) -> None:
    order = alice_api.ordered()["id"]
    refused(charlie_api.get(f"orders/{order}/"), 404, "not-found")
    refused(charlie_api.get(f"orders/{order}/actions/"), 404, "not-found")
    answer = charlie_api.post(f"orders/{order}/cancel/", {}, {"Idempotency-Key": "stop"})
    refused(answer, 404, "not-found")
    assert done(alice_api.get(f"orders/{order}/"))["state"] == "placed"


def test_an_order_tells_its_version_as_etag(alice_api: Api) -> None:
    order = alice_api.ordered()
    assert alice_api.get(f"orders/{order['id']}/")["ETag"] == f'"{order["version"]}"'


def test_the_actions_say_what_can_be_done_and_why_the_rest_cannot(alice_api: Api) -> None:
    order = alice_api.ordered()["id"]
    actions = {each["code"]: each for each in done(alice_api.get(f"orders/{order}/actions/"))}  # type: ignore[attr-defined]
    assert actions["cancel"]["allowed"]
    assert all(each["reason"] for each in actions.values() if not each["allowed"])


def test_an_order_is_cancelled_once(alice_api: Api) -> None:
    order = alice_api.ordered()["id"]
    first = alice_api.post(
        f"orders/{order}/cancel/", {"reason": "changed my mind"}, {"Idempotency-Key": "stop"}
    )
    assert done(first)["state"] == "cancelled"
    again = alice_api.post(
        f"orders/{order}/cancel/", {"reason": "changed my mind"}, {"Idempotency-Key": "stop"}
    )
    assert again.content == first.content
    assert again["Idempotency-Replayed"] == "true"
    other = alice_api.post(f"orders/{order}/cancel/", {}, {"Idempotency-Key": "stop again"})
    refused(other, 409, "cannot-cancel")


def test_what_is_released_is_not_cancelled(alice_api: Api) -> None:
    order = alice_api.ordered()["id"]
    Order.objects.get(pk=order).lines.update(state="released")
    answer = alice_api.post(f"orders/{order}/cancel/", {}, {"Idempotency-Key": "stop"})
    refused(answer, 409, "cannot-cancel")


def test_a_cancelling_without_a_key_is_refused(alice_api: Api) -> None:
    order = alice_api.ordered()["id"]
    refused(alice_api.post(f"orders/{order}/cancel/", {}), 400, "idempotency-key-missing")
    assert done(alice_api.get(f"orders/{order}/"))["state"] == "placed"
