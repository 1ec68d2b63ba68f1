"""The try-out pane: a draft configured as a shopper would, with nothing stored and nothing on sale."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from configurator.designs import read_changes
from configurator.engine.answers import Answer, Conflict, OptionAnswer, Repair
from configurator.engine.choices import ChoiceError
from configurator.engine.domains import Kernel, Undecided
from configurator.engine.pricing import Price, PriceError, price
from configurator.engine.spec import Choice, FamilySpec, OptionSpec
from configurator.views.workbench import Bench

LONGEST = 20_000  # characters of choices in an address
MOST_VALUES = 60  # values shown of one option


@dataclass(frozen=True)
class TriedValue:
    code: str
    name: str
    state: str
    chosen: bool


@dataclass(frozen=True)
class TriedOption:
    spec: OptionSpec
    chosen: Choice | None
    values: tuple[TriedValue, ...]
    more: int
    limits: str
    line: int | None
    missing: bool


@dataclass
class Refusal:
    """Why a value was not taken, and the ways out."""

    sentence: str
    rules: list[tuple[str, str, int | None]] = field(default_factory=list)
    repair: Repair | None = None
    wish: str = ""


def try_pane(bench: Bench, asked: Mapping[str, Any]) -> dict[str, Any]:
    """What the choices in ``asked`` (``c``: JSON) leave possible after one more change: ``set`` is
    ``option=value``, ``field`` an option whose ``f-option`` was typed, ``clear`` an option, ``repair`` a
    refused ``option=value``."""
    if bench.compiled is None:
        return {"tried": None}
    spec, kernel = bench.compiled.spec, bench.compiled.kernel
    choices, lost = _stored(spec, str(asked.get("c", "")))
    try:
        choices, refusal = _changed(bench, spec, kernel, choices, asked)
        answer = kernel.answer(choices)
    except Undecided as error:
        choices, refusal = {}, Refusal(str(error))
        answer = kernel.answer({})
    return {
        "tried": [_shown(bench, option, answer) for option in spec.options],
        "refusal": refusal,
        "answer": answer,
        "lost": lost,
        "choices_json": json.dumps(choices, ensure_ascii=False),
        "price": _price(spec, kernel, choices, answer),
        "missing": [spec.option_by_code[code].name for code in answer.missing],
    }


def _stored(spec: FamilySpec, text: str) -> tuple[dict[str, Choice], list[str]]:
    """The choices made so far, as far as they mean something in this text; the defaults at first."""
    if not text:
        return dict(spec.defaults), []
    try:
        given = json.loads(text[:LONGEST])
    except ValueError:
        given = {}
    choices: dict[str, Choice] = {}
    lost: list[str] = []
    for code, value in (given if isinstance(given, dict) else {}).items():
        try:
            read = read_changes(spec, {code: value})
        except ChoiceError as error:
            lost += [problem.message for problem in error.problems]
            continue
        choices |= {option: chosen for option, chosen in read.items() if chosen is not None}
    return choices, lost


def _changed(
    bench: Bench, spec: FamilySpec, kernel: Kernel, choices: dict[str, Choice], asked: Mapping[str, Any]
) -> tuple[dict[str, Choice], Refusal | None]:
    """The choices after the one change that was asked for, or as they were and why not."""
    if "clear" in asked:
        return {code: value for code, value in choices.items() if code != asked["clear"]}, None
    wish = str(asked.get("repair") or asked.get("set") or "")
    field = str(asked.get("field") or (_typed_field(spec, choices, asked) if "typed" in asked else ""))
    if field:
        wish = f"{field}={asked.get('f-' + field, '')}"
    code, _, raw = wish.partition("=")
    option = spec.option_by_code.get(code)
    if option is None:
        return choices, None
    try:
        value = read_changes(spec, {code: _typed(option, raw, choices.get(code))})[code]
    except (ChoiceError, ValueError) as error:
        problems = error.problems if isinstance(error, ChoiceError) else ()
        said = " ".join(f"{each.message} {each.hint}".strip() for each in problems)
        return choices, Refusal(said or f"{option.name} has to be a whole number.")
    if value is None:
        return {each: chosen for each, chosen in choices.items() if each != code}, None
    others = {each: chosen for each, chosen in choices.items() if each != code}
    conflict = kernel.explain(others, code, value)
    if conflict is None:
        return {**choices, code: value}, None
    way_out = kernel.repair(choices, code, value)
    if asked.get("repair") and way_out is not None:
        return dict(way_out.choices), None
    return choices, _refusal(bench, conflict, way_out, f"{code}={value}")


def _typed_field(spec: FamilySpec, choices: Mapping[str, Choice], asked: Mapping[str, Any]) -> str:
    """The first option whose field says otherwise than what is chosen."""
    for option in spec.options:
        typed = asked.get(f"f-{option.code}")
        if typed is not None and typed != str(choices.get(option.code, "")):
            return option.code
    return ""


def _typed(option: OptionSpec, raw: str, before: Choice | None) -> Choice:
    """What a button or field means; a button of a multiple choice adds its value or takes it out."""
    if option.kind == "integer":
        return int(raw)
    if option.kind == "multiple" and raw in option.value_by_code:
        held = {code for code in str(before or "").split(",") if code}
        held ^= {raw}
        return ",".join(code for code in option.codes if code in held)
    return raw


def _refusal(bench: Bench, conflict: Conflict, way_out: Repair | None, wish: str) -> Refusal:
    rules = [(rule.code, rule.message, bench.line_of("rule", rule.code)) for rule in conflict.rules]
    return Refusal(conflict.sentence, rules, way_out, wish)


def _shown(bench: Bench, option: OptionSpec, answer: Answer) -> TriedOption:
    state = answer.options[option.code]
    chosen = state.chosen
    held = str(chosen if chosen is not None else "").split(",") if option.kind == "multiple" else [chosen]
    values = tuple(
        TriedValue(value.code, value.name, state.values.get(value.code, "possible"), value.code in held)
        for value in option.values
    )
    return TriedOption(
        spec=option,
        chosen=chosen,
        values=values[:MOST_VALUES],
        more=max(0, len(values) - MOST_VALUES),
        limits=_limits(option, state),
        line=bench.line_of("option", option.code),
        missing=option.code in answer.missing,
    )


def _limits(option: OptionSpec, state: OptionAnswer) -> str:
    if option.kind == "integer":
        if state.low is None:
            return "nothing is possible"
        holes = ", ".join(f"{low}" if low == high else f"{low} to {high}" for low, high in state.holes[:3])
        return f"{state.low} to {state.high} {option.unit}".rstrip() + (f", not {holes}" if holes else "")
    if option.kind == "text" and state.length_high is not None:
        return f"{state.length_low} to {state.length_high} letters"
    if option.kind == "image":
        return "a picture cannot be handed in here"
    return ""


def _price(spec: FamilySpec, kernel: Kernel, choices: Mapping[str, Choice], answer: Answer) -> Price | None:
    """The price of one piece, completed with the defaults; None where there is none to tell."""
    full = choices if answer.complete else kernel.complete(choices)
    if full is None or not (spec.prices or spec.base_price):
        return None
    try:
        return price(spec, full, quantity=1)
    except PriceError:
        return None
