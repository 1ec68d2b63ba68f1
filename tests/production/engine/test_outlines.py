"""Parts with outlines: read, laid into each other, certified by somebody else's arithmetic."""

import math
import random
from bisect import bisect_left
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from production.engine import interlocking
from production.engine.certificate import certify
from production.engine.certificate import outlines as checked
from production.engine.interlocking import interlocked
from production.engine.nesting import strips
from production.engine.outlines import BadOutline, Outline, area_of, cover, read_outline, turned
from production.engine.planning import propose
from production.engine.proposal import LotUse, Placement, Problem, Proposal
from production.engine.shop import Offcut, Shop
from production.engine.work import Part, Unit, read_work
from tests.workshops import sign, sign_shop

needs_spyrrow = pytest.mark.skipif(not strips.is_there(), reason="spyrrow is not installed")


def disc(width: int, height: int, corners: int = 24) -> Outline:
    """An ellipse that fills its box."""
    across, up = width / 2, height / 2
    angles = [2 * math.pi * k / corners for k in range(corners)]
    return tuple((round(across + across * math.cos(a)), round(up + up * math.sin(a))) for a in angles)


def star(corners: int, seed: int, size: int = 1000) -> Outline:
    """A polygon, mostly not convex, that fills its box."""
    chance = random.Random(seed)
    points = []
    for k in range(corners):
        angle, far = 2 * math.pi * k / corners, size * chance.uniform(0.3, 1)
        points.append((round(far * math.cos(angle)), round(far * math.sin(angle))))
    left, bottom = min(x for x, _ in points), min(y for _, y in points)
    return tuple((x - left, y - bottom) for x, y in points)


def box_of(outline: Outline) -> tuple[int, int]:
    return max(x for x, _ in outline), max(y for _, y in outline)


def placed(outline: Outline, x: int, y: int, *, unit: str = "u") -> Placement:
    return Placement(unit, "board", 1, x, y, *box_of(outline), False, outline)


STARS = st.builds(star, st.integers(3, 12), st.integers(0, 10_000))


# --- outlines ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("points", "fault"),
    [
        ([[0, 0], [10, 0]], "3 to 400 points"),
        ([[0, 0], [10, 0], [10, 9], [0, 9]], "does not fill its box"),
        ([[0, 0], [10, 10], [10, 0], [0, 10]], "crosses itself"),
        ([[0, 0], [10, 0], [10, 10], [10, 0], [0, 10]], "crosses itself"),
        ([[0, 0], [5, 0], [10, 0], [10, 10], [5, 0], [0, 10]], "crosses itself"),
        ([[0, 0, 0]], "list of points"),
        ("round", "list of points"),
    ],
)
def test_what_is_no_outline_of_that_box_is_refused(points: object, fault: str) -> None:
    with pytest.raises(BadOutline, match=fault):
        read_outline(points, 10, 10)


def test_work_has_the_outline_of_its_parts() -> None:
    part = {"code": "a", "width_um": 10, "height_um": 8, "count": 1, "may_rotate": True}
    (read,) = read_work({"parts": [{**part, "outline": [[0, 0], [10, 0], [5, 8]]}]}).parts
    assert (read.outline, read.area) == (((0, 0), (10, 0), (5, 8)), 40)
    (plain,) = read_work({"parts": [part]}).parts
    assert (plain.outline, plain.area) == ((), 80)
    with pytest.raises(ValueError, match="touches or crosses"):
        read_work({"parts": [{**part, "outline": [[0, 0], [10, 8], [10, 0], [0, 8]]}]})


@settings(max_examples=60, deadline=None)
@given(STARS)
def test_both_sides_agree_about_area_and_turning(outline: Outline) -> None:
    width, height = box_of(outline)
    assert read_outline([list(point) for point in outline], width, height) == outline
    twice = [
        abs(sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise((*t, t[0]))))
        for t in checked.triangles(outline)
    ]
    assert area_of(outline) == checked.area(outline) == sum(twice) // 2
    part = Part("a", width, height, outline=outline)
    assert turned(outline, width) == checked.outline_of(part, rotated=True)
    assert box_of(turned(outline, width)) == (height, width)


@settings(max_examples=60, deadline=None)
@given(STARS, st.integers(0, 500), st.integers(0, 500))
def test_what_covers_an_outline_leaves_nothing_of_it_out(outline: Outline, x: int, y: int) -> None:
    boxes = cover(outline, (x, y, *box_of(outline)))
    for a, b in pairwise((*outline, outline[0])):
        for share in (0, Fraction(1, 3), Fraction(1, 2)):
            px, py = x + a[0] + (b[0] - a[0]) * share, y + a[1] + (b[1] - a[1]) * share
            assert any(l <= px <= l + w and d <= py <= d + h for l, d, w, h in boxes)  # noqa: E741


def distance_squared(one: Outline, other: Outline) -> Fraction:
    """Between the sides of two polygons that do not meet, by brute force."""

    def to_segment(p: tuple[int, int], a: tuple[int, int], b: tuple[int, int]) -> Fraction:
        whole = (b[0] - a[0]) ** 2 + (b[1] - a[1]) ** 2
        along = (p[0] - a[0]) * (b[0] - a[0]) + (p[1] - a[1]) * (b[1] - a[1])
        share = min(max(Fraction(along, whole), Fraction(0)), Fraction(1))
        x, y = a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1])
        return (p[0] - x) ** 2 + (p[1] - y) ** 2

    return min(
        to_segment(p, a, b)
        for mine, theirs in ((one, other), (other, one))
        for p in mine
        for a, b in pairwise((*theirs, theirs[0]))
    )


@settings(max_examples=150, deadline=None)
@given(STARS, STARS, st.integers(-2200, 2200), st.integers(-2200, 2200), st.integers(1, 300))
def test_planner_and_certificate_agree_about_every_gap(
    one: Outline, other: Outline, x: int, y: int, gap: int
) -> None:
    moved = tuple((px + x, py + y) for px, py in other)
    shapes = [checked.polygon(placed(one, 0, 0), one), checked.polygon(placed(other, x, y), other)]
    near = list(checked.too_near(shapes, gap))
    assert strips.are_apart(one, moved, gap) == (not near)
    if not list(checked.too_near(shapes, 0)):
        assert bool(near) == (distance_squared(one, moved) < gap * gap)


def test_outlines_that_touch_are_apart_without_a_gap() -> None:
    triangle: Outline = ((0, 0), (100, 0), (0, 100))
    other: Outline = ((100, 0), (100, 100), (0, 100))
    shapes = [checked.polygon(placed(each, 0, 0), each) for each in (triangle, other)]
    assert list(checked.too_near(shapes, 0)) == []
    assert list(checked.too_near(shapes, 1)) == [(0, 1)]
    assert list(checked.too_near([shapes[0], shapes[0]], 0)) == [(0, 1)]


# --- laid into each other ---------------------------------------------------------------------------------

# Five of them lie on a sheet of 600 x 400 mm like the five of a die, four of their boxes beside each other.
ROUND = Part("board", 168_000, 168_000, outline=disc(168_000, 168_000))


def small_shop() -> Shop:
    """Sheets on which five round signs lie in two rows, and only four of their boxes."""
    shop = sign_shop()
    sheets = tuple(
        replace(stock, width_um=440_000, height_um=440_000) if stock.width_um else stock
        for stock in shop.materials
    )
    return replace(shop, materials=sheets)


def round_signs(count: int) -> tuple[Unit, ...]:
    return tuple(replace(sign(n), parts=(ROUND,)) for n in range(count))


def planned(count: int = 5) -> tuple[Problem, Proposal]:
    problem = Problem(small_shop(), round_signs(count))
    return problem, propose(problem)


@needs_spyrrow
@pytest.mark.parametrize("load_seconds", [0, 60])
def test_round_signs_share_a_sheet_that_their_boxes_do_not(load_seconds: int) -> None:
    """Before times are given where a sheet takes time of its own, after that where it does not."""
    shop = small_shop()
    centres = (
        replace(c, load_seconds=load_seconds) if c.mode in ("bed", "sheet") else c for c in shop.work_centres
    )
    problem = Problem(replace(shop, work_centres=tuple(centres)), round_signs(5))
    proposal = propose(problem)
    assert certify(problem, proposal).breaches == ()
    (run,) = proposal.runs
    assert len(run.sheets) == 1
    assert "share 1 sheet" in run.why
    boxes = replace(
        problem, units=tuple(replace(u, parts=(replace(ROUND, outline=()),)) for u in problem.units)
    )
    assert len(propose(boxes).runs[0].sheets) == 2
    assert proposal.kpis.sheet_use_permille == 5 * ROUND.area * 1000 // (440_000 * 440_000)


@needs_spyrrow
def test_the_same_shapes_are_laid_the_same() -> None:
    shapes = tuple(strips.Shape(ROUND.outline, True) for _ in range(5))
    room = {"length": 430_000, "breadth": 430_000, "gap": 2_000, "shortest": False}
    strips.searched.cache_clear()
    first = strips.lay(shapes, **room)
    strips.searched.cache_clear()
    assert first is not None
    assert strips.lay(shapes, **room) == first


def test_without_the_library_the_boxes_are_laid(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(strips, "is_there", lambda: False)
    problem, proposal = planned()
    assert certify(problem, proposal).breaches == ()
    assert len(proposal.runs[0].sheets) == 2


def test_an_answer_that_breaks_the_gap_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the library says is looked at in whole numbers first."""
    monkeypatch.setattr(strips, "is_there", lambda: True)
    monkeypatch.setattr(strips, "_asked", lambda _: [(0, 0.0, 0.0, 0.0), (0, 169.0, 0.0, 0.0)])
    shapes = (strips.Shape(ROUND.outline, True),) * 2
    room = {"length": 430_000, "breadth": 430_000, "shortest": False}
    strips.searched.cache_clear()
    assert strips.lay(shapes, gap=1_001, **room) is None
    assert strips.lay(shapes, gap=1_000, **room) is not None
    assert strips.lay(shapes, gap=1_000, **{**room, "length": 336_999}) is None
    strips.searched.cache_clear()


def test_frozen_runs_and_rectangles_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(strips, "is_there", lambda: False)
    problem, proposal = planned()
    units = {unit.id: unit for unit in problem.units}

    def never(*_: object, **__: object) -> None:
        raise AssertionError("nothing was to be laid")

    monkeypatch.setattr(interlocking.strips, "lay", never)
    runs = list(proposal.runs)
    assert interlocked(runs, units, problem.shop, left_alone=[run.id for run in runs]) == runs
    plain = Problem(sign_shop(), tuple(sign(n) for n in range(9)))
    assert certify(plain, propose(plain)).breaches == ()


# --- the certificate --------------------------------------------------------------------------------------


def with_moved(proposal: Proposal, number: int, **changes: object) -> Proposal:
    (run,) = proposal.runs
    (sheet,) = run.sheets
    laid = list(sheet.placements)
    laid[number] = replace(laid[number], **changes)  # type: ignore[arg-type]
    return replace(proposal, runs=(replace(run, sheets=(replace(sheet, placements=tuple(laid)),)),))


def die() -> tuple[Problem, Proposal]:
    """Five round signs like the five of a die, by hand."""
    problem = Problem(small_shop(), round_signs(5))
    proposal = propose(problem)
    (made,) = proposal.runs
    far = 435_000 - 168_000
    corners = [(5_000, 5_000), (5_000, far), (far, 5_000), (far, far)]
    laid = [
        placed(ROUND.outline, x, y, unit=unit)
        for unit, (x, y) in zip(made.units, [*corners, (136_000, 136_000)], strict=True)
    ]
    sheet = replace(made.sheets[0], placements=tuple(laid))
    return problem, replace(proposal, runs=(replace(made, sheets=(sheet,)),))


def kinds(problem: Problem, proposal: Proposal) -> set[str]:
    """What is wrong with how the parts lie; the figures are those of another nest."""
    found = {breach.kind for breach in certify(problem, proposal).breaches}
    return found & {"part-size", "part-shape", "part-turned", "outside-sheet", "parts-overlap", "on-defect"}


@needs_spyrrow
def test_a_gap_that_is_a_tenth_of_a_millimetre_short_is_found_and_named() -> None:
    problem, proposal = die()
    assert kinds(problem, proposal) == set()
    corner = proposal.runs[0].sheets[0].placements[0]
    theirs = tuple((corner.x_um + x, corner.y_um + y) for x, y in ROUND.outline)

    def is_short(at: int) -> bool:
        mine = tuple((at + x, at + y) for x, y in ROUND.outline)
        return distance_squared(mine, theirs) < 3_000 * 3_000

    nearest = bisect_left(range(120_000, 136_000), True, key=lambda at: not is_short(at)) + 120_000
    assert kinds(problem, with_moved(proposal, 4, x_um=nearest, y_um=nearest)) == set()
    for short in (1, 100):
        breached = with_moved(proposal, 4, x_um=nearest - short, y_um=nearest - short)
        found = [b for b in certify(problem, breached).breaches if b.kind == "parts-overlap"]
        assert [(b.run, b.line, b.machine) for b in found] == [("r1", "line-0", "laser-1")]
        assert "nearer than 3000" in found[0].text


@needs_spyrrow
def test_parts_inside_each_other_over_the_edge_and_of_another_shape_are_found() -> None:
    problem, proposal = die()
    corner = proposal.runs[0].sheets[0].placements[0]
    assert kinds(problem, with_moved(proposal, 4, x_um=corner.x_um, y_um=corner.y_um)) == {"parts-overlap"}
    assert kinds(problem, with_moved(proposal, 3, x_um=435_000 - 168_000 + 100)) == {"outside-sheet"}
    assert kinds(problem, with_moved(proposal, 0, x_um=4_900)) == {"outside-sheet"}
    smaller = (*ROUND.outline[:5], *ROUND.outline[6:])
    assert kinds(problem, with_moved(proposal, 2, outline=smaller)) == {"part-shape"}
    assert kinds(problem, with_moved(proposal, 2, outline=())) == {"part-shape"}


@needs_spyrrow
def test_a_defect_counts_where_the_part_lies_and_not_where_its_box_does() -> None:
    problem, proposal = die()
    (run,) = proposal.runs
    laid = replace(proposal, runs=(replace(run, sheets=(replace(run.sheets[0], offcut="cut-1"),)),))

    def with_defect(x: int, y: int) -> Problem:
        cut = Offcut("cut-1", "oak", 440_000, 440_000, ((x, y, 10_000, 10_000),))
        return replace(problem, shop=replace(problem.shop, offcuts=(cut,)))

    assert kinds(with_defect(5_000, 5_000), laid) == set()  # in the corner of a box, beside the disc
    assert kinds(with_defect(60_000, 60_000), laid) == {"on-defect"}


def test_a_sheet_that_is_saved_is_taken_from_the_last_lot() -> None:
    lots = (LotUse("oak", "a", 2), LotUse("oil", "x", 9), LotUse("oak", "b", 1))
    assert interlocking.less(lots, "oak", 1) == lots[:2]
    assert interlocking.less(lots, "oak", 2) == (LotUse("oak", "a", 1), lots[1])
    assert interlocking.less(lots, "oil", 0) == lots
