"""The one table of refusals: exception class -> HTTP problem document (RFC 9457) with a stable code.

A refusal is an exception beside what raises it. Here, and only here, it gets a status,
a code that integrations may rely on, and the fields that help to mend the request.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import DatabaseError, IntegrityError, InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from rest_framework import exceptions as drf
from rest_framework.response import Response
from rest_framework.views import set_rollback

from configurator import (
    answers,
    assets,
    catalogue,
    designs,
    drafts,
    examination,
    freezing,
    moving,
    proofs,
    quotes,
    receiving,
    validations,
)
from configurator.engine.allowance import Busy
from configurator.engine.choices import ChoiceError
from configurator.engine.domains import Undecided
from configurator.engine.family import FamilyError
from configurator.engine.imaging import FileTooLarge, UploadRefused
from configurator.engine.knowledge import TooLarge
from ledger import idempotency, jobs, keys
from ledger.api import preconditions, repeats
from orders import cart, changes, checkout, fulfilment, holds, lists, payments
from production import drafts as repairs
from production import (
    events,
    feeds,
    files,
    gate,
    planning,
    review,
    shopfile,
    shopfloor,
    shopkeeping,
    stock,
    upkeep,
    whatif,
    why,
)
from server import request_id

logger = logging.getLogger(__name__)

CONTENT_TYPE = "application/problem+json"
ROOT = "/api/v1/problems/"

Fields = Callable[[Any], Mapping[str, Any]]


def _nothing(_: Any) -> Mapping[str, Any]:
    return {}


@dataclass(frozen=True)
class Refusal:
    """How one kind of refusal is told: ``status``, stable ``code``, ``title``, and extra members."""

    status: int
    code: str
    title: str
    fields: Fields = field(default=_nothing)
    retry_after: int | None = None


def _validation(error: drf.ValidationError) -> Mapping[str, Any]:
    return {"errors": list(_flat(error.detail, ""))}


def _flat(detail: Any, pointer: str) -> list[dict[str, str]]:
    if isinstance(detail, Mapping):
        return [row for key, value in detail.items() for row in _flat(value, f"{pointer}/{key}")]
    if isinstance(detail, list):
        rows: list[dict[str, str]] = []
        for index, item in enumerate(detail):
            deeper = isinstance(item, Mapping | list)
            rows += _flat(item, f"{pointer}/{index}" if deeper else pointer)
        return rows
    pointer = pointer.removesuffix("/non_field_errors") or "/"
    return [{"pointer": pointer, "code": str(getattr(detail, "code", "invalid")), "detail": str(detail)}]


def _choices(error: ChoiceError) -> Mapping[str, Any]:
    return {
        "errors": [
            {"pointer": f"/choices/{problem.option}", "code": "invalid-choice", "detail": problem.message}
            for problem in error.problems
        ]
    }


def _refused(error: designs.Refused) -> Mapping[str, Any]:
    return {"refused": answers.refused_json(error)}


def _checkout(error: checkout.CheckoutRefused) -> Mapping[str, Any]:
    return {
        "errors": [
            {
                "pointer": f"/{problem.where}",
                "code": problem.code,
                "detail": problem.message,
                **({"quote": answers.quote_json(problem.quote)} if problem.quote else {}),
            }
            for problem in error.problems
        ]
    }


def _rows(error: lists.RowsRefused) -> Mapping[str, Any]:
    return {
        "errors": [
            {"pointer": f"/rows/{each.row.number - 1}", "code": "row-refused", "detail": problem}
            for each in error.judged
            for problem in each.problems
        ]
    }


def _findings(error: freezing.NotMakeable) -> Mapping[str, Any]:
    return {"findings": [finding.as_json() for finding in error.findings]}


def _family(error: FamilyError) -> Mapping[str, Any]:
    return {
        "errors": [
            {
                "pointer": problem.where,
                "code": "family-fault",
                "detail": problem.message,
                "line": problem.line,
                "column": problem.column,
            }
            for problem in error.problems
        ]
    }


TABLE: dict[type[Exception], Refusal] = {
    # the configurator
    designs.Refused: Refusal(409, "configuration-refused", "This contradicts what is chosen", _refused),
    designs.NoSuchRepair: Refusal(409, "no-repair", "No change of other choices makes this possible"),
    designs.NoBest: Refusal(409, "no-completion", "No completion can be made"),
    designs.NoStep: Refusal(409, "no-step", "There is no change to take back or to make again"),
    designs.NoRepair: Refusal(409, "no-repair", "No change of other choices makes this possible"),
    designs.RevisionConflict: Refusal(412, "precondition-failed", "It has changed since you read it"),
    moving.MovedOn: Refusal(409, "moved-on", "Another version is on sale than the one agreed to"),
    designs.NotOnSale: Refusal(409, "not-on-sale", "This is not on sale at present"),
    designs.Incomplete: Refusal(
        409,
        "configuration-incomplete",
        "Something is still to be chosen",
        lambda e: {"missing": list(e.missing)},
    ),
    freezing.NotMakeable: Refusal(409, "not-makeable", "This cannot be made as it is", _findings),
    Undecided: Refusal(422, "undecided", "The rules are too hard to decide about these choices"),
    Busy: Refusal(503, "engine-busy", "The engine is busy with hard questions", retry_after=5),
    ChoiceError: Refusal(422, "invalid-choices", "A choice means nothing here", _choices),
    FileTooLarge: Refusal(413, "upload-too-large", "The file is too large", lambda e: {"reason": e.code}),
    assets.UploadsBusy: Refusal(503, "uploads-busy", "Too many pictures at the moment", retry_after=5),
    receiving.LengthMissing: Refusal(411, "length-required", "The body does not say how long it is"),
    UploadRefused: Refusal(422, "upload-refused", "The picture was not taken", lambda e: {"reason": e.code}),
    proofs.UnknownSurface: Refusal(404, "not-found", "There is nothing here, or nothing you may see"),
    quotes.QuoteForged: Refusal(422, "quote-forged", "This price was not given by us"),
    quotes.QuoteExpired: Refusal(
        409,
        "quote-expired",
        "The price has to be confirmed",
        lambda e: {"quote": answers.quote_json(e.fresh)},
    ),
    FamilyError: Refusal(422, "family-faults", "The family file has faults", _family),
    catalogue.NotPublishable: Refusal(
        422, "not-publishable", "The family cannot be published", lambda e: {"reasons": list(e.reasons)}
    ),
    catalogue.NotRolledBack: Refusal(409, "not-rolled-back", "The version is on sale already"),
    drafts.DraftChanged: Refusal(
        412,
        "precondition-failed",
        "It has changed since you read it",
        lambda e: {"revision": e.theirs.revision},
    ),
    drafts.NotADraft: Refusal(
        422, "not-a-draft", "The family cannot be begun so", lambda e: {"reasons": list(e.problems)}
    ),
    drafts.AnotherFamily: Refusal(409, "another-family", "The text is of another family"),
    TooLarge: Refusal(
        422, "family-too-large", "A rule needs more than is sensible", lambda e: {"rule": e.rule}
    ),
    # orders
    cart.QuantityRefused: Refusal(422, "quantity-refused", "This quantity cannot be ordered"),
    cart.NotForSale: Refusal(409, "not-for-sale", "This has no price yet"),
    cart.CartFull: Refusal(409, "cart-full", "The cart is full"),
    cart.NotInCart: Refusal(404, "not-in-cart", "The cart has no such line"),
    cart.CartChanged: Refusal(412, "precondition-failed", "It has changed since you read it"),
    holds.NoDate: Refusal(409, "no-promise", "No date can be promised"),
    holds.DateGone: Refusal(409, "date-gone", "This date has been taken meanwhile"),
    holds.NoSuchHold: Refusal(409, "hold-expired", "This date is held no more"),
    lists.ListRefused: Refusal(422, "list-refused", "The list was not taken"),
    lists.RowsRefused: Refusal(409, "rows-refused", "Some rows cannot be made, and nothing was added", _rows),
    checkout.CheckoutRefused: Refusal(409, "checkout-refused", "Nothing was ordered", _checkout),
    checkout.SubmitKeyReused: Refusal(422, "idempotency-key-reused", "The key belongs to another request"),
    changes.CannotCancel: Refusal(409, "cannot-cancel", "The order cannot be cancelled"),
    changes.CannotChange: Refusal(
        409, "cannot-change", "The line cannot be changed so", lambda e: {"reasons": list(e.reasons)}
    ),
    payments.PaymentRefused: Refusal(409, "payment-refused", "The payment is not due"),
    fulfilment.MoveRefused: Refusal(
        409,
        "move-refused",
        "The line cannot be moved so",
        lambda e: {"lines": [{"line": p.line, "reason": p.message} for p in e.problems]},
    ),
    # production
    review.ReviewRefused: Refusal(
        409, "decision-refused", "The run cannot be changed so", lambda e: {"reasons": list(e.reasons)}
    ),
    review.Outdated: Refusal(412, "precondition-failed", "It has changed since you read it"),
    review.PlanBroken: Refusal(
        409,
        "plan-not-certified",
        "The plan no longer fits the workshop",
        lambda e: {"breaches": [{"kind": b.kind, "where": b.where, "text": b.text} for b in e.breaches[:20]]},
    ),
    files.NothingToMakeAgain: Refusal(409, "nothing-to-make-again", "The run's files are not stopped"),
    gate.NothingToMake: Refusal(409, "nothing-to-make", "This needs no production file"),
    stock.StockRefused: Refusal(409, "stock-refused", "The stock cannot be changed so"),
    upkeep.UpkeepRefused: Refusal(
        409, "upkeep-refused", "The machine stays as it is", lambda e: {"reasons": list(e.reasons)}
    ),
    shopkeeping.ShopkeepingRefused: Refusal(
        409, "shop-refused", "The shop stays as it is", lambda e: {"reasons": list(e.reasons)}
    ),
    shopfile.ShopChanged: Refusal(412, "precondition-failed", "It has changed since you read it"),
    shopfile.ShopFileError: Refusal(
        422,
        "shop-faults",
        "The shop's model contradicts itself",
        lambda e: {"reasons": list(e.problems[:200])},
    ),
    stock.MaterialShort: Refusal(
        409,
        "material-short",
        "Not enough material",
        lambda e: {"shortages": [asdict(s) for s in e.shortages]},
    ),
    shopfloor.FloorRefused: Refusal(
        409, "floor-refused", "It cannot be done now", lambda e: {"reasons": list(e.reasons)}
    ),
    feeds.TooManyFeeds: Refusal(409, "too-many-calendars", "There are too many calendars"),
    events.EventRefused: Refusal(
        409, "event-refused", "It cannot be so", lambda e: {"reasons": list(e.reasons)}
    ),
    repairs.DraftRefused: Refusal(
        409, "draft-refused", "The repair cannot be taken so", lambda e: {"reasons": list(e.reasons)}
    ),
    repairs.DraftConflict: Refusal(
        409,
        "draft-conflict",
        "The same work was changed meanwhile",
        lambda e: {"reasons": list(e.reasons), "diff": e.diff},
    ),
    repairs.PartRefused: Refusal(
        409,
        "part-refused",
        "These changes need others too",
        lambda e: {"reasons": list(e.reasons), "needs": list(e.needs)},
    ),
    planning.NotCertified: Refusal(409, "plan-not-certified", "The plan no longer fits the workshop"),
    whatif.ScenarioRefused: Refusal(409, "scenario-refused", "The scenario cannot be changed or computed so"),
    why.NothingToSay: Refusal(
        409, "not-in-a-proposed-run", "The plan in force proposes nothing for the line"
    ),
    validations.NothingToJudge: Refusal(422, "validation-refused", "The rows were not taken"),
    # the ledger
    idempotency.BadKey: Refusal(400, "idempotency-key-missing", "The idempotency key cannot be used"),
    idempotency.KeyReused: Refusal(422, "idempotency-key-reused", "The key belongs to another request"),
    idempotency.InFlight: Refusal(409, "request-in-flight", "The first request still runs", retry_after=2),
    jobs.NoSuchJob: Refusal(404, "not-found", "There is nothing here, or nothing you may see"),
    jobs.NothingToStop: Refusal(409, "nothing-to-stop", "The job has come to its end"),
    jobs.NotDead: Refusal(409, "job-not-dead", "Only a job that was set aside is run again"),
    keys.KeyRefused: Refusal(422, "key-refused", "The key was not issued"),
    repeats.KeyMissing: Refusal(400, "idempotency-key-missing", "The idempotency key cannot be used"),
    preconditions.PreconditionMissing: Refusal(
        428, "precondition-required", "This is decided on what was seen"
    ),
    preconditions.PreconditionFailed: Refusal(412, "precondition-failed", "It has changed since you read it"),
    # what the frame around the operations refuses
    drf.ValidationError: Refusal(400, "invalid-request", "The request does not fit the schema", _validation),
    drf.ParseError: Refusal(400, "unreadable-body", "The body could not be read"),
    drf.AuthenticationFailed: Refusal(401, "not-authenticated", "This needs a key or a session"),
    drf.NotAuthenticated: Refusal(401, "not-authenticated", "This needs a key or a session"),
    drf.PermissionDenied: Refusal(403, "forbidden", "This is not yours to do"),
    PermissionDenied: Refusal(403, "forbidden", "This is not yours to do"),
    drf.NotFound: Refusal(404, "not-found", "There is nothing here, or nothing you may see"),
    Http404: Refusal(404, "not-found", "There is nothing here, or nothing you may see"),
    drf.MethodNotAllowed: Refusal(405, "method-not-allowed", "This address does not take that method"),
    drf.NotAcceptable: Refusal(406, "not-acceptable", "Only application/json is spoken here"),
    drf.UnsupportedMediaType: Refusal(415, "unsupported-media-type", "Only application/json is read here"),
    drf.Throttled: Refusal(429, "too-many-requests", "Too many requests"),
    SuspiciousOperation: Refusal(400, "bad-request", "The request was not accepted"),
    IntegrityError: Refusal(409, "conflict", "This contradicts what is already stored"),
    OperationalError: Refusal(503, "temporarily-unavailable", "The database is busy or away", retry_after=5),
    InterfaceError: Refusal(503, "temporarily-unavailable", "The database is busy or away", retry_after=5),
}

# Values that nobody tried before, and of which the family's text makes no sense.
TABLE |= dict.fromkeys(examination.UNFORESEEN, Refusal(409, "not-makeable", "This cannot be made as it is"))

UNEXPECTED = Refusal(500, "unexpected", "Something went wrong on our side")


def refusal_of(error: Exception) -> Refusal | None:
    """The row for ``error``: its own class's, or the nearest base class's."""
    for base in type(error).__mro__:
        if base in TABLE:
            return TABLE[base]
    if isinstance(error, drf.APIException):
        return Refusal(
            error.status_code, str(error.default_code).replace("_", "-"), "The request was refused"
        )
    return None


def document(refusal: Refusal, *, detail: str, extra: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The problem document; ``instance`` is the request's id, the one in the logs."""
    return {
        "type": f"{ROOT}{refusal.code}",
        "title": refusal.title,
        "status": refusal.status,
        "detail": detail,
        "code": refusal.code,
        "instance": f"urn:request:{request_id.current.get()}",
        **(extra or {}),
    }


def _detail(error: BaseException, refusal: Refusal) -> str:
    if isinstance(error, DatabaseError | InterfaceError):
        return refusal.title + "; nothing was changed."  # never the SQL
    if isinstance(error, drf.ValidationError):
        return "See `errors` for each field."
    if isinstance(error, Http404 | SuspiciousOperation):
        return refusal.title + "."
    return str(error) or refusal.title


def _headers(error: BaseException, refusal: Refusal) -> dict[str, str]:
    headers: dict[str, str] = {}
    if getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = str(error.auth_header)  # type: ignore[attr-defined]
    wait = getattr(error, "wait", None) or refusal.retry_after
    if wait:
        headers["Retry-After"] = str(math.ceil(wait))
    return headers


def handle(error: Exception, context: Mapping[str, Any]) -> Response | None:
    """DRF's exception handler: the table's row as a problem document, or None to let it rise."""
    refusal = refusal_of(error)
    if refusal is None:
        return None
    set_rollback()  # type: ignore[no-untyped-call]
    if refusal.status >= 500:
        logger.warning("refused with %s: %s", refusal.code, type(error).__name__, exc_info=error)
    return Response(
        document(refusal, detail=_detail(error, refusal), extra=refusal.fields(error)),
        status=refusal.status,
        headers=_headers(error, refusal),
        content_type=CONTENT_TYPE,
    )


def answer(error: BaseException | None) -> HttpResponse:
    """The problem document for what rose outside of DRF; without a row of its own it is a 500, which
    tells no path and no SQL but the id under which the log has it all."""
    refusal = refusal_of(error) if isinstance(error, Exception) else None
    if refusal is None or error is None:
        body = document(UNEXPECTED, detail="It has been logged under the request id in `instance`.")
        return JsonResponse(body, status=500, content_type=CONTENT_TYPE)
    body = document(refusal, detail=_detail(error, refusal), extra=refusal.fields(error))
    return JsonResponse(
        body, status=refusal.status, headers=_headers(error, refusal), content_type=CONTENT_TYPE
    )


@csrf_exempt
def not_found(request: HttpRequest) -> HttpResponse:
    """An address below /api/ that does not exist."""
    refusal = TABLE[drf.NotFound]
    return JsonResponse(
        document(refusal, detail=f"{request.path} is not an address of this API; see /api/v1/docs/."),
        status=404,
        content_type=CONTENT_TYPE,
    )
