"""Names of feature models and codes of families: one to one, so that nothing is confused on the way.

A name that is a code already stays as it is. Every other character is written `_x` + its number in
hexadecimal + `_`: "4x USB3" has the code `_x34_x_x20_USB3`. `name_of` undoes `code_of`.
"""

import hashlib
import re
import unicodedata

from configurator.engine.expressions import RESERVED

MAX_NAME = 200
# Codes stand in rules again and again; longer ones are cut, and end in a part of their hash.
MAX_CODE = 60
_PLAIN = re.compile("[A-Za-z_][A-Za-z0-9_]*")
_STRANGE = re.compile("[^A-Za-z0-9_]|_(?=x[0-9a-f]+_)")
_ESCAPED = re.compile("_x([0-9a-f]{1,6})_")
# Words that family files give a meaning of their own.
_TAKEN = frozenset({*RESERVED, "sum", "avg", "len", "none", "yes", "no"})
# Words of UVL that cannot be names of features without quotes.
_WORDS = frozenset(
    {
        *("namespace", "include", "imports", "features", "constraints", "constraint", "cardinality", "as"),
        *("mandatory", "optional", "alternative", "or", "true", "false"),
        *("String", "Integer", "Boolean", "Real", "Arithmetic", "Type"),
        *("sum", "avg", "len", "floor", "ceil"),
    }
)


def code_of(name: str) -> str:
    """The code of a name; the same name has the same code in every model."""
    if _PLAIN.fullmatch(name) and len(name) <= MAX_CODE and name not in _TAKEN and "_x" not in name:
        return name
    code = _STRANGE.sub(lambda found: _escape(found[0]), name)
    if not code or code[0].isdigit() or code in _TAKEN:
        code = _escape(name[:1]) + code[1:]
    if len(code) > MAX_CODE:
        code = f"{code[: MAX_CODE - 11]}_h{hashlib.sha256(name.encode()).hexdigest()[:9]}"
    return code


def name_of(code: str) -> str:
    """The name that a code was made from; codes that were cut keep their hash."""
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), code)


def _escape(character: str) -> str:
    return f"_x{ord(character):x}_" if character else "_x_"


def faults_of(name: str) -> str:
    """What is wrong with a name as such, or nothing."""
    if len(name) > MAX_NAME:
        return f"the name is longer than {MAX_NAME} characters"
    if name.isascii() and name.isprintable():
        return ""
    hidden = next((letter for letter in name if unicodedata.category(letter)[0] == "C"), None)
    if hidden is not None:
        return f"the name holds the invisible character U+{ord(hidden):04X}"
    if unicodedata.normalize("NFKC", name) != name:
        return f"{name} is written with characters that have another standard form"
    scripts = {_script(letter) for letter in name if letter.isalpha()} & {"LATIN", "GREEK", "CYRILLIC"}
    if len(scripts) > 1:
        return f"{name} mixes letters that look alike ({' and '.join(sorted(map(str.title, scripts)))})"
    return ""


def _script(letter: str) -> str:
    return unicodedata.name(letter, "").partition(" ")[0]


def quoted(name: str) -> str:
    """A name as UVL writes it: in double quotes unless it is plain and no word of the language."""
    return name if _PLAIN.fullmatch(name) and name[0] != "_" and name not in _WORDS else f'"{name}"'
