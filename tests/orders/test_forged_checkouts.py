"""Five hundred checkouts, each with one thing changed on the way: none of them becomes an order."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from configurator.designs import choose
from configurator.freezing import freeze
from configurator.models import Configuration, Design
from configurator.quotes import quote
from orders.checkout import CheckoutRefused, Item, place
from orders.models import Order
from tests.shops import ALICE, NOW

QUANTITIES = st.integers(-3, 10_050).filter(lambda quantity: quantity != 3)


@pytest.fixture
def other(configuration: Configuration, design: Design) -> Design:
    """A dearer design than the one whose price is known."""
    choose(configuration=configuration, changes={"material": "steel", "text": "Maximilian"}, now=NOW)
    return freeze(configuration=configuration, actor="user:alice", now=NOW)


def _changed_token(data: st.DataObject, token: str) -> str:
    place_ = data.draw(st.integers(0, len(token) - 1))
    character = data.draw(st.characters(codec="utf-8").filter(lambda drawn: drawn != token[place_]))
    return token[:place_] + character + token[place_ + 1 :]


@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), what=st.sampled_from(["token", "quantity", "design", "key"]))
def test_a_changed_checkout_is_refused(
    data: st.DataObject, what: str, design: Design, other: Design, alice: User
) -> None:
    token = quote(design=design, quantity=3, now=NOW).token
    said: dict[str, Any] = {
        "items": [Item(design, 3)],
        "quotes": {design.id: token},
        "idempotency_key": "key",
    }
    if what == "token":
        said["quotes"] = {design.id: _changed_token(data, token)}
    elif what == "quantity":
        said["items"] = [Item(design, data.draw(QUANTITIES))]
    elif what == "design":
        said |= {"items": [Item(other, 3)], "quotes": {other.id: token}}
    else:
        said["idempotency_key"] = ""
    with pytest.raises(CheckoutRefused):
        place(**said, customer=ALICE, owner=alice, session_key="", actor="user:alice", now=NOW)
    assert not Order.objects.exists()
