"""The one object for page and API: whole, honest about what is open, at a constant price in queries."""

import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User

from configurator.answers import describe, describe_design, labels
from configurator.designs import Refused, choose
from configurator.freezing import freeze
from configurator.models import Configuration
from configurator.quotes import read
from tests.shops import NOW


def test_a_design_is_described_whole(configuration: Configuration) -> None:
    said = describe(configuration, quantity=2, now=NOW)
    assert json.loads(json.dumps(said)) == said
    assert (said["family"], said["revision"], said["consistent"], said["complete"]) == (
        "badge",
        0,
        True,
        True,
    )
    assert said["options"]["pin"]["values"] == {
        "magnet": "possible",
        "needle": "possible",
        "clip": "possible",
    }
    assert (said["options"]["length"]["low"], said["options"]["length"]["high"]) == (60, 100)
    assert said["price"]["total"] == "10.20"
    assert [line["code"] for line in said["price"]["lines"]][-2:] == ["P1", "P2"]
    assert said["promise"] == {
        "ready_at": (NOW + timedelta(days=3)).isoformat(),
        "reason": "",
        "refusal": "",
        "option": "standard",
        "surcharge": "0.00",
        "sooner": [],
    }
    assert [picture["surface"] for picture in said["preview"]] == ["front"]
    assert (said["missing"], said["refused"], said["findings"]) == ([], None, [])


def test_an_impossible_value_is_shown_as_impossible(configuration: Configuration) -> None:
    choose(configuration=configuration, changes={"material": "steel"}, now=NOW)
    said = describe(configuration, quantity=1, now=NOW)
    assert said["options"]["pin"]["values"]["clip"] == "impossible"
    assert said["options"]["length"]["high"] == 90


def test_the_token_is_good_for_the_design_that_is_frozen_next(configuration: Configuration) -> None:
    said = describe(configuration, quantity=2, now=NOW)
    design = freeze(configuration=configuration, actor="user:alice", now=NOW)
    assert read(said["quote_token"], design=design, quantity=2, now=NOW).price.total == Decimal("10.20")


def test_an_open_design_is_described_without_a_token(configuration: Configuration) -> None:
    choose(configuration=configuration, changes={"text": None}, now=NOW)
    said = describe(configuration, quantity=1, now=NOW)
    assert (said["complete"], said["missing"], said["quote_token"]) == (False, ["text"], None)
    assert json.dumps(said)


def test_a_design_that_cannot_be_made_has_its_finding_and_no_token(configuration: Configuration) -> None:
    choose(configuration=configuration, changes={"text": "\U00012000"}, now=NOW)
    said = describe(configuration, quantity=1, now=NOW)
    assert [finding["severity"] for finding in said["findings"]] == ["refuse"]
    assert said["quote_token"] is None


def test_a_refused_change_is_described_with_reason_and_way_out(configuration: Configuration) -> None:
    with pytest.raises(Refused) as refusal:
        choose(configuration=configuration, changes={"length": 110}, now=NOW)
    said = describe(configuration, quantity=1, now=NOW, refused=refusal.value)["refused"]
    assert (said["option"], said["value"]) == ("length", 110)
    assert said["conflict"]["rules"] == [{"code": "MAGNET", "message": "A magnet carries up to 100 mm."}]
    assert said["conflict"]["choices"] == [{"option": "pin", "value": "magnet"}]
    assert said["repair"]["changes"][0]["option"] == "pin"
    assert said["repair"]["sentence"]


def test_a_frozen_design_is_described(configuration: Configuration) -> None:
    design = freeze(configuration=configuration, actor="user:alice", now=NOW)
    said = describe_design(design)
    assert json.loads(json.dumps(said)) == said
    assert (said["version"], said["shared"], said["price"]["unit"]) == (1, False, "5.10")
    assert {label["option"]: label["value"] for label in labels(design)} == {
        "Material": "Acrylic",
        "Pin": "Magnet",
        "Length": "80 mm",
        "Name": "Müller",
    }


def test_describing_asks_the_database_nothing(
    configuration: Configuration, alice: User, django_assert_num_queries: Any
) -> None:
    given = Configuration.objects.select_related("version__family").get(pk=configuration.pk)
    describe(given, quantity=1, now=NOW)
    with django_assert_num_queries(0):
        describe(given, quantity=3, now=NOW)
