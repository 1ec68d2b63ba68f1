"""The jobs that make artwork, in processes of their own: killed, given up, and doing the same at once."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models.functions import Now
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from rest_framework.test import APIClient

from ledger import jobs, keys
from ledger.jobs import set_aside_exhausted
from ledger.models import MAX_ATTEMPTS, Job
from orders.models import Line
from production import facts, gate, planning
from production.models import LineFile, Piece
from tests.processes import at_once
from tests.production import day

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ada(
    transactional_db: None, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[User]:
    """A shopper whose lines wait for their files: no worker runs."""
    settings.MEDIA_ROOT = tmp_path / "media"
    monkeypatch.setattr(day, "run_jobs", lambda kind: None)
    day.open_workshop()
    yield User.objects.create_user("ada")


def killed(*arguments: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def work_until_done() -> int:
    """A worker's day: whatever is to be had, until nothing is left; how many jobs this one finished."""
    done = 0
    while Job.objects.filter(kind=gate.JOB_KIND).unfinished().exists():
        for job in Job.objects.filter(kind=gate.JOB_KIND).claimable():
            done += jobs.run(job.pk)
        time.sleep(0.02)
    return done


def given_up(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every worker that makes the line's file is killed; the relay finds that out."""
    job = Job.objects.get(kind=gate.JOB_KIND)
    with monkeypatch.context() as patched:
        patched.setattr(gate, "compare", killed)
        for _ in range(MAX_ATTEMPTS):
            assert at_once(partial(jobs.run, job.pk)) == [None]
            # The dead worker's lease, over.
            Job.objects.filter(pk=job.pk).update(lease_until=Now() - timedelta(seconds=1))
    assert set_aside_exhausted() == [job.pk]


def test_a_line_whose_workers_were_all_killed_says_so_and_goes_on_at_one_click(
    ada: User, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = day.order("walnut-sign", owner=ada, line1="Anna").lines.get()
    given_up(line, monkeypatch)
    (file,) = LineFile.objects.filter(line=line)
    assert file.state == "stopped"
    assert "tried 5 times" in file.reason
    assert "The worker was lost during attempt 5." in file.reason

    computed = planning.compute(actor="user:bob", now=timezone.now())
    assert [row.code for row in computed.proposal.unplanned] == ["waits"]
    assert not Piece.objects.filter(run__isnull=False).exists()

    client.force_login(User.objects.create_superuser("bob"))
    for page in (reverse("staff-order", args=[line.order_id]), reverse("queue"), reverse("staff-home")):
        assert "never came to an end" in client.get(page).content.decode()
    client.post(reverse("staff-line-again", args=[line.pk]))
    assert at_once(work_until_done) == [1]
    assert LineFile.objects.get(line=line).state == "ready"
    assert all(not unit.waits for unit in facts.waiting(facts.units_of([(1, line.pk, 1)])).values())


def test_programs_see_a_line_that_was_given_up_and_have_it_made_again(ada: User) -> None:
    line = day.order("walnut-sign", owner=ada, line1="Anna").lines.get()
    with transaction.atomic():
        gate.give_up(line=line, tries=5, error="MemoryError", now=timezone.now())
    bob = User.objects.create_superuser("bob")
    _, secret = keys.issue(
        name="test",
        owner=bob,
        scopes=["production:read", "production:write"],
        expires_at=None,
        actor="user:bob",
        now=timezone.now(),
    )
    api = APIClient(headers={"authorization": f"Bearer {secret}"})
    (stopped,) = api.get("/api/v1/line-files/", {"state": "stopped"}).json()["results"]
    assert stopped["line"] == line.pk
    assert "MemoryError" in stopped["reason"]
    assert api.post(f"/api/v1/lines/{line.pk}/again/").status_code == 202
    assert api.get("/api/v1/line-files/", {"state": "stopped"}).json()["results"] == []


def test_a_file_that_is_there_stays_when_a_later_job_is_given_up(ada: User) -> None:
    line = day.order("walnut-sign", owner=ada, line1="Anna").lines.get()
    assert at_once(work_until_done) == [1]
    with transaction.atomic():
        gate.give_up(line=line, tries=5, error="", now=timezone.now())
    assert LineFile.objects.get(line=line).state == "ready"


def counted(make: Callable[..., Any], into: Path) -> Callable[..., Any]:
    def counting(*arguments: Any, **named: Any) -> Any:
        with into.open("a") as file:
            file.write("made\n")
        return make(*arguments, **named)

    return counting


def test_ten_equal_lines_are_made_once_by_two_workers(
    ada: User, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for pieces in range(1, 11):
        day.order("enamel-mug", owner=ada, quantity=pieces)
    made = tmp_path / "made"
    monkeypatch.setattr(gate, "production_file", counted(gate.production_file, made))
    assert sum(at_once(work_until_done, work_until_done)) == 10
    files = LineFile.objects.filter(state="ready", format="png")
    assert (files.count(), files.values("sha256").distinct().count()) == (10, 1)
    assert made.read_text().count("made") == 1


def test_a_file_that_is_lost_is_made_anew_for_the_next_line(ada: User, settings: Any) -> None:
    day.order("walnut-sign", owner=ada, line1="Anna")
    assert at_once(work_until_done) == [1]
    path = Path(settings.MEDIA_ROOT) / LineFile.objects.get().path
    path.write_bytes(b"<svg/>")
    day.order("walnut-sign", owner=ada, quantity=2, line1="Anna")
    assert at_once(work_until_done) == [1]
    assert path.stat().st_size > 100
    assert LineFile.objects.filter(state="ready").count() == 2
