"""Letters that only look like Latin ones: a Cyrillic а in a name is another name, and nobody sees why."""

import unicodedata
from collections.abc import Iterable, Iterator

_CYRILLIC = dict(zip("аеорсухіјѕԁһкмтвнАВЕКМНОРСТУХІЈЅ", "aeopcyxijsdhkmtbhABEKMHOPCTYXIJS", strict=True))
_GREEK = dict(zip("οανικρτυχΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "oavikptuxABEZHIKMNOPTYX", strict=True))
_LATIN = {**_CYRILLIC, **_GREEK}
# Letters of other scripts that are drawn like Latin ones: a name must not pass for another.
_DRAWN_LIKE = str.maketrans(
    "АВЕЅІЈКМНОРСТУХаеоѕіјрсухһԁԛԝΑΒΕΖΗΙΚΜΝΟΡΤΥΧονρυ",
    "ABESIJKMHOPCTYXaeosijpcyxhdqwABEZHIKMNOPTYXovpu",
)


def latin_of(letter: str) -> str:
    """The ASCII letter or digit that a letter looks like, "" for one that looks like itself only."""
    if letter.isascii():
        return ""
    plain = unicodedata.normalize("NFKC", letter)
    return _LATIN.get(letter, plain if len(plain) == 1 and plain.isascii() and plain.isalnum() else "")


def lookalike_hint(text: str) -> str:
    """Names the first letter that only looks like a Latin one, and what to write; "" when there is none."""
    for letter in text[:200]:
        latin = latin_of(letter)
        if latin:
            name = unicodedata.name(letter, f"U+{ord(letter):04X}").lower()
            return f"the {letter} in it is the {name}: write the Latin {latin}"
    return ""


def look_alikes(names: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Pairs of different names that are drawn alike: (the later one, the earlier one)."""
    seen: dict[str, str] = {}
    for name in names:
        skeleton = name if name.isascii() else name.translate(_DRAWN_LIKE)
        earlier = seen.setdefault(skeleton, name)
        if earlier != name:
            yield name, earlier
