"""What a machine cannot make is told under the picture, framed on it, and mended by one press."""

import os
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from configurator.models import Family

# What stands in the list: every element with its attributes, and its words.
TOLD = """list => [...list.children].map(item => [item, ...item.querySelectorAll("*")].map(each =>
  [each.localName, each.children.length ? "" : each.textContent,
   [...each.attributes].map(({name, value}) => `${name}=${value.trim()}`).sort().join(" ")].join(" | ")))"""
UNKNOWN = "Anna \U00012000"


def shoot(page: Page, name: str) -> None:
    """A picture for whoever looks at the pages by eye; nothing without a folder for it."""
    if folder := os.environ.get("LOOK_AT"):
        page.screenshot(path=str(Path(folder) / f"{name}.png"))


def test_a_letter_that_no_font_has_is_left_out_by_one_press(
    sign: Family, visitor: Callable[..., Page]
) -> None:
    page = visitor()
    page.goto("/make/walnut-sign/")
    expect(page.locator("pc-configurator.live")).to_be_visible()
    page.get_by_label("First line").fill(UNKNOWN)
    finding = page.locator("[data-findings] .finding-refuse")
    expect(finding).to_contain_text("Cannot be made")
    shoot(page, "findings-desk")
    page.locator("[name=mend]", has_text="Leave out").click()
    expect(finding).to_have_count(0)
    expect(page.get_by_label("First line")).to_have_value("Anna")


def test_a_finding_that_comes_later_is_told_as_one_that_was_there_at_first(
    sign: Family, visitor: Callable[..., Page]
) -> None:
    page = visitor()
    page.goto("/make/walnut-sign/")
    expect(page.locator("pc-configurator.live")).to_be_visible()
    page.get_by_label("First line").fill(UNKNOWN)
    expect(page.locator("[data-findings] .finding-refuse")).to_be_visible()
    page.locator("#field-letter_height").fill("16")
    page.get_by_label("Second line").fill("Great hairlines")
    expect(page.locator("[data-findings] .finding-warn").first).to_be_visible()
    page.wait_for_function("() => !document.querySelector('pc-configurator').client.busy")
    drawn = page.locator("[data-findings-list]").evaluate(TOLD)
    assert len(drawn) >= 2
    page.reload()
    expect(page.locator("pc-configurator.live")).to_be_visible()
    assert page.locator("[data-findings-list]").evaluate(TOLD) == drawn


def test_the_place_of_a_finding_is_framed_while_it_has_the_focus(
    sign: Family, visitor: Callable[..., Page]
) -> None:
    page = visitor(phone=True)
    page.goto("/make/walnut-sign/")
    expect(page.locator("pc-configurator.live")).to_be_visible()
    page.locator("#field-letter_height").fill("16")
    page.get_by_label("Second line").fill("Great hairlines")
    finding = page.locator("[data-findings] .finding-warn").first
    expect(finding).to_contain_text("Please check")
    frame = page.locator(".finding-frame")
    expect(frame).to_be_hidden()
    finding.focus()
    expect(frame).to_be_visible()
    shoot(page, "findings-phone")
    # Asked for before the board is drawn: the frame comes with it.
    page.evaluate(
        """() => document.querySelector("[data-preview]").addEventListener(
          "flat", () => document.querySelector("[data-findings] .finding-warn").focus(), {once: true})"""
    )
    finding.blur()
    page.get_by_role("button", name="Lay it flat").click()
    expect(frame).to_be_visible()
    shoot(page, "findings-flat")


def test_a_repair_works_without_script(sign: Family, visitor: Callable[..., Page]) -> None:
    page = visitor(script=False)
    page.goto("/make/walnut-sign/")
    page.get_by_label("First line").fill(UNKNOWN)
    page.get_by_role("button", name="Update").last.click()
    finding = page.locator("[data-findings] .finding-refuse")
    expect(finding).to_contain_text("No font of this workshop has")
    page.locator("[name=mend]", has_text="Leave out").click()
    expect(finding).to_have_count(0)
    expect(page.get_by_label("First line")).to_have_value("Anna")
