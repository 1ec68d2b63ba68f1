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
    picture.convert("RGB").save(out / f"{name}-{size}.webp", quality=82, method=6)
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
    for name in ("queue", "plan", "floor"):
        page.goto(f"/staff/{name}/")
        keep(page, out, name, size)
    page.goto("/staff/plan/")
    run = page.locator("a[href^='/staff/runs/']", has_text="R-").first.get_attribute("href")
    page.goto(str(run))
    keep(page, out, "run", size)
    page.context.close()


if __name__ == "__main__":
    sys.exit(main())
