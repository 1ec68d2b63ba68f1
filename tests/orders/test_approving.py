"""What was shown is what is approved: orders take the proof that the customer looked at."""

from typing import Any

import pytest
from django.contrib.auth.models import User

from configurator.approvals import approve, picture_path, proof_of
from configurator.models import Design
from configurator.quotes import quote
from orders.checkout import CheckoutRefused, CustomerData, Item, place
from orders.models import Line
from tests.orders.conftest import NOW


def submit(design: Design, alice: User, **said: Any) -> Line:
    order = place(
        items=[Item(design, 1)],
        customer=CustomerData(name="Alice", email="alice@example.org"),
        quotes={design.pk: quote(design=design, quantity=1, now=NOW).token},
        idempotency_key="once",
        owner=alice,
        session_key="",
        actor="user:alice",
        now=NOW,
        **said,
    )
    return order.lines.get()


def test_a_proof_shows_size_and_every_text(design: Design) -> None:
    (surface,) = proof_of(design).surfaces
    assert "Müller" in surface.texts
    assert surface.size.endswith("mm")
    assert surface.profile == "engrave"


def test_the_line_keeps_what_was_approved(design: Design, alice: User, settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path
    token = proof_of(design).token
    (kept,) = submit(design, alice, proofs={design.pk: token}).proof
    assert kept["scene"] == proof_of(design).surfaces[0].scene
    assert kept["fonts"] and kept["approved_by"] == "user:alice"
    assert (tmp_path / picture_path(kept["picture"])).is_file()


def test_an_order_without_approval_is_refused(design: Design, alice: User) -> None:
    with pytest.raises(CheckoutRefused) as refusal:
        submit(design, alice, proofs={})
    assert [problem.code for problem in refusal.value.problems] == ["not-approved"]


def test_an_approval_of_something_else_is_refused(design: Design, alice: User) -> None:
    with pytest.raises(CheckoutRefused) as refusal:
        submit(design, alice, proofs={design.pk: "0" * 64})
    assert [problem.code for problem in refusal.value.problems] == ["proof-changed"]


def test_what_was_agreed_elsewhere_says_so(design: Design) -> None:
    (kept,) = approve(design=design, token=None, actor="user:import", now=NOW)
    assert (kept["approved_by"], kept["picture"]) == ("outside", "")
