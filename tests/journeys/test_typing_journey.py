"""Typing in a real browser: the letters stand on the product before any answer of the server."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from configurator.catalogue import publish
from configurator.engine.geometry import path_data
from configurator.models import Configuration, Family
from configurator.proofs import scenes_of
from tests.journeys.test_shop_journey import choose_sign
from tests.shops import NOW

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

BADGE = Path(__file__).resolve().parents[1] / "badge.yaml"
Enter = Callable[..., Page]


def outline(page: Page, element: str) -> str:
    drawn = page.locator(f".preview-live [data-element={element}]").get_attribute("d")
    assert drawn
    return drawn


def set_here(page: Page, element: str) -> str:
    """The outline that the page itself has set."""
    return str(
        page.evaluate(
            "name => { const { preview } = document.querySelector('pc-configurator');"
            " const item = preview.artwork.items.find((each) => each.element === name);"
            " const { path } = preview.set(item);"
            " return path.map(([command, ...numbers]) => command + numbers.join(' ')).join(''); }",
            element,
        )
    )


# Everything that was typed has been answered, drawn and, letter by letter, fetched.
SETTLED = """() => { const { preview, client } = document.querySelector('pc-configurator');
  const set = preview.set(preview.artwork.items.find(({ kind }) => kind === 'text'));
  return !client.busy && preview.coming === null && set && !preview.fonts.pending; }"""


def made(held: Configuration, element: str) -> str:
    """The outline that the server makes."""
    scene = scenes_of(version=held.version, choices=held.choices)[0]
    return next(path_data(item.path) for item in scene.items if item.element == element)


def test_letters_follow_each_key_though_the_server_is_gone(sign: Family, visitor: Enter) -> None:
    page = visitor()
    choose_sign(page)
    expect(page.locator("pc-configurator.live")).to_be_visible()
    field = page.get_by_label("First line")
    field.focus()
    page.keyboard.press("End")
    page.wait_for_function("() => document.querySelector('pc-configurator').preview.bare.complete")
    page.wait_for_function("() => document.querySelector('pc-configurator').preview.fonts?.last.size === 2")
    page.route("**/*", lambda route: route.abort())  # from here on nothing is answered
    expect(page.locator(".preview-live")).to_be_hidden()
    field.press_sequentially("s")
    expect(page.locator(".preview-live")).to_be_visible()
    first = outline(page, "line1")
    field.press_sequentially(" & Söhne")
    page.wait_for_function(
        "was => document.querySelector('.preview-live [data-element=line1]').getAttribute('d') !== was",
        arg=first,
    )
    longer = outline(page, "line1")
    assert len(longer) > len(first)
    # back online the picture follows, and takes the place of the outlines
    page.unroute_all()
    page.evaluate("() => document.querySelector('pc-configurator').client.flush()")
    expect(page.locator(".preview-live")).to_be_hidden()
    held = Configuration.objects.get()
    assert held.choices["line1"] == "The Millerss & Söhne"
    assert set_here(page, "line1") == made(held, "line1")
    assert page.locator(".preview-frame img").first.get_attribute("src") == page.evaluate(
        "() => document.querySelector('pc-configurator').preview.wanted"
    )


def test_a_picture_that_comes_late_never_replaces_a_newer_one(sign: Family, visitor: Enter) -> None:
    page = visitor()
    choose_sign(page)
    expect(page.locator("pc-configurator.live")).to_be_visible()
    held: list[Route] = []

    def hold_first(route: Route) -> None:
        if not held:
            held.append(route)
        else:
            route.continue_()

    page.route("**/preview/*/front.png*", hold_first)
    field = page.get_by_label("Second line")
    field.fill("one")
    page.wait_for_function("() => document.querySelector('pc-configurator').preview.coming")
    slow = page.evaluate("() => document.querySelector('pc-configurator').preview.wanted")
    field.fill("two")
    page.wait_for_function(
        "was => { const { wanted, coming } = document.querySelector('pc-configurator').preview;"
        " return wanted !== was && coming === null; }",
        arg=slow,
    )
    shown = page.locator(".preview-frame img").first.get_attribute("src")
    assert shown != slow
    held[0].abort()
    page.wait_for_timeout(200)
    assert page.locator(".preview-frame img").first.get_attribute("src") == shown


def test_the_shaper_may_run_here_and_nowhere_else(sign: Family, visitor: Enter) -> None:
    page = visitor()
    home = page.goto("/")
    assert home is not None
    assert "wasm" not in home.headers["content-security-policy"]
    with page.expect_navigation() as arrived:
        page.get_by_role("link", name="Engraved house sign").click()
    policy = arrived.value.headers["content-security-policy"]
    assert "script-src 'self' 'wasm-unsafe-eval'" in policy
    assert "'unsafe-eval'" not in policy.replace("'wasm-unsafe-eval'", "")


def test_mixed_writing_is_set_here_as_it_is_made(sign: Family, visitor: Enter) -> None:
    page = visitor()
    choose_sign(page)
    expect(page.locator("pc-configurator.live")).to_be_visible()
    field = page.get_by_label("First line")
    field.fill("عائلة Müller (7) ❤")
    page.wait_for_function(SETTLED)
    held = Configuration.objects.get()
    assert held.choices["line1"] == "عائلة Müller (7) ❤"
    assert set_here(page, "line1") == made(held, "line1")


@pytest.mark.parametrize("text", ["家族の家", "ผู้ใหญ่บ้าน 家 Müller", "김철수 · 東京"])
def test_letters_of_a_font_too_large_to_fetch_are_set_here_as_they_are_made(
    sign: Family, visitor: Enter, text: str
) -> None:
    page = visitor()
    choose_sign(page)
    expect(page.locator("pc-configurator.live")).to_be_visible()
    page.get_by_label("First line").fill("")
    page.get_by_label("First line").press_sequentially(text)  # more letters with every other key
    page.wait_for_function(SETTLED)
    held = Configuration.objects.get()
    assert held.choices["line1"] == text
    assert set_here(page, "line1") == made(held, "line1")


LINES = "The Millers & Söhne, עם ישראל 2014, 東京都の家族: since 1987 (and 2003)"


@pytest.fixture
def wrapping(transactional_db: None, quiet_shop: None) -> Family:
    """The badge with more words, which wrap."""
    source = BADGE.read_text(encoding="utf-8").replace("max_length: 20", "max_length: 120")
    source = source.replace("min_size: 2 mm", "min_size: 2 mm, fit: wrap")
    return publish(source=source, filename="badge.yaml", actor="system:test", now=NOW).family


def test_lines_that_only_the_server_can_break_are_shown_as_it_made_them(
    wrapping: Family, visitor: Enter
) -> None:
    page = visitor()
    page.goto("/make/badge/")
    expect(page.locator("pc-configurator.live")).to_be_visible()
    page.get_by_label("Name", exact=True).fill("ยินดีต้อนรับสู่บ้านของเรา")
    page.get_by_role("button", name="Lay it flat").click()
    drawn = page.locator(".flat-items [data-element=text]")
    page.wait_for_function("() => !document.querySelector('pc-configurator').client.busy")
    expect(drawn).to_have_attribute("d", made(Configuration.objects.get(), "text"))


def test_lines_are_broken_here_as_they_are_made(wrapping: Family, visitor: Enter) -> None:
    page = visitor()
    page.goto("/make/badge/")
    expect(page.locator("pc-configurator.live")).to_be_visible()
    page.get_by_label("Name", exact=True).fill(LINES)
    page.wait_for_function(SETTLED)
    held = Configuration.objects.get()
    assert held.choices["text"] == LINES
    drawn = made(held, "text")
    assert set_here(page, "text") == drawn
    heights = [
        caret.y_um for caret in scenes_of(version=held.version, choices=held.choices)[0].items[0].carets
    ]
    assert len(set(heights)) >= 3
