"""What every shape of input keeps to: no field that is not named, no value of another JSON type."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers


class Text(serializers.CharField):
    """A JSON string; DRF's own field takes numbers too."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class Whole(serializers.IntegerField):
    """A JSON integer; DRF's own field takes ``"3"`` and ``3.0`` too."""

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, bool) or not isinstance(data, int):
            self.fail("invalid")
        return super().to_internal_value(data)


class Strict(serializers.Serializer[Any]):
    """Base of what callers send: a field it does not know is refused, never silently dropped.

    So nobody believes to have set a price, and a misspelt field is told.
    """

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping) and (unknown := sorted(set(data) - set(self.fields))):
            known = ", ".join(self.fields)
            raise serializers.ValidationError(
                {
                    name[:60]: serializers.ErrorDetail(
                        f"There is no such field here: it takes {known}.", code="unknown-field"
                    )
                    for name in unknown[:10]
                }
            )
        return super().to_internal_value(data)
