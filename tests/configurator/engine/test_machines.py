"""Machine profiles: what is read, and each thing that is refused, with its place."""

from pathlib import Path

import pytest

from configurator.engine.colours import difference, lab_of
from configurator.engine.machines import (
    BUILT_IN,
    BadProfile,
    BadProfiles,
    UnknownProcess,
    profile_for,
    read_machines,
    read_profile,
)

OWN = """\
code: own
name: Own laser
process: engrave
formats: [svg]
dpi: 300
bed: [600 mm, 400 mm]
bleed: 0 mm
safe: 2.5 mm
mirror: false
min_stroke: 0.125 mm
min_gap: 0.3 mm
min_text: 3 mm
min_dpi_refuse: 100
min_dpi_warn: 200
layers:
  engrave: {name: Etch, colour: "#00FF00", mode: fill}
  cut: {name: C01, colour: "#ff00ff", mode: stroke}
"""


def problems(text: str, folder: Path = BUILT_IN) -> list[str]:
    with pytest.raises(BadProfile) as raised:
        read_profile(text, folder=folder)
    return [str(problem) for problem in raised.value.problems]


@pytest.mark.parametrize("process", ["engrave", "sublimation", "dtf", "cut", "print", "vinyl", "embroidery"])
def test_every_process_of_the_product_has_one_machine(process: str) -> None:
    assert profile_for(process).process == process


def test_lengths_are_exact_micrometres() -> None:
    profile = read_profile(OWN, folder=BUILT_IN)
    assert (profile.min_stroke_um, profile.safe_um, profile.bed_um) == (125, 2_500, (600_000, 400_000))


def test_colours_are_written_one_way() -> None:
    assert read_profile(OWN, folder=BUILT_IN).layers["engrave"].colour == "#00ff00"


def test_a_process_nobody_has_a_machine_for_is_refused() -> None:
    with pytest.raises(UnknownProcess, match="No machine profile has the process 'etch'; there are: cut"):
        profile_for("etch")


def test_a_shop_s_own_default_takes_the_place_of_ours(tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text(OWN + "default: true\n")
    machines = read_machines(tmp_path)
    assert machines.for_process("engrave").code == "own"
    assert profile_for("engrave", operator=tmp_path).name == "Own laser"
    assert machines.for_process("dtf").code == "dtf"


def test_a_shop_s_file_with_our_code_replaces_ours(tmp_path: Path) -> None:
    ours = (BUILT_IN / "dtf.yaml").read_text(encoding="utf-8")
    (tmp_path / "dtf.yaml").write_text(ours.replace("choke: 0.17 mm", "choke: 0.3 mm"))
    assert profile_for("dtf", operator=tmp_path).choke_um == 300


def test_another_machine_of_a_process_is_kept_beside_the_default(tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text(OWN)
    machines = read_machines(tmp_path)
    assert machines.for_process("engrave").code == "engrave"
    assert "own" in machines.profiles


def test_two_defaults_of_one_process_are_refused(tmp_path: Path) -> None:
    for name in ("one", "two"):
        text = OWN.replace("code: own", f"code: {name}") + "default: true\n"
        (tmp_path / f"{name}.yaml").write_text(text)
    with pytest.raises(BadProfiles, match=r"two\.yaml: .*one\.yaml is the default of engrave too"):
        read_machines(tmp_path)


def test_two_machines_of_one_code_are_refused(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / f"{name}.yaml").write_text(OWN)
    with pytest.raises(BadProfiles, match=r"one\.yaml is own too"):
        read_machines(tmp_path)


def test_everything_that_is_wrong_is_said_at_once_with_its_place() -> None:
    text = OWN.replace("mirror: false", "mirrored: false").replace("dpi: 300", "dpi: 3000", 1)
    assert problems(text) == [
        "line 1, column 1: missing: mirror",
        "line 5, column 6, dpi: has to be 2400 or less",
        "line 9, column 11, mirrored: mirrored is not known here (did you mean mirror?)",
    ]


def test_a_length_without_its_unit_is_refused() -> None:
    (problem,) = problems(OWN.replace("min_gap: 0.3 mm", "min_gap: 0.3 cm"))
    assert problem.endswith("'0.3 cm' is not written as it has to be (a length such as 0.3 mm)")


def test_two_roles_of_one_colour_are_refused() -> None:
    (problem,) = problems(OWN.replace("#ff00ff", "#00ff00"))
    assert "cut and engrave have the same colour" in problem


def test_a_laser_without_layers_is_refused() -> None:
    (problem,) = problems(OWN[: OWN.index("layers")])
    assert "SVG and DXF need layers" in problem


def test_refusing_what_is_not_even_warned_of_is_refused() -> None:
    (problem,) = problems(OWN.replace("min_dpi_refuse: 100", "min_dpi_refuse: 250"))
    assert "below 250 dpi is refused, but only below 200 warned of" in problem


def test_a_white_base_without_a_name_is_refused() -> None:
    (problem,) = problems(OWN + "white_base: true\n")
    assert "the white base has no name" in problem


def test_an_ink_twice_in_a_palette_is_refused() -> None:
    ink = '  - {code: a, name: A, colour: "#000000"}\n'
    (problem,) = problems(OWN + "palette:\n" + ink + ink)
    assert "palette[2].code: a is in the palette twice" in problem


def test_a_missing_press_profile_is_refused(tmp_path: Path) -> None:
    (problem,) = problems(OWN + "icc: press.icc\n", tmp_path)
    assert "press.icc is not there" in problem


def test_a_screen_s_profile_is_no_press_profile(tmp_path: Path) -> None:
    head = bytearray(128)
    head[12:16], head[16:20], head[36:40] = b"mntr", b"RGB ", b"acsp"
    (tmp_path / "screen.icc").write_bytes(head)
    (problem,) = problems(OWN + "icc: screen.icc\n", tmp_path)
    assert "screen.icc is not the profile of a CMYK or RGB printer" in problem


def test_a_press_profile_cannot_be_fetched_from_elsewhere() -> None:
    (problem,) = problems(OWN + "icc: ../press.icc\n")
    assert "'../press.icc' is not written as it has to be" in problem


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [  # pairs 1, 7, 17, 25 and 34 of the data that Sharma, Wu and Dalal published with the formula
        ((50.0, 2.6772, -79.7751), (50.0, 0.0, -82.7485), 2.0425),
        ((50.0, 0.0, 0.0), (50.0, -1.0, 2.0), 2.3669),
        ((50.0, 2.5, 0.0), (73.0, 25.0, -18.0), 27.1492),
        ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
        ((2.0776, 0.0795, -1.1350), (0.9033, -0.0636, -0.5514), 0.9082),
    ],
)
def test_the_difference_of_colours_is_ciede2000(
    one: tuple[float, float, float], other: tuple[float, float, float], expected: float
) -> None:
    assert round(difference(one, other), 4) == expected
    assert round(difference(other, one), 4) == expected


def test_white_has_no_colour() -> None:
    light, a, b = lab_of("#ffffff")
    assert light == pytest.approx(100, abs=0.01)
    assert (a, b) == pytest.approx((0, 0), abs=0.02)


def test_the_nearest_thread_is_the_one_that_looks_nearest() -> None:
    near = profile_for("embroidery").nearest("#c4161c")
    assert near is not None and near.ink.name == "Red" and near.difference == pytest.approx(0, abs=1e-9)
    assert profile_for("dtf").nearest("#c4161c") is None
