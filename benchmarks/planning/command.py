"""``manage.py bench planning``: runs, nests, schedules, their proof, and what they cost beside others.

Peers run in an environment of their own, with the same processor time, on the same tasks; every plan, ours
and a peer's, passes the certificate before it counts. Without the folder `shared/data` beside the checkout
what needs it is said to be missing.
"""

from collections.abc import Sequence
from pathlib import Path

from benchmarks import running
from benchmarks.bars import Section
from benchmarks.command import Benchmark
from benchmarks.planning.environment import PEERS
from benchmarks.planning.measurements import FILES, MEASUREMENTS, full, quick

BENCHMARK = Benchmark(
    name="planning",
    title="Planning",
    about="Peers get the same tasks and the same processor time in the same run; every plan, ours and a"
    " peer's, passes the certificate before it counts. They are installed by the benchmark in an environment"
    " of its own (`benchmarks/planning/peers.txt`).",
    others=PEERS,
    ours=("ortools",),
    theirs=("numba", "ortools", "pyjobshop", "rectpack", "simpy"),
)


def main(arguments: Sequence[str]) -> int:
    description = (__doc__ or "").split("\n")[0]
    parser = BENCHMARK.parser(description=description, measurements=MEASUREMENTS)
    parser.add_argument(
        "--instances", type=Path, metavar="FOLDER", help="measure the instance files there and nothing else"
    )
    options = parser.parse_args(arguments)
    scale = (quick if options.quick else full)(options.seed, options.instances)
    chosen = {
        name: measure for name, measure in MEASUREMENTS.items() if options.instances is None or name in FILES
    }

    def measure() -> list[Section]:
        return running.scaled(chosen, scale, only=options.only, skipped=scale.skipped, seconds=scale.seconds)

    partly = options.quick or options.only or options.instances
    return BENCHMARK.run(arguments, options, measure, full=not partly)
