"""The stretch of time that a page shows follows from its address, and every link keeps what was asked."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.http import QueryDict
from hypothesis import example, given
from hypothesis.strategies import datetimes, integers, just

from production.views.window import ZOOMS, Window, fitting, window_of

NOW = datetime(2026, 3, 4, 9, 47, tzinfo=UTC)
ZONE = ZoneInfo("Europe/Amsterdam")


def window(query: str = "", usual: str = "week") -> Window:
    return window_of(QueryDict(query), now=NOW, zone=ZONE, usual=usual)


def test_a_week_begins_at_midnight_of_the_workshop() -> None:
    assert window().start == datetime(2026, 3, 3, 23, tzinfo=UTC)
    assert window().end - window().start == timedelta(days=7)


def test_a_shift_begins_a_little_before_now() -> None:
    assert window("zoom=shift").start == datetime(2026, 3, 4, 9, tzinfo=UTC)


@pytest.mark.parametrize("query", ["zoom=century", "from=yesterday", "from=99999-01-01", "from=1000-01-01"])
def test_what_cannot_be_read_is_as_usual(query: str) -> None:
    assert (window(query).zoom, window(query).start) == ("week", window().start)


@pytest.mark.parametrize("zoom", ZOOMS)
def test_later_and_then_earlier_leads_back(zoom: str) -> None:
    there = window(f"zoom={zoom}&from=2026-03-27T08:00")
    back = window(window(there.later[1:]).earlier[1:])
    assert (back.start, back.zoom) == (there.start, zoom)


def test_a_week_over_a_change_of_the_clocks_begins_and_ends_at_midnight() -> None:
    week = window("zoom=week&from=2026-03-26")
    assert (week.start.hour, week.end.hour) == (0, 0)


def test_links_keep_the_filter_and_drop_the_page() -> None:
    for link in (window("centre=laser&page=3").later, window("centre=laser&page=3").zooms[0][1]):
        assert "centre=laser" in link and "page" not in link


@pytest.mark.parametrize(
    ("ahead", "zoom"),
    [(None, "shift"), (3, "shift"), (20, "day"), (90, "week"), (300, "month"), (2000, "month")],
)
def test_a_first_look_is_as_close_as_the_next_work_allows(ahead: int | None, zoom: str) -> None:
    last = None if ahead is None else NOW + timedelta(hours=ahead)
    assert fitting(now=NOW, last=last, zone=ZONE) == zoom


@given(
    now=datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1), timezones=just(UTC)),
    ahead=integers(0, 33 * 24 * 60).map(lambda minutes: timedelta(minutes=minutes)),
)
@example(now=datetime(2026, 11, 22, 20, 25, tzinfo=UTC), ahead=timedelta(hours=8, minutes=50))
def test_a_first_look_reaches_the_next_work_at_any_hour(now: datetime, ahead: timedelta) -> None:
    usual = fitting(now=now, last=now + ahead, zone=ZONE)
    first = window_of(QueryDict(), now=now, zone=ZONE, usual=usual)
    assert first.start <= now and now + ahead <= first.end
