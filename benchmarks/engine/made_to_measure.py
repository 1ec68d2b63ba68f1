"""A panel cut to the millimetre: all ranges and all values after a click, against CP-SAT.

The family is `made-to-measure.yaml`; the peer a CP-SAT model of it written by hand (`peers/cpsat_sizes.py`):
lowest and highest of each number, and the loop over unseen values of the choices. It is asked what ours
answers (`full`): the open options, and each chosen one given the other choices. The open options alone are
told beside it, which is less than ours answers in its time. Ranges and values have to be the same. Ours
answers every click of random shoppers in order, the peer one in three of these states.
"""

import time
from collections.abc import Sequence
from fractions import Fraction
from itertools import product
from pathlib import Path
from typing import Any

from benchmarks.bars import Bar, Section, Table, milliseconds, ratio, spread
from benchmarks.engine import models
from benchmarks.engine.environment import Peer
from benchmarks.engine.models import Model
from configurator.engine.answers import Answer
from configurator.engine.domains import Kernel
from configurator.engine.expressions import parse
from configurator.engine.rules import environment_of, rule_holds
from configurator.engine.spec import Choices, FamilySpec, Quantity

FAMILY = Path(__file__).with_name("made-to-measure.yaml")
BAR = 5.0
OURS_A_TURN = 3
# What the peer's model says by hand; the other rules go to it as tables.
BY_HAND = frozenset({"N1", "N2", "N3", "N4", "N5", "N6", "N7", "N8"})
HUNDREDTHS = frozenset({"density", "advance", "tall"})


def section(*, seed: int, count: int) -> Section:
    found = Section("sizes", "Made to measure, 1 mm")
    found.notes.append((__doc__ or "").strip())
    model = models.read(FAMILY)
    begun = time.process_time()
    kernel = Kernel(model.knowledge)
    loading = time.process_time() - begun
    every: list[float] = []
    ours, theirs, open_only, differ = [], [], [], []
    with Peer("cpsat_sizes") as peer:
        peer.ask("load", **problem_of(model.spec))
        for number, choices in enumerate(_states(model, seed=seed, count=count * OURS_A_TURN)):
            begun = time.process_time()
            answer = kernel.answer(choices)
            every.append(time.process_time() - begun)
            if number % OURS_A_TURN:
                continue
            chosen = _for_peer(model.spec, choices)
            reply = peer.ask("full", chosen=chosen, seconds=120)
            ours.append(every[-1])
            theirs.append(reply.cpu)
            open_only.append(peer.ask("domains", chosen=chosen, seconds=120).cpu)
            differ += _differences(answer, choices, reply.value)
    faster = ratio(theirs, ours)
    rows = [
        ["this product, full, every click", str(len(every)), spread(every), "", ""],
        ["this product, full", str(len(ours)), spread(ours), "", ""],
        ["CP-SAT, full", str(len(theirs)), spread(theirs), f"{faster:.1f}x", str(len(differ))],
        [
            "CP-SAT, open options",
            str(len(open_only)),
            spread(open_only),
            f"{ratio(open_only, ours):.1f}x",
            "",
        ],
    ]
    columns = ["who", "states", "ms: min / quartiles / max", "ours is faster", "ranges or values that differ"]
    found.tables.append(Table("All ranges and values after a click", columns, rows))
    found.notes.append(
        f"{len(model.knowledge.clauses):,} clauses, compiled and loaded in {loading:.2f} s of CPU time; "
        f"by CP-SAT in ours: {', '.join(model.knowledge.arithmetic) or 'no rule'}."
    )
    found.raw = {
        **milliseconds({"every": every, "ours": ours, "theirs": theirs, "open_only": open_only}),
        "differ": differ,
    }
    found.bars.append(Bar("made to measure at 1 mm against CP-SAT, full", faster, BAR))
    found.bars.append(
        Bar("ranges and values other than CP-SAT's", len(differ), 0, unit="wrong", at_most=True)
    )
    return found


def _states(model: Model, *, seed: int, count: int) -> Sequence[Choices]:
    """The states of random shoppers in order, from the empty one on."""
    sequences = models.clicks(model, seed=seed, count=count - 1, length=12)
    return [{}, *(choices for sequence in sequences for choices in sequence)][:count]


def problem_of(spec: FamilySpec) -> dict[str, Any]:
    """What the peer needs of the family."""
    options = {option.code: list(option.codes) for option in spec.options if option.kind == "choice"}
    ranges = {
        option.code: (0, option.max_length) if option.kind == "text" else (option.minimum, option.maximum)
        for option in spec.options
        if option.kind in ("integer", "text")
    }
    attributes: dict[str, dict[str, int]] = {}
    for option in spec.options:
        for value in option.values:
            for name, attribute in value.attributes.items():
                if isinstance(attribute, Quantity):
                    factor = 100 if name in HUNDREDTHS else 1
                    attributes.setdefault(name, {})[value.code] = _whole(attribute.number * factor)
    return {
        "options": options,
        "ranges": ranges,
        "attributes": attributes,
        "tables": [_table(spec, rule.code, options) for rule in spec.rules if rule.code not in BY_HAND],
    }


def _whole(number: Fraction) -> int:
    if number.denominator != 1:
        raise ValueError(f"{number} is not whole")
    return number.numerator


def _table(spec: FamilySpec, code: str, options: dict[str, list[str]]) -> tuple[list[str], list[list[int]]]:
    """The combinations of choices that the rule allows, whatever its numbers: evaluated one by one."""
    rule = spec.rule_by_code[code]
    scope = list(dict.fromkeys(each.option for each in parse(rule.expr or "").references))
    named = [each for each in scope if each in options]
    rows = [
        list(row)
        for row in product(*(range(len(options[each])) for each in named))
        if rule_holds(
            rule, environment_of(spec, {each: options[each][i] for each, i in zip(named, row, strict=True)})
        )
        is not False
    ]
    return named, rows


def _for_peer(spec: FamilySpec, choices: Choices) -> dict[str, Any]:
    return {
        code: len(str(choice)) if spec.option_by_code[code].kind == "text" else choice
        for code, choice in choices.items()
    }


def _differences(answer: Answer, choices: Choices, theirs: dict[str, Any]) -> list[str]:
    found = []
    for code, option in answer.options.items():
        mine: Sequence[Any]
        if option.values:
            mine = sorted(value for value, state in option.values.items() if state != "impossible")
        elif option.length_high is not None:
            mine = [option.length_low, option.length_high]
        else:
            mine = [option.low, option.high]
        if list(mine) != list(theirs[code]):
            found.append(f"{dict(choices)}: {code} {list(mine)}, CP-SAT {theirs[code]}")
    return found
