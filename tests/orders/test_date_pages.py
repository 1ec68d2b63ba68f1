"""The dates on the shop's pages: offered, chosen, held, and ordered; without script."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from configurator.models import Configuration, Design
from orders.cart import quoted
from orders.models import Cart, PromiseHold
from tests.shops import NOW, SoonerAtAPrice


@pytest.fixture(autouse=True)
def offers(promises: None, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.PROMISER = "tests.shops.SoonerAtAPrice"
    monkeypatch.setattr(SoonerAtAPrice, "later", 0)


def text(client: Client, name: str, *args: str) -> str:
    return client.get(reverse(name, args=args)).content.decode()


def test_the_page_of_a_design_offers_its_dates_as_radios(
    configuration: Configuration, alice_client: Client
) -> None:
    page = text(alice_client, "configuration", "badge", configuration.pk)
    assert '<input type="radio" name="sooner" value="standard" checked>' in page
    assert '<input type="radio" name="sooner" value="rush">' in page
    assert "+ €10.01" in page


def test_a_date_that_was_chosen_goes_into_the_cart_with_its_price(
    configuration: Configuration, alice_client: Client
) -> None:
    alice_client.post(
        reverse("cart-add"), {"configuration": configuration.pk, "quantity": "1", "sooner": "rush"}
    )
    page = text(alice_client, "cart")
    assert "Sooner: ahead of others, €10.01 in the price." in page
    assert "This date is held for you until" in page
    assert '<input type="radio" name="sooner" value="rush" checked>' in page


def test_a_date_that_is_gone_when_it_comes_into_the_cart_is_told(
    configuration: Configuration, alice_client: Client
) -> None:
    sent = {"configuration": configuration.pk, "quantity": "1", "sooner": "overtime"}
    page = alice_client.post(reverse("cart-add"), sent, follow=True).content.decode()
    assert "This date has been taken meanwhile." in page


def test_another_date_is_chosen_in_the_cart(
    cart: Cart, alice_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    text(alice_client, "cart")
    alice_client.post(
        reverse("cart-change"), {"line": str(cart.lines.get().pk), "do": "date", "sooner": "rush"}
    )
    assert PromiseHold.objects.get(state="held").option == "rush"
    monkeypatch.setattr(SoonerAtAPrice, "later", 2)
    PromiseHold.objects.update(expires_at=NOW - timedelta(days=400))
    assert "The date that was held for you has expired." in text(alice_client, "cart")


def test_staff_see_what_is_held(cart: Cart, bob_client: Client, design: Design) -> None:
    from_now = quoted(cart=cart, now=NOW).lines[0].hold
    assert from_now is not None
    PromiseHold.objects.update(expires_at="2126-01-01T00:00Z")
    page = text(bob_client, "held-dates")
    assert "3 × Name badge" in page
    assert "Dates held for carts" in page
