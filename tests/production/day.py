"""A day of the demo workshop: its machines, signs and mugs ordered through the real checkout, one plan."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest_django
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import transaction
from django.test import override_settings

from configurator import catalogue, designs, freezing
from configurator.models import Family
from configurator.quotes import quote
from ledger import jobs
from ledger.models import Job
from orders import checkout
from orders.models import Order
from production import planning
from production.models import Plan

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def kept_for_a_module(blocker: pytest_django.DjangoDbBlocker) -> Iterator[None]:
    """What is written inside stays for the tests of a module, each of which undoes only its own."""
    with blocker.unblock(), transaction.atomic():
        yield
        transaction.set_rollback(True)


@contextmanager
def workshop_with_files(blocker: pytest_django.DjangoDbBlocker, media: Path) -> Iterator[User]:
    """The open workshop for a module, its files in ``media``; its customer."""
    with override_settings(MEDIA_ROOT=str(media)), kept_for_a_module(blocker):
        open_workshop()
        yield User.objects.create_user("ada")


def open_workshop() -> None:
    """The demo's machines and materials, and two families on sale."""
    call_command("load_shop", str(ROOT / "production" / "shops" / "demo.yaml"), verbosity=0)
    for name in ("walnut-sign", "enamel-mug"):
        source = (ROOT / "configurator" / "families" / f"{name}.yaml").read_text(encoding="utf-8")
        catalogue.publish(source=source, filename=f"{name}.yaml", actor="system:test", now=datetime.now(UTC))


def order(family: str, *, owner: User, quantity: int = 1, **choices: object) -> Order:
    """``order("walnut-sign", owner=ada, quantity=3, line1="Anna")``: through the real checkout."""
    now = datetime.now(UTC)
    configuration = designs.start(family=Family.objects.get(pk=family), owner=owner, session_key="", now=now)
    designs.choose(configuration=configuration, changes=choices, actor="user:ada", now=now)
    design = freezing.freeze(configuration=configuration, actor="user:ada", now=now)
    said = quote(design=design, quantity=quantity, now=now)
    placed = checkout.place(
        items=[checkout.Item(design, quantity)],
        customer=checkout.CustomerData(name="Ada", email="ada@example.org"),
        quotes={design.pk: said.token},
        idempotency_key=f"test-{design.pk}-{quantity}",
        owner=owner,
        session_key="",
        actor="user:ada",
        now=now,
    )
    run_jobs("production.artwork")
    return placed


def plan_now() -> Plan:
    """What the worker does, in this process: the files that lines wait for, then the plan."""
    run_jobs("production.artwork")
    job = planning.request_proposal(actor="user:bob", now=datetime.now(UTC))
    assert jobs.run(job.pk), Job.objects.get(pk=job.pk).last_error
    return Plan.objects.current().get()


def run_jobs(kind: str) -> None:
    for job in Job.objects.filter(kind=kind, state="queued"):
        assert jobs.run(job.pk), Job.objects.get(pk=job.pk).last_error


def ordinary_day() -> Plan:
    """Four signs of two orders and two mugs, planned."""
    open_workshop()
    ada = User.objects.create_user("ada")
    order("walnut-sign", owner=ada, quantity=3, line1="Anna & Bo")
    order("walnut-sign", owner=ada, line1="العائلة")
    order("enamel-mug", owner=ada, quantity=2)
    return plan_now()
