"""Inside the cage: what a process that opens strangers' files gives up, and how it answers.

Such a process is started by `cage.run` with the file as its standard input and a file without a name as its
standard output. Before it touches a byte it gives up memory, processor time, wall-clock time, new files, new
processes and the right to outlive the process that asked. All of it is enforced by the kernel, so it holds
whatever a decoder can be talked into.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import struct
import sys
from collections.abc import Mapping
from contextlib import suppress
from io import TextIOWrapper
from typing import Any

try:
    import resource
except ImportError:  # pragma: no cover - Windows has no such limits; the caps on pixels and points remain.
    resource = None  # type: ignore[assignment]

# Heap and stack: with the pages of the programs that it shares, the whole process stays under 300 MB.
MAX_DATA = 264_000_000  # bytes
MAX_ADDRESS_SPACE = 420_000_000  # bytes; the same with the libraries' mappings
MAX_CPU_SECONDS = 6
MAX_WALL_SECONDS = 12  # by its own alarm clock; the parent's comes first, if it lives
MAX_OUTPUT = 96_000_000  # bytes of the answer: more than the largest picture that is kept needs

_PR_SET_PDEATHSIG = 1  # prctl(2): the signal that a process gets when the one that started it dies
_PR_SET_NO_NEW_PRIVS = 38

_status: list[TextIOWrapper] = []  # /proc/self/status, opened while files still could be


def limit(parent: int | None = None) -> None:
    """Give up what decoding does not need; `parent` is the process that must still be there."""
    _live_no_longer_than(parent)
    with suppress(OSError):  # only Linux has it
        _status.append(open("/proc/self/status"))  # noqa: SIM115 - kept open: no file can be opened later
    if resource is None:
        return
    for kind, most in (
        ("RLIMIT_DATA", MAX_DATA),
        ("RLIMIT_AS", MAX_ADDRESS_SPACE),
        ("RLIMIT_CPU", MAX_CPU_SECONDS),
        ("RLIMIT_FSIZE", MAX_OUTPUT),
        ("RLIMIT_CORE", 0),
        ("RLIMIT_NPROC", 0),
        ("RLIMIT_NOFILE", 0),  # the streams are open; nothing else ever will be
    ):
        if hasattr(resource, kind):
            _lower(getattr(resource, kind), most)


def _lower(kind: int, most: int) -> None:
    _, hard = resource.getrlimit(kind)
    allowed = most if hard == resource.RLIM_INFINITY else min(most, hard)
    with suppress(ValueError):  # macOS knows some of these by name only
        resource.setrlimit(kind, (allowed, allowed))


def _live_no_longer_than(parent: int | None) -> None:
    """Die with the parent, whatever kills it, and by an own alarm clock where the system cannot do that."""
    if hasattr(signal, "setitimer"):
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_REAL, MAX_WALL_SECONDS)
    if sys.platform == "linux":
        libc = ctypes.CDLL(None)
        libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        if parent is not None:
            libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if parent is not None and os.getppid() != parent:  # it died before we could ask
        os._exit(1)


def peak_bytes() -> int | None:
    """The most memory that this process has had in pages of its own and shared ones; None off Linux."""
    if not _status:
        return None
    _status[0].seek(0)
    for line in _status[0]:
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return None


def answer(head: Mapping[str, Any]) -> None:
    """End what was written to standard output by a JSON head, with what this process used, and its length.

    At the end, so that a file can be written before it as it is made, and never held whole.
    """
    used = {"cpu": round(sum(os.times()[:2]), 3), "peak": peak_bytes()}
    encoded = json.dumps({**head, **used}).encode("ascii")
    sys.stdout.buffer.write(encoded + struct.pack(">I", len(encoded)))
    sys.stdout.buffer.flush()
