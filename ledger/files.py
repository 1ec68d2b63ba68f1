"""Files that are whole or not there: what the database points at must survive a crash as it was meant."""

import hashlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

MODE = 0o640  # the group reads (a web server in front), others do not


def write_whole(path: Path, data: bytes) -> None:
    """``data`` under ``path``: into a file beside it, to the disk, then renamed.

    Nobody ever reads half of it under that name, and once this returns, a row may point at it: the
    folder's entry is on the disk too. Several writers of the same content may race; one of them wins.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
    beside = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        beside.chmod(MODE)
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def write_under_hash(
    folder: Path, ending: str, write: Callable[[BinaryIO], None], check: Callable[[Path], None] | None = None
) -> tuple[Path, str]:
    """A file named by the SHA-256 of what ``write`` writes, below ``folder``; the file and that hash.

    It gets its name only once it is whole, on the disk, and has passed ``check``, which looks at it and
    raises; whatever goes wrong leaves nothing behind. Never more of it is in memory than ``write`` gives.
    """
    folder.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=folder, prefix=".", suffix=".part")
    beside = Path(name)
    try:
        with os.fdopen(handle, "w+b") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
            file.seek(0)
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        if check is not None:
            check(beside)
        path = folder / sha256[:2] / f"{sha256}.{ending}"
        path.parent.mkdir(exist_ok=True)
        beside.chmod(MODE)
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)
    return path, sha256


def _sync_folder(folder: Path) -> None:
    entry = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(entry)
    finally:
        os.close(entry)
