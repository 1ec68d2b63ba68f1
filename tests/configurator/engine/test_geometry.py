"""Outlines in integer micrometres: boxes, text form, turning."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from configurator.engine.geometry import (
    Box,
    bounds,
    ellipse,
    micrometres,
    millimetres,
    moved,
    path_data,
    read_path,
    rectangle,
    rounded_rectangle,
)

numbers = st.integers(-300_000, 300_000)
points = st.tuples(numbers, numbers)
curves = st.one_of(
    st.tuples(st.just("L"), numbers, numbers),
    st.tuples(st.just("Q"), *[numbers] * 4),
    st.tuples(st.just("C"), *[numbers] * 6),
)
paths = st.builds(lambda start, rest: (("M", *start), *rest, ("Z",)), points, st.lists(curves, max_size=6))


def sampled_box(path):
    """The box of many points along the curves, by de Casteljau."""
    xs, ys, here = [], [], (0, 0)
    for command, *values in path:
        ends = list(zip(values[0::2], values[1::2], strict=True))
        if command == "Z":
            continue
        hull = ends if command == "M" else [here, *ends]
        for step in range(101):
            t, row = step / 100, hull
            while len(row) > 1:
                row = [
                    (a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t) for a, b in itertools.pairwise(row)
                ]
            xs.append(row[0][0])
            ys.append(row[0][1])
        here = ends[-1]
    return min(xs), min(ys), max(xs), max(ys)


@given(paths)
def test_bounds_are_those_of_the_curve_itself(path):
    box = bounds(path)
    left, top, right, bottom = sampled_box(path)
    assert box.left <= left + 1e-6 and box.top <= top + 1e-6
    assert box.right >= right - 1e-6 and box.bottom >= bottom - 1e-6
    # A hundredth of a curve between two samples cannot hide more than this.
    slack = 0.01 * (box.width + box.height) + 2
    assert box.left >= left - slack and box.right <= right + slack
    assert box.top >= top - slack and box.bottom <= bottom + slack


@given(paths)
def test_a_path_survives_its_text_form(path):
    assert read_path(path_data(path)) == path


def test_a_rounded_rectangle_fills_its_box():
    box = Box(1000, 2000, 201_000, 122_000)
    assert bounds(rounded_rectangle(box, 12_000)) == box
    assert bounds(rounded_rectangle(box, 10_000_000)) == box
    assert rounded_rectangle(box, 0) == rectangle(box)


def test_an_ellipse_touches_all_sides():
    assert bounds(ellipse(Box(0, 0, 5001, 3001))) == Box(0, 0, 5001, 3001)


def test_moving_moves_the_box():
    path = rounded_rectangle(Box(0, 0, 4000, 3000), 500)
    assert bounds(moved(path, -70, 35)) == Box(-70, 35, 3930, 3035)


def test_lengths_for_people():
    assert [millimetres(value) for value in (0, 12_000, 12_340, 500, -1, 17_710)] == [
        "0",
        "12",
        "12.34",
        "0.5",
        "0",
        "17.71",
    ]
    assert micrometres(0.0125) == 12
