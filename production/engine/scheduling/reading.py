"""The schedule of the kernels as operations."""

# ruff: noqa: F403, F405 - the names of the fields

from collections.abc import Mapping, Sequence

from production.engine.proposal import Operation, Run
from production.engine.scheduling.compiled import Compiled
from production.engine.scheduling.names import *


def operations_of(
    compiled: Compiled, runs: Mapping[int, Run], *, fixed: Sequence[Operation] = ()
) -> list[Operation]:
    """The operations of the runs (by their numbers) that have found a place; ``fixed`` are handed on."""
    p, s = compiled.p, compiled.s
    kinds = int(p[KINDS])
    stay = {(one.run, one.step, one.setup_family): one for one in fixed}
    taken = {frozen.load for frozen in compiled.problem.frozen} | {one.load for one in fixed}
    found: list[Operation] = []
    for r, run in runs.items():
        if s[s[R_FAILED] + r] or s[s[R_OUT] + r] or not s[s[R_ATOMS] + r]:
            continue
        members: dict[int, set[str]] = {}
        for atom in compiled.members(r):
            for step in range(p[p[A_PTR] + atom], p[p[A_PTR] + atom + 1]):
                members.setdefault(int(p[p[STEP_KIND] + step]), set()).update(compiled.atoms[atom])
        for j, units in sorted(members.items()):
            t = r * kinds + j
            kind = compiled.kinds[int(s[s[R_KEY] + r])][j]
            if s[s[T_FIXED] + t]:
                found.append(stay[run.id, kind.step, kind.family])
                continue
            centre, machine = compiled.options[int(s[s[X_OPTION] + t])]
            operator, tool, load = (int(s[s[row] + t]) for row in (X_OPERATOR, X_TOOL, X_LOAD))
            name = f"load-{load + 1}" if load >= 0 else ""
            while name and name in taken:
                name += "n"
            found.append(
                Operation(
                    run=run.id,
                    step=kind.step,
                    work_centre=centre,
                    setup_family=kind.family,
                    machine=compiled.machines[machine].code,
                    units=tuple(unit for unit in run.units if unit in units),
                    seconds=int(s[s[X_SECONDS] + t]),
                    setup_start=int(s[s[X_SETUP] + t]),
                    start=int(s[s[X_START] + t]),
                    end=int(s[s[X_END] + t]),
                    operator=compiled.resources[operator] if operator >= 0 else "",
                    tool=compiled.resources[tool] if tool >= 0 else "",
                    load=name,
                )
            )
    return sorted(found, key=lambda o: (o.setup_start, o.machine, o.run, o.step))
