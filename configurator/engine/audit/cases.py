"""What stands against publishing: no valid configuration, contradicting defaults, failing tests, faults."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta

from configurator.engine import trial
from configurator.engine.audit.findings import AuditFinding, said
from configurator.engine.domains import Kernel, Undecided
from configurator.engine.fonts import FontLibrary
from configurator.engine.knowledge import compile_family
from configurator.engine.pricing import PriceError, price
from configurator.engine.spec import CaseSpec, Choice, FamilySpec, spec_on
from configurator.engine.wording import listed

MOST_DAYS = 12  # days ahead that are looked at
TOO_HARD = (
    "The rules are too hard: in the time a shopper waits nobody can tell whether anything is possible. "
    "Give the options that many rules share fewer values, or say with a table what goes together."
)


def obstacles(spec: FamilySpec, kernel: Kernel, fonts: FontLibrary) -> tuple[AuditFinding, ...]:
    """Every reason why the family must not reach a shopper; none when it may be published.

    A void product has that one finding: nothing else can be said of it. So has one whose rules are too hard
    to tell: nobody could be served.
    """
    try:
        return _obstacles(spec, kernel, fonts)
    except Undecided:
        return (AuditFinding("fault", "refuse", "product", "", TOO_HARD),)


def _obstacles(spec: FamilySpec, kernel: Kernel, fonts: FontLibrary) -> tuple[AuditFinding, ...]:
    conflict = kernel.answer({}).conflict
    if conflict is not None:
        rules = tuple(said(spec.rule_by_code[rule.code], spec) for rule in conflict.rules)
        named = "; ".join(f"{rule.code} ({rule.message})" for rule in rules)
        sentence = f"No configuration is valid: these rules cannot hold together: {named}."
        return (AuditFinding("void", "refuse", "product", "", sentence, rules),)
    return (
        *_contradicting_defaults(spec, kernel),
        *failing_tests(spec, kernel),
        *(
            AuditFinding("fault", "refuse", "product", "", fault)
            for fault in trial.faults(spec, kernel, fonts)
        ),
    )


def later_obstacles(spec: FamilySpec, today: date) -> Iterator[AuditFinding]:
    """Days on which rules begin or end so that nothing is possible any more; `spec` has all rules."""
    days = {rule.valid_from for rule in spec.rules if rule.valid_from is not None}
    days |= {rule.valid_until + timedelta(days=1) for rule in spec.rules if rule.valid_until is not None}
    for day in sorted(each for each in days if each > today)[:MOST_DAYS]:
        then = spec_on(spec, day)
        conflict = Kernel(compile_family(then)).answer({}).conflict
        if conflict is not None:
            rules = tuple(said(spec.rule_by_code[rule.code], spec) for rule in conflict.rules)
            sentence = f"From {day} on no configuration is valid: {listed([rule.code for rule in rules])}."
            yield AuditFinding("void", "warn", "product", "", sentence, rules)


def _contradicting_defaults(spec: FamilySpec, kernel: Kernel) -> Iterator[AuditFinding]:
    if kernel.consistent(spec.defaults):
        return
    broken = kernel.violations(spec.defaults)
    rules = tuple(said(spec.rule_by_code[each.rule], spec) for each in broken)
    named = ", ".join(rule.code for rule in rules)
    yield AuditFinding(
        "fault",
        "refuse",
        "product",
        "",
        f"The defaults cannot be chosen together: they break {named}.",
        rules,
    )


def failing_tests(spec: FamilySpec, kernel: Kernel) -> Iterator[AuditFinding]:
    """The author's own tests that do not hold, with the reason."""
    for case in spec.tests:
        reason, codes = _failure(case, spec, kernel)
        if reason:
            rules = tuple(said(spec.rule_by_code[code], spec) for code in codes)
            yield AuditFinding(
                "failing-test", "refuse", "test", case.name, f"Test {case.name!r} {reason}", rules
            )


def _wrong_price(case: CaseSpec, spec: FamilySpec, kernel: Kernel, choices: Mapping[str, Choice]) -> str:
    """Why a test of the price of one piece fails; nothing when it holds or none is expected."""
    full = kernel.complete(choices) if case.price is not None else None
    if full is None:
        return ""
    try:
        unit = price(spec, full, quantity=1).unit
    except PriceError as fault:
        return f"should cost {case.price} {spec.currency} but has no price: {fault}"
    return "" if unit == case.price else f"should cost {case.price} {spec.currency} but costs {unit:.2f}."


def _failure(case: CaseSpec, spec: FamilySpec, kernel: Kernel) -> tuple[str, tuple[str, ...]]:
    """Why a test fails and the rules in it; nothing when it holds."""
    choices = dict(case.choices) if case.expect == "possible" else {**spec.defaults, **case.choices}
    broken = tuple(sorted({each.rule for each in kernel.violations(choices)}))
    named = ", ".join(broken)
    if case.expect != "refused":
        if broken:
            return f"should be {case.expect} but breaks {named}.", broken
        return _wrong_price(case, spec, kernel, choices), ()
    if not broken:
        return "should be refused but is valid.", (case.by,) if case.by else ()
    if case.by and case.by not in broken:
        return f"should be refused by {case.by} but is refused by {named}.", (case.by, *broken)
    return "", ()
