"""A design fixed for ever: frozen, shared, opened again.

What is frozen is what the share link, the cart and the order point at; it never changes. Who wants
something else goes on from it with a configuration of their own.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F

from configurator.catalogue import kernel_of, spec_of
from configurator.designs import (
    Incomplete,
    NotOnSale,
    day_of,
    hold,
    read_changes,
    refused_since,
    require_own_pictures,
    with_changes,
)
from configurator.engine.choices import ChoiceError
from configurator.engine.layout.scene import Finding
from configurator.engine.spec import Choice
from configurator.examination import examine, price_json
from configurator.models import Configuration, Design, Version
from configurator.proofs import ask_for_smaller
from ledger.entries import record


class NotMakeable(Exception):
    """The artwork cannot be made as it is: every finding that stands against it."""

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        super().__init__(" ".join(finding.message for finding in findings))
        self.findings = findings


def freeze(*, configuration: Configuration, actor: str, now: datetime) -> Design:
    """The design as it stands, fixed for ever: what the share link, the cart and the order point at.

    Everything is checked again. Freezing the same design twice gives the same row. Raises
    ``Refused`` (a rule has begun since the last change), ``Incomplete``, ``NotMakeable``.
    """
    with transaction.atomic():
        held = hold(configuration, None)
        if refused := refused_since(held, now=now):
            raise refused
        design = freeze_choices(
            version=held.version,
            choices=held.choices,
            owner_id=held.owner_id,
            session_key=held.session_key,
            actor=actor,
            now=now,
        )
        ask_for_smaller(design, now=now)
        return design


def freeze_choices(
    *,
    version: Version,
    choices: Mapping[str, Choice],
    owner_id: int | None,
    session_key: str,
    actor: str,
    now: datetime,
) -> Design:
    """A design of choices that came whole (an imported row), with the same checks as ``freeze``."""
    seen = examine(version=version, choices=choices, on=day_of(now))
    if seen.missing:
        raise Incomplete(seen.missing)
    if seen.refusals:
        raise NotMakeable(seen.refusals)
    with transaction.atomic():
        known: Design | None = Design.objects.filter(
            content_hash=seen.content_hash, version=version, owner=owner_id, session_key=session_key
        ).first()
        if known is not None:
            return known
        design = Design.objects.create(
            version=version,
            choices=dict(seen.choices),
            artwork_hash=seen.artwork_hash,
            content_hash=seen.content_hash,
            price=price_json(seen.price),
            created_at=now,
            owner_id=owner_id,
            session_key=session_key,
        )
        record(
            stream=f"design:{design.id}",
            kind="design.frozen",
            actor=actor,
            data={"family": version.family_id, "version": version.number, "content": design.content_hash},
            now=now,
        )
    return design


def share(*, design: Design, now: datetime) -> Design:
    """Open the design's link to everybody who has it; sharing twice is sharing once."""
    if design.shared_at is None:
        Design.objects.filter(pk=design.pk, shared_at=None).update(shared_at=now)
        design.refresh_from_db(fields=["shared_at"])
    return design


def reopen(*, design: Design, owner: User | None, session_key: str, now: datetime) -> Configuration:
    """A new configuration to go on from a frozen design.

    Under the design's own version while that is on sale, else under the family's current one with
    every choice that it still allows (compare ``design.choices`` with the result to show what fell
    away). A picture of somebody else's does not come along. Raises ``NotOnSale``.
    """
    on_sale = Version.objects.sellable().select_related("family").filter(family=design.version.family_id)
    version = on_sale.filter(pk=design.version_id).first() or on_sale.filter(family__current=F("pk")).first()
    if version is None:
        raise NotOnSale(f"{design.version.family.name} is not on sale at present.")
    fresh = Configuration(
        version=version,
        owner=owner,
        session_key="" if owner is not None else session_key,
        created_at=now,
        updated_at=now,
    )
    with transaction.atomic():
        fresh.choices = _carried_over(design.choices, fresh, now)
        examine(version=version, choices=fresh.choices, on=day_of(now))
        fresh.save()
    return fresh


def _carried_over(choices: Mapping[str, Any], target: Configuration, now: datetime) -> dict[str, Choice]:
    """As many of ``choices`` as the target's version allows together, in the order of its options."""
    spec, kernel = spec_of(target.version, day_of(now)), kernel_of(target.version, day_of(now))
    kept: dict[str, Choice] = {}
    for option in spec.options:
        if option.code not in choices:
            continue
        try:
            wanted = read_changes(spec, {option.code: choices[option.code]})
            require_own_pictures(target, spec, wanted)
        except ChoiceError:
            continue
        trial = with_changes(kept, wanted)
        if kernel.consistent(trial):
            kept = trial
    return kept
