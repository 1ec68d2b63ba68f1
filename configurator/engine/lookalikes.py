"""Letters that only look like Latin ones: a Cyrillic а in a name is another name, and nobody sees why."""

import unicodedata

_CYRILLIC = dict(zip("аеорсухіјѕԁһкмтвнАВЕКМНОРСТУХІЈЅ", "aeopcyxijsdhkmtbhABEKMHOPCTYXIJS", strict=True))
_GREEK = dict(zip("οανικρτυχΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "oavikptuxABEZHIKMNOPTYX", strict=True))
_LATIN = {**_CYRILLIC, **_GREEK}


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
