"""The planner's peers, and the product with compiled kernels: an environment of their own (`peers.txt`)."""

import atexit
import base64
import pickle
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks import environment
from benchmarks.environment import Environment

HERE = Path(__file__).parent
PEERS = Environment("peers", HERE / "peers.txt")


class Peer(environment.Peer):
    """The peer of that name in `peers/`; `interpreter` is that of its environment unless another is given."""

    def __init__(self, name: str, *, interpreter: Path | None = None) -> None:
        super().__init__(HERE / "peers" / f"{name}.py", interpreter=interpreter or PEERS.python)


class Product(Peer):
    """This product's engine in a process of its own, with numba: `call` any function of it by name."""

    def __init__(self) -> None:
        super().__init__("product")

    def call(
        self,
        name: str,
        *arguments: Any,
        cpu: float | None = None,
        tries: int | None = None,
        seconds: float = 600.0,
        **named: Any,
    ) -> tuple[Any, float]:
        """The value of `module:function` and its CPU seconds. With `cpu` its argument `stop` ends it after so
        many of them, with `tries` after so many schedules. Raises `PeerFailed`."""
        packed = base64.b64encode(pickle.dumps((arguments, named))).decode()
        limit = {name: value for name, value in (("cpu", cpu), ("tries", tries)) if value is not None}
        reply = self.ask("call", name=name, packed=packed, seconds=seconds + 20 * (cpu or 0), **limit)
        return pickle.loads(base64.b64decode(reply.value)), reply.cpu


_begun: list[Product] = []


@contextmanager
def the_product() -> Iterator[Product]:
    """The process of the product: begun for who asks first, kept for the next ones, gone after a failure."""
    if not _begun:
        _begun.append(Product())
        atexit.register(_begun[0].close)
    try:
        yield _begun[0]
    except BaseException:
        _begun.pop().close()
        raise
