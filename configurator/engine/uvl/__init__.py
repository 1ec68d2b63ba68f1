"""UVL, the Universal Variability Language: feature models read as families, families written in it."""

from configurator.engine.uvl.bundle import bundle, gathered, unbundle
from configurator.engine.uvl.reading import Reading, read_model, read_uvl
from configurator.engine.uvl.writing import Export, write_uvl

__all__ = ["Export", "Reading", "bundle", "gathered", "read_model", "read_uvl", "unbundle", "write_uvl"]
