"""With DEBUG on, as in `manage.py up`, a visitor sees the shop's own pages and no insides."""

import logging
from typing import Any, NoReturn

import pytest
from django.test import Client
from pytest_django import Settings

from configurator.models import Family
from server.insides import Reporter

pytestmark = pytest.mark.django_db
SECRET = "the secret inside"


@pytest.fixture(autouse=True)
def debug(settings: Settings) -> None:
    settings.DEBUG = True
    settings.DEBUG_PAGES = False


@pytest.fixture
def visitor() -> Client:
    return Client(raise_request_exception=False)


@pytest.fixture
def broken_shelf(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> NoReturn:
        raise RuntimeError(SECRET)

    monkeypatch.setattr(Family.objects, "on_sale", fail)


def test_an_address_that_is_none_shows_our_page(visitor: Client) -> None:
    answer = visitor.get("/no/such/page/")
    assert answer.status_code == 404
    assert "There is nothing here" in answer.content.decode()
    assert "server.urls" not in answer.content.decode()


def test_a_missing_slash_still_finds_its_page(visitor: Client) -> None:
    assert visitor.get("/cart").headers["Location"] == "/cart/"


def test_what_a_view_does_not_find_shows_our_page(visitor: Client) -> None:
    answer = visitor.get("/d/dsg_nobody/")
    assert answer.status_code == 404
    assert "There is nothing here" in answer.content.decode()
    assert "Raised by" not in answer.content.decode()


def test_an_error_shows_no_insides_but_is_logged(
    visitor: Client, broken_shelf: None, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR, "django.request"):
        answer = visitor.get("/")
    assert answer.status_code == 500
    assert answer.headers["Content-Type"].startswith("text/html")
    assert SECRET not in answer.content.decode()
    assert "Traceback" not in answer.content.decode()
    assert SECRET in caplog.text


def test_an_error_shows_no_insides_to_who_wants_no_html(visitor: Client, broken_shelf: None) -> None:
    answer = visitor.get("/", headers={"accept": "text/plain"})
    assert answer.status_code == 500
    assert SECRET not in answer.content.decode()


def test_a_host_that_is_not_ours_shows_no_insides(visitor: Client, settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["shop.example.org"]
    answer = visitor.get("/", headers={"host": "evil.example"})
    assert answer.status_code == 400
    assert "DisallowedHost" not in answer.content.decode()


def test_a_developer_sees_the_insides(visitor: Client, settings: Settings, broken_shelf: None) -> None:
    settings.DEBUG_PAGES = True
    assert SECRET in visitor.get("/").content.decode()
    assert "server.urls" in visitor.get("/no/such/page/").content.decode()


def test_a_mail_has_the_insides() -> None:
    error: Any = RuntimeError(SECRET)
    assert SECRET in Reporter(None, RuntimeError, error, None, is_email=True).get_traceback_text()
