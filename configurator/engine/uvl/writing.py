"""Writing UVL: a family as a feature model that any reader of UVL understands, and what it cannot hold.

Options are features below the features of their groups; values their alternatives. What only our reader
needs (names, codes, messages, periods) stands in attributes `shop {...}`, which others pass over.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction

from configurator.engine.spec import FamilySpec, OptionSpec, Quantity, RuleSpec, ValueSpec
from configurator.engine.units import factor_of
from configurator.engine.uvl.formulas import Unwritable, Writer, number_in_uvl
from configurator.engine.uvl.names import name_of, quoted

# `values [...]` instead of a step, up to so many numbers.
MAX_LISTED = 500
_INDENT = "    "


@dataclass(frozen=True, slots=True)
class Export:
    """The text, and in words everything of the family that it does not hold."""

    text: str
    lost: tuple[str, ...]


def write_uvl(spec: FamilySpec) -> Export:
    """The family as UVL; `read_uvl` of it has the same configurations, but for what `lost` names."""
    return _Export(spec).written()


class _Export:
    def __init__(self, spec: FamilySpec) -> None:
        self.spec = spec
        self.lost: list[str] = []
        self.names: dict[tuple[str, str], str] = {}
        self.used: set[str] = set()
        self.root = self.named(("", ""), name_of(spec.code))
        self.groups: dict[str, list[OptionSpec]] = {group.code: [] for group in spec.groups}
        for option in spec.options:
            self.groups.setdefault(option.group, []).append(option)
        self.pages = {
            code: self.named(("group", code), f"group {name_of(code)}") for code in self.groups if code
        }
        for option in spec.options:
            self.named((option.code, ""), name_of(option.code))
        for option in spec.options:
            for value in option.values if option.kind in ("choice", "multiple") else ():
                plain = name_of(value.code)
                self.named((option.code, value.code), plain, f"{name_of(option.code)} {plain}")

    def named(self, key: tuple[str, str], *wanted: str) -> str:
        """A feature's name that no other has: the first of those wanted that is free, else numbered."""
        plain = [name.replace(".", " ").replace('"', " ").strip() or "feature" for name in wanted]
        found = next((name for name in plain if name not in self.used), "")
        number = 1
        while not found:
            number += 1
            candidate = f"{plain[-1]} {number}"
            found = candidate if candidate not in self.used else ""
        self.used.add(found)
        self.names[key] = quoted(found)
        return self.names[key]

    def written(self) -> Export:
        rules = [*self.option_rules(), *self.rules()]
        lines = ["include"]
        lines += [_INDENT + level for level in ("Boolean.*", "Arithmetic.*", "Type.*")]
        lines += ["", "features", f"{_INDENT}{self.root} {{{self.root_attributes(rules)}}}"]
        for code, options in self.groups.items():
            lines += self.group(code, options)
        if rules:
            lines += ["", "constraints", *(_INDENT + text for text, _ in rules)]
        self.rest()
        return Export("\n".join(lines) + "\n", tuple(self.lost))

    # --- Features

    def root_attributes(self, rules: list[tuple[str, RuleSpec | None]]) -> str:
        spec = self.spec
        about = {
            "name": self.text(spec.name, "the family's name"),
            "summary": self.text(spec.summary, "the summary"),
            "currency": f"'{spec.currency}'",
            "base_price": number_in_uvl(Fraction(spec.base_price)),
            "lead_days": str(spec.lead_days) if spec.lead_days else "",
        }
        told = []
        for number, (_, rule) in enumerate(rules, start=1):
            parts = [] if rule is None else list(self.rule_attributes(rule))
            told.append(f"C{number} {{{', '.join(parts)}}}")
        held = [f"{key} {value}" for key, value in about.items() if value]
        return f"shop {{{', '.join(held)}" + (f", rules {{{', '.join(told)}}}" if told else "") + "}"

    def rule_attributes(self, rule: RuleSpec) -> Iterator[str]:
        yield f"code '{rule.code}'"
        if rule.message:
            yield f"message {self.text(rule.message, f'the message of {rule.code}')}"
        if rule.protects:
            yield f"protects {self.text(rule.protects, f'what {rule.code} protects')}"
        if rule.valid_from is not None:
            yield f"from '{rule.valid_from}'"
        if rule.valid_until is not None:
            yield f"until '{rule.valid_until}'"

    def group(self, code: str, options: list[OptionSpec]) -> Iterator[str]:
        depth = 2
        if code:
            name = next((group.name for group in self.spec.groups if group.code == code), code)
            yield f"{_INDENT * 2}mandatory"
            shop = f"shop {{name {self.text(name, f'the name of the group {code}')}, code '{code}'}}"
            yield f"{_INDENT * 3}{self.pages[code]} {{abstract, {shop}}}"
            depth = 4
        for option in options:
            yield from self.option(option, depth)

    def option(self, option: OptionSpec, depth: int) -> Iterator[str]:
        optional = option.kind == "switch" or (option.kind in ("image", "placement") and not option.required)
        yield f"{_INDENT * depth}{'optional' if optional else 'mandatory'}"
        kind = {"integer": "Integer ", "text": "String "}.get(option.kind, "")
        attributes = [self.shop(option.code, option.name, *self.about(option))]
        name = self.names[option.code, ""]
        if option.kind == "integer":
            attributes.append(self.grid(option, name))
        if option.kind in ("image", "placement"):
            attributes.append("counted 1")
        if option.kind == "switch":
            attributes += self.attributes(option, option.value_by_code["yes"])
        yield f"{_INDENT * (depth + 1)}{kind}{name} {{{', '.join(attributes)}}}"
        if option.kind in ("choice", "multiple"):
            group = "alternative" if option.kind == "choice" else f"[{option.least}..{option.most}]"
            yield f"{_INDENT * (depth + 2)}{group}"
            for value in option.values:
                held = [self.shop(value.code, value.name), *self.attributes(option, value)]
                if option.kind == "multiple":
                    held.append("counted 1")
                yield f"{_INDENT * (depth + 3)}{self.names[option.code, value.code]} {{{', '.join(held)}}}"

    def shop(self, code: str, name: str, *more: str) -> str:
        words = self.text(name, f"the name of {code}")
        return f"shop {{{', '.join((f'name {words}', *more))}, code '{code}'}}"

    def about(self, option: OptionSpec) -> Iterator[str]:
        if option.kind in ("choice", "multiple"):
            yield f"kind '{option.kind}'"
        if option.unit and factor_of(option.unit) == 1:
            yield f"unit '{option.unit}'"
        if option.help:
            yield f"help {self.text(option.help, f'the help of {option.code}')}"
        if option.default is not None and option.kind == "integer":
            yield f"default {option.default}"
        elif option.default is not None and option.kind in ("choice", "switch", "multiple"):
            yield f"default {self.text(str(option.default), f'the default of {option.code}')}"

    def grid(self, option: OptionSpec, name: str) -> str:
        if option.step != 1:
            numbers = range(option.minimum, option.maximum + 1, option.step)
            if len(numbers) <= MAX_LISTED:
                return f"values [{', '.join(map(str, numbers))}]"
            self.lost.append(f"{option.code} goes in steps of {option.step}; the model allows every number.")
        return f"constraint {name} >= {option.minimum} & {name} <= {option.maximum}"

    def attributes(self, option: OptionSpec, value: ValueSpec) -> Iterator[str]:
        for name, attribute in value.attributes.items():
            if isinstance(attribute, bool):
                yield f"{quoted(name)} {str(attribute).lower()}"
            elif isinstance(attribute, Quantity):
                yield f"{quoted(name)} {number_in_uvl(attribute.number)}"
            else:
                yield f"{quoted(name)} {self.text(attribute, f'{name} of {option.code}.{value.code}')}"

    def text(self, text: str, what: str) -> str:
        """A text in single quotes, for which UVL has no escape."""
        plain = " ".join(text.replace("'", "’").split())
        if plain != text:
            self.lost.append(f"{what}: apostrophes and line breaks are written as ’ and spaces.")
        return f"'{plain}'" if plain else "' '"

    # --- Rules

    def option_rules(self) -> Iterator[tuple[str, RuleSpec | None]]:
        """How long texts may be."""
        for option in self.spec.options:
            if option.kind == "text":
                name = self.names[option.code, ""]
                yield f"len({name}) <= {option.max_length}", None
                if option.required:
                    yield f"len({name}) >= 1", None

    def rules(self) -> Iterator[tuple[str, RuleSpec | None]]:
        writer = Writer(self.spec, self.names)
        for rule in self.spec.rules:
            if rule.severity == "warn":
                self.lost.append(f"the rule {rule.code}: it only warns, UVL knows no warnings.")
                continue
            try:
                for number, text in enumerate(writer.rule(rule)):
                    yield text, rule if number == 0 else None
            except Unwritable as reason:
                self.lost.append(f"the rule {rule.code}: {reason}.")

    # --- What is left

    def rest(self) -> None:
        spec = self.spec
        self._list("prices", (price.code for price in spec.prices))
        self._list("surfaces with what is drawn on them", (surface.code for surface in spec.surfaces))
        if spec.manufacture is not None:
            self.lost.append("how it is made: parts, routing, materials and weight.")
        self._list("the author's tests", (case.name for case in spec.tests))
        texts = [option.code for option in spec.options if option.default and option.kind == "text"]
        self._list("texts that are there from the beginning", texts)
        self._list("measures", (option.code for option in spec.options if option.measure is not None))
        images = [option.code for option in spec.options if option.kind == "image"]
        self._list("pictures (only whether they are given)", images)
        placements = [option.code for option in spec.options if option.kind == "placement"]
        self._list("placements (only whether they are given)", placements)
        units = {
            attribute.unit
            for option in spec.options
            for value in option.values
            for attribute in value.attributes.values()
            if isinstance(attribute, Quantity) and attribute.unit
        }
        units |= {option.unit for option in spec.options if option.unit and factor_of(option.unit) != 1}
        self._list("units (numbers of attributes stand in mm, mm2, g, s, ml without them)", sorted(units))

    def _list(self, what: str, names: Iterable[str]) -> None:
        listed = ", ".join(names)
        if listed:
            self.lost.append(f"{what}: {listed}.")
