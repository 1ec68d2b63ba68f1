"""What a shop's model looks like as text: its schema, and what is wrong with one.

The same shape is read from YAML and JSON files, by the API, and written back (``shopexport``). Sizes are
millimetres, speeds per cent, set-ups minutes, money in minor units, moments ``2026-12-01T08:00`` in the time
zone of the calendar concerned (``+3d 08:00``: three days after loading).
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, time, timedelta
from difflib import get_close_matches
from itertools import product
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import jsonschema
import yaml

from production.engine.shop import MODES
from production.models import PlannerSettings

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
PLANNER = tuple(PlannerSettings().as_told())

_CODE = {"type": "string", "minLength": 1, "maxLength": 40, "pattern": "^[-a-zA-Z0-9_]+$"}
_PATTERN = {"type": "string", "minLength": 1, "maxLength": 80}  # may hold {placeholders}
_NAME = {"type": "string", "minLength": 1, "maxLength": 120}
_FAMILY = {"type": "string", "minLength": 1, "maxLength": 80}
_REASON = {"type": "string", "minLength": 1, "maxLength": 200}
_TIME = {"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$"}
_DATE = {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}
_RELATIVE = re.compile(r"^\+(\d{1,3})d (\d\d:\d\d)$")
_MOMENT = {"type": "string", "minLength": 8, "maxLength": 40}
_SIZE = {"type": "array", "items": {"type": "number", "exclusiveMinimum": 0}, "minItems": 2, "maxItems": 2}
_FLAG = {"type": "boolean"}
_MOST = 2_000_000_000
_COUNT = {"type": "integer", "minimum": 0, "maximum": _MOST}
_QUANTITY = {"type": "integer", "minimum": 0, "maximum": 1_000_000_000_000}


def _object(required: list[str], **properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "required": required,
        "properties": properties,
        "additionalProperties": False,
    }


def _list(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


_AWAY = _object(["start", "end", "reason"], start=_MOMENT, end=_MOMENT, reason=_REASON)

_CALENDAR = _object(
    ["code", "name", "time_zone", "shifts"],
    code=_CODE,
    name=_NAME,
    time_zone=_NAME,
    shifts=_list(
        _object(
            ["days", "start", "end"],
            days=_list({"enum": list(DAYS)}),
            start=_TIME,
            end=_TIME,
            overtime=_FLAG,
        )
    ),
    exceptions=_list(
        _object(["date", "reason"], date=_DATE, start=_TIME, end=_TIME, reason=_REASON, overtime=_FLAG)
    ),
)

_MACHINE = _object(
    ["code", "name", "calendar"],
    code=_CODE,
    name=_NAME,
    bed=_SIZE,
    margin={"type": "number", "minimum": 0},
    gap={"type": "number", "minimum": 0},
    speed={"type": "integer", "minimum": 1, "maximum": 1000},
    calendar=_CODE,
    setup={"type": "string", "maxLength": 80},
    families=_list(_FAMILY),
    capacity=_COUNT,
    cost_rate=_COUNT,
    power_w=_COUNT,
    maintenance=_list(_AWAY),
)

_WORK_CENTRE = _object(
    ["code", "name", "mode", "process", "machines"],
    code=_CODE,
    name=_NAME,
    mode={"enum": list(MODES)},
    process={"type": "string", "minLength": 1, "maxLength": 40},
    site={"type": "string", "maxLength": 60},
    load_seconds=_COUNT,
    capacity=_COUNT,
    takt_seconds=_COUNT,
    stations={"type": "integer", "minimum": 1, "maximum": 1000},
    rate=_COUNT,
    skill={"type": "string", "maxLength": 40},
    attended={"enum": ["", "setup", "run"]},
    machines=_list(_MACHINE),
    setups=_list(
        _object(
            ["to", "minutes"],
            **{"from": _FAMILY},
            to=_FAMILY,
            minutes={"type": "number", "minimum": 0, "maximum": 1440},
            cost=_COUNT,
        )
    ),
)

_MATERIAL = _object(
    ["code", "name", "unit"],
    code=_PATTERN,
    name=_NAME,
    unit={"enum": ["sheet", "piece", "ml", "g", "mm"]},
    sheet=_SIZE,
    keep_offcuts_from={"type": "number", "minimum": 0, "maximum": 10_000},
    stock=_QUANTITY,
    lots=_list(
        _object(
            ["code", "quantity"],
            code=_CODE,
            quantity={"type": "integer", "minimum": 1, "maximum": 1_000_000_000_000},
            arrives=_MOMENT,
            expires=_MOMENT,
            supplier={"type": "string", "maxLength": 120},
        )
    ),
    each={"type": "object", "additionalProperties": _list({"type": "string"})},
)

SCHEMA = _object(
    ["name", "calendars", "work_centres", "materials"],
    name=_NAME,
    calendars=_list(_CALENDAR),
    work_centres=_list(_WORK_CENTRE),
    operators=_list(
        _object(
            ["code", "name", "skills", "calendar"],
            code=_CODE,
            name=_NAME,
            skills=_list({"type": "string", "minLength": 1, "maxLength": 40}),
            calendar=_CODE,
            absences=_list(_AWAY),
        )
    ),
    tools=_list(
        _object(
            ["code", "name", "count"],
            code=_CODE,
            name=_NAME,
            count={"type": "integer", "minimum": 0, "maximum": 1000},
        )
    ),
    materials=_list(_MATERIAL),
    planner=_object([], **{name: {"type": ["integer", "boolean", "null"], "minimum": 0} for name in PLANNER}),
)


class ShopFileError(ValueError):
    """A shop's model that cannot be loaded; ``problems`` names everything that is wrong, with its place."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


def parse(text: str) -> Any:
    """The model from YAML or JSON, dates as texts. Raises ``ShopFileError``."""
    if text.lstrip().startswith("{"):
        try:
            return json.loads(text, parse_constant=_no_number)
        except (ValueError, RecursionError) as fault:
            raise ShopFileError([f"This is no JSON: {fault}"]) from fault
    try:
        return _plain(yaml.safe_load(text))
    except (yaml.YAMLError, ValueError, RecursionError) as fault:
        raise ShopFileError([f"This is no YAML: {fault}"]) from fault


def _no_number(constant: str) -> float:
    raise ValueError(f"{constant} is no number")


def _plain(value: Any) -> Any:
    """YAML reads an unquoted date as one; the schema has texts."""
    if isinstance(value, datetime):
        return value.isoformat(timespec="minutes")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return value


def problems_of(data: Any, *, now: datetime) -> list[str]:
    """Everything that is wrong with a shop's model; nothing when it can be loaded."""
    validator = jsonschema.Draft202012Validator(SCHEMA)
    wrong = sorted(validator.iter_errors(data), key=lambda fault: [str(step) for step in fault.absolute_path])
    if wrong:
        return [
            f"{'/'.join(str(step) for step in fault.absolute_path) or 'the file'}: {fault.message}"
            for fault in wrong
        ]
    found = [*_twice(data), *_calendar_problems(data)]
    if found:  # what follows reads calendars
        return found
    return [*_machine_problems(data, now), *_people_problems(data, now), *_material_problems(data, now)]


def materials_of(data: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
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


def moment_of(text: str, *, zone: ZoneInfo, now: datetime) -> datetime:
    """A moment of the model. Raises ``ValueError`` for none."""
    if relative := _RELATIVE.match(text):
        day = now.astimezone(zone).date() + timedelta(days=int(relative[1]))
        return datetime.combine(day, time.fromisoformat(relative[2]), zone)
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=zone)


def zones_of(data: Mapping[str, Any]) -> dict[str, ZoneInfo]:
    """Time zones by calendar."""
    return {calendar["code"]: ZoneInfo(calendar["time_zone"]) for calendar in data["calendars"]}


def zone_of_store(data: Mapping[str, Any]) -> ZoneInfo:
    """Where the clock of the store is: that of the first calendar."""
    return next(iter(zones_of(data).values()), ZoneInfo("UTC"))


def _twice(data: Mapping[str, Any]) -> Iterator[str]:
    machines = [machine for centre in data["work_centres"] for machine in centre["machines"]]
    kinds: dict[str, Iterable[Mapping[str, Any]]] = {
        "calendar": data["calendars"],
        "work centre": data["work_centres"],
        "machine": machines,
        "operator": data.get("operators", []),
        "tool": data.get("tools", []),
    }
    for kind, items in kinds.items():
        for code, count in Counter(item["code"] for item in items).items():
            if count > 1:
                yield f"{kind} {code}: is there twice"
    try:
        codes = [material["code"] for material in materials_of(data)]
    except (KeyError, IndexError, ValueError) as fault:
        yield f"materials: a code or name has a placeholder that `each` does not fill ({fault})"
        return
    for code in sorted(code for code, count in Counter(codes).items() if count > 1):
        yield f"material {code}: is there twice"
    for code in codes:
        if not re.fullmatch(r"[-a-zA-Z0-9_]{1,80}", code):
            yield f"material {code}: a code has letters, digits, hyphens and underscores, at most 80"
    for centre in data["work_centres"]:
        rules = Counter((rule.get("from", ""), rule["to"]) for rule in centre.get("setups", []))
        for (before, after), count in rules.items():
            if count > 1:
                change = f"{before or 'anything'} to {after}"
                yield f"work centre {centre['code']}: the set-up {change} is there twice"


def _calendar_problems(data: Mapping[str, Any]) -> Iterator[str]:
    for calendar in data["calendars"]:
        where = f"calendar {calendar['code']}"
        if calendar["time_zone"] not in available_timezones():
            yield f"{where}: nobody knows the time zone {calendar['time_zone']!r}"
        if not any(shift["days"] for shift in calendar["shifts"]) and not calendar.get("exceptions"):
            yield f"{where}: it has no working time, neither shifts nor special days"
        begins = Counter((day, shift["start"]) for shift in calendar["shifts"] for day in shift["days"])
        for (day, start), count in begins.items():
            if count > 1:
                yield f"{where}: two shifts begin on {day} at {start}"
        if any(shift["start"] == shift["end"] for shift in calendar["shifts"]):
            yield f"{where}: a shift ends when it begins (a whole day is two shifts)"
        dates = Counter(day["date"] for day in calendar.get("exceptions", []))
        for day in calendar.get("exceptions", []):
            if dates[day["date"]] > 1:
                yield f"{where}: {day['date']} is there twice"
            try:
                date.fromisoformat(day["date"])
            except ValueError:
                yield f"{where}: there is no day {day['date']}"
            if ("start" in day) != ("end" in day):
                yield f"{where}: {day['date']} needs both start and end, or none (closed)"
            if day.get("overtime") and "start" not in day:
                yield f"{where}: {day['date']} is overtime, but closed"


def _machine_problems(data: Mapping[str, Any], now: datetime) -> Iterator[str]:
    zones = zones_of(data)
    skills = {skill for operator in data.get("operators", []) for skill in operator["skills"]}
    for centre in data["work_centres"]:
        place = f"work centre {centre['code']}"
        if centre["mode"] == "rate" and not centre.get("rate"):
            yield f"{place}: says no rate (of load an hour)"
        if centre.get("attended") and not centre.get("skill"):
            yield f"{place}: is attended, but names no skill"
        elif centre.get("attended") and centre["skill"] not in skills:
            yield f"{place}: no operator has the skill {centre['skill']!r}{_nearest(centre['skill'], skills)}"
        for machine in centre["machines"]:
            where = f"machine {machine['code']}"
            if machine["calendar"] not in zones:
                yield f"{where}: there is no calendar {machine['calendar']!r}"
                continue
            if centre["mode"] in ("bed", "sheet") and "bed" not in machine:
                yield f"{where}: a machine that takes sheets needs the size of its bed"
            if centre["mode"] == "batch" and not (machine.get("capacity") or centre.get("capacity")):
                yield f"{where}: a batch machine needs a capacity, its own or its work centre's"
            yield from _away_problems(where, machine.get("maintenance", []), zones[machine["calendar"]], now)


def _people_problems(data: Mapping[str, Any], now: datetime) -> Iterator[str]:
    zones = zones_of(data)
    asked = {centre.get("skill", "") for centre in data["work_centres"]} - {""}
    for operator in data.get("operators", []):
        where = f"operator {operator['code']}"
        for skill in operator["skills"]:
            if skill not in asked:
                yield f"{where}: no work centre asks for the skill {skill!r}{_nearest(skill, asked)}"
        if operator["calendar"] not in zones:
            yield f"{where}: there is no calendar {operator['calendar']!r}"
        else:
            yield from _away_problems(where, operator.get("absences", []), zones[operator["calendar"]], now)


def _away_problems(
    where: str, away: Iterable[Mapping[str, str]], zone: ZoneInfo, now: datetime
) -> Iterator[str]:
    for each in away:
        try:
            start, end = (moment_of(each[edge], zone=zone, now=now) for edge in ("start", "end"))
        except ValueError:
            yield f"{where}: {each['start']} to {each['end']} is no time (2026-12-01T08:00, or +3d 08:00)"
            continue
        if start >= end:
            yield f"{where}: {each['reason']} ends before it begins"


def _material_problems(data: Mapping[str, Any], now: datetime) -> Iterator[str]:
    zone = zone_of_store(data)
    for material in data["materials"]:
        where = f"material {material['code']}"
        if "stock" in material and "lots" in material:
            yield f"{where}: say its stock or its lots, not both"
        if "sheet" in material and any(round(side * 1000) < 1 for side in material["sheet"]):
            yield f"{where}: a sheet has a size"
        lots = material.get("lots", [])
        for code, count in Counter(lot["code"] for lot in lots).items():
            if count > 1:
                yield f"{where}: the lot {code} is there twice"
        for lot in lots:
            try:
                arrives, expires = (
                    moment_of(lot[edge], zone=zone, now=now) if edge in lot else None
                    for edge in ("arrives", "expires")
                )
            except ValueError:
                yield f"{where}: lot {lot['code']} names no time (2026-12-01T08:00, or +3d 08:00)"
                continue
            if expires is not None and arrives is not None and expires <= arrives:
                yield f"{where}: lot {lot['code']} has expired when it arrives"


def _nearest(name: str, known: Iterable[str]) -> str:
    near = get_close_matches(name, list(known), n=1)
    return f" (nearest: {near[0]})" if near else ""
