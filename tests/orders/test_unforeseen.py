"""Values that nobody tried before, of which the family's text makes no sense: refused, and nothing is kept.

The family divides by zero for a needle on 90 mm (price), on 70 mm (work) and on a dozen of steel. What
is wrong with a single value is found when it is published; combinations show when somebody tries them.
"""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from configurator.catalogue import publish
from configurator.designs import choose, start
from configurator.engine.manufacturing import NotDefined
from configurator.engine.pricing import PriceError
from configurator.engine.valid_domains import Undecided
from configurator.freezing import freeze
from configurator.models import Configuration
from orders.cart import add, change_quantity, open_cart
from orders.channels.csv_file import import_orders
from orders.models import CartLine
from tests.shops import ALICE, BADGE, NOW

TRICKY = (
    BADGE.replace("family: badge", "family: tricky")
    .replace(
        "prices:\n",
        "prices:\n"
        "  - {code: ODD, name: Odd length, "
        "amount: \"1 / (90 - length / 1 mm + if(pin == 'needle', 0, 0.5))\"}\n"
        "  - {code: ODD12, name: A dozen, min_quantity: 12, "
        "amount: \"1 / (80 - length / 1 mm + if(pin == 'needle' & material == 'steel', 0, 0.5))\"}\n",
    )
    .replace("30 + length / 10 mm", "30 + 10 / (70 - length / 1 mm + if(pin == 'needle', 0, 0.5))")
)


@pytest.fixture
def tricky(db: None, alice: User) -> Configuration:
    family = publish(source=TRICKY, filename="tricky.yaml", actor="system:test", now=NOW).family
    made = start(family=family, owner=alice, session_key="", now=NOW)
    return choose(configuration=made, changes={"pin": "needle"}, now=NOW)


def address(configuration: Configuration) -> str:
    return reverse("configuration", args=[configuration.version.family_id, configuration.pk])


def test_a_price_that_makes_no_sense_is_not_stored(tricky: Configuration) -> None:
    with pytest.raises(PriceError, match="Odd length: a number is divided by zero"):
        choose(configuration=tricky, changes={"length": 90}, now=NOW)
    tricky.refresh_from_db()
    assert tricky.choices["length"] == 80


def test_work_that_makes_no_sense_is_not_stored(tricky: Configuration) -> None:
    with pytest.raises(NotDefined, match="divides by zero"):
        choose(configuration=tricky, changes={"length": 70}, now=NOW)
    tricky.refresh_from_db()
    assert tricky.choices["length"] == 80


def test_the_page_says_why_and_goes_on_as_before(tricky: Configuration, alice_client: Client) -> None:
    form = {f"o-{code}": str(value) for code, value in tricky.choices.items()} | {"o-length": "90"}
    answer = alice_client.post(
        address(tricky), form, headers={"referer": f"http://testserver{address(tricky)}"}
    )
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "Odd length: a number is divided by zero. Nothing was changed" in page
    assert f'href="http://testserver{address(tricky)}"' in page
    assert alice_client.get(address(tricky)).status_code == 200


def test_the_page_links_to_no_other_site(tricky: Configuration, alice_client: Client) -> None:
    form = {f"o-{code}": str(value) for code, value in tricky.choices.items()} | {"o-length": "90"}
    answer = alice_client.post(address(tricky), form, headers={"referer": "https://evil.example/"})
    assert "evil.example" not in answer.content.decode()


def test_the_api_says_why(tricky: Configuration, alice_client: Client) -> None:
    answer = alice_client.patch(
        f"/api/v1/configurations/{tricky.pk}/", {"choices": {"length": 90}}, content_type="application/json"
    )
    assert (answer.status_code, answer.json()["code"]) == (409, "not-makeable")
    assert "Odd length: a number is divided by zero" in answer.json()["detail"]


def test_rules_too_hard_to_decide_answer_the_page(
    tricky: Configuration, alice_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("configurator.engine.domains.Kernel.answer", _give_up)
    form = {f"o-{code}": str(value) for code, value in tricky.choices.items()} | {"o-length": "60"}
    answer = alice_client.post(address(tricky), form)
    assert answer.status_code == 409
    page = answer.content.decode()
    assert "too hard to decide" in page
    assert "<h1>This could not be decided in time</h1>" in page
    assert "Nothing was changed. Go back and try again" in page
    assert "cannot be made" not in page


def test_rules_too_hard_to_decide_answer_the_api(
    tricky: Configuration, alice_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("configurator.engine.domains.Kernel.answer", _give_up)
    answer = alice_client.patch(
        f"/api/v1/configurations/{tricky.pk}/", {"choices": {"length": 90}}, content_type="application/json"
    )
    assert answer.json()["code"] == "undecided"


def _give_up(*_: Any, **__: Any) -> None:
    raise Undecided


def test_a_quantity_of_which_the_prices_make_no_sense_does_not_go_into_the_cart(
    tricky: Configuration, alice: User
) -> None:
    choose(configuration=tricky, changes={"material": "steel"}, now=NOW)
    design = freeze(configuration=tricky, actor="user:alice", now=NOW)
    cart = open_cart(owner=alice, session_key="", now=NOW)
    with pytest.raises(PriceError, match="A dozen"):
        add(cart=cart, design=design, quantity=12, now=NOW)
    assert not CartLine.objects.exists()


def test_a_line_does_not_become_one_of_which_the_prices_make_no_sense(
    tricky: Configuration, alice: User
) -> None:
    choose(configuration=tricky, changes={"material": "steel"}, now=NOW)
    design = freeze(configuration=tricky, actor="user:alice", now=NOW)
    cart = open_cart(owner=alice, session_key="", now=NOW)
    line = add(cart=cart, design=design, quantity=1, now=NOW)
    with pytest.raises(PriceError, match="A dozen"):
        change_quantity(cart=cart, line_id=line.pk, quantity=12)
    line.refresh_from_db()
    assert line.quantity == 1


def test_a_row_that_makes_no_sense_does_not_stop_the_file(tricky: Configuration) -> None:
    rows = "pin,length,text\nneedle,90,A\nneedle,60,B\n"
    report = import_orders(
        text=rows, family=tricky.version.family, actor="system:test", now=NOW, customer=ALICE
    )
    first, second = report.rows.order_by("row")
    assert [problem["code"] for problem in first.problems] == ["not-makeable"]
    assert second.order is not None
