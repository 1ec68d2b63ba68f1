"""Sums over features as sums over the values of options: short however many features there are.

Every value gets what all features count together that are there exactly when it is chosen. Where the
features with an attribute are values themselves, `sum(Price)` stays `sum(Price)`; else the sums stand in an
attribute of their own (`Price_all`, `Price_in_Container`).
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from fractions import Fraction

from configurator.engine.spec import Attribute, OptionSpec, Quantity
from configurator.engine.uvl.names import code_of
from configurator.engine.uvl.tree import Feature

# A value: the code of its option and its own.
Carrier = tuple[str, str]


class Sums:
    """`carriers` gives for the presence of features the values that stand for it."""

    def __init__(
        self, root: Feature, presence: Mapping[Feature, str | None], carriers: Mapping[str, list[Carrier]]
    ) -> None:
        self.root = root
        self.presence = presence
        self.carriers = carriers
        self.numbers: dict[str, dict[Carrier, Fraction]] = {}
        self.names: dict[tuple[str, Feature, bool], str] = {}
        self.known = {code_of(name) for feature in root.below() for name in feature.attributes}

    def sum(
        self, attribute: str, within: Feature, numbers: Iterable[tuple[Feature, Fraction]], *, counting: bool
    ) -> tuple[Fraction, list[tuple[Feature, Fraction]], str]:
        """What is always there, what no value stands for, and the attribute with all that values stand for.

        The attribute is "" where nothing is left for it.
        """
        always = Fraction(0)
        alone: list[tuple[Feature, Fraction]] = []
        carried: dict[Carrier, Fraction] = {}
        natural = not counting
        count = 0
        for feature, number in numbers:
            here = self.presence[feature]
            if here is None:
                always += number
                natural = False
            elif here not in self.carriers:
                alone.append((feature, number))
                natural = False
            else:
                count += 1
                for carrier in self.carriers[here]:
                    natural = natural and carrier not in carried
                    carried[carrier] = carried.get(carrier, Fraction(0)) + number
        if not carried:
            return always, alone, ""
        if natural and within is self.root and len(carried) == count:
            return always, alone, code_of(attribute)
        return always, alone, self._named(attribute, within, counting, carried)

    def _named(
        self, attribute: str, within: Feature, counting: bool, carried: dict[Carrier, Fraction]
    ) -> str:
        key = (attribute, within, counting)
        if key not in self.names:
            ending = "all" if within is self.root else f"in_{code_of(within.name)}"
            name = f"{code_of(attribute)[:25]}_{'number_' if counting else ''}{ending}"[:55]
            number = 1
            wanted = name
            while wanted in self.known:
                number += 1
                wanted = f"{name}_{number}"
            self.known.add(wanted)
            self.names[key] = wanted
            self.numbers[wanted] = carried
        return self.names[key]

    def applied(self, options: Iterable[OptionSpec]) -> tuple[OptionSpec, ...]:
        """The options, their values with the attributes made here."""
        added: dict[str, dict[str, dict[str, Attribute]]] = {}
        for name, carried in self.numbers.items():
            for (option, value), number in carried.items():
                added.setdefault(option, {}).setdefault(value, {})[name] = Quantity(number)
        return tuple(
            option
            if option.code not in added
            else replace(
                option,
                values=tuple(
                    replace(value, attributes={**value.attributes, **added[option.code].get(value.code, {})})
                    for value in option.values
                ),
            )
            for option in options
        )
