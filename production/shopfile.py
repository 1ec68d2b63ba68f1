"""A workshop from one text file: calendars, work centres with machines and set-ups, materials.

Loading a file again brings the shop up to date. Stock is only received for materials that
are new: afterwards it is what the movements made of it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import product
from typing import Any
from zoneinfo import available_timezones

import jsonschema
import yaml
from django.db import transaction

from ledger.entries import record
from production import stock
from production.locking import planning_lock
from production.models import (
    Calendar,
    CalendarException,
    Machine,
    Material,
    SetupRule,
    Shift,
    WorkCentre,
)

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_CODE = {"type": "string", "minLength": 1, "maxLength": 80}
_TIME = {"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$"}
_SIZE = {"type": "array", "items": {"type": "number", "exclusiveMinimum": 0}, "minItems": 2, "maxItems": 2}


def _object(required: list[str], **properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "required": required,
        "properties": properties,
        "additionalProperties": False,
    }


def _list(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


SCHEMA = _object(
    ["name", "calendars", "work_centres", "materials"],
    name=_CODE,
    calendars=_list(
        _object(
            ["code", "name", "time_zone", "shifts"],
            code=_CODE,
            name=_CODE,
            time_zone=_CODE,
            shifts=_list(
                _object(["days", "start", "end"], days=_list({"enum": list(DAYS)}), start=_TIME, end=_TIME)
            ),
            exceptions=_list(
                _object(
                    ["date", "reason"],
                    date={"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"},
                    start=_TIME,
                    end=_TIME,
                    reason=_CODE,
                )
            ),
        )
    ),
    work_centres=_list(
        _object(
            ["code", "name", "mode", "process", "machines"],
            code=_CODE,
            name=_CODE,
            mode={"enum": ["bed", "sheet", "bench"]},
            process=_CODE,
            load_seconds={"type": "integer", "minimum": 0},
            machines=_list(
                _object(
                    ["code", "name", "calendar"],
                    code=_CODE,
                    name=_CODE,
                    bed=_SIZE,
                    margin={"type": "number", "minimum": 0},
                    gap={"type": "number", "minimum": 0},
                    speed={"type": "integer", "minimum": 1, "maximum": 1000},
                    calendar=_CODE,
                    setup={"type": "string", "maxLength": 80},
                )
            ),
            setups=_list(
                _object(
                    ["to", "minutes"],
                    **{"from": _CODE},
                    to=_CODE,
                    minutes={"type": "number", "minimum": 0, "maximum": 1440},
                )
            ),
        )
    ),
    materials=_list(
        _object(
            ["code", "name", "unit", "stock"],
            code=_CODE,
            name=_CODE,
            unit={"enum": ["sheet", "piece", "ml", "g", "mm"]},
            sheet=_SIZE,
            stock={"type": "integer", "minimum": 0},
            each={"type": "object", "additionalProperties": _list({"type": "string"})},
        )
    ),
)


class ShopFileError(ValueError):
    """A shop file that cannot be loaded; ``problems`` names every one, with its place."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


@dataclass(frozen=True)
class Loaded:
    """How much is in the shop now."""

    calendars: int
    work_centres: int
    machines: int
    materials: int


def load(*, text: str, actor: str, now: datetime) -> Loaded:
    """Put the shop of a file into the database. Raises ``ShopFileError``, and then nothing is changed."""
    try:
        data = yaml.safe_load(text)
    except yaml.YAMLError as fault:
        raise ShopFileError([f"This is no YAML: {fault}"]) from fault
    if problems := list(_problems(data)):
        raise ShopFileError(problems)
    with transaction.atomic():
        planning_lock()
        for calendar in data["calendars"]:
            _load_calendar(calendar)
        for position, centre in enumerate(data["work_centres"], start=1):
            _load_work_centre(centre, position)
        begun: dict[str, int] = {}
        for material in _materials(data):
            begun |= _load_material(material, actor=actor, now=now)
        loaded = Loaded(
            Calendar.objects.count(),
            WorkCentre.objects.count(),
            Machine.objects.count(),
            Material.objects.count(),
        )
        told = {"name": data["name"], "stock": begun}
        record(stream="shop", kind="shop.loaded", actor=actor, data=told, now=now)
    return loaded


def _problems(data: Any) -> Iterator[str]:
    validator = jsonschema.Draft202012Validator(SCHEMA)
    wrong = sorted(validator.iter_errors(data), key=lambda fault: [str(step) for step in fault.absolute_path])
    for fault in wrong:
        where = "/".join(str(step) for step in fault.absolute_path) or "the file"
        yield f"{where}: {fault.message}"
    if wrong:
        return
    for calendar in data["calendars"]:
        if calendar["time_zone"] not in available_timezones():
            yield f"calendar {calendar['code']}: nobody knows the time zone {calendar['time_zone']!r}"
    calendars = {calendar["code"] for calendar in data["calendars"]}
    for centre in data["work_centres"]:
        for machine in centre["machines"]:
            where = f"machine {machine['code']}"
            if machine["calendar"] not in calendars:
                yield f"{where}: there is no calendar {machine['calendar']!r}"
            if centre["mode"] != "bench" and "bed" not in machine:
                yield f"{where}: a machine that takes sheets needs the size of its bed"
    codes = [material["code"] for material in _materials(data)]
    for code in sorted({code for code in codes if codes.count(code) > 1}):
        yield f"material {code}: is there twice"


def _materials(data: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The materials, those with ``each`` once for every combination."""
    for material in data["materials"]:
        each = material.get("each", {})
        for values in product(*each.values()):
            chosen = dict(zip(each, values, strict=True))
            yield {
                **material,
                "code": material["code"].format(**chosen),
                "name": material["name"].format(**chosen),
            }


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
        )
        for day in data.get("exceptions", [])
    )


def _load_work_centre(data: Mapping[str, Any], position: int) -> None:
    centre, _ = WorkCentre.objects.update_or_create(
        code=data["code"],
        defaults={
            "name": data["name"],
            "mode": data["mode"],
            "process": data["process"],
            "load_seconds": data.get("load_seconds", 0),
            "position": position,
        },
    )
    for machine in data["machines"]:
        width, height = machine.get("bed", (0, 0))
        built = {
            "name": machine["name"],
            "work_centre": centre,
            "bed_width_um": _micrometres(width),
            "bed_height_um": _micrometres(height),
            "margin_um": _micrometres(machine.get("margin", 0)),
            "gap_um": _micrometres(machine.get("gap", 0)),
            "speed_percent": machine.get("speed", 100),
            "calendar_id": machine["calendar"],
        }
        # What a machine is set up for, and whether it works, is the floor's to say once it is there.
        Machine.objects.update_or_create(
            code=machine["code"],
            defaults=built,
            create_defaults={**built, "setup_state": machine.get("setup", "")},
        )
    centre.setup_rules.all().delete()
    SetupRule.objects.bulk_create(
        SetupRule(
            work_centre=centre,
            from_family=rule.get("from", ""),
            to_family=rule["to"],
            seconds=round(rule["minutes"] * 60),
        )
        for rule in data.get("setups", [])
    )


def _load_material(data: Mapping[str, Any], *, actor: str, now: datetime) -> dict[str, int]:
    """The stock that a new material begins with, by its code."""
    width, height = data.get("sheet", (0, 0))
    material, is_new = Material.objects.update_or_create(
        code=data["code"],
        defaults={
            "name": data["name"],
            "unit": data["unit"],
            "sheet_width_um": _micrometres(width),
            "sheet_height_um": _micrometres(height),
        },
    )
    if is_new and data["stock"]:
        stock.begin(material=material, quantity=data["stock"], actor=actor, now=now)
        return {material.pk: data["stock"]}
    return {}


def _micrometres(millimetres: float) -> int:
    return round(millimetres * 1000)
