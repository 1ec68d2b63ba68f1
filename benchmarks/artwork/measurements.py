"""All measurements of ``bench artwork`` by name, in the order in which they run."""

from collections.abc import Callable, Mapping

from benchmarks.artwork import browser, codes, defects, faults, formats, previews, sheets, shown, uploads
from benchmarks.artwork.scale import Scale, full, quick
from benchmarks.bars import Section

__all__ = ["MEASUREMENTS", "Scale", "full", "quick"]

MEASUREMENTS: Mapping[str, Callable[[Scale], Section]] = {
    "previews": previews.section,
    "shown": shown.section,
    "browser": browser.section,
    "formats": formats.section,
    "uploads": uploads.section,
    "faults": faults.section,
    "codes": codes.section,
    "defects": defects.section,
    "sheets": sheets.section,
}
