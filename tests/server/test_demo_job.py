"""The demo's releases: what cannot be released is reported, the demo goes on."""

from collections.abc import Callable

import pytest
from django.utils import timezone

from ledger import jobs
from ledger.models import Job
from production.models import Material
from production.planning import JOB_KIND
from server.demo import job
from tests.production.workshop import line_writer, load_test_shop


@pytest.mark.django_db
def test_a_run_whose_material_went_meanwhile_is_kept_back_and_reported() -> None:
    load_test_shop()
    line_writer()(quantity=3)

    def work_and_lose_the_boxes(ended: Callable[[], bool], seconds: float) -> bool:
        for waiting in Job.objects.filter(kind=JOB_KIND, state=Job.State.QUEUED):
            assert jobs.run(waiting.pk)
        Material.objects.filter(pk="box").update(on_hand=1)
        return ended()

    made = job.make(now=timezone.now, wait=work_and_lose_the_boxes, say=lambda text: None)
    assert made.released == ()
    (kept_back,) = made.kept_back
    assert "box" in kept_back
