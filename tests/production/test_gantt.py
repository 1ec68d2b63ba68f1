"""The chart of the plan: time in which nothing can happen is folded, everything else is drawn to scale."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

import pytest

from production.gantt import FOLD, Bar, Row, folded, gantt

MONDAY = datetime(2026, 3, 2, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
END = MONDAY + 48 * HOUR
NIGHTS = tuple((MONDAY + a * HOUR, MONDAY + b * HOUR) for a, b in ((0, 6), (22, 30), (46, 48)))
LASER = Row("laser", "Laser", "Lasers", NIGHTS)
NEVER = Row("saw", "Saw", "Saws", ((MONDAY, END),))


def bar(begin: float, end: float, row: str = "laser") -> Bar:
    start = MONDAY + begin * HOUR
    return Bar(
        row, start, start, MONDAY + end * HOUR, "R-1 Walnut", "R-1 & more", "/r/1/", "walnut", "proposed"
    )


def svg(
    *bars: Bar, rows: tuple[Row, ...] = (LASER, NEVER), hour_width: int = 60, now: datetime = MONDAY
) -> ET.Element:
    text = gantt(rows, bars, start=MONDAY, end=END, now=now, zone=ZoneInfo("UTC"), hour_width=hour_width)
    return ET.fromstring(text)


def texts(root: ET.Element, kind: str) -> list[str]:
    return [each.text or "" for each in root.iter() if each.get("class") == kind]


def test_nights_in_which_nobody_works_are_folded() -> None:
    assert folded([LASER, NEVER], [], start=MONDAY, end=END) == list(NIGHTS)


def test_a_bar_in_the_night_keeps_its_time_unfolded() -> None:
    folds = folded([LASER], [bar(23, 24)], start=MONDAY, end=END)
    assert (MONDAY + 24 * HOUR, MONDAY + 30 * HOUR) in folds
    assert all(not (a < MONDAY + 24 * HOUR and b > MONDAY + 23 * HOUR) for a, b in folds)


def test_an_hour_without_work_is_not_folded() -> None:
    noon = ((MONDAY + 12 * HOUR, MONDAY + 13 * HOUR),)
    assert folded([Row("a", "A", "A", noon)], [], start=MONDAY, end=END) == []


def test_what_is_open_is_to_scale_and_what_is_folded_a_stripe() -> None:
    root = svg(bar(7, 9))
    assert float(root.get("width", "")) == pytest.approx(32 * 60 + 3 * FOLD, abs=2)
    (work,) = (each for each in root.iter() if each.get("class") == "work")
    assert float(work.get("x", "")) == FOLD + 60
    assert float(work.get("width", "")) == 120


def test_every_fold_has_its_zigzag() -> None:
    assert len([each for each in svg().iter() if each.get("class") == "zigzag"]) == 3


@pytest.mark.parametrize("hour_width", [60, 24, 9])
def test_no_label_lies_on_another(hour_width: int) -> None:
    root = svg(bar(7, 9), hour_width=hour_width)
    for kind, letter in (("hour-label", 5.6), ("day-label", 7.0)):
        placed = [
            (float(t.get("x", "")), len(t.text or "") * letter) for t in root.iter() if t.get("class") == kind
        ]
        for (x, width), (next_x, _) in pairwise(placed):
            assert x + width <= next_x


def test_days_are_named_once_where_work_is_drawn() -> None:
    assert texts(svg(), "day-label") == ["Monday 2 March", "Tuesday 3 March"]


def test_a_bar_without_room_for_words_keeps_its_title() -> None:
    root = svg(bar(7, 7.1))
    assert texts(root, "bar-label") == []
    assert "R-1 & more" in [each.text for each in root.iter() if each.tag.endswith("title")]


def test_now_in_the_night_lies_on_the_fold() -> None:
    (line,) = (each for each in svg(now=MONDAY + 3 * HOUR).iter() if each.get("class") == "now")
    assert 0 < float(line.get("x1", "")) < FOLD


def test_machines_that_never_work_do_not_keep_the_chart_open() -> None:
    assert folded([NEVER], [], start=MONDAY, end=END) == [(MONDAY, END)]
