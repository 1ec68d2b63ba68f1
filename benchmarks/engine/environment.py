"""The engine's peers: an environment of their own, and each as a process (see `peers/`)."""

from pathlib import Path

from benchmarks import environment
from benchmarks.environment import Environment

HERE = Path(__file__).parent
PEERS = Environment("peers", HERE / "peers.txt")


class Peer(environment.Peer):
    """The peer of that name; `interpreter` is that of its environment unless another is given."""

    def __init__(self, name: str, *, interpreter: Path | None = None) -> None:
        super().__init__(HERE / "peers" / f"{name}.py", interpreter=interpreter or PEERS.python)
