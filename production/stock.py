"""Material in and out of the store, and what released runs have a right to.

Each change is a conditional update and a movement, in one transaction. Nothing is read
first and written later: two reservations at once cannot both take the last sheet.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import F

from production.models import Material, MaterialMovement, Run


@dataclass(frozen=True)
class Shortage:
    material: str
    unit: str
    needed: int
    free: int

    def __str__(self) -> str:
        return f"{self.material}: {self.needed} {self.unit} needed, {self.free} free"


class MaterialShort(Exception):
    """Not enough material; ``shortages`` names all that lack. Receive it, then try again."""

    def __init__(self, shortages: tuple[Shortage, ...]) -> None:
        super().__init__(f"Not enough material: {'; '.join(map(str, shortages))}.")
        self.shortages = shortages


def receive(*, material: Material, quantity: int, actor: str, now: datetime) -> None:
    """Put ``quantity`` (at least 1) into the store."""
    if quantity < 1:
        raise ValueError("Receive at least one unit.")
    with transaction.atomic():
        Material.objects.filter(pk=material.pk).update(on_hand=F("on_hand") + quantity)
        _move(material.pk, MaterialMovement.Kind.RECEIPT, quantity, 0, None, actor, now)


def reserve(*, run: Run, actor: str, now: datetime) -> None:
    """Set the material of a run aside. Raises ``MaterialShort``, and then nothing is reserved."""
    with transaction.atomic():
        short = []
        for code, quantity in sorted(_needs(run).items()):
            taken = Material.objects.filter(pk=code, on_hand__gte=F("reserved") + quantity).update(
                reserved=F("reserved") + quantity
            )
            if taken:
                _move(code, MaterialMovement.Kind.RESERVE, 0, quantity, run, actor, now)
            else:
                short.append(code)
        if short:
            found = Material.objects.in_bulk(short)
            raise MaterialShort(
                tuple(
                    Shortage(code, found[code].unit, _needs(run)[code], found[code].free)
                    if code in found
                    else Shortage(code, "", _needs(run)[code], 0)
                    for code in short
                )
            )


def unreserve(*, run: Run, actor: str, now: datetime) -> None:
    """Give the reserved material of a run back."""
    with transaction.atomic():
        for code, quantity in sorted(_needs(run).items()):
            Material.objects.filter(pk=code).update(reserved=F("reserved") - quantity)
            _move(code, MaterialMovement.Kind.UNRESERVE, 0, -quantity, run, actor, now)


def issue(*, run: Run, actor: str, now: datetime) -> None:
    """Hand the reserved material of a run to the floor: it has left the store."""
    with transaction.atomic():
        for code, quantity in sorted(_needs(run).items()):
            Material.objects.filter(pk=code).update(
                on_hand=F("on_hand") - quantity, reserved=F("reserved") - quantity
            )
            _move(code, MaterialMovement.Kind.ISSUE, -quantity, -quantity, run, actor, now)


def _needs(run: Run) -> Mapping[str, int]:
    needs: Mapping[str, int] = run.needs
    return needs


def _move(
    material: str, kind: str, on_hand: int, reserved: int, run: Run | None, actor: str, now: datetime
) -> None:
    MaterialMovement.objects.create(
        material_id=material,
        kind=kind,
        on_hand_change=on_hand,
        reserved_change=reserved,
        run=run,
        actor=actor,
        at=now,
    )
