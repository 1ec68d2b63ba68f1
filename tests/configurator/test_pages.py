"""The configurator's pages as a browser without script sees them."""

import io
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from PIL import Image

from configurator.answers import why_not
from configurator.catalogue import publish, spec_of, suspend
from configurator.designs import choose, start
from configurator.models import Configuration, Design, Family
from configurator.views.wording import value_name
from tests.shops import NOW


def page_of(configuration: Configuration) -> str:
    return reverse("configuration", args=[configuration.version.family_id, configuration.pk])


def form_of(configuration: Configuration, **changed: str) -> dict[str, str]:
    """The fields as the page shows them, some of them changed."""
    shown = {f"o-{code}": str(value) for code, value in configuration.choices.items() if code != "photo"}
    return {**shown, "quantity": "1", **{f"o-{code}": value for code, value in changed.items()}}


@pytest.fixture
def long_badge(configuration: Configuration) -> Configuration:
    """100 mm long, so that steel (cut up to 90 mm) is refused."""
    return choose(configuration=configuration, changes={"length": 100}, now=NOW)


# --- the shelf --------------------------------------------------------------------------------------------


def test_the_shelf_shows_picture_price_and_date(badge: Family, client: Client) -> None:
    answer = client.get("/")
    assert answer.status_code == 200
    text = answer.content.decode()
    assert "Name badge" in text
    assert "from €5.10" in text
    assert "Ready " in text
    picture = client.get(answer.context["pictured"][0]["picture"], HTTP_ACCEPT="image/webp")
    assert picture["Content-Type"] == "image/webp"
    assert "immutable" in picture["Cache-Control"]


def test_an_empty_shelf_says_so(db: None, client: Client) -> None:
    assert b"The shelf is empty" in client.get("/").content


def test_a_suspended_family_is_not_offered(badge: Family, client: Client) -> None:
    suspend(family=badge, actor="system:test", now=NOW)
    assert b"Name badge" not in client.get("/").content
    assert client.get("/make/badge/").status_code == 404


# --- a design being made ----------------------------------------------------------------------------------


def test_coming_back_goes_on_with_the_same_design(badge: Family, client: Client) -> None:
    first = client.get("/make/badge/")
    assert client.get("/make/badge/").url == first.url
    afresh = client.post("/make/badge/", {"do": "afresh"})
    assert afresh.url != first.url


def test_a_post_without_script_changes_the_design(configuration: Configuration, alice_client: Client) -> None:
    answer = alice_client.post(page_of(configuration), form_of(configuration, length="100", text="Zoë"))
    assert answer.status_code == 302
    configuration.refresh_from_db()
    assert (configuration.choices["length"], configuration.choices["text"]) == (100, "Zoë")


def test_quantity_and_view_stay_after_a_post(configuration: Configuration, alice_client: Client) -> None:
    answer = alice_client.post(
        page_of(configuration), {**form_of(configuration), "quantity": "12", "view": "front"}, follow=True
    )
    assert answer.redirect_chain[-1][0].endswith("?quantity=12&view=front")
    assert "Ten or more" in answer.content.decode()


def test_values_that_are_not_possible_stay_visible_with_a_why(
    long_badge: Configuration, alice_client: Client
) -> None:
    page = alice_client.get(page_of(long_badge)).content.decode()
    assert 'data-value="steel" data-state="impossible"' in page
    assert 'name="o-material" value="steel" aria-disabled="true"' in page
    assert 'aria-label="Why not Steel?">' in page
    assert 'aria-label="Why not Acrylic?" hidden>' in page


def test_extra_prices_stand_at_the_values(configuration: Configuration, alice_client: Client) -> None:
    assert "+€1.00" in alice_client.get(page_of(configuration)).content.decode()


def test_limits_follow_the_other_choices(configuration: Configuration, alice_client: Client) -> None:
    assert "60 to 100 mm" in alice_client.get(page_of(configuration)).content.decode()


def test_a_refused_value_is_explained_with_a_repair(long_badge: Configuration, alice_client: Client) -> None:
    answer = alice_client.post(page_of(long_badge), form_of(long_badge, material="steel"))
    assert answer.status_code == 409
    page = answer.content.decode()
    assert "Steel is cut up to 90 mm." in page
    assert 'name="repair" value="1:material=steel"' in page
    long_badge.refresh_from_db()
    assert long_badge.choices["material"] == "acrylic"


LAMP = """\
family: lamp
name: Lamp
currency: EUR
base_price: "0.00"
options:
  - {code: gold, name: Gold, kind: switch, default: "no"}
  - {code: grand, name: Grand, kind: switch, default: "no"}
  - {code: foot, name: Foot, kind: switch, default: "no"}
  - {code: shade, name: Shade, kind: switch, default: "no"}
  - {code: cord, name: Cord, kind: switch, default: "no"}
  - {code: bulb, name: Bulb, kind: switch, default: "no"}
rules:
  - {code: GOLD, expr: "gold == 'no'", message: Nobody gilds lamps., protects: wear}
  - {code: GRAND, message: A grand lamp has everything., protects: wear,
     expr: "grand == 'yes' => foot == 'yes' & shade == 'yes' & cord == 'yes' & bulb == 'yes'"}
"""


@pytest.fixture
def lamp(db: None, alice: User) -> Configuration:
    """A value that its rules exclude from the start, one that takes four changes, and no prices."""
    family = publish(source=LAMP, filename="lamp.yaml", actor="system:test", now=NOW).family
    return start(family=family, owner=alice, session_key="", now=NOW)


def test_a_value_excluded_from_the_start_is_told_as_never_possible(
    lamp: Configuration, alice_client: Client
) -> None:
    page = alice_client.post(page_of(lamp), form_of(lamp, gold="yes")).content.decode()
    assert "Never possible in this product: " in page
    assert "Nobody gilds lamps." in page
    assert "Not as things stand" not in page


def test_four_changes_of_a_way_out_are_a_list(lamp: Configuration, alice_client: Client) -> None:
    page = alice_client.post(page_of(lamp), form_of(lamp, grand="yes")).content.decode()
    assert "Not as things stand: " in page
    listed = page.split('class="repair-changes"')[1].split("</ul>")[0]
    assert listed.count("<li>") == 4
    assert "Make these 4 changes" in page


def test_a_way_out_of_a_family_without_prices_has_no_price(lamp: Configuration) -> None:
    told = why_not(lamp, option="grand", value="yes")
    assert told is not None
    assert told["repair"]["unit_price"] is None


def test_what_else_was_typed_is_kept_when_a_value_is_refused(
    long_badge: Configuration, alice_client: Client
) -> None:
    alice_client.post(page_of(long_badge), form_of(long_badge, material="steel", text="Zoë"))
    long_badge.refresh_from_db()
    assert long_badge.choices["text"] == "Zoë"


def test_the_repair_button_makes_room(long_badge: Configuration, alice_client: Client) -> None:
    answer = alice_client.post(page_of(long_badge), {**form_of(long_badge), "repair": "1:material=steel"})
    assert answer.status_code == 302
    long_badge.refresh_from_db()
    assert (long_badge.choices["material"], long_badge.choices["length"]) == ("steel", 90)


def test_a_way_out_that_is_not_there_is_not_found(long_badge: Configuration, alice_client: Client) -> None:
    assert alice_client.post(page_of(long_badge), {"repair": "4:material=steel"}).status_code == 404
    alice_client.post(page_of(long_badge), {"repair": "3:material=steel"})
    long_badge.refresh_from_db()
    assert long_badge.choices["material"] == "acrylic"


def test_a_number_that_does_not_fit_is_offered_the_nearest(
    configuration: Configuration, alice_client: Client
) -> None:
    alice_client.post(page_of(configuration), {"o-material": "steel"})
    answer = alice_client.post(page_of(configuration), {"o-length": "120"})
    assert "Take 90 mm, the nearest that fits" in answer.content.decode()
    alice_client.post(page_of(configuration), {"why": "length=90"})
    configuration.refresh_from_db()
    assert configuration.choices["length"] == 90


def test_why_explains_without_changing(long_badge: Configuration, alice_client: Client) -> None:
    answer = alice_client.post(page_of(long_badge), {**form_of(long_badge), "why": "material=steel"})
    assert answer.status_code == 409
    assert "Steel is cut up to 90 mm." in answer.content.decode()


def test_a_number_that_is_none_is_explained_at_its_field(
    configuration: Configuration, alice_client: Client
) -> None:
    answer = alice_client.post(page_of(configuration), form_of(configuration, length="eighty"))
    assert answer.status_code == 422
    assert "“eighty” is not a whole number of mm" in answer.content.decode()


def test_a_text_that_is_too_long_is_refused_at_its_field(
    configuration: Configuration, alice_client: Client
) -> None:
    answer = alice_client.post(page_of(configuration), form_of(configuration, text="x" * 21))
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.content.decode()


def test_undo_and_redo_work_without_script(configuration: Configuration, alice_client: Client) -> None:
    address = page_of(configuration)
    assert 'value="undo" data-step="undo" disabled' in alice_client.get(address).content.decode()
    alice_client.post(address, {"o-length": "90"})
    alice_client.post(address, {"do": "undo"})
    assert Configuration.objects.get().choices["length"] == 80
    page = alice_client.post(address, {"do": "redo"}, follow=True).content.decode()
    assert Configuration.objects.get().choices["length"] == 90
    assert 'value="redo" data-step="redo" disabled' in page


def test_an_unknown_option_in_a_button_is_not_found(
    configuration: Configuration, alice_client: Client
) -> None:
    assert alice_client.post(page_of(configuration), {"why": "colour=red"}).status_code == 404


def test_a_picture_is_taken_without_script_and_taken_off_again(
    configuration: Configuration, alice_client: Client
) -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (300, 400), "teal").save(buffer, "PNG")
    buffer.seek(0)
    buffer.name = "me.png"
    answer = alice_client.post(page_of(configuration), {**form_of(configuration), "o-photo": buffer})
    assert answer.status_code == 302
    configuration.refresh_from_db()
    assert len(configuration.choices["photo"]) == 64
    alice_client.post(page_of(configuration), {**form_of(configuration), "drop-photo": "1"})
    configuration.refresh_from_db()
    assert "photo" not in configuration.choices


def test_a_file_that_is_no_picture_is_refused_at_its_field(
    configuration: Configuration, alice_client: Client
) -> None:
    file = io.BytesIO(b"<svg onload=alert(1)>")
    file.name = "me.png"
    answer = alice_client.post(page_of(configuration), {**form_of(configuration), "o-photo": file})
    assert answer.status_code == 422
    configuration.refresh_from_db()
    assert "photo" not in configuration.choices


def test_nobody_else_opens_a_design_being_made(
    configuration: Configuration, charlie_client: Client, client: Client
) -> None:
    for stranger in (charlie_client, client):
        assert stranger.get(page_of(configuration)).status_code == 404
        assert stranger.post(page_of(configuration), form_of(configuration)).status_code == 404
        assert stranger.get(reverse("preview", args=[configuration.pk, "front"])).status_code == 404


# --- pictures ---------------------------------------------------------------------------------------------


def test_a_picture_may_be_kept_only_under_its_own_name(
    configuration: Configuration, alice_client: Client
) -> None:
    shown = alice_client.get(page_of(configuration)).context["surface"]["url"]
    assert "immutable" in alice_client.get(shown)["Cache-Control"]
    alice_client.post(page_of(configuration), form_of(configuration, text="Zoë"))
    assert alice_client.get(shown)["Cache-Control"] == "no-store"


def test_a_surface_or_size_that_is_not_there_is_not_found(
    configuration: Configuration, alice_client: Client
) -> None:
    assert alice_client.get(reverse("preview", args=[configuration.pk, "lid"])).status_code == 404
    picture = reverse("preview", args=[configuration.pk, "front"])
    assert alice_client.get(picture + "?w=5000").status_code == 404


# --- finished designs -------------------------------------------------------------------------------------


def test_a_shared_design_is_open_to_all_and_copied_not_changed(
    configuration: Configuration, alice_client: Client, charlie: User, charlie_client: Client
) -> None:
    shared = alice_client.post(page_of(configuration), {**form_of(configuration), "do": "share"})
    design = Design.objects.get()
    assert shared.url == reverse("design", args=[design.pk])
    assert f"http://testserver{shared.url}" in alice_client.get(shared.url).content.decode()

    seen = charlie_client.get(shared.url).content.decode()
    assert "Müller" in seen
    assert "Link to share" not in seen
    copied = charlie_client.post(shared.url, {"do": "copy"})
    copy = Configuration.objects.get(owner=charlie)
    assert copied.url == page_of(copy)
    assert copy.choices == design.choices


def test_a_design_that_is_not_shared_is_its_owners(
    configuration: Configuration, alice_client: Client, charlie_client: Client
) -> None:
    alice_client.post(reverse("cart-add"), {**form_of(configuration), "configuration": configuration.pk})
    address = reverse("design", args=[Design.objects.get().pk])
    assert alice_client.get(address).status_code == 200
    assert charlie_client.get(address).status_code == 404


def test_an_incomplete_design_cannot_be_shared(configuration: Configuration, alice_client: Client) -> None:
    answer = alice_client.post(
        page_of(configuration), {**form_of(configuration, text=""), "do": "share"}, follow=True
    )
    assert not Design.objects.exists()
    assert "Still to be chosen" in answer.content.decode()


# --- many options -----------------------------------------------------------------------------------------


def test_a_long_form_folds_its_groups_and_shows_progress(alice: User, alice_client: Client) -> None:
    groups = ", ".join(f"{{code: g{n}, name: Group {n}}}" for n in range(3))
    options = "\n".join(
        f"  - {{code: o{n}, name: Option {n}, kind: choice, group: g{n % 3}, values: "
        f"[{{code: a, name: A}}, {{code: b, name: B}}]}}"
        for n in range(30)
    )
    head = "family: many\nname: Many\ncurrency: EUR\nbase_price: '1.00'"
    source = f"{head}\ngroups: [{groups}]\noptions:\n{options}\n"
    family = publish(source=source, filename="many.yaml", actor="system:test", now=NOW).family
    held = start(family=family, owner=alice, session_key="", now=NOW)
    page = alice_client.get(page_of(held)).content.decode()
    assert page.count('<details class="group"') == 3
    assert page.count('data-group="g0" open') == 1
    assert "0 of 30 chosen" in page
    assert "30 choices left" in page


# --- errors -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("template", ["400", "403", "404", "409", "429", "500", "403_csrf"])
def test_error_pages_stand_without_a_request(template: str) -> None:
    folder = Path(__file__).resolve().parents[2] / "templates"
    from django.template.loader import render_to_string

    assert (folder / f"{template}.html").exists()
    text = render_to_string(f"{template}.html")
    assert "<h1>" in text
    assert "To the products" in text


def test_a_wrong_address_gets_our_own_page(db: None, client: Client) -> None:
    answer = client.get("/nowhere/")
    assert answer.status_code == 404
    assert "There is nothing here" in answer.content.decode()


def test_the_page_of_a_design_says_when_so_many_cannot_be_promised(
    configuration: Configuration, alice_client: Client, settings: Any
) -> None:
    settings.PROMISER = "tests.shops.FiveInTwoDays"
    refusal = "No date can be promised. Not enough material. pin: 6 piece needed, 5 free."
    assert refusal in alice_client.get(page_of(configuration) + "?quantity=6").content.decode()
    assert refusal not in alice_client.get(page_of(configuration) + "?quantity=5").content.decode()


def test_a_picture_is_not_called_by_its_hash(badge: Family) -> None:
    assert badge.current is not None
    assert value_name(spec_of(badge.current), "photo", "b" * 64) == "a picture"
