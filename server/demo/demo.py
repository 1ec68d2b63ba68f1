"""The demo from end to end: seed, shop, plan, release, report."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from orders.models import Order
from server.demo import job, people, report, seeding, shoppers

FIRST_TIME, LATER = 60, 10  # orders


@dataclass(frozen=True)
class Done:
    report: report.Report
    logins: tuple[people.Login, ...]


def run(
    *,
    orders: int | None,
    seed: int | None,
    now: Callable[[], datetime],
    wait: job.Wait,
    say: Callable[[str], None],
) -> Done:
    """The whole job. Without ``orders``: 60 on an empty shop, 10 more at every later start.

    Without ``seed`` it follows from the number of orders, so a fresh shop always sees the
    same shoppers first. Raises :class:`server.demo.job.NoPlan`.
    """
    seconds: dict[str, float] = {}
    clock = time.monotonic()

    def lap(name: str) -> None:
        nonlocal clock
        seconds[name], clock = time.monotonic() - clock, time.monotonic()

    seeded = seeding.seed(now=now(), say=say)
    lap("seeding")
    there = Order.objects.count()
    shopping = shoppers.shop(
        orders=orders if orders is not None else (LATER if there else FIRST_TIME),
        families=seeded.families,
        owner=seeded.shopper,
        seed=seed if seed is not None else there + 1,
        now=now,
        say=say,
    )
    lap("shopping")
    made = job.make(now=now, wait=wait, say=say)
    seconds |= {"planning": made.planning_seconds, "releasing": made.releasing_seconds}
    files = settings.MEDIA_ROOT / "production"
    return Done(report.Report(shopping, made, seconds, files), seeded.logins)
