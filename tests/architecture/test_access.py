"""Who may open what: every address of the resolver x five people, and no change without method and token.

The names come from the resolver, so a view without a row here fails. A row says what each of
PEOPLE is answered: a status, or `login` for a redirect to the login page.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from configurator.views.fonts import files
from ledger import jobs
from ledger.models import Job
from orders.models import CartLine, Payment, PromiseHold
from production import drafts, feeds, upkeep, whatif
from production.models import (
    Draft,
    LineFile,
    Machine,
    MachineStop,
    Offcut,
    Operation,
    Operator,
    OperatorAbsence,
    Piece,
    ProductionFile,
    Run,
)
from tests.api.conftest import Api, contents, done

PEOPLE = ("anonymous", "alice", "charlie", "sam", "bob")  # sam is staff without a group, bob a planner


def names() -> Iterator[str]:
    """Every named address but the admin's and the static files'."""

    def below(resolver: URLResolver) -> Iterator[str]:
        for pattern in resolver.url_patterns:
            if isinstance(pattern, URLPattern):
                yield pattern.name or str(pattern.pattern)
            elif pattern.app_name != "admin":
                yield from below(pattern)

    return below(get_resolver())


@pytest.fixture
def scene(
    workshop: None, alice_api: Api, bob_api: Api, settings: Any, tmp_path: Any
) -> dict[str, dict[str, Any]]:
    """Alice has a design being edited, a frozen one, a cart, and two orders: one released, one proposed."""
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.API_RATES = dict.fromkeys(settings.API_RATES, "100000/min")
    upkeep.stop(
        machine=Machine.objects.get(code="laser-2"), reason="belt", actor="system:test", now=timezone.now()
    )
    configuration = alice_api.started(text="Åse")["id"]
    design = alice_api.frozen()
    order = alice_api.ordered(quantity=2, key="first")["id"]
    done(alice_api.post("cart/lines/", {"design": design}), 201)
    for _ in range(2):
        done(bob_api.post("plans/"), 202)
        assert jobs.run(Job.objects.filter(kind="planning.propose").latest("pk").pk)
        run = Run.objects.filter(state="proposed").get()
        if not Run.objects.filter(state="released").exists():
            done(bob_api.post(f"runs/{run.pk}/release/", None, {"If-Match": str(run.version)}))
            assert jobs.run(Job.objects.get(kind="production.files").pk)
            released = run
            alice_api.ordered(quantity=2, key="second", length=90)
    validation = done(alice_api.post("families/badge/validations/", {"rows": [{}]}), 202)["id"]
    job = Job.objects.filter(kind="planning.propose").first()
    assert job is not None
    scenario = whatif.begin(name="Saturday", actor="system:test", now=timezone.now())
    whatif.add(
        scenario=scenario,
        change={"kind": "lead-time", "by": 3600},
        actor="system:test",
        now=timezone.now(),
    )
    hours = {"start": timezone.now() + timedelta(hours=1), "end": timezone.now() + timedelta(hours=2)}
    stop = MachineStop.objects.create(machine=Machine.objects.get(code="laser-2"), reason="x", **hours)
    ann = Operator.objects.create(code="ann", name="Ann", skills=[])
    absence = OperatorAbsence.objects.create(operator=ann, reason="x", **hours)
    operation = Operation.objects.filter(run=released).earliest("start")
    file = ProductionFile.objects.filter(run=released)[0]
    offcut = Offcut.objects.create(code="cut-1", material_id="acrylic-3", width_um=200_000, height_um=100_000)
    feed = feeds.create(name="Floor", centre=None, machine=None, actor="user:bob", now=timezone.now())
    return {
        "proposed": {"pk": run.pk},
        "released": {"pk": released.pk},
        "order": {"pk": order},
        "design": {"pk": design},
        "configuration": {"pk": configuration},
        "family": {"family": "badge"},
        "code": {"code": "badge"},
        "version": {"family": "badge", "number": 1},
        "api-version": {"code": "badge", "number": 1},
        "edited": {"family": "badge", "pk": configuration},
        "validation": {"pk": validation},
        "surface": {"pk": configuration, "surface": "front"},
        "preview": {"of": configuration, "surface": "front"},
        "uploaded": {"of": configuration, "sha256": "0" * 64},
        "font": {"sha256": files()["inter"].sha256},
        "font-letters": {"sha256": files()["noto-sans-cjk"].sha256, "letters": "5bb6-65cf"},
        "sheet": {"pk": run.pk, "index": 1},
        "line-file": {"file_id": LineFile.objects.filter(line__order=order)[0].pk},
        "ordered": {"pk": LineFile.objects.filter(line__order=order)[0].line_id},
        "file": {"pk": released.pk, "file_id": file.pk},
        "draft": {"pk": a_draft(run).pk},
        "operation": {"operation_id": operation.pk},
        "piece": {"piece_id": Piece.objects.filter(run=released)[0].pk},
        "job": {"job_id": job.pk},
        "line": {"line_id": CartLine.objects.get(cart__owner__username="alice").pk},
        "hold": {"code": PromiseHold.objects.filter(state="held").latest("pk").code},
        "problem": {"code": "not-found"},
        "payment": {"pk": Payment.objects.get(order=order).pk},
        "material": {"code": "acrylic-3"},
        "offcut": {"code": "acrylic-3", "offcut": offcut.code},
        "api-offcut": {"code": offcut.code},
        "machine": {"code": "laser-1"},
        "stopped": {"code": "laser-2"},
        "scenario": {"pk": scenario.pk},
        "change": {"pk": scenario.pk, "index": 0},
        "kind": {"pk": scenario.pk, "kind": "lead-time"},
        "stop": {"stop_id": stop.pk},
        "absence": {"absence_id": absence.pk},
        "": {},
        "feed": {"pk": feed.pk},
        "operation-key": {"pk": Operation.objects.filter(run=run).earliest("start").pk},
        "feed-token": {"token": feeds.token_of(feed)},
        "key": {"key": "x"},
        "reset": {"uidb36": "1", "key": "x"},
    }


def a_draft(run: Run) -> Draft:
    """What a breakdown that is over by now has left: a repair that nobody has decided on."""
    now = timezone.now()
    last = run.operations.latest("start")
    upkeep.stop(
        machine=last.machine, reason="belt", until=last.end + timedelta(hours=1), actor="system:test", now=now
    )
    asked = drafts.ask(actor="system:test", now=now)
    assert asked is not None
    draft = drafts.store(drafts.first_repair(asked=asked, actor="system:test"), now=now)
    assert draft is not None
    upkeep.start(machine=last.machine, actor="system:test", now=now)
    return draft


# Address -> what of the scene fills it in, and what GET answers each of PEOPLE.
GET = {
    "healthz": ("", "200 200 200 200 200"),
    "readyz": ("", "200 200 200 200 200"),
    "account_login": ("", "200 302 302 302 302"),
    "account_logout": ("", "302 200 200 200 200"),
    "account_inactive": ("", "200 200 200 200 200"),
    "account_signup": ("", "200 302 302 302 302"),
    "account_reauthenticate": ("", "login 200 200 200 200"),
    "account_email": ("", "login 200 200 200 200"),
    "account_email_verification_sent": ("", "200 200 200 200 200"),
    "account_change_password": ("", "login 200 200 200 200"),
    "account_set_password": ("", "login 302 302 302 302"),
    "account_reset_password": ("", "200 200 200 200 200"),
    "account_confirm_login_code": ("", "login 302 302 302 302"),
    "account_confirm_email": ("key", "200 200 200 200 200"),
    "account_reset_password_from_key_done": ("", "200 200 200 200 200"),
    "account_reset_password_from_key": ("reset", "200 200 200 200 200"),
    "account_reset_password_done": ("", "200 200 200 200 200"),
    "staff-home": ("", "login 403 403 200 200"),
    "queue": ("", "login 403 403 200 200"),
    "staff-order": ("order", "login 403 403 200 200"),
    "staff-line-fewer": ("ordered", "login 403 403 403 405"),
    "staff-order-ship": ("order", "login 403 403 403 405"),
    "staff-payment-paid": ("payment", "login 403 403 403 405"),
    "plan": ("", "login 403 403 200 200"),
    "plan-progress": ("", "login 403 403 200 200"),
    "plan-propose": ("", "login 403 403 403 405"),
    "plan-stop": ("job", "login 403 403 403 405"),
    "calendars": ("", "login 403 403 200 200"),
    "calendar-create": ("", "login 403 403 403 405"),
    "calendar-revoke": ("feed", "login 403 403 403 405"),
    "calendar-feed": ("feed-token", "200 200 200 200 200"),
    "operation-move": ("operation-key", "login 403 403 403 405"),
    "plan-operation": ("operation-key", "login 403 403 200 200"),
    "load": ("", "login 403 403 200 200"),
    "late": ("", "login 403 403 200 200"),
    "held-dates": ("", "login 403 403 200 200"),
    "setups": ("", "login 403 403 200 200"),
    "plan-history": ("", "login 403 403 200 200"),
    "runs": ("", "login 403 403 200 200"),
    "draft": ("draft", "login 403 403 200 200"),
    "draft-accept": ("draft", "login 403 403 403 405"),
    "draft-discard": ("draft", "login 403 403 403 405"),
    "events": ("", "login 403 403 200 200"),
    "event-repair": ("", "login 403 403 403 405"),
    "event-guard": ("", "login 403 403 403 405"),
    "event-rush": ("", "login 403 403 403 405"),
    "event-late-material": ("", "login 403 403 403 405"),
    "event-absent": ("", "login 403 403 403 405"),
    "run": ("proposed", "login 403 403 200 200"),
    "run-files": ("released", "login 403 403 200 200"),
    "sheet-picture": ("sheet", "login 403 403 200 200"),
    "staff-line-file": ("line-file", "login 403 403 200 200"),
    "staff-line-again": ("ordered", "login 403 403 403 405"),
    "run-file": ("file", "login 403 403 200 200"),
    "run-files-again": ("released", "login 403 403 403 405"),
    "run-release": ("proposed", "login 403 403 403 405"),
    "run-pin": ("proposed", "login 403 403 403 405"),
    "run-unpin": ("proposed", "login 403 403 403 405"),
    "run-undo": ("released", "login 403 403 403 405"),
    "run-reject": ("proposed", "login 403 403 403 405"),
    "run-split": ("proposed", "login 403 403 403 405"),
    "floor": ("", "login 403 403 200 200"),
    "floor-run": ("released", "login 403 403 200 200"),
    "floor-start": ("operation", "login 403 403 403 405"),
    "floor-finish": ("operation", "login 403 403 403 405"),
    "floor-scrap": ("piece", "login 403 403 403 405"),
    "machine-stop": ("machine", "login 403 403 403 405"),
    "machine-start": ("stopped", "login 403 403 403 405"),
    "shop": ("", "login 403 403 200 200"),
    "shop-stop": ("", "login 403 403 403 405"),
    "shop-stop-cancel": ("stop", "login 403 403 403 405"),
    "shop-absence": ("", "login 403 403 403 405"),
    "shop-absence-cancel": ("absence", "login 403 403 403 405"),
    "shop-planner": ("", "login 403 403 403 405"),
    "materials": ("", "login 403 403 200 200"),
    "material": ("material", "login 403 403 200 200"),
    "material-receive": ("material", "login 403 403 403 405"),
    "material-announce": ("material", "login 403 403 403 405"),
    "material-count": ("material", "login 403 403 403 405"),
    "what-if": ("", "login 403 403 200 200"),
    "scenario": ("scenario", "login 403 403 200 200"),
    "scenario-begin": ("", "login 403 403 403 405"),
    "scenario-add": ("kind", "login 403 403 403 405"),
    "scenario-remove": ("change", "login 403 403 403 405"),
    "scenario-compute": ("scenario", "login 403 403 403 405"),
    "scenario-delete": ("scenario", "login 403 403 403 405"),
    "scenario-from-remedy": ("change", "login 403 403 403 405"),
    "line-why": ("ordered", "login 403 403 200 200"),
    "offcut-add": ("material", "login 403 403 403 405"),
    "offcuts-keep": ("material", "login 403 403 403 405"),
    "offcut-discard": ("offcut", "login 403 403 403 405"),
    "products": ("", "login 403 403 200 200"),
    "product-new": ("", "login 403 403 403 403"),
    "product": ("family", "login 403 403 200 200"),
    "product-check": ("family", "login 403 403 403 403"),
    "product-audit": ("family", "login 403 403 403 403"),
    "product-sale": ("family", "login 403 403 403 403"),
    "product-uvl": ("family", "login 403 403 200 200"),
    "product-download": ("family", "login 403 403 200 200"),
    "product-version": ("version", "login 403 403 403 403"),
    "product-differences": ("version", "login 403 403 404 404"),
    "jobs": ("", "login 403 403 200 200"),
    "job-again": ("job", "login 403 403 403 405"),
    "ledger": ("", "login 403 403 200 200"),
    "api-schema": ("", "200 200 200 200 200"),
    "api-docs": ("", "200 200 200 200 200"),
    "api-problems": ("", "200 200 200 200 200"),
    "api-problem": ("problem", "200 200 200 200 200"),
    "api-job": ("job", "401 403 403 403 200"),
    "api-families": ("", "200 200 200 200 200"),
    "api-family": ("code", "200 200 200 200 200"),
    "api-family-schema": ("code", "200 200 200 200 200"),
    "api-validations": ("code", "405 405 405 405 405"),
    "api-validation": ("validation", "404 200 404 404 404"),
    "api-validation-results": ("validation", "404 200 404 404 404"),
    "api-versions": ("code", "200 200 200 200 200"),
    "api-version-differences": ("api-version", "404 404 404 404 404"),
    "api-version-audit": ("api-version", "401 403 403 403 403"),
    "api-configurations": ("", "405 405 405 405 405"),
    "api-configuration": ("configuration", "404 200 404 404 404"),
    "api-explain": ("configuration", "405 405 405 405 405"),
    "api-repair": ("configuration", "405 405 405 405 405"),
    "api-complete": ("configuration", "405 405 405 405 405"),
    "api-undo": ("configuration", "405 405 405 405 405"),
    "api-redo": ("configuration", "405 405 405 405 405"),
    "api-move": ("configuration", "404 404 404 404 404"),
    "api-freeze": ("configuration", "405 405 405 405 405"),
    "api-preview": ("surface", "404 200 404 404 404"),
    "api-design": ("design", "404 200 404 200 200"),
    "api-quote": ("design", "404 200 404 200 200"),
    "api-proof": ("design", "404 200 404 200 200"),
    "api-assets": ("", "405 405 405 405 405"),
    "api-cart": ("", "200 200 200 200 200"),
    "api-cart-lines": ("", "405 405 405 405 405"),
    "api-cart-lists": ("", "405 405 405 405 405"),
    "api-cart-line": ("line", "405 405 405 405 405"),
    "api-holds": ("", "405 405 405 405 405"),
    "api-hold": ("hold", "404 200 404 404 404"),
    "api-orders": ("", "200 200 200 200 200"),
    "api-order": ("order", "404 200 404 200 200"),
    "api-order-actions": ("order", "404 200 404 200 200"),
    "api-order-cancel": ("order", "405 405 405 405 405"),
    "api-order-ship": ("order", "401 403 403 403 405"),
    "api-payment-paid": ("payment", "401 403 403 403 405"),
    "api-work-centres": ("", "401 403 403 403 200"),
    "api-machines": ("", "401 403 403 403 200"),
    "api-shop": ("", "401 403 403 403 200"),
    "api-materials": ("", "401 403 403 403 200"),
    "api-machine-stop": ("machine", "401 403 403 403 405"),
    "api-machine-start": ("stopped", "401 403 403 403 405"),
    "api-material-receive": ("material", "401 403 403 403 405"),
    "api-material-announce": ("material", "401 403 403 403 405"),
    "api-calendars": ("", "401 403 403 403 200"),
    "api-calendar-revoke": ("feed", "401 403 403 403 405"),
    "api-job-stop": ("job", "401 403 403 403 405"),
    "api-material-count": ("material", "401 403 403 403 405"),
    "api-scenarios": ("", "401 403 403 403 200"),
    "api-scenario": ("scenario", "401 403 403 403 200"),
    "api-line-why": ("ordered", "401 403 403 403 200"),
    "api-offcuts": ("", "401 403 403 403 200"),
    "api-offcut-add": ("material", "401 403 403 403 405"),
    "api-offcut-discard": ("api-offcut", "401 403 403 403 405"),
    "api-events": ("", "401 403 403 403 200"),
    "api-drafts": ("", "401 403 403 403 200"),
    "api-draft": ("draft", "401 403 403 403 200"),
    "api-draft-accept": ("draft", "401 403 403 403 405"),
    "api-draft-discard": ("draft", "401 403 403 403 405"),
    "api-plans": ("", "401 403 403 403 200"),
    "api-current-plan": ("", "401 403 403 403 200"),
    "api-operations": ("", "401 403 403 403 200"),
    "api-load": ("", "401 403 403 403 200"),
    "api-late-lines": ("", "401 403 403 403 200"),
    "api-runs": ("", "401 403 403 403 200"),
    "api-run": ("proposed", "401 403 403 403 200"),
    "api-run-release": ("proposed", "401 403 403 403 405"),
    "api-run-pin": ("proposed", "401 403 403 403 405"),
    "api-run-unpin": ("proposed", "401 403 403 403 405"),
    "api-run-undo": ("released", "401 403 403 403 405"),
    "api-run-reject": ("proposed", "401 403 403 403 405"),
    "api-run-move": ("proposed", "401 403 403 403 405"),
    "api-run-split": ("proposed", "401 403 403 403 405"),
    "api-line-files": ("", "401 403 403 403 200"),
    "api-line-again": ("ordered", "401 403 403 403 405"),
    "api-run-files-again": ("released", "401 403 403 403 405"),
    "api-run-file": ("file", "401 403 403 403 200"),
    "api-nothing": ("", "404 404 404 404 404"),
    "cart": ("", "200 200 200 200 200"),
    "cart-add": ("", "405 405 405 405 405"),
    "cart-list": ("configuration", "404 200 404 404 404"),
    "cart-change": ("", "405 405 405 405 405"),
    "checkout": ("", "302 200 302 302 302"),
    "orders": ("", "200 200 200 200 200"),
    "order": ("order", "404 200 404 200 200"),
    "home": ("", "200 200 200 200 200"),
    "robots": ("", "200 200 200 200 200"),
    "configure": ("family", "302 302 302 302 302"),
    "shelf-picture": ("family", "200 200 200 200 200"),
    "configuration": ("edited", "404 200 404 404 404"),
    "compare": ("", "200 200 200 200 200"),
    "design": ("design", "404 200 404 200 200"),
    "preview": ("preview", "404 200 404 404 404"),
    "drawing": ("preview", "404 404 404 404 404"),  # of finished designs, and of those that have one
    "artwork-picture": ("uploaded", "404 404 404 404 404"),
    "artwork-outlines": ("uploaded", "404 404 404 404 404"),
    "fonts": ("", "200 200 200 200 200"),
    "font": ("font", "200 200 200 200 200"),
    "font-letters": ("font-letters", "200 200 200 200 200"),
}

AWAY = {"reason": "x", "start": "2030-01-01T08:00", "end": "2030-01-01T09:00"}
# Address -> method, body (`{...}` is filled in from the scene), and what each of PEOPLE is answered.
CHANGE: dict[str, tuple[str, dict[str, Any], str]] = {
    "staff-line-fewer": ("post", {}, "login 403 403 403 302"),
    "staff-order-ship": ("post", {"carrier": "PostNL"}, "login 403 403 403 302"),
    "staff-line-again": ("post", {}, "login 403 403 403 302"),
    "staff-payment-paid": ("post", {}, "login 403 403 403 302"),
    "plan-propose": ("post", {}, "login 403 403 403 302"),
    "draft-accept": ("post", {"version": "1"}, "login 403 403 403 302"),
    "draft-discard": ("post", {"version": "1", "reason": "x"}, "login 403 403 403 302"),
    "event-repair": ("post", {}, "login 403 403 403 302"),
    "event-guard": ("post", {"takes_harmless": "on"}, "login 403 403 403 302"),
    "event-rush": ("post", {"line": "x", "reason": ""}, "login 403 403 403 302"),
    "event-late-material": ("post", {}, "login 403 403 403 302"),
    "event-absent": ("post", {}, "login 403 403 403 302"),
    "plan-stop": ("post", {}, "login 403 403 403 302"),
    "calendar-create": ("post", {"name": "Lasers"}, "login 403 403 403 302"),
    "calendar-revoke": ("post", {}, "login 403 403 403 302"),
    "operation-move": ("post", {"machine": "laser-1", "start": "2030-01-01T08:00"}, "login 403 403 403 302"),
    "run-files-again": ("post", {}, "login 403 403 403 302"),
    "run-release": ("post", {"version": "{version}"}, "login 403 403 403 302"),
    "run-pin": ("post", {"version": "{version}"}, "login 403 403 403 302"),
    "run-unpin": ("post", {"version": "{version}"}, "login 403 403 403 302"),
    "run-undo": ("post", {"version": "{version}"}, "login 403 403 403 302"),
    "run-reject": ("post", {"version": "{version}", "reason": "x"}, "login 403 403 403 302"),
    "run-split": ("post", {"version": "{version}", "pieces": "{piece}"}, "login 403 403 403 302"),
    "floor-start": ("post", {}, "login 403 403 403 302"),
    "floor-finish": ("post", {}, "login 403 403 403 302"),
    "floor-scrap": ("post", {"reason": "x"}, "login 403 403 403 302"),
    "machine-stop": ("post", {"reason": "lens"}, "login 403 403 403 302"),
    "machine-start": ("post", {}, "login 403 403 403 302"),
    "shop-stop": ("post", {"machine": "laser-1"} | AWAY, "login 403 403 403 302"),
    "shop-stop-cancel": ("post", {}, "login 403 403 403 302"),
    "shop-absence": ("post", {"operator": "ann"} | AWAY, "login 403 403 403 302"),
    "shop-absence-cancel": ("post", {}, "login 403 403 403 302"),
    "shop-planner": ("post", {"version": "1"}, "login 403 403 403 302"),
    "material-receive": ("post", {"quantity": 5}, "login 403 403 403 302"),
    "material-announce": ("post", {"quantity": 50}, "login 403 403 403 302"),
    "material-count": ("post", {"quantity": 50}, "login 403 403 403 302"),
    "scenario-begin": ("post", {"name": "x"}, "login 403 403 403 302"),
    "scenario-add": ("post", {"by": "2"}, "login 403 403 403 302"),
    "scenario-remove": ("post", {}, "login 403 403 403 302"),
    "scenario-compute": ("post", {}, "login 403 403 403 302"),
    "scenario-delete": ("post", {}, "login 403 403 403 302"),
    "scenario-from-remedy": ("post", {}, "login 403 403 403 302"),
    "offcut-add": ("post", {"width": 100, "height": 80}, "login 403 403 403 302"),
    "offcuts-keep": ("post", {"least": 90}, "login 403 403 403 302"),
    "offcut-discard": ("post", {}, "login 403 403 403 302"),
    "job-again": ("post", {}, "login 403 403 403 302"),
    "product-new": ("post", {"code": "tray", "name": "Tray"}, "login 403 403 403 403"),
    "product": ("post", {"do": "save", "source": "x"}, "login 403 403 403 403"),
    "product-check": ("post", {"source": "x"}, "login 403 403 403 403"),
    "product-audit": ("post", {}, "login 403 403 403 403"),
    "product-sale": ("post", {"do": "suspend"}, "login 403 403 403 403"),
    "product-version": ("post", {"do": "retire"}, "login 403 403 403 403"),
    "configure": ("post", {}, "302 302 302 302 302"),
    "configuration": ("post", {}, "404 302 404 404 404"),
    "design": ("post", {"do": "copy"}, "404 302 404 302 302"),
    "cart-add": ("post", {"design": "{design}"}, "404 302 404 302 302"),
    "cart-list": ("post", {"rows": "Kim", "column": "text", "do": "add"}, "404 302 404 404 404"),
    "cart-change": ("post", {"line": "{line}", "do": "remove"}, "404 302 404 404 404"),
    "checkout": ("post", {}, "302 422 302 302 302"),
    "order": ("post", {"do": "cancel"}, "404 302 404 302 302"),
    "account_login": ("post", {}, "200 302 302 302 302"),
    "account_logout": ("post", {}, "302 302 302 302 302"),
    "account_signup": ("post", {}, "200 302 302 302 302"),
    "account_reauthenticate": ("post", {}, "login 200 200 200 200"),
    "account_email": ("post", {}, "login 302 302 302 302"),
    "account_change_password": ("post", {}, "login 200 200 200 200"),
    "account_set_password": ("post", {}, "login 302 302 302 302"),
    "account_reset_password": ("post", {}, "200 200 200 200 200"),
    "account_confirm_login_code": ("post", {}, "login 302 302 302 302"),
    "account_confirm_email": ("post", {}, "404 404 404 404 404"),
    "account_reset_password_from_key": ("post", {}, "200 200 200 200 200"),
    "api-validations": ("post", {"rows": [{"text": "A"}]}, "401 202 202 202 202"),
    "api-configurations": ("post", {"family": "badge"}, "401 201 201 201 201"),
    "api-configuration": ("patch", {"choices": {"text": "A"}}, "401 200 404 404 404"),
    "api-explain": ("post", {"option": "length", "value": 60}, "401 200 404 404 404"),
    "api-repair": ("post", {"option": "length", "value": 60}, "401 200 404 404 404"),
    "api-complete": ("post", {}, "401 200 404 404 404"),
    "api-undo": ("post", {}, "401 200 404 404 404"),
    "api-redo": ("post", {}, "401 409 404 404 404"),
    "api-move": ("post", {"version": 1}, "401 200 404 404 404"),
    "api-freeze": ("post", {}, "401 201 404 404 404"),
    "api-assets": ("post", {}, "401 415 415 415 415"),
    "api-cart-lists": (
        "post",
        {"configuration": "{configuration}", "rows": [{"choices": {"text": "Kim"}}]},
        "401 201 404 404 404",
    ),
    "api-cart-lines": ("post", {"design": "{design}"}, "401 201 404 201 201"),
    "api-cart-line": ("patch", {"quantity": 2}, "401 200 404 404 404"),
    "api-holds": ("post", {"design": "{design}"}, "401 201 404 201 201"),
    "api-hold": ("post", {}, "401 200 404 404 404"),
    "api-orders": ("post", {}, "401 400 400 400 400"),
    "api-order-cancel": ("post", {}, "401 409 404 409 409"),
    "api-order-ship": ("post", {"carrier": "PostNL"}, "401 403 403 403 409"),
    "api-payment-paid": ("post", {}, "401 403 403 403 200"),
    "api-machine-stop": ("post", {"reason": "lens"}, "401 403 403 403 200"),
    "api-machine-start": ("post", {}, "401 403 403 403 200"),
    "api-shop": ("put", {}, "401 403 403 403 428"),
    "api-material-receive": ("post", {"quantity": 5}, "401 403 403 403 200"),
    "api-material-announce": (
        "post",
        {"quantity": 50, "lot": "p-1", "available_at": "2030-01-01T08:00:00Z"},
        "401 403 403 403 200",
    ),
    "api-calendars": ("post", {"name": "Lasers"}, "401 403 403 403 201"),
    "api-calendar-revoke": ("post", {}, "401 403 403 403 200"),
    "api-job-stop": ("post", {}, "401 403 403 403 409"),
    "api-material-count": ("post", {"on_hand": 50}, "401 403 403 403 200"),
    "api-scenarios": (
        "post",
        {"name": "x", "changes": [{"kind": "lead-time", "by": 60}]},
        "401 403 403 403 202",
    ),
    "api-scenario": ("delete", {}, "401 403 403 403 204"),
    "api-offcut-add": ("post", {"width_mm": 100, "height_mm": 80}, "401 403 403 403 201"),
    "api-offcut-discard": ("post", {}, "401 403 403 403 200"),
    "api-events": (
        "post",
        {"kind": "machine_down", "machine": "laser-1", "reason": "lens"},
        "401 403 403 403 201",
    ),
    "api-drafts": ("post", {}, "401 403 403 403 202"),
    "api-draft-accept": ("post", {}, "401 403 403 403 200"),
    "api-draft-discard": ("post", {"reason": "x"}, "401 403 403 403 200"),
    "api-plans": ("post", {}, "401 403 403 403 202"),
    "api-run-release": ("post", {}, "401 403 403 403 200"),
    "api-run-pin": ("post", {}, "401 403 403 403 200"),
    "api-run-unpin": ("post", {}, "401 403 403 403 409"),
    "api-run-undo": ("post", {}, "401 403 403 403 200"),
    "api-run-reject": ("post", {"reason": "x"}, "401 403 403 403 200"),
    "api-run-files-again": ("post", {}, "401 403 403 403 409"),
    "api-run-move": ("post", {}, "401 403 403 403 400"),
    "api-run-split": ("post", {"pieces": [0]}, "401 403 403 403 400"),
}  # fmt: skip
REFUSED = {"401", "403", "404", "login"}
UNTOUCHED = ("ledger", "configurator", "orders", "production", "auth")


@pytest.fixture
def people(scene: Any, alice: User, bob: User, charlie: User) -> dict[str, User | None]:
    sam = User.objects.create_user("sam", "sam@example.org", "x", is_staff=True)
    everybody = {"anonymous": None, "alice": alice, "charlie": charlie, "sam": sam, "bob": bob}
    return {name: everybody[name] for name in PEOPLE}


def entering(person: User | None, **how: Any) -> Client:
    client = Client(raise_request_exception=False, **how)
    if person is not None:
        client.force_login(person)
    return client


def outcome(answer: Any) -> str:
    if answer.status_code == 302 and "/login/" in answer["Location"]:
        return "login"
    return str(answer.status_code)


def send(client: Client, name: str, scene: dict[str, dict[str, Any]]) -> Any:
    """The change that CHANGE names, with the headers and the version that it wants."""
    kwargs = scene[GET[name][0]]
    method, body, _ = CHANGE[name]
    run = Run.objects.filter(pk=kwargs.get("pk")).first()
    draft = Draft.objects.filter(pk=kwargs.get("pk")).first()
    version = run.version if run else draft.version if draft else 0
    facts = {
        "version": version,
        "piece": run.pieces.values_list("pk", flat=True)[0] if run else 0,
        "design": scene["design"]["pk"],
        "line": scene["line"]["line_id"],
        "configuration": scene["configuration"]["pk"],
    }
    filled = {key: value.format(**facts) if isinstance(value, str) else value for key, value in body.items()}
    how: dict[str, Any] = {}
    if name.startswith("api-"):
        how["content_type"] = "application/json"
        how["headers"] = {"Idempotency-Key": "k"} | ({"If-Match": str(version)} if version else {})
    return getattr(client, method)(reverse(name, kwargs=kwargs), filled, **how)


def test_every_address_has_a_row() -> None:
    assert sorted(names()) == sorted(GET)


def test_every_address_that_takes_changes_has_a_row(scene: Any, people: dict[str, User | None]) -> None:
    """What does not answer 405 to a POST takes one; what only shows a page may ignore it."""
    client, found = entering(people["bob"]), set()
    for name in names():
        with transaction.atomic():
            before = contents(*UNTOUCHED)
            answer = client.post(reverse(name, kwargs=scene[GET[name][0]]))
            if answer.status_code not in (405, 404) and contents(*UNTOUCHED) != before:
                found.add(name)
            transaction.set_rollback(True)
    assert found - set(CHANGE) == set()


def test_what_each_may_see(scene: Any, people: dict[str, User | None]) -> None:
    wrong = {}
    for column, (person, user) in enumerate(people.items()):
        client = entering(user)
        for name, (place, outcomes) in GET.items():
            with transaction.atomic():
                got = outcome(client.get(reverse(name, kwargs=scene[place])))
                transaction.set_rollback(True)
            expected = outcomes.split()[column]
            if got != expected:
                wrong[person, name] = f"{got}, not {expected}"
    assert wrong == {}


def test_what_each_may_change_and_a_refusal_changes_nothing(
    scene: Any, people: dict[str, User | None]
) -> None:
    wrong = {}
    for column, (person, user) in enumerate(people.items()):
        for name, (_, _, outcomes) in CHANGE.items():
            expected = outcomes.split()[column]
            with transaction.atomic():
                client, before = entering(user), contents(*UNTOUCHED[:-1])
                got = outcome(send(client, name, scene))
                if got != expected:
                    wrong[person, name] = f"{got}, not {expected}"
                elif got in REFUSED and contents(*UNTOUCHED[:-1]) != before:
                    wrong[person, name] = f"{got}, and yet something was changed"
                transaction.set_rollback(True)
    assert wrong == {}


def test_no_change_without_the_token_of_the_page(scene: Any, people: dict[str, User | None]) -> None:
    wrong = {}
    for person in ("alice", "bob"):
        for name in CHANGE:
            with transaction.atomic():
                client, before = entering(people[person], enforce_csrf_checks=True), contents(*UNTOUCHED)
                got = outcome(send(client, name, scene))
                if got != "403" or contents(*UNTOUCHED) != before:
                    wrong[person, name] = got
                transaction.set_rollback(True)
    assert wrong == {}


def test_no_change_by_looking(scene: Any, people: dict[str, User | None]) -> None:
    """GET changes nothing of anybody's; only a design that is started by opening its family's page is new."""
    for person in people.values():
        client = entering(person)
        for name, (place, _) in GET.items():
            if name in ("configure", "account_logout"):
                continue
            with transaction.atomic():
                before = contents(*UNTOUCHED)
                client.get(reverse(name, kwargs=scene[place]))
                assert contents(*UNTOUCHED) == before, name
                transaction.set_rollback(True)
