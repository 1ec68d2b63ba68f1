"""An open design whose version is no longer the one on sale: what moving on would change, and moving on.

A design stays under the version that it was started with. When its shopper comes back and another version is
on sale, they see what is different for their choices: what is not offered any more, and the fewest other
changes that the new rules need. Nothing is changed before they agree; what they agreed to is what they get.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone

from configurator.catalogue import kernel_of, spec_of
from configurator.designs import NotOnSale, RevisionConflict, read_changes
from configurator.engine.answers import Repair
from configurator.engine.choices import ChoiceError
from configurator.engine.differences import compare
from configurator.engine.domains import Kernel
from configurator.engine.pricing import PriceError, price
from configurator.engine.rules import speaks_of
from configurator.engine.spec import Choice, FamilySpec
from configurator.engine.wording import value_in_words
from configurator.examination import examine
from configurator.models import Configuration, Version


class MovedOn(Exception):
    """Another version is on sale than the one whose differences were shown: look at them again."""


@dataclass(frozen=True)
class Lost:
    """A choice that the new version does not offer."""

    option: str
    sentence: str


@dataclass(frozen=True)
class Move:
    """What moving an open design to ``target`` means. ``differences`` are those that concern its choices;
    ``lost`` cannot be had any more, ``repair`` is the smallest change that the rules need besides (None where
    they need none), said in ``changes``; ``choices`` is the outcome. With ``must`` its own version cannot be
    ordered any more."""

    source: Version
    target: Version
    differences: tuple[str, ...]
    changes: tuple[str, ...]
    lost: tuple[Lost, ...]
    repair: Repair | None
    choices: Mapping[str, Choice]
    must: bool
    price_before: Decimal | None
    price_after: Decimal | None
    currency: str

    @property
    def keeps_everything(self) -> bool:
        return not self.lost and self.repair is None


def move_of(*, configuration: Configuration, now: datetime) -> Move | None:
    """What moving to the version on sale would change; None where there is nothing to move to.

    ``configuration`` comes with its version and family; one query more where another version is on sale.
    """
    version = configuration.version
    if version.family.current_id in (None, version.pk) or version.family.suspended_at is not None:
        return None
    target = Version.objects.sellable().select_related("family").filter(pk=version.family.current_id).first()
    return None if target is None else _move(configuration, target, timezone.localdate(now))


def move_to_current(
    *,
    configuration: Configuration,
    agreed: int,
    now: datetime,
    actor: str = "",
    expected_revision: int | None = None,
) -> Configuration:
    """Go on under the version on sale, as ``move_of`` showed it. ``agreed`` is the number of the version
    whose differences the shopper saw. Raises ``NotOnSale``, ``MovedOn``, ``RevisionConflict`` and what
    ``examine`` raises; then nothing is changed."""
    with transaction.atomic():
        held: Configuration = (
            Configuration.objects.select_for_update(of=("self",))
            .select_related("version__family")
            .get(pk=configuration.pk)
        )
        if expected_revision is not None and held.revision != expected_revision:
            raise RevisionConflict(expected=expected_revision, actual=held.revision)
        move = move_of(configuration=held, now=now)
        if move is None:
            if held.version.family.current_id == held.version_id:
                return _shown(configuration, held)
            raise NotOnSale(f"{held.version.family.name} is not on sale at present.")
        if move.target.number != agreed:
            raise MovedOn(
                f"Version {move.target.number} of {held.version.family.name} is on sale now, not {agreed}:"
                " look at the differences again."
            )
        choices = dict(move.choices)
        examine(version=move.target, choices=choices, on=timezone.localdate(now))
        held.version, held.choices = move.target, choices
        held.past, held.future = [], []  # steps of the other version mean nothing here
        held.revision += 1
        held.updated_at = now
        held.save(update_fields=["version", "choices", "past", "future", "revision", "updated_at"])
        return _shown(configuration, held)


def _shown(given: Configuration, held: Configuration) -> Configuration:
    for name in ("version", "choices", "past", "future", "revision", "updated_at"):
        setattr(given, name, getattr(held, name))
    return given


def _move(configuration: Configuration, target: Version, day: date) -> Move:
    source = configuration.version
    old, new = spec_of(source, day), spec_of(target, day)
    kernel = kernel_of(target, day)
    kept, lost = _offered(old, new, configuration.choices)
    found = None if kernel.consistent(kept) else smallest_change(kernel, kept)
    choices = dict(found.choices) if found is not None else kept
    if found is None and not kernel.consistent(kept):
        choices = {}  # nothing of it can stand: begin again from the defaults
        lost += [Lost(code, f"{new.option_by_code[code].name} has to be chosen anew.") for code in kept]
    return Move(
        source=source,
        target=target,
        changes=_in_words(new, found),
        differences=_concerning(old, new, configuration.choices),
        lost=tuple(lost),
        repair=found,
        choices=choices,
        must=source.retired_at is not None,
        price_before=_unit_price(old, kernel_of(source, day), configuration.choices),
        price_after=_unit_price(new, kernel, choices),
        currency=new.currency,
    )


def _offered(
    old: FamilySpec, new: FamilySpec, choices: Mapping[str, Any]
) -> tuple[dict[str, Choice], list[Lost]]:
    """The choices that the new version knows, and why the others are lost."""
    kept: dict[str, Choice] = {}
    lost: list[Lost] = []
    for code, value in choices.items():
        before = old.option_by_code.get(code)
        said = f"{before.name} “{value_in_words(before, value)}”" if before is not None else code
        if code not in new.option_by_code:
            lost.append(Lost(code, f"{said} is not asked any more."))
            continue
        try:
            read = read_changes(new, {code: value})[code]
        except ChoiceError as error:
            measured = new.option_by_code[code].kind in ("integer", "text")
            hints = " ".join(f"{each.message} {each.hint}".strip() for each in error.problems)
            lost.append(Lost(code, f"{said} is not offered any more. {hints if measured else ''}".strip()))
            continue
        if read is not None:
            kept[code] = read
    return kept, lost


def smallest_change(kernel: Kernel, choices: Mapping[str, Choice]) -> Repair | None:
    """The fewest changes after which choices that contradict each other can stand; None where none of them
    can be kept.

    A smallest change keeps some choice, and is then a smallest repair with that choice as the wish: so the
    smallest over all wishes is the smallest of all. Of equals the first in the family's order is taken.
    """
    best: Repair | None = None
    for option, value in choices.items():
        found = kernel.repair(choices, option, value)
        if found is not None and (best is None or len(found.changes) < len(best.changes)):
            best = found
            if len(best.changes) == 1:
                break
    return best


def _concerning(old: FamilySpec, new: FamilySpec, choices: Mapping[str, Any]) -> tuple[str, ...]:
    """The differences of options that were chosen, and of rules that speak of any of them."""
    rules = {rule.code: speaks_of(spec, rule) for spec in (old, new) for rule in spec.rules}
    # What is proposed or explained otherwise does not touch what was chosen.
    old, new = (
        replace(spec, options=tuple(replace(each, default=None, help="") for each in spec.options))
        for spec in (old, new)
    )
    return tuple(
        each.sentence
        for each in compare(old, new)
        if (each.area == "options" and each.subject in choices)
        or (each.area == "rules" and any(code in choices for code in rules[each.subject]))
    )


def _in_words(spec: FamilySpec, found: Repair | None) -> tuple[str, ...]:
    """Each change of a repair: `Finish: “Beeswax” instead of “Hard oil”`."""
    said = []
    for change in found.changes if found is not None else ():
        option = spec.option_by_code[change.option]
        old = f"instead of “{value_in_words(option, change.old)}”"
        if change.new is None:
            said.append(f"{option.name} has to be given anew {old}")
        else:
            said.append(f"{option.name}: “{value_in_words(option, change.new)}” {old}")
    return tuple(said)


def _unit_price(spec: FamilySpec, kernel: Kernel, choices: Mapping[str, Choice]) -> Decimal | None:
    full = kernel.complete(choices) if kernel.consistent(choices) else None
    try:
        return price(spec, full, quantity=1).unit if full is not None else None
    except PriceError:
        return None
