"""The journey of the tutorial, call by call, and the page that tells them."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client

from configurator.models import Version
from ledger import jobs
from ledger.keys import SCOPES
from ledger.models import Job
from orders.models import Order
from tests.api.conftest import Api, done, refused

CHECKOUT = Path(__file__).resolve().parents[2]
TUTORIAL = (CHECKOUT / "docs" / "tutorial.md").read_text(encoding="utf-8")


@pytest.fixture
def tutorial_api(bob: User) -> Api:
    out = StringIO()
    call_command(
        "keys", "issue", "tutorial", "--owner", "bob", "--days", "1", "--scope", *SCOPES,
        stdout=out, stderr=StringIO(),
    )  # fmt: skip
    return Api(Client(enforce_csrf_checks=True), {"Authorization": f"Bearer {out.getvalue().strip()}"})


def told(*words: str) -> None:
    """The tutorial tells this call."""
    for word in words:
        assert word in TUTORIAL, word


def test_from_a_sign_to_a_released_run_with_the_calls_of_the_tutorial(
    sign: Version, tutorial_api: Api
) -> None:
    call_command("load_shop", str(CHECKOUT / "production" / "shops" / "demo.yaml"), verbosity=0)
    api = tutorial_api

    def tell(method: str, path: str, body: Any = None, **headers: str) -> Any:
        shown = path
        for name, value in known.items():
            shown = shown.replace(str(value), f"${name}")
        told(f"$SHOP/api/v1/{shown}", *([json.dumps(body)] if body and method != "order" else []))
        return getattr(api, "post" if method == "order" else method)(path, body, headers)

    known: dict[str, Any] = {}
    known["SIGN"] = done(tell("post", "configurations/", {"family": "walnut-sign"}), 201)["id"]
    own = f"configurations/{known['SIGN']}/"
    told('"line1": "Familie Müller"')
    assert done(api.patch(own, {"choices": {"line1": "Familie Müller"}}))["price"]["total"]
    problem = refused(tell("patch", own, {"choices": {"material": "cherry"}}), 409, "configuration-refused")
    assert "6 mm" in problem["refused"]["conflict"]["sentence"]
    repaired = done(tell("post", f"{own}repair/", {"option": "material", "value": "cherry"}))
    assert (repaired["choices"]["material"], repaired["choices"]["thickness"]) == ("cherry", "t6")

    known["DESIGN"] = done(tell("post", f"{own}design/"), 201)["id"]
    told("$SHOP/api/v1/designs/$DESIGN/quote/?quantity=3")
    token = done(api.get(f"designs/{known['DESIGN']}/quote/?quantity=3"))["token"]
    told("$SHOP/api/v1/designs/$DESIGN/proof/")
    proof = done(api.get(f"designs/{known['DESIGN']}/proof/"))["token"]
    body = {
        "customer": {"name": "Anna Müller", "email": "anna@example.org"},
        "lines": [{"design": known["DESIGN"], "quantity": 3, "quote_token": token, "proof_token": proof}],
    }
    for _ in range(2):
        order = done(tell("order", "orders/", body, **{"Idempotency-Key": f"tutorial-{known['SIGN']}"}), 201)
    assert Order.objects.count() == 1
    known["ORDER"] = order["id"]

    assert jobs.run(Job.objects.get(kind="production.artwork").pk)
    asked = done(tell("post", "plans/"), 202)["job"]
    assert jobs.run(int(asked.rstrip("/").rpartition("/")[2]))
    told("$SHOP$JOB", '["state"]')
    assert done(api.get(asked.removeprefix("/api/v1/")))["state"] == "done"
    told("$SHOP/api/v1/orders/$ORDER/")
    assert done(api.get(f"orders/{known['ORDER']}/"))["lines"][0]["state"] == "planned"

    told("$SHOP/api/v1/runs/?state=proposed", "$SHOP/api/v1/runs/$RUN/")
    known["RUN"] = done(api.get("runs/?state=proposed"))["results"][0]["id"]
    seen = done(api.get(f"runs/{known['RUN']}/"))["version"]
    released = done(tell("post", f"runs/{known['RUN']}/release/", None, **{"If-Match": f'"{seen}"'}))
    assert released["state"] == "released"
    assert done(api.get(f"orders/{known['ORDER']}/"))["lines"][0]["state"] == "released"
