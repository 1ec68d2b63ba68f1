"""Numbers that people read: one after the other within a year, without gaps."""

from datetime import datetime

from django.db import connection

from orders.models import Counter

# One statement takes the next number and locks the counter until the transaction ends.
_NEXT = (
    "INSERT INTO {table} AS counter (name, last) VALUES (%s, 1) "
    "ON CONFLICT (name) DO UPDATE SET last = counter.last + 1 RETURNING last"
)


def next_number(*, series: str, now: datetime) -> str:
    """The next number of ``series`` in the year of ``now`` (UTC), such as ``R-2026-000017``.

    Inside a transaction: the counter stays locked until it ends, and a rollback gives the number
    back. Take it last, so that others wait only shortly.
    """
    name = f"{series}-{now.year}"
    with connection.cursor() as cursor:
        cursor.execute(_NEXT.format(table=Counter._meta.db_table), [name])
        (last,) = cursor.fetchone()
    return f"{name}-{last:06d}"
