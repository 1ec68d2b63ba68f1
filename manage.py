#!/usr/bin/env python3
"""The one door: ``up`` sets everything up and runs it, ``test`` sets everything up and tests it.

Every other command is ordinary Django. Where no ``DATABASE_URL`` is set, the
embedded database is started for the time of such a command.
"""

import os
import subprocess
import sys

from server import bootstrap

# Tests run side by side, each process on a PostgreSQL of its own; one begins with a run of neighbours and
# takes over from the others at the end. What the command line says counts last: `-n 0` is one process.
SIDE_BY_SIDE = ("-n", "logical", "--maxprocesses", "4", "--dist", "worksteal")


def main() -> None:
    command = sys.argv[1] if len(sys.argv) > 1 else "help"
    if command in ("up", "test"):
        bootstrap.ensure(dev=command == "test")
    else:
        bootstrap.enter_if_there()
    if command == "test":
        raise SystemExit(subprocess.call([sys.executable, "-m", "pytest", *SIDE_BY_SIDE, *sys.argv[2:]]))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "server.settings")
    raise SystemExit(run(command))


def run(command: str) -> int:
    """Run one Django command, with a database at hand if it may need one.

    Imports stand here because nothing of them exists before the bootstrap.
    """
    try:
        from django.core.management import execute_from_command_line  # noqa: PLC0415

        from server.embedded import borrow  # noqa: PLC0415
    except ImportError as error:
        sys.stderr.write(f"{error}: run `python3 manage.py up` once (it installs what is needed).\n")
        return 1
    with borrow.database_for(command):
        execute_from_command_line(sys.argv)
    return 0


if __name__ == "__main__":
    main()
