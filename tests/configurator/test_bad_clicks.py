"""What no page of the shop would send, posted to the form of a design: told at its field, nothing stored."""

from typing import Any

import pytest
from django.test import Client

from configurator.models import Configuration, Family
from tests.api.conftest import contents

FIELDS: dict[str, dict[str, str]] = {
    "NUL in a text": {"o-text": "A\x00nna"},
    "an override of the direction": {"o-text": "A\u202enna"},
    "a zero-width space": {"o-text": "A\u200bnna"},
    "stacked marks": {"o-text": "Z" + "\u0301" * 300},
    "a huge text": {"o-text": "x" * 1_000_000},
    "five thousand digits": {"o-length": "9" * 5_000},
    "a power of ten": {"o-length": "1e2"},
    "not a number": {"o-length": "nan"},
    "infinity": {"o-length": "-inf"},
    "a truth": {"o-length": "true"},
    "off the grid": {"o-length": "61"},
    "beyond the range": {"o-length": str(10**30)},
    "NUL in a number": {"o-length": "80\x00"},
    "no such value": {"o-material": "gold"},
    "the value of another option": {"o-material": "clip"},
    "a value that looks alike": {"o-material": "\u0455teel"},
    "NUL as a value": {"o-material": "\x00"},
    "a huge value": {"o-material": "x" * 1_000_000},
    "why of no option": {"why": "nothing=x"},
    "why of NUL": {"why": "material=\x00"},
    "why of digits": {"why": "length=" + "9" * 5_000},
    "a way out of nothing": {"repair": "1:nothing=x"},
    "a way out that is none": {"repair": "4:material=steel"},
    "a way out to no value": {"repair": "2:material=\x00"},
    "clear what is none": {"clear": "nothing"},
}
IGNORED: dict[str, dict[str, str]] = {
    "an unknown option": {"o-nothing": "x", "o-\x00": "y"},
    "an unknown button": {"do": "\x00"},
    "another version": {"do": "move", "version": "9" * 5_000},
    "a digit of another script": {"do": "move", "version": "\u00b2"},
    "a quantity of digits": {"quantity": "9" * 5_000},
    "an unknown view": {"view": "\x00"},
    "undo of nothing": {"do": "undo", "step": "17"},
    "redo of nothing": {"do": "redo"},
}


@pytest.fixture
def page(badge: Family, client: Client) -> str:
    return str(client.get("/make/badge/", follow=True).request["PATH_INFO"])


def stored() -> list[Any]:
    return contents("configurator", "ledger")


@pytest.mark.parametrize("fields", FIELDS.values(), ids=FIELDS.keys())
def test_it_is_refused_and_nothing_is_stored(page: str, client: Client, fields: dict[str, str]) -> None:
    before = stored()
    answer = client.post(page, fields)
    assert answer.status_code in (404, 409, 422)
    assert len(answer.content) < 200_000
    assert stored() == before


@pytest.mark.parametrize("fields", IGNORED.values(), ids=IGNORED.keys())
def test_what_means_nothing_changes_nothing(page: str, client: Client, fields: dict[str, str]) -> None:
    before = stored()
    assert client.post(page, fields).status_code == 302
    assert stored() == before


def test_a_hundred_thousand_fields_are_not_read(page: str, client: Client) -> None:
    before = stored()
    body = "&".join(f"o-a{number}=1" for number in range(100_000)).encode()
    answer = client.post(page, body, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 400
    assert stored() == before


def test_a_form_of_megabytes_is_not_read(page: str, client: Client) -> None:
    before = stored()
    body = b"o-text=" + b"x" * 5_000_000
    answer = client.post(page, body, content_type="application/x-www-form-urlencoded")
    assert answer.status_code in (400, 413)
    assert stored() == before


@pytest.mark.parametrize("query", ["quantity=" + "9" * 5_000, "quantity=%00", "view=%00", "first=%00"])
def test_an_address_with_nonsense_shows_the_page(page: str, client: Client, query: str) -> None:
    assert client.get(f"{page}?{query}").status_code in (200, 400, 404)
    assert Configuration.objects.count() == 1


@pytest.mark.parametrize("of", ["%00", "x" * 3_000, "cfg_%F0%9F%98%80", "%ff"])
def test_comparing_what_is_none_is_not_found(page: str, client: Client, of: str) -> None:
    assert client.get(f"/compare/?of={of}&with={page.rstrip('/').rpartition('/')[2]}").status_code in (
        400,
        404,
    )
