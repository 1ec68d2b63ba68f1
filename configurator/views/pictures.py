"""The pictures of designs on their products."""

from collections.abc import Mapping

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from configurator import proofs
from configurator.catalogue import kernel_of, spec_of
from configurator.engine.drawing import outlines_json
from configurator.engine.layout.artwork import outlines_of
from configurator.engine.layout.scene import AssetInfo
from configurator.engine.rendering.made_to_measure import drawing_of, has_drawing
from configurator.engine.spec import Choice
from configurator.models import Configuration, Design, Version
from configurator.views.visitors import visitor_of

FOR_EVER = "private, max-age=31536000, immutable"


@require_safe
def artwork_picture(request: HttpRequest, of: str, sha256: str) -> HttpResponse:
    """A handed-in picture, as small as an editor needs it; only for whoever makes the design."""
    held = _handed_in(request, of, sha256, kind="picture")
    return _kept(HttpResponse(proofs.small_picture(held), content_type="image/webp"))


@require_safe
def artwork_outlines(request: HttpRequest, of: str, sha256: str) -> HttpResponse:
    """The outlines that a handed-in drawing became (`engine.drawing.outlines_json`), for an editor: never the
    file itself. Only for whoever makes the design."""
    held = _handed_in(request, of, sha256, kind="vector")
    return _kept(JsonResponse(outlines_json(outlines_of(held))))


def _handed_in(request: HttpRequest, of: str, sha256: str, *, kind: str) -> AssetInfo:
    held = own_configuration(request, of)
    found = proofs.assets_of(spec_of(held.version), held.choices).get(sha256)
    if found is None or found.kind != kind:
        raise Http404("That picture is not on this design.")
    return found


def _kept(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = FOR_EVER
    patch_vary_headers(response, ["Cookie"])
    return response


def own_configuration(request: HttpRequest, pk: str) -> Configuration:
    visitor = visitor_of(request)
    mine = Configuration.objects.visible_to(user=request.user, session_key=visitor.session_key)
    held: Configuration = get_object_or_404(mine.select_related("version"), pk=pk)
    return held


@require_safe
def preview(request: HttpRequest, of: str, surface: str) -> HttpResponse:
    """The picture of a configuration or design on its product."""
    if of.startswith("cfg"):
        making = own_configuration(request, of)
        full = kernel_of(making.version).complete(making.choices)
        shown = full if full is not None else making.choices
        return picture(request, making.version, shown, surface, form="jpeg")  # drawn in haste: soonest packed
    visitor = visitor_of(request)
    open_to = Design.objects.readable_by(user=request.user, session_key=visitor.session_key)
    held: Design = get_object_or_404(open_to.select_related("version"), pk=of)
    return picture(request, held.version, held.choices, surface, known_as=proofs.frozen_name(held))


@require_safe
def drawing(request: HttpRequest, of: str, surface: str) -> HttpResponse:
    """A surface of a finished design with its dimensions, as SVG in real millimetres of an A4 sheet."""
    visitor = visitor_of(request)
    open_to = Design.objects.readable_by(user=request.user, session_key=visitor.session_key)
    held: Design = get_object_or_404(open_to.select_related("version"), pk=of)
    spec = spec_of(held.version)
    if surface not in spec.surface_by_code or not has_drawing(spec, surface):
        raise Http404("There is no drawing of this.")
    drawn = drawing_of(spec=spec, choices=held.choices, surface=surface)
    return HttpResponse(drawn, content_type="image/svg+xml; charset=utf-8")


def picture(
    request: HttpRequest,
    version: Version,
    choices: Mapping[str, Choice],
    surface: str,
    *,
    known_as: str | None = None,
    form: proofs.Form | None = None,
) -> HttpResponse:
    """The picture in a form, or as WebP or else PNG as the browser takes it; an address that names exactly
    this picture may be kept for ever."""
    form = form or ("webp" if "image/webp" in request.headers.get("Accept", "") else "png")
    bare = "bare" in request.GET
    try:
        number = int(request.GET.get("view", "0"))
        size = int(request.GET.get("w", proofs.DEFAULT_SIZE))
        given = request.GET.get("v")
        if bare or number or known_as is None or given != known_as:
            known_as = proofs.preview_hash(
                version=version, choices=choices, surface=surface, bare=bare, view=number
            )[:16]
        data = proofs.preview(
            version=version, choices=choices, surface=surface, size=size, form=form, bare=bare, view=number
        )
    except (proofs.UnknownSurface, ValueError) as fault:
        raise Http404(str(fault)) from fault
    response = HttpResponse(data, content_type=f"image/{form}")
    # An address from before the last change shows the picture of now, but nobody may keep it under that name.
    response["Cache-Control"] = FOR_EVER if given == known_as else "no-store"
    patch_vary_headers(response, ["Accept", "Cookie"])
    return response
