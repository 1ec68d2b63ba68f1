"""A price that holds for half an hour, and that nobody but us can have said."""

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from configurator.designs import choose
from configurator.freezing import freeze
from configurator.models import Configuration, Design
from configurator.quotes import QuoteExpired, QuoteForged, quote, read
from tests.shops import NOW


@pytest.fixture
def design(configuration: Configuration) -> Design:
    return freeze(configuration=configuration, actor="user:alice", now=NOW)


def test_a_quote_says_price_and_promise(design: Design) -> None:
    said = quote(design=design, quantity=2, now=NOW)
    assert (said.price.unit, said.price.total) == (Decimal("5.10"), Decimal("10.20"))
    assert said.promise.ready_at == NOW + timedelta(days=3)  # two of production, one of handling
    assert said.expires_at == NOW + timedelta(minutes=30)


def test_a_quantity_discount_is_in_the_quote(design: Design) -> None:
    assert quote(design=design, quantity=10, now=NOW).price.total == Decimal("45.90")


def test_a_quote_reads_back_as_it_was_said(design: Design) -> None:
    said = quote(design=design, quantity=3, now=NOW)
    assert read(said.token, design=design, quantity=3, now=NOW + timedelta(minutes=29)) == said


def test_a_quote_ends_after_half_an_hour_and_comes_with_the_price_of_now(design: Design) -> None:
    said = quote(design=design, quantity=3, now=NOW)
    later = NOW + timedelta(minutes=30)
    with pytest.raises(QuoteExpired) as refusal:
        read(said.token, design=design, quantity=3, now=later)
    assert read(refusal.value.fresh.token, design=design, quantity=3, now=later).price == said.price


def test_a_quote_of_another_quantity_is_refused(design: Design) -> None:
    said = quote(design=design, quantity=3, now=NOW)
    with pytest.raises(QuoteForged):
        read(said.token, design=design, quantity=2, now=NOW)


def test_a_quote_of_another_design_is_refused(design: Design, configuration: Configuration) -> None:
    said = quote(design=design, quantity=1, now=NOW)
    choose(configuration=configuration, changes={"material": "steel"}, now=NOW)
    other = freeze(configuration=configuration, actor="user:alice", now=NOW)
    with pytest.raises(QuoteForged):
        read(said.token, design=other, quantity=1, now=NOW)


@pytest.mark.parametrize("token", ["", ":", "nonsense", "é", "e30:x", "\ud800"])
def test_nonsense_is_refused(design: Design, token: str) -> None:
    with pytest.raises(QuoteForged):
        read(token, design=design, quantity=1, now=NOW)


@settings(max_examples=500, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_a_quote_with_one_changed_character_is_refused(design: Design, data: st.DataObject) -> None:
    token = quote(design=design, quantity=1, now=NOW).token
    place = data.draw(st.integers(0, len(token) - 1))
    character = data.draw(st.characters(codec="utf-8").filter(lambda drawn: drawn != token[place]))
    with pytest.raises(QuoteForged):
        read(token[:place] + character + token[place + 1 :], design=design, quantity=1, now=NOW)


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(cut=st.integers(0, 2000))
def test_a_quote_that_was_cut_is_refused(design: Design, cut: int) -> None:
    token = quote(design=design, quantity=1, now=NOW).token
    with pytest.raises(QuoteForged):
        read(token[: cut % len(token)], design=design, quantity=1, now=NOW)
