"""Frozen work stays where it is."""

from collections.abc import Iterator

from production.engine.certificate.findings import Breach
from production.engine.certificate.reckoning import intervals_of, setup_seconds, worked
from production.engine.proposal import FrozenOperation, Problem, Proposal


def check(problem: Problem, proposal: Proposal) -> Iterator[Breach]:
    """Untouched but for set-ups, which follow the neighbours. Only when the frozen work cannot be done
    at the times it had may what is not started move: later, on its machine, in its order."""
    shown = {frozen.id: frozen for frozen in proposal.frozen}
    may_move = not _frozen_stands(problem)
    for frozen in problem.frozen:
        now = shown.pop(frozen.id, None)
        if now is None:
            yield Breach("frozen-lost", frozen.id, "The frozen operation is not in the proposal.")
            continue
        if _content(now) != _content(frozen):
            yield Breach("frozen-changed", frozen.id, "The frozen operation was changed.")
        times, old = (now.start, now.end), (frozen.start, frozen.end)
        if times == old and (not frozen.started or now.setup_start == frozen.setup_start):
            continue
        if frozen.started or not may_move or now.start < frozen.start:
            yield Breach("frozen-changed", frozen.id, f"Frozen work was moved from {old} to {times}.")
        for before in now.after:
            earlier = next((f for f in proposal.frozen if f.id == before), None)
            if earlier is not None and now.start < earlier.end:
                yield Breach("precedence", frozen.id, f"Begins before {before} has ended.")
    for extra in shown:
        yield Breach("frozen-changed", extra, "Nothing of this name is frozen.")


def _content(frozen: FrozenOperation) -> tuple[object, ...]:
    return (
        frozen.run,
        frozen.step,
        frozen.work_centre,
        frozen.machine,
        frozen.setup_family,
        frozen.seconds,
        frozen.started,
        frozen.after,
    )


def _frozen_stands(problem: Problem) -> bool:
    """Whether the frozen operations alone can be done at the times that they have."""
    shop = problem.shop
    ends = {frozen.id: frozen.end for frozen in problem.frozen}
    for frozen in problem.frozen:
        if any(ends.get(before, 0) > frozen.start for before in frozen.after):
            return False
    for machine in shop.machines:
        mine = sorted(
            (f for f in problem.frozen if f.machine == machine.code), key=lambda f: (f.start, f.end, f.id)
        )
        family, free_from = machine.setup_state, 0
        for frozen in mine:
            if not frozen.started:
                setup = setup_seconds(shop, machine.work_centre, family, frozen.setup_family)
                earliest = max(free_from, shop.now)
                room = worked(intervals_of(shop, machine), earliest, frozen.start)
                if frozen.start < earliest or room < setup:
                    return False
            family, free_from = frozen.setup_family, max(free_from, frozen.end)
    return True
