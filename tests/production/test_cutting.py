"""What stands on the ticket of whoever cuts: each part's size, how often, and where it lies."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User

from configurator import catalogue, profiles
from production.cutting import cut_list
from production.files import ticket_of
from production.models import Run
from tests.production.day import open_workshop, order, plan_now

FAMILIES = Path(profiles.__file__).parent / "families"


@pytest.fixture
def runs(db: None, settings: Any, tmp_path: Path) -> dict[str, Run]:
    """A run that saws two shelves, and one that engraves a sign, by their work centres."""
    settings.MEDIA_ROOT = tmp_path
    open_workshop()
    source = (FAMILIES / "shelf.yaml").read_text(encoding="utf-8")
    catalogue.publish(source=source, filename="shelf.yaml", actor="system:test", now=datetime.now(UTC))
    ada = User.objects.create_user("ada")
    order("shelf", owner=ada, quantity=2, width=760, height=1480, boards=5, material="walnut")
    order("walnut-sign", owner=ada)
    plan_now()
    return {run.key["work_centre"]: run for run in Run.objects.all()}


def test_the_saw_gets_a_list_of_what_to_cut(runs: dict[str, Run]) -> None:
    (table,) = cut_list(runs["saw"])
    cut = {row[1]: row[2:4] for row in table.rows}
    assert cut == {
        "Side": ("1480 × 280", "4"),
        "Board": ("724 × 280", "10"),
        "Rail": ("724 × 80", "4"),
    }
    assert all(row[4] for row in table.rows)
    assert table in ticket_of(runs["saw"]).tables


def test_parts_with_artwork_are_in_no_cut_list(runs: dict[str, Run]) -> None:
    assert cut_list(runs["laser"]) == ()
