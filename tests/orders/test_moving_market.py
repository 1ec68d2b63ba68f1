"""Prices change, versions go, time passes, while somebody designs and orders.

Whatever happens in whatever order: what is charged is what the shopper last saw and
accepted, and every line is valid under the version that it names (reliability rows 9, 10).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from configurator.catalogue import kernel_of, publish, resume, retire, suspend
from configurator.designs import NotOnSale, Refused, choose, start
from configurator.freezing import freeze, reopen
from configurator.models import Configuration, Version
from orders.cart import add, open_cart, quoted
from orders.checkout import CheckoutRefused, place
from orders.models import Cart, Line, Order
from tests.shops import ALICE, BADGE, NOW

CHANGES = st.sampled_from(
    [
        {"material": "steel"},
        {"material": "acrylic"},
        {"length": 120},
        {"length": 60},
        {"pin": "clip"},
        {"text": "A"},
    ]
)


@dataclass
class Seen:
    """What stood on the checkout page: the tokens behind it and the sum that was shown."""

    tokens: dict[str, str]
    total: Decimal
    at: datetime


class Market(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self.submits = 0
        self.seen: Seen | None = None
        self.charged: dict[str, Decimal] = {}

    @initialize()
    def opens(self) -> None:
        self.alice, _ = User.objects.get_or_create(username="market")
        self.family = publish(source=BADGE, filename="badge.yaml", actor="system:test", now=self.now).family
        resume(family=self.family, actor="user:bob", now=self.now)
        self.configuration = start(family=self.family, owner=self.alice, session_key="", now=self.now)
        self.cart: Cart = open_cart(owner=self.alice, session_key="", now=self.now)
        self.cart.lines.all().delete()

    @rule(minutes=st.sampled_from([1, 10, 29, 31]))
    def time_passes(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @rule(price=st.sampled_from(["4.00", "5.00", "6.50"]), steel=st.sampled_from([70, 90]))
    def publishes(self, price: str, steel: int) -> None:
        text = BADGE.replace("4.00", price).replace("length <= 90 mm", f"length <= {steel} mm")
        publish(source=text, filename="badge.yaml", actor="user:bob", now=self.now)
        self.family.refresh_from_db()

    @rule()
    def retires_old_versions(self) -> None:
        for version in Version.objects.exclude(pk=self.family.current_id):
            retire(version=version, actor="user:bob", now=self.now)

    @rule()
    def suspends(self) -> None:
        suspend(family=self.family, actor="user:bob", now=self.now)

    @rule()
    def resumes(self) -> None:
        resume(family=self.family, actor="user:bob", now=self.now)

    @rule(changes=CHANGES)
    def chooses(self, changes: dict[str, object]) -> None:
        try:
            choose(configuration=self.configuration, changes=changes, now=self.now)
        except Refused:
            return

    @rule(quantity=st.sampled_from([1, 10]))
    def puts_in_the_cart(self, quantity: int) -> None:
        configuration = Configuration.objects.get(pk=self.configuration.pk)
        design = freeze(configuration=configuration, actor="user:market", now=self.now)
        add(cart=self.cart, design=design, quantity=quantity, now=self.now)

    @rule()
    def starts_again_from_the_cart(self) -> None:
        line = self.cart.lines.select_related("design__version").first()
        if line is None:
            return
        try:
            self.configuration = reopen(design=line.design, owner=self.alice, session_key="", now=self.now)
        except NotOnSale:
            return

    @rule()
    def looks_at_the_checkout(self) -> None:
        page = quoted(cart=self.cart, now=self.now)
        self.seen = Seen(dict(page.tokens), page.total, self.now)

    @rule(
        waits=st.sampled_from([0, 1, 29, 31]),
        meanwhile=st.sampled_from(["nothing", "nothing", "publishes", "retires_old_versions", "suspends"]),
    )
    def buys(self, waits: int, meanwhile: str) -> None:
        """The whole way to the button, with something happening while the shopper reads."""
        self.resumes()
        self.cart.lines.exclude(design__version__in=Version.objects.sellable()).delete()
        if not self.cart.lines.exists():
            self.configuration = start(family=self.family, owner=self.alice, session_key="", now=self.now)
            self.puts_in_the_cart(quantity=1)
        self.looks_at_the_checkout()
        if meanwhile == "publishes":
            self.publishes(price="6.50", steel=70)
        elif meanwhile != "nothing":
            getattr(self, meanwhile)()
        self.time_passes(minutes=waits)
        self.submits_what_was_seen()

    @rule()
    def submits_what_was_seen(self) -> None:
        if self.seen is None:
            return
        try:
            order = self._submit(self.seen.tokens)
        except CheckoutRefused as refusal:
            codes = {problem.code for problem in refusal.problems}
            assert codes <= {"empty", "quote-expired", "quote-forged", "no-quote", "not-on-sale"}
            # Forged: the number of pieces was changed after the page was looked at.
            if self.now < self.seen.at + timedelta(minutes=30):
                assert "quote-expired" not in codes
            fresh = {problem.where: problem.quote for problem in refusal.problems if problem.quote}
            if codes == {"quote-expired"} and len(fresh) == self.cart.lines.count():
                total = sum((quote.price.total for quote in fresh.values()), Decimal(0))
                order = self._submit({design: quote.token for design, quote in fresh.items()})
                self.charged[order.id] = total
            return
        assert self.now < self.seen.at + timedelta(minutes=30)
        self.charged[order.id] = self.seen.total

    def _submit(self, tokens: dict[str, str]) -> Order:
        self.submits += 1
        return place(
            cart=self.cart,
            customer=ALICE,
            quotes=tokens,
            idempotency_key=f"{id(self)} {self.submits}",
            owner=self.alice,
            session_key="",
            actor="user:market",
            now=self.now,
        )

    @invariant()
    def what_is_charged_is_what_was_accepted(self) -> None:
        for order in Order.objects.filter(pk__in=self.charged):
            assert order.total == self.charged[order.pk]

    @invariant()
    def every_line_is_valid_under_its_version(self) -> None:
        for line in Line.objects.filter(order__in=self.charged).select_related("design__version"):
            assert line.version_number == line.design.version.number
            assert not kernel_of(line.design.version).violations(line.choices)


@pytest.mark.django_db
def test_a_moving_market_charges_what_was_accepted() -> None:
    run_state_machine_as_test(
        Market,
        settings=settings(
            max_examples=25,
            stateful_step_count=30,
            deadline=None,
            derandomize=True,  # so that it always buys enough to mean something
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert Order.objects.count() > 10
