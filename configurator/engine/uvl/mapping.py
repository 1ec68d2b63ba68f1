"""From the feature tree to the options of a family, one configuration for one configuration.

A mandatory feature is its parent; an optional one a switch; an alternative group one choice (with `none`
where its parent may be absent); an or-group or a group with a cardinality a multiple choice. What stands
for a feature's presence is a condition in the rule language (`presence`), None for "always".
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from configurator.engine.document import Problem
from configurator.engine.family import MAX_POINTS
from configurator.engine.spec import (
    Attribute,
    CardinalitySpec,
    GroupSpec,
    OptionSpec,
    Quantity,
    RuleSpec,
    ValueSpec,
)
from configurator.engine.uvl.names import code_of
from configurator.engine.uvl.sums import Carrier
from configurator.engine.uvl.tree import MANY, Feature, Group
from configurator.engine.uvl.usage import Use, whole

# What a number goes to where the model gives no bound, and how long a text may be.
USUAL_NUMBER = 100
USUAL_TEXT = 60
MAX_TEXT = 500
USUAL_INSTANCES = 10
MAX_DECIMALS = 3
# Features to a page group; a larger flat one is cut into pieces, in alphabetical order.
PAGE = 40
SMALLEST_PAGE = 8
FEWEST = 3
# An or-group under an optional feature tells by itself whether that is there, in so many characters at most.
MERGED = 120
_VALUE_CODE = re.compile("[A-Za-z0-9_][A-Za-z0-9_.-]{0,59}")
_CODE = re.compile("[A-Za-z_][A-Za-z0-9_]{0,59}")
NO, YES = ValueSpec("no", "No"), ValueSpec("yes", "Yes")
_SWITCH = OptionSpec(code="", name="", kind="switch", values=(NO, YES))


@dataclass(eq=False, slots=True)
class TypedValue:
    """How rules write a typed feature: a number by `text`, a text's length by `length`, one of `texts`.

    `texts` gives for each text that can be chosen the condition under which it is.
    """

    text: str = ""
    length: str = ""
    texts: Mapping[str, str] = field(default_factory=dict)
    other: str = ""


class Mapper:
    """Walks the tree once; afterwards `options`, `rules`, `groups` and `notes` are what it says."""

    def __init__(self, uses: Mapping[Feature, Use], prefixes: Mapping[Feature, tuple[str, ...]]) -> None:
        self.uses = uses
        self.prefixes = prefixes
        self.options: list[OptionSpec] = []
        self.rules: list[RuleSpec] = []
        self.groups: dict[str, GroupSpec] = {}
        self.above: dict[str, str] = {}
        self.notes: list[str] = []
        self.problems: list[Problem] = []
        self.presence: dict[Feature, str | None] = {}
        self.values: dict[Feature, TypedValue] = {}
        self.merged: dict[Feature, Group] = {}
        self.taken: set[str] = set()
        self.sizes: dict[Feature, int] = {}
        self.carriers: dict[str, list[Carrier]] = {}

    def walk(self, root: Feature) -> None:
        for feature in reversed(list(root.below())):
            self.sizes[feature] = 1 + sum(
                self.sizes[child] for group in feature.groups for child in group.features
            )
        self.presence[root] = None
        self.feature(root, self.page(root))
        if not self.options:
            # A model with one configuration: there is something to look at, and nothing to decide.
            only = OptionSpec(
                code=self.code(root), name=root.shown, kind="choice", group=self.page(root), values=(YES,)
            )
            self.options.append(only)
        self.paginate()

    # --- Codes and page groups

    def code(self, feature: Feature) -> str:
        written = feature.attributes.get("shop.code")
        if isinstance(written, str) and _CODE.fullmatch(written):
            return written
        prefix = self.prefixes.get(feature)
        return code_of(".".join((*prefix, feature.name)) if prefix else feature.name)

    def value_code(self, feature: Feature) -> str:
        """The code of a choice's value: only these may hold hyphens and dots."""
        written = feature.attributes.get("shop.code")
        if isinstance(written, str) and _VALUE_CODE.fullmatch(written):
            return written
        name = ".".join((*self.prefixes.get(feature, ()), feature.name))
        return name if _VALUE_CODE.fullmatch(name) and "_x" not in name else code_of(name)

    def fresh(self, code: str, suffix: str = "") -> str:
        """A code that no option has yet."""
        wanted = code if code not in self.taken else f"{code[:50]}{suffix}"
        number = 1
        while wanted in self.taken:
            number += 1
            wanted = f"{code[:50]}{suffix}_{number}"
        self.taken.add(wanted)
        return wanted

    def page(self, feature: Feature, above: str = "") -> str:
        code = self.code(feature)
        if code not in self.groups:
            if above:
                self.above[code] = above
            self.groups[code] = GroupSpec(code, feature.shown)
        return code

    def paginate(self) -> None:
        """Puts groups of one or two options into the one above; cuts groups of very many into alphabetical
        pieces; groups without options go."""
        members: dict[str, list[OptionSpec]] = {code: [] for code in self.groups}
        for option in self.options:
            members[option.group].append(option)
        for code in reversed(self.groups):
            above = self.above.get(code)
            if above is not None and len(members[code]) < FEWEST and len(members[above]) < PAGE:
                members[above] += [_in_group(option, above) for option in members.pop(code)]
                members[code] = []
        position = {option.code: number for number, option in enumerate(self.options)}
        for found in members.values():
            found.sort(key=lambda option: position[option.code])
        groups: dict[str, GroupSpec] = {}
        options: list[OptionSpec] = []
        for code, group in self.groups.items():
            found = members[code]
            if len(found) <= PAGE + SMALLEST_PAGE:
                if found:
                    groups[code] = group
                    options += found
                continue
            found.sort(key=lambda option: option.name)
            for start in range(0, len(found), PAGE):
                piece = found[start : start + PAGE]
                number = f"{code[:50]}_{start // PAGE + 1}"
                name = f"{group.name}: {piece[0].name} – {piece[-1].name}"
                groups[number] = GroupSpec(number, name)
                options += [_in_group(option, number) for option in piece]
        self.groups, self.options = groups, options

    # --- Rules of the tree

    def rule(self, expr: str, message: str) -> None:
        self.rules.append(RuleSpec(code=f"T{len(self.rules) + 1}", expr=expr, message=message))

    def needs(self, condition: str, feature: Feature, parent: Feature) -> None:
        above = self.presence[parent]
        if above is not None:
            self.rule(f"{condition} => {above}", f"“{feature.shown}” needs “{parent.shown}”.")

    # --- Features

    def feature(self, feature: Feature, page: str) -> None:
        """Everything at and below a feature whose presence is known."""
        if feature.kind != "Boolean" and feature not in self.values:
            self.typed(feature, page)
        if feature.high != 1:
            self.instances(feature, page)
        for number, group in enumerate(feature.groups):
            if self.merged.get(feature) is not group:
                self.group(feature, group, page, number)
        size = self.sizes[feature]
        for group in feature.groups:
            for child in group.features:
                own = self.sizes[child]
                alone = own > 1 if feature.parent is None else size > PAGE and own >= SMALLEST_PAGE
                self.feature(child, self.page(child, page) if alone else page)

    def group(self, feature: Feature, group: Group, page: str, number: int) -> None:
        children = group.features
        kind, low, high = _bounds(group)
        here = self.presence[feature]
        code = f"_{number + 1}"
        told = feature.attributes.get("shop.kind")
        if told == "choice" and low == high == 1:
            self.choice(feature, group, page, low, self.fresh(self.code(feature), code), here)
        elif told == "multiple":
            self.several(feature, group, page, low, high, self.fresh(self.code(feature), code))
        elif kind == "mandatory" or (low == high == len(children)):
            for child in children:
                if child.low == 0:
                    self.optional(child, page)
                else:
                    self.presence[child] = here
        elif kind == "optional":
            for child in children:
                self.optional(child, page)
        elif high == 1:
            self.choice(feature, group, page, low, self.fresh(self.code(feature), code), here)
        else:
            self.several(feature, group, page, low, high, self.fresh(self.code(feature), code))

    def optional(self, child: Feature, page: str) -> None:
        """A switch, unless what stands below already tells whether the feature is there."""
        code = self.fresh(self.code(child), "_here")
        if not self.told_below(child, page, code):
            attributes = attributes_of(child)
            values = (NO, ValueSpec("yes", "Yes", attributes)) if attributes else _SWITCH.values
            self.options.append(_like(_SWITCH, code=code, name=child.shown, group=page, values=values))
            self.presence[child] = code
            self.carriers[code] = [(code, "yes")]
        condition = self.presence[child]
        assert child.parent is not None and condition is not None
        self.needs(condition, child, child.parent)

    def told_below(self, child: Feature, page: str, code: str) -> bool:
        """Makes the option of what stands below an optional feature, where that tells whether it is there."""
        if child.kind == "String" and self.pooled(child):
            self.presence[child] = f"{code} != 'none'"
            self.listed_text(child, page, code)
            return True
        if child.kind != "Boolean" or child.high != 1:
            return False
        for group in child.groups:
            _, low, high = _bounds(group)
            size = len(group.features)
            if size > 1 and low == high == 1:
                self.merged[child] = group
                self.presence[child] = there = f"{code} != '{_none(group)}'"
                self.carriers[there] = [(code, self.value_code(each)) for each in group.features]
                self.choice(child, group, page, 0, code, None)
                return True
            written = sum(len(code) + len(self.code(each)) + 4 for each in group.features)
            if low == 1 < size and written <= MERGED:
                self.merged[child] = group
                conditions = self.multiple(child, group, page, code, 0, high)
                self.presence[child] = f"({' | '.join(conditions)})"
                return True
        return False

    def choice(
        self, feature: Feature, group: Group, page: str, low: int, code: str, here: str | None
    ) -> None:
        """One of the group's features; none where low is 0 or the feature may be absent (`here`)."""
        values = []
        for child in group.features:
            values.append(ValueSpec(self.value_code(child), child.shown, attributes_of(child)))
            self.presence[child] = there = f"{code} == '{values[-1].code}'"
            self.carriers[there] = [(code, values[-1].code)]
        none = _none(group)
        if low == 0 or here is not None:
            values.insert(0, ValueSpec(none, "none"))
        self.options.append(
            OptionSpec(code=code, name=feature.shown, kind="choice", group=page, values=tuple(values))
        )
        if here is not None and low:
            self.rule(
                f"{here} <=> {code} != '{none}'",
                f"“{feature.shown}” is chosen exactly when one of its variants is.",
            )
        elif here is not None:
            self.rule(f"{code} != '{none}' => {here}", f"A variant of “{feature.shown}” needs it.")

    def several(self, feature: Feature, group: Group, page: str, low: int, high: int, code: str) -> None:
        """A multiple choice; of it so many are chosen where the feature is there, else none."""
        here = self.presence[feature]
        size = len(group.features)
        if low > size:
            expr = "false" if here is None else negated(here)
            self.rule(expr, f"“{feature.shown}” needs {low} parts and has {size}.")
            low = 0
        conditions = self.multiple(feature, group, page, code, low if here is None else 0, high)
        if here is None:
            return
        several = f"({' | '.join(conditions)})"
        if low:
            message = f"“{feature.shown}” is chosen exactly when a part of it is."
            self.rule(f"{here} <=> {several}", message)
        else:
            self.rule(f"{several} => {here}", f"The parts of “{feature.shown}” need it.")
        if low > 1:
            message = f"“{feature.shown}” needs at least {low} of its parts."
            counted = tuple(f"{condition} | {negated(here)}" for condition in conditions)
            self.rules.append(
                RuleSpec(
                    code=f"T{len(self.rules) + 1}",
                    cardinality=CardinalitySpec(counted, low, size),
                    message=message,
                )
            )

    def multiple(
        self, feature: Feature, group: Group, page: str, code: str, least: int, most: int
    ) -> list[str]:
        """The option, and the conditions under which each of the group's features is there."""
        values = tuple(
            ValueSpec(self.code(child), child.shown, attributes_of(child)) for child in group.features
        )
        self.options.append(
            OptionSpec(
                code=code,
                name=feature.shown,
                kind="multiple",
                group=page,
                values=values,
                least=least,
                most=most,
            )
        )
        conditions = [f"{code}.{value.code}" for value in values]
        self.presence.update(zip(group.features, conditions, strict=True))
        for condition, value in zip(conditions, values, strict=True):
            self.carriers[condition] = [(code, value.code)]
        return conditions

    def instances(self, feature: Feature, page: str) -> None:
        """A feature with a cardinality of its own: how many of it, as a number."""
        low, high = max(feature.low, 1), feature.high
        if high == MANY:
            high = max(USUAL_INSTANCES, low + USUAL_INSTANCES - 1)
            self.notes.append(f"{feature.shown}: any number of instances is read as {high} at most.")
        if feature.groups:
            self.notes.append(
                f"{feature.shown}: up to {high} instances are counted; all of them are configured alike."
            )
        if low == high:
            return
        if high - low >= MAX_POINTS:
            message = f"{feature.name} has more than {MAX_POINTS:,} instances"
            self.problems.append(feature.line.problem(feature.column, message, "give a smaller cardinality"))
            return
        code = self.fresh(self.code(feature), "_count")
        self.options.append(
            OptionSpec(
                code=code,
                name=f"{feature.shown}: how many",
                kind="integer",
                group=page,
                minimum=low,
                maximum=high,
            )
        )
        here = self.presence[feature]
        if here is not None:
            self.rule(
                f"{negated(here)} => {code} == {low}", f"Without “{feature.shown}” there is nothing to count."
            )

    # --- Typed features

    def pooled(self, feature: Feature) -> bool:
        use = self.uses.get(feature)
        return bool(feature.listed) or (use is not None and use.pool is not None)

    def typed(self, feature: Feature, page: str) -> None:
        here = self.presence[feature]
        if feature.kind != "String":
            self.number(feature, page)
        elif self.pooled(feature):
            code = self.fresh(self.code(feature), "_value")
            self.listed_text(feature, page, code)
            if here is not None:
                self.rule(
                    f"{here} <=> {code} != 'none'", f"“{feature.shown}” has a text exactly when it is chosen."
                )
        else:
            code = self.fresh(self.code(feature), "_value")
            longest = self.longest(feature)
            self.options.append(
                OptionSpec(
                    code=code,
                    name=feature.shown,
                    kind="text",
                    group=page,
                    required=False,
                    max_length=longest,
                    help=f"{longest} letters at most.",
                )
            )
            self.values[feature] = TypedValue(length=f"{code}.length")
            if here is not None:
                self.rule(f"{negated(here)} => {code}.length == 0", f"The text belongs to “{feature.shown}”.")

    def longest(self, feature: Feature) -> int:
        use = self.uses.get(feature)
        constants = [int(number) + 1 for number in use.constants if 0 <= number < MAX_TEXT] if use else []
        longest = min(MAX_TEXT, max([USUAL_TEXT, *constants]))
        self.notes.append(f"{feature.shown}: a text of {longest} letters at most.")
        return longest

    def listed_text(self, feature: Feature, page: str, code: str) -> None:
        """A text of which only its comparisons matter: one of the texts that the model names, or another."""
        use = self.uses.get(feature)
        measured = use is not None and use.measured
        texts = [str(text) for text in feature.listed]
        if not texts and use is not None and use.pool is not None:
            texts = list(use.pool.texts)
        parent = feature.parent
        absent = self.presence[feature] is not None and parent is not None
        values = [ValueSpec("none", "none")] if absent else []
        conditions: dict[str, str] = {}
        codes = {"none", "other"}
        for text in texts:
            value = code_of(text)[:60] if text else "empty"
            while value in codes:
                value = f"{value[:55]}_{len(codes)}"
            codes.add(value)
            values.append(ValueSpec(value, text or "(no text)"))
            conditions[text] = f"{code} == '{value}'"
        other = ""
        if not feature.listed and not measured:
            values.append(ValueSpec("other", "another text"))
            other = f"{code} == 'other'"
            self.notes.append(
                f"{feature.shown}: the texts that the model names can be chosen, or another one."
            )
        elif not feature.listed:
            self.notes.append(f"{feature.shown}: only the texts that the model names can be chosen.")
        if not values:
            values.append(ValueSpec("other", "another text"))
        self.options.append(
            OptionSpec(code=code, name=feature.shown, kind="choice", group=page, values=tuple(values))
        )
        self.values[feature] = TypedValue(texts=conditions, other=other)

    def number(self, feature: Feature, page: str) -> None:
        """An Integer (or a Real, counted in tenths, hundredths, ...) between its bounds."""
        use = self.uses.get(feature) or Use()
        numbers = [value for value in feature.listed if isinstance(value, Fraction)]
        scale = _scale([*use.constants, *numbers]) if feature.kind == "Real" else 1
        low, high = whole(use.low, scale, lower=True), whole(use.high, scale, lower=False)
        if numbers:
            low, high = int(min(numbers) * scale), int(max(numbers) * scale)
        if low is not None and high is not None and low > high:
            low = high = None
        guessed = low is None or high is None
        if guessed:
            known = [int(constant * scale) for constant in use.constants]
            usual = USUAL_NUMBER * scale
            if low is None:
                low = (
                    min([-usual, *(each - 1 for each in known)])
                    if high is None
                    else min(high - usual, *known, 0)
                )
            if high is None:
                high = max([usual, low + usual, *(each + 1 for each in known)])
        assert low is not None and high is not None
        if high - low >= MAX_POINTS:
            self.problems.append(
                feature.line.problem(
                    feature.column,
                    f"{feature.name} has more than {MAX_POINTS:,} values",
                    f"bound it: {{constraint {feature.name} >= 0 & {feature.name} <= 1000}}",
                )
            )
            return
        unit = "" if scale == 1 else f" (in 1/{scale})"
        if guessed or feature.kind == "Real":
            why = "no bounds are given" if guessed else "a Real is read"
            self.notes.append(f"{feature.shown}{unit}: {why}, whole numbers from {low} to {high}.")
        code = self.fresh(self.code(feature), "_value")
        self.options.append(
            OptionSpec(
                code=code,
                name=f"{feature.shown}{unit}",
                kind="integer",
                group=page,
                minimum=low,
                maximum=high,
                help=f"From {low} to {high}." if guessed else "",
            )
        )
        text = code if scale == 1 else f"{code} / {scale}"
        here = self.presence[feature]
        if here is None:
            self.values[feature] = TypedValue(text=text)
        else:
            rest = 0 if low <= 0 <= high else low
            written = text if rest == 0 else f"if({here}, {text}, 0)"
            self.values[feature] = TypedValue(text=written)
            self.rule(f"{negated(here)} => {code} == {rest}", f"The number belongs to “{feature.shown}”.")
        if numbers:
            allowed = ", ".join(str(int(number * scale)) for number in numbers)
            guard = f"{negated(here)} | " if here is not None else ""
            self.rule(f"{guard}{code} in ({allowed})", f"“{feature.shown}” has one of its listed values.")


def _bounds(group: Group) -> tuple[str, int, int]:
    """The kind of a group and how many of its features it wants."""
    size = len(group.features)
    if group.kind == "cardinality":
        return group.kind, group.low, size if group.high == MANY else min(group.high, size)
    low = {"mandatory": size, "optional": 0}.get(group.kind, 1)
    return group.kind, low, 1 if group.kind == "alternative" else size


def negated(condition: str) -> str:
    """The opposite of a feature's presence."""
    name, sign, value = condition.partition(" != ")
    if sign:
        return f"{name} == {value}"
    name, sign, value = condition.partition(" == ")
    return f"{name} != {value}" if sign else f"!{condition}"


def _none(group: Group) -> str:
    """The code for "none of them", which none of them has."""
    codes = {child.name for child in group.features}
    none = "none"
    while none in codes:
        none = f"_{none}"
    return none


def _scale(constants: list[Fraction]) -> int:
    """Steps to a unit so that the constants lie on the grid, as far as three decimals do."""
    for decimals in range(MAX_DECIMALS + 1):
        if all((constant * 10**decimals).denominator == 1 for constant in constants):
            return int(10**decimals)
    return int(10**MAX_DECIMALS)


def attributes_of(feature: Feature) -> Mapping[str, Attribute]:
    return {
        code_of(name): Quantity(value) if isinstance(value, Fraction) else value
        for name, value in feature.attributes.items()
        if not name.startswith("shop.")
    }


def total(terms: list[str]) -> str:
    """The sum of these, as a balanced tree: expressions may not be nested deep."""
    if len(terms) < 3:
        return f"({' + '.join(terms)})" if terms else "0"
    middle = len(terms) // 2
    return f"({total(terms[:middle])} + {total(terms[middle:])})"


def _in_group(option: OptionSpec, group: str) -> OptionSpec:
    """The option, made here and known to nobody else yet, on another page: a copy takes too long."""
    object.__setattr__(option, "group", group)
    return option


def _like(option: OptionSpec, **changes: object) -> OptionSpec:
    """A copy with changes (copied as a whole: for hundreds of them `__init__` takes too long)."""
    copied = object.__new__(OptionSpec)
    copied.__dict__.update(option.__dict__, **changes)
    return copied
