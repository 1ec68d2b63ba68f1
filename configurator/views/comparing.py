"""Two designs side by side."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from configurator import answers, comparison
from configurator.models import Configuration, Design
from configurator.views.visitors import visitor_of


@require_safe
def compare(request: HttpRequest) -> HttpResponse:
    """``?of=`` and ``?with=``: two designs of this visitor, or shared ones; what is left out is asked for."""
    visitor = visitor_of(request)
    wanted = [request.GET.get(name, "") for name in ("of", "with")]
    try:
        found = [
            comparison.find(pk=pk, user=request.user, session_key=visitor.session_key) for pk in wanted if pk
        ]
    except comparison.NotToCompare as refusal:
        raise Http404(str(refusal)) from refusal
    offered = comparison.offered(user=request.user, session_key=visitor.session_key)
    context: dict[str, Any] = {
        "of": wanted[0],
        "with": wanted[1],
        "offered": [{"id": each.pk, "label": _label(each)} for each in offered],
    }
    if len(found) == 2:
        compared = comparison.compare(left=found[0], right=found[1], now=timezone.now())
        dearer = _difference(compared)
        sides = (compared.left, compared.right)
        context |= {
            "compared": compared,
            "sides": [{"side": side, "ready_at": _moment(side.ready_at)} for side in sides],
            "dearer": dearer,
            "cheaper": None if dearer is None else -dearer,
            "differing": sum(row.differs for row in compared.rows),
        }
    return render(request, "configurator/compare.html", context)


def _label(of: Configuration | Design) -> str:
    """How a design is told from the others in a list: what it is and the first things chosen."""
    first = ", ".join(label["value"] for label in answers.choice_labels(of, of.choices)[:4])
    state = "finished" if isinstance(of, Design) else "being made"
    return f"{of.version.family.name} ({state}): {first}"[:120]


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _difference(compared: comparison.Comparison) -> Decimal | None:
    """How much more the right one costs, where both have a price in one currency."""
    left, right = compared.left, compared.right
    if left.price is None or right.price is None or left.currency != right.currency:
        return None
    return Decimal(right.price) - Decimal(left.price)
