"""Runs the measurements of a benchmark one after the other and prints what they give."""

import sys
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TypeVar

from benchmarks.bars import Bar, Section

S = TypeVar("S")


def scaled(
    measurements: Mapping[str, Callable[[S], Section]],
    scale: S,
    *,
    only: str | None,
    seconds: float,
    skipped: frozenset[str] = frozenset(),
) -> list[Section]:
    """Each measurement at this scale, or the `only` one, which is never `skipped`."""
    chosen = {name: partial(measure, scale) for name, measure in measurements.items() if only in (None, name)}
    return measured(chosen, skipped=skipped if only is None else frozenset(), seconds=seconds)


def measured(
    measurements: Mapping[str, Callable[[], Section]], *, skipped: frozenset[str], seconds: float
) -> list[Section]:
    """Each measurement in turn, shown as soon as it is there; after `seconds` no other one is begun.

    One that is `skipped` is left out on purpose. One that was not begun for lack of time is short: nobody
    knows what it would have given.
    """
    sections: list[Section] = []
    start = time.monotonic()
    for name, measure in measurements.items():
        begun = time.monotonic()
        if name in skipped:
            section = Section(name, name, left_out=[f"{name}: not in the quick run"])
        elif begun - start > seconds:
            why = f"not begun, as {begun - start:.0f} s were over: the machine does something else beside"
            section = Section(name, name, bars=[Bar(name, None, None, why=why)])
        else:
            section = _or_why(name, measure)
        show(section)
        print(f"{name}: {time.monotonic() - begun:.1f} s", flush=True)
        sections.append(section)
    return sections


def _or_why(name: str, measure: Callable[[], Section]) -> Section:
    """What it measures; where it cannot be measured, that is short and the others go on."""
    try:
        return measure()
    except Exception as error:  # noqa: BLE001 - whatever went wrong, the other measurements are wanted
        traceback.print_exc()
        why = f"{type(error).__name__}: {error}".splitlines()[0][:200]
        return Section(name, name, bars=[Bar(name, None, None, why=why)])


def show(section: Section) -> None:
    for table in section.tables:
        print(f"\n{table.title}")
        widths = [
            max(len(str(row[i])) for row in (table.columns, *table.rows)) for i in range(len(table.columns))
        ]
        for row in (table.columns, *table.rows):
            cells = (str(cell).ljust(width) for cell, width in zip(row, widths, strict=True))
            print("  " + "  ".join(cells).rstrip())
    for bar in section.bars:
        print(bar.line())
    sys.stdout.flush()


def conclude(sections: Sequence[Section], seconds: float) -> int:
    """The last lines; 1 when a bar is short."""
    bars = [bar for section in sections for bar in section.bars]
    for section in sections:
        for line in section.left_out:
            print(f"left out: {line}")
    short = [bar for bar in bars if not bar.holds]
    print(f"\n{len(bars)} bars, {len(short)} short, {seconds:.0f} s")
    for bar in short:
        print(bar.line())
    return 1 if short else 0
