"""Parts with outlines laid into each other, beside the boxes around them.

Discs, ovals, arches and houses of 90-240 mm by a seed, a few dozen on sheets of 600 x 400 mm with gaps of
3 mm, may be turned by 90 degrees. Both plans are certified; sheets and the largest rectangle that is left of
the emptiest sheet are counted. CPU seconds with those of spyrrow's process. Without spyrrow it is left out.
"""

import random
import resource
import time
from dataclasses import replace

from benchmarks.bars import Bar, Section, Table
from benchmarks.planning.sizes import Scale
from configurator.engine.outlines import corners
from production.engine.certificate import certify
from production.engine.interlocking import boxes_of
from production.engine.nesting import strips
from production.engine.nesting.offcuts import remnant
from production.engine.planning import propose
from production.engine.proposal import Problem, Proposal, Sheet
from production.engine.work import Part, Unit
from tests.workshops import sign, sign_shop

SHAPES = ("oval", "arch", "house")
ROUND = 0.5  # this share of the ovals are discs
COUNTS = {True: (6, 10, 14, 18, 22, 26, 30, 34), False: (4,)}
SHEET_AREA = 600_000 * 400_000


def section(scale: Scale) -> Section:
    found = Section("outlines", "Parts with outlines")
    found.notes.append((__doc__ or "").strip())
    if not strips.is_there():
        found.left_out.append("outlines: spyrrow is not installed")
        return found
    rows, breaches, worse, differ = [], 0, 0, 0
    sheets = {True: 0, False: 0}
    for number, count in enumerate(COUNTS[scale.large]):
        problem = Problem(sign_shop(), signs(count, scale.seed + number))
        boxes = replace(problem, units=tuple(map(boxed, problem.units)))
        begun = spent()
        shaped = propose(problem, seed=scale.seed)
        took = spent() - begun
        plain = propose(boxes, seed=scale.seed)
        breaches += len(certify(problem, shaped).breaches) + len(certify(boxes, plain).breaches)
        if number == 0 and scale.large:
            strips.searched.cache_clear()
            differ += shaped != propose(problem, seed=scale.seed)
        of = {True: counted(shaped), False: counted(plain)}
        for is_shaped, (number_of, _) in of.items():
            sheets[is_shaped] += number_of
        worse += of[True][0] > of[False][0]
        area = sum(part.area for unit in problem.units for part in unit.parts) / SHEET_AREA
        left = (f"{100 * of[kind][1] / SHEET_AREA:.0f} %" for kind in (True, False))
        rows.append([str(count), f"{area:.2f}", str(of[True][0]), str(of[False][0]), *left, f"{took:.1f}"])
    columns = ["parts", "sheets by area", "sheets", "of boxes", "largest remnant", "of boxes", "CPU s"]
    found.tables.append(Table("Sheets of outlines and of their boxes", columns, rows))
    share = sheets[True] / sheets[False]
    found.bars.append(Bar("outlines: sheets beside those of their boxes", share, 1, at_most=True))
    wrong = {"plans worse than boxes": worse, "breaches": breaches}
    for told, figure in (wrong | ({"plans that differ": differ} if scale.large else {})).items():
        found.bars.append(Bar(f"outlines: {told}", figure, 0, "wrong", at_most=True))
    return found


def signs(count: int, seed: int) -> tuple[Unit, ...]:
    chance = random.Random(seed)
    units = []
    for number in range(count):
        shape, width, height = chance.choice(SHAPES), chance.randint(90, 240), chance.randint(90, 240)
        if shape == "oval" and chance.random() < ROUND:
            height = width
        sides = width * 1000, height * 1000
        outline = tuple((x, sides[1] - y) for x, y in corners(shape, *sides))
        units.append(replace(sign(number), parts=(Part("board", *sides, outline=outline),)))
    return tuple(units)


def boxed(unit: Unit) -> Unit:
    return replace(unit, parts=tuple(replace(part, outline=()) for part in unit.parts))


def counted(proposal: Proposal) -> tuple[int, int]:
    """Sheets, and the largest rectangle that is left of any of them."""
    sheets = [sheet for run in proposal.runs for sheet in run.sheets]
    return len(sheets), max(map(left_of, sheets))


def left_of(sheet: Sheet) -> int:
    taken = [box for placement in sheet.placements for box in boxes_of(placement)]
    left = remnant(
        width_um=sheet.width_um, height_um=sheet.height_um, gap_um=3_000, taken=taken, shortest_um=1
    )
    return left[2] * left[3] if left else 0


def spent() -> float:
    """CPU seconds of this process and of those that it waited for."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime
