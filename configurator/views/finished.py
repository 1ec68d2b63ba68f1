"""A finished design: to look at, to share, and to open a copy of."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from configurator import answers, designs, freezing
from configurator.catalogue import spec_of
from configurator.models import Design, Version
from configurator.proofs import drawings_of
from configurator.views.visitors import Visitor, visitor_of


@require_http_methods(["GET", "HEAD", "POST"])
def design(request: HttpRequest, pk: str) -> HttpResponse:
    """A frozen design: to look at, to share, and to open a copy of."""
    visitor = visitor_of(request)
    open_to = Design.objects.readable_by(user=request.user, session_key=visitor.session_key)
    held: Design = get_object_or_404(open_to.select_related("version__family"), pk=pk)
    if request.method == "POST":
        return _copy(request, held, visitor)
    described = answers.describe_design(held)
    spec = spec_of(held.version)
    mine = Design.objects.visible_to(user=request.user, session_key=visitor.session_key)
    return render(
        request,
        "configurator/design.html",
        {
            "family": held.version.family,
            "design": held,
            "surfaces": described["preview"],
            "drawings": drawings_of(held),
            "chosen": described["labels"],
            "priced": spec.priced,
            "sellable": Version.objects.sellable().filter(pk=held.version_id).exists(),
            "mine": mine.filter(pk=held.pk).exists() and held.shared_at is not None,
            "link": request.build_absolute_uri(reverse("design", args=[held.pk])),
        },
    )


def _copy(request: HttpRequest, held: Design, visitor: Visitor) -> HttpResponse:
    try:
        copy = freezing.reopen(
            design=held, owner=visitor.user, session_key=visitor.session_key, now=timezone.now()
        )
    except designs.NotOnSale as refusal:
        messages.error(request, str(refusal))
        return redirect("design", held.pk)
    lost = [label["option"] for label in answers.labels(held) if label["code"] not in copy.choices]
    if lost:
        messages.warning(request, f"The product has changed since. Choose again: {', '.join(lost)}.")
    return redirect("configuration", copy.version.family_id, copy.pk)
