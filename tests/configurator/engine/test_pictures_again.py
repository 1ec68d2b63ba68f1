"""The committed pictures come from the committed scripts and seeds."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tools.pictures import shelf
from tools.pictures.view import PICTURES, to_bytes

# Mean distance in levels of 255: other versions of numpy or other processors may round another way.
CLOSE = 1.0


def off(made: Image.Image, kept: Path) -> float:
    with Image.open(kept) as opened:
        assert made.size == opened.size
        return float(np.abs(np.subtract(made, opened.convert("RGB"), dtype=np.int16)).mean())


def packed(pixels: np.ndarray, file: Path, quality: int) -> Image.Image:
    to_bytes(pixels).save(file, "WEBP", quality=quality, method=6)
    with Image.open(file) as opened:
        return opened.convert("RGB")


def test_textures_of_the_shelf_are_what_their_seeds_give(tmp_path: Path) -> None:
    textures = PICTURES / "shelf" / "textures"
    for name, pixels in (
        ("oak-edge", shelf._wood("oak", shelf.EDGE_MM, shelf.EDGE_PX, 72)),
        ("walnut-edge", shelf._wood("walnut", shelf.EDGE_MM, shelf.EDGE_PX, 74)),
        ("white-lacquer-edge", shelf._lacquer(shelf.EDGE_PX, 76)),
    ):
        assert off(packed(pixels, tmp_path / f"{name}.webp", 86), textures / f"{name}.webp") <= CLOSE, name


def test_the_shelfs_picture_for_lists_is_what_the_shop_draws() -> None:
    front = PICTURES / "shelf" / "front"
    picture = shelf.listed("oak")
    assert off(picture, front / "blank-oak.webp") <= 2.0  # what WebP loses


def test_a_sign_is_traced_again(tmp_path: Path) -> None:
    pytest.importorskip("mitsuba", reason="an authoring extra: pip install -r tools/pictures/requirements.in")
    from tools.pictures import sign, studio
    from tools.pictures.view import write_pass

    studio.start()
    shape = sign.SHAPES[0]
    folder = PICTURES / "walnut-sign" / "front"
    grain = studio.grain(sign.SIZE, 41)
    plain = sign.shot(shape, "front", "walnut", burnt=False)
    write_pass(tmp_path, "again", plain * studio.balance(plain) * grain, sign.QUALITIES["blank"])
    kept = folder / f"blank-walnut-{shape.variants[0]}.webp"
    with Image.open(tmp_path / "again.webp") as again:
        assert off(again.convert("RGB"), kept) <= CLOSE
