"""Which characters a shopper's text may hold, so that what is read is what gets made.

Unicode's own composition (NFC), and no characters that steer instead of being seen:
controls, surrogates, overrides of the writing direction (they make a text read
differently from what is engraved), private and unassigned code points.
"""

import unicodedata

# Hebrew with its points stacks three on a letter (dagesh, vowel, shin dot); nothing that is written
# stacks more, and a pile of them overflows the piece.
MAX_MARKS = 3

# Format characters that scripts need: joiners (Persian, Indic) and the plain direction marks.
_NEEDED_FORMATS = frozenset("\u200c\u200d\u200e\u200f\u061c\u00ad")
_REFUSED = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def clean(text: str) -> str:
    """``text`` in NFC. Raises ``ValueError`` with a sentence for the shopper naming the first bad place."""
    for index, character in enumerate(text, start=1):
        if unicodedata.category(character) in _REFUSED and character not in _NEEDED_FORMATS:
            raise ValueError(f"Character {index} (U+{ord(character):04X}) cannot be made: take it out.")
    composed = unicodedata.normalize("NFC", text)
    marks = 0
    for index, character in enumerate(composed, start=1):
        marks = marks + 1 if unicodedata.combining(character) else 0
        if marks > MAX_MARKS:
            raise ValueError(f"More than {MAX_MARKS} marks are stacked on one letter, at character {index}.")
    return composed
