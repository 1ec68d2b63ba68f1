"""A published sign and badge, keys with scopes, and the few steps that every order takes."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.apps import apps
from django.contrib.auth.models import User
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client

from configurator import catalogue
from configurator.models import Version
from ledger import jobs, keys
from ledger.models import ApiKey, Job
from production.shopfile import load
from tests.production.workshop import SHOP
from tests.shops import BADGE

FAMILIES = Path(__file__).resolve().parents[2] / "configurator" / "families"
SHOPPER_SCOPES = ["catalogue:read", "configurations:write", "orders:read", "orders:write"]
ALL_SCOPES = [*SHOPPER_SCOPES, "production:read", "production:write"]


PROBLEM = "application/problem+json"
CUSTOMER = {
    "name": "Alice Ärmel",
    "email": "alice@example.org",
    "address_line": "Canal 1",
    "postal_code": "1011",
    "city": "Amsterdam",
    "country": "NL",
}


class Api:
    """A client that speaks JSON to /api/v1/, with a key or with a session and its CSRF token."""

    def __init__(self, client: Client, headers: dict[str, str]) -> None:
        self.client = client
        self.headers = headers

    def put(self, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Any:
        return self._send("put", path, body, headers or {})

    def _send(self, method: str, path: str, body: Any, headers: dict[str, str]) -> Any:
        call = getattr(self.client, method)
        data = {} if body is None else {"data": body, "content_type": "application/json"}
        return call(f"/api/v1/{path}", headers={**self.headers, **headers}, **data)

    def get(self, path: str, **headers: str) -> Any:
        return self.client.get(f"/api/v1/{path}", headers={**self.headers, **headers})

    def post(self, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Any:
        return self._send("post", path, {} if body is None else body, headers or {})

    def patch(self, path: str, body: Any, headers: dict[str, str] | None = None) -> Any:
        return self._send("patch", path, body, headers or {})

    def delete(self, path: str, headers: dict[str, str] | None = None) -> Any:
        return self._send("delete", path, None, headers or {})

    def upload(self, name: str, content: bytes, content_type: str = "image/png") -> Any:
        file = SimpleUploadedFile(name, content, content_type=content_type)
        return self.client.post("/api/v1/assets/", {"file": file}, headers=self.headers)

    # The steps to an order; each must succeed.

    def started(self, family: str = "badge", **choices: Any) -> dict[str, Any]:
        return done(self.post("configurations/", {"family": family, "choices": choices}), 201)

    def frozen(self, family: str = "badge", **choices: Any) -> str:
        """The id of a design."""
        configuration = self.started(family, **choices)["id"]
        design: str = done(self.post(f"configurations/{configuration}/design/"), 201)["id"]
        return design

    def accepted(self, design: str, quantity: int = 1) -> dict[str, Any]:
        """A line for an order at the present price."""
        quote = done(self.get(f"designs/{design}/quote/?quantity={quantity}"))
        proof = done(self.get(f"designs/{design}/proof/"))
        return {
            "design": design,
            "quantity": quantity,
            "quote_token": quote["token"],
            "proof_token": proof["token"],
        }

    def submitted(self, *lines: dict[str, Any], key: str = "first", **customer: str) -> Any:
        """The answer to placing an order of the lines."""
        body = {"customer": {**CUSTOMER, **customer}, "lines": list(lines)}
        return self.post("orders/", body, {"Idempotency-Key": key})

    def ordered(self, quantity: int = 1, key: str = "first", **choices: Any) -> dict[str, Any]:
        """An order of one badge, its production file made and checked."""
        order = done(self.submitted(self.accepted(self.frozen(**choices), quantity), key=key), 201)
        for job in Job.objects.filter(kind="production.artwork", state="queued"):
            assert jobs.run(job.pk), Job.objects.get(pk=job.pk).last_error
        return order


def done(answer: Any, status: int = 200) -> dict[str, Any]:
    assert answer.status_code == status, answer.content
    body: dict[str, Any] = answer.json()
    return body


def refused(answer: Any, status: int, code: str) -> dict[str, Any]:
    """The problem document of a refusal, as RFC 9457 wants it."""
    assert (answer.status_code, answer["Content-Type"]) == (status, PROBLEM), answer.content
    problem: dict[str, Any] = answer.json()
    assert problem["code"] == code
    assert problem["status"] == status
    assert problem["type"] == f"/api/v1/problems/{code}"
    assert problem["title"] and problem["detail"]
    assert problem["instance"] == f"urn:request:{answer['X-Request-Id']}"
    return problem


def contents(*labels: str) -> list[Any]:
    """What all rows of these apps add up to, but for keys, which note when they were last used."""
    tables = [
        model._meta.db_table
        for label in labels
        for model in apps.get_app_config(label).get_models()
        if model is not ApiKey
    ]
    sums = " UNION ALL ".join(
        f"SELECT '{table}', count(*), sum(hashtext(t::text)) FROM {table} t" for table in tables
    )
    with connection.cursor() as cursor:
        cursor.execute(f"{sums} ORDER BY 1")  # side by side, the sums come in any order
        return list(cursor.fetchall())


@pytest.fixture(autouse=True)
def _own_files_and_rates(settings: Any, tmp_path: Path) -> Iterator[None]:
    """Nothing of one test is seen by the next: pictures, files, counted requests."""
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.QUARANTINE = tmp_path / "quarantine"
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def sign(db: None, now: datetime) -> Version:
    source = (FAMILIES / "walnut-sign.yaml").read_text(encoding="utf-8")
    return catalogue.publish(source=source, filename="walnut-sign.yaml", actor="system:test", now=now)


@pytest.fixture
def badge(db: None, settings: Any, now: datetime) -> Version:
    """A family small enough to think through, promised for two days from now."""
    settings.PROMISER = "tests.shops.InTwoDays"
    return catalogue.publish(source=BADGE, filename="badge.yaml", actor="system:test", now=now)


@pytest.fixture
def workshop(badge: Version, now: datetime) -> None:
    """A workshop that can make badges."""
    shop = yaml.safe_load(SHOP)
    laser = shop["work_centres"][0]
    laser["setups"] += [{"to": "acrylic-3", "minutes": 6}, {"to": "steel-3", "minutes": 6}]
    shop["materials"] += [
        {"code": f"{name}-3", "name": name, "unit": "sheet", "sheet": [600, 400], "stock": 40}
        for name in ("acrylic", "steel")
    ]
    shop["materials"] += [
        {"code": f"pin-{name}", "name": name, "unit": "piece", "stock": 1000}
        for name in ("magnet", "needle", "clip")
    ]
    load(text=yaml.safe_dump(shop), actor="system:test", now=now)


@pytest.fixture
def keyed(now: datetime) -> Callable[..., Api]:
    """``keyed(user, *scopes)``: an API with a key of that user's; all scopes that the user can have."""

    def make(user: User, *scopes: str) -> Api:
        _, secret = keys.issue(
            name="test",
            owner=user,
            scopes=list(scopes or (ALL_SCOPES if user.is_staff else SHOPPER_SCOPES)),
            expires_at=now + timedelta(days=1),
            actor="system:test",
            now=now,
        )
        return Api(Client(enforce_csrf_checks=True), {"Authorization": f"Bearer {secret}"})

    return make


@pytest.fixture
def alice_api(alice: User, keyed: Callable[..., Api]) -> Api:
    return keyed(alice)


@pytest.fixture
def bob_api(bob: User, keyed: Callable[..., Api]) -> Api:
    return keyed(bob)


@pytest.fixture
def charlie_api(charlie: User, keyed: Callable[..., Api]) -> Api:
    return keyed(charlie)
