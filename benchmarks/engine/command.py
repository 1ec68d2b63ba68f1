"""``manage.py bench engine``: what the configuration engine answers, how exactly, and how fast beside others.

Peers run in an environment of their own (see `environment.py`), in turns with the product, on the same
questions, and every answer is compared. Without the folder `shared/data` beside the checkout, the made-up
product and the four families are measured and the rest is said to be missing.
"""

from collections.abc import Sequence
from pathlib import Path

from benchmarks import running
from benchmarks.bars import Section
from benchmarks.command import Benchmark
from benchmarks.data import shared_data
from benchmarks.engine.environment import PEERS
from benchmarks.engine.measurements import MEASUREMENTS, Scale, full, quick
from benchmarks.engine.of_folder import of_folder

BENCHMARK = Benchmark(
    name="engine",
    title="The configuration engine",
    about="Peers answer in turns with the product, on the same states, and every answer is compared. They are"
    " installed by the benchmark in an environment of its own (`benchmarks/engine/peers.txt`).",
    others=PEERS,
    ours=("django", "lark", "numpy", "ortools", "python-sat"),
    theirs=("clingo", "flamapy-configurator", "flamapy-fm", "ortools", "python-sat", "z3-solver"),
)


def main(arguments: Sequence[str]) -> int:
    description = (__doc__ or "").split("\n")[0]
    parser = BENCHMARK.parser(description=description, measurements=MEASUREMENTS)
    parser.add_argument(
        "--models", type=Path, metavar="FOLDER", help="measure the UVL, XCSP and SXFM files there"
    )
    options = parser.parse_args(arguments)

    def measure() -> list[Section]:
        if options.models:
            section = of_folder(options.models, seed=options.seed)
            running.show(section)
            return [section]
        return measured(quick(options.seed) if options.quick else full(options.seed), only=options.only)

    partly = options.quick or options.only or options.models
    return BENCHMARK.run(arguments, options, measure, full=not partly)


def measured(scale: Scale, *, only: str | None) -> list[Section]:
    """Each measurement in turn, and what cannot be measured here."""
    sections = running.scaled(MEASUREMENTS, scale, only=only, skipped=scale.skipped, seconds=scale.seconds)
    if shared_data() is None:
        sections.append(
            Section("data", "Data", left_out=["everything on real models: no folder shared/data"])
        )
    return sections
