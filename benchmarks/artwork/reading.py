"""Production files read by other people's programs, in an environment and a process of their own."""

from pathlib import Path

from benchmarks.environment import Environment, Peer

HERE = Path(__file__).parent
READERS = Environment("readers", HERE / "readers.txt")


class Readers(Peer):
    """PyMuPDF for PDF, Skia and svgelements for SVG, ezdxf for DXF (see `readers/files.py`)."""

    def __init__(self) -> None:
        super().__init__(HERE / "readers/files.py", interpreter=READERS.python)
