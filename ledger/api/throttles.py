"""How often one caller may ask. Rates are in settings (``API_RATES``); counters are per web process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle

from ledger.api.callers import SAFE
from ledger.models import ApiKey

if TYPE_CHECKING:  # as in callers.py
    from rest_framework.views import APIView


class CallerThrottle(SimpleRateThrottle):
    """One bucket a caller and kind: ``read`` or ``change``, or what the view names in ``throttle_kind``."""

    def __init__(self) -> None:
        """The rate depends on the request, so it is read when that is known."""

    def allow_request(self, request: Request, view: APIView) -> bool:
        kind = getattr(view, "throttle_kind", "read" if request.method in SAFE else "change")
        self.scope = kind
        self.rate = settings.API_RATES[kind]
        self.num_requests, self.duration = self.parse_rate(self.rate)
        return bool(super().allow_request(request, view))

    def get_cache_key(self, request: Request, view: APIView) -> str:
        return f"throttle:{self.scope}:{self._who(request)}"

    def _who(self, request: Request) -> Any:
        if isinstance(request.auth, ApiKey):
            return f"key:{request.auth.pk}"
        if request.user and request.user.is_authenticated:
            return f"user:{request.user.pk}"
        return f"address:{self.get_ident(request)}"
