"""The shop's model out of the database, in the shape that it is loaded from (``shopschema.SCHEMA``).

Loading what was exported changes nothing. Stock is as it is now; times are those of the clock of the
calendar concerned, as far as they have not gone by.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, time
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from production.models import (
    Calendar,
    Machine,
    MachineStop,
    Material,
    Operator,
    OperatorAbsence,
    PlannerSettings,
    SetupRule,
    Shift,
    Tool,
    WorkCentre,
)
from production.shopschema import DAYS

NAME = "Workshop"


def export() -> dict[str, Any]:
    """The whole model as plain values, in a constant number of queries."""
    calendars = list(Calendar.objects.prefetch_related("shifts", "exceptions"))
    zones = {calendar.code: ZoneInfo(calendar.time_zone) for calendar in calendars}
    store = next((zones[calendar.code] for calendar in calendars), ZoneInfo("UTC"))
    machines: dict[str, list[Machine]] = defaultdict(list)
    for machine in Machine.objects.order_by("code").prefetch_related("stops"):
        machines[machine.work_centre_id].append(machine)
    centres = WorkCentre.objects.order_by("position", "code").prefetch_related("setup_rules")
    settings = PlannerSettings.objects.filter(pk=1).first() or PlannerSettings(pk=1)
    return {
        "name": NAME,
        "calendars": [_calendar(calendar) for calendar in calendars],
        "work_centres": [_work_centre(centre, machines[centre.code], zones) for centre in centres],
        "operators": [
            {
                "code": row.code,
                "name": row.name,
                "skills": list(row.skills),
                "calendar": row.calendar_id or "",
                "absences": _away(row.absences.all(), zones.get(row.calendar_id or "", store)),
            }
            for row in Operator.objects.filter(calendar__isnull=False).prefetch_related("absences")
        ],
        "tools": [{"code": row.code, "name": row.name, "count": row.count} for row in Tool.objects.all()],
        "materials": [
            _material(row, store) for row in Material.objects.order_by("code").prefetch_related("lots")
        ],
        "planner": settings.as_told(),
    }


def fingerprint(model: dict[str, Any]) -> int:
    """A number for the state of an exported model, for If-Match. What the floor changes by itself (stock,
    lots, what machines are set up for) does not count."""
    text = json.dumps(_without(model, _FLOORS), sort_keys=True, ensure_ascii=False)
    return int(hashlib.sha256(text.encode()).hexdigest()[:12], 16)


_FLOORS = ("stock", "lots", "setup")


def _without(value: Any, keys: tuple[str, ...]) -> Any:
    if isinstance(value, dict):
        return {key: _without(inner, keys) for key, inner in value.items() if key not in keys}
    if isinstance(value, list):
        return [_without(inner, keys) for inner in value]
    return value


def as_yaml(model: dict[str, Any]) -> str:
    return yaml.safe_dump(model, allow_unicode=True, sort_keys=False, width=120)


def as_json(model: dict[str, Any]) -> str:
    return json.dumps(model, ensure_ascii=False, indent=1) + "\n"


def _filled(data: dict[str, Any]) -> dict[str, Any]:
    """Without what says nothing."""
    return {key: value for key, value in data.items() if value not in ("", 0, None, [], False)}


def _calendar(row: Calendar) -> dict[str, Any]:
    def same(shift: Shift) -> tuple[time, time, bool]:
        return shift.start, shift.end, shift.overtime

    shifts = sorted(row.shifts.all(), key=lambda shift: (*same(shift), shift.weekday))
    return {
        "code": row.code,
        "name": row.name,
        "time_zone": row.time_zone,
        "shifts": [
            _filled(
                {
                    "days": [DAYS[shift.weekday] for shift in alike],
                    "start": _clock(start),
                    "end": _clock(end),
                    "overtime": overtime,
                }
            )
            for (start, end, overtime), alike in groupby(shifts, key=same)
        ],
        "exceptions": [
            _filled(
                {
                    "date": day.date.isoformat(),
                    "start": _clock(day.start) if day.start is not None else "",
                    "end": _clock(day.end) if day.end is not None else "",
                    "reason": day.reason,
                    "overtime": day.overtime,
                }
            )
            for day in row.exceptions.all()
        ],
    }


def _work_centre(row: WorkCentre, machines: Iterable[Machine], zones: dict[str, ZoneInfo]) -> dict[str, Any]:
    told = _filled(
        {
            "code": row.code,
            "name": row.name,
            "mode": row.mode,
            "process": row.process,
            "site": row.site,
            "load_seconds": row.load_seconds,
            "capacity": row.capacity,
            "takt_seconds": row.takt_seconds,
            "stations": row.stations if row.stations != 1 else 0,
            "rate": row.rate,
            "skill": row.skill,
            "attended": row.attended,
        }
    )
    told["machines"] = [_machine(machine, zones) for machine in machines if machine.calendar_id]
    told["setups"] = [_setup(rule) for rule in row.setup_rules.all()]
    return told


def _machine(row: Machine, zones: dict[str, ZoneInfo]) -> dict[str, Any]:
    bed = [_millimetres(row.bed_width_um), _millimetres(row.bed_height_um)]
    told = _filled(
        {
            "code": row.code,
            "name": row.name,
            "bed": bed if row.bed_width_um else [],
            "margin": _millimetres(row.margin_um),
            "gap": _millimetres(row.gap_um),
            "speed": row.speed_percent,
            "calendar": row.calendar_id,
            "setup": row.setup_state,
            "families": list(row.families),
            "capacity": row.capacity,
            "cost_rate": row.cost_rate,
            "power_w": row.power_w,
        }
    )
    planned = [stop for stop in row.stops.all() if stop.kind == MachineStop.Kind.MAINTENANCE]
    told["maintenance"] = _away(planned, zones[row.calendar_id or ""])
    return told


def _setup(row: SetupRule) -> dict[str, Any]:
    minutes = row.seconds // 60 if row.seconds % 60 == 0 else row.seconds / 60
    before = {"from": row.from_family} if row.from_family else {}
    cost = {"cost": row.cost} if row.cost else {}
    return {**before, "to": row.to_family, "minutes": minutes, **cost}


def _away(rows: Iterable[MachineStop | OperatorAbsence], zone: ZoneInfo) -> list[dict[str, Any]]:
    return [
        {"start": _local(row.start, zone), "end": _local(row.end, zone), "reason": row.reason} for row in rows
    ]


def _material(row: Material, zone: ZoneInfo) -> dict[str, Any]:
    told: dict[str, Any] = {"code": row.code, "name": row.name, "unit": row.unit}
    if row.sheet_width_um:
        told["sheet"] = [_millimetres(row.sheet_width_um), _millimetres(row.sheet_height_um)]
    if row.least_offcut_um:
        told["keep_offcuts_from"] = _millimetres(row.least_offcut_um)
    if not row.by_lots:
        return {**told, "stock": row.on_hand}
    told["lots"] = [
        _filled(
            {
                "code": lot.code,
                "quantity": lot.announced or lot.on_hand,
                "arrives": _local(lot.available_at, zone),
                "expires": _local(lot.expires_at, zone) if lot.expires_at else "",
                "supplier": lot.supplier,
            }
        )
        for lot in row.lots.all()
        if lot.announced or lot.on_hand
    ]
    return told


def _clock(wall: time) -> str:
    return wall.isoformat("minutes")


def _local(moment: datetime, zone: ZoneInfo) -> str:
    """By the clock of the zone, with its offset: an hour in autumn is there twice."""
    return moment.astimezone(zone).isoformat(timespec="seconds")


def _millimetres(micrometres: int) -> int | float:
    return micrometres // 1000 if micrometres % 1000 == 0 else micrometres / 1000
