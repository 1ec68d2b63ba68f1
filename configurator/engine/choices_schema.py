"""The JSON Schema (2020-12) of a family's choices, for integrations that check before they ask.

It says what each option takes, not which values go together: no schema language can, the engine does. What
it refuses the engine refuses too. What it cannot say exactly (a text's length counts letters as a reader
does, a grid that does not begin at a multiple of its step) is left to the engine and told in `description`.
"""

from typing import Any

from configurator.engine.choices import CODE_POINTS_A_LETTER, codes_of
from configurator.engine.spec import FamilySpec, OptionSpec

Schema = dict[str, Any]


def choices_schema(spec: FamilySpec, *, address: str) -> Schema:
    """What a request's `choices` may hold for this family; `address` becomes its `$id`."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": address,
        "title": spec.name,
        "description": "Choices for one piece. null takes a choice back; what is left out is not chosen yet.",
        "type": "object",
        "properties": {option.code: _option(option) for option in spec.options},
        "additionalProperties": False,
    }


def _option(option: OptionSpec) -> Schema:
    schema: Schema = {
        "title": option.name,
        **({"description": option.help} if option.help else {}),
        **({"default": _default(option)} if option.default is not None else {}),
    }
    return {**schema, "anyOf": [_BY_KIND[option.kind](option), {"type": "null"}]}


def _default(option: OptionSpec) -> Any:
    return list(codes_of(option.default or "")) if option.kind == "multiple" else option.default


def _values(option: OptionSpec) -> list[Schema]:
    return [{"const": value.code, "title": value.name} for value in option.values]


def _choice(option: OptionSpec) -> Schema:
    return {"type": "string", "oneOf": _values(option)}


def _switch(option: OptionSpec) -> Schema:
    return {"enum": ["no", "yes", False, True]}


def _multiple(option: OptionSpec) -> Schema:
    return {
        "type": "array",
        "items": {"type": "string", "oneOf": _values(option)},
        "uniqueItems": True,
        "maxItems": option.most,
        "description": f"{option.least} to {option.most} of them; fewer while it is still being chosen.",
    }


def _integer(option: OptionSpec) -> Schema:
    schema: Schema = {"type": "integer", "minimum": option.minimum, "maximum": option.maximum}
    if option.minimum % option.step == 0:
        schema["multipleOf"] = option.step
    steps = f"in steps of {option.step} from {option.minimum}"
    return {**schema, "description": " ".join(filter(None, (option.unit, steps)))}


def _text(option: OptionSpec) -> Schema:
    least = {"minLength": 1} if option.required else {}
    return {
        "type": "string",
        **least,
        "maxLength": option.max_length * CODE_POINTS_A_LETTER,
        "description": f"At most {option.max_length} letters as a reader counts them (grapheme clusters).",
    }


def _image(option: OptionSpec) -> Schema:
    pattern = "^[0-9a-f]{64}$" if option.required else "^([0-9a-f]{64})?$"
    return {"type": "string", "pattern": pattern, "description": "The SHA-256 that uploading it answered."}


def _placement(option: OptionSpec) -> Schema:
    number = r"-?[0-9]{1,5}(\.[0-9]{1,3})?"
    crop = r"(;[0-9]{1,4}(,[0-9]{1,4}){3})?"
    return {
        "type": "string",
        "pattern": f"^({number}(,{number}){{3}}{crop})?$",
        "description": (
            f"Where {option.of} stands: centre across, centre down and width in mm, turn in degrees"
            " clockwise, then (optionally) what shows of a picture: left, top, right, bottom in thousandths."
        ),
    }


_BY_KIND = {
    "choice": _choice,
    "switch": _switch,
    "multiple": _multiple,
    "integer": _integer,
    "text": _text,
    "image": _image,
    "placement": _placement,
}
