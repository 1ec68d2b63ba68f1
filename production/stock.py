"""Material in and out of the store, and what released runs have a right to.

Each change is a conditional update and a movement, in one transaction. Nothing is read
first and written later: two reservations at once cannot both take the last sheet.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import F

from ledger.entries import record
from production.models import Material, MaterialMovement, Run

MOST = 1_000_000_000  # units at once; more is a slip of the finger


class StockRefused(Exception):
    """A receipt or a count that cannot be; the text says why."""


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


def begin(*, material: Material, quantity: int, actor: str, now: datetime) -> None:
    """What a shop has of a material when it is first heard of; its shop file's entry tells it."""
    with transaction.atomic():
        Material.objects.filter(pk=material.pk).update(on_hand=F("on_hand") + quantity)
        _move(material.pk, MaterialMovement.Kind.RECEIPT, quantity, 0, None, actor, now)


def receive(*, material: Material, quantity: int, actor: str, now: datetime) -> Material:
    """Put ``quantity`` (1 to MOST) into the store; what was short of it is planned again.

    Raises ``StockRefused``.
    """
    if not 1 <= quantity <= MOST:
        raise StockRefused(f"Receive at least 1 and at most {MOST:,} {material.unit}, not {quantity:,}.")
    with transaction.atomic():
        held = Material.objects.select_for_update().get(pk=material.pk)
        held.on_hand += quantity
        held.save(update_fields=["on_hand"])
        _move(held.pk, MaterialMovement.Kind.RECEIPT, quantity, 0, None, actor, now)
        _record(held, "material.received", {"quantity": quantity}, actor, now)
    return held


def count(*, material: Material, on_hand: int, actor: str, now: datetime) -> Material:
    """Put the books right: so much (0 to MOST) lies in the store. A count that agrees is noted too.

    Raises ``StockRefused`` for less than released runs have reserved: they have to give it back first.
    """
    if not 0 <= on_hand <= MOST:
        raise StockRefused(f"Count at least 0 and at most {MOST:,} {material.unit}, not {on_hand:,}.")
    with transaction.atomic():
        held = Material.objects.select_for_update().get(pk=material.pk)
        if on_hand < held.reserved:
            raise StockRefused(
                f"{held.reserved:,} {held.unit} of {held.name} are reserved for released runs, more than the "
                f"{on_hand:,} counted: undo the release of a run that cannot be made, then count again."
            )
        change = on_hand - held.on_hand
        if change:
            held.on_hand = on_hand
            held.save(update_fields=["on_hand"])
            _move(held.pk, MaterialMovement.Kind.COUNT, change, 0, None, actor, now)
        _record(held, "material.counted", {"change": change}, actor, now)
    return held


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


def _record(material: Material, kind: str, data: Mapping[str, int], actor: str, now: datetime) -> None:
    told = {"material": material.pk, "on_hand": material.on_hand, **data}
    record(stream=f"material:{material.pk}", kind=kind, actor=actor, data=told, now=now)


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
