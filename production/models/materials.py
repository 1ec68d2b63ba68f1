"""What the shop has in stock, and every change of it.

``on_hand`` lies in the store, ``reserved`` of it is promised to released runs. The two
columns are sums over the movements; ``manage.py verify`` adds them up again. Of a material
that is kept by lots they are the sums over its lots, too.
"""

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import F, Q

NEARLY_ALL = 0.8  # of what is on hand


class MaterialQuerySet(models.QuerySet["Material"]):
    def sheets(self) -> Self:
        """Materials that parts are laid on."""
        return self.filter(sheet_width_um__gt=0)

    def low(self) -> Self:
        """Materials of which nothing is left, or nearly all is reserved."""
        return self.filter(reserved__gte=F("on_hand") * NEARLY_ALL)


class Material(models.Model):
    code = models.SlugField(primary_key=True, max_length=80)
    name = models.CharField(max_length=120)
    unit = models.CharField(
        max_length=10, help_text="Base unit of all its quantities: sheet, piece, ml, g, mm."
    )
    sheet_width_um = models.PositiveBigIntegerField(default=0, help_text="0 when it is not a sheet.")
    sheet_height_um = models.PositiveBigIntegerField(default=0)
    on_hand = models.PositiveBigIntegerField(default=0)
    reserved = models.PositiveBigIntegerField(default=0)
    by_lots = models.BooleanField(default=False, help_text="All of it lies in lots.")
    least_offcut_um = models.PositiveBigIntegerField(
        "shortest side of an offcut",
        default=0,
        help_text="What a run leaves of a sheet is kept where both sides are as long; 0: nothing is kept.",
    )

    objects = MaterialQuerySet.as_manager()

    class Meta:
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(condition=Q(reserved__lte=F("on_hand")), name="material_not_overbooked"),
            models.CheckConstraint(
                condition=Q(sheet_width_um=0, sheet_height_um=0)
                | Q(sheet_width_um__gt=0, sheet_height_um__gt=0),
                name="material_sheet_has_both_sides",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def free(self) -> int:
        """What a new run may still reserve."""
        return self.on_hand - self.reserved

    @property
    def is_low(self) -> bool:
        """The rule of ``MaterialQuerySet.low``."""
        return self.reserved >= self.on_hand * NEARLY_ALL


class MaterialLotQuerySet(models.QuerySet["MaterialLot"]):
    def of_use(self, *, now: datetime) -> Self:
        """Lots of which something is free, here or announced, and not expired."""
        return self.filter(Q(expires_at__isnull=True) | Q(expires_at__gt=now)).filter(
            Q(on_hand__gt=F("reserved")) | Q(announced__gt=0)
        )

    def expired(self, *, now: datetime) -> Self:
        """What lies in the store and must not be used any more."""
        return self.filter(expires_at__lte=now, on_hand__gt=0)


class MaterialLot(models.Model):
    """So much of a material that came (or is to come) together.

    ``announced`` is what the supplier said will come at ``available_at``; ``received`` what came in all;
    ``on_hand`` and ``reserved`` as for the material.
    """

    material = models.ForeignKey(Material, on_delete=models.PROTECT, related_name="lots")
    code = models.SlugField(max_length=80)
    announced = models.PositiveBigIntegerField(default=0)
    received = models.PositiveBigIntegerField(default=0)
    on_hand = models.PositiveBigIntegerField(default=0)
    reserved = models.PositiveBigIntegerField(default=0)
    available_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)
    supplier = models.CharField(max_length=120, blank=True, help_text="Supplier and their reference.")

    objects = MaterialLotQuerySet.as_manager()

    class Meta:
        ordering = ["material", "expires_at", "available_at", "code"]
        constraints = [
            models.UniqueConstraint(fields=["material", "code"], name="lot_code_once_a_material"),
            models.CheckConstraint(condition=Q(reserved__lte=F("on_hand")), name="lot_not_overbooked"),
            # A delivery in parts is a lot for each: what is here and what is to come differ in when.
            models.CheckConstraint(
                condition=Q(announced=0) | Q(on_hand=0, received=0), name="announced_lot_is_not_here"
            ),
            models.CheckConstraint(
                condition=Q(expires_at__isnull=True) | Q(expires_at__gt=F("available_at")),
                name="lot_expires_after_it_came",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.material_id} {self.code}"

    @property
    def free(self) -> int:
        """What a new run may still reserve of what is here."""
        return self.on_hand - self.reserved


class OffcutQuerySet(models.QuerySet["Offcut"]):
    def kept(self) -> Self:
        """Those that lie in the store."""
        return self.filter(state__in=[Offcut.State.FREE, Offcut.State.RESERVED])


class Offcut(models.Model):
    """A piece of sheet that was left over, or a sheet with defects."""

    class State(models.TextChoices):
        FREE = "free"
        RESERVED = "reserved"  # for a released run
        USED = "used"
        GONE = "gone"  # staff said so

    code = models.SlugField(max_length=80, unique=True)
    material = models.ForeignKey(Material, on_delete=models.PROTECT, related_name="offcuts")
    width_um = models.PositiveBigIntegerField()
    height_um = models.PositiveBigIntegerField()
    defects = models.JSONField(
        default=list, blank=True, help_text="[[x, y, width, height]] in µm from the lower left corner."
    )
    state = models.CharField(max_length=10, choices=State.choices, default=State.FREE)
    made_by = models.ForeignKey(
        "production.Run", null=True, blank=True, on_delete=models.SET_NULL, related_name="offcuts_made"
    )
    reserved_by = models.ForeignKey(
        "production.Run", null=True, blank=True, on_delete=models.PROTECT, related_name="offcuts_taken"
    )

    objects = OffcutQuerySet.as_manager()

    class Meta:
        ordering = ["material", "code"]
        constraints = [
            models.CheckConstraint(condition=Q(width_um__gt=0, height_um__gt=0), name="offcut_has_size"),
            models.CheckConstraint(
                condition=Q(state__in=["free", "gone"], reserved_by__isnull=True)
                | Q(state__in=["reserved", "used"], reserved_by__isnull=False),
                name="offcut_has_a_run_unless_free",
            ),
        ]

    def __str__(self) -> str:
        return self.code


class MaterialMovement(models.Model):
    """One change of stock: what it did to ``on_hand`` and to ``reserved``. Never changed afterwards."""

    class Kind(models.TextChoices):
        RECEIPT = "receipt"
        COUNT = "count"  # a stocktake put it right
        RESERVE = "reserve"
        UNRESERVE = "unreserve"
        ISSUE = "issue"  # to the floor: no longer in the store

    material = models.ForeignKey(Material, on_delete=models.PROTECT, related_name="movements")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    on_hand_change = models.BigIntegerField(default=0)
    reserved_change = models.BigIntegerField(default=0)
    run = models.ForeignKey(
        "production.Run", null=True, blank=True, on_delete=models.PROTECT, related_name="material_movements"
    )
    lot = models.ForeignKey(
        MaterialLot, null=True, blank=True, on_delete=models.PROTECT, related_name="movements"
    )
    actor = models.CharField(max_length=200)
    at = models.DateTimeField()

    class Meta:
        ordering = ["at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(on_hand_change=0, reserved_change=0), name="material_movement_moves_something"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.material_id} {self.on_hand_change:+d}/{self.reserved_change:+d}"
