"""The gate for JSON from outside: plain JSON passes unchanged, everything odd is refused with a reason."""

import json
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.engine.strict_json import BadJson, Size, parse

PLAIN = st.characters(min_codepoint=0x20, max_codepoint=0x7E)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(PLAIN, max_size=20),
    lambda inner: (
        st.lists(inner, max_size=5) | st.dictionaries(st.text(PLAIN, max_size=8), inner, max_size=5)
    ),
    max_leaves=20,
)


@given(VALUES)
def test_plain_json_passes_unchanged(value: object) -> None:
    assert parse(json.dumps(value).encode()) == value


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    try:
        value = parse(raw)
    except BadJson as refusal:
        assert str(refusal)
    else:
        json.dumps(value, ensure_ascii=False).encode("utf-8")


def test_text_comes_out_in_normal_form() -> None:
    assert parse('{"name": "Mu\u0308ller"}'.encode()) == {"name": "Müller"}


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (b'{"a": 1, "a": 2}', "stands twice"),
        (b'{"a": NaN}', "NaN"),
        (b'{"a": Infinity}', "Infinity"),
        (b'{"a": 1e999}', "out of range"),
        (b'{"a": 12345678901234567890}', "larger than"),
        (b'{"a": ' + b"9" * 5000 + b"}", "larger than"),
        (b"[" * 100_000 + b"]" * 100_000, "nested deeper"),
        (b'{"a":' * 33 + b"1" + b"}" * 33, "nested deeper"),
        (b'"\\ud800"', "U+D800"),
        (b'{"\\u0000": 1}', "U+0000"),
        (b'{"a": "\\u202e"}', "U+202E"),
        (b"\xef\xbb\xbf{}", "byte order mark"),
        (b'"\xff"', "not UTF-8"),
        (b"{} trailing", "Extra data"),
        (b"", "Expecting value"),
        (b'"' + b"x" * 10_001 + b'"', "at most 10000"),
        (b" " * (256 * 1024 + 1), "at most"),
        (b"[" + b"1," * 60_000 + b"1]", "more than 50000"),
        ('{"\u00e9": 1, "e\u0301": 2}'.encode(), "same text in normal form"),
    ],
)
def test_odd_json_is_refused_and_told_why(raw: bytes, says: str) -> None:
    with pytest.raises(BadJson, match=re.escape(says)):
        parse(raw)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-9, 9) | st.text("ab\u00e9e\u0301\u202e \x7f", max_size=4),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab\u0301e", max_size=2), inner),
        max_leaves=8,
    ),
    st.booleans(),
)
@settings(max_examples=200)
def test_text_without_escapes_is_read_as_the_same_text_with_them(value: Any, indented: bool) -> None:
    """The one is looked at as a whole, the other string by string."""
    plain = json.dumps(value, ensure_ascii=False, indent=2 if indented else None).encode()
    escaped = json.dumps({"x": value, "y": "\\"}).encode()
    try:
        read = parse(escaped)["x"]
    except BadJson:
        with pytest.raises(BadJson):
            parse(plain)
    else:
        assert parse(plain) == read


def test_plain_values_are_counted_as_others_are() -> None:
    small = Size(nodes=5)
    assert parse(b'{"a": [1, 2], "b": {}}', size=small) == {"a": [1, 2], "b": {}}
    for raw in (b'{"a": [1, 2, 3], "b": {}}', b'{"a": [1, 2, 3], "b": "\\n"}'):
        with pytest.raises(BadJson, match="more than 5 values"):
            parse(raw, size=small)


def test_a_long_text_is_refused_with_and_without_escapes() -> None:
    for raw in (b'["' + b"x" * 10_001 + b'"]', b'["\\n' + b"x" * 10_001 + b'"]'):
        with pytest.raises(BadJson, match="characters; at most"):
            parse(raw)
