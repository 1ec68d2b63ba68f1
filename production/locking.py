"""One lock for everything that plans, releases or makes.

Note on order. Whoever changes runs, pieces, operations or reservations takes this lock first,
then rows (orders before lines, as ``orders.fulfilment`` does), then ledger streams. These
transactions are short: planning itself happens outside of them.
"""

from django.db import connection

from ledger.entries import NotInTransaction

LONGEST_WAIT = "25s"
PLANNING = 0x70_6C_61_6E  # "plan"
WISHES = 0x77_69_73_68  # "wish"


def planning_lock() -> None:
    """Wait until nobody else changes the plan, and keep the others out until this transaction ends.

    A lock per transaction of PostgreSQL: gone with the connection, whatever happens to its holder.
    Waiting longer than LONGEST_WAIT raises ``django.db.OperationalError``.
    """
    if not connection.in_atomic_block:
        raise NotInTransaction(
            "The planning lock lasts as long as a transaction: open one around the change."
        )
    with connection.cursor() as cursor:
        # Storing a large plan takes longer than other locks may be waited for.
        cursor.execute(
            "SELECT current_setting('lock_timeout'), set_config('lock_timeout', %s, true)", [LONGEST_WAIT]
        )
        usual = cursor.fetchone()[0]
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [PLANNING])
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [usual])


def wishes_lock() -> None:
    """One at a time asks for a proposal or begins with one. Held until the transaction ends, so it comes
    last: after the planning lock, where both are needed, and at the end of what takes long."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [WISHES])
