"""Cart, checkout and order pages as a browser without script sees them."""

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from configurator.designs import choose, start
from configurator.models import Configuration, Family, Version
from orders.fulfilment import plan_lines, release_lines
from orders.models import CartLine, Order
from tests.shops import NOW

ADDRESS = {
    "name": "Ada Müller",
    "email": "ada@example.org",
    "address_line": "Keizersgracht 1",
    "postal_code": "1015 CC",
    "city": "Amsterdam",
    "country": "NL",
}


def fill_cart(client: Client, configuration: Configuration, quantity: int = 1) -> CartLine:
    fields = {f"o-{code}": str(value) for code, value in configuration.choices.items()}
    answer = client.post(
        reverse("cart-add"), {**fields, "configuration": configuration.pk, "quantity": str(quantity)}
    )
    assert answer.url == reverse("cart"), answer
    return CartLine.objects.order_by("added_at", "id").last()  # type: ignore[return-value]


def hidden(page: str) -> dict[str, str]:
    """The hidden fields of a checkout page: the key of the form, the quotes and the proofs."""
    return dict(re.findall(r'<input type="hidden" name="(key|(?:quote|proof)-[^"]+)" value="([^"]+)"', page))


def check_out(client: Client, **changed: str) -> dict[str, str]:
    page = client.get(reverse("checkout")).content.decode()
    return {**ADDRESS, "read": "1", **hidden(page), **changed}


@pytest.fixture
def in_cart(configuration: Configuration, alice_client: Client) -> CartLine:
    return fill_cart(alice_client, configuration, 2)


# --- cart -------------------------------------------------------------------------------------------------


def test_a_design_goes_into_the_cart_frozen(in_cart: CartLine, alice_client: Client) -> None:
    assert in_cart.quantity == 2
    assert in_cart.design.choices["text"] == "Müller"
    page = alice_client.get(reverse("cart")).content.decode()
    assert "€10.20" in page
    assert "“<bdi>Müller</bdi>”" in page
    assert '<span class="cart-count num">1' in page


def test_what_is_typed_goes_into_the_cart_with_it(configuration: Configuration, alice_client: Client) -> None:
    configuration.choices["text"] = "Zoë"  # as typed: not posted before
    assert fill_cart(alice_client, configuration).design.choices["text"] == "Zoë"


def test_a_refused_choice_is_not_added_with_something_else_instead(
    configuration: Configuration, alice_client: Client
) -> None:
    choose(configuration=configuration, changes={"length": 100}, now=NOW)
    answer = alice_client.post(
        reverse("cart-add"), {"configuration": configuration.pk, "o-material": "steel", "o-length": "100"}
    )
    assert answer.status_code == 409
    assert "Steel is cut up to 90 mm." in answer.content.decode()
    assert not CartLine.objects.exists()


def test_an_incomplete_design_is_sent_back_to_what_is_missing(
    configuration: Configuration, alice_client: Client
) -> None:
    answer = alice_client.post(
        reverse("cart-add"), {"configuration": configuration.pk, "o-text": ""}, follow=True
    )
    assert answer.redirect_chain[-1][0].endswith("#option-text")
    assert "choose: Name" in answer.content.decode()
    assert not CartLine.objects.exists()


def test_the_quantity_can_be_changed(in_cart: CartLine, alice_client: Client) -> None:
    alice_client.post(reverse("cart-change"), {"line": in_cart.pk, "quantity": "12", "do": "change"})
    in_cart.refresh_from_db()
    assert in_cart.quantity == 12


def test_more_pieces_than_a_line_takes_are_refused_with_the_limit(
    in_cart: CartLine, alice_client: Client
) -> None:
    answer = alice_client.post(
        reverse("cart-change"), {"line": in_cart.pk, "quantity": "501", "do": "change"}, follow=True
    )
    assert "Choose between 1 and 500 pieces; ask us for more." in answer.content.decode()
    in_cart.refresh_from_db()
    assert in_cart.quantity == 2


def test_what_cannot_be_promised_goes_into_the_cart_and_no_further(
    configuration: Configuration, alice_client: Client, settings: Any
) -> None:
    settings.PROMISER = "tests.shops.FiveInTwoDays"
    assert fill_cart(alice_client, configuration, 6).quantity == 6
    page = alice_client.get(reverse("cart")).content.decode()
    assert "No date can be promised. Not enough material. pin: 6 piece needed, 5 free." in page
    assert reverse("checkout") not in page
    assert alice_client.get(reverse("checkout")).url == reverse("cart")


def test_a_cart_of_more_pieces_than_an_order_takes_says_so(
    in_cart: CartLine, alice_client: Client, settings: Any
) -> None:
    settings.MAX_PIECES_AN_ORDER = 1
    page = alice_client.get(reverse("cart")).content.decode()
    assert "One order takes 1 pieces at most, and these are 2: order fewer, or ask us." in page
    assert alice_client.get(reverse("checkout")).url == reverse("cart")


def test_a_line_can_be_removed(in_cart: CartLine, alice_client: Client) -> None:
    alice_client.post(reverse("cart-change"), {"line": in_cart.pk, "do": "remove"})
    assert "Nothing in it yet" in alice_client.get(reverse("cart")).content.decode()


def test_an_edited_design_takes_the_place_of_its_line(in_cart: CartLine, alice_client: Client) -> None:
    answer = alice_client.post(reverse("cart-change"), {"line": in_cart.pk, "do": "edit"})
    assert answer.url.endswith("?quantity=2")
    copy = Configuration.objects.first()
    assert copy is not None
    copy.choices["text"] = "Zoë"
    fill_cart(alice_client, copy, 2)
    assert [(line.design.choices["text"], line.quantity) for line in CartLine.objects.all()] == [("Zoë", 2)]


def test_a_line_of_somebody_elses_cart_cannot_be_touched(in_cart: CartLine, charlie_client: Client) -> None:
    answer = charlie_client.post(reverse("cart-change"), {"line": in_cart.pk, "do": "remove"})
    assert answer.status_code == 404
    assert CartLine.objects.filter(pk=in_cart.pk).exists()


def test_a_version_no_longer_made_blocks_the_checkout(in_cart: CartLine, alice_client: Client) -> None:
    Version.objects.filter(pk=in_cart.design.version_id).update(retired_at=NOW)
    assert "no longer made" in alice_client.get(reverse("cart")).content.decode()
    assert alice_client.get(reverse("checkout")).url == reverse("cart")


def test_the_cart_takes_as_many_queries_for_ten_designs_as_for_two(
    badge: Family,
    alice: User,
    alice_client: Client,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    def put(*names: str) -> None:
        for name in names:
            made = start(family=badge, owner=alice, session_key="", now=NOW)
            made.choices["text"] = name
            fill_cart(alice_client, made)

    put("A", "B")
    alice_client.get(reverse("cart"))  # the first look holds the dates
    with django_assert_max_num_queries(12) as few:
        alice_client.get(reverse("cart"))
    put("C", "D", "E", "F", "G", "H", "I", "J")
    alice_client.get(reverse("cart"))
    with django_assert_max_num_queries(12) as many:
        alice_client.get(reverse("cart"))
    assert len(many) == len(few)


# --- checkout ---------------------------------------------------------------------------------------------


def test_an_order_is_placed_and_shown(in_cart: CartLine, alice_client: Client) -> None:
    answer = alice_client.post(reverse("checkout"), check_out(alice_client), follow=True)
    order = Order.objects.get()
    page = answer.content.decode()
    assert answer.redirect_chain[-1][0] == reverse("order", args=[order.pk])
    assert "Thank you. Your order is placed." in page
    assert order.number in page
    assert "Ada Müller" in page
    assert "€10.20" in page
    assert order.lines.get().quantity == 2
    again = alice_client.get(reverse("order", args=[order.pk])).content.decode()
    assert "Thank you" not in again


def test_the_proof_shows_every_word(in_cart: CartLine, alice_client: Client) -> None:
    page = alice_client.get(reverse("checkout")).content.decode()
    assert "<dd><bdi>Müller</bdi></dd>" in page
    assert "I have checked the pictures and every word" in page


def test_nothing_is_ordered_before_the_text_is_checked(in_cart: CartLine, alice_client: Client) -> None:
    answer = alice_client.post(reverse("checkout"), check_out(alice_client, read=""))
    assert answer.status_code == 422
    assert "Tick this box once you have checked your design" in answer.content.decode()
    assert not Order.objects.exists()


def test_everything_wrong_is_told_at_once(in_cart: CartLine, alice_client: Client) -> None:
    answer = alice_client.post(reverse("checkout"), check_out(alice_client, name="", email="nobody", read=""))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Name: " in page
    assert "Email: " in page
    assert "Tick the box" in page


def test_the_same_form_sent_twice_places_one_order(in_cart: CartLine, alice_client: Client) -> None:
    form = check_out(alice_client)
    first = alice_client.post(reverse("checkout"), form)
    second = alice_client.post(reverse("checkout"), form)
    assert first.url == second.url
    assert Order.objects.count() == 1


def test_a_price_that_has_run_out_is_shown_again_before_it_counts(
    in_cart: CartLine, alice_client: Client
) -> None:
    form = check_out(alice_client)
    with time_machine.travel(timezone.now() + timedelta(minutes=31)):
        answer = alice_client.post(reverse("checkout"), form)
        assert answer.status_code == 422
        assert "has to be confirmed again" in answer.content.decode()
        assert not Order.objects.exists()
        fresh = {**form, **hidden(answer.content.decode())}
        assert alice_client.post(reverse("checkout"), fresh).status_code == 302


def test_a_forged_price_places_nothing(in_cart: CartLine, alice_client: Client) -> None:
    form = check_out(alice_client)
    quote = next(name for name in form if name.startswith("quote-"))
    answer = alice_client.post(reverse("checkout"), {**form, quote: form[quote][:-2] + "xx"})
    assert answer.status_code == 422
    assert not Order.objects.exists()


def test_checking_out_nothing_leads_back_to_the_cart(alice_client: Client) -> None:
    assert alice_client.get(reverse("checkout")).url == reverse("cart")


# --- orders -----------------------------------------------------------------------------------------------


@pytest.fixture
def order(in_cart: CartLine, alice_client: Client) -> Order:
    alice_client.post(reverse("checkout"), check_out(alice_client))
    return Order.objects.get()


def test_an_order_is_its_owners(order: Order, charlie_client: Client, client: Client) -> None:
    address = reverse("order", args=[order.pk])
    for stranger in (charlie_client, client):
        assert stranger.get(address).status_code == 404
        assert stranger.post(address, {"do": "cancel"}).status_code == 404
        assert stranger.get(address + "?key=guess").status_code == 404


def test_a_guest_opens_an_order_by_the_address_it_was_given(badge: Family, client: Client) -> None:
    client.get("/make/badge/")
    fill_cart(client, Configuration.objects.get())
    placed = client.post(reverse("checkout"), check_out(client))
    assert "?key=" in placed.url
    elsewhere = Client()
    assert elsewhere.get(placed.url).status_code == 200
    assert elsewhere.get(placed.url.split("?")[0]).status_code == 404


def test_an_order_can_be_cancelled_while_it_waits(order: Order, alice_client: Client) -> None:
    address = reverse("order", args=[order.pk])
    page = alice_client.post(address, {"do": "cancel"}, follow=True).content.decode()
    assert "is cancelled" in page
    order.refresh_from_db()
    assert order.state == "cancelled"


def test_a_released_order_says_why_it_cannot_be_cancelled(order: Order, alice_client: Client) -> None:
    lines = [line.pk for line in order.lines.all()]
    plan_lines(line_ids=lines, actor="system:test", now=NOW)
    release_lines(line_ids=lines, actor="system:test", now=NOW)
    address = reverse("order", args=[order.pk])
    page = alice_client.get(address).content.decode()
    assert "material may already be cut for it" in page
    assert 'aria-disabled="true" aria-describedby="why-cancel"' in page
    refused = alice_client.post(address, {"do": "cancel"}, follow=True).content.decode()
    assert "notice-bad" in refused
    order.refresh_from_db()
    assert order.state != "cancelled"


def test_each_line_shows_the_steps_it_has_reached(order: Order, alice_client: Client) -> None:
    line = order.lines.get()
    plan_lines(line_ids=[line.pk], actor="system:test", now=NOW)
    steps = alice_client.get(reverse("order", args=[order.pk])).context["lines"][0]["steps"]
    assert [(step["name"], step["css"]) for step in steps] == [
        ("Placed", "done"),
        ("Planned", "now"),
        ("Released", ""),
        ("Made", ""),
        ("Shipped", ""),
    ]
    assert steps[1]["at"] == NOW


def test_the_list_of_orders_takes_as_many_queries_for_six_as_for_two(
    badge: Family,
    alice: User,
    alice_client: Client,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    def place(times: int) -> None:
        for _ in range(times):
            fill_cart(alice_client, start(family=badge, owner=alice, session_key="", now=NOW))
            alice_client.post(reverse("checkout"), check_out(alice_client))

    place(2)
    with django_assert_max_num_queries(12) as few:
        assert len(alice_client.get(reverse("orders")).context["orders"]) == 2
    place(4)
    with django_assert_max_num_queries(12) as many:
        assert len(alice_client.get(reverse("orders")).context["orders"]) == 6
    assert len(many) == len(few)


def test_my_orders_are_mine_also_for_staff(order: Order, bob_client: Client) -> None:
    assert "No orders yet" in bob_client.get(reverse("orders")).content.decode()
