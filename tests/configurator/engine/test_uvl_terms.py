"""Constraints as trees: what is read by the short way is what the parser makes of it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from configurator.engine.family import FamilyError
from configurator.engine.uvl import reading
from configurator.engine.uvl.linking import link
from configurator.engine.uvl.parsing import Refusal, parse_model
from configurator.engine.uvl.terms import Term, Wrong, parse_any, parse_term
from tests.conftest import SHARED_DATA

NAMES = st.sampled_from(
    [
        "a",
        "B_2",
        "_",
        "true",
        "!true",
        "untrue",
        "false",
        "falsey",
        "sum",
        "or",
        "é",
        "ä",
        "a#",
        '"a b"',
        "9",
        "",
    ]
)
JOINTS = st.sampled_from(
    [" | ", "|", " |", "\t| ", "\n | ", " & ", " => ", " || ", " ", " | ! ", " | !!", "!"]
)


@st.composite
def texts(draw: st.DrawFn) -> str:
    text = draw(st.sampled_from(["", " ", "\t", "(", "! "]))
    for number in range(draw(st.integers(1, 5))):
        text += draw(JOINTS if draw(st.integers(0, 5)) == 0 else st.just(" | ")) if number else ""
        text += draw(st.sampled_from(["", "!"])) + draw(NAMES)
    return text + draw(st.sampled_from(["", " ", "\n", ")", " |"]))


def _either(text: str, *, short: bool) -> Term | tuple[int, str, str]:
    try:
        return parse_term(text) if short else parse_any(text)
    except Wrong as wrong:
        return wrong.at, wrong.message, wrong.hint


@settings(max_examples=600, deadline=None)
@given(texts())
def test_the_short_way_gives_the_parsers_tree_and_its_errors(text: str) -> None:
    assert _either(text, short=True) == _either(text, short=False)


@pytest.mark.skipif(not SHARED_DATA.is_dir(), reason="no folder of shared data beside the checkout")
def test_all_constraints_of_all_models_are_read_alike() -> None:
    seen = 0
    for path in sorted(SHARED_DATA.rglob("*.uvl")):
        try:
            scope = parse_model(path.read_text(encoding="utf-8", errors="replace"))
        except Refusal:
            continue
        for constraint in scope.constraints:
            assert _either(constraint.text, short=True) == _either(constraint.text, short=False)
            seen += 1
    assert seen > 700


CLAUSES = """features
    root
        optional
            a
            b {price 3}
            c
                alternative
                    d
                    e
        mandatory
            always
            Integer number
constraints
    %s
"""


@pytest.mark.parametrize(
    ("constraint", "expected"),
    [
        ("a | !b", "a | !b"),
        ("!c | d", "c == 'none' | c == 'd'"),
        ("!d | e | a", "c != 'd' | c == 'e' | a"),
        ("!always | a", "a"),
        ("always | a", None),
    ],
)
def test_a_clause_is_written_with_what_its_features_stand_for(constraint: str, expected: str | None) -> None:
    spec = reading.family_of(link(CLAUSES % constraint, {}), code="model", name="").spec
    written = {rule.code: rule.expr for rule in spec.rules}
    assert written.get("C1") == expected


def test_a_clause_with_an_unknown_feature_says_where_and_which_is_near() -> None:
    with pytest.raises(FamilyError) as refused:
        reading.read_uvl(CLAUSES % "a | !b | !alway", code="model", name="")
    (problem,) = refused.value.problems
    assert (problem.line, problem.column) == (14, 15)
    assert problem.hint == "did you mean always?"
