"""A published badge, and shoppers who design one."""

from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User

from configurator.catalogue import publish
from configurator.designs import start
from configurator.models import Configuration, Family
from tests.shops import BADGE, NOW


@pytest.fixture(autouse=True)
def promises(settings: Any, tmp_path: Path) -> None:
    settings.PROMISER = "tests.shops.InTwoDays"
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.QUARANTINE = tmp_path / "quarantine"


@pytest.fixture
def badge(db: None) -> Family:
    return publish(source=BADGE, filename="badge.yaml", actor="system:test", now=NOW).family


@pytest.fixture
def configuration(badge: Family, alice: User) -> Configuration:
    return start(family=badge, owner=alice, session_key="", now=NOW)
