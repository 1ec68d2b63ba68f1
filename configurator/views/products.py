"""The authors' pages: every family, and the bench on which one is written, audited, tried and published."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, OuterRef, Subquery
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from configurator import auditing, catalogue, drafts, receiving
from configurator.catalogue import NotPublishable, spec_of
from configurator.engine.audit import RANK
from configurator.engine.differences import compare
from configurator.engine.family import FamilyError
from configurator.engine.knowledge import TooLarge
from configurator.engine.uvl import write_uvl
from configurator.forms import NewFamily
from configurator.models import Draft, Family, Version
from configurator.usage import usage_of
from configurator.views.access import AUTHOR, actor, is_in, staff_only
from configurator.views.tryout import try_pane
from configurator.views.workbench import (
    Bench,
    audit_pane,
    bench_of,
    changes_pane,
    compared,
    excerpt,
    versions_pane,
)

PANES = {
    "audit": "Audit",
    "try": "Try it",
    "changes": "Changes",
    "versions": "Versions",
    "usage": "Usage",
}


@staff_only()
@require_GET
def products(request: HttpRequest) -> HttpResponse:
    """Every family with what is on sale of it, and the drafts that were never published. Three queries."""
    newest = Version.objects.filter(family=OuterRef("pk")).order_by("-number")
    families = (
        Family.objects.select_related("current")
        .defer("current__source")
        .annotate(version_count=Count("versions"), newest=Subquery(newest.values("published_at")[:1]))
        .order_by("position", "code")
    )
    open_drafts = {draft.code: draft for draft in Draft.objects.defer("source")}
    rows = [(family, open_drafts.pop(family.pk, None)) for family in families]
    return render(
        request,
        "staff/products/products.html",
        {"rows": rows, "unpublished": list(open_drafts.values()), "may_write": is_in(request, AUTHOR)},
    )


class _NotText(Exception):
    """A file that no family can be read from."""


def _text_of(request: HttpRequest) -> str | None:
    """What the posted file says, None without one; one that is too long is not even read.

    Raises ``_NotText``.
    """
    file = request.FILES.get("file")
    too_long = file is not None and (file.size is None or file.size > drafts.LONGEST)
    if too_long or receiving.oversized(request) == "file":
        raise _NotText(f"The file is larger than {drafts.LONGEST // 1_000_000} MB.")
    if file is None:
        return None
    try:
        return str(file.read().decode("utf-8"))
    except UnicodeDecodeError as fault:
        raise _NotText(f"The file is not text in UTF-8 (byte {fault.start}).") from fault


@staff_only(AUTHOR)
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """A new family, from an empty template or from a file."""
    posted = request.method == "POST"
    form = NewFamily(request.POST if posted else None, request.FILES if posted else None)
    if form.is_valid():
        file = form.cleaned_data["file"]
        try:
            source = _text_of(request)
            draft = drafts.create(
                code=form.cleaned_data["code"],
                name=form.cleaned_data["name"],
                source=source,
                filename=file.name if file else "",
                actor=actor(request),
                now=timezone.now(),
            )
            auditing.ask(written=drafts.written(draft), draft=draft.pk, now=timezone.now())
            return redirect("product", draft.code)
        except _NotText as refusal:
            form.add_error("file", str(refusal))
        except drafts.NotADraft as refusal:
            for problem in refusal.problems:
                form.add_error(None, problem)
    return render(request, "staff/products/new.html", {"form": form}, status=422 if form.errors else 200)


@staff_only()
@require_http_methods(["GET", "HEAD", "POST"])
def product(request: HttpRequest, family: str) -> HttpResponse:
    """The bench of one family; with ``HX-Target: pane`` only the pane that is asked for."""
    if request.method == "POST":
        return _posted(request, family)
    bench = bench_of(family)
    if request.headers.get("HX-Target") == "pane":
        return render(request, "staff/products/_pane.html", _pane(request, bench))
    return _page(request, bench)


def _pane(request: HttpRequest, bench: Bench) -> dict[str, Any]:
    asked = request.GET.get("pane", "audit")
    name = asked if asked in PANES else "audit"
    build: dict[str, Callable[[], dict[str, Any]]] = {
        "audit": lambda: audit_pane(bench),
        "try": lambda: try_pane(bench, request.GET),
        "changes": lambda: changes_pane(bench),
        "versions": lambda: versions_pane(bench),
        "usage": lambda: _usage_pane(bench),
    }
    return {
        "bench": bench,
        "pane": name,
        "panes": PANES,
        "template": f"staff/products/_{name}.html",
        "may_write": is_in(request, AUTHOR),
        **build[name](),
    }


def _usage_pane(bench: Bench) -> dict[str, Any]:
    """Orders by option, value and rule of the text on the bench."""
    spec = bench.reading.spec
    if spec is None:
        return {"usage": None}
    usage = usage_of(spec)
    return {
        "usage": usage,
        "used_options": [
            {
                "option": option,
                "line": bench.line_of("option", option.code),
                "orders": usage.options.get(option.code, 0),
                "span": usage.spans.get(option.code),
                "values": [
                    (value.name, usage.values.get((option.code, value.code), 0)) for value in option.values
                ],
            }
            for option in spec.options
        ],
        "used_rules": [
            (rule, usage.rules.get(rule.code, 0), bench.line_of("rule", rule.code)) for rule in spec.rules
        ],
    }


def _page(
    request: HttpRequest,
    bench: Bench,
    *,
    status: int = 200,
    refused: NotPublishable | None = None,
    clash: drafts.DraftChanged | None = None,
    expected: int | None = None,
    checked: bool = False,
) -> HttpResponse:
    asked = request.GET.get("line", "")
    line = int(asked) if asked.isdecimal() and len(asked) < 8 else None
    against = sorted(refused.findings, key=lambda each: RANK[each.severity]) if refused else []
    return render(
        request,
        "staff/products/product.html",
        {
            **_pane(request, bench),
            "line": line,
            "excerpt": excerpt(bench.written.source, line) if line else [],
            "against": [
                (each, [(rule, bench.line_of("rule", rule.code)) for rule in each.rules]) for each in against
            ],
            "clash": clash,
            "clash_lines": compared(bench.written.source, clash.theirs.source) if clash else [],
            "expected": bench.revision if expected is None else expected,
            "checked": checked,
        },
        status=status,
    )


def _posted(request: HttpRequest, code: str) -> HttpResponse:
    if not is_in(request, AUTHOR):
        raise PermissionDenied(f"This is for the group {AUTHOR}.")
    try:
        source = _text_of(request)
    except _NotText as refusal:
        messages.error(request, f"{refusal} Nothing was taken from it.")
        return redirect("product", code)
    if source is None:
        source = request.POST.get("source")
    bench = bench_of(code, source=source)
    wanted = request.POST.get("do", "check")
    if wanted not in ("save", "publish", "discard"):
        return _page(request, bench, checked=True, expected=_revision(request))
    try:
        return _stored(request, bench, wanted)
    except drafts.DraftChanged as clash:
        return _page(request, bench, status=409, clash=clash, expected=clash.theirs.revision)
    except NotPublishable as refusal:
        return _page(request, bench_of(code), status=422, refused=refusal)
    except (FamilyError, drafts.AnotherFamily):
        return _page(request, bench_of(code), status=422, checked=True)
    except (TooLarge, drafts.NotADraft) as refusal:
        messages.error(request, str(refusal))
        return _page(request, bench_of(code), status=422, checked=True)


def _revision(request: HttpRequest) -> int:
    posted = request.POST.get("revision", "")
    return int(posted) if posted.isdecimal() and len(posted) < 10 else 0


def _stored(request: HttpRequest, bench: Bench, wanted: str) -> HttpResponse:
    """Save, and publish where that was pressed; or throw the draft away."""
    by, now, revision = actor(request), timezone.now(), _revision(request)
    back = reverse("product", args=[bench.code])
    if wanted == "discard":
        if bench.draft is None:
            return redirect(back)
        drafts.discard(draft=bench.draft, expected_revision=revision, actor=by, now=now)
        messages.success(request, "The draft was thrown away; what is on sale stays as it was.")
        return redirect(back if bench.family is not None else "products")
    draft = bench.draft
    if draft is None:
        assert bench.family is not None  # bench_of says so
        draft, revision = drafts.begin(family=bench.family, actor=by, now=now), max(revision, 1)
    draft = drafts.save(
        draft=draft, source=bench.written.source, expected_revision=revision, actor=by, now=now
    )
    if wanted == "save":
        messages.success(request, f"Saved as revision {draft.revision}.")
        return redirect(back)
    version = drafts.publish(draft=draft, expected_revision=draft.revision, actor=by, now=now)
    messages.success(request, f"Version {version.number} of {version.family.name} is on sale.")
    return redirect(back + "?pane=versions")


@staff_only(AUTHOR)
@require_POST
def check(request: HttpRequest, family: str) -> HttpResponse:
    """The problems of a text that is being typed: a fragment; nothing is stored."""
    bench = bench_of(family, source=request.POST.get("source", ""))
    return render(request, "staff/products/_problems.html", {"bench": bench, "checked": True})


@staff_only(AUTHOR)
@require_POST
def audit_again(request: HttpRequest, family: str) -> HttpResponse:
    """Have the stored text audited (again)."""
    bench, now = bench_of(family), timezone.now()
    if bench.draft is not None:
        auditing.ask(written=bench.written, draft=bench.draft.pk, now=now, again=True)
    elif bench.current is not None:
        auditing.ask_of_version(version=bench.current, now=now, again=True)
    return redirect(reverse("product", args=[family]) + "?pane=audit")


@staff_only(AUTHOR)
@require_POST
def version(request: HttpRequest, family: str, number: int) -> HttpResponse:
    """Roll back to a version, or retire it."""
    held = get_object_or_404(Version.objects.select_related("family"), family=family, number=number)
    by, now = actor(request), timezone.now()
    if request.POST.get("do") == "retire":
        catalogue.retire(version=held, actor=by, now=now)
        messages.success(
            request, f"Version {number} is retired: designs of it move on when their shopper agrees."
        )
    else:
        try:
            catalogue.roll_back(version=held, actor=by, now=now)
        except catalogue.NotRolledBack as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, f"Version {number} is on sale again.")
    return redirect(reverse("product", args=[family]) + "?pane=versions")


@staff_only(AUTHOR)
@require_POST
def sale(request: HttpRequest, family: str) -> HttpResponse:
    """Take a family off sale, or put it back."""
    held = get_object_or_404(Family, pk=family)
    by, now = actor(request), timezone.now()
    if request.POST.get("do") == "suspend":
        catalogue.suspend(family=held, actor=by, now=now, reason=request.POST.get("reason", "")[:200])
        messages.success(request, f"{held.name} is off sale.")
    else:
        catalogue.resume(family=held, actor=by, now=now)
        messages.success(request, f"{held.name} is on sale.")
    return redirect(reverse("product", args=[family]) + "?pane=versions")


@staff_only()
@require_GET
def differences(request: HttpRequest, family: str, number: int) -> HttpResponse:
    """A version against another: ``?against=NUMBER``, the one before where nothing is said."""
    newer = get_object_or_404(Version.objects.select_related("family"), family=family, number=number)
    asked = request.GET.get("against", "")
    against = int(asked) if asked.isdecimal() and len(asked) < 8 else number - 1
    older = Version.objects.filter(family=family, number=against).first()
    if older is None:
        raise Http404("There is no version to compare with.")
    return render(
        request,
        "staff/products/differences.html",
        {
            "family": newer.family,
            "newer": newer,
            "older": older,
            "others": newer.family.versions.exclude(pk=newer.pk).values_list("number", flat=True),
            "differences": compare(spec_of(older), spec_of(newer)),
            "lines": compared(older.source, newer.source),
        },
    )


@staff_only()
@require_GET
def as_uvl(request: HttpRequest, family: str) -> HttpResponse:
    """The text on the bench as a UVL feature model; what UVL cannot say is listed in its first lines."""
    spec = bench_of(family).reading.spec
    if spec is None:
        raise Http404("A text with problems cannot be written as another.")
    export = write_uvl(spec)
    lost = "".join(f"// not in UVL: {' '.join(each.split())}\n" for each in export.lost)
    answer = HttpResponse(lost + export.text, content_type="text/plain; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{family}.uvl"'
    return answer


@staff_only()
@require_GET
def download(request: HttpRequest, family: str) -> HttpResponse:
    """The text on the bench or, with ``?version=``, of a version, as a file."""
    asked = request.GET.get("version", "")
    bench = bench_of(family)
    text, name = bench.written, f"{family}-draft" if bench.draft else family
    if asked.isdecimal() and len(asked) < 8:
        held = get_object_or_404(Version, family=family, number=int(asked))
        text = catalogue.Written(held.source, held.source_format, family, bench.name)
        name = f"{family}-{held.number}"
    suffix = Bench(family, None, None, text).suffix
    answer = HttpResponse(text.source, content_type="text/plain; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}.{suffix}"'
    return answer
