"""The chart of the plan: time in which nothing can happen is folded, everything else is drawn to scale."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

import pytest

from production.gantt import MOST_BANDS, Bar, Row, bands_of, condensed, folded, gantt
from production.timescale import FOLD, fitted, scale_of

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
    folds = folded(rows, bars, start=MONDAY, end=END)
    scale = scale_of(MONDAY, END, folds, hour_width=hour_width)
    text = gantt(rows, bars, scale=scale, now=now, zone=ZoneInfo("UTC"))
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
    (work,) = (each for each in root.iter() if (each.get("class") or "").startswith("work"))
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


def crowded(minutes: int, *, families: tuple[str, ...] = ("oak",)) -> list[Bar]:
    """Twelve hours of Monday filled with operations of so many minutes."""
    step = minutes / 60
    return [
        replace(bar(6 + n * step, 6 + (n + 1) * step), family=families[n % len(families)])
        for n in range(12 * 60 // minutes)
    ]


def condensed_of(bars: list[Bar], most: int) -> list[list[Bar]]:
    scale = scale_of(MONDAY, END, folded([LASER], bars, start=MONDAY, end=END), hour_width=20)
    return condensed(bars, scale, ZoneInfo("UTC"), most=most)


def test_what_can_be_drawn_is_drawn_one_by_one() -> None:
    assert [len(group) for group in condensed_of(crowded(10), most=80)] == [1] * 72


def test_too_many_narrow_operations_become_blocks_and_none_is_lost() -> None:
    bars = crowded(2)
    groups = condensed_of(bars, most=40)
    assert len(groups) <= 40
    assert [each for group in groups for each in group] == bars


def test_a_block_ends_with_its_day() -> None:
    night = [bar(22 + n / 10, 22 + (n + 1) / 10) for n in range(40)]  # 22:00 to 02:00
    for group in condensed_of(night, most=2):
        assert len({each.setup_start.date() for each in group}) == 1


def test_a_wide_operation_is_never_in_a_block() -> None:
    groups = condensed_of([*crowded(2), bar(18, 21)], most=20)
    assert [len(group) for group in groups if group[0].end - group[0].start > HOUR] == [1]


def test_a_block_shows_its_families_without_gaps() -> None:
    spans = [(each.start, each.end, each.family) for each in crowded(20, families=("oak", "ash", "elm"))]
    bands = bands_of(spans)
    assert len(bands) <= MOST_BANDS
    assert bands[0].start == spans[0][0] and bands[-1].end == spans[-1][1]
    assert all(one.end == other.start for one, other in pairwise(bands))


def test_overtime_and_planned_stops_are_drawn_in_their_row() -> None:
    row = replace(
        LASER,
        overtime=((MONDAY + 20 * HOUR, MONDAY + 22 * HOUR),),
        stops=((MONDAY + 8 * HOUR, MONDAY + 9 * HOUR),),
    )
    kinds = {each.get("class") for each in svg(rows=(row,)).iter() if each.tag.endswith("path")}
    assert {"overtime", "stop", "closed"} <= kinds


def test_a_family_has_the_same_colour_and_pattern_everywhere_and_its_pattern_is_there() -> None:
    root = svg(bar(7, 9), bar(10, 12))
    fills = {each.get("fill") for each in root.iter() if (each.get("class") or "").startswith("work")}
    (fill,) = fills
    assert [each.get("id") for each in root.iter() if each.tag.endswith("pattern")] == [str(fill)[5:-1]]


def test_a_late_bar_has_a_mark_besides_its_colour() -> None:
    root = svg(replace(bar(7, 9), state="proposed late"))
    assert [each for each in root.iter() if each.get("class") == "late-mark"]


def test_a_window_in_which_nothing_happens_is_one_fold() -> None:
    text = gantt(
        [NEVER],
        [],
        scale=scale_of(MONDAY, END, [(MONDAY, END)], hour_width=60),
        now=MONDAY,
        zone=ZoneInfo("UTC"),
    )
    assert "Closed for 48 hours" in text


def test_the_chart_is_as_wide_as_it_is_asked_to_be() -> None:
    folds = folded([LASER], [], start=MONDAY, end=END)
    assert fitted(MONDAY, END, folds, width=1000, widest_hour=240).width == pytest.approx(1000)
