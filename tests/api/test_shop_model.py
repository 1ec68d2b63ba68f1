"""The shop's model over the API: read, changed, and refused as a whole."""

import copy
from typing import Any

import pytest

from production.models import Machine
from production.shopexport import export
from tests.api.conftest import Api, done, refused

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("workshop")]


def read(api: Api) -> tuple[dict[str, Any], str]:
    answer = api.get("shop/")
    return done(answer), answer.headers["ETag"]


def test_a_model_that_was_read_is_put_back_without_a_change(bob_api: Api) -> None:
    model, tag = read(bob_api)
    assert model == export()
    assert done(bob_api.put("shop/", model, {"If-Match": tag})) == model


def test_a_changed_model_brings_the_shop_up_to_date(bob_api: Api) -> None:
    model, tag = read(bob_api)
    changed = copy.deepcopy(model)
    machine = changed["work_centres"][0]["machines"][0]
    machine["power_w"] = 4321
    done(bob_api.put("shop/", changed, {"If-Match": tag}))
    assert Machine.objects.get(code=machine["code"]).power_w == 4321
    refused(bob_api.put("shop/", model, {"If-Match": tag}), 412, "precondition-failed")


def test_a_model_that_contradicts_itself_is_refused_with_every_fault(bob_api: Api) -> None:
    model, tag = read(bob_api)
    before = export()
    for machine in model["work_centres"][0]["machines"]:
        machine["calendar"] = "moon"
    answer = refused(bob_api.put("shop/", model, {"If-Match": tag}), 422, "shop-faults")
    assert all("there is no calendar 'moon'" in reason for reason in answer["reasons"])
    assert export() == before


def test_nobody_changes_a_model_that_they_have_not_seen(bob_api: Api) -> None:
    model, _ = read(bob_api)
    refused(bob_api.put("shop/", model), 428, "precondition-required")
