"""Files as strangers sent them: kept apart, for people who run the shop, and for a while.

They lie outside of everything that is served, under the hash of their bytes, readable by the account that
runs the shop alone. No address leads to them and no process of the web opens them: the child that looks at a
picture gets a descriptor, and what is printed is what that child wrote anew. ``manage.py tidy`` takes them
away after its days; what was refused is not kept at all.
"""

import hashlib
import os
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from configurator.engine.imaging import FileTooLarge

LITTER_SECONDS = 24 * 3600.0  # a half-written file older than this belongs to nobody


@dataclass
class Original:
    """What was sent: a descriptor of it, and its hash. It stays only when it is to be kept."""

    file: IO[bytes]
    sha256: str
    kept: bool = field(default=False, init=False)

    def keep(self) -> None:
        self.kept = True


@contextmanager
def held(chunks: Iterable[bytes], *, folder: Path, most: int) -> Iterator[Original]:
    """Write what comes into quarantine, and take it out again unless it was decided to ``keep`` it.

    Raises ``FileTooLarge`` as soon as more than ``most`` bytes have come.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, name = tempfile.mkstemp(dir=folder, suffix=".part")
    beside = Path(name)
    try:
        with os.fdopen(handle, "w+b") as file:
            original = Original(file, _written(chunks, file, most))
            yield original
        if original.kept:
            place = path_of(original.sha256, folder=folder)
            place.parent.mkdir(exist_ok=True, mode=0o700)
            beside.replace(place)
    finally:
        beside.unlink(missing_ok=True)


def _written(chunks: Iterable[bytes], file: IO[bytes], most: int) -> str:
    size, digest = 0, hashlib.sha256()
    for chunk in chunks:
        size += len(chunk)
        if size > most:
            raise FileTooLarge(most)
        digest.update(chunk)
        file.write(chunk)
    file.flush()
    os.fsync(file.fileno())
    return digest.hexdigest()


def path_of(sha256: str, *, folder: Path) -> Path:
    """Where the file of this hash lies, if it still does."""
    return folder / sha256[:2] / f"{sha256}.original"


def old(*, folder: Path, before: float) -> Iterator[Path]:
    """Files that were last sent before that time (seconds since the epoch), and what a crash left."""
    litter = time.time() - LITTER_SECONDS
    for pattern, limit in (("??/*.original", before), ("*.part", litter)):
        for path in sorted(folder.glob(pattern)):
            try:
                if path.stat().st_mtime < limit:
                    yield path
            except FileNotFoundError:  # another tidying was faster
                continue
