"""`--models FOLDER`: every UVL, XCSP and SXFM file there, and what cannot be read with its reason.

For each: loading, the click as served, random walks, the number of configurations where the diagram fits, and
the domains against the peers that can take it. A `*_brut.csv` beside a `*_contraintes.xml` is its sales.
"""

import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from benchmarks.bars import Section, Table, milliseconds, p99, spread
from benchmarks.engine import domains, models
from benchmarks.engine.models import Model
from benchmarks.engine.served import clicked
from benchmarks.engine.walks import walked
from benchmarks.environment import PeerFailed
from configurator.engine import diagram
from configurator.engine.compiled import TooLarge
from configurator.engine.domains import Kernel, Undecided
from configurator.engine.family import FamilyError

SUFFIXES = (".uvl", ".xml", ".splx", ".sxfm", ".yaml")
MOST_BYTES = 20_000_000
CLICKS, WALKS, SAMPLE, SLOW = 300, 50, 15, 3
# By the clock, a model.
CLICK_SECONDS, WALK_SECONDS, PEER_SECONDS = 20.0, 15.0, 40.0
VOID = 3  # the column of the clicks
NODES, SECONDS = 200_000, 20.0


def of_folder(folder: Path, *, seed: int) -> Section:
    found = Section("models", f"The models of a folder: {folder.name}")
    found.notes.append((__doc__ or "").strip())
    facts: list[list[str]] = []
    compared: list[list[str]] = []
    for path in sorted(each for each in folder.rglob("*") if each.suffix in SUFFIXES):
        print(f"{path.name} ...", flush=True)
        model = _read(path, found)
        if model is None:
            continue
        try:
            facts.append(_facts(model, found, seed=seed))
            if facts[-1][VOID] == "void":
                found.left_out.append(f"{path.name}: nothing to compare, as no configuration keeps its rules")
            else:
                compared += _compared(model, found, seed=seed)
        except (Undecided, PeerFailed) as problem:
            found.left_out.append(f"{path.name}: {type(problem).__name__}: {problem}"[:300])
    columns = [
        "model", "options / values / rules", "read, compile, first answer: s", "clicks",
        "ms: min / quartiles / max", "p99 ms", "walks, stuck", "configurations",
    ]  # fmt: skip
    found.tables.append(Table("This product", columns, facts))
    columns = ["model", "peer", "states", "ms: min / quartiles / max", "ours is faster", "differ"]
    found.tables.append(Table("Against peers, on the same states", columns, compared))
    return found


def _read(path: Path, found: Section) -> Model | None:
    """None, and the reason among what was left out, where it cannot be read or compiled."""
    if path.stat().st_size > MOST_BYTES:
        found.left_out.append(f"{path.name}: larger than {MOST_BYTES:,} bytes")
        return None
    sales = path.with_name(path.name.replace("contraintes.xml", "brut.csv"))
    begun = time.process_time()
    try:
        model = models.read(path, sales=sales if sales != path and sales.exists() else None)
        read = time.process_time()
        found.raw[path.name] = {"read": read - begun}
        found.raw[path.name]["clauses"] = len(model.knowledge.clauses)
    except (FamilyError, TooLarge, ValueError) as problem:
        found.left_out.append(f"{path.name}: {' '.join(str(problem).split())[:300]}")
        return None
    found.raw[path.name]["compile"] = time.process_time() - read
    return model


def _facts(model: Model, found: Section, *, seed: int) -> list[str]:
    raw = found.raw[model.source.name if model.source else model.name]
    begun = time.process_time()
    kernel = Kernel(model.knowledge)
    consistent = kernel.answer({}).consistent
    raw["first"] = time.process_time() - begun
    took = (
        clicked(kernel, models.clicks(model, seed=seed, count=CLICKS, seconds=CLICK_SECONDS))
        if consistent
        else []
    )
    walk = walked(model, seed=seed, walks=WALKS, seconds=WALK_SECONDS) if consistent else None
    compiled = diagram.compile(model.knowledge, nodes=NODES, seconds=SECONDS) if consistent else None
    raw["ms"] = milliseconds({"all": took})["all"]
    raw["stuck"] = walk.stuck if walk else ()
    spec = model.spec
    return [
        model.name,
        f"{len(spec.options)} / {sum(len(option.values) for option in spec.options)} / {len(spec.rules)}",
        " ".join(f"{raw[key]:.2f}" for key in ("read", "compile", "first")),
        str(len(took)) if consistent else "void",
        spread(took),
        f"{p99(took) * 1000:.3g}" if took else "-",
        f"{walk.walks}, {len(walk.stuck)}" if walk else "-",
        f"{compiled.total:,}" if compiled is not None else "no diagram within the budget",
    ]


def _compared(model: Model, found: Section, *, seed: int) -> Iterator[list[str]]:
    sequences = models.clicks(model, seed=seed, count=60, seconds=CLICK_SECONDS)
    _, measured = domains.compare(model, sequences, sample=SAMPLE, slow=SLOW, seconds=PEER_SECONDS)
    for each in measured:
        if each.failed:
            found.left_out.append(f"{model.name}, {each.name}: {each.failed}")
        if each.theirs:
            faster = f"{median(each.theirs) / median(each.ours):.1f}x"
            yield [
                model.name,
                each.name,
                str(len(each.theirs)),
                spread(each.theirs),
                faster,
                str(each.differ),
            ]
