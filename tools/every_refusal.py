"""Every refused value asked "Why?" by hand, in a browser, on the page of each family.

``python3 manage.py up`` in one window, then
``.venv/bin/python tools/every_refusal.py http://127.0.0.1:8000/ walnut-sign shelf [--phone] [--plain]``.
Random shoppers choose option after option, each once, with the page's own controls. In
each state the refused values are asked why (at most ``--sample``): the panel has to appear, to say a
sentence, and to offer a way out or say that there is none; some ways out are pressed, and the value has to be
chosen then. Numbers out of range have to be given the nearest that fits. ``--plain`` does it without
JavaScript. Prints a table and each fault; exits 1 where there was a fault. Needs Chromium and the development
requirements.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import time
from dataclasses import dataclass, field

from playwright.sync_api import Browser, Error, Locator, Page, sync_playwright

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
DESK, PHONE = (1280, 860), (390, 780)
PRESSED = 0.3  # the share of ways out that are pressed
PATIENCE = 20_000  # milliseconds
IDLE = "pc-configurator:not(.working)"
WHY = ".why:not([hidden])"
# What can be chosen by a click, from a list or as a number, as [option, value]; nothing refused or chosen.
OPEN = """() => [...document.querySelectorAll('[data-option]')].flatMap((node) => [
    ...[...node.querySelectorAll('.choice')].filter((each) =>
      each.dataset.state !== 'impossible' && !each.querySelector('input').checked)
      .map((each) => each.dataset.value),
    ...[...node.querySelectorAll('option[data-name]')].filter((each) =>
      !each.selected && each.textContent === each.dataset.name).map((each) => each.value),
    ...(node.dataset.kind === 'integer' ? ['least', 'most'] : []),
  ].map((value) => [node.dataset.option, value]))"""
LISTED = """() => [...document.querySelectorAll('option[data-name]')].filter((each) =>
  !each.selected && each.textContent !== each.dataset.name)
  .map((each) => [each.closest('[data-option]').dataset.option, each.value])"""


@dataclass
class Tally:
    """What was met in one family; times in seconds."""

    family: str
    shoppers: int = 0
    finished: int = 0
    states: int = 0
    met: int = 0
    asked: int = 0
    explained: int = 0
    repaired: int = 0
    hopeless: int = 0
    numbers: int = 0
    slowest: float = 0.0
    troubles: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


HEAD = (
    "family shoppers finished states refused asked explained repaired no-way numbers slowest-s console faults"
)


def row(tally: Tally) -> str:
    figures = [tally.shoppers, tally.finished, tally.states, tally.met, tally.asked, tally.explained]
    figures += [tally.repaired, tally.hopeless, tally.numbers]
    cells = [tally.family, *map(str, figures), f"{tally.slowest:.2f}", len(tally.troubles), len(tally.faults)]
    return "| " + " | ".join(map(str, cells)) + " |"


class Shopper:
    """One visitor's page of one family, with or without script."""

    def __init__(self, page: Page, tally: Tally, dice: random.Random, *, script: bool) -> None:
        self.page, self.tally, self.dice, self.script = page, tally, dice, script

    def enter(self, url: str) -> None:
        self.page.goto(f"{url.rstrip('/')}/make/{self.tally.family}/")
        if self.script:
            self.page.locator("pc-configurator.live").wait_for()
            self.page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")

    def settle(self, began: float) -> None:
        """Until the answer to the last click is drawn."""
        if self.script:
            self.page.wait_for_timeout(60)
            self.page.locator(IDLE).wait_for()
        else:
            self.page.wait_for_load_state()
            self.page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
        self.tally.slowest = max(self.tally.slowest, time.monotonic() - began)

    def node(self, option: str) -> Locator:
        return self.page.locator(f'[data-option="{option}"]')

    def choose(self, option: str, value: str) -> None:
        """One choice with the control that the page has for it."""
        node, began = self.node(option), time.monotonic()
        if node.locator("select").count():
            node.locator("select").select_option(value)
        elif node.get_attribute("data-kind") == "integer":
            box = node.locator("input[type=number]")
            ends = {"least": ("data-low", "min"), "most": ("data-high", "max")}[value]
            # With script the limits that the other choices leave are in min and max, without it in data-.
            limit = box.get_attribute(ends[1 if self.script else 0]) or box.get_attribute(ends[1])
            box.fill(limit or "1")
            box.press("Tab")
        else:
            node.locator(f'.choice[data-value="{value}"] label').click()
        if not self.script:
            self.page.locator("button[value=update]:visible").last.click()
        self.settle(began)

    def chosen(self, option: str, value: str) -> bool:
        node = self.node(option)
        if node.locator("select").count():
            return node.locator("select").input_value() == value
        if node.get_attribute("data-kind") == "integer":
            return node.locator("input[type=number]").input_value() == value
        return node.locator(f'.choice[data-value="{value}"] input').is_checked()

    def refused(self) -> list[tuple[str, str]]:
        """Every value that the page shows as refused: those with "Why?", and those of lists."""
        buttons = self.page.locator(WHY).evaluate_all("(all) => all.map((each) => each.value)")
        pairs = [each.split("=", 1) for each in buttons] + self.page.evaluate(LISTED)
        return [(option, value) for option, value in pairs]

    def ask(self, option: str, value: str) -> None:
        """Ask why, read the panel, and press the way out now and then."""
        tally, where, began = self.tally, f"{self.tally.family}: {option}={value}", time.monotonic()
        tally.asked += 1
        if self.node(option).locator("select").count():
            self.choose(option, value)
        else:
            self.node(option).locator(f'.why[value="{option}={value}"]').click()
            self.settle(began)
        panel = self.page.locator(".refusal:visible")
        if not panel.count():
            tally.faults.append(f"{where}: no panel")
            return
        panel = panel.first
        said = panel.locator(":scope > p").first.inner_text()
        outs = panel.locator(".repairs li > button")
        if len(said.split()) < 4 or said.startswith("No change"):
            tally.faults.append(f"{where}: no reason: {said!r}")
        elif outs.count():
            tally.explained += 1
        elif "no way" in panel.inner_text() or "No change" in panel.inner_text():
            tally.explained += 1
            tally.hopeless += 1
        else:
            tally.faults.append(f"{where}: neither a way out nor a word that there is none")
        if outs.count() and self.dice.random() < PRESSED:
            self.press(outs.nth(self.dice.randrange(outs.count())), option, value, where)
        elif self.script:
            panel.get_by_role("button", name="Keep it as it was").click()
            if self.chosen(option, value):
                tally.faults.append(f"{where}: chosen though refused")

    def press(self, out: Locator, option: str, value: str, where: str) -> None:
        began = time.monotonic()
        out.click()
        self.settle(began)
        errors = self.page.locator(
            "[data-error]:visible, [data-alert]:visible, .refusal:visible"
        ).all_inner_texts()
        if errors:
            self.tally.faults.append(f"{where}: the way out shows {errors}")
        elif not self.chosen(option, value):
            self.tally.faults.append(f"{where}: not chosen after the way out")
        else:
            self.tally.repaired += 1

    def overreach(self) -> None:
        """Type a number that is far too large into each number field: the nearest is offered, and works."""
        for node in self.page.locator('[data-option][data-kind="integer"]').all():
            option, began = node.get_attribute("data-option") or "", time.monotonic()
            box = node.locator("input[type=number]")
            box.fill("987654")
            box.press("Tab")
            if not self.script:
                self.page.locator("button[value=update]:visible").last.click()
            self.settle(began)
            offer = self.page.get_by_role("button", name="nearest that fits")
            if not offer.count():
                self.tally.faults.append(f"{self.tally.family}: {option}: no nearest is offered")
                continue
            offer.first.click()
            self.settle(began)
            if box.input_value() in ("987654", "") or self.page.locator("[data-error]:visible").count():
                self.tally.faults.append(f"{self.tally.family}: {option}: the nearest number is refused")
            else:
                self.tally.numbers += 1

    def shop(self, *, sample: int, until: float) -> None:
        """Each option once in an order of chance, or until the clock (monotonic seconds) says so."""
        self.tally.shoppers += 1
        done: set[str] = set()
        while time.monotonic() < until:
            self.tally.states += 1
            met = self.refused()
            self.tally.met += len(met)
            for option, value in self.dice.sample(met, min(sample, len(met))):
                if time.monotonic() < until and (option, value) in self.refused():
                    self.ask(option, value)
            ways = [way for way in self.page.evaluate(OPEN) if way[0] not in done]
            if not ways:
                self.overreach()
                self.tally.finished += 1
                return
            option, value = self.dice.choice(ways)
            done.add(option)
            self.choose(option, value)


def walk(browser: Browser, family: str, options: argparse.Namespace) -> Tally:
    tally, began = Tally(family), time.monotonic()
    for seed in range(options.shoppers):
        until = began + options.seconds * (seed + 1) / options.shoppers
        width, height = PHONE if options.phone else DESK
        context = browser.new_context(
            viewport={"width": width, "height": height},
            java_script_enabled=not options.plain,
            reduced_motion="reduce",
        )
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.on("pageerror", lambda error: tally.troubles.append(str(error)))
        page.on(
            "console",
            lambda said: (
                tally.troubles.append(said.text)
                if said.type == "error" and "status of 4" not in said.text  # a refusal is an answer
                else None
            ),
        )
        shopper = Shopper(page, tally, random.Random(f"{family} {seed}"), script=not options.plain)
        try:
            shopper.enter(options.url)
            shopper.shop(sample=options.sample, until=until)
        except Error as fault:
            tally.faults.append(f"{family}, shopper {seed}: {str(fault)[:300]}")
        if options.keep:
            page.screenshot(path=f"{options.keep}/{family}-{'phone' if options.phone else 'desk'}-{seed}.png")
        context.close()
    return tally


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("url")
    parser.add_argument("families", nargs="+", metavar="FAMILY", help="code of a family, as in its address")
    parser.add_argument("--phone", action="store_true", help="390 px wide")
    parser.add_argument("--plain", action="store_true", help="without JavaScript")
    parser.add_argument("--shoppers", type=int, default=3)
    parser.add_argument("--sample", type=int, default=6, help="refused values asked in one state, at most")
    parser.add_argument("--seconds", type=float, default=60.0, help="for one family; then shoppers stop")
    parser.add_argument("--keep", default="", metavar="FOLDER", help="for a picture at each shopper's end")
    options = parser.parse_args()
    found: list[Tally] = []
    with sync_playwright() as playwright:
        chromium = os.environ.get("CHROMIUM", "/usr/bin/chromium")
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        print("| " + " | ".join(HEAD.split()) + " |")
        for family in options.families:
            found.append(walk(browser, family, options))
            print(row(found[-1]), flush=True)
        browser.close()
    for line in [line for tally in found for line in (*tally.troubles, *tally.faults)]:
        print(line)
    return 1 if any(tally.faults or tally.troubles for tally in found) else 0


if __name__ == "__main__":
    sys.exit(main())
