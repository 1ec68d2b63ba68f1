"""Rules that no solver decides in the time a shopper waits, at every door: told, never guessed, never stored,
and nobody is held up for longer than the budget."""

from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.core.management import CommandError, call_command
from django.test import Client

from configurator import auditing, catalogue, drafts, validations
from configurator.engine import domains
from configurator.engine.allowance import turn
from configurator.engine.recent import Recent
from configurator.models import Draft, Version
from ledger import jobs
from ledger.models import Job
from server import patience
from tests.api.conftest import Api, contents, done, refused
from tests.hard_families import pigeons
from tests.shops import NOW

TOO_HARD = "The rules are too hard"


@pytest.fixture(autouse=True)
def _little_time(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A twentieth of the time, which is far too little all the same; nothing undecided is remembered."""
    monkeypatch.setattr(domains, "SECONDS", 0.05)
    for memory in ("_shelf", "_tried"):
        monkeypatch.setattr(catalogue, memory, Recent(4))
    yield


@pytest.fixture
def crowd(db: None, settings: Any) -> Version:
    """On sale: easy as it comes, hard as soon as the switch is on."""
    settings.PROMISER = "tests.shops.InTwoDays"
    return catalogue.publish(
        source=pigeons(when="crowd"), filename="pigeons.yaml", actor="system:test", now=NOW
    )


@pytest.fixture
def author(db: None) -> Client:
    iris = User.objects.create_user("iris", "iris@example.org", "x", is_staff=True)
    iris.groups.add(Group.objects.get_or_create(name="author")[0])
    client = Client()
    client.force_login(iris)
    return client


def everything() -> list[Any]:
    return contents("ledger", "configurator", "orders", "production")


# --- publishing


def test_a_family_too_hard_to_tell_is_not_published(db: None) -> None:
    before = everything()
    with pytest.raises(catalogue.NotPublishable, match=TOO_HARD):
        catalogue.publish(source=pigeons(), filename="pigeons.yaml", actor="system:test", now=NOW)
    assert everything() == before


def test_the_command_says_that_a_family_is_too_hard(db: None, tmp_path: Path) -> None:
    path, before = tmp_path / "pigeons.yaml", everything()
    path.write_text(pigeons(), encoding="utf-8")
    with pytest.raises(CommandError, match=TOO_HARD):
        call_command("publish", str(path), stdout=StringIO())
    assert everything() == before


def test_the_authors_page_says_that_a_draft_is_too_hard(author: Client) -> None:
    draft = drafts.create(code="pigeons", name="Pigeons", actor="user:iris", now=NOW)
    page = "/staff/products/pigeons/"
    answer = author.post(
        page, {"do": "publish", "source": pigeons(), "revision": draft.revision}, follow=True
    )
    assert answer.status_code in (200, 400, 409, 422)
    assert TOO_HARD in answer.content.decode()
    assert not Version.objects.exists()
    assert Draft.objects.exists()


def test_trying_a_hard_draft_out_tells_so(author: Client) -> None:
    drafts.create(code="pigeons", name="Pigeons", actor="user:iris", now=NOW)
    author.post("/staff/products/pigeons/", {"do": "save", "source": pigeons(), "revision": 1})
    answer = author.get("/staff/products/pigeons/", {"pane": "try"})
    assert answer.status_code < 500
    assert "too hard" in answer.content.decode()


def test_the_audit_of_a_hard_draft_ends_and_tells_what_it_left(author: Client) -> None:
    drafts.create(code="pigeons", name="Pigeons", actor="user:iris", now=NOW)
    author.post("/staff/products/pigeons/", {"do": "save", "source": pigeons(), "revision": 1})
    job = Job.objects.filter(kind=auditing.JOB_KIND).latest("pk")
    assert jobs.run(job.pk)
    report = auditing.AuditReport.objects.latest("checked_at")
    assert any(TOO_HARD in finding["sentence"] for finding in report.findings)


# --- in the shop


def test_a_value_that_is_not_decided_is_unknown_and_not_taken(crowd: Version, alice_api: Api) -> None:
    started = alice_api.started("pigeons")
    values = started["options"]["crowd"]["values"]
    states = {code: value["state"] if isinstance(value, dict) else value for code, value in values.items()}
    assert states["no"] == "possible"
    assert states["yes"] == "unknown"
    path, before = f"configurations/{started['id']}/", everything()
    refused(alice_api.patch(path, {"choices": {"crowd": "yes"}}), 422, "undecided")
    refused(alice_api.post(f"{path}explain/", {"option": "crowd", "value": "yes"}), 422, "undecided")
    refused(alice_api.post(f"{path}repair/", {"option": "crowd", "value": "yes"}), 422, "undecided")
    assert everything() == before


def test_the_page_marks_what_is_not_decided_and_a_click_on_it_changes_nothing(
    crowd: Version, client: Client
) -> None:
    page = client.get("/make/pigeons/", follow=True)
    assert "checked when chosen" in page.content.decode()
    address, before = page.request["PATH_INFO"], everything()
    answer = client.post(address, {"o-crowd": "yes", "quantity": "1"})
    assert answer.status_code == 409
    assert "too hard" in answer.content.decode()
    assert everything() == before


def test_a_row_that_is_not_decided_is_told_so_beside_the_others(crowd: Version, alice_api: Api) -> None:
    rows = [{"crowd": "yes"}, {"crowd": "no", "p0": "h0"}]
    answer = done(alice_api.post("families/pigeons/validations/", {"rows": rows}), 202)
    assert jobs.run(Job.objects.get(kind=validations.JOB_KIND).pk)
    results = done(alice_api.get(f"validations/{answer['id']}/results/"))["results"]
    assert [row["state"] for row in results] == ["undecided", "incomplete"]


# --- while others ask what is hard


@pytest.fixture
def held(crowd: Version) -> Iterator[None]:
    """Another thread holds the kernel of the family on sale, and a request waits a moment only."""
    kernel = catalogue.kernel_of(crowd)
    begun, over = Event(), Event()

    def hold() -> None:
        with turn(kernel._lock):
            begun.set()
            over.wait(60)

    other = Thread(target=hold)
    other.start()
    begun.wait(60)
    yield
    over.set()
    other.join()


def test_a_request_that_would_wait_for_others_is_told_to_ask_again(
    crowd: Version, alice_api: Api, client: Client, monkeypatch: pytest.MonkeyPatch, request: Any
) -> None:
    started = alice_api.started("pigeons")
    page = client.get("/make/pigeons/", follow=True).request["PATH_INFO"]
    monkeypatch.setattr(patience, "WAITING", 0.01)
    before = everything()
    request.getfixturevalue("held")
    answer = alice_api.patch(f"configurations/{started['id']}/", {"choices": {"p0": "h3"}})
    refused(answer, 503, "engine-busy")
    assert answer["Retry-After"] == "5"
    answer = client.post(page, {"o-p0": "h3", "quantity": "1"})
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert "Many questions came at once" in answer.content.decode()
    assert everything() == before
