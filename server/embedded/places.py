"""Where the embedded servers keep their data and their sockets."""

import hashlib
import os
import stat
import tempfile
from pathlib import Path

# sockaddr_un.sun_path holds 108 bytes with the closing zero on Linux, 104 on macOS.
SOCKET_PATH_LIMIT = 103
LONGEST_SOCKET_NAME = len("/postgres/.s.PGSQL.5432.lock")


class NoPlace(Exception):
    """No folder can be used for the sockets; the message says which were tried and why not."""


def run_folder(var: Path) -> Path:
    """The folder for sockets: ``var/run``, or a short one in the temp folder when that path is too long.

    The short folder's name is derived from ``var``, so every process of one
    checkout finds the same one; it must belong to us, or it is refused.
    """
    folder = var / "run"
    if len(os.fsencode(folder)) + LONGEST_SOCKET_NAME <= SOCKET_PATH_LIMIT:
        return folder
    return short_folder(var)


def short_folder(var: Path) -> Path:
    """The folder in the system's temp folder that stands for ``var``."""
    digest = hashlib.sha256(os.fsencode(var.resolve())).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"shop-{_user_id()}-{digest}"


def make_folder(folder: Path, mode: int = 0o700) -> Path:
    """Make ``folder`` with ``mode`` unless it is there; refuse one that somebody else owns."""
    try:
        folder.mkdir(parents=True, mode=mode)
    except FileExistsError:
        status = folder.lstat()
        if not stat.S_ISDIR(status.st_mode):
            raise NoPlace(f"{folder} is not a folder: move it away.") from None
        if hasattr(os, "getuid") and status.st_uid != os.getuid():
            raise NoPlace(f"{folder} belongs to user {status.st_uid}: remove it or set VAR_DIR.") from None
    except OSError as error:
        raise NoPlace(f"{folder} cannot be made ({error}): set VAR_DIR to a folder you may write.") from None
    return folder


def _user_id() -> int:
    return os.getuid() if hasattr(os, "getuid") else 0
