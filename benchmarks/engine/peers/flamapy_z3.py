"""flamapy: its reader of UVL, and flamapy-configurator with the exact backend (z3)."""

from typing import Any

from flamapy.metamodels.configurator_metamodel.transformation.fm_to_configurator import FmToConfigurator
from flamapy.metamodels.fm_metamodel.transformations import UVLReader
from wire import serve
from z3 import Not, unsat


class Flamapy:
    def __init__(self) -> None:
        self.feature_model: Any = None
        self.backend: Any = None

    def read(self, path: str) -> int:
        """Read a UVL file; the number of features."""
        self.feature_model = UVLReader(path).transform()
        return len(self.feature_model.get_features())

    def configurator(self) -> list[str]:
        """The configurator with the exact backend on what was read; the names of all features."""
        self.backend = FmToConfigurator(self.feature_model, solver="z3").transform().solver_backend
        return [feature.name for feature in self.feature_model.get_features()]

    def propagate(self, decisions: dict[str, bool]) -> dict[str, bool] | None:
        """What an answer to a question calls: the features that follow; None: a contradiction."""
        implied: dict[str, bool] | None = self.backend.propagate(decisions)
        return implied

    def full(self, decisions: dict[str, bool], units: list[list[str]]) -> dict[str, bool] | None:
        """The same, and for each unit of decided features what would follow for these from all other
        decisions: retracted, as its `undo` does, and asked again.

        Its own `propagate` would go through all features for each unit again; here it is spared all but the
        unit's, by the same two checks a feature.
        """
        implied = self.propagate(decisions)
        if implied is None:
            return None
        found = {**decisions, **implied}
        for unit in units:
            for name in unit:
                found.pop(name, None)
            found |= self._follows(unit, {name: decisions[name] for name in decisions if name not in unit})
        return found

    def _follows(self, unit: list[str], others: dict[str, bool]) -> dict[str, bool]:
        backend = self.backend
        assumptions = backend._build_assumptions(others)
        found: dict[str, bool] = {}
        for name in unit:
            selected = backend._z3_model.features[name].sel
            if backend._solver.check(*assumptions, Not(selected)) == unsat:
                found[name] = True
            elif backend._solver.check(*assumptions, selected) == unsat:
                found[name] = False
        return found


peer = Flamapy()
serve({"read": peer.read, "configurator": peer.configurator, "propagate": peer.propagate, "full": peer.full})
