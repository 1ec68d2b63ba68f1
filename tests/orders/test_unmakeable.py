"""What a machine cannot make is told on the proof, in the configurator's words, and mended there."""

import html
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from configurator import approvals, findings
from configurator.catalogue import publish
from configurator.designs import choose, start
from configurator.engine.recent import Recent
from configurator.freezing import freeze
from configurator.models import Design
from configurator.profiles import profile_for
from orders.cart import add, open_cart, quoted
from orders.checkout import CheckoutRefused, Item, place
from orders.models import CartLine
from tests.shops import ALICE, NOW

FAMILIES = Path(__file__).resolve().parents[2] / "configurator" / "families"
SECOND_LINE = "The letters are 16.9 mm high"


@pytest.fixture
def signed(alice: User) -> Design:
    """A sign whose second line has letters of 16.9 mm."""
    source = (FAMILIES / "walnut-sign.yaml").read_text(encoding="utf-8")
    family = publish(source=source, filename="walnut-sign.yaml", actor="system:test", now=NOW).family
    held = start(family=family, owner=alice, session_key="", now=NOW)
    changes = {"letter_height": 26, "font": "plain", "line2": "since 2014"}
    choose(configuration=held, changes=changes, now=NOW)
    return freeze(configuration=held, actor="user:alice", now=NOW)


@pytest.fixture
def in_cart(signed: Design, alice: User) -> CartLine:
    cart = open_cart(owner=alice, session_key="", now=NOW)
    return add(cart=cart, design=signed, quantity=3, now=NOW)


@pytest.fixture
def coarser(signed: Design, monkeypatch: pytest.MonkeyPatch) -> None:
    """Since it was frozen the shop has got a laser that makes letters from 20 mm on only."""
    least = replace(profile_for("engrave"), min_text_um=20_000)
    monkeypatch.setattr(findings, "profile_for", lambda process: least)
    monkeypatch.setattr(findings, "_looked_at", Recent(8))


def test_the_proof_tells_what_the_machine_cannot_make(in_cart: CartLine, coarser: None) -> None:
    (found,) = approvals.proof_of(in_cart.design).refusals
    assert (found.code, found.element) == ("letters-too-small", "line2")
    assert found.repairs


def test_a_proof_with_a_refusal_is_not_approved(in_cart: CartLine, coarser: None) -> None:
    with pytest.raises(approvals.NotApprovable, match=SECOND_LINE):
        approvals.approve(design=in_cart.design, token=None, actor="user:import", now=NOW)


def test_nothing_is_ordered_of_it_and_the_reason_is_the_finding(
    in_cart: CartLine, coarser: None, alice: User
) -> None:
    design = in_cart.design
    with pytest.raises(CheckoutRefused) as refusal:
        place(
            items=[Item(design, 3)],
            customer=ALICE,
            quotes=quoted(cart=in_cart.cart, now=NOW).tokens,
            idempotency_key="once",
            owner=alice,
            session_key="",
            actor="user:alice",
            now=NOW,
        )
    ((code, message),) = [(each.code, each.message) for each in refusal.value.problems]
    assert code == "not-valid"
    assert SECOND_LINE in message


def test_one_press_on_the_proof_mends_the_design_in_its_place(
    in_cart: CartLine, coarser: None, alice_client: Client
) -> None:
    page = alice_client.get(reverse("checkout")).content.decode()
    assert "Cannot be made" in page
    assert SECOND_LINE in page
    assert re.search(r"button-wide\" disabled[^>]*>Place the order", page)
    mend = html.unescape(re.findall(r'form="mend" name="mend" value="([^"]+)"', page)[0])
    assert json.loads(mend.partition(":")[2]) == {"letter_height": 31}
    page = alice_client.post(reverse("cart-change"), {"mend": mend}, follow=True).content.decode()
    assert "Cannot be made" not in page
    assert "disabled" not in page.split("Place the order")[0].rsplit("<button", 1)[1]
    line = CartLine.objects.select_related("design").get()
    assert (line.quantity, line.design.choices["letter_height"]) == (3, 31)


@pytest.mark.parametrize("mend", ["1", "x:{}", ":{}", "{line}:", "{line}:[]", "{line}:{{"])
def test_a_repair_that_no_button_offers_is_not_found(
    mend: str, in_cart: CartLine, alice_client: Client
) -> None:
    sent = mend.replace("{line}", str(in_cart.pk)).replace("{{", "{")
    assert alice_client.post(reverse("cart-change"), {"mend": sent}).status_code == 404
    assert CartLine.objects.get().design_id == in_cart.design_id


def test_a_repair_that_does_not_mend_all_opens_the_design(
    in_cart: CartLine, coarser: None, alice_client: Client
) -> None:
    answer = alice_client.post(reverse("cart-change"), {"mend": f'{in_cart.pk}:{{"letter_height": 27}}'})
    assert answer.url.startswith("/make/walnut-sign/")
    assert CartLine.objects.get().design_id == in_cart.design_id


def test_the_line_keeps_what_was_told(signed: Design, alice: User) -> None:
    """A warning stops nothing; the workshop reads it as the shopper did."""
    held = start(family=signed.version.family, owner=alice, session_key="", now=NOW)
    choose(configuration=held, changes={"font": "script", "letter_height": 20}, now=NOW)
    design = freeze(configuration=held, actor="user:alice", now=NOW)
    (kept,) = approvals.approve(design=design, token=None, actor="user:import", now=NOW)
    assert "stroke-too-thin" in {found["code"] for found in kept["findings"]}
    assert {found["surface"] for found in kept["findings"]} == {"front"}
