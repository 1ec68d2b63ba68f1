"""Rules against rules: which say nothing new, which can never matter, which contradict each other.

For every rule R the family is compiled once more with "not R" (and, for `p => q`, with `p`) as rules of their
own, each behind a selector. "R follows from the others" is then one question to the solver: can all the
others hold, and "not R"? Which of them are needed is found by QuickXplain, in the order of the file, so that
the same family gets the same answer.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from pysat.solvers import Glucose4

from configurator.engine.answers import RuleRef
from configurator.engine.audit.findings import AuditFinding, said
from configurator.engine.compiled import Knowledge, TooLarge
from configurator.engine.domains import Kernel, Undecided
from configurator.engine.explanation import quickxplain
from configurator.engine.expressions import parse
from configurator.engine.knowledge import compile_family
from configurator.engine.spec import CardinalitySpec, FamilySpec, RuleSpec
from configurator.engine.wording import listed, words

BUDGET = 20_000  # conflicts a question; what is harder is told as not decided
MOST_TOO_LARGE = 25  # probes given up for their size before the whole is given up


class Hard(Exception):
    """The solver did not decide a question within its budget."""


@dataclass(frozen=True, slots=True)
class Probes:
    """The codes of the rules that stand for "not R" (all of which have to be impossible) and for R's
    condition."""

    negations: tuple[str, ...]
    condition: str = ""


class RuleProbe:
    """Questions about sets of rules of one family. `left_out` are rules that were too large to be asked
    about, or that no clauses say (arithmetic)."""

    def __init__(self, spec: FamilySpec) -> None:
        self.spec = spec
        self.left_out: set[str] = set()
        self.knowledge, self.probes = self._compiled()
        self.arithmetic = tuple(rule.code for rule in spec.rules if rule.code in self.knowledge.arithmetic)
        unsaid = set(self.knowledge.arithmetic)
        for code, probes in list(self.probes.items()):
            if code in unsaid or unsaid & set(probes.negations):
                self.left_out.add(code)
                del self.probes[code]
            elif probes.condition in unsaid:
                self.probes[code] = replace(probes, condition="")
        self._solver = Glucose4(bootstrap_with=self.knowledge.clauses)

    def _compiled(self) -> tuple[Knowledge, dict[str, Probes]]:
        for _ in range(MOST_TOO_LARGE):
            rules, probes = _with_probes(self.spec, self.left_out)
            try:
                return compile_family(replace(self.spec, rules=rules)), probes
            except TooLarge as refusal:
                owner = refusal.rule.partition(":")[2] or refusal.rule
                if owner in self.left_out:
                    break
                self.left_out.add(owner)
        self.left_out = {rule.code for rule in self.spec.rules}
        return compile_family(self.spec), {}

    def impossible(self, rules: Iterable[str]) -> bool:
        """Whether no configuration satisfies all these rules (or probes). Raises `Hard`."""
        self._solver.conf_budget(BUDGET)
        found = self._solver.solve_limited(
            assumptions=[self.knowledge.selectors[code] for code in rules if code in self.knowledge.selectors]
        )
        if found is None:
            raise Hard
        return not found

    def needed(self, fixed: Sequence[str], rules: Sequence[str]) -> list[str]:
        """The rules of a minimal set that is impossible with `fixed`. All of them together must be."""
        return quickxplain(list(rules), lambda part: self.impossible([*fixed, *part]))


def _with_probes(spec: FamilySpec, left_out: set[str]) -> tuple[tuple[RuleSpec, ...], dict[str, Probes]]:
    rules: list[RuleSpec] = []
    probes: dict[str, Probes] = {}
    for rule in spec.rules:
        plain = replace(rule, severity="must", valid_from=None, valid_until=None)
        rules.append(plain)
        if rule.code in left_out:
            continue
        negations = [
            replace(negation, code=f"not{number}:{rule.code}")
            for number, negation in enumerate(_negations(plain))
        ]
        rules += negations
        condition = condition_of(rule)
        if condition:
            rules.append(RuleSpec(code=f"if:{rule.code}", expr=condition))
        probes[rule.code] = Probes(
            tuple(negation.code for negation in negations), f"if:{rule.code}" if condition else ""
        )
    return tuple(rules), probes


def _negations(rule: RuleSpec) -> Iterator[RuleSpec]:
    """Rules of which at least one holds exactly where `rule` does not."""
    if rule.table is not None:
        yield replace(rule, table=replace(rule.table, allowed=not rule.table.allowed))
    elif rule.cardinality is not None:
        of, least, most = rule.cardinality.of, rule.cardinality.least, rule.cardinality.most
        if least > 0:
            yield replace(rule, cardinality=CardinalitySpec(of, 0, least - 1))
        if most < len(of):
            yield replace(rule, cardinality=CardinalitySpec(of, most + 1, len(of)))
    else:
        yield replace(rule, expr=f"!({rule.expr})")


def condition_of(rule: RuleSpec) -> str:
    """The `p` of a rule `p => q`; "" for rules of another form."""
    text, depth, quoted = rule.expr or "", 0, False
    for index, character in enumerate(text):
        if character == "'":
            quoted = not quoted
        elif not quoted:
            depth += {"(": 1, ")": -1}.get(character, 0)
            if depth == 0 and text.startswith("<=>", index):
                return ""
            if depth == 0 and text.startswith("=>", index):
                return text[:index].strip()
    return ""


def audit_rules(
    whole: FamilySpec,
    spec: FamilySpec,
    probe: RuleProbe,
    *,
    today: date,
    enough: Callable[[], bool],
    undecided: list[str],
) -> Iterator[AuditFinding]:
    """Findings about the rules of a product that is not void: those of `spec`, which count `today`, and
    those of the `whole` that are over. Stops when `enough()`; what was not decided is appended to
    `undecided`."""
    for rule in whole.rules:
        if over := _over(rule, today):
            yield AuditFinding("idle-rule", "hint", "rule", rule.code, over)
    binding = [rule.code for rule in spec.rules if rule.severity == "must"]
    for rule in reversed(spec.rules):
        if enough():
            undecided.append(rule.code)
            continue
        try:
            whole_way = rule.code not in probe.probes
            finding = (_by_kernel if whole_way else _of_one)(spec, rule, probe, binding)
        except (Hard, Undecided, TooLarge):
            undecided.append(rule.code)
            continue
        if finding is None:
            continue
        yield finding
        if finding.code != "conflicting-rules" and rule.code in binding:
            binding.remove(rule.code)  # the others have to imply it without each other's help


def _of_one(spec: FamilySpec, rule: RuleSpec, probe: RuleProbe, binding: list[str]) -> AuditFinding | None:
    probes = probe.probes[rule.code]
    others = [code for code in binding if code != rule.code]
    if probes.condition and probe.impossible([probes.condition]):
        sentence = f"{rule.code} can never matter: its condition is never true."
        return AuditFinding("idle-rule", "hint", "rule", rule.code, sentence)
    if probes.condition and probe.impossible([*others, probes.condition]):
        needed = _said(spec, probe.needed([probes.condition], others))
        sentence = (
            f"{rule.code} can never matter: {_codes(needed)} never let{_s(needed)} its condition be true."
        )
        return AuditFinding("idle-rule", "hint", "rule", rule.code, sentence, needed)
    if all(probe.impossible([*others, negation]) for negation in probes.negations):
        return _implied(spec, rule, _needed_for(rule, probe, others))
    if rule.severity == "warn":
        if probe.impossible([*others, rule.code]):
            sentence = f"{rule.code} warns of every configuration that the other rules allow."
            return AuditFinding("idle-rule", "warn", "rule", rule.code, sentence)
        return None
    if probes.condition and probe.impossible([*others, rule.code, probes.condition]):
        fixed = [rule.code, probes.condition]
        needed = _said(spec, [rule.code, *probe.needed(fixed, others)])
        where = words(parse(condition_of(rule)), spec).rstrip(".")
        sentence = (
            f"{_codes(needed)} contradict each other wherever “{where}” holds, so it never can."
            if len(needed) > 1
            else f"{rule.code} contradicts itself wherever “{where}” holds, so it never can."
        )
        return AuditFinding("conflicting-rules", "warn", "rule", rule.code, sentence, needed)
    return None


def _by_kernel(spec: FamilySpec, rule: RuleSpec, probe: RuleProbe, binding: list[str]) -> AuditFinding | None:
    """As ``_of_one`` for a rule that clauses do not say: whether the others imply it, asked of a kernel."""
    others = tuple(each for each in spec.rules if each.code in binding and each.code != rule.code)
    needed: set[str] = set()
    for negation in _negations(replace(rule, severity="must", valid_from=None, valid_until=None)):
        trial = replace(spec, rules=(*others, replace(negation, code=f"not:{rule.code}")))
        conflict = Kernel(compile_family(trial)).answer({}).conflict
        if conflict is None:
            return None
        needed |= {each.code for each in conflict.rules}
    return _implied(spec, rule, needed - {f"not:{rule.code}"})


def _needed_for(rule: RuleSpec, probe: RuleProbe, others: list[str]) -> set[str]:
    negations = probe.probes[rule.code].negations
    return {code for negation in negations for code in probe.needed([negation], others)}


def _implied(spec: FamilySpec, rule: RuleSpec, needed: set[str]) -> AuditFinding:
    if not needed:
        sentence = f"{rule.code} can never matter: everything that can be chosen satisfies it."
        return AuditFinding("idle-rule", "hint", "rule", rule.code, sentence)
    by = _said(spec, [each.code for each in spec.rules if each.code in needed])
    sentence = f"{rule.code} says nothing new: {_codes(by)} already impl{'ies' if len(by) == 1 else 'y'} it."
    return AuditFinding("redundant-rule", "hint", "rule", rule.code, sentence, by)


def more_conflicts(spec: FamilySpec, probe: RuleProbe, first: Sequence[str]) -> Iterator[AuditFinding]:
    """Of a void product: further sets of rules that cannot hold together, apart from the first."""
    left = [rule.code for rule in spec.rules if rule.severity == "must" and rule.code not in first]
    while left and probe.impossible(left):
        needed = probe.needed([], left)
        if not needed:
            return
        rules = _said(spec, needed)
        yield AuditFinding(
            "conflicting-rules",
            "refuse",
            "rule",
            needed[0],
            f"{_codes(rules)} cannot hold together either.",
            rules,
        )
        left = [code for code in left if code not in needed]


def _over(rule: RuleSpec, today: date) -> str:
    begins, ends = rule.valid_from, rule.valid_until
    if ends is not None and begins is not None and ends < begins:
        return f"{rule.code} can never matter: it ends ({ends}) before it begins ({begins})."
    if ends is not None and ends < today:
        return f"{rule.code} can never matter again: it counted up to {ends}."
    return ""


def _said(spec: FamilySpec, codes: Iterable[str]) -> tuple[RuleRef, ...]:
    return tuple(said(spec.rule_by_code[code], spec) for code in codes)


def _codes(rules: Sequence[RuleRef]) -> str:
    return listed([rule.code for rule in rules])


def _s(rules: Sequence[RuleRef]) -> str:
    return "s" if len(rules) == 1 else ""
