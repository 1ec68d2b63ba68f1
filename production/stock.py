"""Material in and out of the store, and what released runs have a right to.

Each change is a conditional update and a movement, in one transaction. Nothing is read
first and written later: two reservations at once cannot both take the last sheet.

Note on lots. Of a material that is kept by lots every movement is one of a lot, too. A run
takes them from the lots that its plan names; what the plan does not name (a run that was
put together by hand) comes from those that expire first.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import F, Max, Q
from django.utils.timezone import localtime

from ledger.entries import record
from production.engine.proposal import LotUse
from production.locking import planning_lock
from production.models import Material, MaterialLot, MaterialMovement, Run, RunState

UNLABELLED = "unlabelled"  # what lay there before a material was kept by lots
MOST = 1_000_000_000  # units at once; more is a slip of the finger


class StockRefused(Exception):
    """A receipt or a count that cannot be; the text says why."""


@dataclass(frozen=True)
class Shortage:
    material: str
    unit: str
    needed: int
    free: int
    lot: str = ""

    def __str__(self) -> str:
        of_lot = f" (lot {self.lot})" if self.lot else ""
        return f"{self.material}{of_lot}: {self.needed} {self.unit} needed, {self.free} free"


@dataclass(frozen=True)
class Delivery:
    """The lot in which something comes; ``expires_at`` None: it keeps."""

    code: str
    expires_at: datetime | None = None
    supplier: str = ""


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


def begin_lot(
    *,
    material: Material,
    delivery: Delivery,
    quantity: int,
    available_at: datetime,
    actor: str,
    now: datetime,
) -> None:
    """A lot that a shop's model names for the first time: here, or announced when it comes later."""
    with transaction.atomic():
        _keep_by_lots(material, actor, now)
        lot = _new_lot(material.pk, delivery, available_at)
        if available_at > now:
            lot.announced = quantity
            lot.save(update_fields=["announced"])
        else:
            _come_in(lot, quantity, actor, now)


def receive(
    *, material: Material, quantity: int, actor: str, now: datetime, delivery: Delivery | None = None
) -> Material:
    """Put ``quantity`` (1 to MOST) into the store; what was short of it is planned again.

    ``delivery`` names its lot, which may have been announced. Raises ``StockRefused``.
    """
    if not 1 <= quantity <= MOST:
        raise StockRefused(f"Receive at least 1 and at most {MOST:,} {material.unit}, not {quantity:,}.")
    with transaction.atomic():
        planning_lock()
        held = Material.objects.select_for_update().get(pk=material.pk)
        told: dict[str, object] = {"quantity": quantity}
        if delivery is None:
            if held.by_lots:
                raise StockRefused(f"{held.name} is kept by lots: say which lot came in.")
            Material.objects.filter(pk=held.pk).update(on_hand=F("on_hand") + quantity)
            _move(held.pk, MaterialMovement.Kind.RECEIPT, quantity, 0, None, actor, now)
        else:
            _keep_by_lots(held, actor, now)
            _come_in(_lot_that_came(held, delivery, now), quantity, actor, now)
            told["lot"] = delivery.code
        held.refresh_from_db()
        _record(held, "material.received", told, actor, now)
    return held


def announce(
    *,
    material: Material,
    delivery: Delivery,
    quantity: int,
    available_at: datetime,
    actor: str,
    now: datetime,
) -> MaterialLot:
    """So much will come at ``available_at``, or at another time than was said before; 0: nothing will.

    Raises ``StockRefused``: an arrival that has been, a lot that is here already, one expired on arrival.
    """
    if not 0 <= quantity <= MOST:
        raise StockRefused(f"Announce at least 0 and at most {MOST:,} {material.unit}, not {quantity:,}.")
    if available_at <= now:
        raise StockRefused("What comes later comes later than now: receive what is here.")
    _require_keeping(delivery, available_at)
    with transaction.atomic():
        planning_lock()
        held = Material.objects.select_for_update().get(pk=material.pk)
        _keep_by_lots(held, actor, now)
        lot = MaterialLot.objects.filter(material=held, code=delivery.code).first()
        if lot is not None and lot.received:
            raise StockRefused(f"The lot {lot.code} is here already; what is to come is another lot.")
        lot = lot or _new_lot(held.pk, delivery, available_at)
        lot.announced, lot.available_at, lot.expires_at = quantity, available_at, delivery.expires_at
        lot.supplier = delivery.supplier or lot.supplier
        lot.save()
        told = {"lot": lot.code, "quantity": quantity, "available_at": available_at.isoformat()}
        held.refresh_from_db()
        _record(held, "material.announced", told, actor, now)
    return lot


def count(*, material: Material, on_hand: int, actor: str, now: datetime, lot: str = "") -> Material:
    """Put the books right: so much (0 to MOST) lies in the store. A count that agrees is noted too.

    Of a material that is kept by lots, of this lot. Raises ``StockRefused`` for less than released runs have
    reserved: they have to give it back first.
    """
    if not 0 <= on_hand <= MOST:
        raise StockRefused(f"Count at least 0 and at most {MOST:,} {material.unit}, not {on_hand:,}.")
    with transaction.atomic():
        planning_lock()
        held = Material.objects.select_for_update().get(pk=material.pk)
        row = _counted_lot(held, lot)
        books = held if row is None else row
        if on_hand < books.reserved:
            raise StockRefused(
                f"{books.reserved:,} {held.unit} of {held.name} are reserved for released runs, more than "
                f"the {on_hand:,} counted: undo the release of a run that cannot be made, then count again."
            )
        change = on_hand - books.on_hand
        if change and row is not None:
            MaterialLot.objects.filter(pk=row.pk).update(on_hand=on_hand)
        if change:
            Material.objects.filter(pk=held.pk).update(on_hand=F("on_hand") + change)
            _move(held.pk, MaterialMovement.Kind.COUNT, change, 0, None, actor, now, row)
        held.refresh_from_db()
        told: dict[str, object] = {"change": change}
        _record(held, "material.counted", told | ({"lot": lot} if lot else {}), actor, now)
    return held


def reserve(*, run: Run, actor: str, now: datetime) -> None:
    """Set the material of a run aside, by its lots. Raises ``MaterialShort``; then nothing is reserved."""
    with transaction.atomic():
        uses, short = _lots_of(run, now)
        if uses != list(run.lots):
            run.lots = uses
            run.save(update_fields=["lots"])
        lots = _rows(run)
        lacking = {each.material for each in short}
        for part in _parts(run):
            if not part.lot and part.material in lacking:
                continue
            lot = lots.get((part.material, part.lot)) if part.lot else None
            if part.lot and (lot is None or not _reserve_lot(lot, part.quantity, now)):
                free = lot.free if lot is not None and not _has_expired(lot, now) else 0
                short.append(Shortage(part.material, "", part.quantity, free, part.lot))
            elif Material.objects.filter(pk=part.material, on_hand__gte=F("reserved") + part.quantity).update(
                reserved=F("reserved") + part.quantity
            ):
                kind = MaterialMovement.Kind.RESERVE
                _move(part.material, kind, 0, part.quantity, run, actor, now, lot)
            else:
                short.append(Shortage(part.material, "", part.quantity, -1))
        if short:
            raise MaterialShort(tuple(_told(short)))


def unreserve(*, run: Run, actor: str, now: datetime) -> None:
    """Give the reserved material of a run back."""
    with transaction.atomic():
        lots = _rows(run)
        for part in _parts(run):
            lot = lots[part.material, part.lot] if part.lot else None
            if lot is not None:
                MaterialLot.objects.filter(pk=lot.pk).update(reserved=F("reserved") - part.quantity)
            Material.objects.filter(pk=part.material).update(reserved=F("reserved") - part.quantity)
            _move(part.material, MaterialMovement.Kind.UNRESERVE, 0, -part.quantity, run, actor, now, lot)


def issue(*, run: Run, actor: str, now: datetime) -> None:
    """Hand the reserved material of a run to the floor: it has left the store."""
    with transaction.atomic():
        lots = _rows(run)
        for part in _parts(run):
            less = {"on_hand": F("on_hand") - part.quantity, "reserved": F("reserved") - part.quantity}
            lot = lots[part.material, part.lot] if part.lot else None
            if lot is not None:
                MaterialLot.objects.filter(pk=lot.pk).update(**less)
            Material.objects.filter(pk=part.material).update(**less)
            kind = MaterialMovement.Kind.ISSUE
            _move(part.material, kind, -part.quantity, -part.quantity, run, actor, now, lot)


def expired_lots(*, run: Run, now: datetime) -> list[str]:
    """Sentences about lots of the run that must not be used any more. One query, none without lots."""
    if not run.lots:
        return []
    return [
        f"The lot {lot.code} of {lot.material_id} expired on {localtime(lot.expires_at):%d %b %Y}: "
        "undo the release."
        for lot in _rows(run).values()
        if _has_expired(lot, now)
    ]


# --- lots -------------------------------------------------------------------------------------------------


def _parts(run: Run) -> Iterator[LotUse]:
    """What a run takes, by material and lot (no lot: from what is not kept by lots), in a fixed order."""
    taken: Counter[tuple[str, str]] = Counter()
    for use in run.lots:
        taken[use["material"], use["lot"]] += use["quantity"]
    of_lots: Counter[str] = Counter()
    for (material, _), quantity in taken.items():
        of_lots[material] += quantity
    for material, quantity in _needs(run).items():
        taken[material, ""] += quantity - of_lots[material]
    for (material, lot), quantity in sorted(taken.items()):
        if quantity > 0:
            yield LotUse(material, lot, quantity)


def _lots_of(run: Run, now: datetime) -> tuple[list[dict[str, object]], list[Shortage]]:
    """The lots that the plan named, and for what it did not name those that expire first and last long
    enough; with what is missing even so."""
    missing = {part.material: part.quantity for part in _parts(run) if not part.lot}
    kept = set(Material.objects.filter(pk__in=missing, by_lots=True).values_list("pk", flat=True))
    uses: list[dict[str, object]] = list(run.lots)
    short: list[Shortage] = []
    if not kept:
        return uses, short
    end = run.operations.aggregate(end=Max("end"))["end"] or now
    lasting = Q(expires_at__isnull=True) | Q(expires_at__gte=end)
    named: Counter[tuple[str, str]] = Counter()
    for use in run.lots:
        named[use["material"], use["lot"]] += use["quantity"]
    for material in sorted(kept):
        wanted = missing[material]
        lots = MaterialLot.objects.filter(lasting, material=material, on_hand__gt=F("reserved"))
        for lot in lots.order_by(F("expires_at").asc(nulls_last=True), "available_at", "code"):
            taken = min(wanted, lot.free - named[material, lot.code])
            if taken > 0:
                uses.append(asdict(LotUse(material, lot.code, taken)))
                wanted -= taken
        if wanted > 0:
            short.append(Shortage(material, "", missing[material], missing[material] - wanted))
    return uses, short


def _rows(run: Run) -> dict[tuple[str, str], MaterialLot]:
    """The lots of a run, by material and code."""
    if not run.lots:
        return {}
    found = MaterialLot.objects.filter(
        material__in={use["material"] for use in run.lots}, code__in={use["lot"] for use in run.lots}
    )
    wanted = {(use["material"], use["lot"]) for use in run.lots}
    return {(lot.material_id, lot.code): lot for lot in found if (lot.material_id, lot.code) in wanted}


def _reserve_lot(lot: MaterialLot, quantity: int, now: datetime) -> bool:
    return bool(
        MaterialLot.objects.filter(Q(expires_at__isnull=True) | Q(expires_at__gt=now))
        .filter(pk=lot.pk, on_hand__gte=F("reserved") + quantity)
        .update(reserved=F("reserved") + quantity)
    )


def _has_expired(lot: MaterialLot, now: datetime) -> bool:
    return lot.expires_at is not None and lot.expires_at <= now


def _told(short: list[Shortage]) -> Iterator[Shortage]:
    """The shortages with the units, and what is free, of their materials."""
    found = Material.objects.in_bulk({each.material for each in short})
    for each in short:
        material = found.get(each.material)
        unit = material.unit if material else ""
        free = each.free if each.free >= 0 else (material.free if material else 0)
        yield Shortage(each.material, unit, each.needed, free, each.lot)


def _keep_by_lots(material: Material, actor: str, now: datetime) -> None:
    """Keep the material by lots from now on; what lies there without one becomes the lot UNLABELLED, of
    which released runs have what they had reserved. Raises ``StockRefused`` where that does not add up."""
    held = Material.objects.select_for_update().get(pk=material.pk)
    if held.by_lots:
        return
    reserved = _reserved_without_lot(held)
    if sum(reserved.values()) != held.reserved:
        raise StockRefused(
            f"{held.name} is not kept by lots yet, and what is reserved of it is not what released runs "
            f"need: name lots once they are made."
        )
    Material.objects.filter(pk=held.pk).update(by_lots=True)
    if held.on_hand:
        kind = MaterialMovement.Kind.COUNT
        lot = _new_lot(held.pk, Delivery(UNLABELLED), now)
        MaterialLot.objects.filter(pk=lot.pk).update(
            on_hand=held.on_hand, received=held.on_hand, reserved=held.reserved
        )
        _move(held.pk, kind, -held.on_hand, 0, None, actor, now)
        _move(held.pk, kind, held.on_hand, 0, None, actor, now, lot)
        for run, quantity in reserved.items():
            run.lots = [*run.lots, asdict(LotUse(held.pk, UNLABELLED, quantity))]
            run.save(update_fields=["lots"])
            _move(held.pk, MaterialMovement.Kind.UNRESERVE, 0, -quantity, run, actor, now)
            _move(held.pk, MaterialMovement.Kind.RESERVE, 0, quantity, run, actor, now, lot)


def _reserved_without_lot(material: Material) -> dict[Run, int]:
    """What runs that are released and not begun have reserved of a material that is not kept by lots."""
    return {
        run: part.quantity
        for run in Run.objects.filter(state=RunState.RELEASED, needs__has_key=material.pk)
        for part in _parts(run)
        if part.material == material.pk and not part.lot
    }


def _new_lot(material: str, delivery: Delivery, available_at: datetime) -> MaterialLot:
    _require_keeping(delivery, available_at)
    return MaterialLot.objects.create(
        material_id=material,
        code=delivery.code,
        available_at=available_at,
        expires_at=delivery.expires_at,
        supplier=delivery.supplier,
    )


def _require_keeping(delivery: Delivery, available_at: datetime) -> None:
    if not delivery.code:
        raise StockRefused("A lot has a code: that on its label.")
    if delivery.expires_at is not None and delivery.expires_at <= available_at:
        raise StockRefused(f"The lot {delivery.code} has expired when it is there: send it back.")


def _lot_that_came(material: Material, delivery: Delivery, now: datetime) -> MaterialLot:
    """The lot to receive into: a new one, the announced one, or one of which more came."""
    lot = MaterialLot.objects.filter(material=material, code=delivery.code).first()
    if lot is None:
        return _new_lot(material.pk, delivery, now)
    expires_at = delivery.expires_at or lot.expires_at
    _require_keeping(Delivery(lot.code, expires_at), now)
    lot.announced, lot.expires_at = 0, expires_at
    lot.available_at = min(lot.available_at, now)
    lot.supplier = delivery.supplier or lot.supplier
    lot.save(update_fields=["announced", "expires_at", "available_at", "supplier"])
    return lot


def _come_in(lot: MaterialLot, quantity: int, actor: str, now: datetime) -> None:
    MaterialLot.objects.filter(pk=lot.pk).update(
        on_hand=F("on_hand") + quantity, received=F("received") + quantity
    )
    Material.objects.filter(pk=lot.material_id).update(on_hand=F("on_hand") + quantity)
    _move(lot.material_id, MaterialMovement.Kind.RECEIPT, quantity, 0, None, actor, now, lot)


def _counted_lot(material: Material, code: str) -> MaterialLot | None:
    if not material.by_lots:
        if code:
            raise StockRefused(f"{material.name} is not kept by lots: count all of it.")
        return None
    lot = MaterialLot.objects.filter(material=material, code=code).first()
    if lot is None:
        raise StockRefused(f"{material.name} is kept by lots: count one lot at a time, by its code.")
    return lot


# --- books ------------------------------------------------------------------------------------------------


def _record(material: Material, kind: str, data: Mapping[str, object], actor: str, now: datetime) -> None:
    told = {"material": material.pk, "on_hand": material.on_hand, **data}
    record(stream=f"material:{material.pk}", kind=kind, actor=actor, data=told, now=now)


def _needs(run: Run) -> Mapping[str, int]:
    needs: Mapping[str, int] = run.needs
    return needs


def _move(
    material: str,
    kind: str,
    on_hand: int,
    reserved: int,
    run: Run | None,
    actor: str,
    now: datetime,
    lot: MaterialLot | None = None,
) -> None:
    MaterialMovement.objects.create(
        material_id=material,
        kind=kind,
        on_hand_change=on_hand,
        reserved_change=reserved,
        run=run,
        lot=lot,
        actor=actor,
        at=now,
    )
