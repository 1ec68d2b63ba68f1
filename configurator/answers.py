"""The one object that page and API show of a design: what is chosen and possible, price, promise, picture."""

import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone

from configurator import designs
from configurator.catalogue import kernel_of, spec_of
from configurator.designs import Refused, read_changes, refused
from configurator.engine.answers import Answer, OptionAnswer, Repair, Violation
from configurator.engine.choices import choices_json, codes_of
from configurator.engine.domains import Completion
from configurator.engine.finding_words import with_words
from configurator.engine.placing import placement_in_words, read_placement
from configurator.engine.pricing import PriceError, price
from configurator.engine.spec import FamilySpec
from configurator.examination import Examination, examine, price_json
from configurator.models import Configuration, Design
from configurator.promise import Promise, ask, option_name
from configurator.proofs import artwork_of, previews_of
from configurator.quotes import Quote, quote_for


def describe(
    configuration: Configuration, *, quantity: int, now: datetime, refused: Refused | None = None
) -> dict[str, Any]:
    """The state of a design as JSON. ``price`` and ``promise`` are of the design completed with
    defaults while something is still open; ``quote_token`` is there once it could be ordered. A family that
    nobody has priced shows no price and gives no token: it is not for sale yet.
    ``remaining`` is how many configurations have these choices and ``from_price`` the lowest price of
    one piece among them; null where they cannot be told.

    Reads at most one row (a picture); give the configuration with its version selected.
    """
    version, spec = configuration.version, spec_of(configuration.version)
    since = designs.refused_since(configuration, now=now)
    # A rule has begun since the design was stored: it is shown as it stood, with what stands against it.
    on = timezone.localdate(configuration.updated_at if since else now)
    seen = examine(version=version, choices=configuration.choices, quantity=quantity, on=on)
    refused = refused or since
    promise, token = _promised(configuration, seen, quantity, now, refused_today=since is not None)
    return {
        "id": configuration.id,
        "family": version.family_id,
        "version": version.number,
        "revision": configuration.revision,
        "choices": choices_json(spec, configuration.choices),
        "consistent": seen.answer.consistent and since is None,
        "warnings": [violation_json(violation) for violation in seen.answer.warnings],
        "complete": not seen.missing,
        "missing": list(seen.missing),
        "remaining": seen.answer.remaining,
        "from_price": _money(seen.answer.from_price) if spec.priced else None,
        "options": options_json(spec, seen.answer, extras=_extras(configuration, seen)),
        "refused": refused_json(refused) if refused is not None else None,
        "price": price_json(seen.price) if spec.priced else None,
        "promise": promise_json(promise),
        "preview": previews_of(
            of=configuration, choices=seen.choices, surfaces=[scene.surface for scene in seen.scenes]
        ),
        "artwork": artwork_of(of=configuration, choices=seen.choices, scenes=seen.scenes),
        "findings": findings_json(spec, seen),
        "quote_token": token,
        "can_undo": bool(configuration.past),
        "can_redo": bool(configuration.future),
    }


def findings_json(spec: FamilySpec, seen: Examination) -> list[dict[str, Any]]:
    """What was found on each surface, with its words; ``box`` in µm, as the artwork has it."""
    return [
        with_words(spec, {"surface": surface, **finding.as_json()})
        for surface, findings in seen.findings_by_surface.items()
        for finding in findings
    ]


def _promised(
    configuration: Configuration, seen: Examination, quantity: int, now: datetime, *, refused_today: bool
) -> tuple[Promise, str | None]:
    if not seen.orderable or refused_today or not spec_of(configuration.version).priced:
        spec = spec_of(configuration.version)
        asked = ask(
            work=seen.work,
            quantity=quantity,
            lead_days=spec.lead_days,
            currency=spec.currency,
            now=now,
        )
        return asked, None
    quote = quote_for(
        version=configuration.version,
        content_hash=seen.content_hash,
        price=seen.price,
        work=seen.work,
        now=now,
    )
    return quote.promise, quote.token


def options_json(
    spec: FamilySpec, answer: Answer, *, extras: Mapping[str, dict[str, str]] | None = None
) -> dict[str, Any]:
    """Every option's state by code; ``extra`` is what a piece would cost more (or less) with each value,
    ``from`` the lowest price of one piece that any completion with the value has."""
    chosen = {code: option.chosen for code, option in answer.options.items() if option.chosen is not None}
    shown = choices_json(spec, chosen)
    return {
        code: {
            **_option_json(option, spec.priced),
            "chosen": shown.get(code),
            "extra": (extras or {}).get(code, {}),
        }
        for code, option in answer.options.items()
    }


def _extras(configuration: Configuration, seen: Examination) -> dict[str, dict[str, str]]:
    """For each option that the prices name: value -> difference to the present price of one piece,
    for the values that could be chosen now. Values that change nothing are left out."""
    spec = spec_of(configuration.version)
    formulas = " ".join(f"{rule.when or ''} {rule.amount or ''}" for rule in spec.prices)
    named = set(re.findall(r"\w+", formulas))
    extras: dict[str, dict[str, str]] = {}
    for option in spec.options:
        if option.kind != "choice" or option.code not in named:
            continue
        states = seen.answer.options[option.code].values
        for value in option.codes:
            if states.get(value) == "impossible" or value == seen.choices.get(option.code):
                continue
            try:
                other = price(spec, {**seen.choices, option.code: value}, quantity=seen.price.quantity)
            except PriceError:
                continue  # choosing it says why; nobody has chosen it yet
            if other.unit != seen.price.unit:
                extras.setdefault(option.code, {})[value] = f"{other.unit - seen.price.unit:.2f}"
    return extras


def _option_json(option: OptionAnswer, priced: bool) -> dict[str, Any]:
    return {
        "chosen": option.chosen,
        "forced": option.forced,
        "values": dict(option.values),
        "low": option.low,
        "high": option.high,
        "holes": [list(hole) for hole in option.holes],
        "length_low": option.length_low,
        "length_high": option.length_high,
        "from": {value: _money(price) for value, price in option.from_prices.items()} if priced else {},
    }


def _money(amount: Decimal | None) -> str | None:
    return None if amount is None else f"{amount:.2f}"


def completion_json(completion: Completion) -> dict[str, Any]:
    """How good a completion is, and whether nothing better exists."""
    return {
        "objective": completion.objective,
        "value": str(completion.value),
        "bound": str(completion.bound),
        "proven": completion.proven,
    }


def promise_json(promise: Promise) -> dict[str, Any]:
    """``refusal`` says why it cannot be ordered without a date, and what to do; empty when it can.
    ``sooner`` are earlier dates, each with what it costs more for all pieces."""
    return {
        "ready_at": promise.ready_at.isoformat() if promise.ready_at else None,
        "reason": promise.reason,
        "refusal": promise.refusal,
        "option": promise.option,
        "surcharge": f"{promise.surcharge:.2f}",
        "sooner": [
            {
                "option": each.code,
                "name": option_name(each.code),
                "ready_at": each.ready_at.isoformat(),
                "surcharge": f"{each.surcharge:.2f}",
            }
            for each in promise.sooner
        ],
    }


def violation_json(violation: Violation) -> dict[str, Any]:
    return {
        "rule": violation.rule,
        "message": violation.message,
        "options": list(violation.options),
    }


def refused_json(refused: Refused) -> dict[str, Any]:
    """Why a change was refused, and the ways out, one click each; ``repair`` is the first of them."""
    conflict = refused.conflict
    repairs = [_repair_json(repair) for repair in refused.repairs]
    return {
        "option": conflict.option,
        "value": conflict.value,
        "conflict": {
            "sentence": conflict.sentence,
            "choices": [{"option": option, "value": value} for option, value in conflict.choices],
            "rules": [{"code": rule.code, "message": rule.message} for rule in conflict.rules],
        },
        "nearest": refused.nearest,
        "repair": repairs[0] if repairs else None,
        "repairs": repairs,
    }


def _repair_json(repair: Repair) -> dict[str, Any]:
    return {
        "changes": [
            {"option": change.option, "old": change.old, "new": change.new} for change in repair.changes
        ],
        "sentence": repair.sentence,
        "unit_price": _money(repair.unit_price),
    }


def why_not(configuration: Configuration, *, option: str, value: Any) -> dict[str, Any] | None:
    """Why ``value`` cannot be chosen as things stand, and the way out; None when it can.

    Raises ``ChoiceError`` for a value that means nothing here.
    """
    spec, kernel = spec_of(configuration.version), kernel_of(configuration.version)
    wanted = read_changes(spec, {option: value})[option]
    if wanted is None:
        return None
    others = {code: chosen for code, chosen in configuration.choices.items() if code != option}
    conflict = kernel.explain(others, option, wanted)
    if conflict is None:
        return None
    return refused_json(refused(kernel, others, option, wanted, conflict))


def quote_json(quote: Quote) -> dict[str, Any]:
    """A quote as the API gives it."""
    return {
        "price": price_json(quote.price),
        "promise": promise_json(quote.promise),
        "token": quote.token,
        "expires_at": quote.expires_at.isoformat(),
    }


def describe_design(design: Design) -> dict[str, Any]:
    """A frozen design as JSON."""
    version = design.version
    return {
        "id": design.id,
        "family": version.family_id,
        "version": version.number,
        "choices": design.choices,
        "labels": labels(design),
        "content_hash": design.content_hash,
        "artwork_hash": design.artwork_hash,
        "price": design.price,
        "shared": design.shared_at is not None,
        "created_at": design.created_at.isoformat(),
        "preview": previews_of(of=design, choices=design.choices, surfaces=spec_of(version).surface_by_code),
    }


def labels(design: Design) -> list[dict[str, str]]:
    """The choices of a design as a shopper reads them: ``[{"option": "Size", "value": "300 × 180 mm"}]``."""
    return choice_labels(design, design.choices)


def choice_labels(of: Configuration | Design, choices: Mapping[str, Any]) -> list[dict[str, str]]:
    shown: list[dict[str, str]] = []
    for option in spec_of(of.version).options:
        value = choices.get(option.code)
        if value is None or value == "":
            continue
        if option.kind in ("choice", "switch"):
            text = option.value_by_code[str(value)].name
        elif option.kind == "multiple":
            text = ", ".join(option.value_by_code[code].name for code in codes_of(str(value)))
        elif option.kind == "image":
            text = "picture"
        elif option.kind == "placement":
            text = placement_in_words(read_placement(str(value)))
        else:
            text = f"{value} {option.unit}".strip()
        shown.append({"code": option.code, "option": option.name, "value": text})
    return shown
