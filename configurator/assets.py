"""Pictures that shoppers hand in: checked and re-encoded in a process of their own, stored by their hash.

What they sent lies in quarantine (``configurator.quarantine``) and is opened by nobody but that process.
"""

from __future__ import annotations

from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.db import connection, transaction

from configurator import quarantine
from configurator.engine.fonts import FontLibrary
from configurator.engine.imaging import MAX_BYTES, Accepted, FileTooLarge, UploadRefused
from configurator.engine.imaging import take_in as decode
from configurator.engine.measuring import FontMeasurer
from configurator.engine.recent import Recent
from configurator.engine.turns import Busy, Turns
from configurator.models import Asset, Upload
from ledger.files import write_whole

PATIENCE = 4.0  # seconds that a request waits for its turn
_pixels: Recent[str, tuple[int, int] | None] = Recent(1024)  # a picture never changes under its hash

__all__ = [
    "MAX_BYTES",
    "FileTooLarge",
    "ShopMeasurer",
    "UploadRefused",
    "UploadsBusy",
    "alone_with",
    "measurer",
    "take_in",
]


class UploadsBusy(Exception):
    """As many pictures are being opened, and wait to be, as this machine can bear. Ask again soon."""


def take_in(
    *, upload: UploadedFile[Any] | bytes, owner: User | None, session_key: str, now: datetime
) -> Asset:
    """Store a picture or drawing for this shopper; the same again is the same asset.

    Its name and everything it carried besides pixels (or outlines) are dropped; ``notes`` of the answer say
    what the shopper should know of it. Raises ``UploadRefused`` and ``UploadsBusy``.
    """
    chunks = [upload] if isinstance(upload, bytes) else upload.chunks()
    with quarantine.held(chunks, folder=settings.QUARANTINE, most=MAX_BYTES) as original:
        try:
            with _turns().turn() as lock:
                accepted = decode(original.file, keep_open=[lock])
        except Busy as error:
            raise UploadsBusy(
                "Many pictures are being taken in at the moment. Send yours again in a few seconds."
            ) from error
        asset = _stored(accepted, owner=owner, session_key=session_key, original=original.sha256, now=now)
        original.keep()
    asset.notes = accepted.notes
    return asset


def _turns() -> Turns:
    """Each child may take a processor and 300 MB: that many at once on this machine, as many waiting."""
    return Turns(
        settings.VAR_DIR / "uploads",
        at_once=settings.UPLOADS_AT_ONCE,
        waiting=settings.UPLOADS_AT_ONCE,
        patience=PATIENCE,
    )


def _stored(
    accepted: Accepted, *, owner: User | None, session_key: str, original: str, now: datetime
) -> Asset:
    """The row and the file of what was accepted, and whose it is."""
    facts = {
        "kind": accepted.kind,
        "width": accepted.width,
        "height": accepted.height,
        "size": len(accepted.content),
        "created_at": now,
    }
    with transaction.atomic():
        alone_with(accepted.sha256)
        # The file before the row: a file without a row is litter, a row without its file is a broken order.
        file = Path(default_storage.path(Asset(sha256=accepted.sha256, **facts).path))
        if not file.exists() or file.stat().st_size != len(accepted.content):  # a torn file is not trusted
            write_whole(file, accepted.content)
        kept, _ = Asset.objects.get_or_create(sha256=accepted.sha256, defaults=facts)
        Upload.objects.update_or_create(
            asset=kept,
            owner=owner,
            session_key="" if owner is not None else session_key,
            defaults={"uploaded_at": now, "original": original},
        )
    return kept


class ShopMeasurer(FontMeasurer):
    """Measures texts in the installed fonts, and pictures that were handed in."""

    def picture(self, sha256: str) -> tuple[int, int] | None:
        return _pixels.get(
            sha256, lambda: Asset.objects.filter(pk=sha256).values_list("width", "height").first()
        )


@cache
def measurer() -> ShopMeasurer:
    """The one of this process, with fonts of its own: others shape theirs under other locks."""
    return ShopMeasurer(FontLibrary.installed())


def alone_with(sha256: str) -> None:
    """Until the transaction ends nobody else stores or clears away the file of this picture."""
    number = int.from_bytes(bytes.fromhex(sha256)[:8], "big", signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [number])
