"""All measurements by name, and how large they are in a full and in a quick run."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

from benchmarks.bars import Section
from benchmarks.engine import (
    domains,
    exactness,
    loading,
    made_to_measure,
    memory,
    models,
    reasons,
    served,
    serving,
    walks,
)
from benchmarks.engine.models import Model


@dataclass(frozen=True)
class Scale:
    """How much of everything; `skipped` are measurements that a quick run leaves out.

    `slow` gives for each model how many states the slow peers are asked about: more where a bar is
    near, none where a few states would not tell whether it holds.
    """

    seed: int
    products: int
    states: int
    clicks: int
    compared: int
    sample: int
    slow: Mapping[str, int]
    wishes: int
    walks: int
    walk_seconds: float
    memory_clicks: int
    loads: int
    sizes: int
    requests: float
    skipped: frozenset[str] = frozenset()
    large: bool = True
    # After so many seconds nothing more is begun.
    seconds: float = math.inf

    def left_out(self, name: str) -> bool:
        return name in self.skipped

    @cached_property
    def named(self) -> dict[str, Model]:
        """The models of this run by name: those of `shared/data` that are there, ours always."""
        return models.all_named(seed=self.seed)

    def some(self, *names: str) -> list[Model]:
        return [self.named[name] for name in names if name in self.named]


def full(seed: int) -> Scale:
    return Scale(
        seed=seed,
        products=2_400,
        states=12,
        clicks=1_500,
        compared=600,
        sample=60,
        slow={"synthetic-40-250": 20, "renault-medium": 8, "busybox": 8, "renault-small": 8},
        wishes=60,
        walks=1_000,
        walk_seconds=600.0,
        memory_clicks=10_000,
        loads=3,
        sizes=30,
        requests=10.0,
    )


def quick(seed: int) -> Scale:
    return Scale(
        seed=seed,
        products=100,
        states=1,
        clicks=70,
        compared=160,
        sample=10,
        # One state of the slowest peers tells no median: they are left to the full run.
        slow={"synthetic-40-250": 0, "renault-medium": 2, "busybox": 0},
        wishes=10,
        walks=10,
        walk_seconds=3.0,
        memory_clicks=1_000,
        loads=1,
        sizes=2,
        requests=3.0,
        skipped=frozenset({"memory", "serving"}),
        large=False,
        seconds=44.0,
    )


def _exactness(scale: Scale) -> Section:
    # In a quick run the domains compare the other ones with flamapy; the diagram counts Renault medium.
    few = ("berkeleydb", "dell")
    return exactness.section(
        list(scale.named.values()),
        asked=frozenset(scale.named if scale.large else few),
        seed=scale.seed,
        products=scale.products,
        states=scale.states,
    )


def _walks(scale: Scale) -> Section:
    return walks.section(
        list(scale.named.values()),
        seed=scale.seed,
        walks=scale.walks,
        seconds=scale.walk_seconds,
        fewer=not scale.large,
    )


def _domains(scale: Scale) -> Section:
    names = ("synthetic-40-250", "renault-medium", "busybox", "renault-small")
    chosen = scale.some(*names[: None if scale.large else 3])
    return domains.section(
        chosen,
        seed=scale.seed,
        count=scale.compared,
        sample=scale.sample,
        slow=scale.slow,
        seconds=300.0 if scale.large else 7.0,
        sessions=scale.large,
    )


def _clicks(scale: Scale) -> Section:
    barred = frozenset({"renault-medium", "renault-small", "busybox", *(m.name for m in models.families())})
    named = list(scale.named.values()) if scale.large else scale.some(*sorted(barred))
    seconds = served.SECONDS if scale.large else 1.5
    return served.section(named, barred=barred, seed=scale.seed, count=scale.clicks, seconds=seconds)


def _reasons(scale: Scale) -> Section:
    chosen = scale.some("synthetic-40-250", "renault-medium", "renault-small", "busybox")
    return reasons.section(chosen, seed=scale.seed, count=scale.wishes)


def _load(scale: Scale) -> Section:
    names = ("busybox", "berkeleydb") if scale.large else ("busybox",)
    return loading.section(scale.some(*names), times=scale.loads)


def _sizes(scale: Scale) -> Section:
    return made_to_measure.section(seed=scale.seed, count=scale.sizes)


def _memory(scale: Scale) -> Section:
    chosen = scale.some("walnut-sign", "synthetic-40-250", "renault-medium", "busybox")
    return memory.section(chosen, seed=scale.seed, clicks=scale.memory_clicks)


def _serving(scale: Scale) -> Section:
    return serving.section(scale.named["synthetic-40-250"], seed=scale.seed, seconds=scale.requests)


MEASUREMENTS: Mapping[str, Callable[[Scale], Section]] = {
    "exactness": _exactness,
    "walks": _walks,
    "domains": _domains,
    "clicks": _clicks,
    "reasons": _reasons,
    "sizes": _sizes,
    "load": _load,
    "serving": _serving,
    "memory": _memory,
}
