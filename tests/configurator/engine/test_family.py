"""Family files: what is read, and each thing that is refused, with its place and how to mend it."""

from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from configurator.engine.domains import Kernel
from configurator.engine.family import FamilyError, Problem, read_family
from configurator.engine.fonts import FontLibrary
from configurator.engine.knowledge import compile_family
from configurator.engine.measuring import FontMeasurer, Measures
from configurator.engine.spec import FamilySpec, Quantity

FAMILIES = sorted((Path(__file__).resolve().parents[3] / "configurator" / "families").glob("*.yaml"))

SIGN = """\
family: sign
name: Sign
currency: EUR
base_price: "24.00"
groups:
  - {code: board, name: Board}
options:
  - code: size
    name: Size
    kind: choice
    group: board
    default: m
    values:
      - {code: s, name: Small, attributes: {width: 200 mm, weight: 300 g, font: inter}}
      - {code: m, name: Medium, attributes: {width: 30 cm, weight: 0.5 kg, font: inter}}
  - {code: height, name: Letter height, kind: integer, unit: mm, min: 6, max: 60, step: 2, default: 12}
  - {code: line, name: Line, kind: text, max_length: 12, default: Müller}
  - {code: photo, name: Photo, kind: image, required: false}
rules:
  - {code: R1, expr: "size == 's' => height <= 30 mm"}
  - {code: R2, table: {options: [size], forbidden: [[s]]}, message: No small ones.}
prices:
  - {code: P1, name: Letters, amount: "0.35 * line.length"}
surfaces:
  - code: front
    name: Front
    process: engrave
    width: size.width
    height: 120 mm
    elements:
      - {kind: text, option: line, font: "{size.font}", box: [10, 10, "size.width - 20", 50 mm], size: height}
manufacture:
  parts: [{code: board, width: size.width, height: 120 mm, surface: front}]
  sheet_material: "wood-{size}"
  routing: [{step: 10, work_centre: laser, setup_family: any, seconds: "60 + 0.02 * size.width * 3"}]
  weight: size.weight
tests:
  - {name: default, choices: {}, expect: valid}
"""


def problems_of(text: str) -> tuple[Problem, ...]:
    with pytest.raises(FamilyError) as refusal:
        read_family(text, filename="sign.yaml")
    return refusal.value.problems


def only_problem(old: str, new: str) -> Problem:
    """The one problem of the sign with one change."""
    assert SIGN.count(old) == 1, old
    problems = problems_of(SIGN.replace(old, new))
    assert len(problems) == 1, problems
    return problems[0]


def line_of(text: str) -> int:
    return SIGN[: SIGN.index(text)].count("\n") + 1


def test_a_family_is_read_with_exact_numbers() -> None:
    spec = read_family(SIGN)
    medium = spec.option_by_code["size"].value_by_code["m"]
    assert medium.attributes["width"] == Quantity(Fraction(300), "mm")
    assert medium.attributes["weight"] == Quantity(Fraction(500), "g")
    assert medium.attributes["font"] == "inter"
    assert spec.base_price == Decimal("24.00")
    assert spec.defaults == {"size": "m", "height": 12, "line": "Müller"}
    assert spec.surfaces[0].elements[0].box == ("10", "10", "size.width - 20", "50 mm")


@pytest.mark.parametrize("path", FAMILIES, ids=lambda path: path.stem)
def test_a_demo_family_is_read_and_keeps_its_own_tests(path: Path) -> None:
    spec = read_family(path.read_text(), filename=path.name)
    knowledge = compile_family(spec)
    kernel = Kernel(knowledge, measures=Measures(knowledge, FontMeasurer(FontLibrary.installed())))
    assert len(spec.rules) >= 12
    for case in spec.tests:
        if case.expect == "possible":  # something else may have to be chosen first
            assert kernel.complete(dict(case.choices)) is not None, case.name
            continue
        violations = kernel.violations({**spec.defaults, **case.choices})
        assert bool(violations) is (case.expect == "refused"), case.name
        assert not case.by or case.by in {violation.rule for violation in violations}, case.name


@pytest.mark.parametrize("path", FAMILIES, ids=lambda path: path.stem)
def test_no_value_of_a_demo_family_is_dead(path: Path) -> None:
    spec = read_family(path.read_text(), filename=path.name)
    answer = Kernel(compile_family(spec)).answer({})
    for option in answer.options.values():
        assert "impossible" not in option.values.values(), option.code


def test_the_same_family_written_otherwise_has_the_same_hash() -> None:
    other = SIGN.replace("{code: board, name: Board}", "code: board\n    name: 'Board'   # the board")
    assert compile_family(read_family(other)).content_hash == compile_family(read_family(SIGN)).content_hash


def test_another_rule_gives_another_hash() -> None:
    other = SIGN.replace("height <= 30 mm", "height <= 28 mm")
    assert compile_family(read_family(other)).content_hash != compile_family(read_family(SIGN)).content_hash


def test_a_word_of_yaml_1_1_is_a_word() -> None:
    spec: FamilySpec = read_family(
        SIGN.replace("code: s, name: Small", "code: no, name: on")
        .replace("'s'", "'no'")
        .replace("[s]", "[no]")
    )
    assert spec.option_by_code["size"].values[0].code == "no"
    assert spec.option_by_code["size"].values[0].name == "on"


def test_all_problems_are_told_at_once_in_the_order_of_the_file() -> None:
    text = (
        SIGN.replace("kind: integer", "kind: intger")
        .replace("'s' =>", "'xs' =>")
        .replace("line.length", "lin.length")
    )
    problems = problems_of(text)
    assert [problem.line for problem in problems] == [line_of("height, name"), line_of("R1"), line_of("P1")]
    assert [problem.hint for problem in problems] == [
        "did you mean integer?",
        "did you mean s?",
        "did you mean line?",
    ]


def test_an_unknown_option_in_a_rule_is_refused_at_its_column() -> None:
    problem = only_problem("height <= 30 mm", "hieght <= 30 mm")
    line = SIGN.splitlines()[line_of("R1") - 1]
    assert (problem.line, problem.column) == (line_of("R1"), line.index("height") + 1)
    assert problem.where == "rules[1].expr"
    assert problem.message.startswith("there is no option hieght")
    assert problem.hint == "did you mean height?"


def test_an_unknown_value_in_a_rule_is_refused() -> None:
    problem = only_problem("size == 's'", "size == 'x'")
    assert problem.message.startswith("size has no value x")
    assert problem.hint == "known: m, s"


def test_an_unknown_attribute_is_refused() -> None:
    problem = only_problem('"size.width - 20"', '"size.widht - 20"')
    assert problem.hint == "did you mean width?"


def test_an_attribute_that_one_value_lacks_is_refused() -> None:
    problem = only_problem("width: 200 mm, weight: 300 g,", "width: 200 mm,")
    assert "the value s of size has no weight" in problem.message


def test_an_attribute_in_two_units_is_refused() -> None:
    problem = only_problem("weight: 300 g", "weight: 300 mm")
    assert "another kind or unit" in problem.message


def test_millimetres_are_not_compared_with_grams() -> None:
    problem = only_problem("height <= 30 mm", "height <= 30 g")
    assert problem.message.startswith("units do not fit in <=: mm and g")


def test_a_plain_attribute_is_not_compared_with_millimetres() -> None:
    text = SIGN.replace("weight: 300 g", "weight: 300").replace("weight: 0.5 kg", "weight: 500")
    problems = problems_of(text.replace("height <= 30 mm", "height <= size.weight"))
    assert [problem.message.split(" in: ")[0] for problem in problems] == [
        "units do not fit in <=: mm and a plain number"
    ]


def test_a_number_without_a_unit_takes_the_unit_it_is_compared_with() -> None:
    spec = read_family(SIGN.replace("height <= 30 mm", "height <= 30"))
    assert Kernel(compile_family(spec)).answer({"size": "m", "height": 60}).consistent


def test_seconds_are_not_given_in_millimetres() -> None:
    problem = only_problem('seconds: "60 + 0.02 * size.width * 3"', "seconds: size.width")
    assert problem.message == "this is in mm, s is needed"


def test_a_condition_is_not_a_number() -> None:
    problem = only_problem("expr: \"size == 's' => height <= 30 mm\"", "expr: height + 3")
    assert problem.message == "this is a number, a condition is needed"


def test_a_code_is_compared_in_quotes() -> None:
    problem = only_problem("size == 's'", "size == 3")
    assert problem.hint == "write the code of size in quotes"


def test_a_text_has_no_value_in_rules() -> None:
    problem = only_problem("0.35 * line.length", "0.35 * line")
    assert problem.hint == "write line.length"


def test_a_rule_that_cannot_be_parsed_is_refused_at_its_column() -> None:
    problem = only_problem("height <= 30 mm", "height <= <= 30 mm")
    line = SIGN.splitlines()[line_of("R1") - 1]
    assert problem.column == line.index("30 mm") + 1
    assert problem.message.startswith("<= cannot stand here")


def test_a_key_given_twice_is_refused() -> None:
    problem = only_problem("currency: EUR", "currency: EUR\ncurrency: USD")
    assert (problem.line, problem.message) == (4, "currency is given twice")


def test_an_anchor_is_refused() -> None:
    assert (
        "anchors are not allowed"
        in only_problem("- {code: board, name: Board}", "- &a {code: board, name: Board}").message
    )


def test_an_alias_is_refused() -> None:
    assert "aliases are not allowed" in only_problem("name: Board}", "name: *a}").message


def test_a_tag_is_refused() -> None:
    assert "tags are not allowed" in only_problem("name: Sign", "name: !!python/name:os.system Sign").message


def test_a_second_document_is_refused() -> None:
    assert problems_of(SIGN + "---\nfamily: other\n")[0].message == "the file holds more than one document"


def test_text_that_is_no_yaml_is_refused_with_its_line() -> None:
    problem = only_problem("message: No small ones.", "message: No: small: ones [")
    assert problem.line >= line_of("R2")
    assert problem.message.startswith("not YAML")


def test_a_file_over_a_megabyte_is_refused() -> None:
    assert problems_of(SIGN + "#" * 1_000_001)[0].message == "the file is larger than 1 MB"


def test_deep_nesting_is_refused() -> None:
    assert "nested deeper" in problems_of("a: " + "[" * 5000)[0].message


def test_an_empty_file_is_refused() -> None:
    assert problems_of("# nothing\n")[0].message == "the file is empty"


def test_a_file_that_is_a_list_is_refused() -> None:
    assert "has to be a set of keys and values" in problems_of("- a\n- b\n")[0].message


def test_a_missing_key_is_named() -> None:
    assert only_problem("name: Sign\n", "").message == "missing: name"


def test_an_unknown_key_is_refused_with_the_nearest() -> None:
    problem = only_problem("required: false", "requird: false")
    assert (problem.line, problem.hint) == (line_of("photo, name"), "did you mean required?")


def test_a_default_that_is_no_value_is_refused() -> None:
    problem = only_problem("default: m\n", "default: xl\n")
    assert problem.where == "options[1].default"
    assert problem.message == "Size has no value xl"


def test_a_default_off_the_grid_names_the_nearest() -> None:
    assert only_problem("default: 12}", "default: 13}").hint == "the nearest is 12 mm"


def test_a_default_text_that_is_too_long_is_refused() -> None:
    assert (
        only_problem("default: Müller", "default: Müller & daughters").message
        == "Line may have 12 letters at most"
    )


def test_a_maximum_below_the_minimum_is_refused() -> None:
    assert only_problem("max: 60", "max: 4").message == "max 4 is below min 6"


def test_a_maximum_off_the_grid_is_refused() -> None:
    assert only_problem("max: 60", "max: 61").hint == "the nearest is 60"


def test_too_fine_a_grid_is_refused() -> None:
    problems = problems_of(SIGN.replace("max: 60, step: 2", "max: 50006, step: 1"))
    assert [problem.message for problem in problems] == ["height has more than 5,000 points"]


def test_an_unknown_unit_is_refused() -> None:
    problems = problems_of(SIGN.replace("unit: mm, min", "unit: mn, min"))
    assert problems[0].message == "mn is not a unit"


def test_a_word_of_the_rule_language_is_no_code() -> None:
    assert only_problem("code: photo", "code: max").message == "max is a word of the rule language"


def test_two_options_with_one_code_are_refused() -> None:
    assert only_problem("code: photo", "code: height").message == "height is used twice in options"


def test_two_values_with_one_code_are_refused() -> None:
    problems = problems_of(SIGN.replace("{code: m, name: Medium", "{code: s, name: Medium"))
    assert "s is used twice in size" in {problem.message for problem in problems}


def test_an_unknown_group_is_refused() -> None:
    assert only_problem("    group: board", "    group: bord").hint == "did you mean board?"


def test_a_rule_needs_an_expression_or_a_table() -> None:
    problem = only_problem("{code: R1, expr: \"size == 's' => height <= 30 mm\"}", "{code: R1, message: Why}")
    assert problem.message == "R1 needs one of expr, table, cardinality"


def test_a_table_with_an_unknown_value_is_refused_at_the_cell() -> None:
    problem = only_problem("forbidden: [[s]]", "forbidden: [[z]]")
    assert problem.where == "rules[2].table.forbidden[1][1]"


def test_a_row_with_too_many_cells_is_refused() -> None:
    assert only_problem("[[s]]", "[[s, m]]").message == "the row has 2 cells, the table 1 options"


def test_a_table_about_a_number_is_refused() -> None:
    assert only_problem("options: [size]", "options: [height]").message == "height is no choice"


def test_a_template_with_an_unknown_name_is_refused() -> None:
    assert (
        only_problem("wood-{size}", "wood-{colour}").message == "nothing is called colour in: wood-{colour}"
    )


def test_a_template_with_an_open_brace_is_refused() -> None:
    assert only_problem("wood-{size}", "wood-{size").message.startswith("braces do not match")


def test_an_element_needs_an_option_of_its_kind() -> None:
    assert only_problem("option: line", "option: photo").message == "photo is no text option"


def test_a_part_needs_a_surface_that_exists() -> None:
    assert only_problem("surface: front", "surface: back").message == "there is no surface back"


def test_a_test_of_an_unknown_rule_is_refused() -> None:
    problem = only_problem("expect: valid", "expect: refused, by: R9")
    assert problem.message == "there is no rule R9"


def test_a_test_with_an_impossible_choice_is_refused() -> None:
    assert only_problem("choices: {}", "choices: {size: xxl}").message == "Size has no value xxl"


def test_the_name_of_the_file_stands_before_each_problem() -> None:
    with pytest.raises(FamilyError, match=r"^sign\.yaml: line 2, column 7, name: is empty$"):
        read_family(SIGN.replace("name: Sign", 'name: ""'), filename="sign.yaml")
