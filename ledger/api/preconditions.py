"""ETag and If-Match: nobody overwrites what they have not seen."""

from __future__ import annotations

import re

from rest_framework import status
from rest_framework.exceptions import APIException
from rest_framework.request import Request

# With or without quotes: by hand they are easily forgotten, and nothing else could be meant.
ETAG = re.compile(r'(?:W/)?"([0-9]{1,15})"|([0-9]{1,15})')


class PreconditionMissing(APIException):
    status_code = status.HTTP_428_PRECONDITION_REQUIRED
    default_detail = "Send If-Match with the ETag you last read, so that nobody else's change is overwritten."
    default_code = "precondition-required"


class PreconditionFailed(APIException):
    status_code = status.HTTP_412_PRECONDITION_FAILED
    default_detail = "This has changed since you read it; read it again and decide anew."
    default_code = "precondition-failed"


def etag(version: int) -> str:
    return f'"{version}"'


def expected_version(request: Request, *, required: bool = True) -> int | None:
    """The version in ``If-Match``; None when it is absent and not required."""
    given = request.headers.get("If-Match", "").strip()
    if not given:
        if required:
            raise PreconditionMissing
        return None
    tag = ETAG.fullmatch(given)
    if tag is None:
        raise PreconditionFailed(f"If-Match {given[:40]!r} is not an ETag of this API.")
    return int(tag[1] or tag[2])
