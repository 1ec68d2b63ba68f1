"""What a browser is told so that it can draw what is typed over the product's picture."""

import numpy as np
import pytest

from configurator.engine.family import read_family
from configurator.engine.fonts import FontLibrary
from configurator.engine.layout.live import artwork_json, placements_of, scripts_of
from configurator.engine.layout.surfaces import elements_of, lay_out
from configurator.engine.rendering.grid import COLUMNS, ROWS, control_points
from configurator.engine.rendering.preview import PICTURES
from configurator.engine.rendering.views import load_view

FONTS = FontLibrary.installed()
CARD = read_family(
    """
family: card
name: Card
currency: EUR
base_price: 1
options:
  - {code: name, name: Name, kind: text, required: false, max_length: 40}
  - {code: words, name: Words, kind: text, required: false, max_length: 80}
  - {code: name_place, name: Place, kind: placement, of: name}
surfaces:
  - code: front
    name: Front
    process: print
    width: 90 mm
    height: 50 mm
    safe: 3 mm
    elements:
      - {kind: text, option: name, place: name_place, box: [5 mm, 5 mm, 80 mm, 15 mm], size: 8 mm}
      - {kind: text, option: words, fit: wrap, box: [5 mm, 25 mm, 80 mm, 20 mm], size: 5 mm, min_size: 2 mm}
      - {kind: shape, shape: line, box: [5 mm, 22 mm, 80 mm, 1 mm], stroke: 0.4 mm}
"""
)
OPTIONS = {"name": "name", "words": "words"}


def described(choices: dict[str, str]) -> dict[str, dict]:
    about = {"spec": CARD, "choices": choices, "surface": "front", "assets": {}}
    _, elements = elements_of(**about, blank=True)
    artwork = artwork_json(lay_out(**about, fonts=FONTS), elements, options=OPTIONS, fonts=FONTS)
    assert artwork["safe"] == 3000
    return {item["element"]: item for item in artwork["items"]}


def test_a_text_that_is_still_empty_tells_where_it_will_stand() -> None:
    name = described({})["name"]
    assert (name["text"], name["box"]) == ("", None)
    assert name["frame"]["box"] == [5000, 5000, 85000, 20000]
    assert name["fonts"][0] == "noto-sans"


def test_only_where_thai_wraps_the_outline_comes_from_the_server() -> None:
    thai = "ยินดีต้อนรับสู่บ้านของเรา"
    items = described({"name": thai, "words": thai})
    assert (items["name"]["by_server"], items["name"]["path"]) == ([], None)
    assert items["words"]["by_server"] == ["Thai"]
    assert items["words"]["path"].startswith("M")
    assert described({"words": "Willkommen"})["words"]["path"] is None


def test_texts_come_as_what_they_are_set_from_and_shapes_as_outlines() -> None:
    items = described({"name": "Åse"})
    assert items["name"]["path"] is None
    assert items["shape-3"]["path"].startswith("M5000 22500L")
    assert items["shape-3"]["stroke"] == 400


def test_texts_that_wrap_are_told_so() -> None:
    items = described({"name": "家族", "words": "Once upon a time there was a card with many words"})
    assert items["words"]["frame"]["fit"] == "wrap"
    assert items["name"]["frame"]["fit"] == "shrink"
    assert items["name"]["fonts"][-1] == "noto-sans-cjk"


def test_where_a_text_stands_is_told_as_its_choice() -> None:
    def places(choices: dict[str, str]) -> dict[str, str]:
        return placements_of([{"items": list(described(choices).values())}])

    assert places({}) == {}
    left_alone = places({"name": "Åse"})["name_place"]
    assert left_alone.startswith("45,")
    assert left_alone.endswith(",0")
    assert places({"name": "Åse", "name_place": "30,20,25,-15"}) == {"name_place": "30,20,25,-15"}


def test_a_font_names_the_scripts_that_it_has_letters_of() -> None:
    scripts = scripts_of(FONTS.file_of("heebo").path)
    assert {"Hebr", "Latn"} <= set(scripts)
    assert "Arab" not in scripts


@pytest.mark.parametrize(
    ("folder", "variant"),
    [
        ("enamel-mug/front", "navy"),
        ("enamel-mug/back", "red"),
        ("walnut-sign/front", "walnut-m-t10"),
        ("t-shirt/front", "navy"),
    ],
)
def test_the_grid_puts_outlines_where_the_picture_shows_them(folder: str, variant: str) -> None:
    view = load_view(PICTURES / folder)
    maps, points = view.maps(variant), control_points(view, variant)
    chance = np.random.default_rng(7)
    rows, columns = np.nonzero(maps.coverage > 0.99)
    apart = []
    for at in chance.choice(rows.size, 400, replace=False):
        y, x = int(rows[at]), int(columns[at])
        u, v = float(maps.u[y, x]) * COLUMNS, float(maps.v[y, x]) * ROWS
        column, row = min(int(u), COLUMNS - 1), min(int(v), ROWS - 1)
        first = row * (COLUMNS + 1) + column
        corners = [points[first + step] for step in (0, 1, COLUMNS + 1, COLUMNS + 2)]
        if None in corners:
            continue  # at the edge of what is in sight
        a, b = u - column, v - row
        weights = np.array([(1 - a) * (1 - b), a * (1 - b), (1 - a) * b, a * b])
        there = weights @ np.array(corners, dtype=float)
        apart.append(np.hypot(*(there - (maps.box.left + x + 0.5, maps.box.top + y + 0.5))))
    assert len(apart) > 300
    assert np.percentile(apart, 95) < 2.0  # pixels of a picture of 1000
