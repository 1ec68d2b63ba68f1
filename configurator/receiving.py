"""How files come in over HTTP: counted while they stream, and no longer read than they may be.

Every file of a form goes through ``Receiver`` (``FILE_UPLOAD_HANDLERS``), for pages and API alike. It writes
to files without a name, so that a killed process leaves nothing on the disk. A file that is too large stops
the reading of the whole form where it is: what stood before it is known, and ``oversized`` names its field.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Mapping
from typing import IO, Any

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, StopUpload
from django.http import HttpRequest

from configurator.engine.imaging import MAX_BYTES

IN_MEMORY = 256 * 1024  # bytes; larger files go to the disk
AROUND_IT = 256 * 1024  # bytes of a form besides its files
FILES_A_FORM = 3  # full-sized ones: a form without script may hold several pictures
MOST_A_FORM = FILES_A_FORM * MAX_BYTES + AROUND_IT
# Of a form that was refused so much is still read and thrown away, so that a browser, which sends all of it
# before it listens, gets to see the answer. Whoever sends more than that finds the connection closed.
DRAINED = 40 * 1024 * 1024
DRAINED_SECONDS = 5.0
PIECE = 64 * 1024

_MARK = "_oversized_field"


class LengthMissing(Exception):
    """A body that does not say how long it is (chunked): it is not read."""

    def __init__(self) -> None:
        super().__init__("Send the body with a Content-Length: bodies in chunks are not read here.")


def oversized(request: HttpRequest) -> str | None:
    """The field of the file for which the reading of this form was stopped; None when all was read."""
    request.FILES  # noqa: B018 - which reads the form, if nobody has yet
    return getattr(request, _MARK, None)


class Receiver(FileUploadHandler):
    """Takes the files of one form; see above."""

    def __init__(self, request: HttpRequest | None = None) -> None:
        super().__init__(request)
        self.body: IO[bytes] | None = None
        self.announced = self.received = self.size = 0
        self.spool: tempfile.SpooledTemporaryFile[bytes] | None = None

    def handle_raw_input(
        self,
        input_data: IO[bytes],
        META: Mapping[str, Any],
        content_length: int,
        boundary: str,
        encoding: str | None = None,
    ) -> None:
        self.body, self.announced = input_data, content_length

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self.size = 0
        if self.announced > MOST_A_FORM:
            self._stop()
        self.spool = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - handed on

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self.size += len(raw_data)
        self.received += len(raw_data)
        if self.size > MAX_BYTES or self.received > MOST_A_FORM:
            self._stop()
        if self.spool is not None:
            self.spool.write(raw_data)

    def file_complete(self, file_size: int) -> UploadedFile[Any] | None:
        if self.spool is None:
            return None
        file, self.spool = self.spool, None
        file.seek(0)
        return UploadedFile(
            file=file,
            name=self.file_name,
            content_type=self.content_type,
            size=file_size,
            charset=self.charset,
            content_type_extra=self.content_type_extra,
        )

    def upload_interrupted(self) -> None:
        if self.spool is not None:
            self.spool.close()
            self.spool = None

    def _stop(self) -> None:
        setattr(self.request, _MARK, self.field_name or "")
        self.upload_interrupted()
        left, until = DRAINED, time.monotonic() + DRAINED_SECONDS
        while self.body is not None and left > 0 and time.monotonic() < until:
            piece = self.body.read(PIECE)
            if not piece:
                break
            left -= len(piece)
        raise StopUpload(connection_reset=True)
