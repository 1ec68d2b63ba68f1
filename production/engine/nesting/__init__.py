"""Laying rectangles on sheets."""

from production.engine.nesting.maxrects import Open, Placed, fit, without
from production.engine.nesting.nest import (
    Item,
    SheetSize,
    TooLarge,
    area_bound,
    largest_fits,
    lower_bound,
    nest,
)

__all__ = [
    "Item",
    "Open",
    "Placed",
    "SheetSize",
    "TooLarge",
    "area_bound",
    "fit",
    "largest_fits",
    "lower_bound",
    "nest",
    "without",
]
