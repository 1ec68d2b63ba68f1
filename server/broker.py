"""What the broker needs before its first message, and whether it answers."""

from django.conf import settings
from django.db import connection, transaction
from kombu import Connection
from pgmq.install import get_embedded_install_sql

OWN_DATABASE = "pgmq:"


def is_own_database() -> bool:
    """Whether the queue lives in the shop's own database (``BROKER_URL=pgmq://``)."""
    return str(settings.BROKER_URL).rstrip("/") == OWN_DATABASE


def prepare() -> bool:
    """Put PGMQ's tables and functions into the shop's database, once; True when that was done now."""
    if not is_own_database():
        return False
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('pgmq install'))")
        cursor.execute("SELECT to_regnamespace('pgmq') IS NOT NULL")
        if cursor.fetchone()[0]:
            return False
        cursor.execute(get_embedded_install_sql())
    return True


def problem(*, seconds: int = 2) -> str:
    """Why the broker cannot be used, or nothing."""
    options = settings.CELERY_BROKER_TRANSPORT_OPTIONS
    with Connection(settings.BROKER_URL, connect_timeout=seconds, transport_options=options) as broker:
        try:
            broker.ensure_connection(max_retries=0, timeout=seconds)
        except Exception as error:  # noqa: BLE001 - every transport has exceptions of its own
            return f"{type(error).__name__}: {error}"
    return ""
