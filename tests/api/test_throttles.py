"""How often one caller may ask."""

from typing import Any

import pytest

from tests.api.conftest import Api, refused

pytestmark = pytest.mark.usefixtures("badge")


def test_too_many_requests_are_told_when_to_come_back(alice_api: Api, settings: Any) -> None:
    settings.API_RATES = {**settings.API_RATES, "read": "2/min"}
    assert [alice_api.get("families/").status_code for _ in range(2)] == [200, 200]
    answer = alice_api.get("families/")
    refused(answer, 429, "too-many-requests")
    assert 0 < int(answer["Retry-After"]) <= 60


def test_one_callers_flood_does_not_slow_another(alice_api: Api, charlie_api: Api, settings: Any) -> None:
    settings.API_RATES = {**settings.API_RATES, "read": "1/min"}
    alice_api.get("families/")
    assert alice_api.get("families/").status_code == 429
    assert charlie_api.get("families/").status_code == 200


def test_each_kind_of_request_has_its_own_measure(alice_api: Api, settings: Any) -> None:
    settings.API_RATES = {**settings.API_RATES, "checkout": "1/min", "change": "9/min"}
    line = alice_api.accepted(alice_api.frozen())
    assert alice_api.submitted(line).status_code == 201
    assert alice_api.submitted(line).status_code == 429
    assert alice_api.post("configurations/", {"family": "badge"}).status_code == 201


def test_a_refused_request_is_counted_too(alice_api: Api, settings: Any) -> None:
    settings.API_RATES = {**settings.API_RATES, "change": "2/min"}
    answers = [alice_api.post("configurations/", {"family": "none"}).status_code for _ in range(3)]
    assert answers == [404, 404, 429]
