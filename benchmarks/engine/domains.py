"""The valid domains after a click: ours against everybody else's, on the same states, in turns.

Our question is the full one: for every option what it can be given the choices for all *other* options, so
also what each option already chosen could be changed to. The peers are asked the same (`full`): each choice
is retracted in turn and its option asked again; of flamapy's features then only that option's own. What they
are made for, the options still open, is asked as well and told beside it, on the same states: there they
answer less than ours does. Every answer is compared with ours. Ours answers every click of every shopper in
order, with the memory that a web process has; the peers a sample of the same states, and the ratio is of the
medians over that sample.
"""

import math
import random
import tempfile
import time
from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from benchmarks.bars import Bar, Section, Table, milliseconds, ratio, spread
from benchmarks.engine import models
from benchmarks.engine.environment import Peer
from benchmarks.engine.features import Features, features_of
from benchmarks.engine.models import Model, Unit
from benchmarks.engine.shopper import Clicks
from benchmarks.environment import PeerFailed
from configurator.engine.answers import Answer
from configurator.engine.domains import Kernel
from configurator.engine.spec import Choices

Pair = tuple[str, str]
FLAMAPY = "flamapy-configurator (z3)"


@dataclass(frozen=True)
class State:
    """What was chosen, and what had been before the last click."""

    choices: Choices
    before: Choices


@dataclass
class Measured:
    """CPU seconds of a contender, and ours on the same states; `differ` counts answers not equal to ours."""

    name: str
    theirs: list[float] = field(default_factory=list)
    ours: list[float] = field(default_factory=list)
    differ: int = 0
    failed: str = ""


class OnClauses:
    """A peer that is given the product's clauses."""

    def __init__(self, peer: str, question: str, model: Model, label: str) -> None:
        self.label = label
        self.question = question
        self.model = model
        self.every: Sequence[Unit] = models.units(model)
        self.peer = Peer(peer)
        literals = [list(unit.literals) for unit in self.every]
        self.peer.ask("load", clauses=models.clauses(model), units=literals, seconds=300)

    def ask(self, state: State) -> tuple[float, set[Pair]]:
        chosen = models.chosen_units(self.model, self.every, state.choices)
        reply = self.peer.ask(self.question, chosen=chosen)
        return reply.cpu, {
            pair
            for unit, indexes in zip(self.every, reply.value, strict=True)
            for index in indexes
            if (pair := _pair(self.model, unit, index))
        }

    def same(self, state: State, answer: Answer, theirs: set[Pair]) -> bool:
        return theirs == offered(answer, () if self.question == "every_value" else tuple(state.choices))


def _pair(model: Model, unit: Unit, index: int) -> Pair | None:
    """The option's value that a state of a unit stands for; "not chosen" of a multiple's value is none."""
    if unit.value:
        return (unit.option, unit.value) if index else None
    return unit.option, model.spec.option_by_code[unit.option].codes[index]


class OnFeatures:
    """flamapy: reads the UVL file itself, and is asked with the choices, as ours is: the full question.

    Its own question is that of the open options (`of_open`). In a session of its own configurator a click
    finds decided what followed from the clicks before; `in_session` asks so, of the open options, with what
    it said (untimed) of the state before.
    """

    def __init__(self, model: Model) -> None:
        self.label = f"{FLAMAPY}, full"
        self.full, self.session = True, False
        self.peer = Peer("flamapy_z3")
        if model.source is not None and not model.uvl:
            self._load(model.source)
        else:
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / "model.uvl"
                path.write_text(model.uvl, encoding="utf-8")
                self._load(path)
        self.features: Features = features_of(model, self.names)

    def of_open(self) -> "OnFeatures":
        """The same process, asked about the open options alone."""
        other = copy(self)
        other.label, other.full = f"{FLAMAPY}, open options", False
        return other

    def in_session(self) -> "OnFeatures":
        """The same process, asked as its own configurator asks."""
        other = self.of_open()
        other.label, other.session = f"{other.label}, in a session", True
        return other

    def _load(self, path: Path) -> None:
        self.peer.ask("read", path=str(path), seconds=300)
        self.names = frozenset(self.peer.ask("configurator", seconds=300).value)

    def ask(self, state: State) -> tuple[float, dict[str, bool]]:
        if self.full:
            decisions, units = self.features.decisions(state.choices), self.features.units(state.choices)
            reply = self.peer.ask("full", decisions=decisions, units=units, seconds=120)
            return reply.cpu, reply.value or {}
        before = self._implied(self.features.decisions(state.before))[1] if self.session else {}
        cpu, implied = self._implied({**before, **self.features.decisions(state.choices)})
        return cpu, {**before, **implied}

    def _implied(self, decisions: dict[str, bool]) -> tuple[float, dict[str, bool]]:
        reply = self.peer.ask("propagate", decisions=decisions, seconds=120)
        return reply.cpu, {} if reply.value is None else {**decisions, **reply.value}

    def same(self, state: State, answer: Answer, theirs: dict[str, bool]) -> bool:
        """What they say is implied, of each feature that is one of our values, is what we say."""
        for option, each in answer.options.items():
            if option in state.choices and not self.full:
                continue
            for value, said in each.values.items():
                feature = self.features.by_value.get((option, value))
                ours = {"impossible": False, "forced": True}.get(said)
                if feature is not None and theirs.get(feature) is not ours:
                    return False
        return True


def offered(answer: Answer, but: Sequence[str] = ()) -> set[Pair]:
    return {
        (code, value)
        for code, option in answer.options.items()
        if code not in but
        for value, state in option.values.items()
        if state != "impossible"
    }


Contender = OnClauses | OnFeatures


def contenders(model: Model, *, sessions: bool = True, slow: bool = True) -> list[Contender]:
    """Without the `slow` ones only those that are quick to load and to answer."""
    found: list[Contender] = []
    if model.is_boolean:
        found += [
            OnClauses("sat_calls", "every_value", model, "pysat, one call a value, full"),
            OnClauses("sat_calls", "undecided", model, "pysat, one call a value, open options"),
            OnClauses("clingo_brave", "undecided", model, "clingo brave, open options"),
        ]
    if model.is_boolean and slow:
        found += [
            OnClauses("clingo_brave", "every_value", model, "clingo brave, full"),
            OnClauses("cpsat_loop", "undecided", model, "CP-SAT loop, open options"),
        ]
    if slow and (model.uvl or (model.source is not None and model.source.suffix == ".uvl")):
        flamapy = OnFeatures(model)
        found += [flamapy, flamapy.of_open(), flamapy.in_session()] if sessions else [flamapy]
    return found


def compare(
    model: Model,
    sequences: Sequence[Clicks],
    *,
    sample: int,
    slow: int,
    seconds: float = math.inf,
    sessions: bool = True,
) -> tuple[list[float], list[Measured]]:
    """Our CPU seconds for every click, each peer's on `sample` of the states (`slow` for the slow ones).

    It ends with the seconds, whatever was asked by then.
    """
    rivals = contenders(model, sessions=sessions, slow=slow > 0)
    until = time.monotonic() + seconds
    measured = {rival.label: Measured(rival.label) for rival in rivals}
    states = [
        State(choices, sequence[number - 1] if number else {})
        for sequence in sequences
        for number, choices in enumerate(sequence)
    ]
    turns = {rival.label: _some(len(states), slow if _is_slow(rival) else sample) for rival in rivals}
    kernel = Kernel(model.knowledge)
    ours: list[float] = []
    try:
        for number, state in enumerate(states):
            if time.monotonic() > until:
                break
            begun = time.process_time()
            answer = kernel.answer(state.choices)
            ours.append(time.process_time() - begun)
            for rival in rivals:
                if number in turns[rival.label] and not measured[rival.label].failed:
                    _ask(rival, measured[rival.label], state, answer, ours[-1])
    finally:
        for rival in rivals:
            rival.peer.close()
    return ours, list(measured.values())


def _ask(rival: Contender, measured: Measured, state: State, answer: Answer, ours: float) -> None:
    try:
        cpu, theirs = rival.ask(state)
    except PeerFailed as failure:
        measured.failed = str(failure)
        return
    measured.theirs.append(cpu)
    measured.ours.append(ours)
    measured.differ += not rival.same(state, answer, theirs)  # type: ignore[arg-type]


def _is_slow(rival: Contender) -> bool:
    return isinstance(rival, OnFeatures) or "CP-SAT" in rival.label or rival.label == "clingo brave, full"


def _some(length: int, count: int) -> set[int]:
    """So many numbers below the length, the same each time."""
    return set(random.Random(length).sample(range(length), min(count, length)))


LIMITS = {
    "pysat, one call a value, full": {"renault-medium": 10.0, "busybox": 10.0},
    f"{FLAMAPY}, full": {"busybox": 400.0, "synthetic-40-250": 60.0},
}
EVERYWHERE = {"clingo brave, full": 1.2, "CP-SAT loop, open options": 50.0}


def section(
    named: Sequence[Model],
    *,
    seed: int,
    count: int,
    sample: int,
    slow: Mapping[str, int],
    seconds: float,
    sessions: bool,
) -> Section:
    """`slow` gives for each model how many states the slow peers are asked about."""
    found = Section("domains", "Valid domains after a click")
    found.notes.append((__doc__ or "").split("\n\n", 1)[1].strip())
    rows: list[list[str]] = []
    for model in named:
        sequences = models.clicks(model, seed=seed, count=count)
        if not slow[model.name]:
            found.left_out.append(f"slow peers on {model.name}: not in the quick run")
        ours, measured = compare(
            model, sequences, sample=sample, slow=slow[model.name], seconds=seconds, sessions=sessions
        )
        rows.append([model.name, "this product, full, every click", str(len(ours)), spread(ours), "", ""])
        found.raw[model.name] = {"ours": milliseconds({"all": ours})["all"], "peers": {}}
        for each in measured:
            _judge(found, model, each, rows)
    if not sessions:
        found.left_out.append(
            "flamapy-configurator about open options, in a session or not: not in the quick run"
        )
    columns = ["model", "who answers what", "states", "ms: min / quartiles / max", "ours is faster", "differ"]
    found.tables.append(Table("CPU time of one answer", columns, rows))
    return found


def _judge(found: Section, model: Model, each: Measured, rows: list[list[str]]) -> None:
    if each.failed:
        found.left_out.append(f"{model.name}, {each.name}: {each.failed}")
    limit = LIMITS.get(each.name, {}).get(model.name, EVERYWHERE.get(each.name))
    faster = ratio(each.theirs, each.ours) if each.theirs else None
    if not each.theirs and not each.failed:
        found.left_out.append(f"{model.name}, {each.name}: not reached in time")
    elif limit is not None:
        found.bars.append(Bar(f"domains {model.name} against {each.name}", faster, limit, why=each.failed))
    if not each.theirs:
        return
    found.raw[model.name]["peers"][each.name] = {
        **milliseconds({"theirs": each.theirs, "ours": each.ours}),
        "differ": each.differ,
    }
    rows.append(
        [
            model.name,
            each.name,
            str(len(each.theirs)),
            spread(each.theirs),
            f"{faster:.1f}x (ours {median(each.ours) * 1000:.3g} ms)",
            str(each.differ),
        ]
    )
    found.bars.append(
        Bar(f"answers of {model.name} different from {each.name}", each.differ, 0, unit="wrong", at_most=True)
    )
