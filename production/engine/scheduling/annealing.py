"""The search for a schedule of compiled runs: rules of dispatch over a grid, then rounds of annealing."""

# ruff: noqa: F403, F405 - the names of the fields

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import product
from typing import Any, NamedTuple

from production.engine.kernels import BEYOND, Ints, copied, ints
from production.engine.scheduling import moves
from production.engine.scheduling.compiled import Compiled
from production.engine.scheduling.decoder import PENALTY, decode
from production.engine.scheduling.names import *

# Set-ups count so many times, promises so many sixteenths, so many runs of the order are looked at.
ALPHAS, DUES, WINDOWS = (0, 1, 3, 8, 20), (0, 1, 4, 16), (8, 24)
# So many orders of dispatch are always tried.
ORDERS = 5
# All ways of the grid.
MOST = 1_000
# A round of annealing is this many schedules, each further one twice as long until so many doublings: beyond,
# more rounds find more than longer ones (80 lines, 240 CPU s: 4,596 instead of 4,619).
FIRST_ROUND, DOUBLINGS = 1_000, 6
# The threshold of a round, by turns: thousandths of what the plan costs a run. (Of what moves for the worse
# typically cost, the more runs the more was far too much: at 1,000 lines plans got 15 % dearer.)
HEAT = (1000, 300, 100)
# A repair begins near where it ends.
REPAIR_HEAT = (100, 30, 10)
# For a fuller load a run waits at most so many seconds.
LONGEST_WAIT = 4 * 3600
# Schedules between two questions whether to stop, by how much work one is.
PATIENCE = 20_000


class State(NamedTuple):
    """The runs and their order, the parameters that they are decoded with, how many runs there are."""

    s: Ints
    prm: Ints
    active: int


class Search:
    """The best state of the runs so far, and what finds better ones. ``tried`` counts schedules."""

    def __init__(self, compiled: Compiled, *, seed: int = 0) -> None:
        self.compiled, self.p, self.s = compiled, compiled.p, compiled.s
        self.tried = self.rounds = self.cost = 0
        self.prm = ints((1, 4, 1, 0, 3600))
        self.chance = ints((seed & 0x7FFFFFFF,))
        self.control = int(self.s[CONTROL])
        self._count_runs()

    def dispatch(self, stop: Callable[[int], bool], *, most: int = MOST) -> None:
        """Try the rules of dispatch: each order of the runs, and until ``stop`` the first so many ways of a
        grid of parameters; the best becomes the state."""
        self._count_runs()
        best: tuple[int, list[int], tuple[int, ...]] | None = None
        for number, (order, prm) in enumerate(self._ways()):
            if number >= ORDERS and (number >= most or stop(self.tried)):
                break
            self._set_order(order)
            cost = self._decode(prm)
            if best is None or cost < best[0]:
                best = cost, self._taken(order), prm
        assert best is not None
        cost, order, prm = best
        plain = (prm[0], prm[1], 1, 0, prm[4])
        self._set_order(order)
        self.prm = ints(plain)
        again = self._decode(plain)
        if again > cost:
            # The way cannot be told by an order alone: then its first order, as it is.
            self.prm = ints(prm)
        self.start()

    def follow_base(self) -> None:
        """The state becomes the plan in force, put off where it has to be: its work is held on its machines
        and not before its times; of the ways to put other runs between it, the best."""
        s, p = self.s, self.p
        kinds = int(p[KINDS])
        begins: dict[int, int] = {}
        for r in range(self.compiled.runs):
            for t in range(r * kinds, (r + 1) * kinds):
                if s[s[BASE_MACHINE] + t] >= 0 and not s[s[T_FIXED] + t]:
                    s[s[T_HELD] + t], s[s[T_FIX] + t] = s[s[BASE_START] + t], s[s[BASE_FIX] + t]
                    begins[r] = min(begins.get(r, BEYOND), int(s[s[BASE_START] + t]))
        others = [r for r in range(self.compiled.runs) if s[s[R_ATOMS] + r] and r not in begins]
        best: tuple[int, list[int]] | None = None
        # Others as soon as they may begin, a day or a shift before their promise, or behind all that stands.
        for early in (BEYOND, 86_400, 8 * 3600, -BEYOND) if others else (0,):
            place = {r: max(int(s[s[R_RELEASE] + r]), int(s[s[R_DUE] + r]) - early) for r in others} | begins
            order = sorted(place, key=lambda r: (place[r], int(s[s[R_DUE] + r]), r))
            self._set_order(order)
            cost = self._decode((1, 4, 1, 0, 3600))
            if best is None or cost < best[0]:
                best = cost, order
        if best is not None:
            self._set_order(best[1])
        self.prm = ints((1, 4, 1, 0, 3600))
        s[self.control + moves.REPAIR] = 1
        self.start()

    def _has_loads(self) -> bool:
        return any(self.p[self.p[C_BATCH] + c] for c in range(int(self.p[CENTRES])))

    def run(
        self, stop: Callable[[int], bool], *, report: Callable[[dict[str, Any]], None] | None = None
    ) -> None:
        """Rounds of annealing until ``stop``; each begins with the best so far."""
        while self.active and not stop(self.tried):
            self.round(stop, report=report)

    def round(
        self,
        stop: Callable[[int], bool],
        *,
        report: Callable[[dict[str, Any]], None] | None = None,
        may_change: bool = False,
    ) -> None:
        """A round from the best state, or what of it there is until ``stop``. Runs change where they
        ``may_change``. Twice as long each time at first, the threshold in turn low, middling and high."""
        s, control = self.s, self.control
        length = max(FIRST_ROUND, 20 * self.active) << min(self.rounds, DOUBLINGS)
        chunk = max(PATIENCE // (self.active * int(self.p[KINDS]) + 1), 8)
        s[control + moves.MAY_CHANGE] = int(may_change)
        s[control + moves.WAIT] = LONGEST_WAIT if self._has_loads() else 0
        self._begin_round(length)
        self.rounds += 1
        while s[control + moves.DONE] < length:
            count = min(chunk, length - int(s[control + moves.DONE]))
            moves.anneal(self.p, s, self.prm, self.chance, count)
            self.tried += count
            self.cost = int(s[control + moves.LEAST])
            if report is not None:
                report({"step": "searching", "tried": self.tried, "cost": self.cost // 3600})
            if stop(self.tried):
                return

    def settle_best(self) -> int:
        """Decode the best state, without the runs that find no place in it; its cost."""
        moves.take_best(self.p, self.s)
        while True:
            cost = int(decode(self.p, self.s, self.prm))
            failed = [r for r in range(self.compiled.runs) if self._is_failed(r)]
            if not failed:
                return cost
            for r in failed:
                self.s[self.s[R_OUT] + r] = 1

    def _is_failed(self, r: int) -> bool:
        s = self.s
        return bool(s[s[R_ATOMS] + r] and s[s[R_FAILED] + r] and not s[s[R_OUT] + r])

    def _begin_round(self, length: int) -> None:
        """The threshold is a share of what the plan costs a run; the first round takes nothing worse."""
        s, control = self.s, self.control
        moves.take_best(self.p, s)
        s[control + moves.NOW] = decode(self.p, s, self.prm)
        s[control + moves.DONE], s[control + moves.ROUND] = 0, length
        heat = REPAIR_HEAT if s[control + moves.REPAIR] else HEAT
        share = heat[self.rounds % len(heat)] if self.rounds else 0
        worth = int(s[control + moves.NOW]) % PENALTY // max(self.active, 1)
        s[control + moves.THRESHOLD] = worth * share // 1000

    def start(self) -> None:
        """The state as it is becomes the best."""
        s = self.s
        cost = decode(self.p, s, self.prm)
        s[self.control + moves.NOW] = s[self.control + moves.LEAST] = cost
        self.cost = int(cost)
        moves.keep_best(self.p, s)

    def _count_runs(self) -> None:
        """How many there are: as many of the first places of the order are in use."""
        s = self.s
        self.active = sum(1 for r in range(self.compiled.runs) if s[s[R_ATOMS] + r])
        s[self.control + moves.USED] = self.active

    def state(self) -> State:
        """What ``restore`` goes back to."""
        return State(copied(self.s), copied(self.prm), self.active)

    def restore(self, state: State) -> None:
        """Go back to it; it becomes the best."""
        self.s[:], self.prm, self.active = state.s, copied(state.prm), state.active
        self.start()

    def _ways(self) -> Iterable[tuple[list[int], tuple[int, ...]]]:
        orders = self._orders()
        for alpha in (1, 0, 4):
            for order in orders:
                yield order, (alpha, 4, 1, 0, 3600)
        for alpha, due, window in product(ALPHAS, DUES, WINDOWS):
            yield orders[0], (alpha, 4, window, due, 3600)

    def _orders(self) -> list[list[int]]:
        """Earliest promise first; by day and key; by key; least slack; longest work first by day."""
        s, p = self.s, self.p
        runs = [r for r in range(self.compiled.runs) if s[s[R_ATOMS] + r]]
        due = {r: int(s[s[R_DUE] + r]) for r in runs}
        key = {r: int(s[s[R_KEY] + r]) for r in runs}
        kinds, places = int(p[KINDS]), int(p[PLACES])
        work = {
            r: sum(int(s[s[T_SECONDS] + t * places]) for t in range(r * kinds, (r + 1) * kinds)) for r in runs
        }
        rules: tuple[Callable[[int], tuple[int, ...]], ...] = (
            lambda r: (due[r], key[r], r),
            lambda r: (due[r] // 86_400, key[r], due[r], r),
            lambda r: (key[r], due[r], r),
            lambda r: (due[r] - work[r], key[r], r),
            lambda r: (due[r] // 86_400, -work[r], r),
        )
        return [sorted(runs, key=rule) for rule in rules]

    def _set_order(self, order: list[int]) -> None:
        s = self.s
        rest = sorted(set(range(self.compiled.runs)) - set(order))
        for i, r in enumerate([*order, *rest]):
            s[s[ORDER] + i] = r

    def _taken(self, order: list[int]) -> list[int]:
        """The runs in the order in which they were really taken."""
        s = self.s
        rank = {r: i for i, r in enumerate(order)}
        taken = {r: int(s[s[R_TAKEN] + r]) for r in order}
        return sorted(order, key=lambda r: (taken[r] < 0, taken[r], rank[r]))

    def _decode(self, prm: tuple[int, ...]) -> int:
        self.tried += 1
        return int(decode(self.p, self.s, ints(prm)))
