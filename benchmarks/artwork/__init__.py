"""What is shown, made and refused: ``manage.py bench artwork``."""

from benchmarks.artwork.command import main

__all__ = ["main"]
