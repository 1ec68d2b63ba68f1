"""The JSON schema of family files, and its findings in words."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from configurator.engine.document import Document, Path, Problem, where_of
from configurator.engine.expressions import nearest_hint
from configurator.engine.lookalikes import lookalike_hint

Schema = dict[str, Any]

_WORDS: Schema = {"type": "string", "minLength": 1, "maxLength": 2000}
_CODE: Schema = {"type": "string", "pattern": "^[A-Za-z_][A-Za-z0-9_]{0,59}$(?!\\n)"}
_VALUE_CODE: Schema = {
    "type": ["string", "integer", "boolean"],
    "pattern": "^[A-Za-z0-9_][A-Za-z0-9_.-]{0,59}$(?!\\n)",
}
_SLUG: Schema = {"type": "string", "pattern": "^[a-z0-9]+(-[a-z0-9]+)*$(?!\\n)", "maxLength": 50}
_RULE_CODE: Schema = {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,40}$(?!\\n)"}
_EXPRESSION: Schema = {"type": ["string", "number"], "maxLength": 4000}
_CONDITION: Schema = {"type": "string", "minLength": 1, "maxLength": 4000}
_MONEY: Schema = {"type": ["string", "number"], "pattern": r"^-?[0-9]{1,8}(\.[0-9]{1,2})?$(?!\n)"}
_TEMPLATE: Schema = {"type": "string", "maxLength": 500}
# A code, or a template that becomes one.
_PROCESS: Schema = {"type": "string", "pattern": "^[A-Za-z_{][A-Za-z0-9_.{}-]{0,59}$(?!\\n)"}
_COUNT: Schema = {"type": "integer", "minimum": 1}
_FLAG: Schema = {"type": "boolean"}


def _object(required: str, optional: dict[str, Schema] | None = None, **members: Schema) -> Schema:
    return {
        "type": "object",
        "required": required.split(),
        "properties": {**members, **(optional or {})},
        "additionalProperties": False,
    }


def _list(items: Schema, *, least: int = 0, most: int = 5000) -> Schema:
    return {"type": "array", "items": items, "minItems": least, "maxItems": most}


def _by_kind(kinds: dict[str, Schema]) -> Schema:
    """An object whose members depend on its `kind`."""
    cases = [
        {"if": {"properties": {"kind": {"const": kind}}, "required": ["kind"]}, "then": schema}
        for kind, schema in kinds.items()
    ]
    return {
        "type": "object",
        "required": ["kind"],
        "properties": {"kind": {"enum": list(kinds)}},
        "allOf": cases,
    }


_ANY_KIND: Schema = {}
_OPTION = {
    "code": _CODE,
    "name": _WORDS,
    "kind": _ANY_KIND,
    "group": _CODE,
    "help": _WORDS,
    "required": _FLAG,
}
_ATTRIBUTES: Schema = {
    "type": "object",
    "propertyNames": _CODE,
    "additionalProperties": {"type": ["string", "number", "boolean"], "maxLength": 200},
}
_VALUE = _object("code name", code=_VALUE_CODE, name=_WORDS, attributes=_ATTRIBUTES)
# Rules name the values of a multiple choice: `extras.hooks`.
_MEMBER = _object("code name", code=_CODE, name=_WORDS, attributes=_ATTRIBUTES)
_YES_NO: Schema = {"enum": [True, False, "yes", "no"]}
_INTEGER: Schema = {"type": "integer", "minimum": -10_000_000, "maximum": 10_000_000}
OPTION = _by_kind(
    {
        "choice": _object("code name values", _OPTION, values=_list(_VALUE, least=1), default=_VALUE_CODE),
        "switch": _object("code name", _OPTION, default=_YES_NO, attributes=_ATTRIBUTES),
        "multiple": _object(
            "code name values",
            _OPTION,
            values=_list(_MEMBER, least=1, most=200),
            min={"type": "integer", "minimum": 0},
            max=_COUNT,
            default=_list(_VALUE_CODE, most=200),
        ),
        "integer": _object(
            "code name min max",
            _OPTION,
            unit={"type": "string"},
            min=_INTEGER,
            max=_INTEGER,
            step=_COUNT,
            default=_INTEGER,
        ),
        "text": _object(
            "code name max_length",
            _OPTION,
            max_length={**_COUNT, "maximum": 500},
            default={"type": ["string", "number"]},
            measure=_object("font size", font=_TEMPLATE, size=_EXPRESSION),
        ),
        "image": _object(
            "code name",
            _OPTION,
            min_dpi=_COUNT,
            measure=_object(
                "width height",
                width=_EXPRESSION,
                height=_EXPRESSION,
                fit={"enum": ["contain", "cover"]},
            ),
        ),
        "placement": _object(
            "code name of", {name: _OPTION[name] for name in _OPTION if name != "required"}, of=_CODE
        ),
    }
)

_ROWS = _list({"type": "array"}, most=200_000)
_TABLE = _object("options", options=_list(_CODE, least=1, most=40), allowed=_ROWS, forbidden=_ROWS)
_CARDINALITY = _object(
    "of",
    of=_list(_CONDITION, least=1, most=200),
    min={"type": "integer", "minimum": 0},
    max={"type": "integer", "minimum": 0},
)
_DATE: Schema = {"type": "string", "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$(?!\n)"}
RULE = _object(
    "code",
    code=_RULE_CODE,
    expr=_CONDITION,
    table=_TABLE,
    cardinality=_CARDINALITY,
    severity={"enum": ["must", "warn"]},
    optional={"from": _DATE},
    until=_DATE,
    message=_WORDS,
    protects=_WORDS,
)
PRICE = _object(
    "code name",
    code=_RULE_CODE,
    name=_WORDS,
    when=_CONDITION,
    amount=_EXPRESSION,
    percent=_EXPRESSION,
    min_quantity=_COUNT,
)
_DRAWN = {
    "kind": _ANY_KIND,
    "code": _CODE,
    "when": _CONDITION,
    "colour": _TEMPLATE,
    "box": {"type": "array", "items": _EXPRESSION, "minItems": 4, "maxItems": 4},
}
ELEMENT = _by_kind(
    {
        "text": _object(
            "box size",
            _DRAWN,
            option=_CODE,
            text=_TEMPLATE,
            font=_TEMPLATE,
            size=_EXPRESSION,
            min_size=_EXPRESSION,
            place=_CODE,
            fit={"enum": ["shrink", "wrap"]},
            arc=_EXPRESSION,
            align={"enum": ["left", "center", "right"]},
            valign={"enum": ["top", "middle", "bottom"]},
        ),
        "image": _object("box option", _DRAWN, option=_CODE, fit={"enum": ["contain", "cover"]}, place=_CODE),
        "code": _object(
            "box symbology",
            _DRAWN,
            option=_CODE,
            text=_TEMPLATE,
            symbology={"enum": ["qr", "datamatrix"]},
            level={"enum": ["l", "m", "q", "h"]},
            module=_EXPRESSION,
        ),
        "shape": _object(
            "box shape",
            _DRAWN,
            shape={"enum": ["rounded", "rect", "line", "circle"]},
            stroke=_EXPRESSION,
            radius=_EXPRESSION,
        ),
    }
)
_PICTURE = _object(
    "",
    view=_TEMPLATE,
    variant=_TEMPLATE,
    renderer=_CODE,
    parameters={"type": "object", "additionalProperties": _EXPRESSION},
    also=_list(_object("view name", view=_TEMPLATE, name=_WORDS), most=8),
    name=_WORDS,
    foil=_list(_TEMPLATE, most=50),
)
SURFACE = _object(
    "code name process width height",
    code=_CODE,
    name=_WORDS,
    process=_PROCESS,
    width=_EXPRESSION,
    height=_EXPRESSION,
    safe=_EXPRESSION,
    bleed=_EXPRESSION,
    corner_radius=_EXPRESSION,
    outline=_TEMPLATE,
    background=_TEMPLATE,
    picture=_PICTURE,
    elements=_list(ELEMENT),
)
_PART = _object(
    "code width height",
    code=_CODE,
    width=_EXPRESSION,
    height=_EXPRESSION,
    count=_EXPRESSION,
    rotate=_FLAG,
    surface=_CODE,
    when=_CONDITION,
)
_ALTERNATE = _object(
    "work_centre seconds",
    work_centre=_TEMPLATE,
    seconds=_EXPRESSION,
    preference=_COUNT,
    when=_CONDITION,
)
_STEP = _object(
    "step work_centre setup_family seconds",
    step=_COUNT,
    work_centre=_TEMPLATE,
    setup_family=_TEMPLATE,
    seconds=_EXPRESSION,
    when=_CONDITION,
    load=_EXPRESSION,
    alternates=_list(_ALTERNATE, most=8),
    min_lag=_EXPRESSION,
    max_lag=_EXPRESSION,
    tool=_TEMPLATE,
)
_MATERIAL = _object("material quantity", material=_TEMPLATE, quantity=_EXPRESSION, when=_CONDITION)
MANUFACTURE = _object(
    "routing",
    parts=_list(_PART),
    sheet_material=_TEMPLATE,
    routing=_list(_STEP),
    materials=_list(_MATERIAL),
    weight=_EXPRESSION,
)
CASE = _object(
    "name choices expect",
    name=_WORDS,
    choices={"type": "object"},
    expect={"enum": ["valid", "possible", "refused"]},
    by=_RULE_CODE,
    price=_MONEY,
)
FAMILY: Schema = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "A product family",
    **_object(
        "family name currency base_price options",
        family=_SLUG,
        name=_WORDS,
        summary=_WORDS,
        currency={"type": "string", "pattern": "^[A-Z]{3}$(?!\\n)"},
        base_price=_MONEY,
        lead_days={"type": "integer", "minimum": 0, "maximum": 365},
        groups=_list(_object("code name", code=_CODE, name=_WORDS)),
        options=_list(OPTION, least=1, most=1000),
        rules=_list(RULE),
        prices=_list(PRICE),
        surfaces=_list(SURFACE),
        manufacture=MANUFACTURE,
        tests=_list(CASE),
    ),
}

_VALIDATOR = Draft202012Validator(FAMILY)
_KINDS = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a set of keys and values",
}


def schema_problems(
    document: Document,
    validator: Draft202012Validator = _VALIDATOR,
    patterns: Mapping[str, str] | None = None,
) -> Iterator[tuple[Path, Problem]]:
    """Everything that the schema finds, with the path of each finding; `patterns` in words by pattern."""
    for error in validator.iter_errors(document.data):
        for path, message, hint in _in_words(error, patterns or _PATTERNS):
            line, column = document.place(path)
            yield path, Problem(line, column, where_of(path), message, hint)


def _in_words(error: ValidationError, patterns: Mapping[str, str]) -> Iterator[tuple[Path, str, str]]:
    path: Path = tuple(error.absolute_path)
    rule = error.validator
    found: Any = error.instance
    wanted: Any = error.validator_value
    schema: Any = error.schema
    if rule == "required":
        missing = [key for key in wanted if key not in found]
        if error.message.startswith(f"'{missing[0]}'"):
            yield path, f"missing: {', '.join(missing)}", ""
    elif rule == "additionalProperties":
        for key in found:
            if key not in schema["properties"]:
                yield (*path, key), f"{key} is not known here", nearest_hint(key, schema["properties"])
    elif rule == "type":
        kinds = [wanted] if isinstance(wanted, str) else wanted
        yield path, f"has to be {' or '.join(_KINDS[kind] for kind in kinds)}, not {_shown(found)}", ""
    elif rule == "enum":
        yield (
            path,
            f"{_shown(found)} is not allowed here",
            nearest_hint(str(found), [_shown(word).strip("'") for word in wanted]),
        )
    elif rule == "pattern":
        yield (
            path,
            f"{_shown(found)} is not written as it has to be",
            lookalike_hint(str(found)) or patterns.get(wanted, f"pattern {wanted}"),
        )
    elif rule in _LIMITS:
        yield path, _LIMITS[rule].format(limit=wanted), ""
    else:
        yield path, error.message[:200], ""


_PATTERNS = {
    _CODE["pattern"]: "letters, digits and _, beginning with a letter",
    _PROCESS["pattern"]: "a code, or a template such as {technique}",
    _VALUE_CODE["pattern"]: "letters, digits, _, . and -",
    _SLUG["pattern"]: "small letters, digits and -",
    _MONEY["pattern"]: 'an amount such as "24.00"',
    "^[A-Z]{3}$(?!\\n)": "three capitals such as EUR",
    _DATE["pattern"]: "a date such as 2026-12-31",
}
_LIMITS = {
    "minLength": "is empty",
    "maxLength": "is longer than {limit} characters",
    "minItems": "needs {limit} or more entries",
    "maxItems": "may have {limit} entries at most",
    "minimum": "has to be {limit} or more",
    "maximum": "has to be {limit} or less",
}


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str | int | Decimal):
        return f"{str(value)[:60]!r}" if isinstance(value, str) else str(value)
    return "nothing" if value is None else _KINDS["array" if isinstance(value, list) else "object"]
