"""A shop in a browser: the real sign, a live server, and pages that fail on an error of script or policy."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer

from configurator.catalogue import publish
from configurator.models import Family
from tests.shops import NOW

FAMILIES = Path(__file__).resolve().parents[2] / "configurator" / "families"
PHONE = {"width": 390, "height": 780}
DESK = {"width": 1280, "height": 860}
PATIENCE = 15_000  # milliseconds for a page to do what is asked of it, on a busy machine
expect.set_options(timeout=PATIENCE)


@pytest.fixture
def quiet_shop(settings: Any, tmp_path: Path) -> None:
    settings.PROMISER = "tests.shops.InTwoDays"
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.QUARANTINE = tmp_path / "quarantine"


@pytest.fixture
def sign(transactional_db: None, quiet_shop: None) -> Family:
    """The engraved sign as the demo sells it."""
    source = (FAMILIES / "walnut-sign.yaml").read_text(encoding="utf-8")
    return publish(source=source, filename="walnut-sign.yaml", actor="system:test", now=NOW).family


@pytest.fixture
def visitor(browser: Browser, live_server: LiveServer) -> Iterator[Callable[..., Page]]:
    """Opens a fresh browser on the shop; at the end no page may have met an error of script or policy."""
    contexts: list[BrowserContext] = []
    troubles: list[str] = []

    def enter(*, script: bool = True, phone: bool = False, dark: bool = False, touch: bool = False) -> Page:
        context = browser.new_context(
            base_url=live_server.url,
            java_script_enabled=script,
            has_touch=touch,
            viewport=PHONE if phone else DESK,  # type: ignore[arg-type]
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.on("pageerror", lambda error: troubles.append(f"{page.url}: {error}"))
        page.on(
            "console",
            lambda message: (
                troubles.append(f"{page.url}: {message.text}")
                if message.type == "error" and "Failed to load resource" not in message.text
                else None
            ),
        )
        return page

    yield enter
    for context in contexts:
        context.close()
    assert troubles == []


@pytest.fixture
def no_barriers() -> Callable[[Page], None]:
    """axe finds nothing against WCAG 2.2 A and AA on the page as it stands."""
    rules = {
        "resultTypes": ["violations"],  # telling what is well takes longer than looking for what is not
        "runOnly": {
            "type": "tag",
            "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
        },
    }

    def check(page: Page) -> None:
        found = Axe().run(page, options=rules)
        assert found.violations_count == 0, f"{page.url}\n{found.generate_report()}"

    return check
