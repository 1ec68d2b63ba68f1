"""How pages say things: the names behind codes, a line's choices as its shopper reads them, what happened."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils.timezone import localtime

from configurator.answers import choice_labels
from configurator.catalogue import spec_of
from ledger.models import Entry
from orders.models import Line
from production.models import Machine, Material, Run, WorkCentre

SHOWN = 7  # choices of a line that a list names
PEOPLE = {"user": "", "key": "API key ", "guest": "a guest", "system": ""}
SYSTEMS = {
    "demand": "the planner",
    "demo": "the demo",
    "jobs": "the jobs",
    "guard": "the guard rail",
    "gate": "the file checks",
}


@dataclass(frozen=True)
class Names:
    """Names of work centres and materials by code; what has none keeps its code."""

    centres: Mapping[str, str]
    materials: Mapping[str, str]

    def centre(self, code: str) -> str:
        return self.centres.get(code, code)

    def setup(self, family: str) -> str:
        """A set-up family: mostly a material's code."""
        return self.materials.get(family) or ("any work" if family == "any" else family.replace("-", " "))

    def run(self, key: Mapping[str, Any]) -> str:
        """What a run is made of and where: "Laser, Walnut 6 mm"."""
        material = str(key.get("material") or "")
        what = self.materials.get(material, material) or self.setup(str(key.get("setup_family", "")))
        return ", ".join(part for part in (self.centre(str(key.get("work_centre", ""))), what) if part)

    def sentence(self, text: str) -> str:
        """A sentence of the planner with names where it has codes."""
        known = {**self.centres, **self.materials}
        return re.sub(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*", lambda word: known.get(word[0], word[0]), text)


def read_names() -> Names:
    """Two queries."""
    return Names(
        dict(WorkCentre.objects.values_list("code", "name")),
        dict(Material.objects.values_list("code", "name")),
    )


_ID = re.compile(r"\b(?P<kind>lin|run)_[0-9A-Z]{26}(?::(?P<piece>\d+))?")
_CODE = re.compile(r"\b[a-z][a-z0-9]*(?:-[a-z0-9]+)+")
_INSTANT = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) UTC")  # as the certificate writes them


def plain(text: str) -> str:
    """One of ``plain_texts``."""
    return plain_texts([text])[0]


def plain_texts(texts: Sequence[str]) -> list[str]:
    """Sentences of the planner with order and line, run, machine and material in place of ids and codes, and
    instants by the clock on the wall: what is not in the books keeps its id. At most four queries for all."""
    ids = {found[0].partition(":")[0] for text in texts for found in _ID.finditer(text)}
    lines = Line.objects.select_related("order").in_bulk([each for each in ids if each.startswith("lin")])
    runs = dict(Run.objects.filter(pk__in=ids).values_list("pk", "number"))
    codes = dict(Machine.objects.values_list("code", "name")) | dict(
        Material.objects.values_list("code", "name")
    )

    def name(found: re.Match[str]) -> str:
        pk = found[0].partition(":")[0]
        if pk in runs:
            return f"R-{runs[pk]}"
        if pk not in lines:
            return found[0]
        piece = f", piece {found['piece']}" if found["piece"] else ""
        return f"{line_name(lines[pk])}{piece}"

    named = (_INSTANT.sub(_on_the_wall, _ID.sub(name, text)) for text in texts)
    return [_CODE.sub(lambda found: codes.get(found[0], found[0]), each) for each in named]


def _on_the_wall(found: re.Match[str]) -> str:
    at = localtime(datetime.strptime(found[1], "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC))
    return f"{at:%a} {at.day} {at:%b} {at:%H:%M}"


def line_name(line: Line) -> str:
    """Such as A-2026-000049/1."""
    return f"{line.order.number}/{line.position}"


@dataclass(frozen=True)
class Told:
    """A line's choices: the words to be put on it, and the rest in one sentence."""

    texts: tuple[str, ...]
    choices: str


def told(line: Line, *, shown: int = SHOWN) -> Told:
    """What a line is, in its shopper's words. Needs ``design.version``, no query for a known version."""
    kinds = {option.code: option.kind for option in spec_of(line.design.version).options}
    labels = choice_labels(line.design, line.choices)
    texts = tuple(label["value"] for label in labels if kinds[label["code"]] == "text")
    rest = [
        _named(label, kinds[label["code"]])
        for label in labels
        if kinds[label["code"]] != "text" and (kinds[label["code"]], label["value"]) != ("switch", "No")
    ]
    more = f" and {len(rest) - shown} more" if len(rest) > shown else ""
    return Told(texts, ", ".join(rest[:shown]) + more)


def _named(label: Mapping[str, str], kind: str) -> str:
    """A choice as a list says it: a number means nothing without its name."""
    if kind == "switch":
        return label["option"]
    return f"{label['option']} {label['value']}" if kind == "integer" else label["value"]


def short_number(line: Line) -> str:
    """The end of the order's number and the line: 49/1 of A-2026-000049."""
    return f"{line.order.number.rsplit('-', 1)[-1].lstrip('0')}/{line.position}"


def who(actor: str) -> str:
    """``user:bob`` is bob, ``system:demand`` is the planner."""
    kind, _, name = actor.partition(":")
    if kind == "guest":
        return PEOPLE["guest"]
    return PEOPLE.get(kind, f"{kind} ") + (SYSTEMS.get(name, name) if kind == "system" else name)


def span(duration: timedelta) -> str:
    """A length of time as people say it: "40 min", "3 h", "2 days"."""
    minutes = max(round(duration / timedelta(minutes=1)), 1)
    if minutes < 90:
        return f"{minutes} min"
    if minutes < 36 * 60:
        return f"{round(minutes / 60)} h"
    return f"{round(minutes / 1440)} days"


def money(minor: int) -> str:
    """Minor units of the workshop's currency as people write them."""
    return f"{minor / 100:,.2f}"


def _counted(count: object, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def happened(entry: Entry, called: Mapping[str, str]) -> str:
    """An entry of the ledger as the end of "R-4 ..." or "the line ...": what was done. ``called`` are names
    by id or code: of machines, and of lines such as "line 2"; what has none keeps its code."""
    data = _named_in(entry.data, called) | {"line": called.get(str(entry.data.get("line")), "a line")}
    say = _SENTENCES.get(entry.kind)
    return say(data) if say else entry.kind.replace(".", " ").replace("_", " ")


def _named_in(data: Mapping[str, Any], called: Mapping[str, str]) -> dict[str, Any]:
    """The data with names where it has ids and codes, a level down, too."""
    return {
        key: _named_in(value, called)
        if isinstance(value, dict)
        else called.get(value, value)
        if isinstance(value, str)
        else value
        for key, value in data.items()
    }


def _because(data: Mapping[str, Any]) -> str:
    reason = str(data.get("reason") or "").strip()
    return f": {reason}" if reason else ""


def _drawn(data: Mapping[str, Any]) -> str:
    return f"{data['line']}, {data.get('surface', '?')},"


def _split(data: Mapping[str, Any]) -> str:
    if "pieces" in data:
        return f"split: {_counted(len(data['pieces']), 'piece')} went into a run of their own"
    return f"split off from R-{data.get('number', '?')}"


# What an undo takes back, by the kind of the last entry about a run.
UNDOES = {
    "run.released": "the release",
    "run.rejected": "the rejection",
    "run.pinned": "the pin",
    "run.unpinned": "the unpin",
}
_SENTENCES: dict[str, Any] = {
    "run.released": lambda d: (
        f"released to the floor, material for {_counted(d.get('pieces'), 'piece')} reserved"
    ),
    "run.pinned": lambda d: "pinned: the planner leaves it as it is",
    "run.unpinned": lambda d: "unpinned: the planner may change it again",
    "run.split": _split,
    "run.moved": lambda d: (
        f"moved step {d.get('step')}, from {d.get('from', {}).get('machine')} to {d['to']['machine']}"
    ),
    "run.rejected": lambda d: "rejected" + _because(d),
    "run.undone": lambda d: f"took back {UNDOES.get(str(d.get('undone')), 'the last decision')}",
    "run.done": lambda d: f"done, {_counted(d.get('pieces'), 'piece')} made",
    "files.stopped": lambda d: f"no files for the floor: {' '.join(d.get('reasons', ()))}",
    "files.again": lambda d: "asked for the files of the floor to be made again",
    "operation.started": lambda d: f"step {d.get('step')} begun on {d.get('machine')}",
    "operation.finished": lambda d: f"step {d.get('step')} finished on {d.get('machine')}",
    "piece.scrapped": lambda d: "a piece scrapped" + _because(d),
    "plan.proposed": lambda d: f"proposed plan {d.get('number')}",
    "plan.repaired": lambda d: f"put plan {d.get('number')} in force by a repair",
    "draft.made": lambda d: f"made repair {d.get('number')}",
    "draft.improved": lambda d: f"improved repair {d.get('number')}",
    "draft.accepted": lambda d: (
        f"took {_counted(d.get('changes'), 'change')} of repair {d.get('number')}"
        if d.get("part")
        else f"took repair {d.get('number')}"
    ),
    "draft.discarded": lambda d: f"discarded repair {d.get('number')}" + _because(d),
    "planner.guard": lambda d: (
        "repairs that harm nobody are taken by themselves"
        if d.get("takes_harmless")
        else "every repair waits for a person"
    ),
    "line.rushed": lambda d: "a line put in a hurry" + _because(d),
    "material.late": lambda d: f"lot {d.get('lot')} comes later" + _because(d),
    "operator.absent": lambda d: f"{d.get('operator')} away" + _because(d),
    "order.placed": lambda d: "placed the order",
    "order.cancelled": lambda d: "cancelled the order" + _because(d),
    "payment.received": lambda d: "payment received",
    "material.received": lambda d: f"{d.get('quantity', 0):,} received, {d.get('on_hand', 0):,} on hand",
    "material.counted": lambda d: (
        f"counted {d.get('on_hand', 0):,}, {d.get('change', 0):+,} against the books"
    ),
    "machine.stopped": lambda d: f"{d.get('machine')} taken out of service" + _because(d),
    "calendar.created": lambda d: f"made the calendar {d.get('name', '?')}",
    "calendar.revoked": lambda d: f"revoked the calendar {d.get('name', '?')}",
    "machine.started": lambda d: f"{d.get('machine')} back in service",
    "line.ready": lambda d: f"{d['line']} waits to be planned" + _because(d),
    "line.planned": lambda d: f"{d['line']} planned",
    "line.file_ready": lambda d: f"the production file of {_drawn(d)} made and checked",
    "line.file_stopped": lambda d: f"the production file of {_drawn(d)} stopped" + _because(d),
    "line.file_again": lambda d: f"asked for the production file of {d['line']} to be made again",
    "line.released": lambda d: f"{d['line']} released to the floor",
    "line.in_production": lambda d: f"{d['line']} in production" + _because(d),
    "line.made": lambda d: f"{d['line']} made",
    "line.shipped": lambda d: (
        f"{d['line']} shipped with {d.get('carrier', '?')} {d.get('reference', '')}".rstrip()
    ),
    "line.changed": lambda d: (
        f"{d['line']} is {d.get('to', '?')} instead of {d.get('from', '?')}" + _because(d)
    ),
    "line.cancelled": lambda d: f"{d['line']} cancelled" + _because(d),
}
