"""A published badge, a design of it, a cart with it, an order of it."""

from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User

from configurator.catalogue import publish
from configurator.designs import start
from configurator.freezing import freeze
from configurator.models import Configuration, Design, Family
from orders.cart import add, open_cart, quoted
from orders.checkout import place
from orders.models import Cart, Order
from tests.shops import ALICE, BADGE, NOW


@pytest.fixture(autouse=True)
def promises(settings: Any, tmp_path: Path) -> None:
    settings.PROMISER = "tests.shops.InTwoDays"
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.QUARANTINE = tmp_path / "quarantine"


@pytest.fixture
def badge(db: None) -> Family:
    return publish(source=BADGE, filename="badge.yaml", actor="system:test", now=NOW).family


@pytest.fixture
def configuration(badge: Family, alice: User) -> Configuration:
    return start(family=badge, owner=alice, session_key="", now=NOW)


@pytest.fixture
def design(configuration: Configuration) -> Design:
    return freeze(configuration=configuration, actor="user:alice", now=NOW)


@pytest.fixture
def cart(design: Design, alice: User) -> Cart:
    """Alice's cart with three badges."""
    cart = open_cart(owner=alice, session_key="", now=NOW)
    add(cart=cart, design=design, quantity=3, now=NOW)
    return cart


@pytest.fixture
def order(cart: Cart, alice: User) -> Order:
    return place(
        cart=cart,
        customer=ALICE,
        quotes=quoted(cart=cart, now=NOW).tokens,
        idempotency_key="first",
        owner=alice,
        session_key="",
        actor="user:alice",
        now=NOW,
    )
