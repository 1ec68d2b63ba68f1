"""As whom PostgreSQL runs: it refuses to be root.

As an ordinary user it runs as that user. As root we run it inside a user
namespace where we are user 1000 (``unshare``; the files stay ours, and it works
below a folder nobody else may enter), or as nobody (``setpriv``) where
namespaces are refused. The wheel's own ``get_server`` would add a system user
and open every parent folder to all, so it is never called.
"""

import os
import shutil
import signal
import subprocess
from functools import cache
from pathlib import Path

NOBODY = 65534


class NoWayToRun(Exception):
    """We are root, and there is no way here to run a program as somebody else."""


@cache
def prefix(last_signal: signal.Signals | None = None) -> tuple[str, ...]:
    """What stands before a PostgreSQL command.

    ``last_signal`` is what the server gets when we die: changing the user
    forgets what was asked of the kernel before, so setpriv has to ask again.
    """
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return ()
    unshare, setpriv = shutil.which("unshare"), shutil.which("setpriv")
    candidates: list[tuple[str, ...]] = []
    if unshare:
        candidates.append((unshare, "-U", "--map-user=1000", "--map-group=1000"))
    if setpriv:
        dying = ("--pdeathsig", last_signal.name.removeprefix("SIG")) if last_signal else ()
        candidates.append((setpriv, f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", *dying))
    for candidate in candidates:
        if subprocess.run([*candidate, "true"], capture_output=True, check=False).returncode == 0:
            return candidate
    raise NoWayToRun("PostgreSQL does not run as root, and neither `unshare -U` nor `setpriv` works here")


def is_nobody() -> bool:
    """Whether the server will be user nobody, who may not enter our private folders."""
    return any(part.startswith("--reuid") for part in prefix())


def can_reach(folder: Path) -> bool:
    """Whether the server may enter ``folder`` (parents that do not exist yet will be ours and open)."""
    if not is_nobody():
        return True
    there = [path for path in (folder, *folder.parents) if path.exists()]
    return all(path.stat().st_mode & 0o001 or path.stat().st_uid == NOBODY for path in there)


def hand_over(folder: Path) -> None:
    """Give the folder and everything in it to the server's user, where that is not us."""
    if is_nobody():
        for path in (folder, *folder.rglob("*")):
            os.chown(path, NOBODY, NOBODY, follow_symlinks=False)
