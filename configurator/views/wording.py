"""What pages call surfaces and values."""

from typing import Any

from configurator.engine.answers import Change
from configurator.engine.choices import codes_of
from configurator.engine.spec import FamilySpec
from configurator.engine.wording import changes_in_words, value_in_words


def value_name(spec: FamilySpec, option: str, value: Any) -> str:
    """A value as the page calls it."""
    asked = spec.option_by_code[option]
    if asked.kind == "multiple":
        return ", ".join(asked.value_by_code[code].name for code in codes_of(str(value))) or "nothing"
    if asked.kind in ("image", "placement"):
        return value_in_words(asked, value)  # a hash means nothing to people
    if value in asked.value_by_code:
        return asked.value_by_code[value].name
    return f"{value} {asked.unit}".strip() if asked.kind == "integer" else f"“{value}”"


def change_in_words(spec: FamilySpec, change: Change) -> str:
    """`Finish: “Beeswax” instead of “Hard oil”`; of several values what is put in and what is left out."""
    option = spec.option_by_code[change.option]
    if option.kind == "multiple" and change.new is not None:
        said = changes_in_words(option, change.old, change.new)
        return f"{said[:1].upper()}{said[1:]}"
    if change.new is None:
        return f"{option.name}: to be given anew"
    new, old = (value_in_words(option, value) for value in (change.new, change.old))
    return f"{option.name}: “{new}” instead of “{old}”"
