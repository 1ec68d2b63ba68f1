"""The audit: what is found in small families with one thing wrong each, and nothing in those without."""

from datetime import date
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from configurator.engine.audit import Audit, audit
from configurator.engine.domains import Kernel
from configurator.engine.family import FamilyError, read_family
from configurator.engine.fonts import FontLibrary
from configurator.engine.knowledge import compile_family
from configurator.engine.measuring import FontMeasurer, Measures
from configurator.engine.rules import environment_of, rule_holds
from configurator.engine.spec import FamilySpec, OptionSpec, RuleSpec, ValueSpec, spec_on
from configurator.engine.xcsp import read_xcsp
from tests.conftest import SHARED_DATA
from tests.shops import BADGE

FONTS = FontLibrary.installed()
TODAY = date(2026, 11, 20)


def audited(source: str) -> Audit:
    return audit_of(read_family(source))


def audit_of(spec: FamilySpec, seconds: float = 60.0) -> Audit:
    knowledge = compile_family(spec_on(spec, TODAY))
    kernel = Kernel(knowledge, measures=Measures(knowledge, FontMeasurer(FONTS)))
    return audit(spec, kernel, fonts=FONTS, today=TODAY, seconds=seconds)


def told(found: Audit) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(each.code, each.subject, tuple(rule.code for rule in each.rules)) for each in found.findings]


def with_rules(*rules: str) -> str:
    return BADGE.replace("prices:", "".join(f"  - {rule}\n" for rule in rules) + "prices:", 1)


def test_a_family_without_fault_has_no_findings() -> None:
    found = audited(BADGE)
    assert (found.findings, found.unfinished) == ((), ())


def test_a_void_product_names_a_minimal_set_of_rules_and_every_further_one() -> None:
    found = audited(
        with_rules(
            "{code: A, expr: \"material == 'steel'\", message: Steel only.}",
            "{code: B, expr: \"material == 'acrylic'\", message: Acrylic only.}",
            "{code: C, expr: length >= 110 mm, message: Long.}",
            "{code: D, expr: length <= 70 mm, message: Short.}",
        )
    )
    assert told(found) == [("void", "", ("A", "B")), ("conflicting-rules", "C", ("C", "D"))]
    assert {each.severity for each in found.findings} == {"refuse"}
    assert "A (Steel only.); B (Acrylic only.)" in found.findings[0].sentence


def test_a_value_that_can_never_be_chosen_names_the_rules() -> None:
    found = audited(
        with_rules("{code: NOCLIP, expr: \"pin != 'clip' | length > 200 mm\", message: No clips.}")
    )
    assert ("dead-value", "pin.clip", ("NOCLIP",)) in told(found)


def test_a_range_that_can_never_be_reached_says_from_where_on() -> None:
    found = audited(with_rules("{code: SHORT, expr: length <= 90 mm, message: Short.}"))
    assert ("dead-value", "length", ("SHORT",)) in told(found)
    sentence = next(each.sentence for each in found.findings if each.subject == "length")
    assert sentence == "Length can never be above 90 mm, though it goes to 120 mm, because of SHORT."


def test_an_option_that_is_always_forced_is_no_option() -> None:
    found = audited(with_rules("{code: PIC, expr: photo.count == 1, message: With a photo.}"))
    assert ("false-option", "photo") in [each[:2] for each in told(found)]


def test_a_rule_that_the_others_imply_names_them() -> None:
    found = audited(
        with_rules(
            "{code: STEELPIN, expr: \"material == 'steel' => pin != 'clip'\", message: No clip on steel.}"
        )
    )
    assert told(found) == [("redundant-rule", "STEELPIN", ("CLIP",))]


def test_of_two_rules_that_say_the_same_only_the_later_one_is_told() -> None:
    found = audited(
        with_rules("{code: AGAIN, expr: \"material == 'steel' => length <= 90 mm\", message: Again.}")
    )
    assert told(found) == [("redundant-rule", "AGAIN", ("STEEL",))]


def test_a_rule_that_everything_satisfies_can_never_matter() -> None:
    found = audited(with_rules("{code: TRIVIAL, expr: length >= 60 mm, message: Long enough.}"))
    assert told(found) == [("idle-rule", "TRIVIAL", ())]


def test_a_rule_whose_condition_is_never_met_can_never_matter() -> None:
    found = audited(
        with_rules(
            "{code: LATE, expr: \"material == 'steel' & length > 100 mm => pin == 'clip'\", message: Late.}"
        )
    )
    assert told(found) == [("idle-rule", "LATE", ("STEEL",))]


def test_rules_that_exclude_each_other_under_a_condition_are_conflicting() -> None:
    found = audited(
        with_rules(
            "{code: LONG, expr: \"material == 'steel' & pin == 'needle' => length > 90 mm\", message: Long.}"
        )
    )
    assert told(found) == [("conflicting-rules", "LONG", ("LONG", "STEEL"))]


def test_an_expired_rule_can_never_matter_again() -> None:
    spec = read_family(BADGE)
    old = RuleSpec(code="OLD", expr="length <= 80 mm", valid_until=date(2026, 1, 1))
    found = audit_of(FamilySpec(**{**vars_of(spec), "rules": (*spec.rules, old)}))
    assert ("idle-rule", "OLD", ()) in told(found)


def vars_of(spec: FamilySpec) -> dict[str, object]:
    return {name: getattr(spec, name) for name in spec.__dataclass_fields__}


def test_a_failing_test_of_the_author_is_told_with_the_rule() -> None:
    found = audited(BADGE.replace("expect: refused, by: STEEL", "expect: valid"))
    assert told(found) == [("failing-test", "long steel", ("STEEL",))]


def with_test(test: str) -> str:
    return BADGE.replace("tests:", f"tests:\n  - {test}", 1)


def test_choices_that_are_possible_with_other_choices_than_the_defaults_are_possible() -> None:
    long = "choices: {length: 120}"  # too long for the magnet that is the default
    assert not audited(with_test(f"{{name: long, {long}, expect: possible}}")).findings
    found = audited(with_test(f"{{name: long, {long}, expect: valid}}"))
    assert told(found) == [("failing-test", "long", ("MAGNET",))]


def test_what_should_be_possible_and_never_is_fails() -> None:
    found = audited(
        with_test("{name: long steel clip, choices: {material: steel, pin: clip}, expect: possible}")
    )
    assert told(found) == [("failing-test", "long steel clip", ("CLIP",))]


def test_a_price_that_is_another_fails_with_both_prices() -> None:
    assert not audited(with_test('{name: p, choices: {}, expect: valid, price: "5.10"}')).findings
    found = audited(with_test('{name: p, choices: {}, expect: valid, price: "5.00"}'))
    assert found.findings[0].sentence == "Test 'p' should cost 5.00 EUR but costs 5.10."


@pytest.mark.parametrize(
    ("test", "said"),
    [
        ("{name: x, choices: {}, expect: valid, by: STEEL}", "by says nothing where valid is expected"),
        (
            '{name: x, choices: {}, expect: refused, price: "5.00"}',
            "price says nothing where refused is expected",
        ),
    ],
)
def test_a_test_that_says_what_nothing_is_compared_with_is_refused(test: str, said: str) -> None:
    with pytest.raises(FamilyError, match=said):
        read_family(with_test(test))


def test_a_text_that_no_font_can_write_is_found() -> None:
    found = audited(BADGE.replace("default: Müller", 'default: "\\U00013000"'))
    assert "unmakeable-text" in [each.code for each in found.findings]


def test_letters_that_another_font_stands_in_for_are_told() -> None:
    found = audited(BADGE.replace("font: inter", "font: great-vibes").replace("Müller", "שלום"))
    assert found.findings[0].code == "unmakeable-text"
    assert "another font stands in" in found.findings[0].sentence


def test_a_length_that_fits_in_no_place_is_told_with_what_fits() -> None:
    found = audited(BADGE.replace("max_length: 20", "max_length: 200"))
    texts = [each for each in found.findings if each.code == "unmakeable-text"]
    assert len(texts) == 1
    assert "may have 200 letters, but at most about" in texts[0].sentence


def test_without_time_the_audit_says_what_it_did_not_decide() -> None:
    spec = read_family(with_rules("{code: TRIVIAL, expr: length >= 60 mm, message: Long enough.}"))
    found = audit_of(spec, seconds=0.0)
    assert not found.complete
    assert "rules" in " ".join(found.unfinished)


def test_a_stopped_audit_stops() -> None:
    spec = read_family(BADGE)
    steps: list[str] = []
    found = audit(
        spec,
        Kernel(compile_family(spec)),
        fonts=FONTS,
        today=TODAY,
        seconds=60.0,
        stop=lambda: True,
        report=lambda step, count: steps.append(step),
    )
    assert not found.complete
    assert steps == ["tests", "values", "rules", "texts"]


def test_every_rule_that_the_audit_of_a_real_car_calls_redundant_can_be_left_out() -> None:
    file = SHARED_DATA / "renault" / "medium_contraintes.xml"
    if not file.exists():
        pytest.skip(f"{file} is not there")
    spec = read_xcsp(file.read_text(encoding="utf-8"), code="medium", name="Medium")
    found = audit_of(spec)
    assert found.complete
    idle = {each.subject for each in found.findings if each.code in ("redundant-rule", "idle-rule")}
    assert len(idle) > 10
    lean = FamilySpec(
        **{**vars_of(spec), "rules": tuple(rule for rule in spec.rules if rule.code not in idle)}
    )
    left = Kernel(compile_family(lean)).answer({}).options
    assert left == Kernel(compile_family(spec)).answer({}).options


CODES = ("a", "b", "c")
SMALL = tuple(
    OptionSpec(
        code=name, name=name.upper(), kind="choice", values=tuple(ValueSpec(code, code) for code in CODES)
    )
    for name in ("x", "y", "z")
)
atoms = st.builds(
    lambda option, sign, value: f"{option} {sign} '{value}'",
    st.sampled_from(("x", "y", "z")),
    st.sampled_from(("==", "!=")),
    st.sampled_from(CODES),
)
sentences = st.one_of(
    st.builds(lambda p, q: f"{p} => {q}", atoms, atoms),
    st.builds(lambda p, q, r: f"{p} & {q} => {r}", atoms, atoms, atoms),
    st.builds(lambda p, q: f"{p} | {q}", atoms, atoms),
)


@settings(max_examples=60)
@given(st.lists(sentences, min_size=1, max_size=7))
def test_findings_agree_with_every_configuration_looked_at(texts: list[str]) -> None:
    rules = tuple(RuleSpec(code=f"R{number}", expr=text) for number, text in enumerate(texts))
    spec = FamilySpec(code="small", name="Small", options=SMALL, rules=rules)
    found = audit_of(spec)
    assert found.complete
    everything = [dict(zip("xyz", codes, strict=True)) for codes in product(CODES, repeat=3)]

    def allowed(kept: tuple[RuleSpec, ...]) -> list[dict[str, str]]:
        return [
            each for each in everything if all(rule_holds(rule, environment_of(spec, each)) for rule in kept)
        ]

    valid = allowed(rules)
    by_code = {rule.code: rule for rule in rules}
    assert any(each.code == "void" for each in found.findings) is not bool(valid)
    for each in found.findings:
        if each.code in ("void", "conflicting-rules") and each.severity == "refuse":
            named = [by_code[rule.code] for rule in each.rules]
            assert not allowed(tuple(named))
            assert all(allowed(tuple(set(named) - {one})) for one in named)
    if not valid:
        return
    dead = {f"{name}.{code}" for name in "xyz" for code in CODES if all(v[name] != code for v in valid)}
    assert {each.subject for each in found.findings if each.code == "dead-value"} == dead
    idle = {each.subject for each in found.findings if each.code in ("redundant-rule", "idle-rule")}
    assert allowed(tuple(rule for rule in rules if rule.code not in idle)) == valid
    for rule in rules:
        if rule.code not in idle:
            rest = tuple(one for one in rules if one.code not in idle and one != rule)
            assert allowed(rest) != valid


def test_a_warning_that_is_always_told_is_found() -> None:
    spec = read_family(BADGE)
    warning = RuleSpec(code="W", expr="length > 200 mm", severity="warn")
    found = audit_of(FamilySpec(**{**vars_of(spec), "rules": (*spec.rules, warning)}))
    assert told(found) == [("idle-rule", "W", ())]
    assert found.findings[0].sentence == "W warns of every configuration that the other rules allow."


def test_a_rule_that_makes_the_product_void_later_is_told_now() -> None:
    spec = read_family(BADGE)
    later = RuleSpec(code="LATER", expr="length > 200 mm", valid_from=date(2027, 1, 1))
    whole = FamilySpec(**{**vars_of(spec), "rules": (*spec.rules, later)})
    found = audit(
        whole,
        Kernel(compile_family(spec_on(whole, TODAY))),
        fonts=FONTS,
        today=TODAY,
        seconds=60.0,
    )
    assert told(found) == [("void", "", ("LATER",))]
    assert found.findings[0].sentence.startswith("From 2027-01-01 on no configuration is valid")


def test_a_switch_that_is_always_yes_is_no_question() -> None:
    found = audited(
        with_rules("{code: YES, expr: gift, message: Always with a box.}").replace(
            "rules:", "  - {code: gift, name: Gift box, kind: switch, default: true}\nrules:", 1
        )
    )
    assert told(found) == [("false-option", "gift", ("YES",))]


def test_a_value_of_several_that_can_never_be_chosen_is_dead() -> None:
    found = audited(
        with_rules('{code: NOHOLE, expr: "!extras.hole", message: No holes.}').replace(
            "rules:",
            "  - {code: extras, name: Extras, kind: multiple, required: false, values: [\n"
            "      {code: hole, name: Hole}, {code: chain, name: Chain}]}\nrules:",
            1,
        )
    )
    assert told(found) == [("dead-value", "extras.hole", ("NOHOLE",))]


def test_a_rule_of_arithmetic_that_another_implies_is_proved_by_the_whole_kernel() -> None:
    sides = "".join(
        f"  - {{code: {side}, name: {side.upper()}, kind: integer, unit: mm, min: 1, max: 400, default: 1}}\n"
        for side in ("w", "h", "d", "e")
    )
    found = audited(
        'family: box\nname: Box\ncurrency: EUR\nbase_price: "1.00"\noptions:\n'
        + sides
        + "rules:\n"
        + '  - {code: SMALL, expr: "w * h * d + e * w * h <= 4000000 mm3", message: Small.}\n'
        + '  - {code: LARGE, expr: "w * h * d + e * w * h <= 9000000 mm3", message: Large.}\n'
    )
    assert told(found) == [("redundant-rule", "LARGE", ("SMALL",))]
    assert "arithmetic" in " ".join(found.unfinished)
