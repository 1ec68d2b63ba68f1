"""The cart over HTTP."""

from typing import Any

import pytest
from django.test import Client

from configurator.models import Version
from orders.models import Cart
from tests.api.conftest import Api, done, refused

pytestmark = pytest.mark.usefixtures("badge")


@pytest.fixture
def filled(alice_api: Api) -> dict[str, Any]:
    """Alice's cart with three badges."""
    return done(alice_api.post("cart/lines/", {"design": alice_api.frozen(), "quantity": 3}), 201)


def test_an_empty_cart_is_an_answer_and_makes_no_row(alice_api: Api) -> None:
    assert done(alice_api.get("cart/")) == {"revision": 0, "currency": "", "total": "0.00", "lines": []}
    assert not Cart.objects.exists()


def test_what_is_put_in_is_priced_promised_and_quoted(filled: dict[str, Any]) -> None:
    (line,) = filled["lines"]
    assert (line["family"], line["quantity"], filled["currency"]) == ("badge", 3, "EUR")
    assert line["price"]["total"] == filled["total"]
    assert line["promise"]["ready_at"]
    assert line["quote_token"]


def test_the_same_design_again_adds_to_its_line(alice_api: Api, filled: dict[str, Any]) -> None:
    again = {"design": filled["lines"][0]["design"], "quantity": 2}
    (line,) = done(alice_api.post("cart/lines/", again), 201)["lines"]
    assert line["quantity"] == 5


def test_a_quantity_is_changed_and_moves_the_price(alice_api: Api, filled: dict[str, Any]) -> None:
    changed = done(alice_api.patch(f"cart/lines/{filled['lines'][0]['id']}/", {"quantity": 10}))
    assert changed["lines"][0]["quantity"] == 10
    assert changed["total"] != filled["total"]
    assert changed["revision"] == filled["revision"] + 1


def test_a_line_is_taken_out(alice_api: Api, filled: dict[str, Any]) -> None:
    assert done(alice_api.delete(f"cart/lines/{filled['lines'][0]['id']}/"))["lines"] == []


def test_the_etag_is_the_revision(alice_api: Api, filled: dict[str, Any]) -> None:
    assert alice_api.get("cart/")["ETag"] == f'"{filled["revision"]}"'


@pytest.mark.parametrize("method", ["patch", "delete"])
def test_a_change_on_a_stale_cart_is_refused(alice_api: Api, filled: dict[str, Any], method: str) -> None:
    path, stale = f"cart/lines/{filled['lines'][0]['id']}/", {"If-Match": '"0"'}
    answer = (
        alice_api.patch(path, {"quantity": 1}, stale) if method == "patch" else alice_api.delete(path, stale)
    )
    refused(answer, 412, "precondition-failed")
    assert done(alice_api.get("cart/"))["lines"][0]["quantity"] == 3


def test_a_line_of_somebody_elses_cart_is_not_there(
    alice_api: Api, charlie_api: Api, filled: dict[str, Any]
) -> None:
    path = f"cart/lines/{filled['lines'][0]['id']}/"
    charlie_api.post("cart/lines/", {"design": charlie_api.frozen()})
    refused(charlie_api.patch(path, {"quantity": 1}), 404, "not-in-cart")
    refused(charlie_api.delete(path), 404, "not-in-cart")
    assert done(alice_api.get("cart/"))["lines"][0]["quantity"] == 3


def test_somebody_elses_design_cannot_be_put_in(alice_api: Api, charlie_api: Api) -> None:
    refused(charlie_api.post("cart/lines/", {"design": alice_api.frozen()}), 404, "not-found")


@pytest.mark.parametrize("quantity", [0, -1, 10**6, "many", 1.5, True, None])
def test_a_quantity_that_is_none_is_refused(alice_api: Api, badge: Version, quantity: Any) -> None:
    answer = alice_api.post("cart/lines/", {"design": alice_api.frozen(), "quantity": quantity})
    assert refused(answer, 400, "invalid-request")["errors"][0]["pointer"] == "/quantity"


def test_a_key_that_only_reads_cannot_fill_a_cart(alice: Any, keyed: Any) -> None:
    answer = keyed(alice, "orders:read").post("cart/lines/", {"design": "dsg_x"})
    assert "orders:write" in refused(answer, 403, "forbidden")["detail"]


def test_a_guest_has_a_cart_in_the_session() -> None:
    guest = Client(enforce_csrf_checks=True)
    guest.get("/make/badge/", follow=True)
    api = Api(guest, {"X-CSRFToken": guest.cookies["csrftoken"].value})
    done(api.post("cart/lines/", {"design": api.frozen(), "quantity": 2}), 201)
    assert done(api.get("cart/"))["lines"][0]["quantity"] == 2
    assert done(Api(Client(), {}).get("cart/"))["lines"] == []
