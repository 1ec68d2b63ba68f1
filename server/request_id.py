"""One id for everything a request does: taken from ``X-Request-Id``, echoed, and put on every log line."""

import logging
import re
import secrets
from collections.abc import Callable
from contextvars import ContextVar

from django.http import HttpRequest, HttpResponse

HEADER = "X-Request-Id"
# Anything else in a caller's id could forge log lines.
HARMLESS = re.compile(r"[A-Za-z0-9._-]{8,64}")

current: ContextVar[str] = ContextVar("request_id", default="-")


def new() -> str:
    return secrets.token_hex(8)


class RequestIdMiddleware:
    """Gives every request its id, and the answer the same."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get(HEADER, "")
        request_id = given if HARMLESS.fullmatch(given) else new()
        token = current.set(request_id)
        try:
            response = self.get_response(request)
        finally:
            current.reset(token)
        response.headers[HEADER] = request_id
        return response


class RequestIdFilter(logging.Filter):
    """Puts the id of the running request on each record."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = current.get()
        return True
