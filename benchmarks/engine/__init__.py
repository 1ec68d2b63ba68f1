"""The configuration engine beside other engines: ``manage.py bench engine``."""

from benchmarks.engine.command import main

__all__ = ["main"]
