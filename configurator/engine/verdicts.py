"""What a configuration from outside is worth: complete, still open, refused by rules, or no configuration."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from configurator.engine.answers import Violation
from configurator.engine.choices import ChoiceError, ChoiceProblem
from configurator.engine.domains import Kernel
from configurator.engine.valid_domains import Undecided

State = Literal["complete", "incomplete", "refused", "invalid", "undecided"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """`missing` are options still to be chosen (incomplete), `violations` the rules broken (refused),
    `problems` choices that mean nothing here (invalid). Undecided: the rules are too hard for the budget."""

    state: State
    missing: tuple[str, ...] = ()
    violations: tuple[Violation, ...] = ()
    problems: tuple[ChoiceProblem, ...] = ()


def verdict_of(kernel: Kernel, choices: Mapping[str, Any]) -> Verdict:
    """Judges choices as they were sent; raises nothing that they could cause."""
    try:
        if not kernel.consistent(choices):
            return Verdict("refused", violations=kernel.violations(choices))
        missing = kernel.missing(choices)
    except ChoiceError as error:
        return Verdict("invalid", problems=error.problems)
    except Undecided:
        return Verdict("undecided")
    return Verdict("incomplete", missing=missing) if missing else Verdict("complete")
