"""Load against capacity: a bar for each work centre and day or week, and where it is tight."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from production.views.access import staff_only
from production.workload import STEPS, Bucket, CentreLoad, Workload, edges_of, workload

COUNTS = {"day": 14, "week": 12}
TALL = 36  # pixels of a full bar


@dataclass(frozen=True)
class Cell:
    """A day or week of a work centre; heights in pixels of ``TALL``."""

    bucket: Bucket
    percent: int
    said: str
    setup: int
    work: int

    @property
    def top(self) -> int:
        return TALL - self.setup - self.work

    @property
    def floor(self) -> int:
        """Where the work begins, below the set-up."""
        return TALL - self.work

    @property
    def tight(self) -> str:
        if self.bucket.permille > 1000:
            return "over"
        return "tight" if self.bucket.permille >= 900 else ""


@dataclass(frozen=True)
class Shown:
    centre: CentreLoad
    cells: tuple[Cell, ...]
    backlog: str
    whole: int
    bottleneck: bool


@staff_only()
def load(request: HttpRequest) -> HttpResponse:
    """A constant number of queries, whatever is planned."""
    now = timezone.now()
    zone = ZoneInfo(settings.WORKSHOP_ZONE)
    step = request.GET.get("step", "")
    step = step if step in STEPS else "day"
    start = _asked(request.GET.get("from", ""), now.astimezone(zone).date())
    edges = edges_of(
        datetime(start.year, start.month, start.day, 12, tzinfo=zone),
        step=step,
        count=COUNTS[step],
        zone=zone,
    )
    found = workload(edges=edges, now=now)
    back, on = (edges[0] - (edges[-1] - edges[0]), edges[-1])
    return render(
        request,
        "staff/load.html",
        {
            "step": step,
            "steps": [(name, "?" + urlencode({"step": name})) for name in STEPS],
            "days": edges[:-1],
            "last_day": edges[-1] - timedelta(days=1),
            "rows": rows_of(found),
            "found": found,
            "tall": TALL,
            "earlier": "?" + urlencode({"step": step, "from": back.date().isoformat()}),
            "later": "?" + urlencode({"step": step, "from": on.date().isoformat()}),
            "today": "?" + urlencode({"step": step}),
        },
    )


def _asked(text: str, today: date) -> date:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return today
    return found if 2000 <= found.year <= 2400 else today


def rows_of(found: Workload) -> list[Shown]:
    return [
        Shown(
            centre=centre,
            cells=tuple(_cell(bucket) for bucket in centre.buckets),
            backlog=hours(centre.backlog) if centre.backlog else "",
            whole=round(centre.until_last.permille / 10),
            bottleneck=centre is found.bottleneck,
        )
        for centre in found.centres
    ]


def _cell(bucket: Bucket) -> Cell:
    whole = max(bucket.working, bucket.planned, 1)
    said = f"{hours(bucket.planned)} of {hours(bucket.working)}, set-up {hours(bucket.setup)}"
    if bucket.overtime:
        said += f", overtime {hours(bucket.extra)} of {hours(bucket.overtime)}"
    return Cell(
        bucket=bucket,
        percent=round(bucket.permille / 10),
        said=said,
        setup=round(bucket.setup * TALL / whole),
        work=round(bucket.work * TALL / whole),
    )


def hours(seconds: int) -> str:
    """A load as people say it: "45 min", "7.5 h"."""
    return f"{seconds / 3600:.1f} h" if seconds >= 3600 else f"{round(seconds / 60)} min"
