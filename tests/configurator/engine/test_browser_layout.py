"""What the browser lays out while somebody types is what the server makes."""

import hashlib
import re

import pytest

from tools import browser_layout, unicode_for_browser
from tools.browser_layout import compare, compare_breaks

VENDOR = browser_layout.SCRIPT.parents[1] / "static" / "vendor"
needs_node = pytest.mark.skipif(browser_layout.node() is None, reason="node is not installed")


@needs_node
def test_five_thousand_texts_have_the_same_glyphs_places_and_outlines_in_browser_and_server() -> None:
    compared = compare(5000, seed=20261122, outlined=19)
    assert compared.differences == ()
    assert compared.glyphs > 50_000
    assert compared.outlines == 264
    assert compared.wrapped > 1000  # where Thai wraps the server sets it


@needs_node
def test_lines_end_at_the_same_places_in_texts_of_all_kinds_of_characters() -> None:
    assert compare_breaks(3000, seed=14) == ()


def test_the_browser_has_the_characters_of_this_server() -> None:
    for name, module in unicode_for_browser.MODULES.items():
        written = (unicode_for_browser.FOLDER / name).read_text(encoding="ascii")
        assert written == module(), "python -m tools.unicode_for_browser"


def test_every_vendored_file_is_the_one_that_was_published() -> None:
    rows = re.findall(r"^\| (\S+) \|.* ([0-9a-f]{64}) \|$", (VENDOR / "README.md").read_text(), re.MULTILINE)
    assert len(rows) >= 4
    for name, expected in rows:
        assert hashlib.sha256((VENDOR / name).read_bytes()).hexdigest() == expected, name
