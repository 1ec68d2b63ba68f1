"""``among``: what ``in`` says, for as many values as there are.

The values go to the database as one array, where ``in`` makes a parameter of each: for a hundred thousand
of them that is seconds of text on both sides. Example: ``Line.objects.filter(pk__among=ids)``.
"""

from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Field, ForeignKey, Lookup
from django.db.models.sql.compiler import SQLCompiler


@ForeignKey.register_lookup
@Field.register_lookup
class Among(Lookup):  # type: ignore[type-arg]  # no generic class while it runs
    """``column = ANY (array)``; nothing is among no values, and the database is not asked."""

    lookup_name = "among"

    def get_prep_lookup(self) -> list[Any]:
        return list(self.rhs)

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, Any]:
        if not self.rhs:
            raise EmptyResultSet
        column, parameters = self.process_lhs(compiler, connection)
        return f"{column} = ANY (%s)", [*parameters, self.rhs]
