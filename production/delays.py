"""What holds a late line up, read off the plan as it stands: the machine, the calendar, the material, the
operator, or the work itself.

From the last operation of the line back: where the machine did something else right before, that machine
binds; where the operation begins as soon as the one before it ends, the search goes on there. It is quick
enough for a list of thousands of lines, and says what is, not what would help (``engine.explaining`` does).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from django.utils.timezone import localtime

from production.engine.shop import Shop
from production.facts import read_shop, seconds
from production.lateness import Expected
from production.models import Machine, MachineStop, MaterialLot, Operation, Plan, Run
from production.words import Names

IDLE = 300  # seconds of working time that nobody calls waiting
KINDS = {
    "machine": "machine busy",
    "operator": "operator busy",
    "closed": "closed time",
    "stop": "machine stopped",
    "material": "material arrives late",
    "work": "the work itself",
    "past": "promised for the past",
}


@dataclass(frozen=True)
class Cause:
    """``machine`` and ``centre`` are codes of where it binds; empty when it is no machine."""

    kind: str
    text: str
    machine: str = ""
    centre: str = ""


class _Row(NamedTuple):
    pk: int
    run: str
    number: int
    step: int
    centre: str
    machine: str
    family: str
    begin: int
    start: int
    end: int
    operator: int | None


def causes(late: Iterable[Expected], *, names: Names, now: datetime) -> dict[str, Cause]:
    """By line what binds it. A constant number of queries."""
    finder = _Finder(names, now)
    return {each.line.pk: finder.of(each) for each in late}


class _Finder:
    """Everything that the search needs, read once."""

    def __init__(self, names: Names, now: datetime) -> None:
        self.names = names
        self.shop: Shop = read_shop(now=now)
        self.machines = dict(Machine.objects.values_list("code", "name"))
        plan = Plan.objects.current().first()
        self.planned_at = plan.created_at if plan else now
        self.floor = seconds(plan.horizon_start) if plan else seconds(now)
        fields = (
            "pk", "run_id", "run__number", "step", "work_centre_id", "machine__code", "setup_family",
            "setup_start", "start", "end", "operator_id",
        )  # fmt: skip
        rows = [
            _Row._make([*row[:7], seconds(row[7]), seconds(row[8]), seconds(row[9]), row[10]])
            for row in Operation.objects.exclude(state="dropped")
            .filter(run__in=Run.objects.live())
            .order_by("setup_start", "pk")
            .values_list(*fields)
        ]
        self.of_run: dict[str, list[_Row]] = {}
        self.on_machine: dict[str, list[_Row]] = {}
        self.by_operator: dict[int, list[_Row]] = {}
        for row in rows:
            self.of_run.setdefault(row.run, []).append(row)
            self.on_machine.setdefault(row.machine, []).append(row)
            if row.operator is not None:
                self.by_operator.setdefault(row.operator, []).append(row)
        self.arrives = _arrivals()
        self.stops: dict[str, list[int]] = {}
        for machine, end in MachineStop.objects.values_list("machine__code", "end"):
            self.stops.setdefault(machine, []).append(seconds(end))

    def of(self, late: Expected) -> Cause:
        promised = late.line.promised_at
        if promised is not None and promised <= self.planned_at:
            return Cause("past", "The promise had passed when the plan was made.")
        steps = {
            (step["step"], step["setup_family"]): step["work_centre"]
            for step in late.line.work.get("routing", ())
        }
        mine = [
            row for run in late.runs for row in self.of_run.get(run, ()) if (row.step, row.family) in steps
        ]
        if not mine:
            return Cause("work", "Its last work is under way.")
        return self._back(max(mine, key=lambda row: row.end))

    def _back(self, row: _Row) -> Cause:
        while True:
            before = [each for each in self.of_run[row.run] if each.step < row.step]
            ready = max((each.end for each in before), default=0)
            neighbour = _last_before(self.on_machine[row.machine], row)
            if neighbour and neighbour.end >= ready and self._idle(row, neighbour.end) <= IDLE:
                return self._busy(row, neighbour)
            person = _last_before(self.by_operator.get(row.operator or 0, []), row)
            if person and person.end > ready and self._idle(row, person.end) <= IDLE:
                place = self._name(person.machine)
                text = f"Its operator is at {place} until {_at(person.end)} (R-{person.number})."
                return Cause("operator", text, row.machine, row.centre)
            if not before:
                return self._first(row)
            if row.begin - ready > 4 * 3600 and self._idle(row, ready) <= IDLE:
                text = f"{self._name(row.machine)} is closed from {_at(ready)} until {_at(row.begin)}."
                return self._stopped(row, ready) or Cause("closed", text, row.machine, row.centre)
            # At once after the step before it, or when that had rested.
            row = max(before, key=lambda each: each.end)

    def _first(self, row: _Row) -> Cause:
        """Nothing on the floor is before it: material, or it begins as soon as it may."""
        lot = self.arrives.get(row.run)
        if lot and lot[0] > self.floor and row.begin - lot[0] < 24 * 3600:
            text = f"{self.names.materials.get(lot[1], lot[1])} arrives {_at(lot[0])}."
            return Cause("material", text, "", row.centre)
        if row.begin - self.floor > 4 * 3600 and self._idle(row, self.floor) <= IDLE:
            text = (
                f"{self._name(row.machine)} is closed until {_at(row.begin)}; from there on it is its work."
            )
            return self._stopped(row, self.floor) or Cause("closed", text, row.machine, row.centre)
        text = f"It begins {_at(row.begin)} and goes through without waiting: the promise left less time."
        return Cause("work", text, "", row.centre)

    def _stopped(self, row: _Row, since: int) -> Cause | None:
        """Its machine broke or is maintained until just before it."""
        ends = [end for end in self.stops.get(row.machine, ()) if since < end <= row.begin]
        if not ends or self._idle(row, max(ends)) > IDLE:
            return None
        text = f"{self._name(row.machine)} is stopped until {_at(max(ends))}; from there on it is its work."
        return Cause("stop", text, row.machine, row.centre)

    def _busy(self, row: _Row, neighbour: _Row) -> Cause:
        text = f"{self._name(row.machine)} is busy until {_at(neighbour.end)} (R-{neighbour.number}"
        if neighbour.family != row.family and row.start > row.begin:
            text += f", then {(row.start - row.begin) // 60} min of set-up"
        return Cause("machine", text + ").", row.machine, row.centre)

    def _idle(self, row: _Row, since: int) -> int:
        """Working seconds of its machine between an instant and its set-up."""
        windows: Sequence[tuple[int, int]] = self.shop.windows.get(row.machine, ())
        total = 0
        for opens, closes in windows[max(bisect_right(windows, (since, since)) - 1, 0) :]:
            if opens >= row.begin or total > IDLE:
                break
            total += max(min(closes, row.begin) - max(opens, since), 0)
        return total

    def _name(self, machine: str) -> str:
        return self.machines.get(machine, machine)


def _last_before(rows: Sequence[_Row], row: _Row) -> _Row | None:
    """The one that begins last before it (of rows in the order of their begin)."""
    index = bisect_left(rows, row.begin, key=lambda each: each.begin)
    found = rows[index - 1] if index else None
    return found if found is None or found.pk != row.pk else None


def _arrivals() -> dict[str, tuple[int, str]]:
    """By run when the last of its lots comes, and of which material. Two queries."""
    coming: Mapping[tuple[str, str], datetime] = {
        (material, code): at
        for material, code, at in MaterialLot.objects.filter(announced__gt=0).values_list(
            "material_id", "code", "available_at"
        )
    }
    if not coming:
        return {}
    found: dict[str, tuple[int, str]] = {}
    for run, lots in Run.objects.live().exclude(lots=[]).values_list("pk", "lots"):
        times = [
            (seconds(coming[use["material"], use["lot"]]), use["material"])
            for use in lots
            if (use["material"], use["lot"]) in coming
        ]
        if times:
            found[run] = max(times)
    return found


def _at(instant: int) -> str:

    return f"{localtime(datetime.fromtimestamp(instant, UTC)):%a %-d %b %H:%M}"
