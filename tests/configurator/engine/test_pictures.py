"""The product pictures are whole: every file named in a view.json is there, of its size, with sane maps."""

import json
import re
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from numpy.typing import NDArray
from PIL import Image

PICTURES = Path(__file__).parents[3] / "configurator" / "pictures"
VIEWS = sorted(PICTURES.glob("*/*/view.json"))
PASSES = {"print": {"blank", "white", "black"}, "engrave": {"blank", "burnt"}, "none": {"blank"}}


def _facts(path: Path) -> dict[str, Any]:
    facts: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return facts


def _maps(path: Path) -> list[tuple[str, str, list[int]]]:
    facts = _facts(path)
    if facts["mode"] == "none":
        return []
    if "geometry" in facts:
        assert set(facts["geometry"].values()) == set(facts["uv"]) == set(facts["mask"]) == set(facts["bbox"])
        return [(facts["uv"][key], facts["mask"][key], facts["bbox"][key]) for key in facts["uv"]]
    return [(facts["uv"], facts["mask"], facts["bbox"])]


def _box(facts: dict[str, Any], variant: str) -> list[int]:
    box: list[int] = facts["bbox"][facts["geometry"][variant]] if "geometry" in facts else facts["bbox"]
    return box


def _box_size(box: list[int]) -> list[int]:
    return [box[2] - box[0], box[3] - box[1]]


def _names(path: Path) -> str:
    return "/".join(path.parts[-3:-1])


def test_every_demo_family_is_shown_from_two_sides_or_more() -> None:
    for file in sorted((PICTURES.parent / "families").glob("*.yaml")):
        for surface in yaml.safe_load(file.read_text(encoding="utf-8"))["surfaces"]:
            assert surface["picture"]["also"], f"{file.stem} {surface['code']}"


@pytest.mark.parametrize("path", VIEWS, ids=_names)
def test_a_view_has_every_pass_its_mode_needs(path: Path) -> None:
    facts = _facts(path)
    assert f"{facts['family']}/{facts['view']}" == _names(path)
    for variant, files in facts["passes"].items():
        assert set(files) - {"shine"} == PASSES[facts["mode"]], variant
        for name, file in files.items():
            with Image.open(path.parent / file) as picture:
                size = _box_size(_box(facts, variant)) if name in facts.get("cropped", ()) else facts["size"]
                assert (picture.format, picture.mode, list(picture.size)) == ("WEBP", "RGB", size)


@pytest.mark.parametrize("path", VIEWS, ids=_names)
def test_an_alias_leads_to_a_variant_with_passes(path: Path) -> None:
    facts = _facts(path)
    for alias, variant in facts.get("aliases", {}).items():
        assert alias not in facts["passes"]
        assert variant in facts["passes"]
        assert facts["geometry"][alias] == facts["geometry"][variant]


@pytest.mark.parametrize("path", VIEWS, ids=_names)
def test_the_maps_cover_the_bounding_box_and_stay_on_the_surface(path: Path) -> None:
    for uv_file, mask_file, (left, top, right, bottom) in _maps(path):
        mask = np.asarray(Image.open(path.parent / mask_file))
        uv = np.asarray(Image.open(path.parent / uv_file)).astype(np.int64)
        assert mask.dtype == np.uint8
        assert mask.shape == (bottom - top, right - left)
        assert uv.shape == (2 * (bottom - top), right - left)
        u, v = uv[: bottom - top], uv[bottom - top :]
        inside = mask == 255
        assert inside.mean() > 0.6
        # across the surface u only grows to the right and v only grows downwards
        assert (np.diff(u, axis=1)[inside[:, 1:] & inside[:, :-1]] > 0).all()
        assert (np.diff(v, axis=0)[inside[1:] & inside[:-1]] > 0).all()


@pytest.mark.parametrize("path", [p for p in VIEWS if _facts(p)["mode"] != "none"], ids=_names)
def test_a_print_changes_the_surface_and_leaves_the_rest(path: Path) -> None:
    facts = _facts(path)
    dark = {"print": "black", "engrave": "burnt"}[facts["mode"]]
    for variant, files in facts["passes"].items():
        key = facts.get("geometry", {}).get(variant)
        mask_file, box = (facts["mask"][key], facts["bbox"][key]) if key else (facts["mask"], facts["bbox"])
        mask = np.zeros((facts["size"][1], facts["size"][0]), dtype=bool)
        mask[box[1] : box[3], box[0] : box[2]] = np.asarray(Image.open(path.parent / mask_file)) > 128
        light, burnt = (
            _grey(path.parent / files[name], facts["size"], box if name in facts.get("cropped", ()) else None)
            for name in ("white" if facts["mode"] == "print" else "blank", dark)
        )
        assert (light - burnt)[mask].mean() > 25, variant
        if dark not in facts.get("cropped", ()):
            assert abs((light - burnt)[: facts["size"][1] // 16]).mean() < 3, variant


def _grey(file: Path, size: list[int], box: list[int] | None) -> NDArray[np.float64]:
    """A pass in grey; one that is kept of a box only, in its place on grey."""
    grey = np.asarray(Image.open(file).convert("L"), dtype=float)
    if box is None:
        return grey
    left, top, right, bottom = box
    whole = np.full((size[1], size[0]), 128.0)
    whole[top:bottom, left:right] = grey
    return whole


def test_the_pictures_stay_small() -> None:
    assert sum(path.stat().st_size for path in PICTURES.rglob("*") if path.is_file()) <= 6 * 1024 * 1024


# Of signs with a shape there are no photographs: they are shown flat.
FLAT = ("-oval", "-arch", "-house")


def _demanded() -> list[tuple[str, str]]:
    """(view, variant) of every picture that a demo family can ask for. A variant names options,
    ``{material}``, or what their values say more of, ``{shape.picture}``."""
    asked = []
    for file in sorted((PICTURES.parent / "families").glob("*.yaml")):
        family = yaml.safe_load(file.read_text(encoding="utf-8"))
        values = {option["code"]: option.get("values", []) for option in family["options"]}
        for surface in family["surfaces"]:
            template = surface.get("picture", {}).get("variant")
            if template is None:
                continue
            named = re.findall(r"\{(\w+)(?:\.(\w+))?\}", template)
            views = [surface["picture"]["view"], *(o["view"] for o in surface["picture"].get("also", ()))]
            for choice in product(
                *(
                    [{**v, **v.get("attributes", {})}[field or "code"] for v in values[code]]
                    for code, field in named
                )
            ):
                variant = re.sub(r"\{[\w.]+\}", "{}", template).format(*choice)
                asked += [(view, variant) for view in views]
    return asked


@pytest.mark.parametrize(("view", "variant"), _demanded())
def test_every_picture_a_demo_family_asks_for_is_there(view: str, variant: str) -> None:
    facts = _facts(PICTURES / view / "view.json")
    assert (variant in facts["passes"] or variant in facts["aliases"]) != variant.endswith(FLAT)
