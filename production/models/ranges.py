"""A column of ranges of integers, of which PostgreSQL can say whether they overlap."""

from collections.abc import Iterable
from typing import Any

from django.db import models

Ranges = tuple[tuple[int, int], ...]


class IntegerRangesField(models.Field):  # type: ignore[type-arg]  # no generic at run time
    """``int8multirange``: ranges ``[start, end)``, sorted and apart, as pairs."""

    description = "Ranges of integers"

    def db_type(self, connection: Any) -> str:
        return "int8multirange"

    def get_prep_value(self, value: Iterable[tuple[int, int]] | None) -> str | None:
        if value is None:
            return None
        return "{" + ",".join(f"[{start},{end})" for start, end in value) + "}"

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Ranges | None:
        if value is None:
            return None
        return tuple((each.lower, each.upper) for each in value)

    def to_python(self, value: Any) -> Any:
        return None if value is None else tuple((int(start), int(end)) for start, end in value)

    def value_to_string(self, obj: models.Model) -> str:
        return str(self.get_prep_value(self.value_from_object(obj)))
