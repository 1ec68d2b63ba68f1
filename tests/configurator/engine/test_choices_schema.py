"""What the JSON Schema refuses the engine refuses, and the other way round where a schema can say it."""

import json
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from configurator.engine.choices import ChoiceError, choices_json, normalise
from configurator.engine.choices_schema import choices_schema
from configurator.engine.family import read_family
from tests.shops import BADGE

BADGE_SPEC = read_family(BADGE)
SCHEMA = choices_schema(BADGE_SPEC, address="https://shop.example/api/v1/families/badge/schema/")
ADDRESS = "0" * 64
FAMILIES = Path(__file__).resolve().parents[3] / "configurator" / "families"

values = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(50, 130),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(["acrylic", "steel", "clip", "magnet", "", ADDRESS, ADDRESS[1:], "Ünal", "x" * 21, "60"]),
    st.lists(st.sampled_from(["clip"]), max_size=1),
)


def test_it_is_a_valid_schema() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    json.dumps(SCHEMA)


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.sampled_from([*BADGE_SPEC.option_by_code, "engraving"]), values, max_size=3))
def test_schema_and_engine_agree(choices: dict[str, Any]) -> None:
    fits = Draft202012Validator(SCHEMA).is_valid(choices)
    try:
        normalise(BADGE_SPEC, choices)
        taken = True
    except ChoiceError:
        taken = False
    # The engine also takes numbers written as text (forms send those), and an empty text as no choice.
    lenient = (
        isinstance(choices.get("length"), str) or choices.get("text") == "" or choices.get("photo") == ""
    )
    # A letter as a reader counts may be many code points: the schema allows for the longest ones.
    long = isinstance(choices.get("text"), str) and len(choices["text"]) > 20
    assert fits == taken or (taken and lenient) or (fits and long)


def test_the_schema_of_every_demo_family_takes_its_defaults() -> None:
    for file in sorted(FAMILIES.glob("*.yaml")):
        spec = read_family(file.read_text(encoding="utf-8"))
        schema = choices_schema(spec, address="https://shop.example/")
        Draft202012Validator.check_schema(schema)
        Draft202012Validator(schema).validate(choices_json(spec, spec.defaults))
