"""Planning beside PyJobShop and a plain CP-SAT model, on the made-up plant (`plant.py`), same seed.

Everybody is given processor seconds, threads included, and stops when they are spent; ours runs with compiled
kernels and is never given more. PyJobShop knows neither runs nor loads: it is given those of our first plan
and decides machines, sequences and times; ours is asked the same (its runs fixed), and the whole problem.
CP-SAT is hinted with our first plan: at 80 and 200 lines it decides runs and loads too, at 1,000 they are
given. Where a peer finds nothing, our first plan counts as its own; where it fails, nothing is compared.
What a peer says counts as sequences, timed by the benchmark as early as may be (PyJobShop lets a set-up reach
into a break). Every plan is certified, and costs what the product reckons.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.bars import Bar, Section, Table
from benchmarks.environment import PeerFailed
from benchmarks.planning.environment import Peer, Product, the_product
from benchmarks.planning.plant import plant
from benchmarks.planning.plant_plans import Sequences, Stuck, as_proposal, sequences_of, tables
from benchmarks.planning.sizes import Scale
from production.engine.certificate import certify
from production.engine.measuring import measure
from production.engine.planning import iterations, propose
from production.engine.proposal import Problem, Proposal, Run

PROPOSE = "production.engine.planning:propose"
TRIES = {True: 400, False: 100}  # by whether it is the full run
SCHEDULE = "production.engine.scheduling.construct:schedule"
MINUTE = 60


@dataclass(frozen=True)
class Round:
    """One size: CPU seconds for ours, PyJobShop and CP-SAT (0: not asked), and the bars of each."""

    lines: int
    ours: float
    pyjobshop: float
    cpsat: float
    whole: bool
    limit: float


FULL = (
    Round(80, 240, 0, 240, True, 1.00),
    Round(200, 40, 40, 240, True, 0.97),
    Round(1_000, 240, 240, 240, False, 0.80),
)
QUICK = (Round(80, 4, 0, 4, True, 1.00),)
# CPU seconds of our first plan, and the most it may take.
FIRST, FIRST_PLAN = 1.0, 5.0
NONE_FOUND = "none found"


@dataclass
class Answer:
    """A certified plan, or why there is none; `spent` in CPU seconds."""

    who: str
    spent: float
    proposal: Proposal | None = None
    why: str = ""

    @property
    def found_nothing(self) -> bool:
        """It answered that it has no plan; one that failed or gave a wrong plan did not."""
        return self.why == NONE_FOUND

    @property
    def cost(self) -> float | None:
        return self.proposal.kpis.terms.cost if self.proposal else None


def section(scale: Scale) -> Section:
    found = Section("peers", "Planning beside PyJobShop and CP-SAT")
    found.notes.append((__doc__ or "").strip())
    rows: list[list[str]] = []
    breaches = 0
    with the_product() as product:
        compile_all(product)
        tries = TRIES[scale.large]
        differ = differing(product, scale.seed, tries)
        for each in FULL if scale.large else QUICK:
            answers = asked(each, product, scale.seed)
            rows += [_row(each.lines, answer) for answer in answers.values()]
            breaches += sum(answer.why.startswith("breach") for answer in answers.values())
            found.bars += bars(each, answers)
    columns = ["lines", "who", "CPU s", "cost", "late", "set-ups", "runs", "loads", "over its bound"]
    found.tables.append(Table("Cost of plans", columns, rows))
    found.bars.append(Bar("plans with a breach, ours and peers'", breaches, 0, "wrong", at_most=True))
    name = f"plans of the same seed and {tries} schedules that differ, compiled and Python"
    found.bars.append(Bar(name, differ, 0, "wrong", at_most=True))
    return found


def compile_all(product: Product) -> None:
    """Kernels are compiled at their first call: a small plan calls all of them."""
    product.call(PROPOSE, plant(30, seed=1), tries=2_000)


def differing(product: Product, seed: int, tries: int) -> int:
    """How many of two compiled plans are not what Python plans with the same seed and schedules."""
    problem = plant(60, seed=seed)
    ours = propose(problem, seed=seed, stop=iterations(tries))
    return sum(product.call(PROPOSE, problem, seed=seed, tries=tries)[0] != ours for _ in range(2))


def asked(size: Round, product: Product, seed: int) -> dict[str, Answer]:
    """Everybody's plan of this size."""
    problem = plant(size.lines, seed=seed)
    proposal, spent = product.call(PROPOSE, problem, seed=seed, cpu=FIRST)
    first = certified(problem, Answer("ours, first plan", spent, proposal))
    answers = {"first": first}
    if first.proposal is None:
        return answers
    base = first.proposal
    proposal, spent = product.call(PROPOSE, problem, seed=seed, cpu=size.ours)
    answers["ours"] = certified(problem, Answer("ours, whole problem", spent, proposal))
    sequences = sequences_of(problem, base.runs, base.operations)
    facts = tables(problem)
    if size.pyjobshop:
        cpu = min(size.pyjobshop, size.ours)
        answers["fixed"] = fixed(problem, base.runs, product, seed=seed, cpu=cpu)
        answers["pyjobshop"] = peer_plan(
            "pyjobshop_plant",
            "PyJobShop, runs and loads given",
            problem,
            sequences,
            {
                "tables": facts,
                "runs": sequences.runs,
                "loads": sequences.loads,
                "horizon": base.kpis.makespan * 3 // 2,
            },
            cpu=size.pyjobshop,
        )
    if size.cpsat:
        answers["cpsat"] = peer_plan(
            "cpsat_plant",
            "CP-SAT, whole problem" if size.whole else "CP-SAT, runs and loads given",
            problem,
            sequences,
            {"tables": facts, "hint": hint_of(problem, base, sequences), "fixed": not size.whole},
            cpu=size.cpsat,
        )
    return answers


def fixed(problem: Problem, runs: Sequence[Run], product: Product, *, seed: int, cpu: float) -> Answer:
    """Ours with the runs of the first plan."""
    schedule, spent = product.call(SCHEDULE, list(runs), problem, seed=seed, cpu=cpu)
    proposal = Proposal(
        runs=tuple(runs),
        operations=schedule.operations,
        frozen=(),
        unplanned=(),
        kpis=measure(problem, runs, schedule.operations, 0),
    )
    return certified(problem, Answer("ours, runs given", spent, proposal))


def peer_plan(
    name: str, who: str, problem: Problem, given: Sequences, question: dict[str, Any], *, cpu: float
) -> Answer:
    """The peer's plan in so many CPU seconds."""
    with Peer(name) as peer:
        try:
            reply = peer.ask("plant", seconds=120 + 25 * cpu, cpu=cpu, **question)
        except PeerFailed as error:
            return Answer(who, cpu, why=str(error))
    value = reply.value
    if not value["found"]:
        return Answer(who, reply.cpu, why=NONE_FOUND)
    machines: dict[str, list[int]] = value["machines"]
    runs, loads = value.get("runs", given.runs), value.get("loads", given.loads)

    def on(kind: str) -> dict[str, list[int]]:
        return {code: order for code, order in machines.items() if code.split("-")[0] in kind.split()}

    sequences = Sequences(runs, loads, printed=on("uv laser"), cured=on("oven"), packed=on("pack"))
    try:
        proposal = as_proposal(problem, sequences)
    except Stuck as error:
        return Answer(who, reply.cpu, why=f"breach: {error}")
    return certified(problem, Answer(who, reply.cpu, proposal))


def certified(problem: Problem, answer: Answer) -> Answer:
    """The answer if its plan has no breach."""
    assert answer.proposal is not None
    certificate = certify(problem, answer.proposal)
    if certificate.ok and not answer.proposal.unplanned:
        return answer
    breach = certificate.breaches[0] if certificate.breaches else None
    why = (
        f"breach: {breach.kind} {breach.where} {breach.text}" if breach else "breach: not every line planned"
    )
    return Answer(answer.who, answer.spent, why=why)


def hint_of(problem: Problem, base: Proposal, sequences: Sequences) -> dict[str, Any]:
    """Our first plan in the words of the CP-SAT model: start, end, machine and set-up of each operation."""
    now = problem.shop.now
    load_of = {run: n for n, load in enumerate(sequences.loads) for run in load}
    number = {run.id: n for n, run in enumerate(base.runs)}
    times: dict[str, list[int | str]] = {}
    for operation in base.operations:
        run = number[operation.run]
        name = {1: f"print {run}", 2: f"cure {load_of[run]}", 3: f"pack {run}"}[operation.step]
        start, end = operation.start - now, operation.end - now
        times[name] = [start, end, operation.machine, operation.start - operation.setup_start]
    return {
        "runs": sequences.runs,
        "loads": sequences.loads,
        "machines": {**sequences.printed, **sequences.cured, **sequences.packed},
        "times": times,
        "horizon": base.kpis.makespan,
    }


def bars(size: Round, answers: dict[str, Answer]) -> list[Bar]:
    ours = answers.get("ours")
    found = []

    def beside(name: str, mine: str, other: str, limit: float) -> None:
        one, two = answers.get(mine), answers.get(other)
        theirs = answers["first"].cost if two and two.found_nothing else two.cost if two else None
        figure = one.cost / theirs if one and one.cost is not None and theirs else None
        why = "" if figure is not None else "; ".join(f"{e.who}: {e.why}" for e in (one, two) if e and e.why)
        found.append(Bar(name, figure, limit, at_most=True, why=why[:160]))

    if size.pyjobshop and size.lines < 1_000:
        given = f"{size.lines} lines, {size.pyjobshop:.0f} CPU s"
        beside(f"cost beside PyJobShop, {given}, whole problem", "ours", "pyjobshop", 0.90)
        beside(f"cost beside PyJobShop, {given}, the same runs", "fixed", "pyjobshop", 1.00)
    if size.pyjobshop and size.lines >= 1_000:
        first = answers["first"]
        peer = answers.get("pyjobshop")
        has = "none" if peer is None or peer.found_nothing else peer.why or f"one of cost {peer.cost:,.0f}"
        name = f"a plan of {size.lines:,} lines where PyJobShop has {has}"
        figure = first.spent if first.proposal else None
        found.append(Bar(name, figure, FIRST_PLAN, "CPU s", at_most=True, why=first.why))
    if size.cpsat:
        kind = "whole problem" if size.whole else "its runs and loads given"
        name = f"cost beside CP-SAT, {size.lines:,} lines, {size.cpsat:.0f} CPU s, {kind}"
        beside(name, "ours", "cpsat", size.limit)
    if ours is not None and ours.proposal is None:
        found.append(Bar(f"our plan of {size.lines:,} lines", None, 0, why=ours.why[:160]))
    return found


def _row(lines: int, answer: Answer) -> list[str]:
    start = [f"{lines:,}", answer.who, f"{answer.spent:.1f}"]
    if answer.proposal is None:
        return [*start, answer.why[:60], *[""] * 5]
    kpis = answer.proposal.kpis
    terms = kpis.terms
    over = f"{terms.cost / kpis.bound - 1:+.1%}" if kpis.bound else ""
    minutes = f"{kpis.setup_seconds // MINUTE} min"
    return [*start, f"{terms.cost:,}", f"{terms.tardiness:,}", minutes, str(kpis.runs), str(kpis.loads), over]
