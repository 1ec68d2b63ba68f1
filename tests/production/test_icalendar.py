"""iCalendar texts are what RFC 5545 asks for, whatever the words in them."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from production.icalendar import LONGEST, Event, calendar, escaped, folded, moment

NOON = datetime(2026, 7, 1, 12, tzinfo=ZoneInfo("Europe/Amsterdam"))
TEXTS = st.text(st.characters(codec="utf-8"), max_size=300)


def event(summary: str = "R-1", uid: str = "run_1-10@workshop") -> Event:
    return Event(uid, 7, NOON, NOON + timedelta(hours=1), summary, "", "Laser", ("proposed",), tentative=True)


def unfolded(text: str) -> list[str]:
    return text.replace("\r\n ", "").split("\r\n")


def unescaped(value: str) -> str:
    said = {"\\n": "\n", "\\,": ",", "\\;": ";", "\\\\": "\\"}
    return re.sub(r"\\.", lambda found: said[found[0]], value)


@settings(max_examples=60, deadline=None)
@given(TEXTS)
def test_any_words_survive_folding_and_escaping(words: str) -> None:
    text = calendar([event(summary=words)], name="Lasers", stamp=NOON)
    (line,) = [line for line in unfolded(text) if line.startswith("SUMMARY:")]
    plain = re.sub(r"[\x00-\x08\x0b-\x1f\x7f]", " ", words.replace("\r\n", "\n"))
    assert unescaped(line.removeprefix("SUMMARY:")) == plain


@settings(max_examples=60, deadline=None)
@given(TEXTS)
def test_no_line_is_longer_than_75_octets_and_none_breaks_a_letter(words: str) -> None:
    for line in folded(f"SUMMARY:{escaped(words)}").split("\r\n"):
        assert len(line.encode()) <= LONGEST


def test_every_line_ends_with_both_marks() -> None:
    text = calendar([event(summary="a\nb")], name="x", stamp=NOON)
    assert text.endswith("END:VCALENDAR\r\n")
    assert "\n" not in text.replace("\r\n", "")


def test_times_are_in_utc() -> None:
    assert moment(NOON) == "20260701T100000Z"


def test_an_event_has_what_every_event_must_have() -> None:
    lines = unfolded(calendar([event()], name="x", stamp=datetime(2026, 7, 1, tzinfo=UTC)))
    names = {re.split("[:;]", line)[0] for line in lines}
    assert {"UID", "DTSTAMP", "SEQUENCE", "DTSTART", "DTEND", "SUMMARY", "VERSION", "PRODID"} <= names
    assert "STATUS:TENTATIVE" in lines and "SEQUENCE:7" in lines
