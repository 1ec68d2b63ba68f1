"""A design being made: without script every button is a post of the whole form."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast
from urllib.parse import quote

from csp.constants import WASM_UNSAFE_EVAL
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from configurator import answers, assets, designs, freezing, moving, receiving
from configurator.catalogue import kernel_of, spec_of
from configurator.engine.answers import Repair
from configurator.engine.choices import ChoiceError, codes_of, nearest_number
from configurator.engine.domains import Objective, Undecided
from configurator.engine.knowledge import TooLarge
from configurator.engine.spec import FamilySpec
from configurator.forms import LONG_FORM, PREFIX, read_post, read_quantity, shown_groups
from configurator.models import Configuration, Family
from configurator.views import fonts
from configurator.views.findings import BLANK, read_mend, shown_findings
from configurator.views.visitors import visitor_of
from configurator.views.wording import change_in_words, value_name

SENTENCE_CHANGES = 2  # changes of a way out that one sentence tells; more are a list
TOLD_CHANGES = 3  # changes of a list that are told at once where there are more than one besides


@require_http_methods(["GET", "HEAD", "POST"])
def configure(request: HttpRequest, family: str) -> HttpResponse:
    """Go on with the visitor's newest design of this family, or start one (a post always starts one)."""
    visitor = visitor_of(request)
    on_sale = get_object_or_404(Family.objects.on_sale(), pk=family)
    held = None
    if request.method != "POST":
        mine = Configuration.objects.visible_to(user=request.user, session_key=visitor.session_key)
        held = mine.filter(version__family=on_sale).first()  # of another version too: its page tells
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
    """What became of a posted form: the first refused change, fields that could not be taken, and where a
    number could not, the nearest that can be had."""

    refused: designs.Refused | None = None
    errors: dict[str, str] = field(default_factory=dict)
    nearest: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)  # what came out of an upload other than it went in
    too_large: bool = False  # a file was, and what stood behind it in the form was not read
    busy: bool = False  # too many uploads at the moment: the same again would do

    @property
    def status(self) -> int:
        """That of the page that tells it."""
        if self.busy:
            return 503
        if self.too_large:
            return 413
        return 200 if self.taken else 409 if self.refused else 422

    @property
    def taken(self) -> bool:
        return self.refused is None and not self.errors

    def note(self, held: Configuration, refusal: ChoiceError) -> None:
        """Say at its field what cannot be taken."""
        for problem in refusal.problems:
            self.errors[problem.option] = problem.message
            option = spec_of(held.version).option_by_code.get(problem.option)
            if option is not None and option.kind == "integer" and isinstance(problem.value, int):
                on_grid = nearest_number(option, problem.value)
                near = kernel_of(held.version).nearest(held.choices, option.code, on_grid)
                if near is not None:
                    self.nearest[option.code] = near


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
    oversized = receiving.oversized(request)
    outcome.too_large = oversized is not None
    for option in spec.options:
        if oversized == PREFIX + option.code:
            outcome.errors[option.code] = (
                f"{assets.FileTooLarge()} What you changed below it was not taken either."
            )
        upload = request.FILES.get(PREFIX + option.code) if option.kind == "image" else None
        if upload is not None:
            try:
                asset = assets.take_in(
                    upload=upload, owner=visitor.user, session_key=visitor.session_key, now=now
                )
                changes[option.code] = asset.sha256
                outcome.notes += (f"{option.name}: {note}" for note in asset.notes)
            except (assets.UploadRefused, assets.UploadsBusy) as refusal:
                outcome.errors[option.code] = str(refusal)
                outcome.busy |= isinstance(refusal, assets.UploadsBusy)
    for note in outcome.notes:
        messages.info(request, note)
    while changes:
        try:
            designs.choose(configuration=held, changes=changes, actor=visitor.actor, now=now)
            break
        except designs.Refused as refusal:
            outcome.refused = outcome.refused or refusal
            del changes[refusal.option]
        except ChoiceError as refusal:
            outcome.note(held, refusal)
            for problem in refusal.problems:
                changes.pop(problem.option, None)
    return outcome


@require_http_methods(["GET", "HEAD", "POST"])
def configuration(request: HttpRequest, family: str, pk: str) -> HttpResponse:
    """The page of a design. Without script every button is a post of the whole form."""
    held = configuration_of(request, pk, family)
    if request.method != "POST":
        return configuration_page(request, held)
    pressed = request.POST
    if pressed.get("do") == "move":
        return _move_on(request, held)
    outcome = take_post(request, held)
    if "repair" in pressed:
        return _repair(request, held, pressed["repair"])
    if "mend" in pressed:
        outcome = _mend(request, held, pressed["mend"])
    elif "why" in pressed:
        outcome = _try(request, held, pressed["why"])
    elif "clear" in pressed:
        outcome = _try(request, held, pressed["clear"] + "=")
    if not outcome.taken:
        return configuration_page(request, held, outcome=outcome)
    if pressed.get("do") == "share":
        return _share(request, held)
    if pressed.get("do") in ("complete", *WAYS):
        return _complete(request, held, next((way for way in WAYS if way == pressed["do"]), None))
    if pressed.get("do") == "variant":
        return _variant(request, held)
    if pressed.get("do") in ("undo", "redo"):
        return _step(request, held, pressed["do"])
    return HttpResponseRedirect(_address(held, pressed))


def _address(held: Configuration, pressed: Mapping[str, Any]) -> str:
    """The page again, with the quantity and the view that the visitor had."""
    url = reverse("configuration", args=[held.version.family_id, held.pk])
    wanted = []
    quantity = read_quantity(pressed.get("quantity"), most=settings.MAX_PIECES_A_LINE)
    if quantity != 1:
        wanted.append(f"quantity={quantity}")
    view = str(pressed.get("view", ""))
    if view.partition(".")[0] in spec_of(held.version).surface_by_code:
        wanted.append(f"view={quote(view)}")
    if pressed.get("first"):
        wanted.append(f"first={quote(pressed['first'])}")
    if pressed.get("sooner", "standard") != "standard":
        wanted.append(f"sooner={quote(str(pressed['sooner'])[:40])}")
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
    if value is not None and spec_of(held.version).option_by_code[option].kind == "multiple":
        # One value more: the button names only that one.
        value = [*codes_of(str(held.choices.get(option, ""))), value]
    outcome = Outcome()
    try:
        designs.choose(
            configuration=held, changes={option: value}, actor=visitor_of(request).actor, now=timezone.now()
        )
    except designs.Refused as refusal:
        outcome.refused = refusal
    except ChoiceError as refusal:
        outcome.note(held, refusal)
    return outcome


def _mend(request: HttpRequest, held: Configuration, text: str) -> Outcome:
    """Make the choices of a repair that a finding offers, all at once."""
    outcome = Outcome()
    try:
        changes = read_mend(text)
    except ValueError as fault:
        raise Http404("There is no such repair.") from fault
    try:
        designs.choose(
            configuration=held, changes=changes, actor=visitor_of(request).actor, now=timezone.now()
        )
    except designs.Refused as refusal:
        outcome.refused = refusal
    except ChoiceError as refusal:
        outcome.note(held, refusal)
    return outcome


def _repair(request: HttpRequest, held: Configuration, text: str) -> HttpResponse:
    """``pick:option=value``: the first, second or third way out."""
    pick, _, wish = text.partition(":")
    if pick not in ("1", "2", "3"):
        raise Http404("There is no such way out.")
    option, value = _option_and_value(held, wish)
    try:
        designs.repair(
            configuration=held,
            option=option,
            value=value,
            pick=int(pick),
            actor=visitor_of(request).actor,
            now=timezone.now(),
        )
    except (designs.NoRepair, designs.NoSuchRepair) as refusal:
        messages.error(request, str(refusal))
    except ChoiceError as refusal:
        outcome = Outcome()
        outcome.note(held, refusal)
        return configuration_page(request, held, outcome=outcome)
    return HttpResponseRedirect(_address(held, request.POST) + f"#option-{option}")


# How a button, and what came of it, are called; the first of each pair is what the button says.
WAYS: dict[Objective, tuple[str, str]] = {
    "cheapest": ("Cheapest", "The rest is chosen so that it costs least"),
    "fastest": ("Quickest to make", "The rest is chosen so that it is made quickest"),
    "popular": ("Most popular", "The rest is chosen as most others did"),
}


def _complete(request: HttpRequest, held: Configuration, objective: Objective | None) -> HttpResponse:
    """Choose everything that is still open: the defaults first, or the best in one way."""
    named, actor, now = spec_of(held.version).option_by_code, visitor_of(request).actor, timezone.now()
    place = "#price"  # the page is not shown from its top again
    try:
        if objective is None:
            designs.complete(configuration=held, actor=actor, now=now)
        else:
            _, found = designs.complete_best(configuration=held, objective=objective, actor=actor, now=now)
            doubt = "" if found.proven else ", as far as could be found in time"
            messages.success(request, f"{WAYS[objective][1]}{doubt}.")
    except designs.Incomplete as refusal:
        left = ", ".join(named[code].name for code in refusal.missing)
        messages.warning(request, f"Only you can choose: {left}.")
        place = f"#option-{refusal.missing[0]}"
    except designs.NoBest as refusal:
        messages.warning(request, str(refusal))
        place = ""
    except (TooLarge, Undecided):
        messages.warning(request, "No way was found in time. Choose a few more yourself, then try again.")
        place = ""
    return HttpResponseRedirect(_address(held, request.POST) + place)


def _ways(spec: FamilySpec) -> list[dict[str, str]]:
    """The ways to choose the rest that this family can tell apart."""
    routed = spec.manufacture is not None and bool(spec.manufacture.routing)
    offered = {"cheapest": spec.priced, "fastest": routed, "popular": True}
    return [{"code": way, "name": name} for way, (name, _) in WAYS.items() if offered[way]]


def _variant(request: HttpRequest, held: Configuration) -> HttpResponse:
    """Go on with a copy; the design as it was stays, to be compared with."""
    fresh = designs.copy(configuration=held, now=timezone.now())
    messages.success(request, "This is the variant. Change what you like, then compare it with the first.")
    return HttpResponseRedirect(_address(fresh, {**request.POST.dict(), "first": held.pk}))


def _step(request: HttpRequest, held: Configuration, which: str) -> HttpResponse:
    take = designs.undo if which == "undo" else designs.redo
    try:
        take(configuration=held, actor=visitor_of(request).actor, now=timezone.now())
    except designs.NoStep as refusal:
        messages.warning(request, str(refusal))
    return HttpResponseRedirect(_address(held, request.POST))


def _move_on(request: HttpRequest, held: Configuration) -> HttpResponse:
    """Go on under the version on sale, whose differences the page showed."""
    agreed = request.POST.get("version", "")
    try:
        moving.move_to_current(
            configuration=held,
            agreed=int(agreed) if agreed.isdecimal() and len(agreed) < 8 else 0,
            actor=visitor_of(request).actor,
            now=timezone.now(),
        )
    except (moving.MovedOn, designs.NotOnSale) as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, "Your design goes on in the new version.")
    return HttpResponseRedirect(_address(held, request.POST))


def _share(request: HttpRequest, held: Configuration) -> HttpResponse:
    try:
        design = freezing.freeze(configuration=held, actor=visitor_of(request).actor, now=timezone.now())
    except (designs.Refused, designs.Incomplete, freezing.NotMakeable) as refusal:
        messages.error(request, str(refusal))
        return HttpResponseRedirect(_address(held, request.POST))
    freezing.share(design=design, now=timezone.now())
    return redirect("design", design.pk)


def _view_code(preview: Mapping[str, Any]) -> str:
    """What a view is called in addresses: its surface, and its number where it is not the first."""
    return f"{preview['surface']}.{preview['view']}" if preview["view"] else str(preview["surface"])


def configuration_page(
    request: HttpRequest, held: Configuration, *, outcome: Outcome | None = None
) -> HttpResponse:
    """Draw the form of a design; 409 with the reason and the repair where a change was refused."""
    outcome = outcome or Outcome()
    spec = spec_of(held.version)
    asked = request.POST if request.method == "POST" else request.GET
    quantity = read_quantity(asked.get("quantity", 1), most=settings.MAX_PIECES_A_LINE)
    described = answers.describe(held, quantity=quantity, now=timezone.now())
    # A rule may have begun since the design was last changed: the page says so, with the way out.
    refused = outcome.refused or designs.refused_since(held, now=timezone.now())
    surfaces = [{**each, "code": _view_code(each)} for each in described["preview"]]
    shown = next((each for each in surfaces if each["code"] == asked.get("view")), None)
    chosen = len(spec.options) - sum(answer["chosen"] is None for answer in described["options"].values())
    groups = shown_groups(spec, described, errors=outcome.errors, nearest=outcome.nearest)
    open_options = [option for group in groups for option in group.options if option.missing]
    ready_at = described["promise"]["ready_at"]
    response = render(
        request,
        "configurator/configure.html",
        {
            "family": held.version.family,
            "configuration": held,
            "described": described,
            "findings": shown_findings(spec, described["findings"]),
            "blank_finding": BLANK,
            "move": moving.move_of(configuration=held, now=timezone.now()),
            "currency": spec.currency,
            "groups": groups,
            "priced": spec.priced,
            "listable": spec.priced and any(option.kind == "text" for option in spec.options),
            "next": open_options[0].code if open_options else "",
            "ways": _ways(spec),
            "rest": any(option.widget not in ("text", "image") for option in open_options),
            "many": len(spec.options) > LONG_FORM,
            "chosen_so_far": () if surfaces else answers.choice_labels(held, held.choices),
            "answered": chosen,
            "total": len(spec.options),
            "surfaces": surfaces,
            "surface": shown or (surfaces[0] if surfaces else None),
            "refusal": _shown_refusal(spec, held, refused) if refused else None,
            "quantity": quantity,
            "first": asked.get("first", ""),
            "most": settings.MAX_PIECES_A_LINE,
            "ready_at": datetime.fromisoformat(ready_at) if ready_at else None,
            "sooner": [
                {**each, "ready_at": datetime.fromisoformat(each["ready_at"])}
                for each in described["promise"]["sooner"]
            ],
            "wanted": asked.get("sooner", "standard"),
            "api_url": _api_url("api-configuration", held.pk, f"/api/v1/configurations/{held.pk}/"),
            "assets_url": _api_url("api-assets", None, "/api/v1/assets/"),
            "zone": settings.WORKSHOP_ZONE,
            "fonts_url": f"{reverse('fonts')}?v={fonts.index_hash()}",
            "artwork": json.dumps(described["artwork"], ensure_ascii=False, separators=(",", ":")),
        },
        status=outcome.status,
    )
    if outcome.busy:
        response["Retry-After"] = "5"
    # Texts are shaped by WebAssembly: docs/decisions/0007-texts-are-set-in-the-browser.md.
    cast(Any, response)._csp_update = {"script-src": [WASM_UNSAFE_EVAL]}
    return response


def _api_url(name: str, pk: str | None, otherwise: str) -> str:
    try:
        return reverse(name, args=[pk] if pk else [])
    except NoReverseMatch:
        return otherwise


def _shown_refusal(spec: FamilySpec, held: Configuration, refused: designs.Refused) -> dict[str, Any]:
    return {
        "title": f"{_verdict(refused)}: {value_name(spec, refused.option, refused.value)}",
        "sentence": refused.conflict.sentence,
        "repairs": [_shown_repair(spec, repair) for repair in refused.repairs],
        "nearest": refused.nearest,
        "nearest_name": "" if refused.nearest is None else value_name(spec, refused.option, refused.nearest),
        "currency": spec.currency,
        "option": refused.option,
        "value": refused.value,
    }


def _verdict(refused: designs.Refused) -> str:
    """What the rules exclude by themselves is no matter of the other choices."""
    dead = not refused.conflict.choices and not refused.repairs
    return "Never possible in this product" if dead else "Not as things stand"


def _shown_repair(spec: FamilySpec, repair: Repair) -> dict[str, Any]:
    """A way out; one of several changes as a list, of which the first are told at once."""
    changes = [change_in_words(spec, change) for change in repair.changes]
    listed = len(changes) > SENTENCE_CHANGES
    told = TOLD_CHANGES if len(changes) > TOLD_CHANGES + 1 else len(changes)
    return {
        "sentence": repair.sentence,
        "unit_price": repair.unit_price,
        "count": len(changes),
        "first": changes[:told] if listed else [],
        "more": changes[told:] if listed else [],
    }
