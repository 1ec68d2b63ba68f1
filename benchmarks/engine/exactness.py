"""Exactness: brute force on random small products, and a second opinion on every model.

The second opinion comes from another solver on another reading of the same file: CP-SAT on tables as the XCSP
file has them, CP-SAT on the SXFM tree read again here, flamapy (its own reader, z3) on UVL. The number of
configurations of Renault medium is published by toulbar2/CFN-learn: 278,744.
"""

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from benchmarks.bars import Bar, Section, Table
from benchmarks.engine import models
from benchmarks.engine.brute_force import Found, check
from benchmarks.engine.models import Model
from benchmarks.engine.second_opinion import second_opinion
from benchmarks.environment import PeerFailed
from configurator.engine import diagram

RENAULT_MEDIUM = 278_744


def section(
    named: Sequence[Model], *, asked: frozenset[str], seed: int, products: int, states: int
) -> Section:
    """`asked` are the models on which a second opinion is asked."""
    found = Section("exactness", "Exactness")
    found.notes.append((__doc__ or "").strip())
    _brute_force(found, seed=seed, products=products)
    _second_opinions(found, [model for model in named if model.name in asked], seed=seed, states=states)
    found.left_out += [
        f"second opinion on {model.name}: not in the quick run" for model in named if model.name not in asked
    ]
    medium = next((model for model in named if model.name == "renault-medium"), None)
    if medium is not None:
        compiled = diagram.compile(medium.knowledge)
        count = None if compiled is None else float(compiled.total)
        right = None if count is None else count - RENAULT_MEDIUM
        found.raw["renault-medium configurations"] = count
        found.bars.append(
            Bar(
                "Renault medium configurations",
                count,
                RENAULT_MEDIUM,
                unit="configurations",
                at_most=right != 0,
            )
            if right is not None and right >= 0
            else Bar("Renault medium configurations", count, RENAULT_MEDIUM, unit="configurations")
        )
    return found


def _brute_force(found: Section, *, seed: int, products: int) -> None:
    half = products // 2
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        parts: list[Found] = list(pool.map(_part, [half, products - half], [f"{seed}a", f"{seed}b"]))
    wrong = [line for part in parts for line in part.wrong]
    total = {
        name: sum(getattr(part, name) for part in parts)
        for name in ("products", "void", "states", "values", "explanations", "repairs")
    }
    found.raw["brute force"] = {**total, "wrong": wrong}
    found.tables.append(
        Table("Brute force", [*total, "wrong"], [[f"{each:,}" for each in (*total.values(), len(wrong))]])
    )
    name = f"wrong against brute force, {total['products']:,} random products"
    found.bars.append(Bar(name, len(wrong), 0, unit="wrong", at_most=True))


def _part(products: int, seed: str) -> Found:
    return check(products=products, seed=seed)


def _second_opinions(found: Section, named: Sequence[Model], *, seed: int, states: int) -> None:
    rows, differ = [], 0
    for model in named:
        sequences = models.clicks(model, seed=seed, count=states * 3)
        every = [choices for sequence in sequences for choices in sequence][::3][:states]
        try:
            opinion = second_opinion(model, [{}, *every])
        except PeerFailed as failure:
            found.left_out.append(f"second opinion on {model.name}: {failure}")
            continue
        if opinion is None:
            found.left_out.append(f"second opinion on {model.name}: no second reader of this kind")
            continue
        differ += len(opinion.wrong)
        rows.append(
            [
                model.name,
                opinion.by,
                *(f"{n:,}" for n in (opinion.states, opinion.values, len(opinion.wrong))),
            ]
        )
        found.raw[model.name] = opinion.wrong
    found.tables.append(Table("Second opinion", ["model", "by", "states", "values compared", "wrong"], rows))
    name = f"wrong against a second solver, {len(rows)} models"
    found.bars.append(Bar(name, differ if rows else None, 0, unit="wrong", at_most=True, why="no model"))
