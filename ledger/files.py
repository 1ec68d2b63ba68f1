"""Files that are whole or not there: what the database points at must survive a crash as it was meant."""

import hashlib
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

MODE = 0o640  # the group reads (a web server in front), others do not


def write_whole(path: Path, data: bytes) -> None:
    """``data`` under ``path``: into a file beside it, to the disk, then renamed.

    Nobody ever reads half of it under that name, and once this returns, a row may point at it: the
    folder's entry is on the disk too. Several writers of the same content may race; one of them wins.
    """
    with _beside(path.parent) as beside:
        with beside.open("wb") as file:
            file.write(data)
            _to_disk(file)
        _rename(beside, path)


def write_under_hash(
    folder: Path, ending: str, write: Callable[[BinaryIO], None], check: Callable[[Path], None] | None = None
) -> tuple[Path, str]:
    """A file named by the SHA-256 of what ``write`` writes, below ``folder``; the file and that hash.

    It gets its name only once it is whole, on the disk, and has passed ``check``, which looks at it and
    raises; whatever goes wrong leaves nothing behind. Never more of it is in memory than ``write`` gives.
    """
    with _beside(folder) as beside:
        with beside.open("w+b") as file:
            write(file)
            _to_disk(file)
        sha256 = sha256_of(beside)
        if check is not None:
            check(beside)
        path = folder / sha256[:2] / f"{sha256}.{ending}"
        path.parent.mkdir(exist_ok=True)
        _rename(beside, path)
    return path, sha256


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, read in pieces. Raises ``OSError`` where it cannot be read."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def _beside(folder: Path) -> Iterator[Path]:
    """An empty file in the folder with a name of its own; gone when what is done with it fails."""
    folder.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=folder, prefix=".", suffix=".part")
    os.close(handle)
    try:
        yield Path(name)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _to_disk(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


def _rename(beside: Path, path: Path) -> None:
    beside.chmod(MODE)
    beside.replace(path)
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    entry = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(entry)
    finally:
        os.close(entry)
