"""Remembering the answers to the questions asked last, over all threads of a process."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from configurator.engine.allowance import turn

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Recent(Generic[K, V]):
    """The last ``size`` values by key, for values that never change under their key; fewer, but always the
    last one, where they would take more than ``most`` bytes by ``weigh``.

    What is not there is made by one thread at a time, so that the same work is not done twice and what
    makes it need not bear several threads; reading what is there does not wait for that.
    """

    def __init__(
        self, size: int, *, most: int | None = None, weigh: Callable[[K, V], int] | None = None
    ) -> None:
        self._size = size
        self._most = most
        self._weigh = weigh
        self._reading = threading.Lock()
        self._making = threading.RLock()
        self._kept: OrderedDict[K, V] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    @property
    def bytes(self) -> int:
        """What the values take together, as they weigh now."""
        with self._reading:
            return self._sum()

    def get(self, key: K, make: Callable[[], V]) -> V:
        """The value of ``key``, made by ``make`` where it is not remembered. Raises ``Busy`` where this
        thread may not wait so long for others."""
        found = self._look(key)
        if found is not None:
            return found
        with turn(self._making):
            found = self._look(key)
            if found is None:
                found = make()
                with self._reading:
                    self._kept[key] = found
                    self._forget()
        return found

    def _look(self, key: K) -> V | None:
        with self._reading:
            if key not in self._kept:
                return None
            self._kept.move_to_end(key)
            return self._kept[key]

    def _forget(self) -> None:
        """What was asked for longest ago goes first. Values may have grown since they were made."""
        while len(self._kept) > self._size:
            self._kept.popitem(last=False)
        if self._most is not None:
            while len(self._kept) > 1 and self._sum() > self._most:
                self._kept.popitem(last=False)

    def _sum(self) -> int:
        weigh = self._weigh
        return 0 if weigh is None else sum(weigh(key, value) for key, value in self._kept.items())
