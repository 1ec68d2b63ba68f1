"""Which feature of a model an option's value is, so that another tool's answer can be compared."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from benchmarks.engine.models import Model
from configurator.engine.spec import Choices


@dataclass(frozen=True)
class Features:
    """`by_value` is the feature that a value stands for; "none of them" stands for no feature."""

    model: Model
    by_value: Mapping[tuple[str, str], str]

    def decisions(self, choices: Choices) -> dict[str, bool]:
        """The choices in features: what is chosen is in; a switch that is off, a value left out, is out."""
        found: dict[str, bool] = {}
        for code, choice in choices.items():
            option = self.model.spec.option_by_code[code]
            chosen = set(str(choice).split(","))
            is_one = (code, str(choice)) in self.by_value
            for value in option.codes:
                feature = self.by_value.get((code, value))
                # Of a choice, the one that is in excludes the others by itself.
                if feature is not None and (value in chosen or option.kind != "choice" or not is_one):
                    found[feature] = value in chosen
        return found

    def units(self, choices: Choices) -> list[list[str]]:
        """The features of what is judged by itself: of each option chosen, of each value of a multiple."""
        found: list[list[str]] = []
        for code in choices:
            option = self.model.spec.option_by_code[code]
            names = [self.by_value[code, value] for value in option.codes if (code, value) in self.by_value]
            found += [[name] for name in names] if option.kind == "multiple" else [names]
        return [names for names in found if names]


def features_of(model: Model, names: Collection[str]) -> Features:
    """By the names that the reader kept; `names` are the features that the other tool knows."""
    found: dict[tuple[str, str], str] = {}
    for option in model.spec.options:
        if option.kind == "switch":
            found[option.code, "yes"] = option.name
        elif option.kind in ("choice", "multiple"):
            found |= {(option.code, value.code): value.name for value in option.values}
    return Features(model, {key: name for key, name in found.items() if name in names})
