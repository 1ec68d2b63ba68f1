"""Numbers that people read: one after the other within a year, without gaps."""

from datetime import datetime

from orders.models import Counter


def next_number(*, series: str, now: datetime) -> str:
    """The next number of ``series`` in the year of ``now`` (UTC), such as ``R-2026-000017``.

    Inside a transaction: the counter stays locked until it ends, and a rollback gives the number
    back. Take it last, so that others wait only shortly.
    """
    name = f"{series}-{now.year}"
    Counter.objects.get_or_create(name=name)
    counter = Counter.objects.select_for_update().get(name=name)
    counter.last += 1
    counter.save(update_fields=["last"])
    return f"{name}-{counter.last:06d}"
