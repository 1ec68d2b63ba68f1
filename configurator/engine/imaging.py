"""Pictures that strangers send: taken in by a child process that may not do much, or refused with advice.

The bytes are looked at here only as far as their first letters. Decoding, turning upright, bringing to
sRGB and
writing anew happen in `imaging_child`, a process with little memory, few seconds and no files; if it dies,
the
picture is refused and nothing else is harmed. What comes back is a PNG made from pixels alone: no
metadata, no
trailing bytes, no other format inside.
"""

from __future__ import annotations

import hashlib
import json
import os
import struct
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path as FilePath

from configurator.engine.imaging_child import REFUSALS

# Far above any photograph a phone makes; the web server has its own limit before this one.
MAX_BYTES = 40_000_000
# Wall clock; the child's processor time is limited too, see imaging_child.
MAX_SECONDS = 20

_PNG = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True, slots=True)
class Accepted:
    """A picture ready to be used: upright, sRGB, PNG. `sha256` (hexadecimal) is that of the PNG."""

    png: bytes
    width: int
    height: int
    sha256: str


class UploadRefused(Exception):
    """A picture that is not taken. `code` is stable; the message says what to do."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


def take_in(source: bytes | FilePath) -> Accepted:
    """Check and re-encode a JPEG, PNG or WebP; raises `UploadRefused`. The same bytes give the same PNG."""
    data = _read(source)
    if not data:
        raise UploadRefused("empty", "The file is empty. Choose it again, or export it anew.")
    if sniff(data) is None:
        raise UploadRefused(
            "format",
            "This is not a JPEG, PNG or WebP picture, whatever its name says. Export it as JPEG or PNG"
            " (from a drawing: as PNG, at least 2000 pixels wide) and upload that.",
        )
    return _child(data)


def sniff(data: bytes) -> str | None:
    """The format by the first bytes: the only thing that is believed about a file."""
    if data.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if data.startswith(_PNG):
        return "PNG"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    return None


def _read(source: bytes | FilePath) -> bytes:
    size = len(source) if isinstance(source, bytes) else source.stat().st_size
    if size > MAX_BYTES:
        raise UploadRefused(
            "too-large",
            f"The file has {size / 1e6:.0f} MB; up to {MAX_BYTES / 1e6:.0f} MB are taken. Save it as JPEG at"
            " quality 90, or make it smaller.",
        )
    return source if isinstance(source, bytes) else source.read_bytes()


def _child(data: bytes) -> Accepted:
    root = FilePath(__file__).resolve().parents[2]
    environment = {
        "PYTHONPATH": str(root),
        "PYTHONDONTWRITEBYTECODE": "1",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        **({"SYSTEMROOT": os.environ["SYSTEMROOT"]} if "SYSTEMROOT" in os.environ else {}),
    }
    try:
        done = subprocess.run(
            [sys.executable, "-B", "-m", "configurator.engine.imaging_child"],
            input=data,
            capture_output=True,
            timeout=MAX_SECONDS,
            env=environment,
            cwd=root,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise _refused("too-hard") from error
    if done.returncode != 0:
        # Killed by a limit (negative), or Python could not get the memory to say what it wanted.
        raise _refused("too-hard" if done.returncode < 0 else "broken")
    return _answer(done.stdout)


def _answer(out: bytes) -> Accepted:
    """What the child wrote: the length of a JSON head, the head, and the PNG."""
    if len(out) < 4:
        raise _refused("broken")
    (length,) = struct.unpack(">I", out[:4])
    head = json.loads(out[4 : 4 + length])
    if "refused" in head:
        raise UploadRefused(head["refused"], head["message"])
    png = out[4 + length :]
    if not png.startswith(_PNG):
        raise _refused("broken")
    return Accepted(png, head["width"], head["height"], hashlib.sha256(png).hexdigest())


def _refused(code: str) -> UploadRefused:
    return UploadRefused(code, REFUSALS[code])
