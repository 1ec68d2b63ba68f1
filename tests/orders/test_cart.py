"""A cart: what goes in, how many, who sees it."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth import login
from django.contrib.auth.models import AnonymousUser, User
from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpRequest

from configurator.designs import choose, start
from configurator.freezing import freeze
from configurator.models import Configuration, Design, Family
from configurator.visibility import guest_key
from orders.cart import (
    CartChanged,
    CartFull,
    NotInCart,
    QuantityRefused,
    add,
    cart_of,
    change_quantity,
    lines_of,
    open_cart,
    quoted,
    remove,
)
from orders.models import Cart, CartLine
from tests.shops import NOW

LATER = NOW + timedelta(minutes=1)


def test_a_design_goes_in(cart: Cart) -> None:
    assert [(line.quantity, line.design_id) for line in lines_of(cart)] == [(3, cart.lines.get().design_id)]
    assert cart.revision == 1


def test_the_same_design_again_adds_to_its_line(cart: Cart, design: Design) -> None:
    add(cart=cart, design=design, quantity=2, now=LATER)
    assert cart.lines.get().quantity == 5


def test_the_quantity_can_be_changed(cart: Cart) -> None:
    change_quantity(cart=cart, line_id=cart.lines.get().pk, quantity=12)
    assert cart.lines.get().quantity == 12


def test_quantity_nought_takes_the_line_out(cart: Cart) -> None:
    change_quantity(cart=cart, line_id=cart.lines.get().pk, quantity=0)
    assert not cart.lines.exists()


@pytest.mark.parametrize("quantity", [-1, 501, 10_001])
def test_a_quantity_that_nobody_can_order_is_refused(cart: Cart, quantity: int) -> None:
    with pytest.raises(QuantityRefused):
        change_quantity(cart=cart, line_id=cart.lines.get().pk, quantity=quantity)


def test_adding_up_to_too_many_is_refused(cart: Cart, design: Design) -> None:
    with pytest.raises(QuantityRefused):
        add(cart=cart, design=design, quantity=498, now=LATER)


def test_a_line_of_another_cart_cannot_be_removed(cart: Cart, charlie: User) -> None:
    other = open_cart(owner=charlie, session_key="", now=NOW)
    with pytest.raises(NotInCart):
        remove(cart=other, line_id=cart.lines.get().pk)


def test_a_change_made_on_an_old_cart_is_refused(cart: Cart) -> None:
    with pytest.raises(CartChanged):
        remove(cart=cart, line_id=cart.lines.get().pk, expected_revision=0)


def test_a_cart_holds_fifty_designs(cart: Cart, design: Design, configuration: Configuration) -> None:
    twins = [
        Design(
            version=design.version,
            choices=design.choices,
            artwork_hash=design.artwork_hash,
            content_hash=design.content_hash,
            price=design.price,
            created_at=NOW,
        )
        for _ in range(50)
    ]
    Design.objects.bulk_create(twins)
    for twin in twins[:49]:
        CartLine.objects.create(cart=cart, design=twin, quantity=1, added_at=NOW)
    with pytest.raises(CartFull):
        add(cart=cart, design=twins[49], quantity=1, now=LATER)


def test_a_quoted_cart_sums_exactly(cart: Cart) -> None:
    shown = quoted(cart=cart, now=NOW)
    assert (shown.currency, shown.total) == ("EUR", Decimal("15.30"))
    assert list(shown.tokens) == [cart.lines.get().design_id]


def test_an_empty_cart_costs_nothing(alice: User) -> None:
    assert quoted(cart=open_cart(owner=alice, session_key="", now=NOW), now=NOW).total == 0


def test_quoting_takes_a_constant_number_of_queries(
    cart: Cart, configuration: Configuration, django_assert_num_queries: Any
) -> None:
    for text in ("Meier", "Schmidt"):
        choose(configuration=configuration, changes={"text": text}, now=NOW)
        add(
            cart=cart,
            design=freeze(configuration=configuration, actor="user:alice", now=NOW),
            quantity=1,
            now=NOW,
        )
    quoted(cart=cart, now=NOW)  # the first look holds the dates
    with django_assert_num_queries(2):
        assert len(quoted(cart=cart, now=NOW).lines) == 3


def test_a_cart_is_seen_by_its_owner_only(cart: Cart, alice: User, charlie: User) -> None:
    assert cart_of(user=alice, session_key="") == cart
    assert cart_of(user=charlie, session_key="") is None
    assert cart_of(user=AnonymousUser(), session_key="gst_x") is None


@pytest.fixture
def guest_request(db: None) -> HttpRequest:
    request = HttpRequest()
    request.session = SessionStore()
    request.session.create()
    return request


def test_what_a_guest_made_follows_the_login(guest_request: HttpRequest, badge: Family, alice: User) -> None:
    guest = guest_key(guest_request.session)
    configuration = start(family=badge, owner=None, session_key=guest, now=NOW)
    design = freeze(configuration=configuration, actor="guest:x", now=NOW)
    cart = open_cart(owner=None, session_key=guest, now=NOW)
    add(cart=cart, design=design, quantity=2, now=NOW)
    login(guest_request, alice, backend="django.contrib.auth.backends.ModelBackend")
    assert cart_of(user=alice, session_key="") == cart
    assert Design.objects.visible_to(user=alice, session_key="").get() == design
    assert Configuration.objects.visible_to(user=alice, session_key="").get() == configuration
    assert cart_of(user=AnonymousUser(), session_key=guest) is None


def test_the_cart_of_a_guest_is_poured_into_the_cart_of_the_account(
    guest_request: HttpRequest, cart: Cart, badge: Family, alice: User
) -> None:
    guest = guest_key(guest_request.session)
    design = freeze(
        configuration=start(family=badge, owner=None, session_key=guest, now=NOW), actor="guest:x", now=NOW
    )
    add(cart=open_cart(owner=None, session_key=guest, now=NOW), design=design, quantity=2, now=NOW)
    login(guest_request, alice, backend="django.contrib.auth.backends.ModelBackend")
    assert Cart.objects.get() == cart
    assert sorted(cart.lines.values_list("quantity", flat=True)) == [2, 3]
