"""The demo's shoppers on the real families and operations, and the whole job by the real worker."""

import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from django.utils import timezone
from pytest_django import Settings

from configurator.catalogue import spec_of
from orders.models import Line, Order
from server.demo import pictures, seeding, shoppers
from server.embedded import account

CHECKOUT = Path(__file__).resolve().parents[2]


def _quiet(line: str) -> None:
    """Nobody reads the progress here."""


@pytest.fixture
def seeded(db: None, tmp_path: Path, settings: Settings) -> seeding.Seeded:
    settings.VAR_DIR = tmp_path
    settings.MEDIA_ROOT = tmp_path / "media"
    return seeding.seed(now=timezone.now(), say=_quiet)


def _shop(seeded: seeding.Seeded, *, orders: int, seed: int) -> shoppers.Shopping:
    return shoppers.shop(
        orders=orders,
        families=seeded.families,
        owner=seeded.shopper,
        seed=seed,
        now=timezone.now,
        say=_quiet,
    )


def test_seeding_again_changes_nothing(seeded: seeding.Seeded) -> None:
    again = seeding.seed(now=timezone.now(), say=_quiet)
    assert [family.current_id for family in again.families] == [
        family.current_id for family in seeded.families
    ]
    assert again.logins == seeded.logins


def test_every_order_is_valid_repaired_or_refused(seeded: seeding.Seeded) -> None:
    shopping = _shop(seeded, orders=13, seed=1)
    assert shopping.asked == 13
    assert len(shopping.placed) == shopping.valid + shopping.repaired == Order.objects.count()
    assert shopping.total == sum(order.total for order in Order.objects.all())
    assert sum(shopping.reasons.values()) == shopping.refused


def test_a_resellers_row_that_cannot_be_made_is_refused_with_its_rule(seeded: seeding.Seeded) -> None:
    messages = {rule.message for family in seeded.families for rule in spec_of(family.current).rules}
    shopping = shoppers.Shopping()
    shoppers._reseller(shopping, 6, seeded.families, seed=3, now=timezone.now)
    assert shopping.refused == 6
    assert set(shopping.reasons) <= messages


def test_the_same_seed_gives_the_same_shoppers(seeded: seeding.Seeded) -> None:
    def bought(shopping: shoppers.Shopping) -> Counter[str]:
        lines = Line.objects.filter(order__in=[order.pk for order in shopping.placed])
        return Counter(f"{line.family_code} {line.quantity} {sorted(line.choices.items())}" for line in lines)

    first, second = _shop(seeded, orders=4, seed=5), _shop(seeded, orders=4, seed=5)
    assert bought(first) == bought(second)
    assert first.clicks == second.clicks


def test_a_handed_in_picture_is_large_enough_to_print() -> None:
    chance = shoppers.random.Random(1)
    assert pictures.draw(chance).startswith(b"\x89PNG")
    assert min(pictures.SIZE) >= 1400


@pytest.mark.broker
def test_up_makes_a_plan_by_the_worker_and_reports_it(tmp_path_factory: pytest.TempPathFactory) -> None:
    if account.is_nobody():
        pytest.skip("as user nobody the servers cannot enter the tests' folders")
    variables = {
        name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "BROKER_URL")
    }
    done = subprocess.run(
        [sys.executable, "manage.py", "up", "--once", "--orders", "12", "--seed", "1"],
        cwd=CHECKOUT,
        env={**variables, "VAR_DIR": str(tmp_path_factory.mktemp("demo")), "NO_BOOTSTRAP": "1"},
        capture_output=True,
        text=True,
        timeout=600,  # a busy machine takes its time
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(
        r"Orders +12 asked for: \d+ valid at once, \d+ after a repair, [1-9]\d* refused", done.stdout
    )
    assert re.search(r"Plan \d+ +[1-9]\d* runs for [1-9]\d* pieces", done.stdout)
    assert re.search(
        r"Released +[1-9]\d* runs, those due first, with [1-9]\d* tickets and production files", done.stdout
    )
    assert re.search(r"API +http://127\.0\.0\.1:\d+/api/v1/docs/", done.stdout)
    assert re.search(r"logins +ada ", done.stdout)
