"""Reading UVL: the text of a feature model in, a `FamilySpec` with the same configurations out."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

from configurator.engine.choices import ChoiceProblem, check_choice
from configurator.engine.document import Problem
from configurator.engine.expressions import MAX_CHARACTERS
from configurator.engine.family import FamilyError
from configurator.engine.spec import Choice, FamilySpec, OptionSpec, RuleSpec
from configurator.engine.units import UNIT_NAMES, factor_of
from configurator.engine.uvl.bundle import unbundle
from configurator.engine.uvl.linking import link
from configurator.engine.uvl.mapping import Mapper
from configurator.engine.uvl.meaning import Meaning, Written, implication
from configurator.engine.uvl.parsing import MOST_PROBLEMS, Refusal
from configurator.engine.uvl.sums import Sums
from configurator.engine.uvl.terms import Wrong
from configurator.engine.uvl.tree import AttributeValue, Constraint, Feature, Scope, references
from configurator.engine.uvl.usage import bound_of, conjuncts, typed_feature, uses_of
from configurator.engine.uvl.wording import sentence

_RULE_CODE = re.compile("[A-Za-z0-9_-]{1,40}")


@dataclass(frozen=True, slots=True)
class Told:
    """What an export of ours tells beside the model, in the root's attributes `shop {...}`."""

    attributes: Mapping[str, AttributeValue]

    def text(self, name: str) -> str:
        value = self.attributes.get(f"shop.{name}", "")
        return value if isinstance(value, str) else ""

    def number(self, name: str) -> Fraction:
        value = self.attributes.get(f"shop.{name}", Fraction(0))
        return value if isinstance(value, Fraction) else Fraction(0)

    def about(self, place: str, what: str) -> str:
        """What is told of a constraint: C1 is the first."""
        return self.text(f"rules.{place}.{what}") if self.attributes else ""

    def day(self, place: str, what: str) -> date | None:
        written = self.about(place, what)
        if not written:
            return None
        try:
            return date.fromisoformat(written)
        except ValueError:
            return None

    def amount(self, name: str) -> Decimal:
        cents = self.number(name) * 100
        return Decimal(int(cents)) / 100 if abs(cents) < 10**10 else Decimal(0)


@dataclass(frozen=True, slots=True)
class Reading:
    """A family, and in words what of the model it holds only within bounds."""

    spec: FamilySpec
    notes: tuple[str, ...]


def read_uvl(
    text: str, *, code: str, name: str, imports: Mapping[str, str] | None = None, filename: str = ""
) -> FamilySpec:
    """The model as a family; raises `FamilyError` with everything that is wrong.

    `imports` gives the texts of imported models by name (`folder.model`) or path (`folder/model.uvl`);
    a text made by `bundle` holds them itself.
    """
    return read_model(text, code=code, name=name, imports=imports, filename=filename).spec


def read_model(
    text: str, *, code: str, name: str, imports: Mapping[str, str] | None = None, filename: str = ""
) -> Reading:
    """As `read_uvl`, with notes on what is held within bounds only (numbers and texts without an end)."""
    try:
        first, others = unbundle(text)
        return family_of(link(first, {**others, **(imports or {})}), code=code, name=name)
    except Refusal as refusal:
        ordered = sorted(refusal.problems, key=lambda problem: (problem.where, problem.line, problem.column))
        raise FamilyError(tuple(ordered), filename) from None


def family_of(scope: Scope, *, code: str, name: str) -> Reading:
    """A linked model as a family; raises `Refusal`."""
    root = scope.root
    assert root is not None
    scopes = list(scope.all())
    prefixes = {
        feature: each.prefix for each in scopes[1:] for feature in each.features.values() if each.prefix
    }
    constraints = [constraint for each in scopes for constraint in each.constraints]
    typed = any(feature.kind != "Boolean" for each in scopes for feature in each.features.values())
    mapper = Mapper(uses_of(constraints) if typed else {}, prefixes)
    mapper.walk(root)
    sums = Sums(root, mapper.presence, mapper.carriers)
    problems = list(mapper.problems)
    notes = [*mapper.notes, *_unplaced(scopes, mapper)]
    rules = [] if problems else list(_rules(constraints, mapper, sums, problems, notes))
    if problems:
        raise Refusal(problems)
    told = Told(root.attributes)
    spec = FamilySpec(
        code=code,
        name=name or root.shown,
        groups=tuple(mapper.groups.values()),
        options=_as_told(sums.applied(mapper.options), root),
        summary=told.text("summary")[:400],
        currency=told.text("currency") if re.fullmatch("[A-Z]{3}", told.text("currency")) else "EUR",
        base_price=told.amount("base_price").quantize(Decimal("0.01")),
        lead_days=max(0, min(365, int(told.number("lead_days")))),
        rules=(*mapper.rules, *rules),
    )
    return Reading(spec, tuple(notes))


def _as_told(options: tuple[OptionSpec, ...], root: Feature) -> tuple[OptionSpec, ...]:
    """The options with the defaults, helps and units that an export of ours tells of them."""
    about = {
        code: feature.attributes
        for feature in root.below()
        if isinstance(code := feature.attributes.get("shop.code"), str)
        and any(f"shop.{what}" in feature.attributes for what in ("default", "help", "unit"))
    }
    return tuple(
        _told_of(option, about[option.code]) if option.code in about else option for option in options
    )


def _told_of(option: OptionSpec, attributes: Mapping[str, AttributeValue]) -> OptionSpec:
    default, unit = attributes.get("shop.default"), attributes.get("shop.unit", "")
    chosen: Choice | None = None
    if option.kind == "integer" and isinstance(default, Fraction):
        chosen = int(default)
    elif option.kind in ("choice", "switch", "multiple") and isinstance(default, str):
        chosen = default.strip()
    if chosen is not None and isinstance(check_choice(option, chosen), ChoiceProblem):
        chosen = None
    return replace(
        option,
        default=chosen,
        help=str(attributes.get("shop.help", option.help)),
        unit=str(unit)
        if option.kind == "integer" and unit in UNIT_NAMES and factor_of(str(unit)) == 1
        else "",
    )


def _unplaced(scopes: list[Scope], mapper: Mapper) -> Iterator[str]:
    for each in scopes[1:]:
        if each.root is not None and each.root not in mapper.presence:
            inside = each.features.get(each.root.name)
            if inside is None or inside not in mapper.presence:
                yield f"{'.'.join(each.prefix)} is imported and stands nowhere in the model."


def _rules(
    constraints: list[Constraint],
    mapper: Mapper,
    sums: Sums,
    problems: list[Problem],
    notes: list[str],
) -> Iterator[RuleSpec]:
    told = Told(sums.root.attributes)
    codes = _codes(constraints, {rule.code for rule in mapper.rules}, told)
    labels = {feature.name: feature.label for feature in sums.root.below() if feature.label}
    meaning = Meaning(mapper.presence, mapper.values, sums)
    for number, constraint in enumerate(constraints, start=1):
        if _held_by_bounds(constraint, mapper):
            continue
        try:
            condition = meaning.condition(constraint.term, constraint.scope)
        except Wrong as wrong:
            problems.append(constraint.problem(wrong))
            if len(problems) >= MOST_PROBLEMS:
                return
            continue
        condition = _of_owner(constraint, condition, mapper)
        if condition is True:
            notes.append(f"{codes[number - 1]} ({constraint.text.strip()[:80]}) always holds.")
            continue
        expr = "false" if condition is False else condition.text

        if len(expr) > MAX_CHARACTERS:
            problems.append(
                constraint.problem(
                    Wrong(0, f"the constraint becomes longer than {MAX_CHARACTERS:,} characters", "split it")
                )
            )
            continue
        place, said = constraint.place, sentence(constraint.term, labels)
        if not told.attributes:
            yield RuleSpec(code=codes[number - 1], expr=expr, message=said)
            continue
        yield RuleSpec(
            code=codes[number - 1],
            expr=expr,
            message=told.about(place, "message") or said,
            protects=told.about(place, "protects"),
            valid_from=told.day(place, "from"),
            valid_until=told.day(place, "until"),
        )


def _codes(constraints: list[Constraint], taken: set[str], told: Told) -> list[str]:
    """The codes of the constraints' rules: their own names where they have some, else C1, C2, ...; A1, A2,
    ... for those among attributes."""
    codes: list[str] = []
    numbers = {"A": 0, "C": 0}
    for constraint in constraints:
        kind = "C" if constraint.owner is None else "A"
        numbers[kind] += 1
        constraint.place = f"{kind}{numbers[kind]}"
        code = constraint.code or told.about(constraint.place, "code")
        if not code or code in taken or not _RULE_CODE.fullmatch(code):
            code = constraint.place
        while code in taken:
            code += "-"
        taken.add(code)
        codes.append(code)
    return codes


def _speaks_of_owner(constraint: Constraint) -> bool:
    """Whether a constraint among a typed feature's attributes is about the feature's own value."""
    owner = constraint.owner
    return (
        owner is not None
        and owner.kind != "Boolean"
        and any(typed_feature(constraint.scope, name) is owner for name in references(constraint.term))
    )


def _held_by_bounds(constraint: Constraint, mapper: Mapper) -> bool:
    """Whether the constraint only bounds a number, whose range already says that."""
    for part in conjuncts(constraint.term):
        bound = bound_of(constraint.scope, part)
        if bound is None:
            return False
        feature = bound[0]
        use = mapper.uses[feature]
        if feature.listed or use.low is None or use.high is None or use.low[0] > use.high[0]:
            return False
        always = mapper.presence.get(feature, "") is None
        if not always and constraint.owner is not feature:
            return False
    return True


def _of_owner(constraint: Constraint, condition: Written | bool, mapper: Mapper) -> Written | bool:
    """What is said of a typed feature's own value counts only where the feature is chosen."""
    if constraint.owner is None or not _speaks_of_owner(constraint):
        return condition
    here = mapper.presence[constraint.owner]
    return condition if here is None else implication(Written(here, 6.5), condition)
