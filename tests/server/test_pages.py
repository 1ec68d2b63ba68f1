"""What every answer carries, and who may come in."""

import re

import pytest
from django.contrib.auth.models import User
from django.core.checks import Error
from django.core.management import CommandError, call_command
from django.test import Client
from pytest_django import Settings

from server import checks


def test_every_answer_forbids_inline_and_foreign_code(client: Client) -> None:
    policy = client.get("/healthz").headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy


def test_every_answer_switches_off_what_pages_never_use(client: Client) -> None:
    headers = client.get("/healthz").headers
    assert "camera=()" in headers["Permissions-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"


def test_a_request_id_is_given(client: Client) -> None:
    assert re.fullmatch("[0-9a-f]{16}", client.get("/healthz").headers["X-Request-Id"])


def test_a_callers_request_id_comes_back(client: Client) -> None:
    response = client.get("/healthz", headers={"x-request-id": "order-4711-a"})
    assert response.headers["X-Request-Id"] == "order-4711-a"


def test_a_request_id_that_could_forge_a_log_line_is_replaced(client: Client) -> None:
    response = client.get("/healthz", headers={"x-request-id": "ok\n2026 ERROR stolen"})
    assert "stolen" not in response.headers["X-Request-Id"]


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]", "127.8.8.8", "shop.localhost"])
def test_this_machine_is_recognised(host: str) -> None:
    assert checks.is_loopback(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "example.org", "10.0.0.1", "*", "::", "localhost.example.org"])
def test_elsewhere_is_not_taken_for_this_machine(host: str) -> None:
    assert not checks.is_loopback(host)


@pytest.fixture
def demo_person(db: None) -> User:
    return User.objects.create_user("ada", f"ada@{checks.DEMO_DOMAIN}", "a generated password")


def test_demo_people_may_sign_in_on_this_machine(
    demo_person: User, client: Client, settings: Settings
) -> None:
    settings.DEBUG = True
    assert client.login(username="ada", password="a generated password")


def test_demo_people_are_refused_when_debug_is_off(
    demo_person: User, client: Client, settings: Settings
) -> None:
    settings.DEBUG = False
    assert not client.login(username="ada", password="a generated password")


def test_demo_people_are_refused_when_others_can_come_in(
    demo_person: User, client: Client, settings: Settings
) -> None:
    settings.DEBUG = True
    settings.ALLOWED_HOSTS = ["shop.example.org"]
    assert not client.login(username="ada", password="a generated password")


def test_other_people_sign_in_wherever_the_shop_is(alice: User, client: Client, settings: Settings) -> None:
    settings.DEBUG = False
    settings.ALLOWED_HOSTS = ["shop.example.org"]
    assert client.login(username="alice", password="correct horse battery staple")


@pytest.mark.django_db
def test_a_start_that_others_can_reach_is_refused_with_demo_people(
    demo_person: User, settings: Settings
) -> None:
    settings.DEBUG = True
    assert checks.demo_problems(host="127.0.0.1") == []
    (problem,) = checks.demo_problems(host="0.0.0.0")
    assert "ada" in problem


def test_a_guessable_secret_is_an_error(settings: Settings) -> None:
    settings.LEDGER_KEY = "a" * 50
    (message,) = [each for each in checks.secrets_are_secret(None) if isinstance(each, Error)]
    assert message.id == "server.E001"


def test_debug_towards_others_is_an_error(settings: Settings) -> None:
    settings.DEBUG = True
    settings.ALLOWED_HOSTS = ["shop.example.org"]
    assert [message.id for message in checks.open_doors_are_locked(None)] == ["server.E002"]


def test_accepting_every_host_name_is_an_error(settings: Settings) -> None:
    settings.DEBUG = False
    settings.HTTPS = True
    settings.ALLOWED_HOSTS = ["*"]
    assert [message.id for message in checks.open_doors_are_locked(None)] == ["server.E003"]


def test_a_loopback_shop_has_nothing_to_mend(settings: Settings) -> None:
    settings.DEBUG = True
    settings.ALLOWED_HOSTS = ["localhost", "127.0.0.1"]
    assert list(checks.open_doors_are_locked(None)) == []
    assert list(checks.secrets_are_secret(None)) == []


def test_up_does_not_let_others_in_while_debug_is_on(settings: Settings) -> None:
    settings.DEBUG = True
    with pytest.raises(CommandError, match="set DEBUG=0 and ALLOWED_HOSTS"):
        call_command("up", host="0.0.0.0")
