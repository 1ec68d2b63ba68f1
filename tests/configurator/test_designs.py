"""A shopper's design: what is accepted, what is refused with a way out, what is stored."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User

from configurator.catalogue import publish, retire, suspend
from configurator.designs import (
    Incomplete,
    NoRepair,
    NoStep,
    NotOnSale,
    Refused,
    RevisionConflict,
    choose,
    complete,
    complete_best,
    redo,
    repair,
    start,
    undo,
)
from configurator.engine import steps
from configurator.engine.choices import ChoiceError
from configurator.freezing import NotMakeable, freeze, freeze_choices, reopen, share
from configurator.models import Asset, Configuration, Design, Family, Upload
from ledger.models import Entry
from tests.shops import BADGE, NOW

LATER = NOW + timedelta(minutes=5)


def changed(configuration: Configuration, **changes: Any) -> Configuration:
    return choose(configuration=configuration, changes=changes, now=LATER)


def test_a_new_design_has_the_defaults(configuration: Configuration) -> None:
    assert configuration.choices == {
        "material": "acrylic",
        "pin": "magnet",
        "length": 80,
        "text": "Müller",
    }


def test_a_change_is_stored_and_counted(configuration: Configuration) -> None:
    changed(configuration, length=90)
    stored = Configuration.objects.get()
    assert (stored.choices["length"], stored.revision, stored.updated_at) == (90, 1, LATER)


def test_the_same_choice_again_changes_nothing(configuration: Configuration) -> None:
    changed(configuration, length=80)
    assert Configuration.objects.get().revision == 0


def test_several_changes_are_taken_together(configuration: Configuration) -> None:
    """Needle first would allow 120; the order in which they are named does not matter."""
    changed(configuration, length=120, pin="needle")
    assert Configuration.objects.get().choices["length"] == 120


def test_a_contradicting_change_is_refused_with_choices_rules_and_a_way_out(
    configuration: Configuration,
) -> None:
    with pytest.raises(Refused) as refusal:
        changed(configuration, length=110)
    refused = refusal.value
    assert (refused.option, refused.value) == ("length", 110)
    assert refused.conflict.choices == (("pin", "magnet"),)
    assert [rule.code for rule in refused.conflict.rules] == ["MAGNET"]
    assert refused.repair is not None
    assert [change.option for change in refused.repair.changes] == ["pin"]


def test_a_refused_change_changes_nothing(configuration: Configuration) -> None:
    before = dict(configuration.choices)
    with pytest.raises(Refused):
        changed(configuration, text="Ärzte", length=110)
    stored = Configuration.objects.get()
    assert (stored.choices, stored.revision) == (before, 0)
    assert configuration.choices == before


def test_two_changes_that_contradict_each_other_are_refused(configuration: Configuration) -> None:
    with pytest.raises(Refused) as refusal:
        changed(configuration, material="steel", pin="clip")
    assert [rule.code for rule in refusal.value.conflict.rules] == ["CLIP"]


def test_the_repair_is_applied_in_one_step(configuration: Configuration) -> None:
    repair(configuration=configuration, option="length", value=110, now=LATER)
    stored = Configuration.objects.get()
    assert stored.choices["length"] == 110
    assert stored.choices["pin"] in ("needle", "clip")
    assert stored.choices["text"] == "Müller"


def test_the_repair_that_is_offered_is_the_repair_that_is_made(configuration: Configuration) -> None:
    with pytest.raises(Refused) as refusal:
        changed(configuration, length=110)
    offered = refusal.value.repair
    repair(configuration=configuration, option="length", value=110, now=LATER)
    assert offered is not None
    assert configuration.choices == dict(offered.choices)


def test_a_value_that_nothing_can_make_room_for_has_no_repair(badge: Family, alice: User) -> None:
    never = BADGE.replace(
        "prices:", '  - {code: X, expr: "length != 70 mm", message: No blade for 70.}\nprices:', 1
    )
    publish(source=never, filename="badge.yaml", actor="system:test", now=NOW)
    badge.refresh_from_db()
    configuration = start(family=badge, owner=alice, session_key="", now=NOW)
    with pytest.raises(Refused) as refusal:
        changed(configuration, length=70)
    assert refusal.value.repair is None
    with pytest.raises(NoRepair):
        repair(configuration=configuration, option="length", value=70, now=LATER)


def test_a_choice_can_be_taken_back(configuration: Configuration) -> None:
    changed(configuration, pin=None)
    assert "pin" not in Configuration.objects.get().choices


def test_everything_wrong_is_said_at_once(configuration: Configuration) -> None:
    with pytest.raises(ChoiceError) as refusal:
        changed(configuration, length=85, colour="red", text="x" * 21, pin="glue", photo="nonsense")
    assert {problem.option for problem in refusal.value.problems} == {
        "length",
        "colour",
        "text",
        "pin",
        "photo",
    }


@pytest.mark.parametrize(
    "text",
    [
        "line\nbreak",
        "nul\0",
        "\ud800",
        "over\u202eride",
        "iso\u2067late",
        "zalgo" + "\u0301" * 9,
        "bell\x07",
        "private\ue000",
        "separator\u2028",
    ],
)
def test_text_that_cannot_be_made_is_refused(configuration: Configuration, text: str) -> None:
    with pytest.raises(ChoiceError):
        changed(configuration, text=text)


@pytest.mark.parametrize("text", ["Ärzte", "مرحبا", "שָׁלוֹם", "Ελλάδα", "नमस्ते", "O'Neill & Søn", "می‌خواهم"])
def test_text_in_any_script_is_taken(configuration: Configuration, text: str) -> None:
    changed(configuration, text=text)
    assert Configuration.objects.get().choices["text"]


def test_text_is_stored_composed(configuration: Configuration) -> None:
    changed(configuration, text="Mu\u0308ller")
    assert Configuration.objects.get().choices["text"] == "Müller"
    assert Configuration.objects.get().revision == 0


def test_a_picture_of_somebody_else_is_refused(configuration: Configuration, charlie: User) -> None:
    asset = Asset.objects.create(sha256="a" * 64, width=900, height=900, size=1, created_at=NOW)
    Upload.objects.create(asset=asset, owner=charlie)
    with pytest.raises(ChoiceError, match="not known"):
        changed(configuration, photo="a" * 64)


def test_ones_own_picture_is_taken(configuration: Configuration, alice: User) -> None:
    asset = Asset.objects.create(sha256="a" * 64, width=900, height=900, size=1, created_at=NOW)
    Upload.objects.create(asset=asset, owner=alice)
    changed(configuration, photo="a" * 64)
    assert Configuration.objects.get().choices["photo"] == "a" * 64


def test_a_change_made_on_an_old_state_is_refused(configuration: Configuration) -> None:
    changed(configuration, length=90)
    with pytest.raises(RevisionConflict) as refusal:
        choose(configuration=configuration, changes={"text": "Meier"}, expected_revision=0, now=LATER)
    assert (refusal.value.expected, refusal.value.actual) == (0, 1)


def test_what_is_open_is_completed(configuration: Configuration) -> None:
    changed(configuration, pin=None, length=110)
    complete(configuration=configuration, now=LATER)
    assert Configuration.objects.get().choices["pin"] in ("needle", "clip")


def test_a_required_text_without_a_default_is_not_made_up(badge: Family, alice: User) -> None:
    nameless = BADGE.replace("default: Müller, ", "")
    publish(source=nameless, filename="badge.yaml", actor="system:test", now=NOW)
    badge.refresh_from_db()
    configuration = start(family=badge, owner=alice, session_key="", now=NOW)
    with pytest.raises(Incomplete) as refusal:
        complete(configuration=configuration, now=LATER)
    assert refusal.value.missing == ("text",)


def test_a_frozen_design_holds_choices_price_and_artwork(configuration: Configuration, alice: User) -> None:
    design = freeze(configuration=configuration, actor="user:alice", now=LATER)
    assert design.choices == configuration.choices
    assert design.price["unit"] == "5.10"  # 4.00 + 1 × 0.50 + 6 letters × 0.10
    assert len(design.artwork_hash) == len(design.content_hash) == 64
    assert design.owner == alice
    assert Entry.objects.of(f"design:{design.id}").get().kind == "design.frozen"


def test_freezing_twice_gives_one_design(configuration: Configuration) -> None:
    first = freeze(configuration=configuration, actor="user:alice", now=NOW)
    assert freeze(configuration=configuration, actor="user:alice", now=LATER).pk == first.pk
    assert Design.objects.count() == 1


def test_another_name_is_another_artwork(configuration: Configuration) -> None:
    first = freeze(configuration=configuration, actor="user:alice", now=NOW)
    changed(configuration, text="Meier")
    second = freeze(configuration=configuration, actor="user:alice", now=LATER)
    assert first.artwork_hash != second.artwork_hash


def test_an_open_design_cannot_be_frozen(configuration: Configuration) -> None:
    changed(configuration, text=None)
    with pytest.raises(Incomplete) as refusal:
        freeze(configuration=configuration, actor="user:alice", now=LATER)
    assert refusal.value.missing == ("text",)


def test_a_letter_that_no_font_has_cannot_be_frozen(configuration: Configuration) -> None:
    changed(configuration, text="\U00012000")  # a cuneiform sign
    with pytest.raises(NotMakeable) as refusal:
        freeze(configuration=configuration, actor="user:alice", now=LATER)
    assert [finding.severity for finding in refusal.value.findings] == ["refuse"]
    assert not Design.objects.exists()


def test_sharing_opens_the_link(configuration: Configuration, charlie: User) -> None:
    design = freeze(configuration=configuration, actor="user:alice", now=LATER)
    share(design=design, now=LATER)
    assert Design.objects.readable_by(user=charlie, session_key="").get() == design


def test_a_reopened_design_is_a_configuration_of_its_own(configuration: Configuration, charlie: User) -> None:
    design = freeze(configuration=configuration, actor="user:alice", now=LATER)
    fresh = reopen(design=design, owner=charlie, session_key="", now=LATER)
    assert fresh.pk != configuration.pk
    assert (fresh.choices, fresh.version_id, fresh.owner) == (design.choices, design.version_id, charlie)


def test_a_design_of_a_retired_version_is_reopened_under_the_current_one(
    configuration: Configuration, alice: User
) -> None:
    changed(configuration, length=90, material="steel")
    design = freeze(configuration=configuration, actor="user:alice", now=LATER)
    shorter = BADGE.replace("length <= 90 mm", "length <= 70 mm").replace(
        "length: 100}, expect", "length: 90}, expect"
    )
    version = publish(source=shorter, filename="badge.yaml", actor="system:test", now=LATER)
    retire(version=design.version, actor="user:bob", now=LATER)
    fresh = reopen(design=design, owner=alice, session_key="", now=LATER)
    assert fresh.version == version
    assert fresh.choices["material"] == "steel"
    assert "length" not in fresh.choices


def test_a_design_of_a_suspended_family_cannot_be_reopened(configuration: Configuration, alice: User) -> None:
    design = freeze(configuration=configuration, actor="user:alice", now=LATER)
    suspend(family=design.version.family, actor="user:bob", now=LATER)
    with pytest.raises(NotOnSale):
        reopen(design=design, owner=alice, session_key="", now=LATER)


def test_choosing_takes_a_constant_number_of_queries(
    configuration: Configuration, django_assert_max_num_queries: Any
) -> None:
    changed(configuration, length=90)
    with django_assert_max_num_queries(4):  # savepoint, row, update, release
        changed(configuration, text="Meier", length=100)


# --- undo and redo ------------------------------------------------------------------------------------------


def test_the_last_change_is_taken_back_and_made_again(configuration: Configuration) -> None:
    changed(configuration, length=90)
    changed(configuration, pin="needle", text=None)
    undo(configuration=configuration, now=LATER)
    assert configuration.choices == {"material": "acrylic", "pin": "magnet", "length": 90, "text": "Müller"}
    undo(configuration=configuration, now=LATER)
    assert configuration.choices["length"] == 80
    redo(configuration=configuration, now=LATER)
    redo(configuration=configuration, now=LATER)
    stored = Configuration.objects.get()
    assert stored.choices == {"material": "acrylic", "pin": "needle", "length": 90}
    assert stored.revision == 6


def test_a_new_change_ends_what_could_be_made_again(configuration: Configuration) -> None:
    changed(configuration, length=90)
    undo(configuration=configuration, now=LATER)
    changed(configuration, pin="needle")
    with pytest.raises(NoStep):
        redo(configuration=configuration, now=LATER)


def test_a_repair_is_one_step(configuration: Configuration) -> None:
    changed(configuration, length=100)
    repair(configuration=configuration, option="material", value="steel", now=LATER)
    assert (configuration.choices["material"], configuration.choices["length"]) == ("steel", 90)
    undo(configuration=configuration, now=LATER)
    assert (configuration.choices["material"], configuration.choices["length"]) == ("acrylic", 100)


def test_what_is_typed_in_one_go_is_one_step(configuration: Configuration) -> None:
    for seconds, text in enumerate(["Å", "Ås", "Åse"]):
        at = LATER + timedelta(seconds=seconds)
        choose(configuration=configuration, changes={"text": text}, now=at)
    assert len(configuration.past) == 1
    undo(configuration=configuration, now=LATER + timedelta(seconds=9))
    assert configuration.choices["text"] == "Müller"


def test_a_new_design_has_nothing_to_take_back(configuration: Configuration) -> None:
    with pytest.raises(NoStep, match="nothing to take back"):
        undo(configuration=configuration, now=LATER)
    with pytest.raises(NoStep, match="nothing to make again"):
        redo(configuration=configuration, now=LATER)


def test_only_so_many_steps_are_kept(configuration: Configuration) -> None:
    for number in range(steps.MOST_STEPS + 5):
        changed(configuration, length=70 if number % 2 else 90, pin="needle" if number % 2 else "magnet")
    assert len(Configuration.objects.get().past) == steps.MOST_STEPS


# --- the best completion ------------------------------------------------------------------------------------


def test_the_cheapest_completion_is_chosen_and_proven(configuration: Configuration) -> None:
    changed(configuration, material=None, pin=None, length=None)
    _, found = complete_best(configuration=configuration, objective="cheapest", now=LATER)
    assert (found.value, found.proven) == (Decimal("5.10"), True)
    stored = Configuration.objects.get()
    assert stored.choices["material"] == "acrylic"
    assert stored.choices == found.choices


def test_the_fastest_completion_is_the_shortest_badge(configuration: Configuration) -> None:
    changed(configuration, length=None)
    _, found = complete_best(configuration=configuration, objective="fastest", now=LATER)
    assert (found.choices["length"], found.value) == (60, 56)


def test_the_most_popular_completion_follows_frozen_designs(configuration: Configuration) -> None:
    for length in (100, 110, 110):
        freeze_choices(
            version=configuration.version,
            choices={"material": "acrylic", "pin": "needle", "length": length, "text": f"{length}"},
            owner_id=None,
            session_key=f"gst_{length}_{Design.objects.count()}",
            actor="guest:x",
            now=NOW,
        )
    changed(configuration, length=None, pin=None)
    _, found = complete_best(configuration=configuration, objective="popular", now=LATER)
    assert (found.choices["pin"], found.choices["length"]) == ("needle", 110)


def test_the_best_completion_is_one_step_back(configuration: Configuration) -> None:
    changed(configuration, length=None, pin=None)
    complete_best(configuration=configuration, objective="cheapest", now=LATER)
    undo(configuration=configuration, now=LATER)
    assert set(configuration.choices) == {"material", "text"}


def test_the_best_completion_writes_a_text_only_where_the_family_knows_one(
    configuration: Configuration,
) -> None:
    changed(configuration, text=None, length=None)
    complete_best(configuration=configuration, objective="cheapest", now=LATER)
    assert configuration.choices["text"] == "Müller"
