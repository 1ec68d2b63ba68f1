"""Pictures that shoppers hand in: checked and re-encoded in a process of their own, stored by their hash."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from django.contrib.auth.models import User
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.db import connection, transaction

from configurator.engine.fonts import FontLibrary
from configurator.engine.imaging import UploadRefused
from configurator.engine.imaging import take_in as decode
from configurator.engine.measuring import FontMeasurer
from configurator.engine.recent import Recent
from configurator.models import Asset, Upload
from ledger.files import write_whole

MAX_BYTES = 20 * 1024 * 1024
_pixels: Recent[str, tuple[int, int] | None] = Recent(1024)  # a picture never changes under its hash

__all__ = ["MAX_BYTES", "ShopMeasurer", "UploadRefused", "alone_with", "measurer", "take_in"]


def take_in(
    *, upload: UploadedFile[Any] | bytes, owner: User | None, session_key: str, now: datetime
) -> Asset:
    """Store a picture for this shopper; the same picture again is the same asset.

    Its name and everything it carried besides pixels are dropped. Raises ``UploadRefused``.
    """
    if len(upload if isinstance(upload, bytes) else b"") > MAX_BYTES or (
        not isinstance(upload, bytes) and (upload.size or 0) > MAX_BYTES
    ):
        raise UploadRefused("too-large", f"The picture is larger than {MAX_BYTES // 1024 // 1024} MB.")
    accepted = decode(upload if isinstance(upload, bytes) else upload.read())
    asset = Asset(
        sha256=accepted.sha256,
        width=accepted.width,
        height=accepted.height,
        size=len(accepted.content),
        created_at=now,
    )
    with transaction.atomic():
        alone_with(asset.sha256)
        # The file before the row: a file without a row is litter, a row without its file is a broken order.
        file = Path(default_storage.path(asset.path))
        if not file.exists() or file.stat().st_size != len(accepted.content):  # a torn file is not trusted
            write_whole(file, accepted.content)
        kept, _ = Asset.objects.get_or_create(
            sha256=asset.sha256,
            defaults={"width": asset.width, "height": asset.height, "size": asset.size, "created_at": now},
        )
        Upload.objects.update_or_create(
            asset=kept,
            owner=owner,
            session_key="" if owner is not None else session_key,
            defaults={"uploaded_at": now},
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
