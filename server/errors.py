"""What is answered when a view did not: below /api/ a problem document, elsewhere a page.

Neither names a path, a line of code or a statement: those are in the log, under the
request's id. The database being away is not our fault to explain but to announce: 503
with Retry-After, whoever asked.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable

from django.core.exceptions import SuspiciousOperation
from django.core.signals import got_request_exception
from django.db import DataError, InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.template import loader
from django.utils.cache import add_never_cache_headers
from django.utils.http import url_has_allowed_host_and_scheme
from django.views import defaults

from configurator.engine.allowance import Busy
from configurator.engine.domains import Undecided
from configurator.examination import UNFORESEEN
from server import insides, problems

logger = logging.getLogger(__name__)

AWAY = (OperationalError, InterfaceError)
NUL = "cannot contain NUL (0x00)"  # psycopg of text that PostgreSQL does not keep; only callers send such


class ErrorsMiddleware:
    """Answers what a view let rise; also where DEBUG would show its insides to an API's caller."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        nowhere = response.status_code == 404 and request.resolver_match is None  # no address of ours
        return not_found(request, Http404()) if nowhere and insides.hidden() else response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        refusal = problems.refusal_of(error)
        if isinstance(error, (*AWAY, Busy)):
            logger.warning("%s %s: %s", request.method, request.path, error)
            return away(request, error)
        if isinstance(error, DataError) and NUL in str(error):
            return bad_request(request, SuspiciousOperation("Text with a NUL character."))
        if isinstance(error, (*UNFORESEEN, Undecided)) and not below_api(request):
            return cannot_be_made(request, error)
        if not below_api(request):
            # Django's own way: the handlers below, or with DEBUG its pages for developers
            return not_found(request, error) if isinstance(error, Http404) and insides.hidden() else None
        if refusal is None:
            logger.error("%s %s failed", request.method, request.path, exc_info=error)
            got_request_exception.send(sender=type(self), request=request)
        return problems.answer(error)


def below_api(request: HttpRequest) -> bool:
    return request.path.startswith("/api/")


def away(request: HttpRequest, error: BaseException) -> HttpResponse:
    """503: nothing was changed, ask again soon."""
    if below_api(request):
        return problems.answer(error)
    # Without the request: a page's frame asks who is signed in, and that is in the database.
    page = HttpResponse(loader.get_template("503.html").render({"busy": isinstance(error, Busy)}), status=503)
    page["Retry-After"] = str(problems.TABLE[OperationalError].retry_after)
    add_never_cache_headers(page)
    return page


def cannot_be_made(request: HttpRequest, error: Exception) -> HttpResponse:
    """409 with the sentence: values of which the family makes no sense, or rules too hard to decide on."""
    refusal = problems.refusal_of(error)
    told = str(error) or (refusal.title if refusal else "")
    logger.warning("%s %s: %s: %s", request.method, request.path, type(error).__name__, told)
    undecided = isinstance(error, Undecided)
    way_out = "Go back and try again" if undecided else "Choose something else"
    context = {
        "headline": ("This could not be decided in time" if undecided else "This cannot be made as it is"),
        "reason": f"{told.rstrip('.')}. Nothing was changed. {way_out}, or ask us.",
        "back": request.headers.get("Referer", "") if request.method == "POST" else "",
    }
    if not url_has_allowed_host_and_scheme(context["back"], allowed_hosts={request.get_host()}):
        context["back"] = ""
    return render(request, "409.html", context, status=409)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if below_api(request):
        return problems.answer(exception)
    return defaults.bad_request(request, exception)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    if below_api(request):
        return problems.answer(exception)
    return defaults.permission_denied(request, exception)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    if below_api(request):
        return problems.not_found(request)
    return defaults.page_not_found(request, exception)


def failed(request: HttpRequest) -> HttpResponse:
    """What a middleware let rise comes here; Django has logged it."""
    error = sys.exc_info()[1]
    if isinstance(error, AWAY):
        return away(request, error)
    if below_api(request):
        return problems.answer(None)
    return defaults.server_error(request)
