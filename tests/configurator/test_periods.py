"""Rules that begin and end while designs are open."""

from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import User

from configurator.answers import describe
from configurator.catalogue import publish
from configurator.designs import Refused, choose, complete, refused_since, repair, start
from configurator.examination import Contradiction, examine
from configurator.freezing import freeze
from configurator.models import Configuration, Family

CANDLE = """
family: candle
name: Candle
currency: EUR
base_price: "10.00"
options:
  - code: colour
    name: Colour
    kind: choice
    default: red
    values: [{code: red, name: Red}, {code: white, name: White}]
  - {code: scent, name: Scent, kind: switch, default: false}
rules:
  - {code: R1, from: "2026-12-01", until: "2026-12-24", expr: "colour != 'red'", message: Red is sold out.}
  - {code: R2, severity: warn, expr: "!scent", message: Scented candles burn faster.}
"""
BEFORE = datetime(2026, 11, 30, 12, tzinfo=UTC)
WHILE = datetime(2026, 12, 1, 12, tzinfo=UTC)
AFTER = datetime(2026, 12, 25, 12, tzinfo=UTC)


@pytest.fixture
def candle(db: None) -> Family:
    return publish(source=CANDLE, filename="candle.yaml", actor="system:test", now=BEFORE).family


@pytest.fixture
def red(candle: Family, alice: User) -> Configuration:
    return start(family=candle, owner=alice, session_key="", now=BEFORE)


def test_a_rule_that_has_not_begun_forbids_nothing(red: Configuration) -> None:
    state = describe(red, quantity=1, now=BEFORE)
    assert state["options"]["colour"]["values"]["red"] == "possible"
    assert state["refused"] is None


def test_a_rule_that_has_ended_forbids_nothing(red: Configuration) -> None:
    choose(configuration=red, changes={"scent": True}, now=AFTER)
    assert describe(red, quantity=1, now=AFTER)["consistent"] is True


def test_an_open_design_is_shown_as_it_stands_with_the_rule_that_began(red: Configuration) -> None:
    state = describe(red, quantity=1, now=WHILE)
    assert (state["choices"]["colour"], state["consistent"]) == ("red", False)
    assert "Red is sold out." in state["refused"]["conflict"]["sentence"]
    assert state["quote_token"] is None


def test_an_open_design_cannot_be_frozen_while_a_rule_forbids_it(red: Configuration) -> None:
    with pytest.raises(Refused, match="Red is sold out"):
        freeze(configuration=red, actor="user:alice", now=WHILE)


def test_choosing_something_else_mends_what_a_rule_forbids_since(red: Configuration) -> None:
    choose(configuration=red, changes={"colour": "white"}, now=WHILE)
    assert refused_since(red, now=WHILE) is None
    assert describe(red, quantity=1, now=WHILE)["consistent"] is True


def test_any_choice_names_the_rule_and_its_repair_mends_all(red: Configuration) -> None:
    with pytest.raises(Refused) as refusal:
        choose(configuration=red, changes={"scent": True}, now=WHILE)
    assert refusal.value.repair is not None
    repair(configuration=red, option="scent", value=True, now=WHILE)
    assert red.choices == {"colour": "white", "scent": "yes"}


def test_a_frozen_design_keeps_the_rules_of_its_day(red: Configuration) -> None:
    complete(configuration=red, now=BEFORE)
    design = freeze(configuration=red, actor="user:alice", now=BEFORE)
    assert design.choices["colour"] == "red"
    version, choices = design.version, design.choices
    assert examine(version=version, choices=choices, on=design.created_at.date()).orderable
    with pytest.raises(Contradiction):
        examine(version=version, choices=choices, on=WHILE.date())


def test_a_warning_is_told_with_the_answer(red: Configuration) -> None:
    choose(configuration=red, changes={"scent": True}, now=BEFORE)
    assert describe(red, quantity=1, now=BEFORE)["warnings"] == [
        {"rule": "R2", "message": "Scented candles burn faster.", "options": ["scent"]}
    ]
