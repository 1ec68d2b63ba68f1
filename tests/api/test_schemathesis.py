"""The running API against its own schema: what comes is told there, and nothing fails us."""

from collections.abc import Iterator
from typing import Any

import hypothesis
import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck
from hypothesis import strategies as st
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from ledger import jobs
from ledger.models import Job
from orders.models import Payment
from production.models import Run
from server.wsgi import application
from tests.api.conftest import Api, done

EXAMPLES = 16  # requests an operation and mode
PARTS = 3  # of the operations, for processes side by side
SHOPPER = ("catalogue:read", "configurations:write", "orders:read", "orders:write")


@pytest.fixture
def ids(workshop: None, alice_api: Api, bob_api: Api) -> dict[str, Any]:
    """Things that exist, so that not every generated address ends in a 404."""
    configuration, design = alice_api.started()["id"], alice_api.frozen()
    order = alice_api.ordered()["id"]
    line = done(alice_api.post("cart/lines/", {"design": design}), 201)["lines"][0]["id"]
    done(bob_api.post("plans/"), 202)
    job = Job.objects.get(kind="planning.propose").pk
    assert jobs.run(job)
    return {
        "configurations": configuration,
        "designs": design,
        "orders": order,
        "runs": Run.objects.get().pk,
        "payments": Payment.objects.get(order=order).pk,
        "materials": "acrylic-3",
        "machines": "laser-1",
        "families": "badge",
        "line_id": line,
        "job_id": job,
        "surface": "front",
    }


@pytest.fixture
def callers(alice: Any, bob: Any, keyed: Any) -> list[dict[str, str]]:
    """A shopper, a planner, a planner who only reads."""
    return [
        keyed(alice, *SHOPPER).headers,
        keyed(bob).headers,
        keyed(bob, "production:read", "orders:read").headers,
    ]


def fill(case: Any, ids: dict[str, Any]) -> None:
    """Put what exists in the address."""
    kind = case.operation.path.removeprefix("/api/v1/").split("/")[0]
    for name in case.path_parameters or {}:
        known = ids.get(name, ids.get(kind))
        if known is not None:
            case.path_parameters[name] = known
    if "If-Match" in (case.headers or {}) and kind == "runs":
        case.headers["If-Match"] = f'"{Run.objects.get(pk=ids["runs"]).version}"'


def operations() -> list[Any]:
    schema = schemathesis.openapi.from_wsgi("/api/v1/schema/", application)
    return [result.ok() for result in schema.get_all_operations()]


@pytest.fixture(autouse=True)
def _no_measure(settings: Any) -> None:
    settings.API_RATES = dict.fromkeys(settings.API_RATES, "1000000/min")


def exercise(
    operation: Any, mode: schemathesis.GenerationMode, callers: list[dict[str, str]], ids: dict[str, Any]
) -> None:
    """Send generated requests in the name of each caller, and hold every answer against the schema."""

    @hypothesis.settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[hypothesis.Phase.generate],
    )
    @hypothesis.given(
        case=operation.as_strategy(generation_mode=mode),
        known=st.integers(0, 9),
        caller=st.sampled_from(callers),
    )
    def check(case: Any, known: int, caller: dict[str, str]) -> None:
        if known:
            fill(case, ids)
        # What is of the right shape may still be refused by a rule (422), and what we put into the
        # address is right again where it was generated wrong.
        not_asked = [positive_data_acceptance, *([negative_data_rejection] if known else [])]
        case.call_and_validate(headers=caller, excluded_checks=not_asked)

    check()


@pytest.fixture
def one_connection(ids: Any) -> Iterator[None]:
    """The requests are served inside the test's transaction, as Django's own test client does it."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("mode", list(schemathesis.GenerationMode), ids=lambda mode: mode.value)
def test_the_api_keeps_to_its_schema(
    ids: dict[str, Any],
    callers: list[dict[str, str]],
    one_connection: None,
    mode: schemathesis.GenerationMode,
    part: int,
) -> None:
    wrong: dict[str, str] = {}
    for operation in operations()[part::PARTS]:
        try:
            exercise(operation, mode, callers, ids)
        except hypothesis.errors.Unsatisfiable:
            assert mode == schemathesis.GenerationMode.NEGATIVE  # nothing in it can be wrong
        except (Exception, FailureGroup) as error:  # noqa: BLE001 - all operations are told at once
            wrong[operation.label] = str(error)
    assert wrong == {}, "\n\n".join(f"=== {label}\n{text[:1500]}" for label, text in wrong.items())
