"""The committed schema is the one that the code gives, and every refusal in it is a problem document."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import call_command
from django.test import Client

CHECKOUT = Path(__file__).resolve().parents[2]
COMMITTED = CHECKOUT / "docs" / "reference" / "openapi.yaml"
UPDATE = "python3 manage.py spectacular --validate --file docs/reference/openapi.yaml"
METHODS = {"get", "post", "put", "patch", "delete"}


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load(COMMITTED.read_text(encoding="utf-8"))
    return read


def operations(schema: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (path, method, operation)
        for path, methods in schema["paths"].items()
        for method, operation in methods.items()
        if method in METHODS
    ]


def test_the_committed_schema_is_what_the_code_gives(tmp_path: Path) -> None:
    made = tmp_path / "openapi.yaml"
    call_command("spectacular", validate=True, fail_on_warn=True, file=str(made))
    assert made.read_text(encoding="utf-8") == COMMITTED.read_text(encoding="utf-8"), (
        f"the API and docs/reference/openapi.yaml differ; if the change is wanted: {UPDATE}"
    )


def test_the_served_schema_is_the_committed_one(client: Client, schema: dict[str, Any]) -> None:
    answer = client.get("/api/v1/schema/")
    assert answer.status_code == 200
    assert yaml.safe_load(answer.content) == schema


def test_every_refusal_is_a_problem_document(schema: dict[str, Any]) -> None:
    for path, method, operation in operations(schema):
        for status, answer in operation["responses"].items():
            if status.startswith(("4", "5")):
                assert list(answer["content"]) == ["application/problem+json"], f"{method} {path} {status}"


def test_every_operation_has_a_name_and_a_sentence(schema: dict[str, Any]) -> None:
    names = [operation["operationId"] for _, _, operation in operations(schema)]
    assert len(names) == len(set(names))
    assert [path for path, _, operation in operations(schema) if not operation.get("description")] == []


def test_what_makes_money_or_material_move_asks_for_a_key_or_a_precondition(schema: dict[str, Any]) -> None:
    wanted = {
        "place_order": "Idempotency-Key",
        "cancel_order": "Idempotency-Key",
        "ship_order": "Idempotency-Key",
        "mark_paid": "Idempotency-Key",
        "receive_material": "Idempotency-Key",
        "announce_material": "Idempotency-Key",
        "count_material": "Idempotency-Key",
        "release_run": "If-Match",
        "reject_run": "If-Match",
        "split_run": "If-Match",
    }
    found = {operation["operationId"]: operation for _, _, operation in operations(schema)}
    for name, header in wanted.items():
        required = [p["name"] for p in found[name]["parameters"] if p["in"] == "header" and p.get("required")]
        assert header in required, name
