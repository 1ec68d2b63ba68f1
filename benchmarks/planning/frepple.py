"""Planning beside frePPLe Community: 5,000 lines of the made-up plant (`plant.py`), two cells.

frePPLe knows neither nests nor loads of an oven: it is given the runs and the loads of our first plan, with
machines and speeds, working hours, set-up matrices, releases and promises; it decides machines, sequences
and times. It plans demands by their promise and is asked once for each of its ways to choose among alike
machines; the best of its answers by set-ups and tardiness counts. What it says counts as sequences, timed by
the benchmark as early as may be (frePPLe lets work and set-ups reach into breaks), and passes the
certificate. Ours is asked the whole problem with the CPU seconds that frePPLe may use, compiled: once with
the weights of the plant, as in the other comparisons, and once with set-ups weighed a hundred times as much,
which is what the bars, of set-ups and of tardiness, look at. frePPLe's core is built by the benchmark
(`frepple_core.py`); where that cannot be done the figures of `KEPT` stand, with their day.
"""

import json
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

from benchmarks.bars import Bar, Section, Table
from benchmarks.planning import frepple_core as core
from benchmarks.planning.environment import the_product
from benchmarks.planning.others import PROPOSE, Answer, certified, compile_all
from benchmarks.planning.plant import plant
from benchmarks.planning.plant_plans import Sequences, Stuck, as_proposal, sequences_of, tables
from benchmarks.planning.sizes import Scale
from production.engine.proposal import Problem, Proposal

LINES, CELLS, FAMILIES = 5_000, 2, 24
QUICK_LINES, QUICK_CELLS = 300, 1
CPU = {True: 60, False: 4}  # seconds for each
FIRST = 1.0  # CPU seconds of our first plan, whose runs and loads frePPLe is given
LIMIT = 0.35
SETUPS = 100  # times the weight of a set-up
MINUTE, DAY = 60, 86_400
BEGIN = datetime(2026, 3, 2, 6)
# How frePPLe chooses among alike machines.
SEARCHES = ("PRIORITY", "MINCOST", "MINPENALTY", "MINCOSTPENALTY")
# Where the core cannot be built: ours over frePPLe's, set-ups first, as in docs/benchmarks.md.
KEPT: Mapping[str, float | str] = {"day": "2026-11-22", "setups": 0.295, "late": 0.0156}


def section(scale: Scale) -> Section:
    found = Section("frepple", "Planning beside frePPLe Community")
    found.notes.append((__doc__ or "").strip())
    try:
        program = core.built()
    except core.NoCore as error:
        return _kept(found, str(error))
    lines, cells = (LINES, CELLS) if scale.large else (QUICK_LINES, QUICK_CELLS)
    problem = plant(lines, seed=scale.seed, cells=cells, families=FAMILIES)
    with the_product() as product:
        compile_all(product)
        base, spent = product.call(PROPOSE, problem, seed=scale.seed, cpu=FIRST)
        answers = [certified(problem, Answer("ours, first plan", spent, base))]
        answers += [_asked(program, problem, base, search, CPU[scale.large]) for search in SEARCHES]
        cpu = float(CPU[scale.large])
        proposal, spent = product.call(PROPOSE, problem, seed=scale.seed, cpu=cpu)
        as_always = certified(problem, Answer("ours, weights of the plant", spent, proposal))
        few = replace(problem, weights=replace(problem.weights, setup=SETUPS * problem.weights.setup))
        proposal, spent = product.call(PROPOSE, few, seed=scale.seed, cpu=cpu)
        ours = certified(few, Answer("ours, set-ups first", spent, proposal))
    theirs = min((each for each in answers[1:] if each.proposal), key=_worth, default=None)
    found.tables.append(
        Table(
            f"{lines:,} lines",
            ["who", "CPU s", "set-up minutes", "late", "runs", "loads"],
            [_row(each) for each in (*answers, as_always, ours)],
        )
    )
    why = "; ".join(each.why for each in (*answers[1:], ours) if each.why)[:160]
    setups = late = None
    if ours.proposal and theirs and theirs.proposal:
        setups = ours.proposal.kpis.setup_seconds / max(theirs.proposal.kpis.setup_seconds, 1)
        late = _ratio(ours.proposal.kpis.terms.tardiness, theirs.proposal.kpis.terms.tardiness)
    found.bars += _bars(lines, setups, late, why)
    return found


def _bars(lines: int, setups: float | None, late: float | None, why: str) -> list[Bar]:
    return [
        Bar(f"set-up minutes beside frePPLe, {lines:,} lines", setups, LIMIT, at_most=True, why=why),
        Bar(f"tardiness beside frePPLe, {lines:,} lines", late, 1.0, at_most=True, why=why),
    ]


def _kept(found: Section, why: str) -> Section:
    if not KEPT:
        found.bars += _bars(LINES, None, None, why)
        return found
    found.left_out.append(f"frePPLe could not be built ({why}): the figures of {KEPT['day']} are shown.")
    found.bars += [
        Bar(f"{bar.name}, kept from {KEPT['day']}", bar.figure, bar.limit, at_most=True)
        for bar in _bars(LINES, float(KEPT["setups"]), float(KEPT["late"]), "")
    ]
    return found


def _ratio(ours: int, theirs: int) -> float:
    """0 of 0 is as good."""
    return ours / theirs if theirs else 1.0 if not ours else float(ours)


def _worth(answer: Answer) -> int:
    assert answer.proposal is not None
    return answer.proposal.kpis.terms.setups + answer.proposal.kpis.terms.tardiness


def _row(answer: Answer) -> list[str]:
    start = [answer.who, f"{answer.spent:.1f}"]
    if answer.proposal is None:
        return [*start, answer.why[:60], "", "", ""]
    kpis = answer.proposal.kpis
    minutes = f"{kpis.setup_seconds // MINUTE:,}"
    return [*start, minutes, f"{kpis.terms.tardiness:,}", str(kpis.runs), str(kpis.loads)]


def _asked(program: Path, problem: Problem, base: Proposal, search: str, cpu: int) -> Answer:
    """frePPLe's plan for these runs and loads, as sequences timed here and certified."""
    given = sequences_of(problem, base.runs, base.operations)
    who = f"frePPLe, machines by {search}"
    with tempfile.TemporaryDirectory() as folder:
        model = Path(folder) / "model.xml"
        model.write_text("\n".join(written(tables(problem), given, search)), encoding="utf-8")
        try:
            answer = core.ask(program, model, cpu=cpu)
        except core.Failed as error:
            return Answer(who, float(cpu), why=str(error))
    said = re.search(r"^SEQUENCES (.*)$", answer.said, re.M)
    if said is None:
        return Answer(who, answer.cpu, why=f"no plan: {answer.said[-200:]}")
    queues = {machine: [(at, name) for at, name in work] for machine, work in json.loads(said[1]).items()}
    try:
        proposal = as_proposal(problem, sequences(given, queues))
    except (Stuck, KeyError) as error:
        return Answer(who, answer.cpu, why=f"breach: {error}")
    return certified(problem, Answer(who, answer.cpu, proposal))


def sequences(given: Sequences, queues: Mapping[str, Sequence[tuple[str, str]]]) -> Sequences:
    """The order of work on each machine, from (beginning, operation) of each."""
    order = {machine: [name for _, name in sorted(work)] for machine, work in queues.items()}

    def on(kind: str) -> dict[str, list[int]]:
        return {
            machine: [int(name.split()[1]) for name in names if name.split()[0] == kind]
            for machine, names in order.items()
            if any(name.split()[0] == kind for name in names)
        }

    return Sequences(given.runs, given.loads, printed=on("print"), cured=on("cure"), packed=on("pack"))


# --- frePPLe's words --------------------------------------------------------------------------------------


def written(facts: Mapping[str, Any], given: Sequences, search: str) -> Iterator[str]:
    """The model: resources with set-up matrices, an operation a step of each run or load, a demand a run."""
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    yield '<plan xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
    yield f"<current>{_moment(0)}</current>"
    yield from _hours(facts["windows"])
    yield "<resources>"
    for centre, machines in facts["machines"].items():
        yield from _machines(centre, machines, facts)
    yield "</resources><operations>"
    lines = facts["lines"]
    print_seconds = [
        sum(lines[n]["print"] for n in run) + facts["feeding"][lines[run[0]]["centre"]] for run in given.runs
    ]
    for number, run in enumerate(given.runs):
        first = lines[run[0]]
        load, setup = _load(first["centre"], search), f"f{first['family']}"
        blank = [f"blank {number}"] if any(lines[n]["release"] for n in run) else []
        name = f"print {number}"
        yield _operation(name, print_seconds[number], load(setup), blank, [f"printed {number}"])
        pack = sum(lines[n]["pack"] for n in run)
        yield _operation(
            f"pack {number}", pack, _load("pack", search)(""), [f"cured {number}"], [f"packed {number}"]
        )
        if blank:
            yield _operation(f"deliver {number}", 0, "", [], blank)
    for number, runs in enumerate(given.loads):
        cure = max(lines[n]["cure"] for run in runs for n in given.runs[run])
        setup = f"f{lines[given.runs[runs[0]][0]]['programme']}"
        yield _operation(
            f"cure {number}",
            cure,
            _load("oven", search)(setup),
            [f"printed {run}" for run in runs],
            [f"cured {run}" for run in runs],
        )
    yield "</operations><operationplans>"
    for number, run in enumerate(given.runs):
        if release := max(lines[n]["release"] for n in run):
            yield (
                f'<operationplan><operation name="deliver {number}"/><quantity>1</quantity>'
                f"<start>{_moment(release)}</start><end>{_moment(release)}</end>"
                "<status>confirmed</status></operationplan>"
            )
    yield "</operationplans><demands>"
    for number, run in enumerate(given.runs):
        yield (
            f'<demand name="run {number}"><quantity>1</quantity><minshipment>1</minshipment>'
            f"<due>{_moment(min(lines[n]['due'] for n in run))}</due><priority>1</priority>"
            f'<item name="packed {number}"/><location name="plant"/></demand>'
        )
    yield "</demands>"
    yield SOLVE
    yield "</plan>"


def _hours(windows: Sequence[tuple[int, int]]) -> Iterator[str]:
    """The plant's hours, the same every day."""
    yield '<calendars><calendar name="hours"><default>0</default><buckets>'
    for number, (start, end) in enumerate(window for window in windows if window[0] < DAY):
        # The plant's times count from six in the morning.
        begins, ends = start // MINUTE + 360, end // MINUTE + 360
        yield (
            f'<bucket priority="{number + 1}" value="1" days="127" starttime="PT{begins}M" '
            f'endtime="PT{ends}M"/>'
        )
    yield '</buckets></calendar></calendars><locations><location name="plant"/></locations>'


def _machines(centre: str, machines: Sequence[Sequence[Any]], facts: Mapping[str, Any]) -> Iterator[str]:
    yield f'<resource name="{centre}"><location name="plant"/></resource>'
    for code, speed in machines:
        yield f'<resource name="{code}"><location name="plant"/><owner name="{centre}"/><maximum>1</maximum>'
        yield f'<available name="hours"/><efficiency>{speed}</efficiency>'
        if centre in facts["setups"]:
            yield f'<setupmatrix name="changes of {centre}"><rules>'
            yield from _rules(facts["first"][centre], facts["setups"][centre])
            yield "</rules></setupmatrix><setup>none</setup>"
        yield "</resource>"


def _rules(first: Sequence[int], changes: Sequence[Sequence[int]]) -> Iterator[str]:
    number = 0
    for before, row in (("none", first), *((f"f{n}", row) for n, row in enumerate(changes))):
        for after, seconds in enumerate(row):
            number += 1
            yield (
                f'<rule priority="{number}" fromsetup="{before}" tosetup="f{after}" '
                f'duration="PT{seconds}S" cost="{seconds}"/>'
            )


def _load(centre: str, search: str) -> Any:
    def load(setup: str) -> str:
        wanted = f"<setup>{setup}</setup>" if setup else ""
        return f'<load><resource name="{centre}"/><search>{search}</search>{wanted}</load>'

    return load


def _operation(name: str, seconds: int, load: str, takes: Sequence[str], gives: Sequence[str]) -> str:
    flows = [_flow("flow_start", item, -1) for item in takes] + [_flow("flow_end", item, 1) for item in gives]
    loads = f"<loads>{load}</loads>" if load else ""
    return (
        f'<operation name={quoteattr(name)} xsi:type="operation_fixed_time"><location name="plant"/>'
        f"<duration>PT{seconds}S</duration><size_maximum>1</size_maximum>{loads}"
        f"<flows>{''.join(flows)}</flows></operation>"
    )


def _flow(kind: str, item: str, quantity: int) -> str:
    return f'<flow xsi:type="{kind}"><item name="{item}"/><quantity>{quantity}</quantity></flow>'


def _moment(seconds: int) -> str:
    """So many seconds from six in the morning of the first day."""
    return (BEGIN + timedelta(seconds=seconds)).isoformat()


SOLVE = """<?python
import json
frepple.solver_mrp(plantype=1, constraints=15, loglevel=0).solve()
queues = {}
for operation in frepple.operations():
  for plan in operation.operationplans:
    for load in plan.loadplans:
      if load.quantity > 0:
        at = (load.operationplan.setupend or plan.start).isoformat()
        queues.setdefault(load.resource.name, []).append([at, operation.name])
print("SEQUENCES " + json.dumps(queues))
?>"""
