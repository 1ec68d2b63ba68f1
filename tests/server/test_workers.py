"""The workers of `up` with a real broker: which of them does what."""

from pathlib import Path

import pytest
from django.utils import timezone

from ledger.models import Job
from ledger.requesting import request
from production import files, wishes
from server import children
from server.embedded import process
from tests.processes import background

SECONDS = 60.0  # for everything that waits: nobody waits longer than it takes


@pytest.mark.django_db(transaction=True)
def test_a_repair_waits_behind_no_files_and_no_plans(tmp_path: Path) -> None:
    now = timezone.now()
    behind = [
        request(kind=files.JOB_KIND, payload={"run": "none"}, key="file", now=now),
        wishes.request_proposal(actor="bob", now=now),
    ]
    repair = wishes.request_repair(actor="bob", now=now, at_once=True)
    with background(tmp_path, children.standby):  # alone, as where the other worker is at files and plans

        def done() -> bool:
            return Job.objects.filter(pk=repair.pk, state=Job.State.DONE).exists()

        assert process.wait_until(done, seconds=SECONDS), process.tail(tmp_path / "log" / "standby.log", 40)
    assert {Job.objects.get(pk=each.pk).attempts for each in behind} == {0}
