"""Artwork that was checked once is not made again: equal scenes for equal machines share their files.

What came of the first line is kept under the hash of everything it follows from. Two workers that want the
same wait for each other by an advisory lock of their database session, which ends with the worker.
"""

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.core.files.storage import default_storage
from django.db import OperationalError, connection
from psycopg.errors import LockNotAvailable

from configurator.engine.layout.scene import Scene
from configurator.engine.machines import Profile
from ledger.files import sha256_of
from ledger.jobs import NotNow
from production.models import CheckedArtwork

CHECKS = "2026-11-22.2"  # change it when files come out differently or more is compared
WAIT = timedelta(seconds=2)


def recipe_of(scene: Scene, profile: Profile, *, title: str) -> str:
    """The hash of everything that the files of a scene follow from; pictures take part by the scene's."""
    press = profile.icc.read_bytes() if profile.icc else b""
    machine = repr(replace(profile, icc=None)).encode()
    digest = hashlib.sha256()
    for part in (
        CHECKS.encode(),
        scene.surface.encode(),
        scene.hash.encode(),
        machine,
        press,
        title.encode(),
    ):
        digest.update(hashlib.sha256(part).digest())
    return digest.hexdigest()


@contextmanager
def alone(recipe: str) -> Iterator[None]:
    """One maker at a time, over all workers. Raises ``NotNow`` when another one takes long."""
    number = int.from_bytes(bytes.fromhex(recipe)[:8], "big", signed=True)
    with connection.cursor() as cursor:
        try:
            cursor.execute("SELECT pg_advisory_lock(%s)", [number])
        except OperationalError as problem:
            if not isinstance(problem.__cause__, LockNotAvailable):
                raise
            raise NotNow(WAIT, "The same artwork is being made for another line.") from problem
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [number])


def find(recipe: str) -> dict[str, Any] | None:
    """What was noted under a recipe, if all its files are still as they were read back."""
    found = CheckedArtwork.objects.filter(pk=recipe).first()
    if found is None:
        return None
    result: dict[str, Any] = found.result
    kept: Mapping[str, Mapping[str, str]] = result["kept"]
    whole = all(hash_of(each["path"]) == each["sha256"] for each in kept.values())
    streams = result["placeable"]
    return result if whole and (not streams or hash_of(path_of(streams, "placeable")) == streams) else None


def keep(recipe: str, *, scene: str, result: Mapping[str, Any], now: datetime) -> None:
    CheckedArtwork.objects.update_or_create(
        recipe=recipe, defaults={"scene": scene, "result": result, "made_at": now}
    )


def path_of(sha256: str, ending: str) -> str:
    """Where a file of the gate lies, below MEDIA_ROOT."""
    return f"artwork/{sha256[:2]}/{sha256}.{ending}"


def hash_of(path: str) -> str:
    """The SHA-256 of a kept file; empty where it is not there."""
    try:
        return sha256_of(Path(default_storage.path(path)))
    except OSError:
        return ""
