"""The pages of the configurator: the shelf, a design being made, a finished design, and their pictures."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import User
from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_GET, require_http_methods, require_safe

from configurator import answers, assets, designs, proofs
from configurator.catalogue import kernel_of, spec_of
from configurator.engine.choices import ChoiceError
from configurator.engine.manufacturing import work_of
from configurator.engine.pricing import price
from configurator.engine.spec import Choice, FamilySpec
from configurator.forms import LONG_FORM, PREFIX, read_post, read_quantity, shown_groups
from configurator.models import Configuration, Design, Family, Version
from configurator.promise import ask
from configurator.visibility import guest_key

SHELF_SECONDS = 60  # how long the shelf shows the same earliest date
FOR_EVER = "private, max-age=31536000, immutable"
SHELF_CHOICES = "shelf"


@dataclass(frozen=True)
class Visitor:
    """Who looks: an account, or the guest of this browser. ``actor`` is their name in the ledger."""

    user: User | None
    session_key: str
    actor: str


def visitor_of(request: HttpRequest) -> Visitor:
    if request.user.is_authenticated:
        return Visitor(request.user, "", f"user:{request.user.get_username()}")
    key = guest_key(request.session)
    return Visitor(None, key, f"guest:{key}")


# --- the shelf --------------------------------------------------------------------------------------------


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
    if spec.manufacture is not None or spec.base_price:
        one = price(spec, full, quantity=1)
        facts["price"], facts["currency"] = one.unit, one.currency
        facts["ready_at"] = ask(
            work=work_of(spec, full), quantity=1, lead_days=spec.lead_days, now=now
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
    return _picture(request, version, full, spec.surfaces[0].code)


@require_safe
def preview(request: HttpRequest, of: str, surface: str) -> HttpResponse:
    """The picture of a configuration or design on its product."""
    visitor = visitor_of(request)
    if of.startswith("cfg"):
        mine = Configuration.objects.visible_to(user=request.user, session_key=visitor.session_key)
        making: Configuration = get_object_or_404(mine.select_related("version"), pk=of)
        full = kernel_of(making.version).complete(making.choices)
        return _picture(request, making.version, full if full is not None else making.choices, surface)
    open_to = Design.objects.readable_by(user=request.user, session_key=visitor.session_key)
    held: Design = get_object_or_404(open_to.select_related("version"), pk=of)
    return _picture(request, held.version, held.choices, surface, known_as=proofs.frozen_name(held))


def _picture(
    request: HttpRequest,
    version: Version,
    choices: Mapping[str, Choice],
    surface: str,
    *,
    known_as: str | None = None,
) -> HttpResponse:
    """The picture as WebP or PNG; an address that names exactly this picture may be kept for ever."""
    form: proofs.Form = "webp" if "image/webp" in request.headers.get("Accept", "") else "png"
    try:
        size = int(request.GET.get("w", proofs.DEFAULT_SIZE))
        given = request.GET.get("v")
        if known_as is None or given != known_as:
            known_as = proofs.preview_hash(version=version, choices=choices, surface=surface)[:16]
        data = proofs.preview(version=version, choices=choices, surface=surface, size=size, form=form)
    except (proofs.UnknownSurface, ValueError) as fault:
        raise Http404(str(fault)) from fault
    response = HttpResponse(data, content_type=f"image/{form}")
    # An address from before the last change shows the picture of now, but nobody may keep it under that name.
    response["Cache-Control"] = FOR_EVER if given == known_as else "no-store"
    patch_vary_headers(response, ["Accept", "Cookie"])
    return response


# --- a design being made ----------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def configure(request: HttpRequest, family: str) -> HttpResponse:
    """Go on with the visitor's newest design of this family, or start one (a post always starts one)."""
    visitor = visitor_of(request)
    on_sale = get_object_or_404(Family.objects.on_sale(), pk=family)
    held = None
    if request.method != "POST":
        mine = Configuration.objects.visible_to(user=request.user, session_key=visitor.session_key)
        held = mine.filter(version=on_sale.current).first()
    if held is None:
        try:
            held = designs.start(
                family=on_sale, owner=visitor.user, session_key=visitor.session_key, now=timezone.now()
            )
        except designs.NotOnSale as refusal:
            raise Http404(str(refusal)) from refusal
    return redirect("configuration", family, held.pk)


@dataclass
class Outcome:
    """What became of a posted form: the first refused change, and fields that could not be taken."""

    refused: designs.Refused | None = None
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def taken(self) -> bool:
        return self.refused is None and not self.errors


def configuration_of(request: HttpRequest, pk: str, family: str | None = None) -> Configuration:
    """The visitor's own design, or 404."""
    visitor = visitor_of(request)
    mine = Configuration.objects.visible_to(user=request.user, session_key=visitor.session_key)
    if family is not None:
        mine = mine.filter(version__family=family)
    held: Configuration = get_object_or_404(mine.select_related("version__family"), pk=pk)
    return held


def take_post(request: HttpRequest, held: Configuration) -> Outcome:
    """Take everything that a posted form changes and that may be taken.

    A change that is refused is left out and reported; the others stay, so that nobody types twice.
    """
    visitor, now, spec = visitor_of(request), timezone.now(), spec_of(held.version)
    post = read_post(spec, request.POST, current=held.choices)
    outcome = Outcome(errors=dict(post.errors))
    changes = dict(post.changes)
    for option in spec.options:
        upload = request.FILES.get(PREFIX + option.code) if option.kind == "image" else None
        if upload is not None:
            try:
                asset = assets.take_in(
                    upload=upload, owner=visitor.user, session_key=visitor.session_key, now=now
                )
                changes[option.code] = asset.sha256
            except assets.UploadRefused as refusal:
                outcome.errors[option.code] = str(refusal)
    while changes:
        try:
            designs.choose(configuration=held, changes=changes, actor=visitor.actor, now=now)
            break
        except designs.Refused as refusal:
            outcome.refused = outcome.refused or refusal
            del changes[refusal.option]
        except ChoiceError as refusal:
            for problem in refusal.problems:
                outcome.errors[problem.option] = str(problem)
                changes.pop(problem.option, None)
    return outcome


@require_http_methods(["GET", "HEAD", "POST"])
def configuration(request: HttpRequest, family: str, pk: str) -> HttpResponse:
    """The page of a design. Without script every button is a post of the whole form."""
    held = configuration_of(request, pk, family)
    if request.method != "POST":
        return configuration_page(request, held)
    outcome = take_post(request, held)
    pressed = request.POST
    if "repair" in pressed:
        return _repair(request, held, pressed["repair"])
    if "why" in pressed:
        outcome = _try(request, held, pressed["why"])
    elif "clear" in pressed:
        outcome = _try(request, held, pressed["clear"] + "=")
    if not outcome.taken:
        return configuration_page(request, held, outcome=outcome)
    if pressed.get("do") == "share":
        return _share(request, held)
    if pressed.get("do") == "complete":
        return _complete(request, held)
    return HttpResponseRedirect(_address(held, pressed))


def _address(held: Configuration, pressed: Mapping[str, Any]) -> str:
    """The page again, with the quantity and the view that the visitor had."""
    url = reverse("configuration", args=[held.version.family_id, held.pk])
    wanted = []
    quantity = read_quantity(pressed.get("quantity"), most=settings.MAX_PIECES_A_LINE)
    if quantity != 1:
        wanted.append(f"quantity={quantity}")
    view = str(pressed.get("view", ""))
    if view in spec_of(held.version).surface_by_code:
        wanted.append(f"view={view}")
    return url + ("?" + "&".join(wanted) if wanted else "")


def _option_and_value(held: Configuration, text: str) -> tuple[str, Any]:
    """``option=value`` of a button."""
    code, _, raw = text.partition("=")
    option = spec_of(held.version).option_by_code.get(code)
    if option is None:
        raise Http404("There is no such option.")
    if raw == "":
        return code, None
    if option.kind == "integer":
        try:
            return code, int(raw)
        except ValueError as fault:
            raise Http404("There is no such value.") from fault
    return code, raw


def _try(request: HttpRequest, held: Configuration, text: str) -> Outcome:
    """Choose one value: what stands against it is the answer to "why?"."""
    option, value = _option_and_value(held, text)
    outcome = Outcome()
    try:
        designs.choose(
            configuration=held, changes={option: value}, actor=visitor_of(request).actor, now=timezone.now()
        )
    except designs.Refused as refusal:
        outcome.refused = refusal
    except ChoiceError as refusal:
        outcome.errors = {problem.option: str(problem) for problem in refusal.problems}
    return outcome


def _repair(request: HttpRequest, held: Configuration, text: str) -> HttpResponse:
    option, value = _option_and_value(held, text)
    try:
        designs.repair(
            configuration=held,
            option=option,
            value=value,
            actor=visitor_of(request).actor,
            now=timezone.now(),
        )
    except designs.NoRepair as refusal:
        messages.error(request, str(refusal))
    except ChoiceError as refusal:
        return configuration_page(
            request,
            held,
            outcome=Outcome(errors={problem.option: str(problem) for problem in refusal.problems}),
        )
    return HttpResponseRedirect(_address(held, request.POST) + f"#option-{option}")


def _complete(request: HttpRequest, held: Configuration) -> HttpResponse:
    """Choose everything that is still open, the defaults first."""
    try:
        designs.complete(configuration=held, actor=visitor_of(request).actor, now=timezone.now())
    except designs.Incomplete as refusal:
        named = spec_of(held.version).option_by_code
        left = ", ".join(named[code].name for code in refusal.missing)
        messages.warning(request, f"Only you can choose: {left}.")
    return HttpResponseRedirect(_address(held, request.POST))


def _share(request: HttpRequest, held: Configuration) -> HttpResponse:
    try:
        design = designs.freeze(configuration=held, actor=visitor_of(request).actor, now=timezone.now())
    except (designs.Incomplete, designs.NotMakeable) as refusal:
        messages.error(request, str(refusal))
        return HttpResponseRedirect(_address(held, request.POST))
    designs.share(design=design, now=timezone.now())
    return redirect("design", design.pk)


def configuration_page(
    request: HttpRequest, held: Configuration, *, outcome: Outcome | None = None
) -> HttpResponse:
    """Draw the form of a design; 409 with the reason and the repair where a change was refused."""
    outcome = outcome or Outcome()
    spec = spec_of(held.version)
    asked = request.POST if request.method == "POST" else request.GET
    quantity = read_quantity(asked.get("quantity", 1), most=settings.MAX_PIECES_A_LINE)
    described = answers.describe(held, quantity=quantity, now=timezone.now())
    surfaces = [{**each, "name": _surface_name(spec, each["surface"])} for each in described["preview"]]
    shown = next((each for each in surfaces if each["surface"] == asked.get("view")), None)
    chosen = len(spec.options) - sum(answer["chosen"] is None for answer in described["options"].values())
    ready_at = described["promise"]["ready_at"]
    return render(
        request,
        "configurator/configure.html",
        {
            "family": held.version.family,
            "configuration": held,
            "described": described,
            "currency": spec.currency,
            "groups": shown_groups(spec, described, errors=outcome.errors),
            "many": len(spec.options) > LONG_FORM,
            "chosen_so_far": () if surfaces else answers.choice_labels(held, held.choices),
            "answered": chosen,
            "total": len(spec.options),
            "surfaces": surfaces,
            "surface": shown or (surfaces[0] if surfaces else None),
            "refusal": _shown_refusal(spec, held, outcome.refused) if outcome.refused else None,
            "quantity": quantity,
            "most": settings.MAX_PIECES_A_LINE,
            "ready_at": datetime.fromisoformat(ready_at) if ready_at else None,
            "api_url": _api_url("api-configuration", held.pk, f"/api/v1/configurations/{held.pk}/"),
            "assets_url": _api_url("api-assets", None, "/api/v1/assets/"),
            "zone": settings.WORKSHOP_ZONE,
        },
        status=200 if outcome.taken else 409 if outcome.refused else 422,
    )


def _api_url(name: str, pk: str | None, otherwise: str) -> str:
    try:
        return reverse(name, args=[pk] if pk else [])
    except NoReverseMatch:
        return otherwise


def _surface_name(spec: FamilySpec, code: str) -> str:
    return spec.surface_by_code[code].name or code.capitalize()


def value_name(spec: FamilySpec, option: str, value: Any) -> str:
    """A value as the page calls it."""
    asked = spec.option_by_code[option]
    if asked.kind == "choice" and value in asked.value_by_code:
        return asked.value_by_code[value].name
    return f"{value} {asked.unit}".strip() if asked.kind == "integer" else f"“{value}”"


def _shown_refusal(spec: FamilySpec, held: Configuration, refused: designs.Refused) -> dict[str, Any]:
    way_out = refused.repair
    return {
        "title": f"Not with your other choices: {value_name(spec, refused.option, refused.value)}",
        "sentence": refused.conflict.sentence,
        "changes": way_out.changes if way_out is not None else (),
        "repair_sentence": way_out.sentence if way_out is not None else "",
        "option": refused.option,
        "value": refused.value,
    }


# --- a finished design ------------------------------------------------------------------------------------


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
            "surfaces": [
                {**each, "name": _surface_name(spec, each["surface"])} for each in described["preview"]
            ],
            "chosen": described["labels"],
            "sellable": Version.objects.sellable().filter(pk=held.version_id).exists(),
            "mine": mine.filter(pk=held.pk).exists() and held.shared_at is not None,
            "link": request.build_absolute_uri(reverse("design", args=[held.pk])),
        },
    )


def _copy(request: HttpRequest, held: Design, visitor: Visitor) -> HttpResponse:
    try:
        copy = designs.reopen(
            design=held, owner=visitor.user, session_key=visitor.session_key, now=timezone.now()
        )
    except designs.NotOnSale as refusal:
        messages.error(request, str(refusal))
        return redirect("design", held.pk)
    lost = [label["option"] for label in answers.labels(held) if label["code"] not in copy.choices]
    if lost:
        messages.warning(request, f"The product has changed since. Choose again: {', '.join(lost)}.")
    return redirect("configuration", copy.version.family_id, copy.pk)


@require_GET
def robots(request: HttpRequest) -> HttpResponse:
    """Crawlers may read the shelf; starting a design for each of their visits helps nobody."""
    return HttpResponse("User-agent: *\nDisallow: /make/\nDisallow: /staff/\n", content_type="text/plain")
