"""What one version of a family says otherwise than another, in words.

    differences(old, new)  # ("Width: up to 2400 mm instead of 2000 mm.", ...)

Things are the same thing when they have the same code; what only moved to another place is told once.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, Literal, TypeVar

from configurator.engine.spec import Attribute, FamilySpec, OptionSpec, Quantity, RuleSpec, ValueSpec
from configurator.engine.wording import listed, rule_in_words, value_in_words

Area = Literal["product", "options", "rules", "prices", "pictures", "making", "tests"]
_Item = TypeVar("_Item")
_KINDS = {
    "choice": "a choice",
    "switch": "yes or no",
    "multiple": "several of a list",
    "integer": "a number",
    "text": "a text",
    "image": "a picture",
    "placement": "a placement",
}


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that differs. `subject` is the code of the option, rule or price; "" for the product."""

    area: Area
    subject: str
    sentence: str


def differences(old: FamilySpec, new: FamilySpec) -> tuple[str, ...]:
    """Every difference as a sentence, in the order of the file."""
    return tuple(difference.sentence for difference in compare(old, new))


def compare(old: FamilySpec, new: FamilySpec) -> tuple[Difference, ...]:
    """Every difference, in the order of the file."""
    return (
        *(Difference("product", "", text) for text in _product(old, new)),
        *_options(old, new),
        *_rules(old, new),
        *_prices(old, new),
        *_drawn(old, new),
        *_made(old, new),
        *_tests(old, new),
    )


def _instead(what: str, new: object, old: object) -> str:
    return f"{what} {new} instead of {old}."


def _product(old: FamilySpec, new: FamilySpec) -> Iterator[str]:
    if old.name != new.name:
        yield f"The product is called “{new.name}” instead of “{old.name}”."
    if old.summary != new.summary:
        yield "Its summary has changed."
    if (old.base_price, old.currency) != (new.base_price, new.currency):
        yield _instead("Base price:", f"{new.base_price} {new.currency}", f"{old.base_price} {old.currency}")
    if old.lead_days != new.lead_days:
        yield _instead("Lead time:", _days(new.lead_days), _days(old.lead_days))
    before, after = ({group.code: group.name for group in spec.groups} for spec in (old, new))
    yield from (f"The group “{after[code]}” is new." for code in after if code not in before)
    yield from (f"The group “{before[code]}” is gone." for code in before if code not in after)
    yield from (
        f"The group “{name}” is called “{after[code]}”."
        for code, name in before.items()
        if after.get(code, name) != name
    )


def _days(count: int) -> str:
    return f"{count} day{'' if count == 1 else 's'}"


# --- Options


def _options(old: FamilySpec, new: FamilySpec) -> Iterator[Difference]:
    for code, option in new.option_by_code.items():
        before = old.option_by_code.get(code)
        if before is None:
            yield Difference("options", code, f"{option.name} is new: {_extent(option)}.")
        else:
            yield from (Difference("options", code, text) for text in _option(before, option))
    for code, option in old.option_by_code.items():
        if code not in new.option_by_code:
            yield Difference("options", code, f"{option.name} is gone.")
    if moved := _moved(old.option_by_code, new.option_by_code):
        names = listed([new.option_by_code[code].name for code in moved])
        yield Difference("options", "", f"The options stand in another order: {names}.")


def _extent(option: OptionSpec) -> str:
    """What can be answered."""
    if option.kind in ("choice", "multiple"):
        return listed([value.name for value in option.values], "or")
    if option.kind == "integer":
        return f"{option.minimum} to {_with_unit(option, option.maximum)}"
    if option.kind == "text":
        return f"a text of up to {option.max_length} letters"
    return _KINDS[option.kind]


def _with_unit(option: OptionSpec, number: int) -> str:
    return f"{number} {option.unit}".rstrip()


def _option(old: OptionSpec, new: OptionSpec) -> Iterator[str]:
    name = new.name
    if old.name != name:
        yield f"“{old.name}” is called “{name}”."
    if old.kind != new.kind:
        yield f"{name}: {_KINDS[new.kind]} instead of {_KINDS[old.kind]}: {_extent(new)}."
        return
    if old.kind == "integer":
        yield from _number(old, new)
    if old.max_length != new.max_length:
        yield f"{name}: up to {new.max_length} letters instead of {old.max_length}."
    if old.min_dpi != new.min_dpi:
        yield f"{name}: at least {new.min_dpi} dpi instead of {old.min_dpi}."
    if old.of != new.of:
        yield f"{name}: places {new.of} instead of {old.of}."
    if (old.least, old.most) != (new.least, new.most):
        yield f"{name}: {new.least} to {new.most} of the list instead of {old.least} to {old.most}."
    if old.required != new.required:
        yield f"{name}: {'has to be given' if new.required else 'may be left out'}."
    if old.default != new.default:
        yield _instead(f"{name}: the default is", _default(new), _default(old))
    if old.kind in ("choice", "multiple"):
        yield from _values(name, old, new)
    if old.help != new.help:
        yield f"{name}: its help text has changed."
    if old.group != new.group:
        yield f"{name}: stands in another group."
    if old.measure != new.measure:
        yield f"{name}: is measured otherwise."


def _number(old: OptionSpec, new: OptionSpec) -> Iterator[str]:
    if old.unit != new.unit:
        yield f"{new.name}: in {new.unit or 'plain numbers'} instead of {old.unit or 'plain numbers'}."
    if old.minimum != new.minimum:
        yield _instead(f"{new.name}: from", _with_unit(new, new.minimum), _with_unit(old, old.minimum))
    if old.maximum != new.maximum:
        yield _instead(f"{new.name}: up to", _with_unit(new, new.maximum), _with_unit(old, old.maximum))
    if old.step != new.step:
        yield _instead(f"{new.name}: in steps of", _with_unit(new, new.step), _with_unit(old, old.step))


def _default(option: OptionSpec) -> str:
    return "none" if option.default is None else f"“{value_in_words(option, option.default)}”"


def _values(name: str, old: OptionSpec, new: OptionSpec) -> Iterator[str]:
    before, after = old.value_by_code, new.value_by_code
    added = [value.name for code, value in after.items() if code not in before]
    gone = [value.name for code, value in before.items() if code not in after]
    if added:
        yield f"{name}: {_named(added)} new."
    if gone:
        yield f"{name}: {_named(gone)} gone."
    for code, value in after.items():
        if code in before:
            yield from _value(name, before[code], value)
    if moved := _moved(before, after):
        yield f"{name}: the values stand in another order ({listed([after[each].name for each in moved])})."


def _named(names: Sequence[str]) -> str:
    return f"{listed([f'“{name}”' for name in names])} {'is' if len(names) == 1 else 'are'}"


def _value(name: str, old: ValueSpec, new: ValueSpec) -> Iterator[str]:
    if old.name != new.name:
        yield f"{name}: “{old.name}” is called “{new.name}”."
    for key in dict.fromkeys([*old.attributes, *new.attributes]):
        before, after = old.attributes.get(key), new.attributes.get(key)
        if before != after:
            said = key.replace("_", " ")
            yield _instead(f"{name}, “{new.name}”: {said}", _attribute(after), _attribute(before))


def _attribute(attribute: Attribute | None) -> str:
    if attribute is None:
        return "nothing"
    if isinstance(attribute, Quantity):
        number = attribute.number
        plain = str(number) if number.denominator == 1 else f"{float(number):g}"
        return f"{plain} {attribute.unit}".rstrip()
    return str(attribute).lower() if isinstance(attribute, bool) else f"“{attribute}”"


def _moved(old: Mapping[str, object], new: Mapping[str, object]) -> list[str]:
    """The codes that both have, in the new order, where that is another one."""
    before = [code for code in old if code in new]
    after = [code for code in new if code in old]
    return after if before != after else []


# --- Rules and prices


def _rules(old: FamilySpec, new: FamilySpec) -> Iterator[Difference]:
    for code, rule in new.rule_by_code.items():
        before = old.rule_by_code.get(code)
        if before is None:
            yield Difference("rules", code, f"Rule {code} is new: {rule.message or rule_in_words(rule, new)}")
        else:
            yield from (Difference("rules", code, text) for text in _rule(before, old, rule, new))
    for code, rule in old.rule_by_code.items():
        if code not in new.rule_by_code:
            yield Difference(
                "rules", code, f"Rule {code} is gone: {rule.message or rule_in_words(rule, old)}"
            )


def _rule(old: RuleSpec, old_spec: FamilySpec, new: RuleSpec, new_spec: FamilySpec) -> Iterator[str]:
    if (old.expr, old.table, old.cardinality) != (new.expr, new.table, new.cardinality):
        before, after = rule_in_words(old, old_spec), rule_in_words(new, new_spec)
        if before != after:
            yield f"Rule {new.code}: “{after}” instead of “{before}”"
        elif new.table is not None and old.table is not None:
            rows = f"{len(new.table.rows)} rows instead of {len(old.table.rows)}"
            yield f"Rule {new.code}: other combinations in its table ({rows})."
        else:
            yield f"Rule {new.code} is written otherwise."
    if old.message != new.message:
        yield f"Rule {new.code} is told as “{new.message}” instead of “{old.message}”"
    if old.severity != new.severity:
        yield f"Rule {new.code}: {'only warns' if new.severity == 'warn' else 'has to be kept'} now."
    if (old.valid_from, old.valid_until) != (new.valid_from, new.valid_until):
        yield f"Rule {new.code} counts {_period(new)} instead of {_period(old)}."
    if old.protects != new.protects:
        before, after = (each.protects or "nothing named" for each in (old, new))
        yield f"Rule {new.code} protects {after} instead of {before}."


def _period(rule: RuleSpec) -> str:
    begins = f"from {rule.valid_from}" if rule.valid_from else ""
    ends = f"up to {rule.valid_until}" if rule.valid_until else ""
    return f"{begins} {ends}".strip() or "always"


def _prices(old: FamilySpec, new: FamilySpec) -> Iterator[Difference]:
    before, after = ({price.code: price for price in spec.prices} for spec in (old, new))
    for code, price in after.items():
        if code not in before:
            amount = price.amount if price.amount is not None else f"{price.percent} %"
            yield Difference("prices", code, f"Price “{price.name}” is new: {amount}.")
            continue
        for text in _by_field(before[code], price):
            yield Difference("prices", code, f"Price “{price.name}”: {text}.")
    for code, price in before.items():
        if code not in after:
            yield Difference("prices", code, f"Price “{price.name}” is gone.")


# --- What is drawn, made and tested


def _drawn(old: FamilySpec, new: FamilySpec) -> Iterator[Difference]:
    for code, name, text in _by_code(old.surface_by_code, new.surface_by_code, "name"):
        yield Difference("pictures", code, f"Surface “{name}”{text}")


def _made(old: FamilySpec, new: FamilySpec) -> Iterator[Difference]:
    before, after = old.manufacture, new.manufacture
    if before is None or after is None:
        if before is not after:
            yield Difference("making", "", f"Its making is {'told now' if after else 'not told any more'}.")
        return
    for what, old_items, new_items, key in (
        ("Part", before.parts, after.parts, "code"),
        ("Step", before.routing, after.routing, "step"),
        ("Material", before.materials, after.materials, "material"),
    ):
        keyed_old = {str(getattr(item, key)): item for item in old_items}
        keyed_new = {str(getattr(item, key)): item for item in new_items}
        for code, _, text in _by_code(keyed_old, keyed_new, key):
            yield Difference("making", code, f"{what} {code}{text}")
    for name in ("sheet_material", "weight"):
        if getattr(before, name) != getattr(after, name):
            said = name.replace("_", " ").capitalize()
            yield Difference(
                "making",
                "",
                f"{said}: {_shown(getattr(after, name))} instead of {_shown(getattr(before, name))}.",
            )


def _tests(old: FamilySpec, new: FamilySpec) -> Iterator[Difference]:
    before, after = ({case.name: case for case in spec.tests} for spec in (old, new))
    for code, name, text in _by_code(before, after, "name"):
        yield Difference("tests", code, f"Test “{name}”{text}")


def _by_code(old: Mapping[str, _Item], new: Mapping[str, _Item], name: str) -> Iterator[tuple[str, str, str]]:
    """Code, name and what became of it, for all that differ."""
    for code, item in new.items():
        called = str(getattr(item, name)) or code
        if code not in old:
            yield code, called, " is new."
        elif changes := list(_by_field(old[code], item)):
            yield code, called, f": {'; '.join(changes)}."
    for code, item in old.items():
        if code not in new:
            yield code, str(getattr(item, name)) or code, " is gone."


def _by_field(old: Any, new: Any) -> Iterator[str]:
    """`amount “3 * x” instead of “2 * x”` for every field that differs."""
    for each in fields(new):
        before, after = getattr(old, each.name), getattr(new, each.name)
        if before == after:
            continue
        said = each.name.replace("_", " ")
        if _plain(before) and _plain(after):
            yield f"{said} {_shown(after)} instead of {_shown(before)}"
        else:
            yield f"{said} changed"


def _plain(value: object) -> bool:
    return not is_dataclass(value) and not isinstance(value, Mapping | tuple)


def _shown(value: object) -> str:
    if value is None or value == "":
        return "nothing"
    return f"“{value}”" if isinstance(value, str) else str(value)
