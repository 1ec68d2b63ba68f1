"""The audit of a family before it is sold: what is void, dead, forced, redundant, idle, contradicting,
unmakeable or failing, each with the rules that explain it.

    audit(spec, kernel, fonts=FontLibrary.installed(), seconds=20).findings

What is told is proved by the SAT solver over all configurations, not sampled; only fonts are tried out with
the texts and places that a family offers. What was not decided within the time is named, never guessed.
"""

import time
from collections.abc import Callable
from datetime import date

from configurator.engine.audit.cases import failing_tests, later_obstacles, obstacles
from configurator.engine.audit.findings import RANK, Audit, AuditFinding
from configurator.engine.audit.rules import Hard, RuleProbe, audit_rules, more_conflicts
from configurator.engine.audit.texts import audit_texts
from configurator.engine.audit.values import audit_values
from configurator.engine.domains import Kernel, Undecided
from configurator.engine.fonts import FontLibrary
from configurator.engine.spec import FamilySpec, spec_on

__all__ = ["RANK", "Audit", "AuditFinding", "audit", "failing_tests", "obstacles"]

STEPS = ("tests", "values", "rules", "texts")


def audit(
    spec: FamilySpec,
    kernel: Kernel,
    *,
    fonts: FontLibrary,
    today: date,
    seconds: float,
    stop: Callable[[], bool] = lambda: False,
    report: Callable[[str, int], None] = lambda step, found: None,
) -> Audit:
    """Everything that can be found about a family within about so many `seconds`, or until `stop()`.

    `spec` has all rules, `kernel` is compiled from those that count `today`; of days on which other rules
    begin or end only is told whether anything is possible then. `report(step, found)` is called before each
    of STEPS. Raises nothing: what is too hard or too large is in `unfinished`.
    """
    whole, spec = spec, spec_on(spec, today)
    until = time.monotonic() + seconds

    def enough() -> bool:
        return stop() or time.monotonic() >= until

    findings: list[AuditFinding] = []
    unfinished: list[str] = []
    report("tests", 0)
    try:
        findings += obstacles(spec, kernel, fonts)
        void = any(finding.code == "void" for finding in findings)
        if void:
            first = [rule.code for rule in findings[0].rules]
            report("rules", len(findings))
            findings += more_conflicts(spec, RuleProbe(spec), first)
            return Audit(_ordered(findings))
        report("values", len(findings))
        undecided: list[str] = []
        findings += later_obstacles(whole, today)
        findings += audit_values(spec, kernel, kernel.answer({}), enough=enough, undecided=undecided)
        unfinished += _not_decided("why values of", undecided)
    except (Undecided, Hard):
        unfinished.append("The rules are too hard to tell within the budget what is possible at all.")
        return Audit(_ordered(findings), tuple(unfinished))
    report("rules", len(findings))
    undecided = []
    if enough():
        unfinished.append("The rules were not compared with each other.")
    else:
        probe = RuleProbe(spec)
        findings += audit_rules(whole, spec, probe, today=today, enough=enough, undecided=undecided)
        unfinished += _not_decided("rules", undecided)
        if probe.arithmetic:
            codes = ", ".join(probe.arithmetic)
            unfinished.append(f"Rules of arithmetic were not looked at as reasons for others: {codes}.")
    report("texts", len(findings))
    undecided = []
    findings += audit_texts(spec, kernel, fonts, enough=enough, undecided=undecided)
    unfinished += _not_decided("texts", undecided)
    return Audit(_ordered(findings), tuple(unfinished))


def _not_decided(what: str, codes: list[str]) -> list[str]:
    unique = list(dict.fromkeys(codes))
    if not unique:
        return []
    named = ", ".join(unique[:10]) + (f" and {len(unique) - 10} more" if len(unique) > 10 else "")
    return [f"Not decided, {what}: {named}."]


def _ordered(findings: list[AuditFinding]) -> tuple[AuditFinding, ...]:
    """The gravest first, each set of conflicting rules once."""
    seen: set[frozenset[str]] = set()
    kept: list[AuditFinding] = []
    for finding in findings:
        if finding.code == "conflicting-rules":
            involved = frozenset(rule.code for rule in finding.rules)
            if involved in seen:
                continue
            seen.add(involved)
        kept.append(finding)
    return tuple(sorted(kept, key=lambda finding: RANK[finding.severity]))
