"""A family as a decision diagram: counts and lowest prices of all values in one pass, where it fits."""

from configurator.engine.diagram.compiling import NODES, SECONDS, compile
from configurator.engine.diagram.reading import Diagram, Reading

__all__ = ["NODES", "SECONDS", "Diagram", "Reading", "compile"]
