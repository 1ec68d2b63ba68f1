"""What the shop has in stock, and every change of it.

``on_hand`` lies in the store, ``reserved`` of it is promised to released runs. The two
columns are sums over the movements; ``manage.py verify`` adds them up again.
"""

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
