"""What the kernel answers: facts about choices, in the shop's words."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from configurator.engine.spec import Choice

State = Literal["possible", "forced", "impossible", "unknown"]


@dataclass(frozen=True, slots=True)
class RuleRef:
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Conflict:
    """Why a value cannot be had: these choices and these rules exclude it, and none of them can be left out.

    `option` is empty where the choices contradict each other without any wish.
    """

    option: str
    value: Choice | None
    choices: tuple[tuple[str, Choice], ...]
    rules: tuple[RuleRef, ...]
    sentence: str


@dataclass(frozen=True, slots=True)
class Change:
    """`new` is None only where nothing can be given: a picture is taken out, a text has to be typed anew."""

    option: str
    old: Choice
    new: Choice | None


@dataclass(frozen=True, slots=True)
class Repair:
    """Other choices to change so that the wish can be had, and all choices after that.

    `unit_price` is the price of one piece then, completed with defaults; None where it cannot be told
    or nobody priced the family.
    """

    changes: tuple[Change, ...]
    choices: dict[str, Choice]
    sentence: str
    unit_price: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Violation:
    """A rule that is broken; `options` are those that the rule speaks of."""

    rule: str
    message: str
    options: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OptionAnswer:
    """What is possible for one option, given the choices made for all *other* options.

    `values` is for choices; `low` and `high` for numbers, in the option's unit; `length_low` and
    `length_high` for texts (letters) and pictures (0 or 1). All are None where nothing is possible.
    `holes` are the inclusive ranges between `low` and `high` that are impossible.
    `unknown` was not decided within the budget: offer it, and check it again when it is chosen.
    A value of a multiple choice is judged given the other values chosen in it.
    `from_prices` gives for a value the lowest price of one piece that any completion with it has; it is empty
    where no decision diagram of the family is at hand.
    """

    code: str
    chosen: Choice | None
    forced: Choice | None
    values: Mapping[str, State] = field(default_factory=dict)
    low: int | None = None
    high: int | None = None
    length_low: int | None = None
    length_high: int | None = None
    holes: tuple[tuple[int, int], ...] = ()
    from_prices: Mapping[str, Decimal] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    """`missing` are the options still to be chosen; `conflict` says why the choices are not consistent.

    `warnings` are the rules of severity `warn` that the choices break. `remaining` is the number of complete
    configurations that still have all these choices, and `from_price` the lowest price of one piece among
    them; None where no decision diagram of the family is at hand.
    """

    consistent: bool
    complete: bool
    missing: tuple[str, ...]
    options: dict[str, OptionAnswer]
    conflict: Conflict | None = None
    warnings: tuple[Violation, ...] = ()
    remaining: int | None = None
    from_price: Decimal | None = None
