"""What a measurement gives: bars that hold or not, tables for the page, and raw figures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median, quantiles
from typing import Any

# Units of what is counted: whole numbers, told without the word.
COUNTS = frozenset({"wrong", "stuck", "missed", "configurations"})


@dataclass(frozen=True)
class Bar:
    """`figure` has to be at least `limit`, or at most where `at_most`; None: it could not be measured, and
    `why` not. `limit` None: of a measurement that was not begun, so that its bars are not known.
    """

    name: str
    figure: float | None
    limit: float | None
    unit: str = "x"
    at_most: bool = False
    why: str = ""

    @property
    def holds(self) -> bool:
        if self.figure is None or self.limit is None:
            return False
        return self.figure <= self.limit if self.at_most else self.figure >= self.limit

    def line(self) -> str:
        if self.limit is None:
            return f"{self.name}: not measured ({self.why}) short"
        sign = "" if self.unit in COUNTS else "<= " if self.at_most else ">= "
        shown = self.why or "not measured" if self.figure is None else written(self.figure, self.unit)
        if self.figure is not None and not self.holds and shown == written(self.limit, self.unit):
            shown = (
                f"{self.figure:.6g}{'' if self.unit == 'x' else ' '}{self.unit}".strip()
            )  # short by a hair
        verdict = "ok" if self.holds else "short"
        return f"{self.name}: {shown} (bar {sign}{written(self.limit, self.unit)}) {verdict}"


def written(figure: float, unit: str) -> str:
    if unit in COUNTS:
        return f"{figure:,.0f}"
    number = f"{figure:,.0f}" if figure >= 100 or figure == int(figure) else f"{figure:.3g}"
    return f"{number}{unit}" if unit == "x" else f"{number} {unit}".strip()


@dataclass(frozen=True)
class Table:
    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass
class Section:
    """What one measurement found; `left_out` says what was not measured, and why; `notes` how it was."""

    name: str
    title: str
    bars: list[Bar] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    raw: dict[str, Any] = field(default_factory=dict)


def spread(seconds: Sequence[float]) -> str:
    """Lowest, quartiles and highest in milliseconds."""
    if not seconds:
        return "-"
    low, middle, high = quartiles(seconds)
    return " / ".join(f"{each * 1000:.3g}" for each in (min(seconds), low, middle, high, max(seconds)))


def quartiles(figures: Sequence[float]) -> tuple[float, float, float]:
    if len(figures) < 2:
        return figures[0], figures[0], figures[0]
    low, middle, high = quantiles(figures, n=4, method="inclusive")
    return low, middle, high


def p99(figures: Sequence[float]) -> float:
    return quantiles(figures, n=100, method="inclusive")[98] if len(figures) > 1 else figures[0]


def ratio(slow: Sequence[float], fast: Sequence[float]) -> float:
    return median(slow) / median(fast)


def milliseconds(figures: Mapping[str, Sequence[float]]) -> dict[str, list[float]]:
    return {name: [round(each * 1000, 4) for each in seconds] for name, seconds in figures.items()}
