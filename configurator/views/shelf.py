"""The shelf: every family on sale."""

from datetime import datetime
from typing import Any

from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_safe

from configurator import proofs
from configurator.catalogue import kernel_of, spec_of
from configurator.engine.manufacturing import work_of
from configurator.engine.pricing import price
from configurator.models import Family, Version
from configurator.promise import ask
from configurator.views.pictures import picture

SHELF_SECONDS = 60  # how long the shelf shows the same earliest date
SHELF_CHOICES = "shelf"


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Every family on sale with its picture, lowest price and earliest date."""
    now = timezone.now()
    products = [_product(family, now) for family in Family.objects.on_sale()]
    return render(
        request,
        "configurator/home.html",
        {
            "pictured": [product for product in products if product["picture"]],
            "plain": [product for product in products if not product["picture"]],
        },
    )


def _product(family: Family, now: datetime) -> dict[str, Any]:
    version = family.current
    assert version is not None  # on_sale() has only families with a current version
    facts = cache.get_or_set(
        f"shelf:{version.content_hash}", lambda: _shelf_facts(version, now), SHELF_SECONDS
    )
    assert facts is not None
    return {"family": family, **facts}


def _shelf_facts(version: Version, now: datetime) -> dict[str, Any]:
    """What the shelf says of a version: its defaults completed, priced and promised."""
    spec = spec_of(version)
    full = kernel_of(version).complete(spec.defaults)
    facts: dict[str, Any] = {"options": len(spec.options), "picture": "", "price": None, "ready_at": None}
    if full is None:
        return facts
    if spec.surfaces:
        shown = proofs.preview_hash(version=version, choices=full, surface=spec.surfaces[0].code)
        facts["picture"] = reverse("shelf-picture", args=[version.family_id]) + f"?v={shown[:16]}"
    if spec.priced:
        one = price(spec, full, quantity=1)
        facts["price"], facts["currency"] = one.unit, one.currency
        facts["ready_at"] = ask(
            work=work_of(spec, full),
            quantity=1,
            lead_days=spec.lead_days,
            currency=spec.currency,
            now=now,
        ).ready_at
    return facts


@require_safe
def shelf_picture(request: HttpRequest, family: str) -> HttpResponse:
    """The picture of a family's default design."""
    on_sale = get_object_or_404(Family.objects.on_sale(), pk=family)
    version = on_sale.current
    assert version is not None
    spec = spec_of(version)
    full = kernel_of(version).complete(spec.defaults)
    if full is None or not spec.surfaces:
        raise Http404("This family has no picture.")
    return picture(request, version, full, spec.surfaces[0].code)


@require_GET
def robots(request: HttpRequest) -> HttpResponse:
    """Crawlers may read the shelf; starting a design for each of their visits helps nobody."""
    return HttpResponse("User-agent: *\nDisallow: /make/\nDisallow: /staff/\n", content_type="text/plain")
