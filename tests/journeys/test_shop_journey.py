"""A shopper in a real browser: from the shelf to the order page, with script and without."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, Route, expect

from configurator.catalogue import publish
from configurator.models import Configuration, Family
from orders.models import Order
from tests.conftest import SHARED_DATA
from tests.shops import NOW

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

FAMILIES = Path(__file__).resolve().parents[2] / "configurator" / "families"
CAR = SHARED_DATA / "renault" / "medium_contraintes.xml"
Enter = Callable[..., Page]
Check = Callable[[Page], None]


def choose_sign(page: Page) -> None:
    page.goto("/")
    page.get_by_role("link", name="Engraved house sign").click()
    expect(page.get_by_role("heading", name="Engraved house sign")).to_be_visible()


def fill_in_address(page: Page) -> None:
    page.get_by_label("Name").fill("Ada Müller")
    page.get_by_label("Email").fill("ada@example.org")
    page.get_by_label("Street and number").fill("Keizersgracht 1")
    page.get_by_label("Postcode").fill("1015 CC")
    page.get_by_label("Town").fill("Amsterdam")
    page.get_by_label("I have checked the pictures").check()


@pytest.mark.parametrize("phone", [False, True], ids=["desk", "phone"])
def test_from_the_shelf_to_the_order(sign: Family, visitor: Enter, no_barriers: Check, phone: bool) -> None:
    page = visitor(phone=phone, dark=phone)
    page.goto("/")
    no_barriers(page)
    choose_sign(page)
    expect(page.locator("pc-configurator.live")).to_be_visible()
    no_barriers(page)

    # live: the price follows while typing, focus and caret stay
    total = page.locator("[data-price-total]")
    before = total.inner_text()
    first = page.get_by_label("First line")
    first.fill("The Müllers of Utrecht")
    first.press("ArrowLeft")
    expect(total).not_to_have_text(before)
    expect(first).to_be_focused()
    assert first.evaluate("field => field.selectionStart") == len("The Müllers of Utrecht") - 1

    # a refused value is explained, and one click makes room for it
    cherry = page.locator("label", has_text="Cherry")
    cherry.evaluate("label => label.scrollIntoView({ block: 'center' })")
    cherry.click(force=True)  # it says aria-disabled, and answers with the reason
    refusal = page.locator(".refusal")
    expect(refusal).to_contain_text("We stock cherry in 6 mm only.")
    expect(page.get_by_role("radio", name="Walnut")).to_be_checked()
    no_barriers(page)
    refusal.get_by_role("button", name="Set Thickness to 6 mm").click()
    expect(page.get_by_role("radio", name="Cherry")).to_be_checked()
    expect(page.get_by_role("radio", name="6 mm")).to_be_checked()
    expect(page.locator("[data-summary]")).to_contain_text("Everything is chosen")

    page.get_by_role("button", name="Add to cart").click()
    expect(page.get_by_role("heading", name="Your cart")).to_be_visible()
    expect(page.get_by_text("“The Müllers of Utrecht”")).to_be_visible()
    no_barriers(page)

    page.get_by_role("link", name="Check out").click()
    page.get_by_role("button", name="Place the order").click()
    expect(page.get_by_role("alert")).to_contain_text("The order was not placed")
    no_barriers(page)
    fill_in_address(page)
    page.get_by_role("button", name="Place the order").click()
    expect(page.get_by_text("Thank you. Your order is placed.")).to_be_visible()
    no_barriers(page)
    line = Order.objects.get().lines.get()
    assert (line.choices["material"], line.choices["thickness"]) == ("cherry", "t6")
    assert line.choices["line1"] == "The Müllers of Utrecht"


def test_the_same_way_without_script(sign: Family, visitor: Enter) -> None:
    page = visitor(script=False)
    choose_sign(page)
    page.get_by_label("First line").fill("Ösdemir")
    page.get_by_role("radio", name="Cherry").check(force=True)
    page.get_by_role("button", name="Update").click()
    refusal = page.get_by_role("alert")
    expect(refusal).to_contain_text("We stock cherry in 6 mm only.")
    expect(page.get_by_label("First line")).to_have_value("Ösdemir")
    refusal.get_by_role("button").click()
    expect(page.get_by_role("radio", name="Cherry")).to_be_checked()
    page.get_by_role("button", name="Add to cart").click()
    page.get_by_role("link", name="Check out").click()
    fill_in_address(page)
    page.get_by_role("button", name="Place the order").click()
    expect(page.get_by_text("Thank you. Your order is placed.")).to_be_visible()
    assert Order.objects.get().lines.get().choices["material"] == "cherry"


@pytest.mark.parametrize("phone", [False, True], ids=["desk", "phone"])
def test_a_list_of_names_becomes_as_many_lines(
    transactional_db: None, quiet_shop: None, visitor: Enter, no_barriers: Check, phone: bool
) -> None:
    source = (FAMILIES / "t-shirt.yaml").read_text(encoding="utf-8")
    publish(source=source, filename="t-shirt.yaml", actor="system:test", now=NOW)
    page = visitor(phone=phone, dark=phone)
    page.goto("/make/t-shirt/")
    expect(page.locator("pc-configurator.live")).to_be_visible()
    page.get_by_label("Team", exact=True).fill("HARBOUR FC")  # not sent yet when the next button is pressed
    page.get_by_role("button", name="Order a list of names").click()
    expect(page.get_by_role("heading", name="A list of names")).to_be_visible()
    no_barriers(page)
    page.get_by_label("One line for each piece").fill("Name, Size\nAylin, M\nعمر, 3XL")
    page.get_by_role("button", name="Check the list").click()
    expect(page.get_by_role("heading", name="1 of 2 lines cannot be made")).to_be_visible()
    expect(page.get_by_role("table")).to_contain_text("We stock 3XL in black and white only.")
    no_barriers(page)
    page.get_by_label("One line for each piece").fill("Name, Size\nAylin, M\nعمر, 2XL")
    page.get_by_role("button", name="Check again").click()
    assert page.evaluate("() => document.documentElement.scrollWidth") <= (390 if phone else 1280)
    page.get_by_role("button", name="Add 2 pieces to the cart").click()
    expect(page.get_by_text("2 × Team T-shirt in your cart")).to_be_visible()
    expect(page.get_by_text("HARBOUR FC")).to_have_count(2)


def test_choosing_a_view_shows_the_product_again(sign: Family, visitor: Enter) -> None:
    page = visitor()
    choose_sign(page)
    flat = page.get_by_role("button", name="Lay it flat")
    flat.click()
    expect(page.locator(".preview-flat")).to_be_visible()
    page.get_by_role("button", name="From the side").click()
    expect(page.locator(".preview-flat")).to_be_hidden()
    expect(flat).to_have_attribute("aria-pressed", "false")


def test_the_keyboard_alone_meets_the_reason_and_the_repair(sign: Family, visitor: Enter) -> None:
    page = visitor()
    choose_sign(page)
    expect(page.locator("pc-configurator.live")).to_be_visible()
    why = page.get_by_role("button", name="Why not Cherry?")
    why.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".refusal")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("radio", name="Cherry")).to_be_checked()
    expect(page.get_by_role("radio", name="Cherry")).to_be_focused()


def test_a_stale_answer_never_replaces_what_was_typed_last(sign: Family, visitor: Enter) -> None:
    page = visitor()
    choose_sign(page)
    expect(page.locator("pc-configurator.live")).to_be_visible()
    held: list[Route] = []

    def hold_first(route: Route) -> None:
        if route.request.method == "PATCH" and not held:
            held.append(route)  # the first change hangs while the shopper types on
        else:
            route.continue_()

    page.route("**/api/v1/configurations/**", hold_first)
    field = page.get_by_label("First line")
    field.fill("One")
    page.wait_for_function("() => document.querySelector('pc-configurator.working')")
    field.press_sequentially(" and two")
    page.wait_for_timeout(300)
    held[0].continue_()
    expect(page.locator("pc-configurator:not(.working)")).to_be_visible()
    expect(field).to_have_value("One and two")
    page.wait_for_function("() => !document.querySelector('pc-configurator').client.busy")
    assert Configuration.objects.get().choices["line1"] == "One and two"


def test_an_offline_change_is_kept_and_sent_when_the_shop_answers_again(sign: Family, visitor: Enter) -> None:
    page = visitor()
    choose_sign(page)
    expect(page.locator("pc-configurator.live")).to_be_visible()
    cut = True
    page.route(
        "**/api/v1/configurations/**", lambda route: route.fulfill(status=503) if cut else route.continue_()
    )
    page.get_by_label("First line").fill("Later")
    alert = page.locator("[data-alert]")
    expect(alert).to_be_visible()
    cut = False
    alert.get_by_role("button", name="Try now").click()
    expect(alert).to_be_hidden()
    page.wait_for_function("() => !document.querySelector('pc-configurator').client.busy")
    assert Configuration.objects.get().choices["line1"] == "Later"


def test_a_text_that_is_too_long_is_told_at_its_field_and_not_lost(sign: Family, visitor: Enter) -> None:
    page = visitor()
    choose_sign(page)
    expect(page.locator("pc-configurator.live")).to_be_visible()
    field = page.get_by_label("First line")
    field.fill("The Müllers of Utrecht and all their cousins")
    option = page.locator("#option-line1")
    expect(option.locator("[data-count]")).to_have_text("44 of 24")
    expect(option.locator("[data-error]")).to_contain_text("24")
    expect(field).to_have_value("The Müllers of Utrecht and all their cousins")
    field.fill("The Müllers")
    expect(option.locator("[data-error]")).to_be_hidden()


@pytest.mark.skipif(not CAR.exists(), reason="the car model is not in shared/data")
def test_a_car_of_148_options_can_be_configured(
    transactional_db: None, quiet_shop: None, visitor: Enter, no_barriers: Check
) -> None:
    publish(source=CAR.read_text(), filename=CAR.name, actor="system:test", now=NOW, code="car", name="Car")
    page = visitor()
    page.goto("/make/car/")
    expect(page.locator("pc-configurator.live")).to_be_visible()
    no_barriers(page)
    page.get_by_label("Find an option").fill("v117")
    expect(page.locator("[data-option]:visible")).to_have_count(1)
    expect(page.get_by_text("1 option found")).to_be_visible()
    page.get_by_label("Find an option").press("Escape")
    expect(page.get_by_label("Find an option")).to_have_value("")
    expect(page.locator("[data-option]:visible")).not_to_have_count(1)
    page.locator("#option-v2 .choice label").last.click()
    expect(page.locator("[data-progress-text]")).to_have_text("1 of 148 chosen")
    page.locator(".why:visible").first.click()
    expect(page.locator(".refusal")).to_contain_text("does not go with")
    page.get_by_role("button", name="Choose the rest for me").click()
    expect(page.locator("[data-progress-text]")).to_have_text("148 of 148 chosen")
    expect(page.locator("[data-left]")).to_have_text("Everything is chosen")


def test_a_letter_that_no_font_can_cut_is_told_at_once(sign: Family, visitor: Enter) -> None:
    page = visitor()
    choose_sign(page)
    expect(page.locator("pc-configurator.live")).to_be_visible()
    page.get_by_label("First line").fill("Hi 𒀀")
    expect(page.locator("[data-findings] .finding-refuse")).to_be_visible()


def test_a_photo_goes_on_the_mug_and_off_again(
    transactional_db: None, quiet_shop: None, visitor: Enter, tmp_path: Path
) -> None:
    source = (FAMILIES / "enamel-mug.yaml").read_text(encoding="utf-8")
    publish(source=source, filename="enamel-mug.yaml", actor="system:test", now=NOW)
    photo = tmp_path / "holiday.jpg"
    Image.radial_gradient("L").resize((1200, 900)).save(photo)
    page = visitor()
    page.goto("/make/enamel-mug/")
    expect(page.locator("pc-configurator.live")).to_be_visible()
    picture = page.locator("[data-preview-frame] img").first
    before = picture.get_attribute("src")
    page.locator("label", has_text="Picture and words").click()
    page.locator("input[type=file]").set_input_files(photo)
    expect(page.get_by_text("Your picture is on it.")).to_be_visible()
    expect(picture).not_to_have_attribute("src", before or "")
    page.get_by_role("button", name="Take it off").click()
    expect(page.get_by_text("Your picture is on it.")).to_be_hidden()
    assert "photo" not in Configuration.objects.get().choices


def test_a_refused_file_is_told_beside_its_option_and_the_picture_before_stays(
    transactional_db: None, quiet_shop: None, visitor: Enter, tmp_path: Path, no_barriers: Check
) -> None:
    source = (FAMILIES / "enamel-mug.yaml").read_text(encoding="utf-8")
    publish(source=source, filename="enamel-mug.yaml", actor="system:test", now=NOW)
    drawing, film, huge = tmp_path / "logo.svg", tmp_path / "photo.png", tmp_path / "huge.jpg"
    drawing.write_text('<svg viewBox="0 0 9 9"><text>x</text><path d="M0 0H9V9z"/></svg>')
    film.write_bytes(b"GIF89a" + bytes(100))
    huge.write_bytes(b"\xff\xd8\xff" + bytes(21 * 2**20))
    page = visitor()
    page.goto("/make/enamel-mug/")
    expect(page.locator("pc-configurator.live")).to_be_visible()
    page.locator("label", has_text="Picture and words").click()
    field = page.locator("input[type=file]")
    field.set_input_files(drawing)
    expect(page.get_by_text("Left out of the drawing: text")).to_be_visible()
    expect(page.get_by_text("Your picture is on it.")).to_be_visible()
    kept = Configuration.objects.get().choices["photo"]
    field.set_input_files(film)
    expect(page.get_by_text("This is a GIF picture, which is not taken.")).to_be_visible()
    field.set_input_files(huge)
    expect(page.get_by_text("up to 20 MB are taken")).to_be_visible()
    expect(page.get_by_text("Your picture is on it.")).to_be_visible()
    expect(page.locator(".sending")).to_have_count(0)
    no_barriers(page)
    assert Configuration.objects.get().choices["photo"] == kept


def test_a_design_is_shared_by_its_link(sign: Family, visitor: Enter, no_barriers: Check) -> None:
    page = visitor()
    choose_sign(page)
    expect(page.locator("pc-configurator.live")).to_be_visible()
    page.get_by_role("button", name="Share").click()
    link = page.get_by_label("Link to share").input_value()
    no_barriers(page)
    friend = visitor()
    friend.goto(link)
    friend.get_by_role("button", name="Change a copy").click()
    expect(friend.locator("pc-configurator.live")).to_be_visible()
    assert Configuration.objects.count() == 2


def test_accounts_and_error_pages_have_no_barriers(sign: Family, visitor: Enter, no_barriers: Check) -> None:
    page = visitor()
    for address in (
        "/accounts/login/",
        "/accounts/signup/",
        "/accounts/password/reset/",
        "/orders/",
        "/cart/",
        "/nowhere/",
    ):
        page.goto(address)
        expect(page.get_by_role("heading", level=1)).to_have_count(1)
        no_barriers(page)


HAMPER = """
family: hamper
name: Gift hamper
currency: EUR
base_price: "10.00"
options:
  - {code: size, name: Size, kind: choice, values: [{code: small, name: Small}, {code: large, name: Large}]}
  - {code: wrapped, name: Gift wrap, kind: switch, default: "no"}
  - code: extras
    name: Extras
    kind: multiple
    min: 0
    max: 2
    values: [{code: card, name: Card}, {code: ribbon, name: Ribbon}, {code: candle, name: Candle}]
  - {code: width, name: Width, kind: integer, unit: mm, min: 100, max: 400, step: 10, default: 200}
rules:
  - {code: R1, expr: "extras.ribbon => wrapped", message: A ribbon needs gift wrap.}
  - {code: R2, expr: "extras.ribbon => !extras.candle", message: A candle and a ribbon do not go together.}
  - {code: R4, expr: "extras.card => wrapped | size == 'large'", message: A card needs wrap or a large box.}
  - {code: R3, expr: "width < 250 mm | width > 300 mm", message: No board is between 250 and 300 mm wide.}
prices:
  - {code: P1, name: Extras, amount: "1.50 * extras.count"}
  - {code: P2, name: Large, when: size == 'large', amount: "4.00"}
"""


@pytest.fixture
def hamper(transactional_db: None, quiet_shop: None) -> Family:
    return publish(source=HAMPER, filename="hamper.yaml", actor="system:test", now=NOW).family


def begin(page: Page, family: str = "hamper") -> None:
    page.goto(f"/make/{family}/")
    expect(page.locator("pc-configurator.live")).to_be_visible()


def settled(page: Page) -> None:
    page.wait_for_function("() => !document.querySelector('pc-configurator').client.busy")


def test_several_values_are_ticked_refused_and_taken_back_by_the_keyboard(
    hamper: Family, visitor: Enter, no_barriers: Check
) -> None:
    page = visitor()
    begin(page)
    page.get_by_role("checkbox", name="Candle").press("Space")
    settled(page)
    page.get_by_role("button", name="Why not Ribbon?").press("Enter")
    refusal = page.locator(".refusal")
    expect(refusal).to_be_focused()
    expect(refusal).to_contain_text("do not go together")
    no_barriers(page)
    refusal.get_by_role("button", name="Keep it as it was").press("Enter")
    expect(page.get_by_role("checkbox", name="Candle")).to_be_checked()
    page.get_by_role("radio", name="Large").press("Space")
    settled(page)
    page.keyboard.press("Control+z")
    expect(page.get_by_role("radio", name="Large")).not_to_be_checked()
    page.keyboard.press("Control+Shift+z")
    expect(page.get_by_role("radio", name="Large")).to_be_checked()
    expect(page.locator("[data-summary]")).to_contain_text("Everything is chosen")
    assert Configuration.objects.get().choices["extras"] == "candle"


def test_a_number_in_a_gap_brings_the_nearest(hamper: Family, visitor: Enter, no_barriers: Check) -> None:
    page = visitor(phone=True)
    begin(page)
    option = page.locator("#option-width")
    expect(option.locator("[data-limit]")).to_have_text("100 to 400 mm, not 250 to 300")
    field = page.get_by_label("Width", exact=True)
    field.fill("260")
    expect(option.locator(".refusal")).to_contain_text("No board is between 250 and 300 mm wide.")
    no_barriers(page)
    option.get_by_role("button", name="Take 240 mm, the nearest that fits").click()
    expect(field).to_have_value("240")
    field.fill("9000")
    expect(option.locator("[data-error]")).to_contain_text("100 to 400 mm")
    option.get_by_role("button", name="Take 400 mm, the nearest that fits").click()
    expect(field).to_have_value("400")
    expect(option.locator("[data-error]")).to_be_hidden()
    settled(page)
    assert Configuration.objects.get().choices["width"] == 400


def test_a_number_out_of_range_brings_the_nearest_without_script(hamper: Family, visitor: Enter) -> None:
    page = visitor(script=False)
    page.goto("/make/hamper/")
    page.get_by_label("Width").fill("9000")
    page.get_by_role("button", name="Update").click()
    expect(page.get_by_text("Width goes from 100 to 400 mm in steps of 10.")).to_be_visible()
    page.get_by_role("button", name="Take 400 mm, the nearest that fits").click()
    expect(page.get_by_label("Width")).to_have_value("400")


@pytest.mark.parametrize("script", [True, False], ids=["script", "plain"])
def test_the_rest_is_chosen_cheapest(
    hamper: Family, visitor: Enter, no_barriers: Check, script: bool
) -> None:
    page = visitor(script=script)
    page.goto("/make/hamper/")
    left = page.locator("[data-left]")
    expect(left).to_have_text("2 choices left")
    if script:
        no_barriers(page)
        left.press("Enter")
        expect(page.locator("#option-size input:focus")).to_have_count(1)
    else:
        left.click()
        assert page.url.endswith("#option-size")
    page.get_by_role("button", name="Cheapest").click()
    expect(page.get_by_text("The rest is chosen so that it costs least.")).to_be_visible()
    expect(left).to_have_text("Everything is chosen")
    expect(page.locator("[data-price-total]")).to_have_text("€10.00")
    expect(page.get_by_role("button", name="Cheapest")).to_be_hidden()


def test_a_variant_is_compared_with_the_first(sign: Family, visitor: Enter, no_barriers: Check) -> None:
    page = visitor()
    begin(page, "walnut-sign")
    page.get_by_role("button", name="Make a variant").click()
    expect(page.get_by_text("This is the variant.")).to_be_visible()
    expect(page.locator("pc-configurator.live")).to_be_visible()
    page.get_by_label("First line").fill("Zoë")
    expect(page.locator("[data-summary]")).to_contain_text("Everything is chosen")
    page.get_by_role("link", name="Compare").click()
    expect(page.get_by_text("They differ in 1 choice;")).to_be_visible()
    expect(page.get_by_role("row", name="First line")).to_contain_text("Zoë")
    no_barriers(page)


def test_the_second_way_out_is_taken(hamper: Family, visitor: Enter, no_barriers: Check) -> None:
    page = visitor(phone=True, dark=True)
    begin(page)
    page.locator("label", has_text="Small").click()
    settled(page)
    page.get_by_role("button", name="Why not Card?").click()
    refusal = page.locator(".refusal")
    expect(refusal.get_by_role("listitem")).to_have_count(2)
    no_barriers(page)
    refusal.get_by_role("button", name="Set Size to Large").click()
    expect(page.get_by_role("checkbox", name="Card")).to_be_checked()
    expect(page.get_by_role("radio", name="Large")).to_be_checked()
    settled(page)
    assert Configuration.objects.get().choices["extras"] == "card"


def test_a_product_that_nobody_priced_is_shown_but_not_sold(
    transactional_db: None, quiet_shop: None, visitor: Enter, no_barriers: Check
) -> None:
    source = HAMPER[: HAMPER.index("prices:")].replace('base_price: "10.00"\n', 'base_price: "0.00"\n')
    publish(source=source, filename="hamper.yaml", actor="system:test", now=NOW)
    page = visitor()
    begin(page)
    expect(page.get_by_text("Not for sale yet")).to_be_visible()
    expect(page.get_by_text("€")).to_have_count(0)
    expect(page.get_by_role("button", name="Add to cart")).to_have_count(0)
    no_barriers(page)
    page.get_by_role("button", name="Choose the rest for me").click()
    expect(page.locator("[data-left]")).to_have_text("Everything is chosen")
    page.get_by_role("button", name="Share").click()
    expect(page.get_by_text("Not for sale yet: no price has been set.")).to_be_visible()
    no_barriers(page)
