"""Explanations and repairs against python-sat's own tools, for the same wishes.

A wish is a value that cannot be had with the choices made. Ours gives the minimal conflict among the choices
*and* the rules, in words; the bar is against MUSX on the same question, choices and rules; MUSX on the
choices alone, which says less, stands beside it. Ours repairs with the fewest changes, gives the new values
and says it; RC2 is asked for the number of choices to give up only, and has to find as many. Both tools take
a formula, not a running solver: making it counts, as there is no other way to ask them.
"""

import random
import time
from collections.abc import Sequence
from statistics import median

from benchmarks.bars import Bar, Section, Table, milliseconds, ratio, spread
from benchmarks.engine import models
from benchmarks.engine.environment import Peer
from benchmarks.engine.models import Model
from configurator.engine.domains import Kernel
from configurator.engine.spec import Choice

Wish = tuple[dict[str, Choice], str, str]
MUSX_BAR, RC2_BAR = 10.0, 4.0


def wishes(model: Model, *, seed: int, count: int) -> list[Wish]:
    """States of shoppers, each with a value that is impossible there but not always."""
    chance = random.Random(seed)
    kernel = Kernel(model.knowledge)
    ever = kernel.answer({})
    found: list[Wish] = []
    for sequence in models.clicks(model, seed=seed, count=count * 8):
        for choices in sequence:
            answer = kernel.answer(choices)
            refused = [
                (code, value)
                for code, option in answer.options.items()
                if model.spec.option_by_code[code].kind in ("choice", "switch")
                for value, state in option.values.items()
                if state == "impossible" and ever.options[code].values[value] != "impossible"
            ]
            if refused and chance.random() < 0.5:
                found.append((choices, *chance.choice(refused)))
            if len(found) >= count:
                return found
    return found


def section(named: Sequence[Model], *, seed: int, count: int) -> Section:
    found = Section("reasons", "Explanations and repairs")
    found.notes.append((__doc__ or "").strip())
    rows: list[list[str]] = []
    for model in named:
        if not model.is_boolean:
            found.left_out.append(f"{model.name}: explanations compared (it has numbers)")
            continue
        _measure(found, rows, model, wishes(model, seed=seed, count=count))
    columns = [
        "model",
        "question",
        "wishes",
        "ours, ms",
        "theirs, ms",
        "ours is faster",
        "choices named / changed",
    ]
    found.tables.append(Table("CPU time: min / quartiles / max", columns, rows))
    return found


def _measure(found: Section, rows: list[list[str]], model: Model, every: Sequence[Wish]) -> None:
    kernel = Kernel(model.knowledge)
    units = models.units(model)
    position = {unit.option: number for number, unit in enumerate(units) if not unit.value}
    took: dict[str, list[float]] = {"explain": [], "MUSX": [], "MUSX on choices": [], "repair": [], "RC2": []}
    wrong, named, changed = 0, [], []
    with Peer("sat_calls") as peer:
        literals = [list(unit.literals) for unit in units]
        peer.ask("load", clauses=models.clauses(model), units=literals, seconds=300)
        rules = list(model.knowledge.selectors.values())
        peer.ask("load_rules", clauses=list(map(list, model.knowledge.clauses)), rules=rules, seconds=300)
        for choices, option, value in every:
            begun = time.process_time()
            conflict = kernel.explain(choices, option, value)
            explained = time.process_time()
            repair = kernel.repair(choices, option, value)
            repaired = time.process_time()
            others = {code: choice for code, choice in choices.items() if code != option}
            chosen = models.chosen_units(model, units, others)
            number = position[option]
            wish = units[number].literals[model.spec.option_by_code[option].codes.index(value)]
            theirs = peer.ask("conflict_with_rules", wish=wish, chosen=chosen)
            fewer = peer.ask("conflict", wish=wish, chosen=chosen)
            fewest = peer.ask("repair", wish=wish, chosen=chosen)
            took["explain"].append(explained - begun)
            took["repair"].append(repaired - explained)
            took["MUSX"].append(theirs.cpu)
            took["MUSX on choices"].append(fewer.cpu)
            took["RC2"].append(fewest.cpu)
            wrong += conflict is None or repair is None or len(repair.changes) != fewest.value
            named.append(len(conflict.choices) if conflict else 0)
            changed.append(len(repair.changes) if repair else 0)
    if not every:
        found.left_out.append(f"{model.name}: no wish was refused")
        return
    found.raw[model.name] = milliseconds(took)
    for ours, theirs_name, limit, sizes in (
        ("explain", "MUSX", MUSX_BAR, named),
        ("explain", "MUSX on choices", None, named),
        ("repair", "RC2", RC2_BAR, changed),
    ):
        faster = ratio(took[theirs_name], took[ours])
        rows.append(
            [
                model.name,
                f"{ours} against {theirs_name}",
                str(len(every)),
                spread(took[ours]),
                spread(took[theirs_name]),
                f"{faster:.1f}x",
                f"median {median(sizes):.0f}, most {max(sizes)}",
            ]
        )
        if limit is not None:
            found.bars.append(Bar(f"{ours} {model.name} against {theirs_name}", faster, limit))
    name = f"repairs of {model.name} not of RC2's size"
    found.bars.append(Bar(name, wrong, 0, unit="wrong", at_most=True))
