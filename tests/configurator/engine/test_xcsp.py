"""XCSP 2.1: what is read, and each thing that is refused."""

import pytest

from configurator.engine.document import Problem
from configurator.engine.domains import Kernel
from configurator.engine.family import FamilyError
from configurator.engine.knowledge import compile_family
from configurator.engine.spec import FamilySpec
from configurator.engine.xcsp import read_xcsp

INSTANCE = """<instance>
 <presentation format="XCSP 2.1" type="CSP" name="tiny"/>
 <domains nbDomains="2">
  <domain name="D0" nbValues="3">0..2</domain>
  <domain name="D1" nbValues="2" optional="-1">0 -1</domain>
 </domains>
 <variables nbVariables="2">
  <variable name="v0" domain="D0"/>
  <variable name="v1_Pack" domain="D1"/>
 </variables>
 <relations nbRelations="2">
  <relation name="R0" arity="2" nbTuples="2" semantics="supports">0 -1 | 1 0 | 7 0 |</relation>
  <relation name="R1" arity="1" nbTuples="1" semantics="conflicts">1</relation>
 </relations>
 <constraints nbConstraints="1">
  <constraint name="C0" arity="2" reference="R0" scope="v0 v1_Pack"/>
 </constraints>
</instance>"""


def read(text: str) -> FamilySpec:
    return read_xcsp(text, code="tiny", name="Tiny")


def problem(old: str, new: str) -> Problem:
    assert old in INSTANCE
    with pytest.raises(FamilyError) as refusal:
        read(INSTANCE.replace(old, new, 1))
    assert len(refusal.value.problems) == 1
    return refusal.value.problems[0]


def test_variables_become_choices_and_supports_become_tables() -> None:
    spec = read(INSTANCE)
    assert [option.code for option in spec.options] == ["v0", "v1_Pack"]
    answer = Kernel(compile_family(spec)).answer({"v1_Pack": "-1"})
    assert answer.options["v0"].values == {"0": "forced", "1": "impossible", "2": "impossible"}


def test_conflicts_forbid() -> None:
    text = INSTANCE.replace('reference="R0" scope="v0 v1_Pack"', 'reference="R1" scope="v0"')
    answer = Kernel(compile_family(read(text))).answer({})
    assert answer.options["v0"].values == {"0": "possible", "1": "impossible", "2": "possible"}


def test_text_that_is_no_xml_is_refused_with_its_line() -> None:
    assert problem("</domains>", "").line > 10


def test_another_xml_is_refused() -> None:
    with pytest.raises(FamilyError, match="this is no XCSP"):
        read("<svg/>")


def test_entities_are_refused() -> None:
    bomb = '<!DOCTYPE instance [<!ENTITY a "aaaa">]><instance>&a;</instance>'
    with pytest.raises(FamilyError, match="EntitiesForbidden"):
        read(bomb)


def test_an_unknown_domain_is_refused_with_the_nearest() -> None:
    assert problem('domain="D1"', 'domain="D11"').hint == "did you mean D1?"


def test_an_unknown_variable_is_refused() -> None:
    assert problem('scope="v0 v1_Pack"', 'scope="v0 v1_Back"').hint == "did you mean v1_Pack?"


def test_an_unknown_relation_is_refused() -> None:
    assert problem('reference="R0"', 'reference="R9"').message == "there is no relation R9"


def test_a_row_of_another_length_is_refused() -> None:
    assert problem("1 0 |", "1 |").message == "a row has 1 values, the scope 2 variables"


def test_other_semantics_are_refused() -> None:
    assert "soft" in problem('semantics="supports"', 'semantics="soft"').message


def test_an_empty_domain_is_refused() -> None:
    assert problem("0..2", " ").message == "the domain is empty"


def test_an_endless_domain_is_refused() -> None:
    assert "more than" in problem("0..2", "0..99999999").message


def test_functions_are_refused() -> None:
    assert problem(" <variables", "<predicates/> <variables").message == "predicates are not read"


def test_a_name_that_rules_could_not_use_is_refused() -> None:
    assert "is not a name" in problem('variable name="v0"', 'variable name="v 0"').message


def test_an_instance_without_variables_is_refused() -> None:
    with pytest.raises(FamilyError, match="no variables"):
        read("<instance/>")


def test_a_fault_is_told_with_its_line() -> None:
    found = problem('scope="v0 v1_Pack"', 'scope="v0 v1_Back"')
    assert (found.line, found.column, found.where) == (16, 3, "C0")


def test_a_huge_file_is_refused() -> None:
    with pytest.raises(FamilyError, match="larger than 20 MB"):
        read(INSTANCE + " " * 20_000_001)
