"""Events as an iCalendar text (RFC 5545): CRLF, lines folded at 75 octets, texts escaped, times in UTC."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

LONGEST = 75  # octets of a line, without its end (3.1)
PRODUCT = "-//Made Here//Workshop//EN"
REFRESH = "PT15M"


@dataclass(frozen=True)
class Event:
    """``uid`` names the same event for ever, ``sequence`` grows when it changes. Times are aware."""

    uid: str
    sequence: int
    start: datetime
    end: datetime
    summary: str
    description: str
    location: str
    categories: tuple[str, ...] = ()
    tentative: bool = False


def calendar(events: Iterable[Event], *, name: str, stamp: datetime) -> str:
    """The calendar. ``stamp`` is when it was put together (DTSTAMP)."""
    return "".join(f"{folded(line)}\r\n" for line in _lines(events, name, stamp))


def _lines(events: Iterable[Event], name: str, stamp: datetime) -> Iterator[str]:
    yield "BEGIN:VCALENDAR"
    yield "VERSION:2.0"
    yield f"PRODID:{PRODUCT}"
    yield "CALSCALE:GREGORIAN"
    yield "METHOD:PUBLISH"
    yield f"NAME:{escaped(name)}"  # RFC 7986
    yield f"X-WR-CALNAME:{escaped(name)}"
    yield f"REFRESH-INTERVAL;VALUE=DURATION:{REFRESH}"
    yield f"X-PUBLISHED-TTL:{REFRESH}"
    for event in events:
        yield "BEGIN:VEVENT"
        yield f"UID:{event.uid}"
        yield f"DTSTAMP:{moment(stamp)}"
        yield f"SEQUENCE:{event.sequence}"
        yield f"DTSTART:{moment(event.start)}"
        yield f"DTEND:{moment(event.end)}"
        yield f"SUMMARY:{escaped(event.summary)}"
        if event.description:
            yield f"DESCRIPTION:{escaped(event.description)}"
        if event.location:
            yield f"LOCATION:{escaped(event.location)}"
        if event.categories:
            yield f"CATEGORIES:{','.join(escaped(each) for each in event.categories)}"
        yield f"STATUS:{'TENTATIVE' if event.tentative else 'CONFIRMED'}"
        yield "TRANSP:TRANSPARENT"
        yield "END:VEVENT"
    yield "END:VCALENDAR"


def moment(at: datetime) -> str:
    """A moment in UTC: 20260302T080000Z."""
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def escaped(text: str) -> str:
    """A TEXT value (3.3.11); control characters, which none may have, become spaces."""
    plain = re.sub(r"[\x00-\x08\x0b-\x1f\x7f]", " ", text.replace("\r\n", "\n"))
    return plain.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")


def folded(line: str) -> str:
    """A content line over as many lines as it needs; no character is cut in two."""
    parts: list[str] = []
    part, size = "", 0
    for letter in line:
        octets = len(letter.encode())
        if size + octets > LONGEST:
            parts.append(part)
            part, size = " ", 1  # the space that marks what goes on counts too
        part += letter
        size += octets
    return "\r\n".join([*parts, part])
