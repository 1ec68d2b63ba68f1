"""Wall-clock shifts become UTC intervals, also on the nights when the clocks change."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from production.engine.calendars import ExceptionDay, WeeklyShift, expand

AMSTERDAM = "Europe/Amsterdam"


def at(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> int:
    return int(datetime(year, month, day, hour, minute, tzinfo=UTC).timestamp())


def of_day(shift: WeeklyShift, day: date) -> tuple[tuple[int, int], ...]:
    since = at(day.year, day.month, day.day) - 3600 * 6
    return expand(shifts=[shift], exceptions=[], time_zone=AMSTERDAM, since=since, until=since + 86_400 * 2)


def test_a_shift_is_an_hour_earlier_in_summer() -> None:
    shift = WeeklyShift(0, time(6), time(14))
    assert of_day(shift, date(2026, 3, 23)) == ((at(2026, 3, 23, 5), at(2026, 3, 23, 13)),)
    assert of_day(shift, date(2026, 3, 30)) == ((at(2026, 3, 30, 4), at(2026, 3, 30, 12)),)


def test_the_night_the_clocks_go_forward_has_seven_hours() -> None:
    ((start, end),) = of_day(WeeklyShift(5, time(22), time(6)), date(2026, 3, 28))
    assert (start, end - start) == (at(2026, 3, 28, 21), 7 * 3600)


def test_the_night_the_clocks_go_back_has_nine_hours() -> None:
    ((start, end),) = of_day(WeeklyShift(5, time(22), time(6)), date(2026, 10, 24))
    assert (start, end - start) == (at(2026, 10, 24, 20), 9 * 3600)


def test_a_shift_that_ends_at_midnight_belongs_to_its_day() -> None:
    ((start, end),) = of_day(WeeklyShift(0, time(14), time(0)), date(2026, 3, 2))
    assert (start, end) == (at(2026, 3, 2, 13), at(2026, 3, 2, 23))


def test_shifts_that_touch_are_one_interval() -> None:
    shifts = [WeeklyShift(0, time(6), time(14)), WeeklyShift(0, time(14), time(22))]
    since = at(2026, 3, 2)
    found = expand(shifts=shifts, exceptions=[], time_zone=AMSTERDAM, since=since, until=since + 86_400)
    assert found == ((at(2026, 3, 2, 5), at(2026, 3, 2, 21)),)


def test_a_holiday_closes_its_day_only() -> None:
    shifts = [WeeklyShift(day, time(6), time(14)) for day in range(7)]
    since = at(2026, 3, 2)
    holiday = ExceptionDay(date(2026, 3, 3))
    found = expand(
        shifts=shifts, exceptions=[holiday], time_zone=AMSTERDAM, since=since, until=since + 3 * 86_400
    )
    assert [datetime.fromtimestamp(start, UTC).day for start, _ in found] == [2, 4]


def test_an_exception_with_times_replaces_the_shifts() -> None:
    found = expand(
        shifts=[WeeklyShift(0, time(6), time(14))],
        exceptions=[ExceptionDay(date(2026, 3, 2), time(10), time(12))],
        time_zone=AMSTERDAM,
        since=at(2026, 3, 2),
        until=at(2026, 3, 3),
    )
    assert found == ((at(2026, 3, 2, 9), at(2026, 3, 2, 11)),)


@given(
    shifts=st.lists(
        st.builds(
            WeeklyShift,
            st.integers(0, 6),
            st.times().map(lambda t: t.replace(second=0, microsecond=0)),
            st.times().map(lambda t: t.replace(second=0, microsecond=0)),
        ).filter(lambda shift: shift.start != shift.end),
        max_size=5,
    ),
    first=st.dates(date(2026, 1, 1), date(2026, 12, 1)),
)
def test_every_quarter_of_an_hour_is_worked_when_a_wall_clock_says_so(
    shifts: list[WeeklyShift], first: date
) -> None:
    """Brute force: ask the clock on the wall at moments far from the changes of the clocks."""
    zone = ZoneInfo(AMSTERDAM)
    since = int(datetime.combine(first, time(0), UTC).timestamp())
    until = since + 9 * 86_400
    found = expand(shifts=shifts, exceptions=[], time_zone=AMSTERDAM, since=since, until=until)
    assert all(a[1] < b[0] for a, b in pairwise(found))
    for moment in range(since + 450, until, 9000):
        wall = datetime.fromtimestamp(moment, zone)
        if wall.utcoffset() != (wall - timedelta(days=2)).utcoffset():
            continue  # a shift over the change of the clocks is not a matter of the wall clock alone
        worked = any(start <= moment < end for start, end in found)
        assert worked == any(_works(shift, wall) for shift in shifts), wall


def _works(shift: WeeklyShift, wall: datetime) -> bool:
    clock = wall.time()
    if shift.end > shift.start:
        return wall.weekday() == shift.weekday and shift.start <= clock < shift.end
    today = wall.weekday() == shift.weekday and clock >= shift.start
    return today or (wall.weekday() == (shift.weekday + 1) % 7 and clock < shift.end)
