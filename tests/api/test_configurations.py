"""The configurator over HTTP."""

from typing import Any

import pytest
from django.test import Client

from configurator.models import Configuration, Design, Version
from tests.api.conftest import Api, done, refused

PROBLEM = "application/problem+json"


def started(api: Any) -> dict[str, Any]:
    answer = api.post("configurations/", {"family": "walnut-sign"})
    assert answer.status_code == 201, answer.content
    return answer.json()


def test_families_are_listed(sign: Version, alice_api: Any) -> None:
    listed = alice_api.get("families/").json()["results"]
    assert [family["code"] for family in listed] == ["walnut-sign"]


def test_a_family_tells_its_options_and_rules(sign: Version, alice_api: Any) -> None:
    family = alice_api.get("families/walnut-sign/").json()
    assert {"material", "size", "letter_height"} <= {option["code"] for option in family["options"]}
    assert len(family["rules"]) >= 12


def test_a_configuration_starts_with_the_defaults_and_knows_price_and_picture(
    sign: Version, alice_api: Any
) -> None:
    body = started(alice_api)
    assert body["choices"]["material"] == "walnut"
    assert body["complete"]
    assert body["price"]["currency"] == "EUR"
    assert body["preview"][0]["surface"] == "front"


def test_a_change_is_kept_and_moves_the_price(sign: Version, alice_api: Any) -> None:
    before = started(alice_api)
    after = alice_api.patch(f"configurations/{before['id']}/", {"choices": {"material": "oak"}}).json()
    assert after["choices"]["material"] == "oak"
    assert after["price"]["unit"] != before["price"]["unit"]
    assert after["revision"] == before["revision"] + 1


def test_a_contradicting_change_is_refused_with_reason_and_repair_and_changes_nothing(
    sign: Version, alice_api: Any
) -> None:
    body = started(alice_api)
    answer = alice_api.patch(f"configurations/{body['id']}/", {"choices": {"material": "cherry"}})
    assert answer.status_code == 409
    assert answer["Content-Type"] == PROBLEM
    problem = answer.json()
    assert problem["code"] == "configuration-refused"
    assert problem["refused"]["option"] == "material"
    assert problem["refused"]["conflict"]["rules"]
    assert problem["refused"]["repair"]["changes"]
    assert alice_api.get(f"configurations/{body['id']}/").json()["choices"] == body["choices"]


def test_the_repair_makes_the_wanted_value_possible(sign: Version, alice_api: Any) -> None:
    body = started(alice_api)
    after = alice_api.post(
        f"configurations/{body['id']}/repair/", {"option": "material", "value": "cherry"}
    ).json()
    assert after["choices"]["material"] == "cherry"
    assert after["consistent"]


def test_a_refused_value_is_explained_without_choosing_it(sign: Version, alice_api: Any) -> None:
    body = started(alice_api)
    path = f"configurations/{body['id']}/explain/"
    refused = alice_api.post(path, {"option": "material", "value": "cherry"}).json()["refused"]
    assert refused["conflict"]["sentence"]
    assert alice_api.post(path, {"option": "material", "value": "oak"}).json() == {"refused": None}


def test_an_unknown_option_is_refused_by_name(sign: Version, alice_api: Any) -> None:
    body = started(alice_api)
    answer = alice_api.patch(f"configurations/{body['id']}/", {"choices": {"colour": "blue"}})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/choices/colour"


def test_a_stale_revision_is_refused(sign: Version, alice_api: Any) -> None:
    body = started(alice_api)
    path = f"configurations/{body['id']}/"
    alice_api.patch(path, {"choices": {"material": "oak"}})
    answer = alice_api.patch(path, {"choices": {"line2": ""}}, {"If-Match": f'"{body["revision"]}"'})
    assert answer.status_code == 412


def test_a_design_is_frozen_and_quoted(sign: Version, alice_api: Any) -> None:
    body = started(alice_api)
    design = alice_api.post(f"configurations/{body['id']}/design/").json()
    assert Design.objects.get(pk=design["id"]).choices == body["choices"]
    quote = alice_api.get(f"designs/{design['id']}/quote/?quantity=10").json()
    assert quote["price"]["quantity"] == 10
    assert quote["token"]


def test_the_preview_is_a_picture(sign: Version, alice_api: Any) -> None:
    body = started(alice_api)
    answer = alice_api.get(f"configurations/{body['id']}/preview/front/")
    assert answer["Content-Type"] == "image/png"
    assert answer.content.startswith(b"\x89PNG")


def test_the_preview_of_an_open_configuration_shows_the_defaults(sign: Version, alice_api: Any) -> None:
    body = started(alice_api)
    alice_api.patch(f"configurations/{body['id']}/", {"choices": {"material": None, "line1": None}})
    answer = alice_api.get(f"configurations/{body['id']}/preview/front/")
    assert answer.status_code == 200
    assert answer.content.startswith(b"\x89PNG")


def test_a_stranger_does_not_find_it(sign: Version, alice_api: Any, charlie_api: Any) -> None:
    body = started(alice_api)
    assert charlie_api.get(f"configurations/{body['id']}/").status_code == 404
    answer = charlie_api.patch(f"configurations/{body['id']}/", {"choices": {"material": "oak"}})
    assert answer.status_code == 404


def test_an_impossible_start_leaves_nothing_behind(sign: Version, alice_api: Any) -> None:
    answer = alice_api.post("configurations/", {"family": "walnut-sign", "choices": {"material": "cherry"}})
    assert answer.status_code == 409
    assert not Configuration.objects.exists()


def test_without_key_or_session_nothing_is_changed(sign: Version, client: Client) -> None:
    answer = client.post(
        "/api/v1/configurations/", {"family": "walnut-sign"}, content_type="application/json"
    )
    assert answer.status_code in (401, 403)
    assert answer["Content-Type"] == PROBLEM


def test_a_guest_needs_the_csrf_token(sign: Version) -> None:
    guest = Client(enforce_csrf_checks=True)
    guest.get("/make/walnut-sign/", follow=True)
    data = {"data": {"family": "walnut-sign"}, "content_type": "application/json"}
    assert guest.post("/api/v1/configurations/", **data).status_code == 403
    token = guest.cookies["csrftoken"].value
    answer = guest.post("/api/v1/configurations/", headers={"X-CSRFToken": token}, **data)
    assert answer.status_code == 201


def test_a_key_without_the_scope_is_refused(sign: Version, alice: Any, keyed: Any) -> None:
    answer = keyed(alice, "orders:read").post("configurations/", {"family": "walnut-sign"})
    assert answer.status_code == 403
    assert "configurations:write" in answer.json()["detail"]


@pytest.mark.parametrize("raw", [b'{"choices": {"a": 1, "a": 2}}', b"[" * 99_999, b'"\\ud800"', b"\xff"])
def test_unreadable_bodies_are_refused_as_problems(sign: Version, alice_api: Any, raw: bytes) -> None:
    body = started(alice_api)
    answer = alice_api.patch(f"configurations/{body['id']}/", raw)
    assert answer.status_code == 400
    assert answer.json()["code"] == "unreadable-body"


def test_an_unknown_address_is_a_problem_document(alice_api: Any) -> None:
    answer = alice_api.get("nonsense/")
    assert (answer.status_code, answer["Content-Type"]) == (404, PROBLEM)


def test_the_cheapest_completion_comes_with_its_proof(badge: Version, alice_api: Api) -> None:
    begun = alice_api.started()["id"]
    done(alice_api.patch(f"configurations/{begun}/", {"choices": {"length": None, "pin": None}}))
    body = done(alice_api.post(f"configurations/{begun}/complete/", {"objective": "cheapest"}))
    assert body["completion"] == {"objective": "cheapest", "value": "5.10", "bound": "5.10", "proven": True}
    assert body["complete"]
    refused(alice_api.post(f"configurations/{begun}/complete/", {"objective": "x"}), 400, "invalid-request")
