"""Two tabs, two publishers: real processes at the same row at the same moment."""

from collections.abc import Callable
from typing import Any

import pytest

from configurator.catalogue import publish
from configurator.designs import Refused, RevisionConflict, choose
from configurator.models import Configuration, Family, Version
from tests.processes import at_once
from tests.shops import BADGE, NOW


@pytest.mark.django_db(transaction=True)
def test_two_tabs_that_change_different_options_lose_nothing(configuration: Configuration) -> None:
    def change(**changes: Any) -> Callable[[], int]:
        return lambda: choose(configuration=configuration, changes=changes, now=NOW).revision

    revisions = at_once(
        change(length=90), change(text="Meier"), change(pin="needle"), change(material="steel")
    )
    stored = Configuration.objects.get()
    assert stored.choices == {"length": 90, "text": "Meier", "pin": "needle", "material": "steel"}
    assert sorted(revisions) == [1, 2, 3, 4]


@pytest.mark.django_db(transaction=True)
def test_of_tabs_that_saw_the_same_state_one_wins_and_the_others_are_told(
    configuration: Configuration,
) -> None:
    def change(text: str) -> Callable[[], str]:
        def work() -> str:
            try:
                choose(configuration=configuration, changes={"text": text}, expected_revision=0, now=NOW)
            except RevisionConflict:
                return "told"
            return text

        return work

    answers = at_once(*(change(text) for text in ("A", "B", "C", "D")))
    assert answers.count("told") == 3
    assert Configuration.objects.get().choices["text"] in answers


@pytest.mark.django_db(transaction=True)
def test_choices_that_contradict_each_other_are_not_both_taken(configuration: Configuration) -> None:
    """Each is possible alone; without the lock both would be stored."""

    def change(**changes: Any) -> Callable[[], str]:
        def work() -> str:
            try:
                choose(configuration=configuration, changes=changes, now=NOW)
            except Refused:
                return "refused"
            return "taken"

        return work

    assert sorted(at_once(change(material="steel"), change(pin="clip"))) == ["refused", "taken"]


@pytest.mark.django_db(transaction=True)
def test_the_same_file_published_at_once_is_one_version(badge: Family) -> None:
    text = BADGE.replace("4.00", "5.00")

    def work() -> int:
        return publish(source=text, filename="badge.yaml", actor="system:test", now=NOW).number

    assert at_once(work, work, work) == [2, 2, 2]
    assert Version.objects.filter(family=badge).count() == 2


@pytest.mark.django_db(transaction=True)
def test_different_files_published_at_once_are_numbered_in_turn(badge: Family) -> None:
    def work(price: str) -> Callable[[], int]:
        text = BADGE.replace("4.00", price)
        return lambda: publish(source=text, filename="badge.yaml", actor="system:test", now=NOW).number

    assert sorted(at_once(work("5.00"), work("6.00"), work("7.00"))) == [2, 3, 4]
