"""Runs and their schedule decided together: atoms change runs while the schedule is searched.

By area a run may be filled so far that it nests nearly always; whether it does is then proven by really
nesting it, after every round. What takes more sheets than a run may have gives its latest units away. The
runs that were formed at first are proven already, so the answer is never worse than they are.
"""

# ruff: noqa: F403, F405 - the names of the fields

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from typing import Any

from production.engine.batching import nest_again
from production.engine.nesting import Item, nest
from production.engine.proposal import Problem, Run
from production.engine.scheduling import moves
from production.engine.scheduling.annealing import Search, State
from production.engine.scheduling.compiled import Compiled
from production.engine.scheduling.members import move_atom, reckon
from production.engine.scheduling.names import *
from production.engine.scheduling.packing import WAYS, pack

# Of ruin and recreate for a run that takes more sheets than its area says.
ROUNDS = 60


# So many rules of dispatch are tried for runs that are packed anew.
PACKED_WAYS = 15


class Composer:
    """The search over runs and schedule. ``locked`` are ids of runs that stay as they are; ``from_base``: it
    begins with the plan in force (``zones.aim_at_base``)."""

    def __init__(
        self,
        compiled: Compiled,
        runs: Sequence[Run],
        problem: Problem,
        *,
        seed: int,
        locked: Collection[str],
        from_base: bool = False,
    ) -> None:
        self.compiled, self.runs, self.problem, self.from_base = compiled, runs, problem, from_base
        self.search = Search(compiled, seed=seed)
        self.units = {unit.id: unit for unit in problem.units}
        self.sheets = {frozenset(run.units): len(run.sheets) for run in runs}
        self.formed = {frozenset(run.units): run for run in runs}
        s = compiled.s
        for number, run in enumerate(runs):
            if run.id in locked or run.lots or any(sheet.offcut for sheet in run.sheets):
                s[s[R_LOCKED] + number] = 1

    def run(
        self,
        stop: Callable[[int], bool],
        *,
        report: Callable[[dict[str, Any]], None] | None = None,
        polish: Callable[[], bool] | None = None,
    ) -> None:
        """Until ``stop``; the state is then the best that is proven. After each round ``polish`` may make it
        better, and says whether it did."""
        search = self.search
        if self.from_base:
            search.follow_base()
        else:
            search.dispatch(stop)
        best, proven = search.cost, search.state()
        if not self.from_base:
            best, proven = self._packed(best, proven, stop)
        while search.active and not stop(search.tried):
            search.round(stop, report=report, may_change=True)
            cost = self._prove()
            if cost is not None and cost < best:
                best, proven = cost, search.state()
            else:
                search.restore(proven)
            if polish is not None and polish():
                best, proven = search.cost, search.state()
        search.restore(proven)

    def _packed(self, best: int, proven: State, stop: Callable[[int], bool]) -> tuple[int, State]:
        """What is known, or runs packed anew where that costs less; the state is then that."""
        search, begun = self.search, proven
        for window, slack in WAYS:
            if stop(search.tried):
                break
            if pack(self.compiled, window=window, slack=slack):
                search.dispatch(stop, most=PACKED_WAYS)
                if search.cost < best and (cost := self._prove()) is not None and cost < best:
                    best, proven = cost, search.state()
            search.restore(begun)
        search.restore(proven)
        return best, proven

    def result(self) -> dict[int, Run]:
        """The runs of the best state by their numbers, with nests."""
        found: dict[int, Run] = {}
        p, s = self.compiled.p, self.compiled.s
        moves.take_best(p, s)
        for r in range(self.compiled.runs):
            members = self._members(r)
            if not members:
                continue
            known = self.formed.get(frozenset(members))
            if known is None:
                key = self.compiled.keys[self.compiled.key_of(r)]
                units = [self.units[unit] for unit in members]
                known = nest_again(units, self.problem.shop, key=key, run_id=f"changed-{r}", offcuts=())
            found[r] = known
            s[s[R_NESTED] + r] = len(known.sheets)
            reckon(p, s, r)
        self.search.start()
        return found

    def _prove(self) -> int | None:
        """What the best state costs with the sheets that its runs really take; None where there are not as
        many sheets."""
        p, s = self.compiled.p, self.compiled.s
        moves.take_best(p, s)
        queue = [r for r in range(self.compiled.runs) if s[s[R_ATOMS] + r]]
        while queue:
            r = queue.pop()
            sheets = self._nested(r)
            while sheets > self.problem.limits.max_sheets and s[s[R_ATOMS] + r] > 1:
                other = self._give_away(r, queue)
                if other < 0:
                    return None
                sheets = self._nested(r)
            s[s[R_NESTED] + r] = sheets
            reckon(p, s, r)
        if not self._has_sheets():
            return None
        self.search.start()
        return self.search.cost

    def _nested(self, r: int) -> int:
        """How many sheets the run takes."""
        key = self.compiled.keys[self.compiled.key_of(r)]
        if not key.material:
            return 0
        members = self._members(r)
        known = self.sheets.get(frozenset(members))
        if known is None:
            parts = [part for unit in members for part in self.units[unit].parts for _ in range(part.count)]
            items = [Item(n, part.width_um, part.height_um, part.may_rotate) for n, part in enumerate(parts)]
            known = len(nest(items, self.compiled.sizes[key], rounds=ROUNDS))
            self.sheets[frozenset(members)] = known
        return known

    def _give_away(self, r: int, queue: list[int]) -> int:
        """The atom that is due last goes into an empty run, still to be proven; -1: there is none."""
        p, s = self.compiled.p, self.compiled.s
        place = int(moves.empty_place(p, s))
        if place < 0:
            return -1
        other = int(s[s[ORDER] + place])
        moves.begin_split(p, s, r, other)
        last = max(self.compiled.members(r), key=lambda atom: (int(p[p[A_DUE] + atom]), atom))
        move_atom(s, last, other)
        for one in (r, other):
            s[s[R_NESTED] + one] = 0
            reckon(p, s, one)
        queue.append(other)
        return other

    def _has_sheets(self) -> bool:
        """Whether there are as many sheets in stock as all runs take."""
        s, used = self.compiled.s, Counter[str]()
        for r in range(self.compiled.runs):
            if s[s[R_ATOMS] + r]:
                used[self.compiled.keys[int(s[s[R_KEY] + r])].material] += int(s[s[R_NESTED] + r])
        before = Counter[str]()
        for run in self.runs:
            before[run.key.material] += len(run.sheets)
        claimed = Counter({claim.material: claim.quantity for claim in self.problem.claims})
        for unit in self.units.values():
            for use in unit.materials:
                claimed[use.material] += use.quantity
        stock = self.problem.shop.stock
        return all(
            count <= max(before[material], stock[material].on_hand - claimed[material])
            for material, count in used.items()
            if material
        )

    def _members(self, r: int) -> list[str]:
        return [unit for atom in self.compiled.members(r) for unit in self.compiled.atoms[atom]]
