"""From a click in the shop to a made sign: guest, worker, planner and floor, each where they really work."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.core.files.storage import default_storage
from playwright.sync_api import Locator, Page, expect

from ledger import jobs
from ledger.invariants import check_all
from ledger.models import Job
from orders.models import Line, Order
from production.models import LineFile, Plan, Run
from server import children
from server.embedded import process
from tests.conftest import PASSWORD
from tests.processes import background
from tests.production.day import open_workshop, order, plan_now, run_jobs

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Enter = Callable[..., Page]
Check = Callable[[Page], None]

WORDS = "Ösdemir & Søn"
WORKER_SECONDS = 240.0  # for everything that waits: nobody waits longer than it takes, on any machine
SIGN_IN = re.compile("log in|sign in", re.IGNORECASE)
SLOW = 30_000  # milliseconds, for what a busy machine answers late


@pytest.fixture
def workshop(transactional_db: None, quiet_shop: None, settings: Any) -> None:
    """The demo's machines and families; dates are promised from the real plan and calendars."""
    settings.PROMISER = "production.promising.Promiser"
    open_workshop()


@pytest.fixture
def finn(transactional_db: None) -> User:
    """Staff, in the group ``floor``."""
    user = User.objects.create_user("finn", "finn@example.org", PASSWORD, is_staff=True)
    user.groups.add(Group.objects.get_or_create(name="floor")[0])
    return user


@pytest.fixture
def worker(workshop: None, tmp_path: Path) -> Iterator[None]:
    with background(tmp_path, children.worker, children.standby):
        yield


@pytest.fixture
def log_in(visitor: Enter) -> Iterator[Enter]:
    """Somebody logs in by name and password; afterwards no answer to them may have been a failure."""
    failures: list[str] = []

    def enter(user: User, *, to: str, phone: bool = False) -> Page:
        page = visitor(phone=phone)
        page.on(
            "response",
            lambda answer: failures.append(f"{answer.status} {answer.url}") if answer.status >= 400 else None,
        )
        page.goto(to)  # sends who is not logged in to the page for that
        page.get_by_label("Login").fill(user.username)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("main").get_by_role("button", name=SIGN_IN).click()
        page.wait_for_url(f"**{to}")
        return page

    yield enter
    assert failures == []


def worked_off(log: Path) -> None:
    """Wait until the worker has nothing left to do."""
    done = process.wait_until(lambda: not Job.objects.unfinished().exists(), seconds=WORKER_SECONDS)
    assert done, f"{list(Job.objects.unfinished().values())}\n{process.tail(log, 40)}"
    assert not Job.objects.filter(state="dead").exists()


def work_off_here() -> None:
    """Do in this process what a worker would; a proposal waits a few seconds for more wishes to join it."""

    def nothing_left() -> bool:
        unfinished = Job.objects.unfinished()
        for job in unfinished.order_by("pk"):
            jobs.run(job.pk)  # False for one that is not due yet
        return not unfinished.exists()

    assert process.wait_until(nothing_left, seconds=WORKER_SECONDS, pause=0.2)
    assert not Job.objects.filter(state="dead").exists()


# --- what each of them does -------------------------------------------------------------------------------


def choose(page: Page, name: str) -> None:
    """Click a choice as a shopper does: on its words."""
    label = page.locator("label", has_text=name)
    label.evaluate("label => label.scrollIntoView({ block: 'center' })")
    label.click(force=True)  # a refused one says aria-disabled, and answers with the reason


def order_a_sign(page: Page) -> None:
    """A guest, from the shelf to the order page."""
    page.goto("/")
    page.get_by_role("link", name="Engraved house sign").click()
    expect(page.locator("pc-configurator.live")).to_be_visible()
    picture = page.locator("[data-preview-frame] img").first
    before = picture.get_attribute("src")
    page.get_by_label("First line").fill(WORDS)
    expect(picture).not_to_have_attribute("src", before or "")

    choose(page, "Beeswax")
    choose(page, "Outdoors")
    refusal = page.locator(".refusal")
    expect(refusal).to_contain_text("Outdoors only hard oil lasts")
    expect(page.get_by_role("radio", name="Indoors")).to_be_checked()
    refusal.get_by_role("button", name="Set Finish to Hard oil").click()
    expect(page.get_by_role("radio", name="Outdoors")).to_be_checked()
    expect(page.get_by_role("radio", name="Hard oil")).to_be_checked()
    expect(page.locator("[data-summary]")).to_contain_text("Everything is chosen")

    page.get_by_role("button", name="Add to cart").click()
    page.get_by_role("link", name="Check out").click()
    page.get_by_label("Name").fill("Ada Müller")
    page.get_by_label("Email").fill("ada@example.org")
    page.get_by_label("Street and number").fill("Keizersgracht 1")
    page.get_by_label("Postcode").fill("1015 CC")
    page.get_by_label("Town").fill("Amsterdam")
    page.get_by_label("I have checked the pictures").check()
    page.get_by_role("button", name="Place the order").click()
    expect(page.get_by_text("Thank you. Your order is placed.")).to_be_visible()
    expect(page.get_by_text("Promised for")).to_be_visible()


def told(page: Page, text: str) -> None:
    """The page answers what was just done with this message."""
    expect(page.locator(".messages")).to_contain_text(text)


def open_run(page: Page, run: Run) -> None:
    """From the plan to its run, by the link in the list."""
    page.goto("/staff/plan/")
    page.get_by_role("link", name=f"R-{run.number}", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(f"Run R-{run.number}")


def loads(picture: Locator) -> bool:
    """Whether the browser really shows the picture: it came, and it has a size."""
    picture.scroll_into_view_if_needed()
    return bool(
        picture.evaluate(
            "async img => { img.loading = 'eager'; await img.decode().catch(() => null);"
            " return img.naturalWidth > 0 }"
        )
    )


def see_the_sheet(page: Page) -> None:
    """The sheet of the run is drawn, and so is every design on it."""
    assert loads(page.get_by_role("img", name="Sheet 1 with its parts in place"))
    pictures = page.locator("main img").all()
    assert len(pictures) > 1, "each line shows its design"
    for picture in pictures:
        assert loads(picture), picture.get_attribute("src")


def release(page: Page, run: Run) -> None:
    page.get_by_role("button", name="Release to the floor").click()
    told(page, f"R-{run.number} is released")


def download(page: Page, name: str) -> bytes:
    """The file behind a link, as the browser of who is logged in gets it."""
    link = page.get_by_role("link", name=name)
    expect(link).to_be_visible(timeout=SLOW)
    answer = page.request.get(str(link.get_attribute("href")))
    assert answer.ok, f"{answer.status} {answer.url}"
    return answer.body()


def take_the_files(page: Page, line: Line) -> None:
    """Ticket and sheets come by themselves; the laser's is in millimetres and has the very outlines of the
    file that was read back for the line."""
    assert download(page, "Job ticket (PDF)").startswith(b"%PDF")
    assert b"LWPOLYLINE" in download(page, "Sheet 1 (DXF)")
    svg = download(page, "Sheet 1 (SVG)").decode()
    # a board of walnut is 600 x 400 mm
    assert 'width="600mm" height="400mm" viewBox="0 0 600000 400000"' in svg
    checked = default_storage.open(LineFile.objects.get(line=line).kept["svg"]["path"]).read().decode()
    drawn = re.findall(r' d="[^"]+"', checked)
    assert drawn
    assert all(outline in svg for outline in drawn)


def work_through(page: Page, run: Run, *, steps: int) -> None:
    """Start and finish every step of the run that is left, at the machine that offers it."""
    page.goto("/staff/floor/")
    start = page.get_by_role("button", name=f"Start R-{run.number} on ")
    for _ in range(steps):
        start.click()
        told(page, f"R-{run.number} runs on ")
        page.get_by_role("button", name=f"Finish R-{run.number} on ").click()
        told(page, f"R-{run.number} is done on ")
    expect(start).to_have_count(0)


def sound() -> None:
    """What ``manage.py verify`` checks holds: ledger, orders and production."""
    assert [finding for finding in check_all() if finding.breaches] == []


# --- the journeys -----------------------------------------------------------------------------------------


def test_a_guest_orders_a_sign_and_the_workshop_makes_it(
    worker: None, visitor: Enter, log_in: Enter, bob: User, finn: User, no_barriers: Check, tmp_path: Path
) -> None:
    log = tmp_path / "log" / "worker.log"
    guest = visitor()
    order_a_sign(guest)
    line = Order.objects.get().lines.get()
    assert (line.choices["use"], line.choices["finish"]) == ("outdoor", "oil")
    worked_off(log)

    planner = log_in(bob, to="/staff/queue/")
    expect(planner.get_by_text(WORDS)).to_be_visible()
    run = Run.objects.get(key__work_centre="laser")
    open_run(planner, run)
    expect(planner.get_by_text(WORDS)).to_be_visible()
    see_the_sheet(planner)
    release(planner, run)
    take_the_files(planner, line)
    no_barriers(planner)
    worked_off(log)
    guest.reload()
    expect(guest.get_by_role("heading", level=1)).to_have_text("It is being made")

    maker = log_in(finn, to="/staff/floor/")
    work_through(maker, run, steps=3)
    no_barriers(maker)
    planner.reload()
    expect(planner.get_by_role("heading", level=1)).to_contain_text("done")
    guest.reload()
    expect(guest.get_by_role("heading", level=1)).to_contain_text("It is made")
    no_barriers(guest)
    worked_off(log)
    sound()


@pytest.mark.parametrize("phone", [False, True], ids=["desk", "phone"])
def test_a_scrapped_piece_is_owed_again_and_comes_in_the_next_plan(
    workshop: None, log_in: Enter, bob: User, finn: User, phone: bool
) -> None:
    ada = User.objects.create_user("ada")
    number = order("walnut-sign", owner=ada, quantity=2, line1=WORDS).number
    plan = plan_now()
    run = Run.objects.get()
    planner = log_in(bob, to="/staff/plan/", phone=phone)
    open_run(planner, run)
    see_the_sheet(planner)
    release(planner, run)
    run_jobs("production.files")

    maker = log_in(finn, to=f"/staff/floor/runs/{run.pk}/", phone=phone)
    maker.get_by_role("button", name="Start Laser").click()
    maker.get_by_text("Piece 2 of 2: scrap").click()
    maker.get_by_role("button", name="Burnt").locator("visible=true").click()
    told(maker, f"Piece 2 of {number}/1 is scrapped: it is owed again")
    maker.get_by_role("button", name="Finish Laser").click()
    work_through(maker, run, steps=2)

    run_jobs("production.demand")
    planner.goto("/staff/plan/")
    # By itself the next plan would come in a quiet minute; who asks does not wait for it.
    planner.get_by_role("button", name="Propose anew").click()
    expect(planner.get_by_text("A planner is at work.")).to_be_visible()
    work_off_here()
    now_in_force = Plan.objects.current().get().number
    assert now_in_force > plan.number
    expect(planner.get_by_role("heading", level=1)).to_have_text(f"Plan {now_in_force}", timeout=SLOW)
    again = Run.objects.get(state="proposed")
    open_run(planner, again)
    members = planner.get_by_role("row").filter(has_text=number)
    expect(members).to_have_count(1)
    expect(members).to_contain_text(re.compile(r"\b2\s+of 2"))
    assert [piece.index for piece in again.pieces.all()] == [2]
    assert Order.objects.get().state == "in_production", "one of its two pieces is still owed"
    sound()
