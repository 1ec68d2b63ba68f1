"""The workshop in a real browser: no barriers, a run released by keyboard alone, files come by themselves."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from ledger.models import Job
from orders.models import Line
from production import drafts, whatif
from production.models import Plan, Run
from tests.production.day import order, ordinary_day, run_jobs

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Enter = Callable[..., Page]
Check = Callable[[Page], None]


@pytest.fixture
def day(transactional_db: None, quiet_shop: None) -> Plan:
    return ordinary_day()


@pytest.fixture
def staff(day: Plan, visitor: Enter, bob_client: Client, live_server: LiveServer) -> Enter:
    """Opens the workshop as bob, who plans."""

    def enter(**how: Any) -> Page:
        page = visitor(**how)
        cookie = bob_client.cookies["sessionid"].value
        page.context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
        return page

    return enter


def laser_run() -> Run:
    return Run.objects.get(key__work_centre="laser")


def release_by(client: Client) -> Run:
    run = laser_run()
    client.post(f"/staff/runs/{run.pk}/release/", {"version": run.version})
    run_jobs("production.files")
    return run


def fits(page: Page) -> bool:
    """Nothing but a frame scrolls sideways."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


@pytest.mark.parametrize("look", [{}, {"dark": True}, {"phone": True}], ids=["desk", "dark", "phone"])
def test_no_page_of_the_workshop_has_a_barrier(
    look: dict[str, bool], staff: Enter, bob_client: Client, no_barriers: Check
) -> None:
    mug = Run.objects.exclude(key__work_centre="laser").get()
    run = release_by(bob_client)
    first = run.operations.order_by("sequence").first()
    assert first is not None
    bob_client.post(f"/staff/floor/operations/{first.pk}/start/")
    Line.objects.filter(family_code="enamel-mug").update(promised_at="2026-01-01T00:00Z")
    Plan.objects.update(unplanned=[{"line": "lin_x", "pieces": 1, "code": "x", "text": "No routing."}])
    Job.objects.filter(kind="production.demand").update(
        state="dead", last_error="ValueError: no\n  in line 3"
    )
    line = Line.objects.filter(family_code="walnut-sign").first()
    assert line is not None
    Line.objects.filter(pk=line.pk).update(state="made")
    bob_client.post("/staff/floor/machines/laser-2/stop/", {"reason": "belt torn"})
    scenario = whatif.begin(name="Saturday", actor="system:test", now=timezone.now())
    whatif.add(
        scenario=scenario, change={"kind": "lead-time", "by": 60}, actor="system:test", now=timezone.now()
    )
    broken = mug.operations.select_related("machine").order_by("sequence")[0]
    bob_client.post(f"/staff/floor/machines/{broken.machine.code}/stop/", {"reason": "fuse", "hours": "72"})
    asked = drafts.ask(actor="user:bob", now=timezone.now())
    assert asked is not None
    repair = drafts.store(drafts.first_repair(asked=asked, actor="user:bob"), now=timezone.now())
    assert repair is not None
    page = staff(**look)
    for path in (
        "",
        "queue/",
        "plan/",
        "plan/?zoom=month",
        f"plan/?op={broken.pk}",
        "runs/",
        "load/",
        "late/",
        "held/",
        "setups/",
        "plans/",
        "calendars/",
        f"orders/{line.order_id}/",
        f"runs/{run.pk}/",
        f"runs/{mug.pk}/",
        "floor/",
        f"floor/runs/{run.pk}/",
        "what-if/",
        f"what-if/{scenario.pk}/",
        f"lines/{line.pk}/why/",
        "events/",
        f"plans/drafts/{repair.pk}/",
        "materials/",
        "materials/walnut-6/",
        "jobs/",
        "ledger/",
    ):
        page.goto(f"/staff/{path}")
        expect(page.get_by_role("heading", level=1)).to_have_count(1)
        hidden = page.locator("details:not([open]) > summary")
        for _ in range(min(hidden.count(), 2)):
            hidden.first.click()  # and it is one of them no longer
        no_barriers(page)
        assert fits(page), f"{path} is wider than the screen"


def tab_to(page: Page, name: str) -> None:
    """Press Tab until the link or button of that name has the focus."""
    focused = "document.activeElement.innerText?.trim() || document.activeElement.textContent?.trim() || ''"
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate(focused).startswith(name):
            return
    pytest.fail(f"Tab never reaches {name}")


def arrow_to(page: Page, title: str) -> None:
    """Tab into the chart, then arrows until the bar of that title has the focus."""
    tab_to(page, "R-")
    for key in ("Home", *["ArrowUp"] * 20, *["ArrowRight"] * 5, *["Home", "ArrowDown"] * 20):
        if page.evaluate("document.activeElement.querySelector('title').textContent").startswith(title):
            return
        page.keyboard.press(key)
    pytest.fail(f"No arrow reaches {title}")


def test_the_keyboard_alone_releases_a_run_from_the_chart_and_takes_it_back(staff: Enter) -> None:
    run = laser_run()
    page = staff()
    page.goto("/staff/plan/")
    arrow_to(page, f"R-{run.number}, ")
    expect(page.locator("#chosen h3")).to_contain_text(f"R-{run.number}")
    page.keyboard.press("Escape")
    expect(page.locator("#chosen")).to_be_hidden()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text(f"Run R-{run.number}")
    tab_to(page, "Release to the floor")
    page.keyboard.press("Enter")
    expect(page.get_by_text("is released: the material is reserved")).to_be_visible()
    run.refresh_from_db()
    assert run.state == "released"
    tab_to(page, "Undo the release")
    page.keyboard.press("Enter")
    expect(page.get_by_text("the last decision is undone")).to_be_visible()
    run.refresh_from_db()
    assert run.state == "proposed"


def test_work_is_moved_by_mouse_and_by_keyboard_alone(staff: Enter) -> None:
    run = laser_run()
    page = staff()
    page.goto("/staff/plan/?zoom=week")
    bar = page.locator(f"svg.gantt a[data-run='{run.pk}'] .work").first
    bar.scroll_into_view_if_needed()
    box, other = bar.bounding_box(), page.locator(".gantt-names li", has_text="Laser 2").bounding_box()
    assert box and other
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 10)
    page.mouse.down()
    page.mouse.move(box["x"] + 60, other["y"] + 10, steps=4)
    page.mouse.up()
    expect(page.get_by_text(f"R-{run.number} is on Laser 2")).to_be_visible()
    cut = run.operations.earliest("sequence")
    assert cut.machine.code == "laser-2"

    page.locator(f"svg.gantt a[data-run='{run.pk}'] .work").first.click()
    expect(page.locator("#chosen h3")).to_contain_text(f"R-{run.number}")
    page.locator(f"svg.gantt a[data-run='{run.pk}'] .work").first.dblclick()
    expect(page.get_by_role("heading", level=1)).to_contain_text(f"Run R-{run.number}")
    page.goto("/staff/plan/?zoom=week")
    page.locator(".gantt-frame").focus()
    with page.expect_navigation():
        page.keyboard.press("-")
    expect(page.get_by_role("link", name="Month")).to_have_attribute("aria-current", "true")
    page.goto(f"/staff/runs/{run.pk}/")
    tab_to(page, "Move")  # at its first step
    page.keyboard.press("Enter")
    page.get_by_label("To machine").first.select_option(label="Laser 1 (150 W)")
    tab_to(page, "Move")
    page.keyboard.press("Enter")
    expect(page.get_by_text(f"R-{run.number} is on Laser 1")).to_be_visible()


def test_released_files_appear_without_loading_the_page_again(staff: Enter) -> None:
    page = staff()
    page.goto(f"/staff/runs/{laser_run().pk}/")
    page.get_by_role("button", name="Release to the floor").click()
    expect(page.get_by_text("Being made; they appear here.")).to_be_visible()
    run_jobs("production.files")
    expect(page.get_by_role("link", name="Job ticket (PDF)")).to_be_visible()


def test_a_plan_that_is_computed_meanwhile_shows_itself(staff: Enter, day: Plan) -> None:
    owner = Line.objects.select_related("order__owner").first()
    assert owner is not None and owner.order.owner is not None
    page = staff()
    page.goto("/staff/plan/")
    order("enamel-mug", owner=owner.order.owner)
    page.get_by_role("button", name="Propose anew").click()
    expect(page.get_by_text("A planner is at work.")).to_be_visible()
    run_jobs("planning.propose")
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Plan {day.number + 1}")


def test_without_script_a_run_is_released_made_and_a_piece_scrapped(staff: Enter) -> None:
    run = laser_run()
    page = staff(script=False, phone=True)
    page.goto(f"/staff/runs/{run.pk}/")
    page.get_by_role("button", name="Release to the floor").click()
    page.goto("/staff/floor/")
    page.get_by_role("button", name=f"Start R-{run.number} on Laser").click()
    page.goto(f"/staff/floor/runs/{run.pk}/")
    page.get_by_text("Piece 1 of 3: scrap").click()
    page.get_by_role("button", name="Burnt").locator("visible=true").first.click()
    expect(page.get_by_text("it is owed again")).to_be_visible()
    assert run.scraps.get().reason == "Burnt"
