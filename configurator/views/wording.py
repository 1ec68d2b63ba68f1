"""What pages call surfaces and values."""

from typing import Any

from configurator.engine.choices import codes_of
from configurator.engine.spec import FamilySpec


def surface_name(spec: FamilySpec, code: str) -> str:
    return spec.surface_by_code[code].name or code.capitalize()


def value_name(spec: FamilySpec, option: str, value: Any) -> str:
    """A value as the page calls it."""
    asked = spec.option_by_code[option]
    if asked.kind == "multiple":
        return ", ".join(asked.value_by_code[code].name for code in codes_of(str(value))) or "nothing"
    if value in asked.value_by_code:
        return asked.value_by_code[value].name
    return f"{value} {asked.unit}".strip() if asked.kind == "integer" else f"“{value}”"
