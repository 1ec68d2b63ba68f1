"""flamapy: its reader of UVL, and flamapy-configurator with the exact backend (z3)."""

from typing import Any

from flamapy.metamodels.configurator_metamodel.transformation.fm_to_configurator import FmToConfigurator
from flamapy.metamodels.fm_metamodel.transformations import UVLReader
from wire import serve


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


peer = Flamapy()
serve({"read": peer.read, "configurator": peer.configurator, "propagate": peer.propagate})
