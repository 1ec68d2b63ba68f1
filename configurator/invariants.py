"""What must always be true of the catalogue and of designs; ``manage.py verify`` asks."""

import hashlib
from collections.abc import Iterator

from django.core.files.storage import default_storage
from django.db.models import F
from django.utils import timezone

from configurator.catalogue import kernel_of
from configurator.models import Asset, Configuration, Family
from ledger.invariants import invariant


@invariant("configurator: the version on sale is a sealed one of its family")
def current_versions() -> Iterator[str]:
    on_sale = Family.objects.exclude(current=None).select_related("current")
    for family in on_sale.exclude(current__family=F("pk"), current__sealed=True):
        yield f"{family.code} sells version {family.current_id}, which is not a sealed version of it"


@invariant("configurator: every design in work can be completed")
def extendable_configurations() -> Iterator[str]:
    rows = Configuration.objects.select_related("version").defer("version__source")
    for configuration in rows.order_by("pk").iterator(chunk_size=500):
        # A rule may have begun since: what was stored kept the rules of its day.
        kernel = kernel_of(configuration.version, timezone.localdate(configuration.updated_at))
        if not kernel.answer(configuration.choices).consistent:
            yield f"{configuration.id} holds choices that contradict each other"


@invariant("configurator: every picture has its file")
def picture_files() -> Iterator[str]:
    for asset in Asset.objects.order_by("pk").iterator(chunk_size=500):
        if not default_storage.exists(asset.path):
            yield f"picture {asset.sha256} has no file {asset.path}"
        elif hashlib.sha256(asset.read()).hexdigest() != asset.sha256:
            yield f"picture {asset.sha256}: its file holds something else"
