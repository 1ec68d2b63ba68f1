"""A database for one command: starts the embedded cluster around it when nothing else is there."""

import contextlib
import os
import sys
from collections.abc import Iterator

from server import env
from server.embedded import postgres

DATABASE = "shop"

# Commands that bring their own database, or need none.
WITHOUT = frozenset(
    {
        "up",
        "doctor",
        "help",
        "version",
        "--help",
        "--version",
        "-h",
        "test",
        "startapp",
        "collectstatic",
        "spectacular",
    }
)


@contextlib.contextmanager
def database_for(command: str) -> Iterator[None]:
    """The embedded database runs inside, unless ``DATABASE_URL`` names another or the command needs none."""
    if command in WITHOUT or env.text("DATABASE_URL") or os.environ.get("NO_BOOTSTRAP") == "1":
        yield
        return
    try:
        with postgres.borrowed(postgres.in_var(env.VAR_DIR), DATABASE):
            yield
    except postgres.NoDatabase as problem:
        sys.stderr.write(f"{problem}\n")
        raise SystemExit(1) from None
