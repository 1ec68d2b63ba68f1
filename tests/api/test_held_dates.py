"""Dates over the API: inquired, held, renewed, given back, ordered."""

from typing import Any

import pytest

from orders.models import PromiseHold
from tests.api.conftest import Api, done

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def offers(workshop: None, settings: Any) -> None:
    settings.PROMISER = "tests.shops.SoonerAtAPrice"


def test_a_quote_is_an_inquiry_with_sooner_dates(alice_api: Api) -> None:
    design = alice_api.frozen()
    said = done(alice_api.get(f"designs/{design}/quote/?quantity=2&option=rush"))
    assert said["promise"]["option"] == "rush"
    assert [each["option"] for each in said["promise"]["sooner"]] == ["rush"]
    assert said["price"]["lines"][-1]["code"] == "sooner"
    assert not PromiseHold.objects.exists()


def test_a_date_is_held_renewed_and_given_back(alice_api: Api, bob_api: Api) -> None:
    design = alice_api.frozen()
    held = done(alice_api.post("holds/", {"design": design, "option": "rush"}), 201)
    assert (held["option"], held["surcharge"], held["state"]) == ("rush", "10.01", "held")
    assert done(bob_api.get(f"holds/{held['id']}/"), 404)
    assert done(alice_api.post(f"holds/{held['id']}/"))["id"] == held["id"]
    assert alice_api.delete(f"holds/{held['id']}/").status_code == 204
    assert done(alice_api.post(f"holds/{held['id']}/"), 409)["code"] == "hold-expired"


def test_a_cart_line_takes_another_date(alice_api: Api) -> None:
    design = alice_api.frozen()
    cart = done(alice_api.post("cart/lines/", {"design": design}), 201)
    line = cart["lines"][0]
    assert line["hold"]["option"] == "standard"
    changed = done(alice_api.patch(f"cart/lines/{line['id']}/", {"option": "rush"}))
    assert changed["lines"][0]["hold"]["option"] == "rush"
    gone = done(alice_api.patch(f"cart/lines/{line['id']}/", {"option": "overtime"}), 409)
    assert gone["code"] == "date-gone"
