"""Runs a module of ours in a process that may do very little, over a file that a stranger sent.

The child reads the file as its standard input and answers into a file without a name, of limited size, so
neither a pipe nor this process can be flooded. It is alone in its process group, which is killed as a whole
when its time is over; it dies with this process (`caged`). What it answers is not trusted beyond its form.
"""

from __future__ import annotations

import json
import os
import signal
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

MAX_SECONDS = 10.0  # by the clock on the wall; processor time is limited by the child itself
MAX_HEAD = 1_000_000  # bytes

_ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a caged process said: facts, and a file's bytes (or none)."""

    head: dict[str, Any]
    body: bytes


class Killed(Exception):
    """The child went over a limit and was killed, by the kernel or by the clock."""


class Failed(Exception):
    """The child ended without an answer of the agreed form."""


def run(
    module: str, file: IO[bytes], *, seconds: float = MAX_SECONDS, keep_open: Sequence[int] = ()
) -> Answer:
    """`python -m module` over `file` (from its first byte on). Raises `Killed` or `Failed`.

    `keep_open` are descriptors that stay open for as long as the child lives, even if this process dies:
    the lock of its turn.
    """
    os.lseek(file.fileno(), 0, os.SEEK_SET)
    with unnamed_file() as out:
        child = subprocess.Popen(
            [sys.executable, "-B", "-I", "-c", _START, str(_ROOT), module, str(os.getpid())],
            stdin=file.fileno(),
            stdout=out,
            stderr=subprocess.DEVNULL,
            env=_environment(),
            cwd="/",
            start_new_session=True,
            pass_fds=tuple(keep_open),
        )
        try:
            in_time = _ended(child, seconds)
        finally:
            code = _end(child)
        if not in_time:
            raise Killed(f"{module} had no answer after {seconds:g} s")
        if code < 0:
            raise Killed(f"{module} was ended by {signal.Signals(-code).name}")
        if code > 0:
            raise Failed(f"{module} ended with {code}")
        return _read(out, module)


def unnamed_file() -> IO[bytes]:
    """A file that nobody else can find and that is gone when nobody has it open, whatever happens."""
    return tempfile.TemporaryFile()


# Isolated mode (-I) looks at no variable and no folder of anybody's; the path to us is an argument instead.
_START = (
    "import runpy, sys; sys.path.insert(0, sys.argv[1]);"
    " sys.argv[1:] = sys.argv[2:]; runpy.run_module(sys.argv[1], run_name='__main__')"
)


def _environment() -> dict[str, str]:
    """Nothing of ours: no keys, no addresses."""
    kept = {name: os.environ[name] for name in ("SYSTEMROOT", "LD_LIBRARY_PATH") if name in os.environ}
    return {**kept, "LC_ALL": "C.UTF-8", "OMP_NUM_THREADS": "1"}


def _ended(child: subprocess.Popen[bytes], seconds: float) -> bool:
    """Whether the child ends within this time. It is not taken leave of: its number stays its own, so that
    its group, and no other's, can be killed."""
    until, pause = time.monotonic() + seconds, 0.001
    while os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
        if time.monotonic() > until:
            return False
        time.sleep(pause)
        pause = min(2 * pause, 0.02)
    return True


def _end(child: subprocess.Popen[bytes]) -> int:
    """Kill whatever is left of the child's process group, and take leave of it; its exit code."""
    with suppress(ProcessLookupError, PermissionError):  # all gone (macOS says the latter)
        os.killpg(child.pid, signal.SIGKILL)
    return child.wait()


def _read(out: IO[bytes], module: str) -> Answer:
    """A file's bytes, the head, and the length of the head in 4 bytes."""
    size = out.seek(0, os.SEEK_END)
    out.seek(max(0, size - 4))
    suffix = out.read(4)
    length = struct.unpack(">I", suffix)[0] if len(suffix) == 4 else MAX_HEAD + 1
    if length > min(MAX_HEAD, size - 4):
        raise Failed(f"{module} gave no answer")
    out.seek(size - 4 - length)
    try:
        head = json.loads(out.read(length))
    except ValueError as error:
        raise Failed(f"{module} gave no answer that can be read") from error
    if not isinstance(head, dict):
        raise Failed(f"{module} gave no answer that can be read")
    out.seek(0)
    return Answer(head, out.read(size - 4 - length))
