"""Idempotency-Key: a request sent twice takes effect once and gets the same answer."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from rest_framework import status
from rest_framework.exceptions import APIException
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from ledger import idempotency
from ledger.models import ApiKey

LONGEST_KEY = 255

View = Callable[..., Response]


class KeyMissing(APIException):
    status_code = status.HTTP_400_BAD_REQUEST
    default_detail = (
        "Send an Idempotency-Key (1 to 255 characters, e.g. a UUID) so that a repeat does no harm."
    )
    default_code = "idempotency-key-missing"


def principal_of(request: Request) -> str:
    """In whose name a key counts: two callers may use the same key without meeting."""
    if isinstance(request.auth, ApiKey):
        return f"key:{request.auth.pk}"
    if request.user and request.user.is_authenticated:
        return f"user:{request.user.pk}"
    return f"session:{request._request.session.session_key}"


def once(view: View) -> Callable[..., HttpResponse]:
    """Decorates a view's method: needs the header, keeps the answer in the transaction of the effect.

    Same key and same body: the first answer again, with ``Idempotency-Replayed: true``.
    Same key, other body: 422. While the first is running: 409. A refusal is not kept.
    """

    @wraps(view)
    def inner(self: Any, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        key = request.headers.get("Idempotency-Key", "")
        if not 1 <= len(key) <= LONGEST_KEY or not key.isprintable():
            raise KeyMissing
        body = JSONRenderer().render(request.data)
        ran = []

        def work() -> tuple[int, dict[str, str], bytes]:
            ran.append(True)
            response = view(self, request, *args, **kwargs)
            headers = {name: value for name, value in response.items() if name in ("Location", "ETag")}
            return response.status_code, headers, JSONRenderer().render(response.data)

        answer = idempotency.remember(
            principal=principal_of(request),
            method=str(request.method),
            path=request.path,
            key=key,
            request_hash=hashlib.sha256(body).hexdigest(),
            now=timezone.now(),
            work=work,
        )
        answered, headers, content = answer
        response = HttpResponse(bytes(content), status=answered, content_type="application/json")
        for name, value in headers.items():
            response[name] = value
        if not ran:
            response["Idempotency-Replayed"] = "true"
        return response

    return inner
