"""Stock and machines over HTTP."""

from typing import Any

import pytest
from django.contrib.auth.models import User

from production.models import Machine, Material, MaterialLot
from tests.api.conftest import Api, done, refused
from tests.production.workshop import load_test_shop


@pytest.fixture
def planner(db: None, bob: User, keyed: Any) -> Api:
    load_test_shop()
    api: Api = keyed(bob, "production:read", "production:write")
    return api


def store(api: Api, what: str, body: dict[str, Any], key: str = "k", code: str = "oak") -> Any:
    return api.post(f"materials/{code}/{what}/", body, {"Idempotency-Key": key})


def test_material_is_received_once_whatever_the_network_does(planner: Api) -> None:
    for _ in range(2):
        assert done(store(planner, "receive", {"quantity": 5}))["on_hand"] == 45
    assert Material.objects.get(pk="oak").on_hand == 45


def test_a_count_puts_the_stock_right(planner: Api) -> None:
    assert done(store(planner, "count", {"on_hand": 37}))["on_hand"] == 37


def test_a_count_below_what_is_reserved_is_refused(planner: Api) -> None:
    Material.objects.filter(pk="oak").update(reserved=10)
    problem = refused(store(planner, "count", {"on_hand": 9}), 409, "stock-refused")
    assert "10 sheet of Oak are reserved" in problem["detail"]


@pytest.mark.parametrize("quantity", [0, -1, "5", 1.5, 10**9 + 1, None])
def test_a_receipt_of_no_quantity_is_refused(planner: Api, quantity: Any) -> None:
    problem = refused(store(planner, "receive", {"quantity": quantity}), 400, "invalid-request")
    assert problem["errors"][0]["pointer"] == "/quantity"


def test_what_is_announced_comes_later_in_its_lot(planner: Api) -> None:
    told = {"lot": "p-1", "quantity": 80, "available_at": "2035-01-01T09:00:00Z", "supplier": "Acme"}
    lot = done(store(planner, "announce", told))
    assert (lot["announced"], lot["on_hand"], lot["available_at"]) == (80, 0, "2035-01-01T09:00:00Z")
    assert Material.objects.get(pk="oak").on_hand == 40
    taken_back = done(store(planner, "announce", told | {"quantity": 0}, key="k2"))
    assert taken_back["announced"] == 0


@pytest.mark.parametrize("arrives", ["2020-01-01T09:00:00Z", "2034-12-31T00:00:00Z"])
def test_a_lot_that_has_come_or_expires_before_it_comes_is_refused(planner: Api, arrives: str) -> None:
    told = {"lot": "p-1", "quantity": 8, "available_at": arrives, "expires_at": "2034-01-01T00:00:00Z"}
    refused(store(planner, "announce", told), 409, "stock-refused")
    assert not MaterialLot.objects.exists()


def test_a_material_that_is_not_kept_is_not_received(planner: Api) -> None:
    refused(store(planner, "receive", {"quantity": 1}, code="marble"), 404, "not-found")


def test_a_receipt_without_a_key_is_refused(planner: Api) -> None:
    refused(planner.post("materials/oak/receive/", {"quantity": 1}), 400, "idempotency-key-missing")


def test_a_machine_is_stopped_and_started(planner: Api) -> None:
    stopped = done(planner.post("machines/laser-1/stop/", {"reason": "lens"}))
    assert (stopped["in_service"], stopped["stopped_reason"]) == (False, "lens")
    started = done(planner.post("machines/laser-1/start/"))
    assert (started["in_service"], started["stopped_at"]) == (True, None)


def test_a_machine_is_not_stopped_without_a_reason(planner: Api) -> None:
    refused(planner.post("machines/laser-1/stop/", {"reason": " "}), 400, "invalid-request")
    assert Machine.objects.get(code="laser-1").in_service


def test_a_machine_is_not_stopped_twice(planner: Api) -> None:
    done(planner.post("machines/laser-1/stop/", {"reason": "lens"}))
    problem = refused(planner.post("machines/laser-1/stop/", {"reason": "belt"}), 409, "upkeep-refused")
    assert problem["reasons"] == ["Laser 1 is out of service already."]


def test_a_key_that_only_reads_stops_no_machine(planner: Api, bob: User, keyed: Any) -> None:
    reader: Api = keyed(bob, "production:read")
    refused(reader.post("machines/laser-1/stop/", {"reason": "lens"}), 403, "forbidden")
