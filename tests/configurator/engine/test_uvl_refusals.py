"""UVL: what is refused, with line, column, what was expected and the nearest known name."""

import time

import pytest

from configurator.engine.document import Problem
from configurator.engine.family import FamilyError
from configurator.engine.uvl import bundle, read_uvl, unbundle
from configurator.engine.uvl.names import code_of, name_of
from tests.configurator.engine.feature_models import LANGUAGE, file, read, there

MODEL = """features
    Pizza
        mandatory
            Size {Price 3}
                alternative
                    Normal
                    Big
        optional
            Crust
            Integer Slices {constraint Slices >= 1 & Slices <= 12}
            String Note
constraints
    Crust => Big
"""


def problem(old: str, new: str) -> Problem:
    assert old in MODEL
    with pytest.raises(FamilyError) as refusal:
        read(MODEL.replace(old, new, 1))
    assert len(refusal.value.problems) == 1, refusal.value
    return refusal.value.problems[0]


CASES: list[tuple[str, str, int, int, str, str]] = [
    ("Crust => Big", "Crusd => Big", 13, 5, "there is no feature Crusd", "did you mean Crust?"),
    ("Crust => Big", "Crust => ", 13, 13, "the constraint ends too early", "expected a feature"),
    ("Crust => Big", "Crust = Big", 13, 11, "= cannot stand here", "compare with =="),
    ("Crust => Big", "Crust => (Big", 13, 18, "the constraint ends too early", "expected )"),
    ("Crust => Big", "Crust Big", 13, 11, "Big cannot stand here", "expected an operator"),
    ("Crust => Big", "Size.Prise > 2", 13, 5, "Size has no attribute Prise", "did you mean Price?"),
    ("Crust => Big", "Slices == 'x'", 13, 12, "a text is compared with a number", ""),
    ("Crust => Big", "Slices", 0, 0, "", ""),
    ("Crust => Big", "sum(Prices) > 2", 13, 9, "no feature has an attribute Prices", "did you mean Price?"),
    ("Crust => Big", "len(Slices) > 2", 13, 9, "Slices is no text", ""),
    ("Crust => Big", "Note > 'a'", 13, 10, "texts cannot be compared by >", "use == or !="),
    ("Crust => Big", "1 < Slices < 3", 13, 16, "comparisons cannot be chained", "join two of them with &"),
    ("Crust => Big", "Slices + 1", 13, 12, "a condition has to stand here", "compare it"),
    ("alternative", "alternativ", 5, 17, "alternativ is no group", "did you mean alternative?"),
    ("optional", "[3..1]", 8, 9, "[3..1] ends before it begins", ""),
    ("            Crust\n", "            Crust Cheese\n", 9, 19, "Cheese cannot stand after", "in quotes"),
    (
        "            String Note\n",
        "          String Note\n",
        11,
        11,
        "this indentation fits none",
        "expected 12 columns",
    ),
    ("            Crust\n", "            Big\n            Crust\n", 9, 13, "Big is given twice", "line 7"),
    ("{Price 3}", "{Price 3", 4, 18, "the attributes are not closed", "expected }"),
    ("{Price 3}", "{Price 3, Price 4}", 4, 28, "the attribute Price is given twice", ""),
    ("{Price 3}", "{Price =}", 4, 25, "= cannot stand here", "expected a number"),
    ("Integer Slices", "Integr Slices", 10, 20, "Slices", "in quotes"),
    ("constraints\n", "constraint\n", 12, 1, "constraint begins no section", "did you mean constraints?"),
    ("Slices <= 12", "Slices <= 99999", 10, 13, "Slices has more than 5,000 values", "bound it"),
    ("            Crust\n", "            Cru\u0455t\n", 9, 13, "mixes letters that look alike", "one script"),
    ("            Crust\n", "            Cru\u200bst\n", 9, 13, "invisible character U+200B", ""),
    ("            Crust\n", '            "Cru\u200bst"\n', 9, 13, "invisible character U+200B", ""),
]


@pytest.mark.parametrize(("old", "new", "line", "column", "message", "hint"), CASES)
def test_a_fault_is_told_with_its_place_and_a_way_to_mend_it(
    old: str, new: str, line: int, column: int, message: str, hint: str
) -> None:
    if not message:
        read(MODEL.replace(old, new))
        return
    with pytest.raises(FamilyError) as refusal:
        read(MODEL.replace(old, new, 1))
    found = refusal.value.problems[0]
    assert message in found.message
    assert hint in found.hint
    assert (found.line, found.column) == (line, column)


def test_all_faults_are_told_at_once() -> None:
    text = MODEL.replace("Crust => Big", "Crusd => Big\n    Size >\n    Bigg").replace("optional", "optinal")
    with pytest.raises(FamilyError) as refusal:
        read(text)
    assert [each.line for each in refusal.value.problems] == [8, 14]


def test_names_that_look_alike_are_refused() -> None:
    text = "features\n    A\n        optional\n            \u0421\u041e\u0422\n            COT\n"
    with pytest.raises(FamilyError, match="COT looks like \u0421\u041e\u0422 of line 4"):
        read(text.replace("\u0421\u041e\u0422", '"\u0421\u041e\u0422"'))


@there
@pytest.mark.parametrize(
    ("name", "line", "column", "message"),
    [
        ("wrongindent", 3, 5, "mandatory is a group and stands where a feature has to"),
        ("illegalname", 4, 13, "12B is no name: names begin with a letter"),
        ("missingreference", 7, 5, "there is no feature C"),
        ("same_feature_names", 22, 6, "the feature Lightsaber is given twice"),
        ("wrong_attribute_name", 2, 3, "there is no model nested.string-attributes-external to import"),
    ],
)
def test_the_faulty_public_files_are_refused(name: str, line: int, column: int, message: str) -> None:
    with pytest.raises(FamilyError) as refusal:
        file(LANGUAGE / f"faulty/{name}.uvl")
    first = refusal.value.problems[0]
    assert (first.line, first.column, first.message) == (line, column, message)


@there
def test_every_other_public_file_is_read() -> None:
    refused = []
    for path in sorted(LANGUAGE.rglob("*.uvl")):
        try:
            file(path)
        except FamilyError:
            refused.append(path.relative_to(LANGUAGE).as_posix())
    # A dot in a name is illegal, says the file itself.
    assert [each for each in refused if not each.startswith("faulty/")] == ["lexing/dotinfeaturename.uvl"]


# --- bad input: each a refusal, and soon


HOSTILE = {
    "20 MB of one line": "features\n    " + "A" * 20_000_000,
    "20 MB of features": "features\n    A\n        optional\n" + "            B\n" * 1_500_000,
    "millions of lines": "\n" * 2_000_000,
    "10,000 levels": "features\n"
    + "".join(f"{' ' * (level + 1)}{'or' if level % 2 else f'F{level}'}\n" for level in range(3_000)),
    "brackets": f"features\n    A\nconstraints\n    {'(' * 15_000}A\n",
    "negations": f"features\n    A\nconstraints\n    {'!' * 15_000}A\n",
    "a long chain": f"features\n    A\nconstraints\n    {' => '.join('A' * 3_000)}\n",
    "nested attributes": f"features\n    A {'{a ' * 500}{'}' * 500}\n",
    "an open bracket": "features\n    A {a 1\n" + "x\n" * 50_000,
    "an open comment": "features\n    A /* " + "x " * 100_000,
    "quotes": 'features\n    "' + '""' * 50_000,
    "nothing": "",
    "control characters": "features\n    \x00\x01\x02\n",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_text_is_refused_soon(text: str) -> None:
    start = time.process_time()
    try:
        read(text)
    except FamilyError as refusal:
        assert 0 < len(refusal.problems) <= 31
    # No bar: a hang is what would be noticed.
    assert time.process_time() - start < 60


def test_a_circle_of_models_in_a_bundle_is_refused() -> None:
    texts = {"b": "imports\n    c\nfeatures\n    B\n", "c": "imports\n    b\nfeatures\n    C\n"}
    whole = bundle("imports\n    b\nfeatures\n    A\n        optional\n            b.B\n", texts)
    with pytest.raises(FamilyError, match="models import each other in a circle"):
        read_uvl(whole, code="a", name="")


def test_a_bundle_comes_apart_again() -> None:
    texts = {"b.c": "features\n    B\n", "d": "features\n    D\n"}
    first, others = unbundle(bundle("features\n    A\n", texts))
    assert (first.rstrip("\n"), {name: text.strip() for name, text in others.items()}) == (
        "features\n    A",
        {name: text.strip() for name, text in texts.items()},
    )


@pytest.mark.parametrize(
    "name", ["A", "4x USB3", "a-b", "min", "none", "_x20_", "Größe", "日本", "a_x", "C#"]
)
def test_a_name_comes_back_from_its_code(name: str) -> None:
    assert name_of(code_of(name)) == name


def test_long_names_have_codes_of_their_own() -> None:
    assert len({code_of("A" * 80 + end) for end in "bcd"}) == 3
