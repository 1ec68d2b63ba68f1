"""The pictures in README and docs, taken from a running shop.

``python3 manage.py up`` in one window, ``make shots`` (``.venv/bin/python tools/shots.py``) in another.
Walks as a shopper and as staff through the real pages in Chromium, at desktop and phone width, and writes
``docs/pictures/NAME-desktop.webp`` and ``NAME-phone.webp``. Needs Chromium and the development requirements.
"""

from __future__ import annotations

import argparse
import io
import os
import re
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
SIZES = {"desktop": (1280, 900), "phone": (390, 844)}
BREAKS = "saw-1"  # the machine that fails: all shelves wait for it
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--url", default="http://127.0.0.1:8000/")
    parser.add_argument("--var", type=Path, default=Path(os.environ.get("VAR_DIR") or ROOT / "var"))
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "pictures")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    logins = read_logins(options.var / "demo-logins.txt")
    with sync_playwright() as playwright:
        chromium = os.environ.get("CHROMIUM", "/usr/bin/chromium")
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        for size in SIZES:
            shop(browser, options.url, size, options.out)
            staff(browser, options.url, size, options.out, logins["bob"])
            author(browser, options.url, size, options.out, logins["iris"])
        browser.close()
    return 0


def read_logins(path: Path) -> dict[str, str]:
    """Passwords by user name, as ``manage.py up`` wrote them."""
    if not path.exists():
        sys.exit(f"{path} is not there: start `python3 manage.py up` first, or name its folder with --var.")
    found = re.findall(r"^\s*(\w+)\s+([a-z0-9]{4}-[a-z0-9]{4}-[a-z0-9]{4})\b", path.read_text(), re.MULTILINE)
    return dict(found)


def enter(browser: Browser, url: str, size: str) -> Page:
    width, height = SIZES[size]
    context = browser.new_context(
        base_url=url, viewport={"width": width, "height": height}, reduced_motion="reduce"
    )
    page = context.new_page()
    page.set_default_timeout(30_000)
    return page


def keep(page: Page, out: Path, name: str, size: str) -> None:
    """The window as it stands, as WebP: small enough to live in the repository."""
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(300)
    picture = Image.open(io.BytesIO(page.screenshot()))
    picture.convert("RGB").save(out / f"{name}-{size}.webp", quality=74, method=6)
    print(f"{name}-{size}.webp")


def shop(browser: Browser, url: str, size: str, out: Path) -> None:
    page = enter(browser, url, size)
    page.goto("/")
    keep(page, out, "home", size)
    page.get_by_role("link", name="Engraved house sign").first.click()
    page.locator("pc-configurator.live").wait_for()
    page.get_by_label("First line").fill("The Özdemir Family")
    page.get_by_label("Second line").fill("العائلة وطن القلب")
    page.wait_for_timeout(1500)
    page.evaluate("scrollTo(0, 0)")
    keep(page, out, "configurator", size)
    cherry = page.locator("label", has_text="Cherry")
    cherry.evaluate("label => label.scrollIntoView({ block: 'center' })")
    cherry.click(force=True)
    page.locator(".refusal").wait_for()
    keep(page, out, "refused", size)
    page.locator(".refusal").get_by_role("button").first.click()
    page.wait_for_timeout(1500)
    page.get_by_role("button", name="Add to cart").click()
    page.get_by_role("heading", name="Your cart").wait_for()
    keep(page, out, "cart", size)
    page.get_by_role("link", name="Check out").click()
    for label, text in {
        "Name": "Ada Özdemir",
        "Email": "ada@example.org",
        "Street and number": "Keizersgracht 1",
        "Postcode": "1015 CC",
        "Town": "Amsterdam",
    }.items():
        page.get_by_label(label).fill(text)
    page.get_by_label("I have checked the pictures").check()
    page.get_by_role("button", name="Place the order").click()
    page.get_by_text("Your order is placed").wait_for()
    keep(page, out, "order", size)
    page.context.close()


def log_in(page: Page, name: str, password: str) -> None:
    page.goto("/accounts/login/?next=/staff/")
    page.fill("input[name=login]", name)
    page.fill("input[name=password]", password)
    page.press("input[name=password]", "Enter")
    page.wait_for_url("**/staff/")


def author(browser: Browser, url: str, size: str, out: Path, password: str) -> None:
    """A rule too many on the bench: what the audit says of it, and the draft thrown away again."""
    page = enter(browser, url, size)
    log_in(page, "iris", password)
    page.goto("/staff/products/walnut-sign/")
    area = page.get_by_label("The text of the family")
    rule = (
        "  - {code: X1, expr: \"material == 'cherry' => thickness == 't10'\", message: Thin cherry warps.}\n"
    )
    area.fill(area.input_value().replace("  - code: R17\n", rule + "  - code: R17\n"))
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("can never be chosen, because of R7 and X1").wait_for()
    page.locator("#pane").get_by_role("link", name="X1").first.click()
    keep(page, out, "product", size)
    page.get_by_role("button", name="Throw the draft away").click()
    page.get_by_text("The draft was thrown away").wait_for()
    page.context.close()


def staff(browser: Browser, url: str, size: str, out: Path, password: str) -> None:
    page = enter(browser, url, size)
    log_in(page, "bob", password)
    for name in ("queue", "floor", "load"):
        page.goto(f"/staff/{name}/")
        keep(page, out, name, size)
    page.goto("/staff/plan/?zoom=day")
    work = page.locator("svg.gantt a.proposed[data-key] .work")
    widths = work.evaluate_all("all => all.map(each => each.getBBox().width)")
    work.nth(widths.index(max(widths))).click()
    page.locator("#chosen h3").wait_for()
    page.wait_for_timeout(600)
    page.locator("#chart").evaluate("heading => heading.scrollIntoView()")
    keep(page, out, "plan", size)
    page.get_by_role("link", name="Open the run").click()
    page.wait_for_url("**/staff/runs/**")
    keep(page, out, "run", size)
    breakdown(page, out, size)
    what_if(page, out, size)
    page.context.close()


def breakdown(page: Page, out: Path, size: str) -> None:
    """A machine breaks for three days: the repair beside the plan, what is late once it is taken, and why.
    Then the machine works again, and the plan is made anew."""
    page.goto("/staff/floor/")
    stop = page.locator(f"form[action$='machines/{BREAKS}/stop/']")
    stop.evaluate(
        "form => { for (let up = form; up; up = up.closest('details:not([open])')) up.open = true; }"
    )
    stop.get_by_label("Why").fill("The spindle is worn out")
    stop.locator("select").select_option("72")
    stop.get_by_role("button").click()
    page.goto("/staff/events/")
    while not page.get_by_role("link", name="Look at it").count():
        page.wait_for_timeout(1000)
        page.reload()
    page.get_by_role("link", name="Look at it").click()
    while page.get_by_text("A better one is being looked for").count():
        page.wait_for_timeout(1000)
        page.reload()
    keep(page, out, "draft", size)
    page.get_by_role("button", name="Take all of it").click()
    page.get_by_text("The repair is taken").wait_for()
    page.goto("/staff/late/")
    keep(page, out, "late", size)
    page.get_by_role("link", name="Why then?").first.click()
    page.get_by_role("heading", name="Why then?").wait_for()
    keep(page, out, "why", size)
    page.goto("/staff/floor/")
    page.locator(f"form[action$='machines/{BREAKS}/start/']").get_by_role("button").click()
    page.goto("/staff/plan/")
    page.get_by_role("button", name="Propose anew").click()
    page.get_by_text("A planner is at work.").wait_for(state="hidden", timeout=180_000)


def what_if(page: Page, out: Path, size: str) -> None:
    """Half as much demand again, and one more machine beside it."""
    page.goto("/staff/what-if/")
    page.get_by_label("Name").fill("Half as much again")
    page.get_by_role("button", name="New scenario").click()
    for kind, field, value in (("demand", "percent", "150"), ("extra-machine", "like", BREAKS)):
        form = page.locator(f"form[action$='add/{kind}/']")
        page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
        asked = form.locator(f"[name={field}]")
        asked.select_option(value) if field == "like" else asked.fill(value)
        form.get_by_role("button").click()
        page.get_by_role("listitem").filter(has_text="Remove").first.wait_for()
    page.get_by_role("button", name="Compute", exact=True).click()
    page.get_by_role("heading", name="Beside the plan as it is").wait_for(timeout=300_000)
    keep(page, out, "what-if", size)


if __name__ == "__main__":
    sys.exit(main())
