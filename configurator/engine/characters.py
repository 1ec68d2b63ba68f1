"""Characters that no text of an author may hold: what cannot be stored, and what is read but never seen.

A direction override makes a rule read otherwise than it counts, a zero-width space makes two names out of
what looks like one; NUL and half surrogates no database takes.
"""

import re

# Controls (but tab and the ends of lines), separators, zero-width spaces, overrides and isolates of the
# direction, fillers, noncharacters, half surrogates. Joiners and plain direction marks are part of writing.
_HIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\u115f\u1160\u200b\u2028-\u202e\u2060-\u206f\u3164\ufeff"
    "\uffa0\ufff9-\ufffb\ufffe\uffff\ud800-\udfff]"
)


def hidden(text: str) -> tuple[int, str] | None:
    """The first such character, as its place and as `U+200B`; a byte order mark may begin a text."""
    found = _HIDDEN.search(text, 1 if text[:1] == "\ufeff" else 0)
    return None if found is None else (found.start(), f"U+{ord(found[0]):04X}")


def line_and_column(text: str, place: int) -> tuple[int, int]:
    """Of a place in a text, both from 1."""
    return text.count("\n", 0, place) + 1, place - text.rfind("\n", 0, place)
