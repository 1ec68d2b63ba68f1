"""Which feature of a UVL file an option's value is, so that another tool's answer can be compared."""

from collections.abc import Mapping
from dataclasses import dataclass

from benchmarks.engine.models import Model
from configurator.engine.spec import Choices


@dataclass(frozen=True)
class Features:
    """`by_value` is the feature that a value stands for."""

    model: Model
    by_value: Mapping[tuple[str, str], str]

    def decisions(self, choices: Choices) -> dict[str, bool]:
        """The choices in features: what is chosen is in; a switch that is off, a value left out, is out."""
        found: dict[str, bool] = {}
        for code, choice in choices.items():
            option = self.model.spec.option_by_code[code]
            if option.kind == "switch":
                found[self.by_value[code, "yes"]] = choice == "yes"
            elif option.kind == "multiple":
                chosen = str(choice).split(",")
                found |= {self.by_value[code, value]: value in chosen for value in option.codes}
            elif (code, str(choice)) in self.by_value:
                found[self.by_value[code, str(choice)]] = True
        return found


def features_of(model: Model) -> Features:
    """By the names that the reader kept."""
    found: dict[tuple[str, str], str] = {}
    for option in model.spec.options:
        if option.kind == "switch":
            found[option.code, "yes"] = option.name
        elif option.kind in ("choice", "multiple"):
            found |= {(option.code, value.code): value.name for value in option.values}
    return Features(model, found)
