"""Values that can never be chosen, and options that leave no choice."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from configurator.engine.answers import Answer, OptionAnswer, RuleRef
from configurator.engine.audit.findings import AuditFinding, said
from configurator.engine.domains import Kernel
from configurator.engine.knowledge import compile_family
from configurator.engine.spec import Choice, FamilySpec, OptionSpec, RuleSpec
from configurator.engine.wording import listed

SOME_PICTURE = "0" * 64  # the hash of none
LISTED = 5  # ranges told of one number


def audit_values(
    spec: FamilySpec, kernel: Kernel, answer: Answer, *, enough: Callable[[], bool], undecided: list[str]
) -> Iterator[AuditFinding]:
    """Findings about values, given the answer to no choices at all of a product that is not void.

    Whether a value is dead is known already; when `enough()`, only the rules behind it are not looked for,
    and the option is appended to `undecided`.
    """
    for option in spec.options:
        state = answer.options[option.code]

        def why(value: Choice, option: OptionSpec = option) -> tuple[RuleRef, ...]:
            if enough():
                undecided.append(option.code)
                return ()
            if option.kind == "image" and value == "":
                found = _against_leaving_out(spec, option)
            else:
                conflict = kernel.explain({}, option.code, value)
                found = conflict.rules if conflict else ()
            return tuple(said(spec.rule_by_code[rule.code], spec) for rule in found)

        if any(each == "unknown" for each in state.values.values()):
            undecided.append(option.code)
        if option.kind in ("choice", "switch", "multiple"):
            yield from _codes(option, state, why)
        elif option.kind == "integer":
            yield from _numbers(option, state, why)
        elif option.kind != "placement":
            yield from _lengths(option, state, why)


def _against_leaving_out(spec: FamilySpec, option: OptionSpec) -> tuple[RuleRef, ...]:
    """Rules of a minimal set that always want a picture: those that contradict its absence."""
    absent = RuleSpec(code=f"no:{option.code}", expr=f"{option.code}.count == 0")
    conflict = Kernel(compile_family(replace(spec, rules=(*spec.rules, absent)))).answer({}).conflict
    return tuple(rule for rule in conflict.rules if rule.code != absent.code) if conflict else ()


Why = Callable[[Choice], tuple[RuleRef, ...]]


def _codes(option: OptionSpec, state: OptionAnswer, why: Why) -> Iterator[AuditFinding]:
    if option.kind == "switch" and state.values.get("no") == "impossible":
        rules = why("no")
        yield _forced(option, f"{option.name} is always yes{_because(rules)}: it is no question.", rules)
        return
    for value in option.values:
        if state.values.get(value.code) == "impossible":
            rules = why(value.code)
            sentence = f"“{value.name}” of {option.name} can never be chosen{_because(rules)}."
            yield AuditFinding("dead-value", "warn", "value", f"{option.code}.{value.code}", sentence, rules)
        elif option.kind == "multiple" and state.values.get(value.code) == "forced":
            sentence = f"“{value.name}” of {option.name} is always chosen: it is no question."
            yield _forced(option, sentence, ())


def _numbers(option: OptionSpec, state: OptionAnswer, why: Why) -> Iterator[AuditFinding]:
    if state.low is None or state.high is None:
        return
    unit = f" {option.unit}".rstrip()
    last = option.minimum + (option.maximum - option.minimum) // option.step * option.step
    if state.low == state.high and option.minimum != last:
        value = option.minimum if state.low != option.minimum else last
        rules = why(value)
        yield _forced(option, f"{option.name} is always {state.low}{unit}{_because(rules)}.", rules)
        return
    dead = [("below", state.low, option.minimum)] if state.low > option.minimum else []
    dead += [("above", state.high, last)] if state.high < last else []
    for side, limit, end in dead:
        rules = why(end)
        sentence = (
            f"{option.name} can never be {side} {limit}{unit}, though it goes to {end}{unit}"
            f"{_because(rules)}."
        )
        yield AuditFinding("dead-value", "warn", "option", option.code, sentence, rules)
    for low, high in state.holes[:LISTED]:
        rules = why(low)
        span = f"{low}{unit}" if low == high else f"{low} to {high}{unit}"
        sentence = f"{option.name} can never be {span}{_because(rules)}."
        yield AuditFinding("dead-value", "warn", "option", option.code, sentence, rules)


def _lengths(option: OptionSpec, state: OptionAnswer, why: Why) -> Iterator[AuditFinding]:
    low, high = state.length_low, state.length_high
    if low is None or high is None:
        return
    if option.kind == "image":
        if high == 0:
            rules = why(SOME_PICTURE)
            sentence = f"{option.name} can never be given{_because(rules)}."
            yield AuditFinding("dead-value", "warn", "option", option.code, sentence, rules)
        elif low == 1 and not option.required:
            rules = why("")
            yield _forced(option, f"{option.name} may be left out, but never is{_because(rules)}.", rules)
        return
    if low > 0 and not option.required:
        rules = why("")
        yield _forced(option, f"{option.name} may be left empty, but never is{_because(rules)}.", rules)
    if high < option.max_length:
        rules = why("n" * option.max_length)
        sentence = (
            f"{option.name} can never have more than {high} letters, though it may have"
            f" {option.max_length}{_because(rules)}."
        )
        yield AuditFinding("dead-value", "warn", "option", option.code, sentence, rules)


def _forced(option: OptionSpec, sentence: str, rules: tuple[RuleRef, ...]) -> AuditFinding:
    return AuditFinding("false-option", "warn", "option", option.code, sentence, rules)


def _because(rules: tuple[RuleRef, ...]) -> str:
    return f", because of {listed([rule.code for rule in rules])}" if rules else ""
