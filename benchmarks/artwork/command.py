"""``manage.py bench artwork``: whether what is shown is what is made, what is refused, and what it costs."""

from collections.abc import Sequence

from benchmarks import running
from benchmarks.artwork.measurements import MEASUREMENTS, full, quick
from benchmarks.artwork.reading import READERS
from benchmarks.bars import Section
from benchmarks.command import Benchmark

BENCHMARK = Benchmark(
    name="artwork",
    title="What is shown, made and refused",
    about="Files are read back by other people's programs, which the benchmark installs in an environment of"
    " its own (`benchmarks/artwork/readers.txt`). Everything is made from a fixed seed.",
    others=READERS,
    ours=("pillow", "numpy", "uharfbuzz", "resvg-py", "pikepdf", "ezdxf", "zxing-cpp"),
    theirs=("ezdxf", "pymupdf", "skia-python", "svgelements"),
)


def main(arguments: Sequence[str]) -> int:
    parser = BENCHMARK.parser(description=__doc__ or "", measurements=MEASUREMENTS)
    options = parser.parse_args(arguments)
    scale = quick(options.seed) if options.quick else full(options.seed)

    def measure() -> list[Section]:
        return running.scaled(MEASUREMENTS, scale, only=options.only, seconds=scale.seconds)

    return BENCHMARK.run(arguments, options, measure, full=not (options.quick or options.only))
