"""Real processes submit the same cart at the same moment, and some die in the middle: one order each time."""

import os
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.contrib.auth.models import User

from configurator.designs import start
from configurator.freezing import freeze
from configurator.models import Design, Family
from configurator.quotes import quote
from orders import checkout
from orders.cart import add, open_cart, quoted
from orders.checkout import CheckoutRefused, Item, place
from orders.models import Cart, Counter, Order, Payment
from tests.processes import at_once
from tests.shops import ALICE, NOW

PROCESSES = 4


def in_all(work: Callable[[int], Any]) -> list[Any]:
    """``work(number)`` in every process."""
    return at_once(*(partial(work, number) for number in range(PROCESSES)))


def submit(cart: Cart, owner: User, tokens: dict[str, str], key: str) -> str:
    try:
        return place(
            cart=cart,
            customer=ALICE,
            quotes=tokens,
            idempotency_key=key,
            owner=owner,
            session_key="",
            actor="user:alice",
            now=NOW,
        ).number
    except CheckoutRefused as refusal:
        return refusal.problems[0].code


@pytest.mark.django_db(transaction=True)
def test_simultaneous_submits_with_one_key_make_one_order(cart: Cart, alice: User) -> None:
    tokens = dict(quoted(cart=cart, now=NOW).tokens)
    answers = in_all(lambda number: submit(cart, alice, tokens, "one key"))
    assert answers == ["A-2026-000001"] * PROCESSES
    assert (Order.objects.count(), Payment.objects.count()) == (1, 1)


@pytest.mark.django_db(transaction=True)
def test_simultaneous_submits_of_one_cart_with_several_keys_make_one_order(cart: Cart, alice: User) -> None:
    """Two tabs: the second finds the cart empty."""
    tokens = dict(quoted(cart=cart, now=NOW).tokens)
    answers = in_all(lambda number: submit(cart, alice, tokens, f"key {number}"))
    assert sorted(answers) == ["A-2026-000001", *["empty"] * (PROCESSES - 1)]


@pytest.mark.django_db(transaction=True)
def test_a_process_that_dies_inside_the_transaction_leaves_nothing(
    cart: Cart, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the last step, with everything written but not committed."""
    tokens = dict(quoted(cart=cart, now=NOW).tokens)
    with monkeypatch.context() as patch:
        patch.setattr(checkout, "_record", lambda *args, **kwargs: os._exit(1))
        assert in_all(lambda number: submit(cart, alice, tokens, "one key")) == [None] * PROCESSES
    assert (Order.objects.count(), Payment.objects.count(), cart.lines.count()) == (0, 0, 1)
    assert in_all(lambda number: submit(cart, alice, tokens, "one key")) == ["A-2026-000001"] * PROCESSES
    assert (Order.objects.count(), Counter.objects.get(pk="A-2026").last) == (1, 1)


@pytest.mark.django_db(transaction=True)
def test_different_orders_at_once_get_different_numbers(badge: Family, alice: User) -> None:
    configuration = start(family=badge, owner=alice, session_key="", now=NOW)
    design = freeze(configuration=configuration, actor="user:alice", now=NOW)
    token = quote(design=design, quantity=1, now=NOW).token
    design = Design.objects.select_related("version__family").get()

    def order_five(number: int) -> list[str]:
        return [
            place(
                items=[Item(design, 1)],
                customer=ALICE,
                quotes={design.id: token},
                idempotency_key=f"{number} {turn}",
                owner=alice,
                session_key="",
                actor="user:alice",
                now=NOW,
            ).number
            for turn in range(5)
        ]

    numbers = sorted(number for answer in in_all(order_five) for number in answer)
    assert numbers == [f"A-2026-{number:06d}" for number in range(1, 5 * PROCESSES + 1)]


@pytest.mark.django_db(transaction=True)
def test_two_tabs_adding_to_one_cart_lose_nothing(badge: Family, alice: User) -> None:
    """The row is locked: without the lock, sums read before the other's write would be lost."""
    configuration = start(family=badge, owner=alice, session_key="", now=NOW)
    design = freeze(configuration=configuration, actor="user:alice", now=NOW)
    cart = open_cart(owner=alice, session_key="", now=NOW)

    def add_ten(number: int) -> int:
        for _ in range(10):
            add(cart=cart, design=design, quantity=1, now=NOW)
        return number

    in_all(add_ten)
    assert cart.lines.get().quantity == 10 * PROCESSES
