"""Many configurations judged at once: asked for, done by a job, one result a row."""

from typing import Any

import pytest
from django.utils import timezone

from configurator import validations
from configurator.models import Validation, ValidationResult, Version
from ledger import jobs
from ledger.models import Job
from tests.api.conftest import Api, done, refused

pytestmark = pytest.mark.django_db

ROWS: list[dict[str, Any]] = [
    {"material": "acrylic", "pin": "clip", "length": 80, "text": "Ünal"},
    {"material": "steel", "length": 100},
    {"material": "steel"},
    {"material": "gold", "length": 81, "engraving": "x"},
]


def judged(api: Api, rows: list[dict[str, Any]]) -> str:
    """The id of a validation whose job has run."""
    answer = api.post("families/badge/validations/", {"rows": rows})
    begun = done(answer, 202)
    assert (begun["state"], begun["rows"], begun["done"]) == ("queued", len(rows), 0)
    assert answer["Location"] == f"/api/v1/validations/{begun['id']}/"
    assert jobs.run(Job.objects.get(kind=validations.JOB_KIND).pk)
    return str(begun["id"])


def test_every_row_gets_its_result(badge: Version, alice_api: Api) -> None:
    validation = judged(alice_api, ROWS)
    state = done(alice_api.get(f"validations/{validation}/"))
    assert (state["state"], state["done"]) == ("done", 4)
    assert state["tally"] == {"complete": 1, "refused": 1, "incomplete": 1, "invalid": 1}
    complete, broken, open_, wrong = done(alice_api.get(f"validations/{validation}/results/"))["results"]
    assert complete == {
        "number": 1,
        "state": "complete",
        "report": {"price": {"unit": "4.90", "currency": "EUR"}},
    }
    assert [violation["rule"] for violation in broken["report"]["violations"]] == ["STEEL"]
    assert open_["report"] == {"missing": ["pin", "length", "text"]}
    assert [error["option"] for error in wrong["report"]["errors"]] == ["engraving", "material", "length"]
    assert "the nearest is 80 mm" in wrong["report"]["errors"][2]["hint"]


def test_results_can_be_asked_for_by_state(badge: Version, alice_api: Api) -> None:
    validation = judged(alice_api, ROWS)
    some = done(alice_api.get(f"validations/{validation}/results/?state=refused"))["results"]
    assert [row["number"] for row in some] == [2]
    refused(alice_api.get(f"validations/{validation}/results/?state=good"), 400, "invalid-request")


def test_a_job_that_runs_twice_writes_results_once(badge: Version, alice_api: Api) -> None:
    validation = Validation.objects.get(pk=judged(alice_api, ROWS))
    before = list(validation.results.values_list("pk", flat=True))
    again = validations.judge(validation=validation, on=timezone.now(), report=lambda progress: None)
    validations.store(validation_id=validation.pk, results=again, now=timezone.now())
    assert list(validation.results.values_list("pk", flat=True)) == before


def test_thousands_of_rows_take_a_constant_number_of_queries(
    badge: Version, alice_api: Api, django_assert_num_queries: Any
) -> None:
    rows = [{"length": 60 + 10 * (number % 7)} for number in range(2_000)]
    assert jobs.run(_asked(alice_api, rows))
    validation = Validation.objects.get()
    assert validation.results.count() == 2_000
    with django_assert_num_queries(1 + 2_000 // validations.ROWS_AT_ONCE):  # the version, and the rows
        results = validations.judge(validation=validation, on=timezone.now(), report=lambda progress: None)
    assert {result.state for result in results} == {ValidationResult.State.INCOMPLETE}


def _asked(api: Api, rows: list[dict[str, Any]]) -> int:
    done(api.post("families/badge/validations/", {"rows": rows}), 202)
    return Job.objects.get(kind=validations.JOB_KIND).pk


def test_more_rows_than_are_taken_at_once_are_refused(badge: Version, alice_api: Api) -> None:
    refused(
        alice_api.post("families/badge/validations/", {"rows": [{}] * (validations.MOST_ROWS + 1)}),
        400,
        "invalid-request",
    )
    assert not Validation.objects.exists()


def test_no_rows_are_refused(badge: Version, alice_api: Api) -> None:
    refused(alice_api.post("families/badge/validations/", {"rows": []}), 400, "invalid-request")


def test_the_operation_itself_refuses_too_many_rows(badge: Version) -> None:
    with pytest.raises(validations.NothingToJudge, match="10,001 rows"):
        validations.begin(
            version=badge,
            rows=[{}] * (validations.MOST_ROWS + 1),
            owner=None,
            session_key="gst_x",
            actor="guest:x",
            now=timezone.now(),
        )


def test_a_stranger_does_not_see_the_results(badge: Version, alice_api: Api, charlie_api: Api) -> None:
    validation = judged(alice_api, ROWS)
    refused(charlie_api.get(f"validations/{validation}/"), 404, "not-found")
    refused(charlie_api.get(f"validations/{validation}/results/"), 404, "not-found")


def test_the_schema_of_a_family_is_a_json_schema(badge: Version, alice_api: Api) -> None:
    answer = alice_api.get("families/badge/schema/")
    schema = done(answer)
    assert answer["Content-Type"] == "application/schema+json"
    assert schema["properties"]["length"]["anyOf"][0]["multipleOf"] == 10
    assert schema["$id"].endswith("/api/v1/families/badge/schema/?version=1")


@pytest.mark.parametrize("rows", [None, {}, "rows", 1, [None], [{}, []], [{}, "x"], [[{}]]])
def test_what_is_no_list_of_rows_is_refused(badge: Version, alice_api: Api, rows: Any) -> None:
    refused(alice_api.post("families/badge/validations/", {"rows": rows}), 400, "invalid-request")
    assert not Validation.objects.exists()


def test_the_first_row_that_is_none_is_named(badge: Version, alice_api: Api) -> None:
    answer = alice_api.post("families/badge/validations/", {"rows": [{}, [], 1]})
    problem = refused(answer, 400, "invalid-request")
    assert problem["errors"][0]["pointer"] == "/rows"
    assert "Row 2" in problem["errors"][0]["detail"]


def test_rows_are_judged_in_their_order_however_many_are_read_at_once(
    badge: Version, alice_api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(validations, "ROWS_AT_ONCE", 3)
    validation = judged(alice_api, ROWS * 2)
    results = done(alice_api.get(f"validations/{validation}/results/"))["results"]
    assert [row["state"] for row in results] == ["complete", "refused", "incomplete", "invalid"] * 2
    assert [row["number"] for row in results] == list(range(1, 9))


def test_a_row_of_what_nobody_should_send_is_told_so_beside_the_others(
    badge: Version, alice_api: Api
) -> None:
    rows: list[dict[str, Any]] = [
        {"material": {"a": [1]}},
        {"length": 1e300},
        {"length": True},
        {"m\u0430terial": "steel"},
        {"text": "a\u200bb" * 500},
        {f"k{number}": 1 for number in range(2_000)},
        {"material": "steel", "pin": "needle", "length": 80, "text": "A"},
    ]
    validation = judged(alice_api, rows)
    results = done(alice_api.get(f"validations/{validation}/results/"))["results"]
    assert [row["state"] for row in results] == ["invalid"] * 6 + ["complete"]
    assert max(len(str(row)) for row in results) < 1_000_000
