"""From a cart to an order: once, at the price that was said, with everything written down."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser, User

from configurator.catalogue import publish, retire, suspend
from configurator.designs import choose, start
from configurator.freezing import freeze
from configurator.models import Configuration, Design
from configurator.quotes import quote
from ledger.models import Entry
from orders.cart import quoted
from orders.checkout import CheckoutRefused, CustomerData, Item, SubmitKeyReused, place
from orders.models import Cart, Customer, Line, Order, Payment
from tests.shops import ALICE, BADGE, NOW


def submit(cart: Cart | None, owner: User, **changes: Any) -> Order:
    said: dict[str, Any] = {
        "cart": cart,
        "customer": ALICE,
        "idempotency_key": "a-key",
        "owner": owner,
        "session_key": "",
        "actor": f"user:{owner.get_username()}",
        "now": NOW,
    } | changes
    if "quotes" not in said and cart is not None:
        said["quotes"] = quoted(cart=cart, now=NOW).tokens
    return place(**said)


def refused(cart: Cart | None, owner: User, **changes: Any) -> list[str]:
    """The codes of the problems; nothing may have been written."""
    before = Order.objects.count()
    with pytest.raises(CheckoutRefused) as refusal:
        submit(cart, owner, **changes)
    assert Order.objects.count() == before
    assert Customer.objects.count() == before
    return [problem.code for problem in refusal.value.problems]


def test_an_order_holds_what_was_agreed(cart: Cart, alice: User, design: Design) -> None:
    order = submit(cart, alice)
    line = order.lines.get()
    assert (order.number, order.total, order.currency, order.state) == (
        "A-2026-000001",
        Decimal("15.30"),
        "EUR",
        "placed",
    )
    assert (line.design, line.quantity, line.choices) == (design, 3, design.choices)
    assert (line.unit_price, line.total) == (Decimal("5.10"), Decimal("15.30"))
    assert [price["code"] for price in line.price_lines][-2:] == ["P1", "P2"]
    assert (line.family_code, line.version_number, line.artwork_hash) == ("badge", 1, design.artwork_hash)
    assert line.promised_at == NOW + timedelta(days=3)
    assert [step["work_centre"] for step in line.work["routing"]] == ["laser", "packing"]
    assert line.state == "ready"


def test_an_order_empties_the_cart(cart: Cart, alice: User) -> None:
    submit(cart, alice)
    assert not cart.lines.exists()


def test_an_order_writes_an_invoice(cart: Cart, alice: User) -> None:
    payment = submit(cart, alice).payments.get()
    assert (payment.reference, payment.amount, payment.state) == ("R-2026-000001", Decimal("15.30"), "due")


def test_an_order_is_in_the_ledger_without_personal_data(cart: Cart, alice: User) -> None:
    order = submit(cart, alice)
    entries = list(Entry.objects.of(f"order:{order.id}"))
    assert [entry.kind for entry in entries] == ["order.placed", "line.ready"]
    assert entries[0].data["lines"][0]["line"] == order.lines.get().id
    told = " ".join(str(entry.data) for entry in entries)
    assert not any(word in told for word in ("Ärmel", "alice@example.org", "Canal", "Müller"))


def test_the_same_submit_again_is_the_same_order(cart: Cart, alice: User) -> None:
    first = submit(cart, alice)
    assert submit(cart, alice, quotes={}).pk == first.pk
    assert Order.objects.count() == 1


def test_the_key_of_another_order_is_refused(cart: Cart, alice: User) -> None:
    submit(cart, alice)
    with pytest.raises(SubmitKeyReused):
        submit(cart, alice, customer=replace(ALICE, city="Delft"))


def test_the_same_key_of_two_people_makes_two_orders(
    cart: Cart, alice: User, charlie: User, design: Design
) -> None:
    submit(cart, alice)
    tokens = {design.id: quote(design=design, quantity=1, now=NOW).token}
    submit(None, charlie, items=[Item(design, 1)], quotes=tokens)
    assert Order.objects.count() == 2


def test_a_second_order_of_the_same_cart_finds_it_empty(cart: Cart, alice: User) -> None:
    tokens = quoted(cart=cart, now=NOW).tokens
    submit(cart, alice)
    assert refused(cart, alice, idempotency_key="another", quotes=tokens) == ["empty"]


def test_a_guest_can_order(cart: Cart, design: Design) -> None:
    Cart.objects.update(owner=None, session_key="gst_1")
    order = place(
        cart=cart,
        customer=ALICE,
        quotes=quoted(cart=cart, now=NOW).tokens,
        idempotency_key="a-key",
        owner=None,
        session_key="gst_1",
        actor=f"guest:{cart.id}",
        now=NOW,
    )
    nobody = AnonymousUser()
    assert Order.objects.visible_to(user=nobody, session_key="gst_1").get() == order
    assert not Order.objects.visible_to(user=nobody, session_key="gst_2").exists()
    assert Order.objects.opened_by(order.access_token).get() == order
    assert not Order.objects.opened_by("").exists()


def test_an_order_is_seen_by_its_owner_and_by_staff(
    order: Order, alice: User, bob: User, charlie: User
) -> None:
    assert Order.objects.visible_to(user=alice, session_key="").get() == order
    assert Order.objects.visible_to(user=bob, session_key="").get() == order
    assert not Order.objects.visible_to(user=charlie, session_key="").exists()
    assert not Line.objects.visible_to(user=charlie, session_key="").exists()


def test_a_submit_without_its_key_is_refused(cart: Cart, alice: User) -> None:
    assert refused(cart, alice, idempotency_key="") == ["no-submit-key"]


def test_an_order_without_a_quote_is_refused(cart: Cart, alice: User) -> None:
    assert refused(cart, alice, quotes={}) == ["no-quote"]


def test_a_quote_that_is_too_old_is_refused_with_the_price_of_now(cart: Cart, alice: User) -> None:
    later = NOW + timedelta(minutes=31)
    tokens = quoted(cart=cart, now=NOW).tokens
    with pytest.raises(CheckoutRefused) as refusal:
        submit(cart, alice, quotes=tokens, now=later)
    problem = refusal.value.problems[0]
    assert problem.code == "quote-expired"
    assert problem.quote is not None
    order = submit(cart, alice, quotes={problem.where: problem.quote.token}, now=later)
    assert order.total == problem.quote.price.total


def test_a_quote_that_still_holds_is_honoured_under_a_new_version(cart: Cart, alice: User) -> None:
    tokens = quoted(cart=cart, now=NOW).tokens
    publish(source=BADGE.replace("4.00", "40.00"), filename="badge.yaml", actor="system:test", now=NOW)
    assert submit(cart, alice, quotes=tokens).total == Decimal("15.30")


def test_a_quote_of_another_quantity_is_refused(cart: Cart, alice: User, design: Design) -> None:
    cheap = {design.id: quote(design=design, quantity=1, now=NOW).token}
    assert refused(cart, alice, quotes=cheap) == ["quote-forged"]


def test_a_retired_version_is_refused(cart: Cart, alice: User, design: Design) -> None:
    tokens = quoted(cart=cart, now=NOW).tokens
    retire(version=design.version, actor="user:bob", now=NOW)
    assert refused(cart, alice, quotes=tokens) == ["not-on-sale"]


def test_a_suspended_family_is_refused(cart: Cart, alice: User, design: Design) -> None:
    tokens = quoted(cart=cart, now=NOW).tokens
    suspend(family=design.version.family, actor="user:bob", now=NOW)
    assert refused(cart, alice, quotes=tokens) == ["not-on-sale"]


def test_artwork_that_comes_out_differently_is_refused(alice: User, design: Design) -> None:
    """As after an update of a font: the shopper agreed to another outline."""
    changed = Design.objects.create(
        version=design.version,
        choices=design.choices,
        artwork_hash="0" * 64,
        content_hash="0" * 64,
        price=design.price,
        created_at=NOW,
        owner=alice,
    )
    tokens = {changed.id: quote(design=changed, quantity=1, now=NOW).token}
    assert refused(None, alice, items=[Item(changed, 1)], quotes=tokens) == ["artwork-changed"]


@pytest.mark.parametrize("quantity", [0, -1, 501, 10_001])
def test_a_quantity_that_nobody_can_order_is_refused(alice: User, design: Design, quantity: int) -> None:
    assert refused(None, alice, items=[Item(design, quantity)], quotes={}) == ["quantity"]


def test_a_line_that_the_workshop_cannot_promise_is_refused(
    alice: User, design: Design, settings: Any
) -> None:
    settings.PROMISER = "tests.shops.FiveInTwoDays"
    tokens = {design.id: quote(design=design, quantity=6, now=NOW).token}
    with pytest.raises(CheckoutRefused) as refusal:
        submit(None, alice, items=[Item(design, 6)], quotes=tokens)
    (problem,) = refusal.value.problems
    assert (problem.code, problem.where) == ("no-promise", design.id)
    assert problem.message == (
        "Name badge: No date can be promised. Not enough material. pin: 6 piece needed, 5 free. "
        "Order fewer pieces, or ask us."
    )
    assert not Order.objects.exists()


def test_what_has_no_routing_is_ordered_without_a_date(alice: User, settings: Any) -> None:
    settings.PROMISER = "tests.shops.FiveInTwoDays"
    source = BADGE.partition("manufacture:")[0].replace("family: badge", "family: plain")
    family = publish(source=source, filename="plain.yaml", actor="system:test", now=NOW).family
    made = start(family=family, owner=alice, session_key="", now=NOW)
    plain = freeze(configuration=made, actor="user:alice", now=NOW)
    tokens = {plain.id: quote(design=plain, quantity=9, now=NOW).token}
    line = submit(None, alice, items=[Item(plain, 9)], quotes=tokens).lines.get()
    assert (line.promised_at, line.work["routing"]) == (None, [])


def test_more_pieces_than_an_order_takes_are_refused(cart: Cart, alice: User, settings: Any) -> None:
    settings.MAX_PIECES_AN_ORDER = 2
    assert refused(cart, alice) == ["too-many-pieces"]


def test_a_line_of_more_pieces_than_one_takes_is_refused(cart: Cart, alice: User, settings: Any) -> None:
    tokens = quoted(cart=cart, now=NOW).tokens
    settings.MAX_PIECES_A_LINE = 2  # lowered while the cart stood there
    assert refused(cart, alice, quotes=tokens) == ["quantity"]


def test_a_design_twice_is_refused(alice: User, design: Design) -> None:
    tokens = {design.id: quote(design=design, quantity=1, now=NOW).token}
    assert refused(None, alice, items=[Item(design, 1), Item(design, 1)], quotes=tokens) == ["twice"]


def test_everything_in_the_way_is_said_at_once(cart: Cart, alice: User) -> None:
    codes = refused(
        cart, alice, customer=CustomerData(name=" ", email="nobody", country="Holland"), quotes={}
    )
    assert codes == ["customer", "customer", "customer", "customer", "no-quote"]


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "Ali\0ce"},
        {"name": "x" * 201},
        {"email": "a b@example.org"},
        {"email": "@"},
        {"city": "Del\u202eft"},
        {"country": "N1"},
    ],
)
def test_an_address_that_is_none_is_refused(cart: Cart, alice: User, changes: dict[str, str]) -> None:
    assert set(refused(cart, alice, customer=replace(ALICE, **changes))) == {"customer"}


def test_numbers_have_no_gaps_when_an_order_fails(
    cart: Cart, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch, pytest.raises(ZeroDivisionError):
        patch.setattr("orders.checkout._record", lambda *args, **kwargs: 1 // 0)
        submit(cart, alice)
    order = submit(cart, alice)
    assert (order.number, order.payments.get().reference) == ("A-2026-000001", "R-2026-000001")
    assert Payment.objects.count() == 1


def test_an_order_takes_the_same_number_of_queries_for_one_design_and_for_five(
    cart: Cart, alice: User, configuration: Configuration, django_assert_max_num_queries: Any
) -> None:
    """But for the jobs that follow: of each line a plan and a file are wanted (four queries)."""
    tokens = dict(quoted(cart=cart, now=NOW).tokens)
    items = [
        Item(line.design, line.quantity) for line in cart.lines.select_related("design__version__family")
    ]
    for text in ("Meier", "Schmidt", "Ärzte", "Böll"):
        choose(configuration=configuration, changes={"text": text}, now=NOW)
        other = freeze(configuration=configuration, actor="user:alice", now=NOW)
        tokens[other.id] = quote(design=other, quantity=1, now=NOW).token
        items.append(Item(other, 1))
    with django_assert_max_num_queries(21 + 4 * len(items)):
        assert submit(None, alice, items=items, quotes=tokens).lines.count() == 5
