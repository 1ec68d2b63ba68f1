"""Remembering the answers to the questions asked last, over all threads of a process."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Recent(Generic[K, V]):
    """The last ``size`` values by key, for values that never change under their key.

    What is not there is made by one thread at a time, so that the same work is not done twice and what
    makes it need not bear several threads; reading what is there does not wait for that.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._reading = threading.Lock()
        self._making = threading.RLock()
        self._kept: OrderedDict[K, V] = OrderedDict()

    def get(self, key: K, make: Callable[[], V]) -> V:
        """The value of ``key``, made by ``make`` where it is not remembered."""
        found = self._look(key)
        if found is not None:
            return found
        with self._making:
            found = self._look(key)
            if found is None:
                found = make()
                with self._reading:
                    self._kept[key] = found
                    while len(self._kept) > self._size:
                        self._kept.popitem(last=False)
        return found

    def _look(self, key: K) -> V | None:
        with self._reading:
            if key not in self._kept:
                return None
            self._kept.move_to_end(key)
            return self._kept[key]
