"""How much of everything a full and a quick run measure."""

import math
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Scale:
    """`large` is the full run, as its bars ask; a measurement takes less of everything where it is not.

    `instances` is a folder of instance files to be measured in place of `shared/data`. `seconds`: after so
    many nothing more is begun; `skipped` are measurements that a quick run leaves out.
    """

    seed: int
    large: bool
    instances: Path | None = None
    seconds: float = math.inf
    skipped: frozenset[str] = frozenset()


def full(seed: int, instances: Path | None = None) -> Scale:
    return Scale(seed, large=True, instances=instances)


def quick(seed: int, instances: Path | None = None) -> Scale:
    return Scale(
        seed, large=False, instances=instances, seconds=44.0, skipped=frozenset({"scale", "frepple", "loads"})
    )
