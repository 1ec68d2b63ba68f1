"""The floor that works through a plan, in SimPy: a process an operation, machines as resources, failures by
wear. Its own model and its own random numbers; only the plan comes from the product."""

import random
from bisect import bisect_right
from collections.abc import Generator
from typing import Any

import simpy
from wire import serve

QUESTION = dict[str, Any]


class Machine:
    """Works in its windows; fails when it has worked so many seconds, and is repaired around the clock."""

    def __init__(self, floor: "Floor", windows: list[list[int]], between: int, repair: int) -> None:
        self.floor, self.windows, self.between, self.repair = floor, windows, between, repair
        self.starts = [window[0] for window in windows]
        self.resource = simpy.Resource(floor.env)
        self.healthy = self._draw()

    def _draw(self) -> float:
        return self.floor.chance.expovariate(1 / self.between) if self.between else float("inf")

    def work(self, seconds: float) -> Generator[Any, Any, None]:
        env = self.floor.env
        while seconds > 1e-9:
            number = bisect_right(self.starts, env.now) - 1
            if number < 0 or env.now >= self.windows[number][1]:
                if number + 1 >= len(self.windows):
                    yield env.timeout(seconds)
                    return
                yield env.timeout(self.windows[number + 1][0] - env.now)
                continue
            go = min(seconds, self.windows[number][1] - env.now, self.healthy)
            yield env.timeout(go)
            seconds -= go
            self.healthy -= go
            if self.healthy <= 1e-9:
                yield env.timeout(self.floor.chance.expovariate(1 / self.repair))
                self.healthy = self._draw()


class Floor:
    """One replication."""

    def __init__(self, plan: QUESTION, chance: random.Random) -> None:
        self.env = simpy.Environment(plan["begin"])
        self.chance, self.plan = chance, plan
        self.machines = [Machine(self, *each) for each in plan["machines"]]
        self.done = [self.env.event() for _ in plan["nodes"]]
        self.ends = [0.0] * len(plan["nodes"])
        for number, node in enumerate(plan["nodes"]):
            self.env.process(self._operation(number, node))
        self.env.run()

    def _stretched(self, seconds: int, spread: list[int]) -> float:
        least, most = spread
        return seconds * (self.chance.uniform(least, most) + self.chance.uniform(least, most)) / 2000

    def _operation(self, number: int, node: QUESTION) -> Generator[Any, Any, None]:
        machine = self.machines[node["machine"]]
        yield self.env.timeout(max(node["planned"] - self.env.now, 0))
        yield self.env.all_of([self.done[other] for other in node["freeing"]])
        with machine.resource.request() as mine:
            yield mine
            yield from machine.work(self._stretched(node["setup"], self.plan["setup_spread"]))
            for other, lag in node["before"]:
                yield self.done[other]
                yield self.env.timeout(max(self.ends[other] + lag - self.env.now, 0))
            yield from machine.work(self._stretched(node["work"], self.plan["work_spread"]))
        self.ends[number] = self.env.now
        self.done[number].succeed()


def play(plan: QUESTION, replications: int, seed: int) -> list[list[float]]:
    """The end of each line in each replication."""
    chance = random.Random(seed)
    found = []
    for _ in range(replications):
        ends = Floor(plan, chance).ends
        found.append([max(ends[node] for node in line) for line in plan["lines"]])
    return found


serve({"play": play})
