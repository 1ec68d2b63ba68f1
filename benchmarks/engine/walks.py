"""A thousand shoppers a model who choose at random among what is offered, and sometimes choose anew.

A walk is stuck when an option has nothing to offer, when something offered is refused, or when the end cannot
be completed into a configuration that breaks no rule (each rule evaluated on it by itself). In models with
many options a walk makes so many clicks and leaves the rest to `complete`.
"""

import random
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import chain
from multiprocessing import get_context

from benchmarks.bars import Bar, Section, Table
from benchmarks.engine.models import Model
from benchmarks.engine.shopper import Shopper, judged
from configurator.engine.domains import Kernel, Undecided

CHANGES = 0.1
PIECES = 4
WALK_SECONDS = 30.0  # that a walk may go on after the time is over
# Most clicks of a walk by the number of options.
SHORT, LONG = 25, 150


@dataclass(frozen=True)
class Walked:
    walks: int
    clicks: int
    unknown: int
    stuck: tuple[str, ...]


def walked(model: Model, *, seed: int, walks: int, seconds: float, first: int = 0) -> Walked:
    """So many walks from the number `first` on, fewer where the seconds of processor time end."""
    kernel = Kernel(model.knowledge)
    most = LONG if len(model.spec.options) <= LONG else SHORT
    clicks, unknown, stuck, done = 0, 0, [], 0
    end = time.process_time() + seconds
    for number in range(first, first + walks):
        if time.process_time() > end:
            break
        done += 1
        chance = random.Random(f"{seed}/{number}")
        try:
            walk = Shopper(kernel, chance).walk(most=most, changes=CHANGES, until=end + WALK_SECONDS)
            if not judged(kernel, walk):
                stuck.append(f"{seed}/{number}: {walk.stuck or 'the end'} after {walk.final}")
        except Undecided:
            stuck.append(f"{seed}/{number}: undecided")
        clicks += len(walk.states)
        unknown += walk.unknown
    return Walked(done, clicks, unknown, tuple(stuck))


def _together(pieces: Sequence[Walked]) -> Walked:
    return Walked(
        sum(piece.walks for piece in pieces),
        sum(piece.clicks for piece in pieces),
        sum(piece.unknown for piece in pieces),
        tuple(chain.from_iterable(piece.stuck for piece in pieces)),
    )


def section(named: Sequence[Model], *, seed: int, walks: int, seconds: float, fewer: bool) -> Section:
    """Two pieces of the walks at a time: nothing is timed here. `fewer` walks are enough where the seconds,
    of each piece, end first."""
    found = Section("walks", "Random walks")
    found.notes.append((__doc__ or "").strip())
    rows = []
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        size = -(-walks // PIECES)
        pending = [
            (
                model,
                [
                    pool.submit(
                        walked,
                        model,
                        seed=seed,
                        walks=min(size, walks - first),
                        seconds=seconds / PIECES,
                        first=first,
                    )
                    for first in range(0, walks, size)
                ],
            )
            for model in named
        ]
        for model, pieces in pending:
            result = _together([piece.result() for piece in pieces])
            rows.append(
                [
                    model.name,
                    *(f"{n:,}" for n in (result.walks, result.clicks, len(result.stuck), result.unknown)),
                ]
            )
            enough = result.walks == walks or fewer
            figure = float(len(result.stuck)) if enough or result.stuck else None
            why = "" if figure is not None else f"only {result.walks} walks in {seconds:.0f} CPU s"
            name = f"{result.walks if fewer else walks:,} random walks, {model.name}"
            found.bars.append(Bar(name, figure, 0, unit="stuck", at_most=True, why=why))
            found.raw[model.name] = {"walks": result.walks, "clicks": result.clicks, "stuck": result.stuck}
    found.tables.append(Table("Walks", ["model", "walks", "clicks", "stuck", "unknown values seen"], rows))
    return found
