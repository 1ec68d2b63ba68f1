"""A date in a cart is kept for a while, and becomes the promise of the order."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User

from configurator.models import Design
from configurator.quotes import quote
from ledger.tidying import Limits
from orders import holds
from orders.cart import add, change_quantity, choose_date, quoted, remove
from orders.checkout import CheckoutRefused, Item, place
from orders.models import Cart, CartLine, Order, PromiseHold
from orders.tidying import holds_that_are_over
from tests.shops import ALICE, NOW, SoonerAtAPrice

HELD, ORDERED, RELEASED = PromiseHold.State.HELD, PromiseHold.State.ORDERED, PromiseHold.State.RELEASED


@pytest.fixture(autouse=True)
def offers(promises: None, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.PROMISER = "tests.shops.SoonerAtAPrice"
    monkeypatch.setattr(SoonerAtAPrice, "later", 0)


@pytest.fixture
def line(cart: Cart) -> CartLine:
    quoted(cart=cart, now=NOW)
    return cart.lines.get()


def order(cart: Cart | None, alice: User, now: Any = NOW, **changes: Any) -> Order:
    said = {
        "cart": cart,
        "customer": ALICE,
        "idempotency_key": "a-key",
        "owner": alice,
        "session_key": "",
        "actor": "user:alice",
        "now": now,
    } | changes
    return place(**said)


def refused(cart: Cart | None, alice: User, **changes: Any) -> Any:
    with pytest.raises(CheckoutRefused) as refusal:
        order(cart, alice, **changes)
    assert not Order.objects.exists()
    return refusal.value.problems[0]


def test_to_look_at_a_cart_holds_its_dates(line: CartLine) -> None:
    hold = PromiseHold.objects.get()
    assert (hold.cart_line, hold.state, hold.option, hold.quantity) == (line, HELD, "standard", 3)
    assert hold.expires_at == NOW + timedelta(minutes=30)


def test_to_look_again_renews_the_hold_but_not_for_ever(line: CartLine) -> None:
    later = NOW
    for _ in range(12):
        later += timedelta(minutes=25)
        quoted(cart=line.cart, now=later)
    first = PromiseHold.objects.order_by("pk")[0]
    assert first.expires_at == NOW + timedelta(minutes=240)


def test_a_sooner_date_is_held_at_its_price(line: CartLine) -> None:
    choose_date(cart=line.cart, line_id=line.pk, option="rush", now=NOW)
    said = quoted(cart=line.cart, now=NOW).lines[0].quote
    assert said.promise.ready_at == NOW + timedelta(days=2), "a day of handling on top"
    assert said.price.lines[-1].code == "sooner"
    assert said.price.lines[-1].amount == Decimal("3.34"), "10.01 for three pieces, rounded up"
    assert said.price.total == Decimal("15.30") + 3 * Decimal("3.34")
    assert said.promise.surcharge == Decimal("10.02"), "what is told is what is charged"


def test_a_date_that_is_not_offered_is_refused_and_the_standard_one_held(line: CartLine) -> None:
    with pytest.raises(holds.DateGone):
        choose_date(cart=line.cart, line_id=line.pk, option="overtime", now=NOW)
    assert PromiseHold.objects.get(state=HELD).option == "standard"


def test_a_design_comes_into_the_cart_with_the_date_that_was_chosen(cart: Cart, design: Design) -> None:
    add(cart=cart, design=design, quantity=1, now=NOW, option="rush")
    hold = PromiseHold.objects.get(state=HELD)
    assert (hold.option, hold.quantity) == ("rush", 4)


def test_what_was_held_becomes_the_promise_of_the_order(line: CartLine, alice: User) -> None:
    choose_date(cart=line.cart, line_id=line.pk, option="rush", now=NOW)
    placed = order(line.cart, alice, quotes=quoted(cart=line.cart, now=NOW).tokens).lines.get()
    assert placed.promised_at == NOW + timedelta(days=2)
    assert (placed.promise_option, placed.promise_surcharge) == ("rush", Decimal("10.02"))
    assert placed.total == Decimal("25.32")
    hold = PromiseHold.objects.get(state=ORDERED)
    assert (hold.line, hold.option) == (placed, "rush")


def test_a_hold_that_was_kept_is_ordered_whatever_others_have_taken(
    line: CartLine, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens = quoted(cart=line.cart, now=NOW).tokens
    monkeypatch.setattr(SoonerAtAPrice, "later", 3)
    assert order(line.cart, alice, quotes=tokens).lines.get().promised_at == NOW + timedelta(days=5)


def test_an_expired_hold_is_taken_anew_and_what_was_said_stands_beside_it(
    line: CartLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SoonerAtAPrice, "later", 3)
    again = quoted(cart=line.cart, now=NOW + timedelta(minutes=31)).lines[0].hold
    assert again is not None
    assert again.was_ready_at == NOW + timedelta(days=5)
    assert again.ready_at == NOW + timedelta(days=8, minutes=31)


def test_an_order_whose_date_is_gone_is_refused_with_the_date_of_now(
    line: CartLine, alice: User, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.PROMISE_HOLD_MINUTES = 5
    PromiseHold.objects.update(state=RELEASED)
    tokens = quoted(cart=line.cart, now=NOW).tokens
    monkeypatch.setattr(SoonerAtAPrice, "later", 3)
    problem = refused(line.cart, alice, quotes=tokens, now=NOW + timedelta(minutes=6))
    assert problem.code == "promise-changed"
    assert problem.quote.promise.ready_at == NOW + timedelta(days=8, minutes=6)
    assert "it was 25 November" in problem.message and "it is 28 November" in problem.message


def test_an_inquiry_is_ordered_while_its_date_is_still_to_be_had(design: Design, alice: User) -> None:
    said = quote(design=design, quantity=1, now=NOW)
    later = NOW + timedelta(minutes=20)
    placed = order(None, alice, items=[Item(design, 1)], quotes={design.id: said.token}, now=later)
    assert placed.lines.get().promised_at == said.promise.ready_at
    assert PromiseHold.objects.get().state == ORDERED


def test_an_inquiry_whose_date_somebody_has_taken_is_refused(
    design: Design, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = quote(design=design, quantity=1, now=NOW)
    monkeypatch.setattr(SoonerAtAPrice, "later", 1)
    problem = refused(None, alice, items=[Item(design, 1)], quotes={design.id: said.token})
    assert problem.code == "promise-changed"


def test_another_quantity_gives_the_old_date_back(line: CartLine) -> None:
    change_quantity(cart=line.cart, line_id=line.pk, quantity=5)
    quoted(cart=line.cart, now=NOW)
    assert [hold.quantity for hold in PromiseHold.objects.filter(state=HELD)] == [5]


def test_what_leaves_the_cart_gives_its_date_back(line: CartLine) -> None:
    remove(cart=line.cart, line_id=line.pk)
    assert PromiseHold.objects.get().state == RELEASED


def test_what_cannot_be_promised_is_not_held(cart: Cart, settings: Any) -> None:
    settings.PROMISER = "tests.shops.FiveInTwoDays"
    change_quantity(cart=cart, line_id=cart.lines.get().pk, quantity=6)
    assert quoted(cart=cart, now=NOW).lines[0].hold is None
    assert not PromiseHold.objects.exists()


def test_holds_that_are_over_are_tidied_away(line: CartLine) -> None:
    month = NOW + timedelta(days=30)
    holds_that_are_over(Limits(now=month, before=NOW + timedelta(minutes=30)))
    assert PromiseHold.objects.count() == 1
    holds_that_are_over(Limits(now=month, before=NOW + timedelta(minutes=31)))
    assert not PromiseHold.objects.exists()
