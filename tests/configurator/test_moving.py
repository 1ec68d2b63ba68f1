"""An open design whose version was replaced or retired: told what is different, changed only when agreed."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from configurator.catalogue import publish, retire, suspend
from configurator.designs import NotOnSale, RevisionConflict, choose
from configurator.models import Configuration, Family, Version
from configurator.moving import MovedOn, move_of, move_to_current
from tests.shops import BADGE, NOW

LATER = NOW + timedelta(hours=1)


def republished(*pairs: tuple[str, str]) -> Version:
    text = BADGE
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    return publish(source=text, filename="badge.yaml", actor="user:iris", now=LATER)


def fresh(configuration: Configuration) -> Configuration:
    return Configuration.objects.select_related("version__family").get(pk=configuration.pk)


def test_a_design_of_the_version_on_sale_has_nowhere_to_move(configuration: Configuration) -> None:
    assert move_of(configuration=configuration, now=LATER) is None


def test_a_replaced_version_tells_the_differences_of_its_choices(configuration: Configuration) -> None:
    republished(("max: 120", "max: 140"), ("4.00", "5.00"))
    move = move_of(configuration=fresh(configuration), now=LATER)
    assert move is not None
    assert move.differences == ("Length: up to 140 mm instead of 120 mm.",)
    assert (move.must, move.keeps_everything) == (False, True)
    assert move.price_before is not None
    assert move.price_after == move.price_before + 1


def test_looking_changes_nothing(configuration: Configuration) -> None:
    republished(("4.00", "5.00"))
    before = fresh(configuration)
    move_of(configuration=fresh(configuration), now=LATER)
    after = fresh(configuration)
    assert (after.version_id, after.choices, after.revision) == (
        before.version_id,
        before.choices,
        before.revision,
    )


def test_a_value_that_is_gone_is_told(configuration: Configuration) -> None:
    choose(configuration=configuration, changes={"pin": "clip"}, now=NOW)
    republished(
        (", {code: clip, name: Clip}", ""),
        (
            "{code: CLIP, expr: \"pin == 'clip' => material",
            "{code: CLIP, expr: \"pin == 'needle' => material",
        ),
    )
    move = move_of(configuration=fresh(configuration), now=LATER)
    assert move is not None
    assert [each.option for each in move.lost] == ["pin"]
    assert move.lost[0].sentence == "Pin “Clip” is not offered any more."
    assert "pin" not in move.choices


def test_a_new_rule_is_met_by_the_smallest_change(configuration: Configuration) -> None:
    republished(
        ("prices:", "  - {code: LONG, expr: length >= 90 mm, message: At least 90 mm now.}\nprices:"),
        ("default: 80", "default: 90"),
    )
    move = move_of(configuration=fresh(configuration), now=LATER)
    assert move is not None
    assert move.repair is not None
    assert [(each.option, each.old, each.new) for each in move.repair.changes] == [("length", 80, 90)]
    assert move.changes == ("Length: “90 mm” instead of “80 mm”",)
    assert move.differences == ("Rule LONG is new: At least 90 mm now.",)


def test_a_retired_version_has_to_be_left(badge: Family, configuration: Configuration) -> None:
    assert badge.current is not None
    republished(("4.00", "5.00"))
    retire(version=badge.current, actor="user:iris", now=LATER)
    move = move_of(configuration=fresh(configuration), now=LATER)
    assert move is not None
    assert move.must


def test_moving_takes_what_was_agreed_and_no_steps_along(configuration: Configuration) -> None:
    choose(configuration=configuration, changes={"length": 70}, now=NOW)
    target = republished(("4.00", "5.00"))
    move_to_current(configuration=configuration, agreed=target.number, now=LATER)
    held = fresh(configuration)
    assert held.version == target
    assert held.choices == configuration.choices
    assert held.choices["length"] == 70
    assert (held.past, held.future, held.revision) == ([], [], 2)


def test_moving_to_another_version_than_was_looked_at_is_refused(configuration: Configuration) -> None:
    republished(("4.00", "5.00"))
    republished(("4.00", "6.00"))
    with pytest.raises(MovedOn):
        move_to_current(configuration=configuration, agreed=2, now=LATER)
    assert fresh(configuration).version.number == 1


def test_moving_a_design_that_was_changed_meanwhile_is_refused(configuration: Configuration) -> None:
    republished(("4.00", "5.00"))
    with pytest.raises(RevisionConflict):
        move_to_current(configuration=configuration, agreed=2, now=LATER, expected_revision=7)


def test_moving_while_the_family_is_off_sale_is_refused(badge: Family, configuration: Configuration) -> None:
    republished(("4.00", "5.00"))
    suspend(family=badge, actor="user:iris", now=LATER)
    with pytest.raises(NotOnSale):
        move_to_current(configuration=configuration, agreed=2, now=LATER)


def test_a_design_that_is_there_already_stays(configuration: Configuration) -> None:
    move_to_current(configuration=configuration, agreed=1, now=LATER)
    assert fresh(configuration).revision == 0


# --- the page


def page(client: Client, configuration: Configuration) -> Any:
    return client.get(f"/make/badge/{configuration.pk}/")


def test_the_page_tells_and_moves_on_one_button(
    badge: Family, configuration: Configuration, alice: User, alice_client: Client
) -> None:
    assert b"Go on with the new version" not in page(alice_client, configuration).content
    target = republished(("max: 120", "max: 140"))
    shown = page(alice_client, configuration)
    assert "Length: up to 140 mm instead of 120 mm." in shown.content.decode()
    assert fresh(configuration).version.number == 1
    alice_client.post(f"/make/badge/{configuration.pk}/", {"do": "move", "version": target.number})
    assert fresh(configuration).version == target
    assert b"Go on with the new version" not in page(alice_client, configuration).content


def test_a_shopper_who_returns_finds_the_design_of_the_older_version(
    configuration: Configuration, alice_client: Client
) -> None:
    republished(("4.00", "5.00"))
    answer = alice_client.get("/make/badge/")
    assert answer["Location"] == f"/make/badge/{configuration.pk}/"
