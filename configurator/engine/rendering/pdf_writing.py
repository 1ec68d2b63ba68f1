"""A PDF written object by object, so that a sheet of hundreds of artworks needs memory for one of them.

Only what the files of this product use: indirect objects, streams that come compressed, a cross-reference
table. Bodies of objects are given as PDF text.
"""

from __future__ import annotations

import hashlib
from typing import Protocol

HEADER = b"%PDF-1.6\n%\xe2\xe3\xcf\xd3\n"


class Target(Protocol):
    """Where bytes go: a file, a pipe, a buffer."""

    def write(self, data: bytes, /) -> object: ...


class PdfWriter:
    """Writes objects in the order they are given; `reserve` numbers one that is written later."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._at = 0
        self._places: list[int] = []
        self._write(HEADER)

    def reserve(self) -> int:
        self._places.append(0)
        return len(self._places)

    def add(self, body: str, number: int | None = None) -> int:
        """An object; its number, to refer to it."""
        return self._object(body.encode("ascii"), number)

    def stream(self, entries: str, data: bytes, *, compressed: bool = True) -> int:
        """A stream; `compressed`: the data is Flate data already."""
        filters = " /Filter /FlateDecode" if compressed else ""
        head = f"<< {entries}{filters} /Length {len(data)} >>\nstream\n".encode("ascii")
        return self._object(head, None, data, b"\nendstream")

    def finish(self, *, root: int, info: int, identity: str) -> None:
        """The table of objects and the trailer. The file's identifier is made from `identity`."""
        start, count = self._at, len(self._places) + 1
        rows = "".join(f"{place:010d} 00000 n \n" for place in self._places)
        name = hashlib.sha256(identity.encode("utf-8")).hexdigest()[:32]
        self._write(
            f"xref\n0 {count}\n0000000000 65535 f \n{rows}trailer\n<< /Size {count} /Root {root} 0 R"
            f" /Info {info} 0 R /ID [<{name}> <{name}>] >>\nstartxref\n{start}\n%%EOF\n".encode("ascii")
        )

    def _object(self, head: bytes, number: int | None, *more: bytes) -> int:
        number = number or self.reserve()
        self._places[number - 1] = self._at
        self._write(f"{number} 0 obj\n".encode("ascii"))
        for part in (head, *more, b"\nendobj\n"):
            self._write(part)
        return number

    def _write(self, data: bytes) -> None:
        self._target.write(data)
        self._at += len(data)


def text(words: str) -> str:
    """A text string, any script."""
    coded = b"\xfe\xff" + words.encode("utf-16-be")
    return f"<{coded.hex()}>"


def name(words: str) -> str:
    """A name; what is not a plain letter or digit is written as its number."""
    plain = "".join(
        chr(byte) if chr(byte).isascii() and (chr(byte).isalnum() or byte in b"._-+") else f"#{byte:02X}"
        for byte in words.encode("utf-8")
    )
    return f"/{plain}"
