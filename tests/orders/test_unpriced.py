"""A family that nobody has priced: everything can be chosen, nothing is sold."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from configurator.answers import describe
from configurator.catalogue import publish
from configurator.designs import choose, start
from configurator.freezing import freeze
from configurator.models import Design
from orders.cart import NotForSale, add, open_cart
from tests.shops import NOW

LAMP = """
family: lamp
name: Lamp
currency: EUR
base_price: "0.00"
options:
  - {code: foot, name: Foot, kind: choice, values: [{code: oak, name: Oak}, {code: ash, name: Ash}]}
"""


@pytest.fixture
def lamp(db: None, alice: User) -> Design:
    family = publish(source=LAMP, filename="lamp.yaml", actor="system:test", now=NOW).family
    held = start(family=family, owner=alice, session_key="", now=NOW)
    choose(configuration=held, changes={"foot": "oak"}, now=NOW)
    shown: dict[str, Any] = describe(held, quantity=1, now=NOW)
    assert (shown["complete"], shown["price"], shown["quote_token"]) == (True, None, None)
    return freeze(configuration=held, actor="user:alice", now=NOW)


def test_a_family_without_prices_does_not_go_in_a_cart(lamp: Design, alice: User) -> None:
    cart = open_cart(owner=alice, session_key="", now=NOW)
    with pytest.raises(NotForSale, match="no price has been set"):
        add(cart=cart, design=lamp, quantity=1, now=NOW)
    assert not cart.lines.exists()


def test_its_page_tells_the_reason(lamp: Design, alice: User, client: Client) -> None:
    client.force_login(alice)
    page = client.get(reverse("design", args=[lamp.pk])).content.decode()
    assert "Not for sale yet" in page
    assert "€" not in page
    answer = client.post(reverse("cart-add"), {"design": lamp.pk, "quantity": 1}, follow=True)
    assert "Lamp is not for sale yet: no price has been set." in answer.content.decode()
