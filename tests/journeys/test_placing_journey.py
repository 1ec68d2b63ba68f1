"""Placing a picture and a text in a real browser: by mouse, by touch, by keyboard, and without script."""

import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, Route, expect

from configurator.catalogue import publish
from configurator.engine.layout.scene import Outline, Stroke
from configurator.engine.placing import Placement, read_placement
from configurator.models import Configuration, Family
from configurator.proofs import scenes_of
from tests.journeys.test_typing_journey import made, set_here
from tests.shops import NOW

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

BADGE = Path(__file__).resolve().parents[1] / "badge.yaml"
Enter = Callable[..., Page]
Check = Callable[[Page], None]


@pytest.fixture
def badge(transactional_db: None, quiet_shop: None) -> Family:
    """The badge, whose name and photo the shopper may place."""
    source = BADGE.read_text(encoding="utf-8")
    source = source.replace(
        "rules:",
        "  - {code: text_place, name: Where the name stands, kind: placement, of: text, group: face}\n"
        "  - {code: photo_place, name: Where the photo stands, kind: placement, of: photo, group: face}\n"
        "rules:",
        1,
    )
    source = source.replace("colour: engrave}", "colour: engrave, place: text_place}")
    source = source.replace("fit: contain}", "fit: contain, place: photo_place}")
    return publish(source=source, filename="badge.yaml", actor="system:test", now=NOW).family


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    picture = Image.effect_noise((600, 300), 60).convert("RGB")
    data = io.BytesIO()
    picture.save(data, "JPEG")
    path = tmp_path / "photo.jpg"
    path.write_bytes(data.getvalue())
    return path


def enter(page: Page, photo: Path) -> Locator:
    """The badge with a photo on it, laid flat; the photo's box."""
    page.goto("/make/badge/")
    expect(page.locator("pc-configurator.live")).to_be_visible()
    page.get_by_label("Photo", exact=True).set_input_files(photo)
    place = page.locator("#option-photo_place")
    place.get_by_role("button", name="Move it by hand").click()
    box = page.locator(".place-box[data-place=photo_place]")
    expect(box).to_be_focused()
    return box


def settled(page: Page) -> None:
    page.wait_for_function(
        "() => { const p = document.querySelector('pc-configurator');"
        " return !p.client.busy && !p.editor.resting && !p.editor.gesture && !p.editor.wanted.size; }"
    )


def chosen() -> Placement:
    return read_placement(str(Configuration.objects.get().choices["photo_place"]))


def middle(box: Locator) -> tuple[float, float]:
    found = box.bounding_box()
    assert found is not None
    return found["x"] + found["width"] / 2, found["y"] + found["height"] / 2


def per_mm(page: Page) -> float:
    return float(page.evaluate("() => 1000 / document.querySelector('pc-configurator').editor.perPixel()"))


def test_dragging_moves_a_photo_and_one_drag_is_one_step_back(
    badge: Family, visitor: Enter, photo: Path, no_barriers: Check
) -> None:
    page = visitor()
    box = enter(page, photo)
    before = read_placement(page.locator("[name=o-photo_place]").input_value() or "15,20,20,0")
    x, y = middle(box)
    mm = per_mm(page)
    page.mouse.move(x, y)
    page.mouse.down()
    for step in range(1, 6):
        page.mouse.move(x + 5 * mm * step, y)
    expect(page.locator(".place-guides line")).not_to_have_count(0)  # its middle is on the surface's
    page.mouse.up()
    settled(page)
    after = chosen()
    assert after.x_um == pytest.approx(before.x_um + 25_000, abs=1_500)
    assert after.y_um == 20_000
    expect(page.locator("#field-photo_place")).to_have_value(re.compile(r"^\d+(\.\d+)?$"))
    no_barriers(page)
    page.get_by_role("button", name="Undo").click()
    settled(page)
    assert "photo_place" not in Configuration.objects.get().choices


def test_corners_scale_the_knob_turns_and_the_sides_cut(badge: Family, visitor: Enter, photo: Path) -> None:
    page = visitor()
    enter(page, photo)

    def drag(handle: Locator, dx: float, dy: float) -> Placement:
        x, y = middle(handle)
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(x + dx / 2, y + dy / 2)
        page.mouse.move(x + dx, y + dy)
        page.mouse.up()
        settled(page)
        return chosen()

    group = page.locator(".place[data-place=photo_place]")
    mm = per_mm(page)
    wider = drag(group.locator(".place-scale").nth(3), 5 * mm, 2.5 * mm)
    assert wider.width_um == pytest.approx(30_000, abs=400)
    cut = drag(group.locator(".place-crop-right"), -15 * mm, 0)
    assert cut.crop.right == pytest.approx(500, abs=15)
    assert cut.width_um == pytest.approx(15_000, abs=400)
    above = middle(group.locator(".place-box"))[1] - middle(group.locator(".place-turn"))[1]
    turned = drag(group.locator(".place-turn"), above, above)  # from above the middle to its right
    assert turned.rotation_mdeg == 90_000


def test_a_finger_moves_it_on_a_phone(badge: Family, visitor: Enter, photo: Path) -> None:
    page = visitor(phone=True, touch=True)
    box = enter(page, photo)
    x, y = middle(box)
    mm = per_mm(page)
    touch = page.context.new_cdp_session(page)
    for kind, at in (("touchStart", x), ("touchMove", x + 4 * mm), ("touchMove", x + 8 * mm)):
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": at, "y": y}]})
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    settled(page)
    assert chosen().x_um == pytest.approx(23_000, abs=1_500)
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 390


def test_keys_move_size_and_turn_it(badge: Family, visitor: Enter, photo: Path) -> None:
    page = visitor()
    box = enter(page, photo)
    for key in ("ArrowRight", "Shift+ArrowRight", "Alt+ArrowDown", "+", "]", "]"):
        box.press(key)
    settled(page)
    assert chosen() == Placement(26_000, 20_100, 21_000, 2_000)
    assert len(Configuration.objects.get().past) == 2  # the photo, and one move
    expect(box).to_be_focused()
    expect(box).to_have_accessible_name(re.compile("21 mm wide, centre 26 mm from the left"))


def test_a_text_is_turned_here_as_it_is_made(badge: Family, visitor: Enter) -> None:
    page = visitor()
    page.goto("/make/badge/")
    expect(page.locator("pc-configurator.live")).to_be_visible()
    page.locator("#option-text_place").get_by_role("button", name="Move it by hand").click()
    box = page.locator(".place-box[data-place=text_place]")
    expect(box).to_be_focused()
    for key in ("ArrowRight", "-", "{"):
        box.press(key)
    settled(page)
    held = Configuration.objects.get()
    assert read_placement(str(held.choices["text_place"])).rotation_mdeg == -15_000
    assert set_here(page, "text") == made(held, "text")


SVG = """<svg viewBox="0 0 60 40"><path d="M5 5H25V25H5Z"/><path d="M30 5Q45 0 55 20" fill="none"
stroke="#222" stroke-width="2"/><circle cx="45" cy="30" r="5" fill="#fff"/></svg>"""
# The ends of every segment of a drawing's paths, where they are seen on the surface, in µm.
SEEN = """group => { const { matrix } = group.transform.baseVal.consolidate();
  const ends = path => path.getAttribute("d").match(/[MLQC][^MLQCZ]*/g);
  return [...group.querySelectorAll("path")].map(path => ends(path).map(each => {
    const [x, y] = each.slice(1).split(" ").map(Number).slice(-2);
    const at = new DOMPoint(x, y).matrixTransform(matrix);
    return [at.x, at.y]; })); }"""


def drawn_and_made(page: Page) -> tuple[list[Any], list[Any]]:
    settled(page)
    group = page.locator(".flat-items [data-element=photo]")
    held = Configuration.objects.get()
    scene = scenes_of(version=held.version, choices=held.choices)[0]
    made_ = [
        [list(segment[-2:]) for segment in item.path if segment[0] != "Z"]
        for item in scene.items
        if isinstance(item, Outline | Stroke) and item.element == "photo"
    ]
    return group.evaluate(SEEN), made_


def test_a_drawing_is_shown_and_placed_as_its_outlines(
    badge: Family, visitor: Enter, tmp_path: Path, no_barriers: Check
) -> None:
    logo = tmp_path / "logo.svg"
    logo.write_text(SVG)
    page = visitor()
    box = enter(page, logo)
    paths = page.locator(".flat-items [data-element=photo] path")
    expect(paths).to_have_count(2)  # what is light is not engraved
    for key in ("Shift+ArrowRight", "+", "+", "}"):
        box.press(key)
    drawn, made_ = drawn_and_made(page)
    assert chosen().rotation_mdeg == 15_000
    assert len(drawn) == len(made_) == 2
    for here, there in zip(drawn, made_, strict=True):
        assert np.allclose(here, there, atol=1.5)
    page.locator("#option-photo_place").get_by_text("Cut some of it off").click()
    page.locator("#place-photo_place-right").fill("55")
    expect(paths).to_have_count(1)  # the line lies wholly in what was cut off
    drawn, made_ = drawn_and_made(page)
    assert np.allclose(drawn[0], made_[0], atol=1.5)
    assert len(made_) == 1
    no_barriers(page)


def test_typed_numbers_place_it(badge: Family, visitor: Enter, photo: Path) -> None:
    page = visitor()
    enter(page, photo)
    place = page.locator("#option-photo_place")
    place.get_by_label("Width").fill("12.5")
    place.get_by_label("Turned right by").fill("-4.5")
    settled(page)
    assert chosen() == Placement(15_000, 20_000, 12_500, -4_500)


def test_a_slow_answer_moves_nothing_back(badge: Family, visitor: Enter, photo: Path) -> None:
    page = visitor()
    box = enter(page, photo)
    held: list[Route] = []

    def hold_first(route: Route) -> None:
        if route.request.method == "PATCH" and not held:
            held.append(route)
        else:
            route.continue_()

    page.route("**/api/v1/configurations/**", hold_first)
    box.press("Shift+ArrowRight")
    page.wait_for_function("() => document.querySelector('pc-configurator').client.under_way")
    x, y = middle(box)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 60, y + 10)
    where = box.evaluate("node => node.parentNode.getAttribute('transform')")
    held[0].continue_()  # the answer to the key comes in the middle of the drag
    page.wait_for_function("() => !document.querySelector('pc-configurator').client.under_way")
    page.wait_for_timeout(100)
    assert box.evaluate("node => node.parentNode.getAttribute('transform')") == where
    page.mouse.up()
    settled(page)
    assert chosen().x_um > 25_000
    shown = box.evaluate("node => node.parentNode.getAttribute('transform')")
    assert shown == where


def test_without_script_numbers_place_it_and_a_button_puts_it_back(
    badge: Family, visitor: Enter, photo: Path
) -> None:
    page = visitor(script=False)
    page.goto("/make/badge/")
    expect(page.locator("#option-photo_place")).to_contain_text("once it is there")
    page.get_by_label("Photo", exact=True).set_input_files(photo)
    page.get_by_role("button", name="Update").click()
    assert "photo_place" not in Configuration.objects.get().choices
    place = page.locator("#option-photo_place")
    expect(place.get_by_label("Centre from the left")).to_have_value("15")
    place.get_by_label("Centre from the left").fill("40.5")
    page.get_by_role("button", name="Update").click()
    assert chosen().x_um == 40_500
    place.get_by_label("Width").fill("0")
    page.get_by_role("button", name="Update").click()
    expect(place).to_contain_text("The width goes from 1")
    place.get_by_role("button", name="Put it back").click()
    assert "photo_place" not in Configuration.objects.get().choices
