"""Switches and multiple choices, on the page and in the API's answers."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from configurator.answers import choice_labels, describe
from configurator.catalogue import kernel_of, publish
from configurator.designs import Refused, choose, start
from configurator.engine.diagram import compile as compile_diagram
from configurator.models import Configuration
from configurator.templatetags.counts import combinations
from tests.shops import NOW

HAMPER = """
family: hamper
name: Gift hamper
currency: EUR
base_price: "10.00"
options:
  - {code: wrapped, name: Gift wrap, kind: switch, default: "no"}
  - code: extras
    name: Extras
    kind: multiple
    min: 0
    max: 2
    values: [{code: card, name: Card}, {code: ribbon, name: Ribbon}, {code: candle, name: Candle}]
rules:
  - {code: R1, expr: "extras.ribbon => wrapped", message: A ribbon needs gift wrap.}
prices:
  - {code: P1, name: Extras, amount: "1.50 * extras.count"}
"""


@pytest.fixture
def hamper(db: None, alice: User) -> Configuration:
    family = publish(source=HAMPER, filename="hamper.yaml", actor="system:test", now=NOW).family
    return start(family=family, owner=alice, session_key="", now=NOW)


def address(of: Configuration) -> str:
    return reverse("configuration", args=["hamper", of.pk])


def test_ticked_values_are_chosen_without_script(hamper: Configuration, alice_client: Client) -> None:
    page = alice_client.get(address(hamper)).content.decode()
    assert page.count('type="checkbox" name="o-extras"') == 3
    alice_client.post(address(hamper), {"o-wrapped": "yes", "o-extras": ["", "candle", "card"]})
    hamper.refresh_from_db()
    assert hamper.choices == {"wrapped": "yes", "extras": "card,candle"}


def test_nothing_ticked_says_nothing_until_something_was_chosen(
    hamper: Configuration, alice_client: Client
) -> None:
    alice_client.post(address(hamper), {"o-extras": [""]})
    hamper.refresh_from_db()
    assert "extras" not in hamper.choices
    alice_client.post(address(hamper), {"o-extras": ["", "card"]})
    alice_client.post(address(hamper), {"o-extras": [""]})
    hamper.refresh_from_db()
    assert hamper.choices["extras"] == ""


def test_a_refused_value_says_why_without_script(hamper: Configuration, alice_client: Client) -> None:
    alice_client.post(address(hamper), {"o-extras": ["", "card"]})
    answer = alice_client.post(address(hamper), {"why": "extras=ribbon"})
    assert answer.status_code == 409
    assert "A ribbon needs gift wrap." in answer.content.decode()
    alice_client.post(address(hamper), {"repair": "1:extras=card,ribbon"})
    hamper.refresh_from_db()
    assert hamper.choices == {"wrapped": "yes", "extras": "card,ribbon"}


def test_too_many_values_are_told_at_their_field(hamper: Configuration, alice_client: Client) -> None:
    answer = alice_client.post(address(hamper), {"o-extras": ["", "card", "ribbon", "candle"]})
    assert answer.status_code == 422
    assert "2 can be chosen at most" in answer.content.decode()


def test_the_api_speaks_of_lists(hamper: Configuration) -> None:
    choose(configuration=hamper, changes={"extras": ["candle", "card"]}, now=NOW)
    described: dict[str, Any] = describe(hamper, quantity=1, now=NOW)
    assert described["choices"]["extras"] == described["options"]["extras"]["chosen"] == ["card", "candle"]
    assert described["options"]["extras"]["values"]["ribbon"] == "impossible"
    assert described["price"]["unit"] == "13.00"


def test_labels_name_the_values(hamper: Configuration) -> None:
    choose(configuration=hamper, changes={"extras": ["candle", "card"], "wrapped": True}, now=NOW)
    assert [label["value"] for label in choice_labels(hamper, hamper.choices)] == ["Yes", "Card, Candle"]


def test_a_refused_change_leaves_the_others(hamper: Configuration) -> None:
    with pytest.raises(Refused, match="A ribbon needs gift wrap"):
        choose(configuration=hamper, changes={"extras": ["ribbon"]}, now=NOW)


def test_open_choices_show_what_values_lead_to_and_how_many_ways_are_left(
    hamper: Configuration, alice_client: Client
) -> None:
    kernel = kernel_of(hamper.version)
    diagram = compile_diagram(kernel.knowledge)
    assert diagram is not None
    kernel.use_diagram(diagram)
    choose(configuration=hamper, changes={"wrapped": None}, now=NOW)
    page = alice_client.get(address(hamper)).content.decode()
    assert "11 combinations" in page
    assert "from €10.00" in page


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (2, "2"),
        (1204, "1,204"),
        (1_999_999, "1,999,999"),
        (2_000_000, "millions of"),
        (10**22, "trillions of"),
    ],
)
def test_large_counts_are_told_in_words(count: int, words: str) -> None:
    assert combinations(count) == f"{words} combinations"
