"""A PostgreSQL for one test run or one measurement: made in a moment, thrown away afterwards."""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from server import env
from server.embedded import account, places, postgres, process

TEMPLATE = "postgres-template"


@contextlib.contextmanager
def cluster(var: Path) -> Iterator[postgres.Cluster]:
    """A running cluster of its own for this process; durable against nothing, so never for real data.

    initdb takes seconds, copying its result does not: the template is kept below ``var``.
    """
    template = postgres.in_var(var, TEMPLATE, options=postgres.DISPOSABLE)
    if not (template.data / "PG_VERSION").exists():
        with _lock(var):
            postgres.create(template)
    home = Path(tempfile.mkdtemp(prefix=f"shop-test-{os.getpid()}-"))
    mine = postgres.Cluster(
        data=home / "data",
        run=home / "run",
        log=home / "postgres.log",
        options=postgres.DISPOSABLE,
    )
    _sweep(home.parent)
    try:
        home.chmod(0o711)
        shutil.copytree(template.data, mine.data)
        account.hand_over(mine.data)
        server = postgres.start(mine)
        try:
            yield mine
        finally:
            postgres.stop(server)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _sweep(folder: Path) -> None:
    """Remove what killed test runs of ours left behind."""
    for old in folder.glob("shop-test-*-*"):
        pid = old.name.split("-")[2]
        if pid.isdigit() and not process.is_alive(int(pid)) and old.stat().st_uid == os.geteuid():
            shutil.rmtree(old, ignore_errors=True)


@contextlib.contextmanager
def _lock(var: Path) -> Iterator[None]:
    """One process makes the template; the others wait for it."""
    places.make_folder(var, mode=0o755)
    with (var / "template.lock").open("w") as handle:
        env.lock_file(handle.fileno())
        yield
