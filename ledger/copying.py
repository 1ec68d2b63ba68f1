"""Many new rows at once, by COPY: an INSERT of a hundred thousand rows has to be read first, as text."""

from collections.abc import Sequence
from operator import attrgetter

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import AutoField, Model
from psycopg import sql

# From so many rows on; fewer are as quick by an INSERT.
LEAST = 200


def copy_in(rows: Sequence[Model]) -> None:
    """Insert rows of one model, none of which is there yet; they have their keys then, as after
    ``bulk_create``. Inside the caller's transaction; what the database refuses is raised as always."""
    if not rows:
        return
    meta = rows[0]._meta
    connection = connections[DEFAULT_DB_ALIAS]  # itself: Django's proxy looks it up for each value
    with connection.cursor() as cursor:
        if isinstance(meta.pk, AutoField):
            cursor.execute(
                "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)",
                [meta.db_table, meta.pk.column, len(rows)],
            )
            for row, (key,) in zip(rows, cursor.fetchall(), strict=True):
                row.pk = key
        fields = [
            (attrgetter(field.attname), field.get_db_prep_save)
            for field in meta.concrete_fields
            if not field.generated
        ]
        columns = [sql.Identifier(str(field.column)) for field in meta.concrete_fields if not field.generated]
        statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
            sql.Identifier(meta.db_table), sql.SQL(", ").join(columns)
        )
        with connection.wrap_database_errors, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row([prepared(value(row), connection) for value, prepared in fields])
    for row in rows:
        row._state.adding, row._state.db = False, connection.alias
