"""Pictures that strangers send: taken in by a child process that may not do much, or refused with advice.

The bytes are looked at here only as far as their first letters. Decoding, turning upright, bringing to sRGB
and writing anew happen in `imaging_child` (drawings: `svg_child`), a process with little memory, few seconds
and no files; if it dies, the picture is refused and nothing else is harmed. What comes back is made of pixels
or of points alone: no metadata, no trailing bytes, no other format inside.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import IO, Literal

from configurator.engine import cage
from configurator.engine.drawing import read_drawing
from configurator.engine.imaging_child import REFUSALS
from configurator.engine.svg_paths import looks_like_svg

# Above any photograph a phone makes. Whoever receives files over the network stops reading there too.
MAX_BYTES = 20 * 1024 * 1024
# What a picture is written as, and what it came as.
Kind = Literal["picture", "vector"]

FIRST_BYTES = 4096  # what a format is told by

_PNG = b"\x89PNG\r\n\x1a\n"
_DRAWING = "configurator.engine.svg_child"
CHILDREN = {"SVG": _DRAWING} | dict.fromkeys(("JPEG", "PNG", "WEBP"), "configurator.engine.imaging_child")

EXPORT = "Export it as JPEG or PNG (from a drawing program: as plain SVG) and upload that."
IS_EMPTY = "The file is empty. Choose it again, or export it anew."
NO_PICTURE = "This is not a JPEG, PNG, WebP or SVG picture, whatever its name says. "
# First bytes of what people try most, and what it is called. Only for the advice: none of it is opened.
_OTHERS: tuple[tuple[int, bytes, str], ...] = (
    (0, b"GIF8", "a GIF picture"),
    (0, b"BM", "a BMP picture"),
    (0, b"II*\0", "a TIFF picture"),
    (0, b"MM\0*", "a TIFF picture"),
    (0, b"8BPS", "a Photoshop file"),
    (0, b"%PDF", "a PDF file"),
    (0, b"%!PS", "a PostScript file"),
    (0, b"PK\x03\x04", "a ZIP file"),
    (0, b"\0\0\0\x0cJXL ", "a JPEG XL picture"),
    (0, b"\0\0\0\x0cjP  ", "a JPEG 2000 picture"),
    (4, b"ftypavif", "an AVIF picture"),
    (4, b"ftypavis", "an AVIF picture"),
    (4, b"ftyphei", "a HEIC picture, as phones of Apple make them"),
    (4, b"ftypmif1", "a HEIC picture, as phones of Apple make them"),
    (4, b"ftyp", "a film"),
)


@dataclass(frozen=True, slots=True)
class Accepted:
    """A picture ready to be used: upright, sRGB, PNG; or a drawing as outlines (kind `vector`, the canonical
    JSON of `drawing.Drawing`, with its frame's width and height).

    `sha256` (hexadecimal) is that of the content. `notes` are sentences for whoever sent it:
    what came out other than it went in.
    """

    content: bytes
    width: int
    height: int
    sha256: str
    kind: Kind = "picture"
    notes: tuple[str, ...] = ()


class UploadRefused(Exception):
    """A picture that is not taken. `code` is stable; the message says what to do."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


class FileTooLarge(UploadRefused):
    """More bytes than are taken."""

    def __init__(self, most: int = MAX_BYTES) -> None:
        super().__init__(
            "too-large",
            f"The file is larger than {most // 2**20} MB, which is the most that is taken. Save it as JPEG"
            " at quality 90, or make it smaller, and upload that.",
        )


def take_in(source: bytes | FilePath | IO[bytes], *, keep_open: Sequence[int] = ()) -> Accepted:
    """Check and re-encode a JPEG, PNG, WebP or SVG; raises `UploadRefused`. The same bytes give the same.

    A file has to be a real one (with a descriptor), all written: the child reads it, this process only its
    first bytes.
    `keep_open`: descriptors that the child holds open for as long as it lives.
    """
    if isinstance(source, FilePath):
        with source.open("rb") as file:
            return take_in(file, keep_open=keep_open)
    if isinstance(source, bytes):
        with _spooled(source) as file:
            return take_in(file, keep_open=keep_open)
    # Asked of the system, past any buffer: where the child starts to read is shared with this process.
    size = os.fstat(source.fileno()).st_size
    if size > MAX_BYTES:
        raise FileTooLarge
    if not size:
        raise UploadRefused("empty", IS_EMPTY)
    first = os.pread(source.fileno(), FIRST_BYTES, 0)
    form = sniff(first)
    if form is None:
        raise UploadRefused("format", _other(first))
    answer = _asked(CHILDREN[form], source, keep_open)
    return _drawing(answer) if form == "SVG" else _picture(answer)


def sniff(data: bytes) -> str | None:
    """The format by the first bytes: the only thing that is believed about a file."""
    if data.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if data.startswith(_PNG):
        return "PNG"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    return "SVG" if looks_like_svg(data) else None


def _other(first: bytes) -> str:
    name = next((name for at, letters, name in _OTHERS if first[at:].startswith(letters)), "")
    return (f"This is {name}, which is not taken. " if name else NO_PICTURE) + EXPORT


def _spooled(data: bytes) -> IO[bytes]:
    if len(data) > MAX_BYTES:
        raise FileTooLarge
    file = cage.unnamed_file()
    file.write(data)
    file.flush()
    return file


def _asked(child: str, file: IO[bytes], keep_open: Sequence[int]) -> cage.Answer:
    try:
        answer = cage.run(child, file, keep_open=keep_open)
    except cage.Killed as error:
        raise _refused("too-hard") from error
    except cage.Failed as error:
        raise _refused("broken") from error
    if "refused" in answer.head:
        raise UploadRefused(str(answer.head["refused"]), str(answer.head.get("message", "")))
    return answer


def _picture(answer: cage.Answer) -> Accepted:
    head, png = answer.head, answer.body
    if not png.startswith(_PNG) or not all(isinstance(head.get(side), int) for side in ("width", "height")):
        raise _refused("broken")
    return Accepted(png, head["width"], head["height"], hashlib.sha256(png).hexdigest(), notes=_notes(answer))


def _drawing(answer: cage.Answer) -> Accepted:
    """Read and written once more, so that what is stored is what this process understands."""
    try:
        drawing = read_drawing(answer.body)
    except (ValueError, KeyError, TypeError) as error:
        raise _refused("broken") from error
    content = drawing.canonical()
    name = hashlib.sha256(content).hexdigest()
    return Accepted(content, drawing.width, drawing.height, name, "vector", _notes(answer))


def _notes(answer: cage.Answer) -> tuple[str, ...]:
    return tuple(str(note) for note in answer.head.get("notes", ()))


def _refused(code: str) -> UploadRefused:
    return UploadRefused(code, REFUSALS[code])
