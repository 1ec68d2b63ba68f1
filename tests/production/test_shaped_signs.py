"""Signs that are cut to a shape, from the order to the files of their sheet."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ezdxf
import pytest
import pytest_django
from django.contrib.auth.models import User
from django.core.files.storage import default_storage
from django.test import Client
from django.utils import timezone
from PIL import Image

from production import review
from production.models import LineFile, Placement, Run
from production.plans import certify_standing
from production.sheets import SheetStopped, planned
from tests.production.day import order, plan_now, run_jobs, workshop_with_files


@pytest.fixture(scope="module")
def day(
    django_db_setup: None,
    django_db_blocker: pytest_django.DjangoDbBlocker,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Path]:
    """Three oval signs and one like a house, planned together."""
    media = tmp_path_factory.mktemp("shapes")
    with workshop_with_files(django_db_blocker, media) as ada:
        common = {"owner": ada, "size": "s", "border": "none", "line2": "", "letter_height": 20}
        order("walnut-sign", quantity=3, shape="oval", line1="Ada", **common)
        order("walnut-sign", quantity=1, shape="house", line1="Bob", **common)
        plan_now()
        yield media


@pytest.fixture
def run(day: Path, db: None, settings: Any) -> Run:
    settings.MEDIA_ROOT = str(day)
    return Run.objects.get()


def test_parts_lie_with_their_outlines_and_the_plan_in_force_is_certified(run: Run) -> None:
    laid = list(Placement.objects.order_by("pk"))
    assert len(laid) == 4
    assert all(len(placement.outline) in (5, 48) for placement in laid)
    assert run.sheets.get().used_area < sum(p.width_um * p.height_um for p in laid)
    assert certify_standing(now=timezone.now()).breaches == ()


def test_files_of_the_sheet_cut_the_shapes_and_no_boxes(run: Run, client: Client) -> None:
    assert all(file.shape["own_contour"] == 1 for file in LineFile.objects.all())
    review.release(run=run, actor="user:bob", now=timezone.now())
    run_jobs("production.files")
    run.refresh_from_db()
    assert run.files_stopped == ""
    dxf = run.files.get(kind="dxf")
    drawing = ezdxf.readfile(default_storage.path(dxf.path))
    cuts = [each for each in drawing.modelspace() if each.dxf.layer == "Cut"]
    assert len(cuts) == 4
    # A house has five corners; an oval is followed in small steps. None of them is a box.
    sizes = sorted(len(list(each.get_points("xy"))) for each in cuts)
    assert sizes[0] < 12 < sizes[1]

    with Image.open(default_storage.path(run.files.get(kind="picture").path)) as picture:
        scale = picture.width / 600_000
        for placement in Placement.objects.all():
            top = 400_000 - placement.y_um - placement.height_um
            corner = (placement.x_um + 4_000) * scale, (top + 4_000) * scale
            middle = (placement.x_um + placement.width_um / 2) * scale, (top + 8_000) * scale
            assert min(picture.getpixel(tuple(map(round, corner)))) > 200  # the sheet, beside the shape
            assert max(picture.getpixel(tuple(map(round, middle)))) < 150  # wood

    client.force_login(User.objects.create_superuser("bob"))
    page = client.get(f"/staff/runs/{run.pk}/").content.decode()
    assert page.count("<polygon points=") == 4


def test_a_part_whose_file_lacks_its_outline_stops_the_sheet_or_is_drawn_as_it_is(run: Run) -> None:
    LineFile.objects.update(
        shape={"width": 200_000, "height": 120_000, "bleed": 0, "corner": 0, "own_contour": 0}
    )
    sheet = run.sheets.get()
    with pytest.raises(SheetStopped, match="has an outline that its file lacks"):
        planned(sheet)
    drawn = planned(sheet, awaited=True).plan.parts
    assert all(part.outline and not part.own_contour for part in drawn)
    left, top = drawn[0].box.left, drawn[0].box.top
    assert min(x for x, _ in drawn[0].outline) == left
    assert min(y for _, y in drawn[0].outline) == top
