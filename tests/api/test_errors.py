"""What is answered when nothing else does."""

import logging
from typing import Any

import psycopg
import pytest
from django.db import connection
from django.test import Client

from configurator import answers
from configurator.engine.domains import Undecided
from configurator.models import Version
from server import problems
from tests.api.conftest import Api, refused

SECRET = 'relation "orders" at /srv/shop/secret.py: SELECT * FROM auth_user'


def fails(*args: Any, **kwargs: Any) -> None:
    raise RuntimeError(SECRET)


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch, badge: Version, alice_api: Api) -> str:
    """A configuration whose answer ends in a fault of ours."""
    configuration = alice_api.started()["id"]
    monkeypatch.setattr(answers, "describe", fails)
    return f"configurations/{configuration}/"


@pytest.mark.parametrize("debug", [True, False])
def test_a_fault_of_ours_tells_nothing_but_the_id_of_the_request(
    broken: str, alice_api: Api, settings: Any, debug: bool, caplog: pytest.LogCaptureFixture
) -> None:
    settings.DEBUG = debug
    alice_api.client.raise_request_exception = False
    with caplog.at_level(logging.ERROR):
        answer = alice_api.get(broken)
    refused(answer, 500, "unexpected")
    for word in ("SELECT", "/srv", "secret", "Traceback", "RuntimeError"):
        assert word not in answer.content.decode()
    assert SECRET in caplog.text


def test_a_fault_of_ours_still_fails_a_test(broken: str, alice_api: Api) -> None:
    with pytest.raises(RuntimeError):
        alice_api.get(broken)


@pytest.mark.parametrize("debug", [True, False])
@pytest.mark.parametrize("path", ["/api/", "/api/v2/orders/", "/api/v1/families", "/api/v1/nothing/"])
@pytest.mark.parametrize("method", ["get", "post", "delete"])
def test_an_address_that_is_none_is_a_problem_document(
    path: str, method: str, debug: bool, settings: Any
) -> None:
    settings.DEBUG = debug
    client = Client(enforce_csrf_checks=True)
    refused(getattr(client, method)(path), 404, "not-found")


def test_another_host_name_is_a_problem_document(client: Client, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["shop.example.org"]
    answer = client.get("/api/v1/families/", headers={"Host": "evil.example.org"})
    refused(answer, 400, "bad-request")
    assert b"evil" not in answer.content


def cut_off() -> None:
    """Ends our connection at the server, as a restart of it would."""
    connection.ensure_connection()
    assert connection.connection is not None
    pid = connection.connection.info.backend_pid
    with psycopg.connect(**connection.get_connection_params() | {"cursor_factory": None}) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])


@pytest.mark.django_db(transaction=True)
def test_a_lost_database_is_told_with_the_time_to_come_back(badge: Version, alice_api: Api) -> None:
    cut_off()
    try:
        answer = alice_api.get("families/")
    finally:
        connection.close()
    refused(answer, 503, "temporarily-unavailable")
    assert int(answer["Retry-After"]) > 0
    assert alice_api.get("families/").status_code == 200


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("debug", [True, False])
def test_a_lost_database_is_a_page_for_a_shopper(badge: Version, settings: Any, debug: bool) -> None:
    settings.DEBUG = debug
    cut_off()
    try:
        answer = Client().get("/")
    finally:
        connection.close()
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert b"One moment" in answer.content
    assert b"terminat" not in answer.content


@pytest.mark.django_db(transaction=True)
def test_a_lost_database_while_the_session_is_kept_is_told_too(badge: Version) -> None:
    """There the exception rises in a middleware, where no view can answer."""
    guest = Client(raise_request_exception=False)
    guest.get("/make/badge/", follow=True)
    cut_off()
    try:
        answer = guest.get("/api/v1/cart/")
    finally:
        connection.close()
    refused(answer, 503, "temporarily-unavailable")


def test_looking_makes_no_session(badge: Version) -> None:
    visitor = Client()
    assert visitor.get("/api/v1/orders/").json()["results"] == []
    assert "sessionid" not in visitor.cookies


@pytest.mark.django_db
def test_every_code_has_a_page(client: Client) -> None:
    listed = client.get("/api/v1/problems/").json()
    assert {row["code"] for row in listed} == {row.code for row in problems.TABLE.values()} | {"unexpected"}
    for row in listed:
        assert client.get(f"/api/v1/problems/{row['code']}").json() == row


@pytest.mark.django_db
def test_a_code_that_is_none_is_not_found(client: Client) -> None:
    refused(client.get("/api/v1/problems/nonsense"), 404, "not-found")


def test_rules_that_are_too_hard_are_a_refusal_and_no_fault() -> None:
    refusal = problems.refusal_of(Undecided())
    assert refusal is not None and (refusal.status, refusal.code) == (422, "undecided")


@pytest.mark.django_db
def test_a_nul_character_in_an_address_is_refused(client: Client) -> None:
    assert client.get("/orders/ord_1/?key=%00").status_code == 400


@pytest.mark.django_db
def test_a_nul_character_in_a_form_is_refused(client: Client) -> None:
    assert client.post("/cart/add/", {"configuration": "cfg_\0"}).status_code == 400
