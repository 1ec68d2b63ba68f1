"""Parts with outlines on one strip, laid into each other by spyrrow where it is installed.

What it answers is in floating point, and only taken after it was rounded to micrometres and found to keep
the gap and the strip in whole numbers. Deterministic: see ``strip_child``.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from functools import lru_cache
from importlib.util import find_spec
from itertools import combinations
from pathlib import Path
from typing import Any, NamedTuple

from production.engine.nesting.maxrects import Placed
from production.engine.outlines import Outline, Point, edges, meet, side, turned

CHILD = Path(__file__).with_name("strip_child.py")
# What rounding may take of a gap, in micrometres: coordinates are rounded to one, a float of a metre to less.
SLACK = 5
# A search that is still at it after so many seconds has gone astray; nothing of it is taken.
FENCE = 600
SEED = 1
CLOCKWISE = 270.0  # in degrees against the clock, as spyrrow counts


class Shape(NamedTuple):
    """What is laid: its outline, and whether it may be turned by 90 degrees."""

    outline: Outline
    may_rotate: bool

    @property
    def width(self) -> int:
        return max(x for x, _ in self.outline)

    @property
    def height(self) -> int:
        return max(y for _, y in self.outline)


class Strip(NamedTuple):
    """``length`` is what is taken of the strip, from its left end; ``places`` are by shape, from its lower
    left corner."""

    length: int
    places: tuple[Placed, ...]


def is_there() -> bool:
    """Whether spyrrow is installed."""
    return find_spec("spyrrow") is not None


def lay(shapes: tuple[Shape, ...], *, length: int, breadth: int, gap: int, shortest: bool) -> Strip | None:
    """All shapes on a strip of this breadth and at most this length; as short as is found where it is to be
    the ``shortest``. None where that is not found, or nobody is there to look."""
    return searched(shapes, length, breadth, gap, shortest) if shapes and is_there() else None


@lru_cache(maxsize=512)
def searched(shapes: tuple[Shape, ...], length: int, breadth: int, gap: int, shortest: bool) -> Strip | None:
    """The same; what was searched for before is remembered, so that a plan made again does not pay again."""
    kinds = list(dict.fromkeys(shapes))
    members: dict[int, list[int]] = {kind: [] for kind in range(len(kinds))}
    for number, shape in enumerate(shapes):
        members[kinds.index(shape)].append(number)
    placed = _asked(
        {
            "items": [
                {
                    "shape": [[x / 1000, y / 1000] for x, y in kind.outline],
                    "count": len(members[number]),
                    "angles": [0.0, CLOCKWISE] if kind.may_rotate else [0.0],
                }
                for number, kind in enumerate(kinds)
            ],
            # Its parts keep the gap to the edges of the strip too, which ours do not have to.
            "breadth": (breadth + 2 * gap + 2 * SLACK) / 1000,
            "length": 0 if shortest else (length + 2 * gap) / 1000,
            "gap": (gap + SLACK) / 1000,
            "seed": SEED,
            "fence": FENCE,
        }
    )
    if placed is None:
        return None
    places: list[Placed | None] = [None] * len(shapes)
    for kind, x, y, angle in placed:
        is_turned = round(angle) % 360 == round(CLOCKWISE)
        down = kinds[kind].width if is_turned else 0
        places[members[kind].pop()] = Placed(round(x * 1000), round(y * 1000) - down, is_turned)
    laid = [place for place in places if place is not None]
    if len(laid) != len(shapes):
        return None
    return _checked(shapes, laid, length, breadth, gap)


def _asked(question: dict[str, Any]) -> list[tuple[int, float, float, float]] | None:
    try:
        done = subprocess.run(
            [sys.executable, "-I", str(CHILD)],
            input=json.dumps(question),
            capture_output=True,
            text=True,
            timeout=2 * FENCE,
            check=False,
        )
        answer: list[tuple[int, float, float, float]] | None = json.loads(done.stdout)["placed"]
    except (OSError, ValueError, KeyError, subprocess.TimeoutExpired):
        return None
    return answer


def _checked(
    shapes: Sequence[Shape], laid: Sequence[Placed], length: int, breadth: int, gap: int
) -> Strip | None:
    """The places moved into the lower left corner; None where they do not keep the strip or the gap."""
    left, bottom = min(place.x for place in laid), min(place.y for place in laid)
    places = tuple(Placed(place.x - left, place.y - bottom, place.rotated) for place in laid)
    lying = [lying_at(shape, place) for shape, place in zip(shapes, places, strict=True)]
    right = max(x for outline in lying for x, _ in outline)
    top = max(y for outline in lying for _, y in outline)
    if right > length or top > breadth:
        return None
    if any(not are_apart(one, other, gap) for one, other in combinations(lying, 2)):
        return None
    return Strip(right, places)


def lying_at(shape: Shape, place: Placed) -> Outline:
    """The outline where it lies."""
    outline = turned(shape.outline, shape.width) if place.rotated else shape.outline
    return tuple((place.x + x, place.y + y) for x, y in outline)


def are_apart(one: Outline, other: Outline, gap: int) -> bool:
    """Whether two outlines keep the gap, and a micrometre at least, exactly."""
    gap = max(gap, 1)
    if not _boxes_near(one, other, gap):
        return True
    theirs = edges(other)
    for a, b in edges(one):
        for c, d in theirs:
            if _boxes_near((a, b), (c, d), gap) and _segments_near(a, b, c, d, gap):
                return False
    return not _is_inside(one[0], other) and not _is_inside(other[0], one)


def _boxes_near(one: Outline, other: Outline, gap: int) -> bool:
    for axis in (0, 1):
        mine, theirs = [p[axis] for p in one], [p[axis] for p in other]
        if min(mine) - max(theirs) >= gap or min(theirs) - max(mine) >= gap:
            return False
    return True


def _segments_near(a: Point, b: Point, c: Point, d: Point, gap: int) -> bool:
    """Nearer than the gap. Segments that do not meet are nearest at an end of one of them."""
    return meet(a, b, c, d) or any(
        _point_near(p, q, r, gap) for p, q, r in ((a, c, d), (b, c, d), (c, a, b), (d, a, b))
    )


def _point_near(p: Point, a: Point, b: Point, gap: int) -> bool:
    along = (p[0] - a[0]) * (b[0] - a[0]) + (p[1] - a[1]) * (b[1] - a[1])
    whole = (b[0] - a[0]) ** 2 + (b[1] - a[1]) ** 2
    if 0 < along < whole:
        return side(a, b, p) ** 2 < gap * gap * whole
    end = a if along <= 0 else b
    return (p[0] - end[0]) ** 2 + (p[1] - end[1]) ** 2 < gap * gap


def _is_inside(p: Point, outline: Outline) -> bool:
    """By how often a ray to the right crosses it."""
    inside = False
    for a, b in edges(outline):
        if (a[1] > p[1]) != (b[1] > p[1]) and (side(a, b, p) > 0) == (b[1] > a[1]):
            inside = not inside
    return inside
