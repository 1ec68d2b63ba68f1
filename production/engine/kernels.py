"""Inner loops as kernels: functions of integers and flat arrays only, run as they are or compiled.

Where numba is installed (it is an extra: docs/engines.md) a kernel is compiled at its first call and kept on
disk; elsewhere the same text runs as Python on lists. Both give the same integers, so a plan does not
depend on it: no floats, no sets or dicts, every draw by ``draw``, no number beyond 63 bits.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

try:
    if os.environ.get("KERNELS") == "python":
        raise ImportError
    import numba
    import numpy
except ImportError:
    numba = None

K = TypeVar("K", bound=Callable[..., Any])
# A list, or an int64 array of numpy where kernels are compiled.
Ints = Any
BEYOND = 1 << 62


def is_compiled() -> bool:
    return numba is not None


def kernel(function: K) -> K:
    """Compile the function where that can be had."""
    return function if numba is None else numba.njit(cache=True)(function)


def zeros(length: int) -> Ints:
    return [0] * length if numba is None else numpy.zeros(length, dtype=numpy.int64)


def ints(values: Iterable[int]) -> Ints:
    return list(values) if numba is None else numpy.array(list(values), dtype=numpy.int64)


def copied(values: Ints) -> Ints:
    """The same numbers once more."""
    return values[:] if isinstance(values, list) else values.copy()


@kernel
def draw(chance: Ints, below: int) -> int:
    """A whole number from 0 to ``below`` - 1; ``chance[0]`` is the state, any seed from 0 to 2^31 - 1.

    Linear congruential modulo 2^31, its upper bits used (Knuth, TAOCP 2, 3.2.1; constants of ISO C).
    """
    chance[0] = (chance[0] * 1103515245 + 12345) & 0x7FFFFFFF
    return int((chance[0] >> 8) % below)
