"""The shelf's picture and drawing follow its measures."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from configurator.engine.rendering.shelf import render_shelf

PICTURES = Path(__file__).parents[3] / "configurator" / "pictures"
DEFAULT: dict[str, Any] = {
    "width_mm": 800,
    "height_mm": 1200,
    "depth_mm": 280,
    "boards": 4,
    "thickness_mm": 18,
    "material": "oak",
    "back": "rails",
}


def _render(**changes: Any) -> np.ndarray[Any, np.dtype[np.uint8]]:
    return np.asarray(render_shelf(**{**DEFAULT, "pictures": PICTURES, **changes}))


def test_the_picture_has_the_size_asked_for() -> None:
    assert _render(size=(500, 400)).shape == (400, 500, 3)


def test_the_same_shelf_gives_the_same_bytes() -> None:
    assert _render(size=(400, 320)).tobytes() == _render(size=(400, 320)).tobytes()


def test_an_unknown_material_is_refused() -> None:
    with pytest.raises(ValueError, match="oak, walnut, white"):
        _render(material="marble")


def test_boards_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="do not fit"):
        _render(boards=70, height_mm=1200)
