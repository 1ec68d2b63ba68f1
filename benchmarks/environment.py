"""An environment of its own for other people's programs, and such programs as processes.

Peers and readers are installed from a lock (versions and hashes) into `VAR_DIR/bench/`, apart from the
product: their licences and versions are theirs.
"""

import hashlib
import json
import os
import select
import shutil
import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from server import env

WIRE = Path(__file__).parent / "wire"


class NoPeers(Exception):
    """The peers' environment could not be made."""


class PeerFailed(Exception):
    """A peer that could not answer: its own words, or the time it was given."""


@dataclass(frozen=True)
class Environment:
    """What is in `lock`, installed into a folder that has `name` in its own."""

    name: str
    lock: Path

    @property
    def folder(self) -> Path:
        made_from = hashlib.sha256(sys.version.encode() + self.lock.read_bytes()).hexdigest()[:12]
        return env.VAR_DIR / "bench" / f"{self.name}-{made_from}"

    @property
    def python(self) -> Path:
        return self.folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")

    def installed(self) -> bool:
        return (self.folder / "complete").exists()

    def install(self) -> None:
        """Make the environment unless it is there; raises `NoPeers`."""
        if self.installed():
            return
        sys.stderr.write(f"installing the {self.name} into {self.folder} (once)\n")
        shutil.rmtree(self.folder, ignore_errors=True)
        venv.create(self.folder, with_pip=False, symlinks=os.name != "nt")
        # What is needed is all in the lock; flamapy-sat asks for an older python-sat than the lock has.
        arguments = ["--no-deps", "--require-hashes", "-r", str(self.lock)]
        for installer in self._installers():
            done = subprocess.run([*installer, *arguments], capture_output=True, text=True, check=False)
            if done.returncode == 0:
                (self.folder / "complete").touch()
                return
        raise NoPeers(f"the {self.name} could not be installed: {done.stderr.strip()[-500:]}")

    def _installers(self) -> list[list[str]]:
        """Commands that install into the environment: uv where it is, then pip (22.3 or newer)."""
        beside = Path(sys.executable).with_name("uv.exe" if os.name == "nt" else "uv")
        uv = str(beside) if beside.exists() else shutil.which("uv")
        outer = getattr(sys, "_base_executable", sys.executable) or sys.executable
        pips: list[list[str]] = [[outer, "-m", "pip"], [sys.executable, "-m", "pip"]]
        target = ["--python", str(self.python)]
        by_uv = [[uv, "pip", "install", "-q", *target]] if uv else []
        return by_uv + [[*pip, *target, "install", "-q"] for pip in pips]


def versions(lock: Path) -> dict[str, str]:
    """The packages of a lock."""
    pinned = [line.split(" ")[0] for line in lock.read_text(encoding="utf-8").splitlines()]
    return dict(each.split("==", 1) for each in pinned if "==" in each)


@dataclass(frozen=True)
class Reply:
    """`cpu` in seconds of the peer's process."""

    cpu: float
    value: Any


class Peer:
    """A process of the program `script`; ask it in the order of its questions. Use it in a `with`."""

    def __init__(self, script: Path, *, interpreter: Path) -> None:
        self.name = script.stem
        self._process = subprocess.Popen(
            [str(interpreter), str(script)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={
                **{key: value for key, value in os.environ.items() if not key.startswith("PYTHON")},
                "PYTHONPATH": str(WIRE),
            },
        )
        self._rest = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    def ask(self, question: str, *, seconds: float = 60.0, **arguments: Any) -> Reply:
        """The answer with its processor time; raises `PeerFailed`."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps({"ask": question, **arguments}).encode() + b"\n")
            self._process.stdin.flush()
        except OSError:
            raise PeerFailed(f"{self.name} has ended") from None
        answer = json.loads(self._line(seconds))
        if "error" in answer:
            raise PeerFailed(f"{self.name}: {answer['error']}")
        return Reply(answer["cpu"], answer["value"])

    def _line(self, seconds: float) -> bytes:
        assert self._process.stdout is not None
        handle = self._process.stdout.fileno()
        pieces = [self._rest]
        while b"\n" not in pieces[-1]:
            if not select.select([handle], [], [], seconds)[0]:
                self.close()
                raise PeerFailed(f"{self.name} did not answer within {seconds:.0f} s")
            piece = os.read(handle, 1 << 20)
            if not piece:
                raise PeerFailed(f"{self.name} has ended")
            pieces.append(piece)
        line, _, self._rest = b"".join(pieces).partition(b"\n")
        return line
