"""Starting a server that dies with us, and looking at the one that a former start left behind."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

PR_SET_PDEATHSIG = 1


def die_with_parent(signal_number: int) -> Callable[[], None] | None:
    """A ``preexec_fn``: on Linux the kernel sends ``signal_number`` when the starting process dies.

    Survives exec, unless the program changes its user: ``setpriv --pdeathsig`` sets it again there.
    """
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None, use_errno=True)
    parent = os.getpid()

    def prepare() -> None:
        libc.prctl(PR_SET_PDEATHSIG, signal_number)
        if os.getppid() != parent:  # the parent died between fork and here
            os._exit(1)

    return prepare


def start(
    command: Sequence[str],
    *,
    log: Path,
    env: Mapping[str, str] | None = None,
    last_signal: int | None = None,
    folder: Path | None = None,
) -> subprocess.Popen[bytes]:
    """Start ``command`` in a session of its own (so Ctrl-C reaches only us), its output added to ``log``.

    With ``last_signal`` it gets that signal when this process is killed.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        return subprocess.Popen(
            list(command),
            stdin=subprocess.DEVNULL,
            cwd=folder,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=dict(env) if env is not None else None,
            start_new_session=True,
            preexec_fn=die_with_parent(last_signal) if last_signal is not None else None,
        )


def stop(process: subprocess.Popen[bytes], *, signal_number: int, patience: float) -> None:
    """Ask the process to stop; kill its whole group when it has not after ``patience`` seconds."""
    if process.poll() is not None:
        return
    process.send_signal(signal_number)
    try:
        process.wait(patience)
    except subprocess.TimeoutExpired:
        kill_group(process.pid)
        process.wait(5)


def kill_group(pid: int) -> None:
    """Kill the process group led by ``pid``, if it still exists."""
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def is_alive(pid: int) -> bool:
    """Whether a process with this id exists (it may belong to somebody else)."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def birth_of(pid: int) -> str:
    """What tells this process from a later one with the same id: when it began. Empty when there is none.

    On Linux in clock ticks since the machine's start, elsewhere to the second.
    """
    if sys.platform.startswith("linux"):
        try:
            status = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        except OSError:
            return ""
        return status.rpartition(")")[2].split()[19]  # field 22; the name before may hold spaces and brackets
    command = ["ps", "-o", "lstart=", "-p", str(pid)]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


def wait_until(ready: Callable[[], bool], *, seconds: float, pause: float = 0.05) -> bool:
    """Ask ``ready`` until it says yes or the time is over."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if ready():
            return True
        time.sleep(pause)
    return ready()


def tail(log: Path, lines: int = 15) -> str:
    """The last lines of a log file, for a message that has to explain a failed start."""
    try:
        text = log.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return "(no log)"
    return "\n".join(text.splitlines()[-lines:])
