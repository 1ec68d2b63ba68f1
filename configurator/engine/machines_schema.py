"""The JSON schema of machine profiles."""

from collections.abc import Iterator
from typing import Any

from jsonschema import Draft202012Validator

from configurator.engine.document import Document, Problem
from configurator.engine.schema import schema_problems as problems_by

ROLES = ("print", "white", "engrave", "cut", "score")

_LENGTH = {"type": "string", "pattern": r"^[0-9]{1,5}(\.[0-9]{1,3})? mm$"}
_COLOUR = {"type": "string", "pattern": "^#[0-9a-fA-F]{6}$"}
_WORDS = {"type": "string", "minLength": 1, "maxLength": 120}
_CODE = {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,40}$"}
# A spot colour's or a layer's name goes into files as it stands; machines read plain letters only.
_MACHINE_WORD = {"type": "string", "pattern": r"^[A-Za-z0-9][A-Za-z0-9 ._+-]{0,30}$"}
_FLAG = {"type": "boolean"}
_DPI = {"type": "integer", "minimum": 30, "maximum": 2400}
_NUMBER = {"type": "number", "minimum": -128, "maximum": 128}


def _object(required: str, **members: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "required": required.split(),
        "properties": members,
        "additionalProperties": False,
    }


def _percent(most: int) -> dict[str, Any]:
    return {"type": "integer", "minimum": 0, "maximum": most}


PROFILE: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "A machine profile",
    **_object(
        "code name process formats dpi bed bleed safe mirror min_stroke min_gap min_text min_dpi_refuse"
        " min_dpi_warn",
        code=_CODE,
        name=_WORDS,
        process=_CODE,
        default=_FLAG,
        formats={
            "type": "array",
            "minItems": 1,
            "maxItems": 6,
            "items": {"enum": ["pdf", "png", "tiff", "svg", "dxf", "work-order"]},
        },
        dpi=_DPI,
        bed={"type": "array", "items": _LENGTH, "minItems": 2, "maxItems": 2},
        bleed=_LENGTH,
        safe=_LENGTH,
        mirror=_FLAG,
        min_stroke=_LENGTH,
        min_gap=_LENGTH,
        min_text=_LENGTH,
        min_dpi_refuse=_DPI,
        min_dpi_warn=_DPI,
        max_colours={"type": "integer", "minimum": 1, "maximum": 100},
        max_ink_percent=_percent(400),
        max_soft_alpha_percent=_percent(100),
        palette={
            "type": "array",
            "maxItems": 2000,
            "items": _object(
                "code name colour",
                code=_CODE,
                name=_WORDS,
                colour=_COLOUR,
                lab={"type": "array", "items": _NUMBER, "minItems": 3, "maxItems": 3},
            ),
        },
        layers=_object(
            "",
            **{
                role: _object(
                    "name colour mode", name=_MACHINE_WORD, colour=_COLOUR, mode={"enum": ["fill", "stroke"]}
                )
                for role in ROLES
            },
        ),
        spots=_object("", **{role: _MACHINE_WORD for role in ROLES if role not in ("print", "engrave")}),
        icc={"type": "string", "pattern": r"^[A-Za-z0-9][A-Za-z0-9 ._-]{0,80}\.(icc|icm)$"},
        white_base=_FLAG,
        choke=_LENGTH,
        kerf=_LENGTH,
        hairline=_LENGTH,
        marks={"enum": ["print", "engrave"]},
        quiet_modules={"type": "integer", "minimum": 0, "maximum": 20},
    ),
}

_PATTERNS = {
    _LENGTH["pattern"]: "a length such as 0.3 mm",
    _COLOUR["pattern"]: "a colour such as #ff0000, in quotes",
    _CODE["pattern"]: "letters, digits, _ and -",
    _MACHINE_WORD["pattern"]: "up to 31 plain letters, digits and ._+-",
}
_VALIDATOR = Draft202012Validator(PROFILE)


def schema_problems(document: Document) -> Iterator[Problem]:
    """Everything that the schema finds."""
    for _, problem in problems_by(document, _VALIDATOR, _PATTERNS):
        yield problem
