"""The admin: entries and jobs can be read, keys issued and revoked, nothing else."""

from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.test import Client

from ledger.entries import record
from ledger.jobs import request
from ledger.keys import authenticate
from ledger.models import ApiKey, Entry, Job

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


@pytest.fixture
def root(db: None) -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("root", "root@example.org", "x"))
    return client


@pytest.fixture
def job(db: None) -> Job:
    return request(kind="count", payload={"n": 1}, key="plan:1", now=NOW)


@pytest.fixture
def entry(db: None) -> Entry:
    with transaction.atomic():
        return record(stream="order:1", kind="order.placed", actor="user:alice", data={"total": "1"}, now=NOW)


def test_entries_and_jobs_can_be_read(root: Client, entry: Entry, job: Job) -> None:
    for page, word in (
        ("entry/", "order:1"),
        (f"entry/{entry.pk}/change/", "order.placed"),
        ("job/", "plan:1"),
        (f"job/{job.pk}/change/", "plan:1"),
    ):
        answer = root.get(f"/admin/ledger/{page}")
        assert answer.status_code == 200 and word in answer.content.decode(), page


@pytest.mark.parametrize("model", ["entry", "job"])
def test_nothing_is_added_by_hand(root: Client, model: str) -> None:
    assert root.get(f"/admin/ledger/{model}/add/").status_code == 403


def test_an_entry_is_not_changed_or_deleted_by_hand(root: Client, entry: Entry) -> None:
    assert root.post(f"/admin/ledger/entry/{entry.pk}/change/", {"actor": "x"}).status_code == 403
    assert root.post(f"/admin/ledger/entry/{entry.pk}/delete/", {"post": "yes"}).status_code == 403


def test_a_dead_job_is_run_again_from_the_list(root: Client, job: Job) -> None:
    Job.objects.update(state="dead")
    answer = root.post(
        "/admin/ledger/job/", {"action": "run_again", "_selected_action": [job.pk]}, follow=True
    )
    assert "waits for a worker again" in answer.content.decode()
    job.refresh_from_db()
    assert job.state == Job.State.QUEUED
    assert Entry.objects.of(f"job:{job.pk}").get().actor == "user:root"


def test_a_key_is_issued_and_its_secret_shown_once(root: Client) -> None:
    told = {"name": "screen", "owner": User.objects.get().pk, "scopes": ["orders:read"]}
    answer = root.post("/admin/ledger/apikey/add/", told, follow=True)
    secret = answer.content.decode().split("<code>")[1].split("</code>")[0]
    key = authenticate(secret)
    assert key is not None and key.scopes == ["orders:read"]
    assert secret not in root.get("/admin/ledger/apikey/").content.decode()


def test_a_key_that_cannot_be_issued_says_why(root: Client) -> None:
    told = {"name": "screen", "owner": User.objects.get().pk, "scopes": ["orders:read"]}
    answer = root.post(
        "/admin/ledger/apikey/add/", {**told, "expires_at_0": "2020-01-01", "expires_at_1": "0:00"}
    )
    assert "would have expired already" in answer.content.decode() and not ApiKey.objects.exists()


def test_a_key_is_revoked_from_the_list(root: Client) -> None:
    told = {"name": "screen", "owner": User.objects.get().pk, "scopes": ["orders:read"]}
    root.post("/admin/ledger/apikey/add/", told)
    key = ApiKey.objects.get()
    root.post("/admin/ledger/apikey/", {"action": "revoke", "_selected_action": [key.pk]})
    key.refresh_from_db()
    assert key.revoked_at is not None
