"""A list: pieces that share a design, each with choices of its own, such as twelve shirts with twelve names.

Each row is judged as a design by itself, by the rules and by preflight. They go into the cart together: when
one cannot be made, nothing is added, and every row says what stands against it.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone

from configurator.catalogue import kernel_of, spec_of
from configurator.designs import read_changes, why_refused
from configurator.engine.allowance import allowance
from configurator.engine.choices import ChoiceError
from configurator.engine.domains import Undecided
from configurator.engine.identity import canonical
from configurator.engine.spec import Choice, FamilySpec, OptionSpec
from configurator.examination import UNFORESEEN, Contradiction, Examination, examine
from configurator.freezing import freeze_choices
from configurator.models import Configuration
from configurator.proofs import ask_for_smaller
from orders import cart as carts
from orders.limits import line_refusal, price_refusal
from orders.models import Cart

MOST_ROWS = carts.MAX_LINES
SECONDS_A_ROW = 1.0  # of the engine's time, at most
WAITING = 10.0  # seconds by the clock, for the engine's turns
LISTED = ("text", "choice", "switch", "integer")  # kinds of options that a row can have of its own


@dataclass(frozen=True)
class Row:
    """What one line of a list asks for. ``number`` is its line; ``problems`` are those of reading it."""

    number: int
    changes: Mapping[str, Any]
    quantity: int = 1
    problems: tuple[str, ...] = ()


@dataclass(frozen=True)
class Judged:
    """A row with what came of it: what stands against it, what is worth knowing, the price of one piece."""

    row: Row
    choices: Mapping[str, Choice] = field(default_factory=dict)
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    unit: Decimal | None = None
    currency: str = ""

    @property
    def total(self) -> Decimal | None:
        return None if self.unit is None else self.unit * self.row.quantity


class ListRefused(Exception):
    """The list as a whole cannot be taken."""


class RowsRefused(Exception):
    """Some rows cannot be made, and nothing was added: ``judged`` are all rows."""

    def __init__(self, judged: Sequence[Judged]) -> None:
        wrong = [each for each in judged if each.problems]
        told = "; ".join(f"line {each.row.number}: {each.problems[0]}" for each in wrong[:5])
        more = f"; and {len(wrong) - 5} more" if len(wrong) > 5 else ""
        super().__init__(f"Nothing was added. {told[:1].upper()}{told[1:]}{more}")
        self.judged = tuple(judged)


def listed_options(spec: FamilySpec) -> tuple[OptionSpec, ...]:
    """The options that rows can have of their own; none where there is no text to make pieces differ, or
    nothing is for sale."""
    if not spec.priced or not any(option.kind == "text" for option in spec.options):
        return ()
    return tuple(option for option in spec.options if option.kind in LISTED)


def judge(*, configuration: Configuration, rows: Sequence[Row], now: datetime) -> list[Judged]:
    """Every row as a design of its own; changes nothing. Raises ``ListRefused``."""
    if refusal := price_refusal(spec_of(configuration.version)):
        raise ListRefused(refusal)
    if not rows:
        raise ListRefused("The list is empty: write one line for each piece.")
    if len(rows) > MOST_ROWS:
        raise ListRefused(f"The list has {len(rows)} lines; up to {MOST_ROWS} go into one cart.")
    with allowance(SECONDS_A_ROW * len(rows), WAITING):
        return [_judged(configuration, row, timezone.localdate(now)) for row in rows]


def _judged(configuration: Configuration, row: Row, day: date) -> Judged:
    if row.problems:
        return Judged(row, problems=row.problems)
    if too_many := line_refusal(row.quantity):
        return Judged(row, problems=(too_many,))
    version = configuration.version
    spec, kernel = spec_of(version, day), kernel_of(version, day)
    try:
        wanted = read_changes(spec, row.changes)
        chosen = {**configuration.choices, **wanted}
        choices = {code: value for code, value in chosen.items() if value is not None}
        if not kernel.consistent(choices):
            refused = why_refused(kernel, configuration.choices, wanted)
            way_out = f" {refused.repair.sentence}" if refused.repair else ""
            return Judged(row, problems=(f"{refused.conflict.sentence}{way_out}",))
        seen = examine(version=version, choices=choices, quantity=row.quantity, on=day)
    except ChoiceError as refusal:
        named = spec.option_by_code
        return Judged(
            row,
            problems=tuple(
                f"{named[each.option].name}: {each.message}" if each.option in named else each.message
                for each in refusal.problems
            ),
        )
    except (Contradiction, Undecided, *UNFORESEEN) as refusal:
        return Judged(row, problems=(str(refusal),))
    return _told(row, choices, seen, spec)


def _told(row: Row, choices: Mapping[str, Choice], seen: Examination, spec: FamilySpec) -> Judged:
    named = spec.option_by_code
    missing = [f"{named[code].name} is still to be chosen." for code in seen.missing]
    problems = (*missing, *(finding.message for finding in seen.refusals))
    notes = tuple(finding.message for finding in seen.findings if finding.severity != "refuse")
    return Judged(row, choices, problems, notes, seen.price.unit, seen.price.currency)


def add_to_cart(
    *, cart: Cart, configuration: Configuration, rows: Sequence[Row], actor: str, now: datetime
) -> list[Judged]:
    """Freeze every row's design and put them all in the cart; rows that are the same share a line.

    All or none. Raises ``ListRefused``, ``RowsRefused``, and what ``cart.add`` raises.
    """
    judged = judge(configuration=configuration, rows=rows, now=now)
    if any(each.problems for each in judged):
        raise RowsRefused(judged)
    with transaction.atomic():
        for each in judged:
            design = freeze_choices(
                version=configuration.version,
                choices=each.choices,
                owner_id=configuration.owner_id,
                session_key=configuration.session_key,
                actor=actor,
                now=now,
            )
            ask_for_smaller(design, now=now)
            carts.add(cart=cart, design=design, quantity=each.row.quantity, now=now)
    return judged


def same_rows(judged: Sequence[Judged]) -> dict[int, int]:
    """How often the design of a row is in the list, by the row's number, where it is more than once."""
    keys = {each.row.number: canonical(each.choices) for each in judged if not each.problems}
    counted = Counter(keys.values())
    return {number: counted[key] for number, key in keys.items() if counted[key] > 1}
