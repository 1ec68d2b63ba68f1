"""Dates that are held for the caller: a quote that nobody else is promised meanwhile."""

from __future__ import annotations

from typing import Any

from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from configurator.answers import quote_json
from configurator.api.callers import Caller, caller
from configurator.models import Design
from orders import holds
from orders.api.shapes import HoldShape, TakeShape
from orders.models import PromiseHold


def hold_json(hold: PromiseHold) -> dict[str, Any]:
    """A hold, without what it claims of the workshop."""
    return {
        "id": hold.code,
        "state": hold.state,
        "design": hold.design_id,
        "quantity": hold.quantity,
        "option": hold.option,
        "ready_at": hold.ready_at.isoformat(),
        "surcharge": f"{hold.surcharge:.2f}",
        "expires_at": hold.expires_at.isoformat(),
        "was_ready_at": hold.was_ready_at.isoformat() if hold.was_ready_at else None,
        "was_surcharge": None if hold.was_surcharge is None else f"{hold.was_surcharge:.2f}",
    }


class HoldView(APIView):
    """Base: scopes, and the caller's own hold."""

    scopes = ("orders:write", "orders:write")
    people = "anyone"

    def held(self, who: Caller, code: str) -> PromiseHold:
        mine = PromiseHold.objects.visible_to(user=who.user, session_key=who.session_key)
        hold: PromiseHold = get_object_or_404(mine.select_related("design__version__family"), code=code)
        return hold

    def answer(self, hold: PromiseHold, status: int = 200) -> Response:
        quote = holds.quote_of(hold, now=timezone.now())
        return Response({**hold_json(hold), "quote": quote_json(quote)}, status=status)


class Holds(HoldView):
    """Hold a date for a frozen design: the token of its quote orders it until it expires. The quote of
    `GET /designs/{id}/quote/` is an inquiry and holds nothing."""

    @extend_schema(operation_id="hold_date", request=TakeShape, responses={201: HoldShape})
    def post(self, request: Request) -> Response:
        shape = TakeShape(data=request.data)
        shape.is_valid(raise_exception=True)
        who = caller(request)
        readable = Design.objects.readable_by(user=who.user, session_key=who.session_key)
        design = get_object_or_404(
            readable.select_related("version__family"), pk=shape.validated_data["design"]
        )
        hold = holds.take(
            design=design,
            quantity=shape.validated_data["quantity"],
            option=shape.validated_data["option"],
            owner=who.user,
            session_key=who.session_key,
            now=timezone.now(),
        )
        return self.answer(hold, status=status.HTTP_201_CREATED)


class Hold(HoldView):
    """A date that is held."""

    @extend_schema(operation_id="held_date", responses=HoldShape)
    def get(self, request: Request, code: str) -> Response:
        return self.answer(self.held(caller(request), code))

    @extend_schema(operation_id="renew_hold", request=None, responses=HoldShape)
    def post(self, request: Request, code: str) -> Response:
        """Hold it for another while."""
        hold = self.held(caller(request), code)
        return self.answer(holds.renew(hold=hold, now=timezone.now()))

    @extend_schema(operation_id="give_back_date", responses={204: None})
    def delete(self, request: Request, code: str) -> Response:
        """Let others have it."""
        holds.give_back(hold=self.held(caller(request), code))
        return Response(status=status.HTTP_204_NO_CONTENT)
