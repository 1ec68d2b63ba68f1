"""Runs put together anew from all their atoms: fewer, fuller ones to begin the search with.

``batching`` closes a run for what can begin only later, so that nothing waits for it. Where promises allow,
fewer runs cost less; which of the two pays, the schedule says (``composing``).
"""

# ruff: noqa: F403, F405 - the names of the fields

from __future__ import annotations

from production.engine.kernels import BEYOND
from production.engine.scheduling.compiled import Compiled
from production.engine.scheduling.members import join, move_atom, reckon
from production.engine.scheduling.moves import has_room
from production.engine.scheduling.names import *

HOUR = 3600
NEVER = 1 << 40
# (window, slack) in seconds: what is promised that much later than the first of a run stays out of it, and
# what can begin less than that before the first promise.
WAYS = ((NEVER, 2 * HOUR), (24 * HOUR, 2 * HOUR), (NEVER, 4 * HOUR), (12 * HOUR, 4 * HOUR), (NEVER, -NEVER))
# So many runs of a key take what comes next; those before them count as full.
OPEN = 6


def pack(compiled: Compiled, *, window: int, slack: int) -> bool:
    """Put the atoms of the runs that are not locked into as few runs as these two allow, those due first
    first. False when there are not as many runs as that takes: the state is no plan then."""
    s = compiled.s
    runs: dict[int, list[int]] = {}
    empty: list[int] = []
    for r in range(compiled.runs):
        if not s[s[R_ATOMS] + r]:
            empty.append(r)
        elif not s[s[R_LOCKED] + r]:
            runs.setdefault(compiled.key_of(r), []).append(r)
    for key, mine in sorted(runs.items()):
        if len(mine) > 1 and empty:
            empty = _packed(compiled, key, mine, empty, window, slack)
            if not empty:
                return False
    return True


def _packed(
    compiled: Compiled, key: int, mine: list[int], empty: list[int], window: int, slack: int
) -> list[int]:
    """The runs of one key; the slots that are empty then, none when there were too few."""
    p, s = compiled.p, compiled.s
    pool, *more = empty
    atoms = [atom for r in mine for atom in compiled.members(r)]
    atoms.sort(key=lambda a: (int(p[p[A_DUE] + a]), int(p[p[A_RELEASE] + a]), a))
    s[s[R_KEY] + pool] = key
    for atom in atoms:
        move_atom(s, atom, pool)
    slots = [*mine, *more]
    opened: list[tuple[int, int]] = []
    for atom in atoms:
        for r, due in opened[-OPEN:]:
            late = max(int(p[p[A_RELEASE] + atom]), int(s[s[R_RELEASE] + r]))
            if int(p[p[A_DUE] + atom]) > due + window or (
                late > max(due - slack, int(s[s[R_RELEASE] + r]), int(p[NOT_BEFORE]))
            ):
                continue
            if has_room(p, s, r, atom):
                join(p, s, atom, r)
                break
        else:
            if not slots:
                return []
            r = slots.pop(0)
            s[s[R_KEY] + r], s[s[R_NESTED] + r] = key, 0
            s[s[R_MINIMUM] + r], s[s[R_UNTIL] + r], s[s[R_OUT] + r] = 0, BEYOND, 0
            move_atom(s, atom, r)
            reckon(p, s, r)
            opened.append((r, int(p[p[A_DUE] + atom])))
    for r in (pool, *mine):
        s[s[R_NESTED] + r] = 0
        reckon(p, s, r)
    return [pool, *slots]
