"""The process that packs one strip with spyrrow (sparrow's bindings): a question in JSON on standard input,
the answer on standard output. Started by ``strips``; never imported.

spyrrow can only be stopped by a clock, which would make its answer depend on the machine's load. But what it
finds, one after the other, depends on seed and shapes alone where it has one worker: so the answer is taken
from that sequence by counting, and the process ends as soon as it is there.
"""

import json
import os
import sys
import threading
import time
from typing import Any

import spyrrow

# So many attempts in a row that do not shorten the strip, and so many steps at all, end the search.
FAILS = 2
STEPS = 4_000
LOOKED_AT_EVERY = 0.004  # seconds


def main() -> None:
    question = json.load(sys.stdin)
    items = [
        spyrrow.Item(str(number), [tuple(point) for point in each["shape"]], each["count"], each["angles"])
        for number, each in enumerate(question["items"])
    ]
    instance = spyrrow.StripPackingInstance("", question["breadth"], items)
    config = spyrrow.StripPackingConfig(
        early_termination=True,
        min_items_separation=question["gap"],
        total_computation_time=None,
        exploration_time=question["fence"],
        compression_time=0,
        num_workers=1,
        seed=question["seed"],
    )
    queue, out_of_time = spyrrow.ProgressQueue(), threading.Event()
    watch = threading.Thread(target=_watch, args=(queue, out_of_time, question["length"]), daemon=True)
    watch.start()
    begun = time.monotonic()
    instance.solve(config, progress=queue)
    if time.monotonic() - begun >= question["fence"]:
        out_of_time.set()
    watch.join()


def _watch(queue: Any, out_of_time: threading.Event, length: float) -> None:
    """Ends the process with the first strip that is short enough, else with the shortest; with none where the
    search was ended by its clock."""
    found, kind = None, spyrrow.ReportType
    fails = steps = 0
    while not out_of_time.is_set():
        for told, solution in queue.drain():
            steps += 1
            if told == kind.ExplFeas:
                found, fails = solution, 0
            elif told == kind.ExplInfeas:
                fails += 1
            if (found is not None and found.width <= length) or fails == FAILS or steps == STEPS:
                _answer(found)
        time.sleep(LOOKED_AT_EVERY)
    _answer(None)


def _answer(found: Any) -> None:
    placed = found and [[int(p.id), *p.translation, p.rotation] for p in found.placed_items]
    json.dump({"placed": placed}, sys.stdout)
    sys.stdout.flush()
    os._exit(0)  # the search cannot be stopped otherwise


if __name__ == "__main__":
    main()
