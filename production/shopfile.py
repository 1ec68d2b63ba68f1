"""A workshop from one text: calendars, work centres with machines and set-ups, people, tools, materials.

Loading a model again brings the shop up to date; what it does not name stays. Stock is only
received for materials and lots that are new: afterwards it is what the movements made of it.
What a machine is set up for, and whether it works, is the floor's to say once it is there.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction

from ledger.entries import record
from production import stock
from production.locking import planning_lock
from production.models import (
    Calendar,
    CalendarException,
    Machine,
    MachineStop,
    Material,
    MaterialLot,
    Operator,
    OperatorAbsence,
    PlannerSettings,
    SetupRule,
    Shift,
    Tool,
    WorkCentre,
)
from production.shopexport import export, fingerprint
from production.shopschema import (
    DAYS,
    ShopFileError,
    materials_of,
    moment_of,
    parse,
    problems_of,
    zone_of_store,
    zones_of,
)

__all__ = ["Loaded", "ShopChanged", "ShopFileError", "load", "load_data"]


class ShopChanged(Exception):
    """The shop's model is another than the one that the change was made for: read it again."""

    def __init__(self, found: int) -> None:
        super().__init__("The shop was changed meanwhile: read its model again, then change that.")
        self.found = found


@dataclass(frozen=True)
class Loaded:
    """How much is in the shop now; ``changed``: whether the model changed anything in it."""

    calendars: int
    work_centres: int
    machines: int
    materials: int
    operators: int
    tools: int
    changed: bool


def load(*, text: str, actor: str, now: datetime) -> Loaded:
    """Put the shop of a YAML or JSON text into the database.

    Raises ``ShopFileError``, and then nothing is changed.
    """
    return load_data(data=parse(text), actor=actor, now=now)


def load_data(*, data: Any, actor: str, now: datetime, expected: int | None = None) -> Loaded:
    """Put a shop's model (``shopschema.SCHEMA``) into the database. ``expected`` is the fingerprint of the
    model that it takes the place of.

    Raises ``ShopFileError`` or ``ShopChanged``, and then nothing is changed.
    """
    if problems := problems_of(data, now=now):
        raise ShopFileError(problems)
    with transaction.atomic():
        planning_lock()
        before = export()
        if expected is not None and fingerprint(before) != expected:
            raise ShopChanged(fingerprint(before))
        begun = _load(data, actor=actor, now=now)
        changed = export() != before
        if changed:
            told = {"name": data["name"], "stock": begun}
            # What is planned already has to be planned anew (tasks.py follows the change).
            kind = "shop.changed" if before["work_centres"] else "shop.loaded"
            record(stream="shop", kind=kind, actor=actor, data=told, now=now)
        return Loaded(
            calendars=Calendar.objects.count(),
            work_centres=WorkCentre.objects.count(),
            machines=Machine.objects.count(),
            materials=Material.objects.count(),
            operators=Operator.objects.count(),
            tools=Tool.objects.count(),
            changed=changed,
        )


def _load(data: Mapping[str, Any], *, actor: str, now: datetime) -> dict[str, int]:
    """Everything of a sound model; what new materials begin with, by code."""
    zones = zones_of(data)
    for calendar in data["calendars"]:
        _load_calendar(calendar)
    for position, centre in enumerate(data["work_centres"], start=1):
        _load_work_centre(centre, position, zones, now)
    for operator in data.get("operators", []):
        _load_operator(operator, zones[operator["calendar"]], now)
    for tool in data.get("tools", []):
        Tool.objects.update_or_create(
            code=tool["code"], defaults={"name": tool["name"], "count": tool["count"]}
        )
    begun: dict[str, int] = {}
    for material in materials_of(data):
        begun |= _load_material(material, zone=zone_of_store(data), actor=actor, now=now)
    if told := data.get("planner"):
        row = PlannerSettings.objects.filter(pk=1).first() or PlannerSettings(pk=1)
        if any(getattr(row, name) != value for name, value in told.items()):
            for name, value in told.items():
                setattr(row, name, value)
            row.version += 1
            row.save()
    return begun


def _load_calendar(data: Mapping[str, Any]) -> None:
    calendar, _ = Calendar.objects.update_or_create(
        code=data["code"], defaults={"name": data["name"], "time_zone": data["time_zone"]}
    )
    calendar.shifts.all().delete()
    calendar.exceptions.all().delete()
    Shift.objects.bulk_create(
        Shift(
            calendar=calendar,
            weekday=DAYS.index(day),
            start=time.fromisoformat(shift["start"]),
            end=time.fromisoformat(shift["end"]),
            overtime=shift.get("overtime", False),
        )
        for shift in data["shifts"]
        for day in shift["days"]
    )
    CalendarException.objects.bulk_create(
        CalendarException(
            calendar=calendar,
            date=date.fromisoformat(day["date"]),
            start=time.fromisoformat(day["start"]) if "start" in day else None,
            end=time.fromisoformat(day["end"]) if "end" in day else None,
            reason=day["reason"],
            overtime=day.get("overtime", False),
        )
        for day in data.get("exceptions", [])
    )


def _load_work_centre(
    data: Mapping[str, Any], position: int, zones: Mapping[str, ZoneInfo], now: datetime
) -> None:
    centre, _ = WorkCentre.objects.update_or_create(
        code=data["code"],
        defaults={
            "name": data["name"],
            "mode": data["mode"],
            "process": data["process"],
            "site": data.get("site", ""),
            "load_seconds": data.get("load_seconds", 0),
            "capacity": data.get("capacity", 0),
            "takt_seconds": data.get("takt_seconds", 0),
            "stations": data.get("stations", 1),
            "rate": data.get("rate", 0),
            "skill": data.get("skill", ""),
            "attended": data.get("attended", ""),
            "position": position,
        },
    )
    for machine in data["machines"]:
        _load_machine(machine, centre, zones[machine["calendar"]], now)
    centre.setup_rules.all().delete()
    SetupRule.objects.bulk_create(
        SetupRule(
            work_centre=centre,
            from_family=rule.get("from", ""),
            to_family=rule["to"],
            seconds=round(rule["minutes"] * 60),
            cost=rule.get("cost", 0),
        )
        for rule in data.get("setups", [])
    )


def _load_machine(data: Mapping[str, Any], centre: WorkCentre, zone: ZoneInfo, now: datetime) -> None:
    width, height = data.get("bed", (0, 0))
    built = {
        "name": data["name"],
        "work_centre": centre,
        "bed_width_um": _micrometres(width),
        "bed_height_um": _micrometres(height),
        "margin_um": _micrometres(data.get("margin", 0)),
        "gap_um": _micrometres(data.get("gap", 0)),
        "speed_percent": data.get("speed", 100),
        "calendar_id": data["calendar"],
        "families": data.get("families", []),
        "capacity": data.get("capacity", 0),
        "cost_rate": data.get("cost_rate", 0),
        "power_w": data.get("power_w", 0),
    }
    machine, _ = Machine.objects.update_or_create(
        code=data["code"],
        defaults=built,
        create_defaults={**built, "setup_state": data.get("setup", "")},
    )
    if "maintenance" in data:
        planned = machine.stops.filter(kind=MachineStop.Kind.MAINTENANCE)
        planned.filter(end__gt=now).delete()
        MachineStop.objects.bulk_create(
            MachineStop(machine=machine, reason=each["reason"], start=start, end=end)
            for each in data["maintenance"]
            for start, end in [_span(each, zone, now)]
            if end > now
        )


def _load_operator(data: Mapping[str, Any], zone: ZoneInfo, now: datetime) -> None:
    operator, _ = Operator.objects.update_or_create(
        code=data["code"],
        defaults={"name": data["name"], "skills": data["skills"], "calendar_id": data["calendar"]},
    )
    if "absences" in data:
        operator.absences.filter(end__gt=now).delete()
        OperatorAbsence.objects.bulk_create(
            OperatorAbsence(operator=operator, reason=each["reason"], start=start, end=end)
            for each in data["absences"]
            for start, end in [_span(each, zone, now)]
            if end > now
        )


def _span(data: Mapping[str, str], zone: ZoneInfo, now: datetime) -> tuple[datetime, datetime]:
    return moment_of(data["start"], zone=zone, now=now), moment_of(data["end"], zone=zone, now=now)


def _load_material(data: Mapping[str, Any], *, zone: ZoneInfo, actor: str, now: datetime) -> dict[str, int]:
    """The stock that a new material, or one of its new lots, begins with."""
    width, height = data.get("sheet", (0, 0))
    kept = {"least_offcut_um": _micrometres(data["keep_offcuts_from"])} if "keep_offcuts_from" in data else {}
    material, is_new = Material.objects.update_or_create(
        code=data["code"],
        defaults={
            "name": data["name"],
            "unit": data["unit"],
            "sheet_width_um": _micrometres(width),
            "sheet_height_um": _micrometres(height),
            **kept,
        },
        create_defaults={
            "name": data["name"],
            "unit": data["unit"],
            "sheet_width_um": _micrometres(width),
            "sheet_height_um": _micrometres(height),
            **kept,
            "by_lots": "lots" in data,
        },
    )
    begun: dict[str, int] = {}
    if is_new and data.get("stock"):
        stock.begin(material=material, quantity=data["stock"], actor=actor, now=now)
        begun[material.pk] = data["stock"]
    known = set(MaterialLot.objects.filter(material=material).values_list("code", flat=True))
    for lot in data.get("lots", []):
        if lot["code"] not in known:
            _begin_lot(lot, material, zone=zone, actor=actor, now=now)
            begun[f"{material.pk}/{lot['code']}"] = lot["quantity"]
    return begun


def _begin_lot(
    data: Mapping[str, Any], material: Material, *, zone: ZoneInfo, actor: str, now: datetime
) -> None:
    expires = moment_of(data["expires"], zone=zone, now=now) if "expires" in data else None
    try:
        stock.begin_lot(
            material=material,
            delivery=stock.Delivery(data["code"], expires, data.get("supplier", "")),
            quantity=data["quantity"],
            available_at=moment_of(data["arrives"], zone=zone, now=now) if "arrives" in data else now,
            actor=actor,
            now=now,
        )
    except stock.StockRefused as refusal:
        raise ShopFileError([f"material {material.pk}: {refusal}"]) from refusal


def _micrometres(millimetres: float) -> int:
    return round(millimetres * 1000)
