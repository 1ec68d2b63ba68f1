"""How plans are made, proven and kept: ``manage.py bench planning``."""

from benchmarks.planning.command import main

__all__ = ["main"]
