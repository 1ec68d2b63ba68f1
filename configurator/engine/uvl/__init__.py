"""UVL, the Universal Variability Language: feature models read as families, families written in it."""

from configurator.engine.uvl.bundle import bundle, gathered, unbundle
from configurator.engine.uvl.reading import Reading, read_model, read_uvl

__all__ = ["Reading", "bundle", "gathered", "read_model", "read_uvl", "unbundle"]
