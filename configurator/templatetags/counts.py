"""Large numbers as people read them."""

from django import template

register = template.Library()

_GREAT = ((10**12, "trillions of"), (10**9, "billions of"), (10**6, "millions of"))


@register.filter
def combinations(count: int) -> str:
    """How many ways are left: `1,204 combinations`, `millions of combinations`."""
    great = next((words for least, words in _GREAT if count >= 2 * least), "")
    return f"{great or format(count, ',')} combinations"
