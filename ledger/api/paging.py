"""Lists are paged by a cursor: stable while rows are added, and as fast on the last page as on the first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError as BadValue
from django.db import DataError
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request

LARGEST = 200


class Cursor(CursorPagination):
    """``?cursor=`` from ``next`` or ``previous``, ``?page_size=`` up to 200."""

    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = LARGEST
    ordering: tuple[str, ...] = ("-created_at", "-pk")

    def get_page_size(self, request: Request) -> int | None:
        given = request.query_params.get("page_size")
        if given is None:
            return self.page_size
        if not (given.isascii() and given.isdigit() and 1 <= int(given[:9]) <= LARGEST):
            raise ValidationError({"page_size": f"A whole number from 1 to {LARGEST}."})
        return int(given)

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any] | None:
        try:
            return super().paginate_queryset(queryset, request, view)
        except (BadValue, DataError, ValueError) as fault:  # a cursor may say anything
            raise NotFound("This is no cursor of this list; begin again without one.") from fault

    def get_schema_operation_parameters(self, view: Any) -> list[Mapping[str, Any]]:
        parameters: list[Any] = super().get_schema_operation_parameters(view)
        for parameter in parameters:
            if parameter["name"] == "page_size":
                parameter["schema"] |= {"minimum": 1, "maximum": LARGEST, "default": self.page_size}
        return parameters
