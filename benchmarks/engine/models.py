"""The models that are measured, and how shoppers click through them.

Real data lies in a folder `shared/data` near the checkout, where there is one; it is only read there.
Clicks come from sales where there are any: an order's values in random order, without what is already
forced. Else a shopper chooses at random among what is offered.
"""

import csv
import math
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from benchmarks.data import ROOT, shared_data
from benchmarks.engine import synthetic
from benchmarks.engine.shopper import Clicks, Shopper
from configurator.engine.choices import ChoiceError
from configurator.engine.compiled import ChoiceVariable, Knowledge
from configurator.engine.domains import Kernel, Undecided
from configurator.engine.family import read_family
from configurator.engine.knowledge import compile_family
from configurator.engine.spec import Choices, FamilySpec
from configurator.engine.sxfm import read_sxfm
from configurator.engine.uvl import read_uvl
from configurator.engine.xcsp import read_xcsp

FAMILIES = ROOT / "configurator/families"


@dataclass(frozen=True)
class Model:
    """`uvl` is the text that peers read; `sales` a CSV with a column an option."""

    name: str
    spec: FamilySpec
    source: Path | None = None
    sales: Path | None = None
    uvl: str = ""

    @cached_property
    def knowledge(self) -> Knowledge:
        return compile_family(self.spec)

    @cached_property
    def compiling(self) -> float:
        """CPU seconds."""
        begun = time.process_time()
        compile_family(self.spec)
        return time.process_time() - begun

    @cached_property
    def is_boolean(self) -> bool:
        """Whether every variable is a choice, as the peers on clauses want it."""
        every = all(isinstance(variable, ChoiceVariable) for variable in self.knowledge.variables.values())
        return every and not self.knowledge.arithmetic


def families() -> list[Model]:
    return [
        Model(path.stem, read_family(path.read_text(encoding="utf-8")), source=path)
        for path in sorted(FAMILIES.glob("*.yaml"))
    ]


def read(path: Path, *, name: str = "", sales: Path | None = None) -> Model:
    """A model of any kind that the shop opens; raises what its reader raises."""
    text = path.read_text(encoding="utf-8", errors="replace")
    code = name or path.stem
    if path.suffix == ".xml":
        return Model(code, read_xcsp(text, code="model", name=code), source=path, sales=sales)
    if path.suffix == ".uvl":
        return Model(code, read_uvl(text, code="model", name=code), source=path)
    if path.suffix in (".splx", ".sxfm"):
        return Model(code, read_sxfm(text, code="model", name=code), source=path)
    if path.suffix in (".yaml", ".yml"):
        return Model(code, read_family(text), source=path)
    raise ValueError(f"{path.suffix} is not read")


def made_up(*, seed: int) -> Model:
    made = synthetic.product(seed=seed)
    return Model("synthetic-40-250", made.spec, uvl=made.uvl)


SHARED = {
    "renault-small": ("renault/small_contraintes.xml", "renault/small_brut.csv"),
    "renault-medium": ("renault/medium_contraintes.xml", "renault/medium_brut.csv"),
    "busybox": ("feature-models/busybox_2010-05-02_14-17-07.uvl", ""),
    "berkeleydb": ("feature-models/berkeleydb.uvl", ""),
    "dell": ("feature-models/DELL.splx", ""),
}


def all_named(*, seed: int) -> dict[str, Model]:
    """The made-up product, the four families and what of `SHARED` is there."""
    found = [made_up(seed=seed), *families()]
    data = shared_data()
    for name, (path, sales) in SHARED.items() if data is not None else ():
        assert data is not None
        found.append(read(data / path, name=name, sales=data / sales if sales else None))
    return {model.name: model for model in found}


def named(name: str, *, seed: int) -> Model:
    """One of them."""
    data = shared_data()
    if name in SHARED and data is not None:
        path, sales = SHARED[name]
        return read(data / path, name=name, sales=data / sales if sales else None)
    return all_named(seed=seed)[name]


# --- Clicks


def clicks(
    model: Model, *, seed: int, count: int, length: int = 40, seconds: float = math.inf
) -> list[Clicks]:
    """Shoppers' states, one sequence a shopper, so many clicks in all (or a few more).

    Fewer where the seconds (of processor time) end.
    """
    until = time.process_time() + seconds
    found: list[Clicks] = []
    made = 0
    sequences = _from_sales(model, seed) if model.sales else _at_random(model, seed, length, until)
    empty = 0
    for sequence in sequences:
        if sequence:
            found.append(sequence)
            made += len(sequence)
        empty = 0 if sequence else empty + 1
        # A product with nothing to choose has no clicks.
        if made >= count or empty > 20 or time.process_time() > until:
            break
    return found


def _from_sales(model: Model, seed: int) -> Iterator[Clicks]:
    assert model.sales is not None
    chance = random.Random(seed)
    kernel = Kernel(model.knowledge)
    with model.sales.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    chance.shuffle(rows)
    for row in rows:
        order = [(code, value) for code, value in row.items() if code in model.spec.option_by_code]
        try:
            if not kernel.consistent(dict(order)):
                continue
        except ChoiceError:
            continue  # a value that the rules do not know
        chance.shuffle(order)
        yield _replayed(kernel, order)


def _replayed(kernel: Kernel, order: Sequence[tuple[str, str]]) -> Clicks:
    choices: dict[str, str | int] = {}
    states: Clicks = []
    answer = kernel.answer(choices)
    for code, value in order:
        if answer.options[code].forced is None:
            choices = {**choices, code: value}
            answer = kernel.answer(choices)
            states.append(choices)
    return states


def _at_random(model: Model, seed: int, length: int, until: float) -> Iterator[Clicks]:
    chance = random.Random(seed)
    kernel = Kernel(model.knowledge)
    while True:
        try:
            yield Shopper(kernel, chance).walk(most=length, until=until).states
        except Undecided:
            yield []


# --- For peers that speak of variables and literals


@dataclass(frozen=True)
class Unit:
    """A variable of a peer: an option, or one value of a multiple choice; a literal a state."""

    option: str
    value: str  # of a multiple choice
    literals: tuple[int, ...]


def units(model: Model) -> list[Unit]:
    return [
        Unit(code.split(".")[0], code.split(".", 1)[1] if "." in code else "", variable.literals)
        for code, variable in model.knowledge.variables.items()
        if isinstance(variable, ChoiceVariable)
    ]


def clauses(model: Model) -> list[list[int]]:
    """All clauses with every rule switched on."""
    knowledge = model.knowledge
    every = [[selector] for selector in knowledge.selectors.values()]
    return [*map(list, knowledge.clauses), *every, [knowledge.top, -knowledge.top]]


def chosen_units(model: Model, every: Sequence[Unit], choices: Choices) -> list[tuple[int, int]]:
    """The units with a choice and the index chosen."""
    found = []
    for number, unit in enumerate(every):
        if unit.option not in choices:
            continue
        choice = choices[unit.option]
        if unit.value:
            found.append((number, int(unit.value in str(choice).split(","))))
        else:
            found.append((number, model.spec.option_by_code[unit.option].codes.index(str(choice))))
    return found
