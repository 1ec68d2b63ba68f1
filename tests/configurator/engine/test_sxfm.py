"""SXFM: what is read, and each thing that is refused with its line."""

import re
from collections.abc import Iterator

import pytest

from configurator.engine.diagram import compile as compile_diagram
from configurator.engine.document import Problem
from configurator.engine.family import FamilyError
from configurator.engine.knowledge import compile_family
from configurator.engine.spec import FamilySpec
from configurator.engine.sxfm import read_sxfm
from tests.configurator.engine.feature_models import FOLDER, configurations, there

MODEL = """<feature_model name="Tiny">
<meta><data name="creator">nobody</data></meta>
<feature_tree>
:r Laptop(root)
	:m Memory(memory)
		:g (g1) [1,1]
			: 4 GB(m4)
			: 8 GB(m8)
	:o Screen(screen)
		:g (g2) [1,*]
			: Matt(matt)
			: Touch(touch)
	:o Bag(bag)
</feature_tree>
<constraints>
C1: ~touch or m8
heavy: ~bag or ~screen or matt
</constraints>
</feature_model>
"""


def read(text: str) -> FamilySpec:
    return read_sxfm(text, code="tiny", name="")


def problem(old: str, new: str) -> Problem:
    assert old in MODEL
    with pytest.raises(FamilyError) as refusal:
        read(MODEL.replace(old, new, 1))
    assert len(refusal.value.problems) == 1, refusal.value
    return refusal.value.problems[0]


def test_the_tree_becomes_options_with_names_codes_and_clauses_with_theirs() -> None:
    spec = read(MODEL)
    assert spec.name == "Tiny"
    assert {option.code: (option.kind, option.name) for option in spec.options} == {
        "memory": ("choice", "Memory"),
        "screen": ("multiple", "Screen"),
        "bag": ("switch", "Bag"),
    }
    assert spec.option_by_code["memory"].value_by_code["m8"].name == "8 GB"
    assert spec.rule_by_code["heavy"].message == "“Bag” and “Screen” together need “Matt”."
    # No screen: 2 x 2. Matt: 2 x 2. Touch: 8 GB only, no bag. Both: 8 GB only, 2.
    assert configurations(spec) == 4 + 4 + 1 + 2


@there
def test_a_public_laptop_has_as_many_configurations_as_its_file_says() -> None:
    text = (FOLDER / "DELL.splx").read_text(encoding="utf-8")
    diagram = compile_diagram(compile_family(read_sxfm(text, code="dell", name="")))
    assert diagram is not None
    assert diagram.total == _counted(text)


def _counted(text: str) -> int:
    """By a reader of its own: one feature of each group (of an optional one also none), no pair forbidden."""
    groups = re.findall(r"(?m)^\t:([mo]) [^\n]*\n\t\t:g[^\n]*\[1,1\] *\n((?:\t\t\t: [^\n]*\n)+)", text)
    domains = [
        [*(["-"] if kind == "o" else []), *re.findall(r"\((\w+)\)\n", members)] for kind, members in groups
    ]
    forbidden = {frozenset(pair) for pair in re.findall(r"\n\w+:~(\w+) or ~(\w+)", text)}
    assert len(domains) == 8 and len(forbidden) == 105

    def ways(place: int, chosen: tuple[str, ...]) -> int:
        if place == len(domains):
            return 1
        free = (
            value
            for value in domains[place]
            if not any(frozenset((value, other)) in forbidden for other in chosen)
        )
        return sum(ways(place + 1, (*chosen, value)) for value in free)

    return ways(0, ())


REFUSED: list[tuple[str, str, int, str]] = [
    ("~touch or m8", "~touch or m9", 16, "there is no feature m9"),
    ("C1: ~touch", "~touch", 16, "this is no constraint"),
    ("(m8)", "(m4)", 8, "the feature m4 is given twice"),
    (" [1,1]", "", 6, "the group does not say how many"),
    (" [1,1]", " [2,1]", 6, "[2,1] ends before it begins"),
    (":o Bag(bag)", "Bag", 13, "this is no feature"),
    ("Bag(bag)", "B\u0430g(b\u0430g)", 13, "b\u0430g mixes letters that look alike (Cyrillic and Latin)"),
    ("<feature_model name", "<model name", 1, "not XML"),
]


@pytest.mark.parametrize(("old", "new", "line", "message"), REFUSED)
def test_faults_are_refused_with_their_line(old: str, new: str, line: int, message: str) -> None:
    found = problem(old, new)
    assert message in found.message
    assert found.line == line or message == "not XML"


def test_another_xml_is_refused() -> None:
    with pytest.raises(FamilyError, match="this is no SXFM"):
        read("<svg/>")


def test_entities_are_refused() -> None:
    bomb = '<!DOCTYPE m [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><feature_model>&b;</feature_model>'
    with pytest.raises(FamilyError, match="EntitiesForbidden"):
        read(bomb)


def test_a_huge_file_is_refused() -> None:
    with pytest.raises(FamilyError, match="larger than 10 MB"):
        read(f"<feature_model>{' ' * 20_000_000}</feature_model>")


def _deep() -> Iterator[str]:
    yield "\t:o F0(f0)"
    for level in range(1, 300):
        yield "\t" * (level + 1) + f":o F{level}(f{level})"


def test_deep_nesting_is_refused() -> None:
    found = problem("\t:o Bag(bag)", "\n".join(_deep()))
    assert "more than 100 levels" in found.message
