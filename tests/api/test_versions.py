"""Versions over HTTP: the list, what changed, what the audit found, and an open design moving on."""

from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.utils import timezone

from configurator import auditing
from configurator.catalogue import publish
from configurator.models import Version
from ledger import jobs
from ledger.models import Job


@pytest.fixture
def dearer(sign: Version) -> Version:
    """The sign's second version: half a euro dearer."""
    return publish(
        source=sign.source.replace('"18.00"', '"18.50"'),
        filename="walnut-sign.yaml",
        actor="user:iris",
        now=timezone.now(),
    )


def test_versions_are_listed_newest_first(dearer: Version, alice_api: Any) -> None:
    listed = alice_api.get("families/walnut-sign/versions/").json()["results"]
    assert [(each["number"], each["current"]) for each in listed] == [(2, True), (1, False)]


def test_differences_are_told_in_words(dearer: Version, alice_api: Any) -> None:
    body = alice_api.get("families/walnut-sign/versions/2/differences/").json()
    assert body["against"] == 1
    assert [each["sentence"] for each in body["differences"]] == [
        "Base price: 18.50 EUR instead of 18.00 EUR."
    ]


def test_a_version_that_is_not_there_is_not_compared(dearer: Version, alice_api: Any) -> None:
    assert alice_api.get("families/walnut-sign/versions/1/differences/").status_code == 404
    assert alice_api.get("families/walnut-sign/versions/2/differences/?against=9").status_code == 404


def test_the_audit_is_for_authors(dearer: Version, bob: User, bob_api: Any) -> None:
    address = "families/walnut-sign/versions/2/audit/"
    assert bob_api.get(address).status_code == 403
    bob.groups.add(Group.objects.get_or_create(name="author")[0])
    assert bob_api.get(address).status_code == 404  # not made yet
    job = auditing.ask_of_version(version=dearer, now=timezone.now())
    assert job is not None
    assert jobs.run(Job.objects.get(pk=job.pk).pk)
    body = bob_api.get(address).json()
    assert body["complete"]
    assert [each["code"] for each in body["findings"]] == ["redundant-rule"]
    assert [rule["code"] for rule in body["findings"][0]["rules"]] == ["R6", "R10"]


def test_an_open_design_is_told_what_is_different_and_moves_when_agreed(
    sign: Version, alice_api: Any
) -> None:
    body = alice_api.started("walnut-sign")
    address = f"configurations/{body['id']}/move/"
    assert alice_api.get(address).status_code == 404
    publish(
        source=sign.source.replace("max: 60", "max: 70"),
        filename="walnut-sign.yaml",
        actor="user:iris",
        now=timezone.now(),
    )
    move = alice_api.get(address).json()
    assert (move["version"], move["to"], move["must"]) == (1, 2, False)
    assert move["differences"] == ["Letter height: up to 70 mm instead of 60 mm."]
    assert alice_api.get(f"configurations/{body['id']}/").json()["version"] == 1
    assert alice_api.post(address, {"version": 3}).json()["code"] == "moved-on"
    assert alice_api.post(address, {"version": 2}).json()["version"] == 2
