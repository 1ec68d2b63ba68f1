"""Files that are whole or not there: what the database points at must survive a crash as it was meant."""

import os
import tempfile
from pathlib import Path

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


def _sync_folder(folder: Path) -> None:
    entry = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(entry)
    finally:
        os.close(entry)
