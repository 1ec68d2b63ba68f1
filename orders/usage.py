"""What was ordered, for those who make the products: how often each value and rule was used."""

from collections.abc import Iterable, Mapping
from typing import Any

from configurator.usage import ordered
from orders.engine.lifecycle import LineState
from orders.models import Line


@ordered
def living_lines(family: str) -> Iterable[tuple[str, Mapping[str, Any]]]:
    """Order and choices of every line of a family that was not cancelled; one query."""
    lines = Line.objects.filter(family_code=family).exclude(state=LineState.CANCELLED.value)
    return lines.order_by("pk").values_list("order_id", "choices").iterator(chunk_size=2000)
