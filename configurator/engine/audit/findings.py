"""What an audit says: findings in words, each with the least that explains it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from configurator.engine.answers import RuleRef
from configurator.engine.spec import FamilySpec, RuleSpec
from configurator.engine.wording import rule_in_words

Severity = Literal["refuse", "warn", "hint"]
Kind = Literal["product", "option", "value", "rule", "test"]

RANK: Mapping[str, int] = {"refuse": 0, "warn": 1, "hint": 2}


@dataclass(frozen=True, slots=True)
class AuditFinding:
    """One thing that is wrong (`refuse`: it cannot be published), odd (`warn`) or idle (`hint`).

    `subject` is the code of what `kind` says: an option, `option.value`, a rule, a test's name, or "" for the
    whole product. None of `rules` can be left out: without it the finding would not be.
    """

    code: str
    severity: Severity
    kind: Kind
    subject: str
    sentence: str
    rules: tuple[RuleRef, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "severity": self.severity,
            "kind": self.kind,
            "subject": self.subject,
            "sentence": self.sentence,
            "rules": [{"code": rule.code, "message": rule.message} for rule in self.rules],
        }


@dataclass(frozen=True, slots=True)
class Audit:
    """Everything found, the gravest first. `unfinished` names what the time (or the solver's budget) did not
    suffice for; where it is empty, nothing of the kinds looked for is left unfound."""

    findings: tuple[AuditFinding, ...]
    unfinished: tuple[str, ...] = ()

    @property
    def complete(self) -> bool:
        return not self.unfinished

    @property
    def obstacles(self) -> tuple[AuditFinding, ...]:
        """What stands against publishing."""
        return tuple(finding for finding in self.findings if finding.severity == "refuse")


def said(rule: RuleSpec, spec: FamilySpec) -> RuleRef:
    """A rule as findings name it: its code and what it says."""
    return RuleRef(rule.code, rule.message or rule_in_words(rule, spec))
