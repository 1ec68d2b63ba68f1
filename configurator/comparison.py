"""Two designs side by side: where they differ, what each costs, when each can be ready."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from configurator.answers import choice_labels, describe, describe_design
from configurator.catalogue import spec_of
from configurator.models import Configuration, Design
from configurator.visibility import Visitor

MOST_OFFERED = 20  # designs to pick from


class NotToCompare(Exception):
    """There is no such design, or it is not open to who asks."""


@dataclass(frozen=True)
class Side:
    """One design; `price` is for one piece, of the design completed with defaults while something is open.

    `labels` gives for an option's name what is chosen. `picture` is an address, or empty.
    """

    id: str
    family: str
    name: str
    finished: bool
    price: str | None
    currency: str
    ready_at: str | None
    picture: str
    labels: Mapping[str, str]


@dataclass(frozen=True)
class Row:
    """What an option is on the left and on the right; empty where it is not chosen or not there."""

    option: str
    left: str
    right: str

    @property
    def differs(self) -> bool:
        return self.left != self.right


@dataclass(frozen=True)
class Comparison:
    left: Side
    right: Side
    rows: tuple[Row, ...]


def find(*, pk: str, user: Visitor, session_key: str) -> Configuration | Design:
    """A design being made, or a frozen one that this visitor may open. Raises ``NotToCompare``."""
    mine = Configuration.objects.visible_to(user=user, session_key=session_key)
    held = mine.select_related("version__family").defer("version__source").filter(pk=pk).first()
    if held is None:
        open_to = Design.objects.readable_by(user=user, session_key=session_key)
        held = open_to.select_related("version__family").defer("version__source").filter(pk=pk).first()
    if held is None:
        raise NotToCompare("There is no such design, or it is not yours to see.")
    found: Configuration | Design = held
    return found


def offered(*, user: Visitor, session_key: str) -> list[Configuration | Design]:
    """The visitor's own newest designs, finished and not, the newest first."""
    rows: list[Configuration | Design] = []
    for model in (Configuration, Design):
        mine = model.objects.visible_to(user=user, session_key=session_key)
        rows += mine.select_related("version__family").defer("version__source")[:MOST_OFFERED]
    return sorted(rows, key=_moment, reverse=True)[:MOST_OFFERED]


def _moment(of: Configuration | Design) -> datetime:
    return of.updated_at if isinstance(of, Configuration) else of.created_at


def compare(*, left: Configuration | Design, right: Configuration | Design, now: datetime) -> Comparison:
    """Both sides, and a row for every option that either of them has."""
    sides = side_of(left, now), side_of(right, now)
    names = dict.fromkeys([*_option_names(left), *_option_names(right)])
    rows = (Row(name, *(side.labels.get(name, "") for side in sides)) for name in names)
    return Comparison(*sides, tuple(row for row in rows if row.left or row.right))


def _option_names(of: Configuration | Design) -> list[str]:
    return [option.name for option in spec_of(of.version).options]


def side_of(of: Configuration | Design, now: datetime) -> Side:
    finished = isinstance(of, Design)
    described: dict[str, Any] = (
        describe_design(of) if isinstance(of, Design) else describe(of, quantity=1, now=now)
    )
    price = described["price"] if spec_of(of.version).priced else None
    promise = described.get("promise") or {}
    pictures = described["preview"]
    return Side(
        id=of.pk,
        family=of.version.family_id,
        name=of.version.family.name,
        finished=finished,
        price=price["unit"] if price else None,
        currency=spec_of(of.version).currency,
        ready_at=promise.get("ready_at"),
        picture=pictures[0]["url"] if pictures else "",
        labels={label["option"]: label["value"] for label in choice_labels(of, of.choices)},
    )
