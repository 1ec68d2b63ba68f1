"""The files of a released run's sheets: made of checked files, whole or not at all, and made again."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_django
from django.contrib.auth.models import User
from django.core.files.storage import default_storage
from django.test import Client
from django.utils import timezone
from pypdf import PdfReader

from ledger import jobs
from ledger.files import write_under_hash
from ledger.models import Entry, Job
from production import files, review
from production.models import LineFile, Run
from production.sheets import SheetStopped, planned
from tests.production.day import order, plan_now, run_jobs, workshop_with_files

JOB = "production.files"


@pytest.fixture(scope="module")
def day(
    django_db_setup: None,
    django_db_blocker: pytest_django.DjangoDbBlocker,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Path]:
    """A sign of two pieces, planned; its files lie in a folder of this module."""
    media = tmp_path_factory.mktemp("sheets")
    with workshop_with_files(django_db_blocker, media) as ada:
        order("walnut-sign", owner=ada, quantity=2, line1="محمد علي")
        plan_now()
        yield media


@pytest.fixture
def run(day: Path, db: None, settings: Any) -> Run:
    settings.MEDIA_ROOT = str(day)
    return Run.objects.get()


def release(run: Run) -> Run:
    review.release(run=run, actor="user:bob", now=timezone.now())
    run_jobs(JOB)
    run.refresh_from_db()
    return run


def damage() -> tuple[Path, bytes]:
    """A kept file is changed on the disk; where, and what it was."""
    path = Path(default_storage.path(LineFile.objects.get().kept["dxf"]["path"]))
    data = path.read_bytes()
    path.write_bytes(data.replace(b"Engrave", b"Engrove"))
    return path, data


def test_parts_carry_their_names_and_the_numbers_of_their_places(run: Run) -> None:
    lies = planned(run.sheets.get())
    line = LineFile.objects.get().line
    assert [part.name for part in lies.plan.parts] == [
        f"{line.order.number}/1 #{index} · \u2068محمد علي\u2069" for index in (1, 2)
    ]
    places = run.sheets.get().placements.values_list("pk", flat=True)
    assert [part.code for part in lies.plan.parts] == [str(pk) for pk in places]
    assert lies.profile is not None and lies.profile.code == "engrave"


def test_a_sheet_is_read_in_a_constant_number_of_queries(
    run: Run, django_assert_max_num_queries: Any
) -> None:
    sheet = run.sheets.select_related("run", "material").get()
    with django_assert_max_num_queries(4):
        planned(sheet)


def test_a_sheet_that_cannot_be_put_together_stops_the_files_of_its_run(run: Run, client: Client) -> None:
    path, data = damage()
    try:
        release(run)
    finally:
        path.write_bytes(data)
    assert not run.files.exists()
    assert "Sheet 1: the file" in run.files_stopped and "changed or lost" in run.files_stopped
    assert Job.objects.get(kind=JOB).state == "done"
    assert Entry.objects.of(f"run:{run.pk}").filter(kind="files.stopped").count() == 1
    client.force_login(User.objects.create_superuser("bob"))
    page = client.get(f"/staff/runs/{run.pk}/").content.decode()
    assert "The floor gets no files" in page and "changed or lost" in page
    assert "Undo the release" in page
    start = client.get("/staff/").content.decode()
    assert "1 run without files for the floor" in start and "changed or lost" in start


def test_stopped_files_are_made_again_at_one_click(run: Run, client: Client) -> None:
    path, data = damage()
    release(run)
    path.write_bytes(data)
    client.force_login(User.objects.create_superuser("bob"))
    client.post(f"/staff/runs/{run.pk}/files/again/")
    run_jobs(JOB)
    run.refresh_from_db()
    assert run.files_stopped == ""
    assert set(run.files.values_list("kind", flat=True)) == {"ticket", "svg", "dxf", "picture"}


def test_files_that_are_not_stopped_are_not_made_again(run: Run) -> None:
    release(run)
    with pytest.raises(files.NothingToMakeAgain):
        files.make_again(run=run, actor="user:bob", now=timezone.now())


def test_a_job_that_stops_twice_stops_the_same(run: Run) -> None:
    path, data = damage()
    try:
        release(run)
        reason = run.files_stopped
        job = Job.objects.get(kind=JOB)
        Job.objects.filter(pk=job.pk).update(state="queued", finished_at=None)
        assert jobs.run(job.pk)
    finally:
        path.write_bytes(data)
    run.refresh_from_db()
    assert run.files_stopped == reason
    assert not run.files.exists()


def test_a_release_taken_back_forgets_what_stopped_its_files(run: Run) -> None:
    path, data = damage()
    try:
        release(run)
    finally:
        path.write_bytes(data)
    review.undo(run=run, actor="user:bob", now=timezone.now())
    run.refresh_from_db()
    assert run.files_stopped == ""


def test_a_sheet_of_a_line_that_was_stopped_meanwhile_says_so(run: Run) -> None:
    LineFile.objects.update(state="stopped", reason="The file does not match.")
    with pytest.raises(SheetStopped, match="is stopped: The file does not match"):
        planned(run.sheets.get())
    assert not any(part.artwork for part in planned(run.sheets.get(), awaited=True).plan.parts)


def test_a_sheet_for_two_machines_is_refused(run: Run) -> None:
    order("walnut-sign", owner=User.objects.get(username="ada"), line1="Bo")
    second = LineFile.objects.latest("pk")
    sheet = run.sheets.get()
    piece = sheet.placements.latest("pk").piece
    piece.line = second.line
    piece.save()
    LineFile.objects.filter(pk=second.pk).update(profile="dtf")
    with pytest.raises(SheetStopped, match=r"different machines \(dtf, engrave\)"):
        planned(sheet)


def test_what_found_no_room_stands_on_the_ticket(run: Run) -> None:
    said = files.ticket_of(run, {run.sheets.get().pk: ["No room for the code beside A-1/1 #1."]})
    assert ("Sheet 1", "No room for the code beside A-1/1 #1.") in said.facts


def test_the_ticket_is_a_readable_pdf(run: Run) -> None:
    release(run)
    ticket = run.files.get(kind="ticket")
    assert len(PdfReader(default_storage.path(ticket.path)).pages) >= 1


def test_a_file_that_fails_its_check_leaves_nothing_behind(tmp_path: Path) -> None:
    def refuse(path: Path) -> None:
        assert path.read_bytes() == b"half"
        raise ValueError("not this")

    with pytest.raises(ValueError, match="not this"):
        write_under_hash(tmp_path, "svg", lambda file: write(file, b"half"), refuse)
    assert list(tmp_path.rglob("*.*")) == []


def test_a_writer_that_dies_leaves_nothing_behind(tmp_path: Path) -> None:
    def die(file: io.IOBase) -> None:
        file.write(b"half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_under_hash(tmp_path, "svg", die)  # type: ignore[arg-type]
    assert list(tmp_path.rglob("*.*")) == []


def test_the_same_content_is_the_same_file(tmp_path: Path) -> None:
    one, again = (write_under_hash(tmp_path, "svg", lambda file: write(file, b"<svg/>")) for _ in range(2))
    assert one == again
    assert one[0].stem == one[1]


def write(file: Any, data: bytes) -> None:
    file.write(data)


def test_a_job_that_never_comes_to_an_end_says_so_on_its_run(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(**said: Any) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(files, "make", broken)
    review.release(run=run, actor="user:bob", now=timezone.now())
    job = Job.objects.get(kind=JOB)
    for _ in range(5):
        Job.objects.filter(pk=job.pk).update(run_after=None)
        jobs.run(job.pk)
    run.refresh_from_db()
    assert "tried 5 times" in run.files_stopped and "the disk is full" in run.files_stopped
