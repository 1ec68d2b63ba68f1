"""What of the configurator can go: abandoned designs, what only they needed, and previews.

Who may point at a design or a picture is not listed here: every key of the database that points
at a row keeps it, and so do choices that name a picture. A preview can always be drawn again.
"""

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.db.models import Exists, OuterRef, QuerySet

from configurator import quarantine
from configurator.assets import alone_with
from configurator.engine.artefacts import fingerprint
from configurator.models import (
    Artefact,
    Asset,
    AuditReport,
    Configuration,
    Design,
    Upload,
    Validation,
    Version,
)
from ledger.tidying import BATCH, Limits, Removed, remove, tidying

LITTER = timedelta(days=1)  # half-written and locking files older than this belong to nobody


def unreferenced(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Those of ``rows`` that no key of any table points at, in whichever app that table is."""
    for field in rows.model._meta.get_fields(include_hidden=True):
        if field.one_to_many or field.one_to_one:
            pointing = field.related_model._base_manager.filter(**{field.field.name: OuterRef("pk")})
            rows = rows.filter(~Exists(pointing))
    return rows


@tidying("configurator: designs in work that were left", stage=20)
def left_configurations(limits: Limits) -> Removed:
    return remove(unreferenced(Configuration.objects.idle_since(limits.before)), limits=limits)


@tidying("configurator: old validations of many configurations", stage=20)
def old_validations(limits: Limits) -> Removed:
    return remove(Validation.objects.filter(created_at__lt=limits.before), limits=limits)


@tidying("configurator: what other versions of this program compiled", stage=20)
def foreign_artefacts(limits: Limits) -> Removed:
    others = Artefact.objects.made_by_other_code(fingerprint())
    return remove(others.filter(created_at__lt=limits.before), limits=limits)


@tidying("configurator: audits of texts that were never published", stage=20)
def left_audits(limits: Limits) -> Removed:
    """A draft that is still open is audited anew at its next save."""
    published = Version.objects.filter(content_hash=OuterRef("pk"))
    old = AuditReport.objects.filter(checked_at__lt=limits.before)
    return remove(old.filter(~Exists(published)), limits=limits)


@tidying("configurator: frozen designs that nothing needs", stage=30)
def unneeded_designs(limits: Limits) -> Removed:
    """Neither in a cart nor in an order, and with no link that was given away."""
    private = Design.objects.filter(created_at__lt=limits.before, shared_at=None)
    return remove(unreferenced(private), limits=limits)


# --- pictures that shoppers handed in ---------------------------------------------------------------------


@tidying("configurator: pictures that nothing shows", stage=40)
def unneeded_assets(limits: Limits) -> Removed:
    """The rows. Their files go in the next stage, so a crash between the two leaves litter, no loss."""
    old = Asset.objects.filter(created_at__lt=limits.before).filter(
        ~Exists(Upload.objects.filter(asset=OuterRef("pk"), uploaded_at__gte=limits.before))
    )
    count, last = 0, ""
    while True:
        keys = list(old.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:BATCH])
        if not keys:
            return Removed(count)
        last = keys[-1]
        count += len(set(keys) - named(keys)) if limits.dry_run else _remove_assets(old, keys)


def _remove_assets(old: QuerySet[Asset], keys: list[str]) -> int:
    """Who chooses a picture locks its row first (``designs``), so what is not named now will not be."""
    with transaction.atomic():
        rows = Asset.objects.filter(pk__in=keys).order_by("pk").select_for_update(skip_locked=True)
        locked = [asset.pk for asset in rows]
        free = list(old.filter(pk__in=set(locked) - named(locked)).values_list("pk", flat=True))
        Upload.objects.filter(asset__in=free).delete()
        Asset.objects.filter(pk__in=free).delete()
        return len(free)


def named(keys: Iterable[str]) -> set[str]:
    """Those of these hashes that the choices of a configuration or a design name, at whatever depth."""
    wanted = list(keys)
    found: set[str] = set()
    with connection.cursor() as cursor:
        for model in (Configuration, Design):
            cursor.execute(
                f"SELECT DISTINCT word #>> '{{}}' FROM {model._meta.db_table}, "  # noqa: S608 - our own name
                "jsonb_path_query(choices, 'strict $.** ? (@.type() == \"string\")') AS word "
                "WHERE word #>> '{}' = ANY(%s)",
                [wanted],
            )
            found.update(row[0] for row in cursor.fetchall())
    return found


@tidying("configurator: files of pictures that went", stage=50)
def files_without_asset(limits: Limits) -> Removed:
    """Files in the store of pictures that no row names (any more), and halves that a crash left there."""
    count = size = 0
    folder = Path(default_storage.path("assets"))
    litter = time.time() - LITTER.total_seconds()
    for half in folder.glob("??/.*.part"):
        if half.stat().st_mtime < litter:
            count, size = count + 1, size + half.stat().st_size
            if not limits.dry_run:
                half.unlink(missing_ok=True)
    for path in sorted(path for ending in ("png", "json") for path in folder.glob(f"??/*.{ending}")):
        if Asset.objects.filter(pk=path.stem).exists():
            continue
        with transaction.atomic():
            # Whoever takes in this very picture waits, and then stores its file anew.
            alone_with(path.stem)
            if Asset.objects.filter(pk=path.stem).exists():
                continue
            count, size = count + 1, size + path.stat().st_size
            if not limits.dry_run:
                path.unlink()
    return Removed(count, size)


@tidying("configurator: pictures as they were sent", stage=50)
def old_originals(limits: Limits) -> Removed:
    """Nothing needs them: what is printed is the picture as we wrote it anew."""
    count = size = 0
    for path in quarantine.old(folder=settings.QUARANTINE, before=limits.before.timestamp()):
        count, size = count + 1, size + path.stat().st_size
        if not limits.dry_run:
            path.unlink(missing_ok=True)
    return Removed(count, size)


# --- previews ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Preview:
    used_at: float  # seconds since the epoch (proofs.preview keeps the file's time up to date)
    path: Path
    size: int


@tidying("configurator: previews that are not looked at", stage=60)
def unused_previews(limits: Limits) -> Removed:
    """Those not shown since, and the oldest above ``PREVIEW_MEGABYTES`` in all."""
    kept = sorted(_previews(), key=lambda preview: preview.used_at)
    above = sum(preview.size for preview in kept) - settings.PREVIEW_MEGABYTES * 1024 * 1024
    count = size = 0
    for preview in kept:
        if preview.used_at >= limits.before.timestamp() and size >= above:
            break
        if not limits.dry_run:
            preview.path.unlink(missing_ok=True)
        count, size = count + 1, size + preview.size
    return Removed(count, size)


def _previews() -> Iterator[_Preview]:
    """Every picture, and what a killed process left of one."""
    litter = time.time() - LITTER.total_seconds()
    for path in (Path(settings.MEDIA_ROOT) / "previews").glob("??/*"):
        try:
            facts = path.stat()
        except FileNotFoundError:  # another tidying was faster
            continue
        unfinished = path.suffix in (".lock", ".part")
        if not unfinished:
            yield _Preview(facts.st_mtime, path, facts.st_size)
        elif facts.st_mtime < litter:
            yield _Preview(0.0, path, facts.st_size)
