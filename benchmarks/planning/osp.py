"""Ovens alone, the Oven Scheduling Problem: what loads cost beside the greedy plan and beside CP-SAT.

Instances of `shared/data/osp`, or the `.dat` and `.dzn` files of a folder. Ours runs with compiled kernels
for a number of moves; a plain CP-SAT model, hinted by the greedy plan, gets ten times the processor time that
these took (where it finds nothing, the greedy plan counts as its own; where it fails, that is a fault). Every
plan is checked by `osp_files.faults`, and costs what the checker reckons. Up to 25 jobs CP-SAT is asked for
the best plan with its proof. Costs are told as the authors tell them: a share of the instance's own upper
bound.
"""

from dataclasses import asdict
from pathlib import Path
from statistics import fmean

from benchmarks.bars import Bar, Section, Table
from benchmarks.data import shared_data
from benchmarks.environment import PeerFailed
from benchmarks.planning.environment import Peer, the_product
from benchmarks.planning.osp_files import Instance, cost_of, faults, read
from benchmarks.planning.sizes import Scale
from production.engine.scheduling.ovens import Load, OvenPlan, fill_ovens

MOVES, FEW_MOVES = 1_000_000, 400_000
TIMES = 10
SMALL = 25
PROOF = 60.0
OURS = "production.engine.scheduling.ovens:fill_ovens"


def section(scale: Scale) -> Section:
    found = Section("osp", "Ovens alone")
    found.notes.append((__doc__ or "").strip())
    paths = files(scale)
    if not paths:
        found.left_out.append("osp: no instances (no folder shared/data/osp)")
        return found
    wrong: list[str] = []
    rows: list[list[str]] = []
    large: list[tuple[float, float, float]] = []
    proven = missed = 0
    with the_product() as product, Peer("cpsat_ovens") as peer:
        product.call(OURS, read(paths[0]).problem, moves=100)
        for path in paths:
            instance = read(path)
            moves = MOVES if scale.large else FEW_MOVES
            greedy = fill_ovens(instance.problem, moves=0)
            ours, cpu = product.call(OURS, instance.problem, seed=scale.seed, moves=moves)
            small = len(instance.problem.jobs) <= SMALL
            budget = PROOF if small and scale.large else max(TIMES * cpu, 1.5)
            try:
                theirs, optimal, spent = asked(peer, instance, greedy, whole=small, seconds=budget)
            except PeerFailed as error:
                wrong.append(f"CP-SAT, {instance.name}: {error}")
                continue
            costs = [value(instance, plan.loads, wrong, "ours") for plan in (greedy, ours)]
            other = value(instance, theirs, wrong, "CP-SAT") if theirs else None
            if small and optimal and other is not None:
                proven += 1
                missed += costs[1] > other + 1e-12
            elif not small:
                large.append((costs[0], costs[1], costs[0] if other is None else other))
            rows.append(
                [
                    f"{path.parent.name} {instance.name[:36]}",
                    str(len(instance.problem.jobs)),
                    f"{costs[0]:.4f}",
                    f"{costs[1]:.4f}",
                    f"{cpu:.2f}",
                    "none" if other is None else f"{other:.4f}{' (best)' if optimal else ''}",
                    f"{spent:.1f}",
                ]
            )
    columns = ["instance", "jobs", "greedy", "ours", "CPU s", "CP-SAT", "CPU s"]
    found.tables.append(Table("Cost as a share of the upper bound", columns, rows))
    found.bars.append(Bar("ovens: faults in plans", len(wrong), 0, "wrong", at_most=True))
    if wrong:
        found.notes.append("Faults: " + "; ".join(wrong[:5]))
    if large:
        beside = fmean(ours / other for _, ours, other in large)
        greedily = fmean(ours / greedy for greedy, ours, _ in large)
        found.bars.append(Bar(f"ovens: cost beside CP-SAT at {TIMES}x the CPU", beside, 0.97, at_most=True))
        found.notes.append(
            f"Beyond {SMALL} jobs ours costs {greedily:.3f}x the greedy plan on the mean of {len(large)}."
        )
    if proven:
        found.bars.append(Bar(f"ovens: not best of {proven} proven ones", missed, 0, "missed", at_most=True))
    return found


def files(scale: Scale) -> list[Path]:
    """All instances; in a quick run two of different size."""
    data = shared_data()
    folder = scale.instances or (data / "osp" if data else None)
    paths = sorted(folder.rglob("*.d[az][tn]")) if folder else []
    return paths if scale.large or scale.instances else [path for path in paths if _is_quick(path)]


def _is_quick(path: Path) -> bool:
    return any(
        f"{path.parent.name}/{path.name}".startswith(each) for each in ("use-case-1/ISA433", "use-case-2/02")
    )


def asked(
    peer: Peer, instance: Instance, greedy: OvenPlan, *, whole: bool, seconds: float
) -> tuple[list[Load], bool, float]:
    """The peer's loads, whether they are proven best, and the processor time it took."""
    reply = peer.ask(
        "ovens",
        problem=asdict(instance.problem),
        hint=[asdict(load) for load in greedy.loads],
        whole=whole,
        cpu=seconds,
        seconds=90 + 20 * seconds,
    )
    found = reply.value
    loads = [Load(each["oven"], tuple(each["jobs"]), each["start"], each["end"]) for each in found["loads"]]
    return loads, found["proven"], reply.cpu


def value(instance: Instance, loads: list[Load] | tuple[Load, ...], wrong: list[str], who: str) -> float:
    """The cost as the checker reckons it; what is wrong goes to `wrong`."""
    wrong += [f"{who}, {instance.name}: {fault}" for fault in faults(instance.problem, loads)]
    return cost_of(instance.problem, loads) / instance.scale
