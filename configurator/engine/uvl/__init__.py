"""UVL, the Universal Variability Language: feature models read as families, families written in it."""

from configurator.engine.uvl.reading import Reading, read_model, read_uvl

__all__ = ["Reading", "read_model", "read_uvl"]
