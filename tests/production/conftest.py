"""Fixtures around the small workshop."""

import pytest

from production.models import Material
from tests.production.workshop import PlaceLine, line_writer, load_test_shop


@pytest.fixture
def shop(db: None) -> None:
    """Two lasers, a packing table, oak, walnut and boxes."""
    load_test_shop()


@pytest.fixture
def place_line(shop: None) -> PlaceLine:
    """Writes a ready line: ``place_line(quantity=3, material="walnut", due_days=2)``."""
    return line_writer()


@pytest.fixture
def oak(shop: None) -> Material:
    return Material.objects.get(pk="oak")
