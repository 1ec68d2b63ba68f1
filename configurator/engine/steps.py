"""The steps of a design that is being made: what undo takes back and redo makes again."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

MOST_STEPS = 100
# Typing arrives in pieces: changes of one option that follow each other this fast are one step.
ONE_GO = timedelta(seconds=2)

# For every option that changed, what was chosen before and after; None where nothing was.
Step = dict[str, list[Any]]


def taken(
    past: list[Step], *, before: Mapping[str, Any], after: Mapping[str, Any], since: timedelta
) -> list[Step]:
    """The steps after a change made `since` the last one; the oldest are forgotten."""
    step = {
        option: [before.get(option), after.get(option)]
        for option in {**before, **after}
        if before.get(option) != after.get(option)
    }
    last = past[-1] if past else {}
    if len(step) == 1 and step.keys() == last.keys() and since <= ONE_GO:
        (option,) = step
        merged = {option: [last[option][0], step[option][1]]}
        kept = past[:-1]
        return kept if merged[option][0] == merged[option][1] else [*kept, merged]
    return [*past, step][-MOST_STEPS:]


def values(step: Step, *, back: bool) -> dict[str, Any]:
    """What the options of a step are set to when it is taken back, or made again."""
    return {option: pair[0 if back else 1] for option, pair in step.items()}
