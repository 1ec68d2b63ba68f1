"""An author in a real browser: breaks a rule, sees what and why, mends it, publishes; the shop sells it."""

import re
from collections.abc import Callable

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from playwright.sync_api import Page, Route, expect
from pytest_django.live_server_helper import LiveServer

from configurator.models import Draft, Family
from ledger import jobs
from ledger.models import Job

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Enter = Callable[..., Page]
Check = Callable[[Page], None]
BENCH = "/staff/products/walnut-sign/"
R7 = "material == 'cherry' => thickness == 't6'"


@pytest.fixture
def author(sign: Family, visitor: Enter, live_server: LiveServer) -> Enter:
    """Opens the shop as iris, who writes the products."""
    iris = User.objects.create_user("iris", "iris@example.org", "x", is_staff=True)
    iris.groups.add(Group.objects.get_or_create(name="author")[0])
    client = Client()
    client.force_login(iris)

    def enter(**how: bool) -> Page:
        page = visitor(**how)
        cookie = client.cookies["sessionid"].value
        page.context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
        return page

    return enter


def work_off() -> None:
    """Do in this process what a worker would."""
    for job in Job.objects.unfinished().order_by("pk"):
        jobs.run(job.pk)


def type_instead(page: Page, old: str, new: str) -> None:
    """Replace a piece of the text as typing does."""
    area = page.get_by_label("The text of the family")
    text = area.input_value()
    assert old in text
    area.fill(text.replace(old, new, 1))


def fits(page: Page) -> bool:
    """Nothing but a frame scrolls sideways."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


def test_an_author_breaks_a_rule_sees_why_mends_and_publishes_it(author: Enter, visitor: Enter) -> None:
    page = author()
    page.goto("/staff/products/")
    page.get_by_role("link", name="Engraved house sign").click()
    problems = page.locator("#problems")
    expect(problems).to_contain_text("reads without a problem")

    # A rule that names an option that is not there: told while typing, with the line and what may be meant.
    type_instead(page, R7, R7.replace("material", "materiel"))
    expect(problems).to_contain_text("there is no option materiel")
    expect(problems).to_contain_text("material")
    problems.get_by_role("link").first.click()
    selected = page.evaluate(
        "() => { const a = document.activeElement; return a.value.slice(a.selectionStart, a.selectionEnd) }"
    )
    assert "R7" in selected or "materiel" in selected
    expect(page.locator("[data-dirty]")).to_be_visible()

    # Mended, but now cherry has to be thick and thin at once, and a rule makes the product void.
    type_instead(page, R7.replace("material", "materiel"), R7)
    expect(problems).to_contain_text("reads without a problem")
    type_instead(
        page,
        "  - code: R17\n",
        "  - {code: X1, expr: \"material == 'cherry' => thickness == 't10'\", message: Thin cherry warps.}\n"
        "  - code: R17\n",
    )
    expect(problems).to_contain_text("reads without a problem")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved as revision 2.")).to_be_visible()
    expect(page.locator("#pane")).to_contain_text("The audit is running")
    work_off()
    pane = page.locator("#pane")
    expect(pane).to_contain_text("“Cherry” of Wood can never be chosen, because of R7 and X1.")
    expect(pane).to_contain_text("Thin cherry warps.")
    pane.get_by_role("link", name="X1").first.click()
    assert page.evaluate("document.activeElement.id") == "source"

    # A void product is refused, with the rules that cannot hold together.
    type_instead(page, "X1, expr: \"material == 'cherry' =>", "X1, expr: \"material != 'cherry' =>")
    type_instead(
        page,
        "  - code: R17\n",
        "  - {code: X2, expr: thickness == 't6', message: Only 6 mm.}\n  - code: R17\n",
    )
    type_instead(
        page,
        "  - code: R17\n",
        "  - {code: X3, expr: material == 'oak', message: Only oak.}\n  - code: R17\n",
    )
    page.get_by_role("button", name="Publish").click()
    refused = page.locator("#refused")
    expect(refused).to_contain_text("No configuration is valid")
    expect(refused).to_contain_text("Only 6 mm.")
    assert Draft.objects.get().source.count("X2") == 1  # nothing typed is lost

    # Mended: the limit that was meant all along, tried out before it is sold.
    text = page.get_by_label("The text of the family").input_value()
    lines = [line for line in text.split("\n") if not re.search(r"code: X[123],", line)]
    page.get_by_label("The text of the family").fill(
        "\n".join(lines).replace("We stock cherry in 6 mm only.", "Cherry comes in 6 mm boards.")
    )
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved as revision 4.")).to_be_visible()
    page.get_by_role("link", name="Try it").click()
    page.get_by_role("button", name="Cherry").click()
    expect(page.locator("#why")).to_contain_text("Cherry comes in 6 mm boards.")
    page.get_by_role("button", name="Make this change").click()
    expect(page.get_by_role("button", name=re.compile("^6 mm"))).to_have_attribute("aria-pressed", "true")
    page.get_by_role("link", name="Changes").click()
    expect(pane).to_contain_text("Rule R7 is told as “Cherry comes in 6 mm boards.”")
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_text("Version 2 of Engraved house sign is on sale.")).to_be_visible()

    shopper = visitor()
    shopper.goto("/make/walnut-sign/")
    shopper.locator("pc-configurator.live").wait_for()
    cherry = shopper.locator("label", has_text="Cherry")
    cherry.evaluate("label => label.scrollIntoView({ block: 'center' })")
    cherry.click(force=True)
    expect(shopper.locator(".refusal").first).to_contain_text("Cherry comes in 6 mm boards.")


def test_what_was_typed_before_the_script_came_is_checked(author: Enter) -> None:
    page = author()
    held: list[Route] = []
    page.route("**/family-editor*.js", lambda route: held.append(route))
    page.goto(BENCH, wait_until="commit")
    page.get_by_label("The text of the family").wait_for()
    type_instead(page, R7, R7.replace("material", "materiel"))
    expect(page.locator("#problems")).to_contain_text("reads without a problem")
    held[0].continue_()
    expect(page.locator("#problems")).to_contain_text("there is no option materiel")


def test_a_text_that_could_not_be_checked_is_not_called_free_of_problems(author: Enter) -> None:
    page = author()
    page.clock.install()
    page.goto(BENCH)
    page.locator(".editor.drawn").wait_for()
    page.route("**/check/", lambda route: route.fulfill(status=503))
    type_instead(page, R7, R7.replace("material", "materiel"))
    for _ in range(4):
        with page.expect_response("**/check/"):
            page.clock.fast_forward(10_000)
    expect(page.locator("#problems")).to_contain_text("could not be checked")
    page.unroute("**/check/")
    type_instead(page, "materiel", "matariel")
    page.clock.fast_forward(1_000)
    expect(page.locator("#problems")).to_contain_text("there is no option matariel")


PANES = ("audit", "try&set=material%3Dcherry", "changes", "versions", "usage")


@pytest.fixture
def busy_bench(author: Enter) -> Enter:
    """A draft with findings, differences and an audit."""
    page = author()
    page.goto(BENCH)
    type_instead(page, 'price: "18.00"', 'price: "19.00"')
    type_instead(
        page,
        "  - code: R17\n",
        "  - {code: X1, expr: \"material == 'oak'\", message: Only oak.}\n  - code: R17\n",
    )
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Saved as revision 2.")).to_be_visible()
    work_off()
    return author


def test_no_page_of_the_authors_has_a_barrier(busy_bench: Enter, no_barriers: Check) -> None:
    page = busy_bench()
    page.goto(BENCH)
    type_instead(page, "material == 'oak' =>", "materal == 'oak' =>")
    expect(page.locator("#problems ol")).to_be_visible()
    no_barriers(page)
    addresses = ["/staff/products/", "/staff/products/new/", *(f"{BENCH}?pane={pane}" for pane in PANES)]
    for address in addresses:
        page.goto(address)
        assert fits(page), address
        no_barriers(page)


def test_the_bench_has_no_barrier_in_the_dark(busy_bench: Enter, no_barriers: Check) -> None:
    page = busy_bench(dark=True)
    for pane in PANES[:3]:
        page.goto(f"{BENCH}?pane={pane}")
        no_barriers(page)


def test_the_bench_fits_on_a_phone(busy_bench: Enter, no_barriers: Check) -> None:
    page = busy_bench(phone=True)
    page.set_viewport_size({"width": 360, "height": 780})
    for address in ("/staff/products/", "/staff/products/new/", *(f"{BENCH}?pane={pane}" for pane in PANES)):
        page.goto(address)
        assert fits(page), address
    no_barriers(page)


def test_everything_works_without_script(author: Enter) -> None:
    page = author(script=False)
    page.goto(BENCH)
    type_instead(page, R7, R7.replace("material", "materiel"))
    page.get_by_role("button", name="Check").click()
    expect(page.locator("#problems")).to_contain_text("there is no option materiel")
    type_instead(page, "materiel", "material")
    type_instead(page, "We stock cherry in 6 mm only.", "Cherry comes in 6 mm boards.")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("link", name="Changes").click()
    expect(page.locator("#pane")).to_contain_text("Cherry comes in 6 mm boards.")
    page.get_by_role("link", name="Try it").click()
    page.get_by_role("button", name="Cherry").click()
    expect(page.locator("#why")).to_contain_text("Cherry comes in 6 mm boards.")
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_text("Version 2 of Engraved house sign is on sale.")).to_be_visible()


def test_the_bench_is_worked_by_keyboard_alone(author: Enter) -> None:
    page = author()
    page.goto(BENCH)
    area = page.get_by_label("The text of the family")
    area.focus()
    page.keyboard.press("Control+End")
    page.keyboard.type("# a note")
    page.keyboard.press("Control+s")
    expect(page.get_by_text("Saved as revision 2.")).to_be_visible()
    assert Draft.objects.get().source.rstrip().endswith("# a note")
    page.get_by_role("link", name="Try it").focus()
    page.keyboard.press("Enter")
    field = page.get_by_role("textbox", name="Letter height")
    field.fill("8")
    field.press("Enter")
    expect(page.locator("#why")).to_contain_text("Script lettering below 12 mm")
