"""The gate before a run: files are made, read back and compared; what does not agree stops only its line."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.contrib.auth.models import User
from django.core.files.storage import default_storage
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from benchmarks.artwork.press import press_profile
from configurator.engine.rendering import production
from ledger import jobs
from ledger.models import Job
from orders.models import Line, Order
from production import facts, gate, planning, review
from production.models import LineFile, Piece, Run
from tests.production.day import open_workshop, order, plan_now, run_jobs

Patch = pytest.MonkeyPatch


@pytest.fixture
def ada(db: None, settings: Any, tmp_path: Path) -> Iterator[User]:
    settings.MEDIA_ROOT = tmp_path / "media"
    open_workshop()
    yield User.objects.create_user("ada")


def tampered(monkeypatch: Patch) -> None:
    """Files come out with one line missing, as if the writer had forgotten it."""
    write = gate.production_file

    def forgetful(scene: Any, profile: Any, assets: Any = None, **said: Any) -> production.ProductionFile:
        items = scene.items[:-1]
        return write(replace(scene, items=items), profile, assets, **said)

    monkeypatch.setattr(gate, "production_file", forgetful)


def whole(placed: Order) -> Line:
    """The line of an order, with what making its file needs."""
    return placed.lines.select_related("order", "design__version").get()


def test_a_line_gets_its_file_read_back(ada: User) -> None:
    line = order("walnut-sign", owner=ada, line1="Anna").lines.get()
    (file,) = LineFile.objects.filter(line=line)
    assert (file.state, file.format, file.scene) == ("ready", "svg", line.proof[0]["scene"])
    assert Path(default_storage.path(file.path)).read_bytes().startswith(b"<svg")


def test_making_a_file_twice_makes_it_once(ada: User) -> None:
    line = (
        order("walnut-sign", owner=ada, line1="Anna").lines.select_related("order", "design__version").get()
    )
    (file,) = LineFile.objects.filter(line=line)
    assert [each.path for each in gate.make(line=line)] == [file.path]
    gate.note(line=line, made=gate.make(line=line), now=timezone.now())
    assert LineFile.objects.filter(line=line).count() == 1


def test_a_line_waits_until_its_file_is_there(ada: User) -> None:
    line = order("walnut-sign", owner=ada, line1="Anna").lines.get()
    LineFile.objects.all().delete()
    plan = plan_now()
    assert [(row["line"], row["code"]) for row in plan.unplanned] == [(line.pk, "waits")]
    assert "being made" in plan.unplanned[0]["text"]


def test_a_planted_mismatch_stops_only_its_line(ada: User, monkeypatch: Patch) -> None:
    good = order("walnut-sign", owner=ada, quantity=2, line1="Anna").lines.get()
    with monkeypatch.context() as patched:
        tampered(patched)
        bad = order("walnut-sign", owner=ada, line1="Berta").lines.get()
    plan = plan_now()
    assert set(Piece.objects.filter(run__isnull=False).values_list("line", flat=True)) == {good.pk}
    ((stopped, text),) = [(row["line"], row["text"]) for row in plan.unplanned]
    assert stopped == bad.pk
    assert "does not match" in text


def test_a_stopped_line_goes_on_once_its_file_is_made_again(ada: User, monkeypatch: Patch) -> None:
    with monkeypatch.context() as patched:
        tampered(patched)
        line = order("walnut-sign", owner=ada, line1="Berta").lines.get()
    job = gate.make_again(line=line, actor="user:bob", now=timezone.now())
    assert jobs.run(job.pk)
    assert plan_now().unplanned == []
    assert Piece.objects.get(line=line).run is not None


def test_artwork_that_is_not_what_was_approved_stops_its_line(ada: User) -> None:
    line = (
        order("walnut-sign", owner=ada, line1="Anna").lines.select_related("order", "design__version").get()
    )
    line.proof[0]["scene"] = "0" * 64
    (made,) = gate.make(line=line)
    assert "differently from what was approved" in made.reason


def test_a_run_with_a_changed_file_is_not_released(ada: User) -> None:
    order("walnut-sign", owner=ada, line1="Anna")
    plan_now()
    file = LineFile.objects.get()
    Path(default_storage.path(file.path)).write_bytes(b"<svg/>")
    with pytest.raises(review.ReviewRefused, match="changed or lost"):
        review.release(run=Run.objects.get(), actor="user:bob", now=timezone.now())


def test_a_worker_killed_while_making_a_file_harms_nothing(ada: User, monkeypatch: Patch) -> None:
    class Killed(BaseException):
        pass

    def killed(*arguments: Any) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(gate, "compare", killed)
        with pytest.raises(Killed):
            order("walnut-sign", owner=ada, line1="Anna")
    assert not LineFile.objects.exists()
    job = Job.objects.get(kind=gate.JOB_KIND)
    Job.objects.filter(pk=job.pk).update(run_after=None)
    assert jobs.run(job.pk)
    assert LineFile.objects.get().state == "ready"


@pytest.mark.parametrize("pieces", [10, 1000])
def test_waiting_costs_two_queries_however_many_pieces(
    ada: User, pieces: int, django_assert_num_queries: Any
) -> None:
    line = order("walnut-sign", owner=ada, quantity=10, line1="Anna").lines.get()
    units = facts.units_of([(number, line.pk, number) for number in range(1, pieces + 1)])
    with django_assert_num_queries(2):
        assert not any(unit.waits for unit in facts.waiting(units).values())


def test_staff_see_why_a_line_is_stopped_and_have_its_file_made_again(
    ada: User, monkeypatch: Patch, client: Client
) -> None:
    with monkeypatch.context() as patched:
        tampered(patched)
        line = order("walnut-sign", owner=ada, line1="Berta").lines.get()
    client.force_login(User.objects.create_superuser("bob"))
    page = client.get(reverse("staff-order", args=[line.order_id])).content.decode()
    assert "Stopped before production" in page
    assert "does not match what was approved" in page
    client.post(reverse("staff-line-again", args=[line.pk]))
    assert Job.objects.filter(kind=gate.JOB_KIND, state="queued", payload__line=line.pk).exists()


def test_a_line_without_artwork_needs_no_file(ada: User) -> None:
    line = order("walnut-sign", owner=ada, line1="Anna").lines.get()
    Line.objects.filter(pk=line.pk).update(proof=[])
    line.refresh_from_db()
    with pytest.raises(gate.NothingToMake):
        gate.make_again(line=line, actor="user:bob", now=timezone.now())
    LineFile.objects.all().delete()
    assert planning.compute(actor="user:bob", now=timezone.now()).proposal.unplanned == ()


def test_a_printed_sheet_is_put_together_from_the_files_that_were_checked(ada: User) -> None:
    order("enamel-mug", owner=ada, quantity=2)
    plan_now()
    run = Run.objects.get()
    review.release(run=run, actor="user:bob", now=timezone.now())
    run_jobs("production.files")
    file = run.files.get(kind="png")
    own = np.asarray(Image.open(default_storage.path(LineFile.objects.get().path)).convert("RGBA"))
    with Image.open(default_storage.path(file.path)) as opened:
        sheet = np.asarray(opened.convert("RGBA"))
    for placement in run.sheets.get().placements.all():
        turned = np.rot90(own, -1) if placement.rotated else own
        middle = placement.x_um + placement.width_um / 2, placement.y_um + placement.height_um / 2
        left = round(middle[0] * 300 / 25_400 - turned.shape[1] / 2)
        top = round((run.sheets.get().height_um - middle[1]) * 300 / 25_400 - len(turned) / 2)
        # Bleed of 2 mm may end a pixel earlier, where the neighbour's begins.
        seen = sheet[top : top + len(turned), left : left + turned.shape[1]]
        assert (seen[24:-24, 24:-24] == turned[24:-24, 24:-24]).all()


def test_staff_see_on_the_line_and_in_the_queue_what_machines_say_of_it(ada: User, client: Client) -> None:
    line = order("walnut-sign", owner=ada, font="script", letter_height=20, line1="Berta").lines.get()
    client.force_login(User.objects.create_superuser("bob"))
    for address in (reverse("staff-order", args=[line.order_id]), reverse("queue")):
        page = client.get(address).content.decode()
        assert "Please check" in page
        assert "Hairlines of this are" in page
        assert "stroke-too-thin" in page


def test_staff_see_what_differs_and_where(ada: User, monkeypatch: Patch, client: Client) -> None:
    with monkeypatch.context() as patched:
        tampered(patched)
        line = order("walnut-sign", owner=ada, line1="Berta").lines.get()
    client.force_login(User.objects.create_superuser("bob"))
    page = client.get(reverse("staff-order", args=[line.order_id])).content.decode()
    found = LineFile.objects.get(line=line).mismatches
    told = [(each["code"], each["element"], each["message"]) for each in found]
    assert len(set(told)) == len(told), "once for all formats of the machine"
    code = found[0]["code"]
    assert "Differs" in page
    assert code in page
    queue = client.get(reverse("queue")).content.decode()
    assert "does not match what was approved" in queue
    assert 'badge-bad">stopped<' in queue
    start = client.get(reverse("staff-home")).content.decode()
    assert "1 line stopped before production" in start


def machine_that_takes(format: str, monkeypatch: Patch, **said: Any) -> None:
    """The mugs' machine takes only this."""
    real = gate.profile_for
    monkeypatch.setattr(
        gate, "profile_for", lambda process: replace(real(process), formats=(format,), **said)
    )


def test_a_file_of_inks_is_read_back_with_the_press_it_is_for(
    ada: User, monkeypatch: Patch, tmp_path: Path
) -> None:
    (tmp_path / "press.icc").write_bytes(press_profile())
    machine_that_takes("tiff", monkeypatch, icc=tmp_path / "press.icc")
    line = order("enamel-mug", owner=ada).lines.get()
    file = LineFile.objects.get(line=line)
    assert (file.state, file.format, file.reason) == ("ready", "tiff", "")


def test_inks_without_a_press_stop_the_line_and_say_what_to_do(ada: User, monkeypatch: Patch) -> None:
    machine_that_takes("tiff", monkeypatch)
    file = LineFile.objects.get(line=order("enamel-mug", owner=ada).lines.get())
    assert file.state == "stopped"
    assert "no CMYK profile" in file.reason


def test_a_machine_that_also_takes_inks_needs_no_press(ada: User, monkeypatch: Patch) -> None:
    real = gate.profile_for
    monkeypatch.setattr(gate, "profile_for", lambda process: replace(real(process), formats=("png", "tiff")))
    file = LineFile.objects.get(line=order("enamel-mug", owner=ada).lines.get())
    assert (file.state, list(file.kept)) == ("ready", ["png"])


def test_a_work_order_names_its_line_and_is_read_back(ada: User, monkeypatch: Patch) -> None:
    machine_that_takes("work-order", monkeypatch)
    line = order("enamel-mug", owner=ada).lines.get()
    file = LineFile.objects.get(line=line)
    assert file.state == "ready"
    assert line.order.number in Path(default_storage.path(file.path)).read_text()
