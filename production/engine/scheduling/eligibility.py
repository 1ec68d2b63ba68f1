"""Where the tasks of given runs can be, read from the arrays of the search: stretches of machines, machines,
people and fixtures.

A *stretch* is the time of a machine between two pieces of frozen work.
"""

# ruff: noqa: F403, F405 - the names of the fields

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from production.engine.scheduling.compiled import Compiled
from production.engine.scheduling.names import *

# So long after the end of the known plan nothing is looked for, in seconds.
SPARE_TIME = 3 * 86_400


class Option(NamedTuple):
    """A machine for a task: its place among the options of the kind, and what it takes and costs there."""

    number: int
    machine: int
    family: int
    seconds: int
    group: int
    mode: int
    cost: int


@dataclass
class Stretch:
    """Windows of a machine between frozen work, from the family that it then has."""

    number: int
    machine: int
    before: int
    windows: list[tuple[int, int]]


class Eligibility:
    """Of the runs of the state, as they are decoded now (``decode`` was called last). A task is its number in
    the state."""

    def __init__(self, compiled: Compiled) -> None:
        self.p = [int(each) for each in compiled.p]
        self.s = [int(each) for each in compiled.s]
        p, s = self.p, self.s
        self.kinds = p[KINDS]
        self.runs = [
            r
            for r in range(compiled.runs)
            if s[s[R_ATOMS] + r] and not s[s[R_OUT] + r] and not s[s[R_FAILED] + r]
        ]
        placed = [t for r in self.runs for t in self.tasks_of(r)]
        last = max((s[s[X_END] + t] for t in placed), default=p[NOT_BEFORE])
        self.horizon = last + SPARE_TIME
        self.latest = self.horizon + SPARE_TIME
        self.stretches = self._stretches()
        self._machines = {stretch.number: stretch.machine for stretch in self.stretches}

    def tasks_of(self, r: int) -> list[int]:
        """Those of a run that there is something to do for."""
        key = self.s[self.s[R_KEY] + r]
        tasks = (r * self.kinds + j for j in range(self.p[self.p[KEY_KINDS] + key]))
        return [t for t in tasks if self.s[self.s[T_UNITS] + t]]

    def kind_of(self, t: int) -> int:
        """Its place among the kinds of operations of all keys."""
        return self.s[self.s[R_KEY] + t // self.kinds] * self.kinds + t % self.kinds

    def _stretches(self) -> list[Stretch]:
        p = self.p
        found: dict[int, Stretch] = {}
        for m in range(p[MACHINES]):
            for w in range(p[p[WIN_PTR] + m], p[p[WIN_PTR] + m + 1]):
                opens = max(p[p[WIN_OPEN] + w], p[NOT_BEFORE])
                closes = min(p[p[WIN_CLOSE] + w], self.latest)
                if opens >= closes or opens > self.horizon:
                    continue
                number = p[p[WIN_SEG] + w]
                if number not in found:
                    found[number] = Stretch(number, m, p[p[SEG_STATE] + number], [])
                found[number].windows.append((opens, closes))
        return list(found.values())

    def options_of(self, t: int) -> dict[int, Option]:
        """By machine; only those where it fits into a shift with its longest set-up, and into a load."""
        p, s = self.p, self.s
        kind = self.kind_of(t)
        found: dict[int, Option] = {}
        first = p[p[OPT_PTR] + kind]
        for o in range(first, p[p[OPT_PTR] + kind + 1]):
            m = p[p[OPT_MACHINE] + o]
            centre = p[p[M_CENTRE] + m]
            work = s[s[T_SECONDS] + t * p[PLACES] + p[p[OPT_PLACE] + o]]
            seconds = -(-work * 100 // p[p[M_SPEED] + m])
            family = p[p[OPT_FAMILY] + o]
            longest = seconds + p[p[WORST] + p[p[FAM_PTR] + centre] + family]
            room = p[p[M_CAPACITY] + m] if p[p[C_BATCH] + centre] else 0
            if longest > p[p[M_LONGEST] + m] or 0 < room < s[s[T_LOAD] + t]:
                continue
            found[m] = Option(
                o - first, m, family, seconds, p[p[OPT_GROUP] + o], p[p[OPT_MODE] + o], p[p[OPT_COST] + o]
            )
        return found

    def is_batch(self, machine: int) -> bool:
        return bool(self.p[self.p[C_BATCH] + self.p[self.p[M_CENTRE] + machine]])

    def tool_of(self, t: int) -> int:
        """The group of the fixtures that it needs; -1: none."""
        return self.p[self.p[K_TOOL] + self.kind_of(t)]

    def members_of(self, group: int) -> list[int]:
        """People, or fixtures."""
        p = self.p
        return [p[p[GRP_RES] + i] for i in range(p[p[GRP_PTR] + group], p[p[GRP_PTR] + group + 1])]

    def stretch_of(self, machine: int, t: int) -> int:
        """In which stretch of the machine it is now."""
        start = self.s[self.s[X_START] + t]
        for stretch in self.stretches:
            if stretch.machine == machine:
                for opens, closes in stretch.windows:
                    if opens <= start < closes:
                        return stretch.number
        return -1

    def machine_of(self, stretch: int) -> int:
        return self._machines[stretch]
