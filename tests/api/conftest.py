"""A published sign, a key for each scope, and a guest who has opened the shop."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from configurator import catalogue
from configurator.models import Version
from ledger import keys

FAMILIES = Path(__file__).resolve().parents[2] / "configurator" / "families"
ALL_SCOPES = [
    "catalogue:read",
    "configurations:write",
    "orders:read",
    "orders:write",
    "production:read",
    "production:write",
]


class Api:
    """A client that speaks JSON to /api/v1/, with a key or with a session and its CSRF token."""

    def __init__(self, client: Client, headers: dict[str, str]) -> None:
        self.client = client
        self.headers = headers

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

    def delete(self, path: str) -> Any:
        return self._send("delete", path, None, {})


@pytest.fixture
def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def sign(db: None, now: datetime) -> Version:
    source = (FAMILIES / "walnut-sign.yaml").read_text(encoding="utf-8")
    return catalogue.publish(source=source, filename="walnut-sign.yaml", actor="system:test", now=now)


@pytest.fixture
def keyed(now: datetime) -> Callable[..., Api]:
    """``keyed(user, *scopes)``: an API with a key of that user's."""

    def make(user: User, *scopes: str) -> Api:
        _, secret = keys.issue(
            name="test",
            owner=user,
            scopes=list(scopes or ALL_SCOPES),
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
def charlie_api(charlie: User, keyed: Callable[..., Api]) -> Api:
    return keyed(charlie)
