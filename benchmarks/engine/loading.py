"""Reading UVL: our reader against flamapy's, from the file's text to a model in memory.

Both end with features, groups and parsed constraints and nothing for a solver yet. How long it takes until
the first click can be answered is told beside it: ours with all clauses and the first answer, theirs with the
configurator's exact backend.
"""

import time
from collections.abc import Sequence
from statistics import median

from benchmarks.bars import Bar, Section, Table
from benchmarks.engine.environment import Peer
from benchmarks.engine.models import Model
from benchmarks.environment import PeerFailed
from configurator.engine.domains import Kernel
from configurator.engine.knowledge import compile_family
from configurator.engine.uvl import read_uvl

BAR = 100.0
READS = 12


def section(named: Sequence[Model], *, times: int) -> Section:
    found = Section("load", "Loading UVL")
    found.notes.append((__doc__ or "").strip())
    rows = []
    for model in named:
        assert model.source is not None
        with Peer("flamapy_z3") as peer:
            try:
                reading, ready, theirs, theirs_ready = _both(peer, model, times)
            except PeerFailed as failure:
                found.left_out.append(f"{model.name}: {failure}")
                continue
        faster = median(theirs) / median(reading)
        until_ready = median(theirs_ready) / median(ready)
        rows.append(
            [
                model.name,
                *(f"{median(each) * 1000:,.4g}" for each in (reading, theirs)),
                f"{faster:.0f}x",
                *(f"{median(each) * 1000:,.4g}" for each in (ready, theirs_ready)),
                f"{until_ready:.1f}x",
            ]
        )
        found.bars.append(Bar(f"load UVL {model.name} against flamapy's reader", faster, BAR))
        found.raw[model.name] = {
            "read": reading,
            "theirs": theirs,
            "ready": ready,
            "theirs_ready": theirs_ready,
        }
    columns = [
        "model",
        "ours, ms",
        "flamapy, ms",
        "ratio",
        "ours until the first answer",
        "flamapy's",
        "ratio",
    ]
    found.tables.append(Table("CPU time of reading, medians", columns, rows))
    return found


def _both(peer: Peer, model: Model, times: int) -> tuple[list[float], list[float], list[float], list[float]]:
    reading, ready, theirs, theirs_ready = [], [], [], []
    assert model.source is not None
    for _ in range(times):
        reply = peer.ask("read", path=str(model.source), seconds=300)
        theirs.append(reply.cpu)
        theirs_ready.append(reply.cpu + peer.ask("configurator", seconds=300).cpu)
        # Ours is short: so many at a time, as the first ones find a processor that has waited for the peer.
        for _ in range(READS):
            begun = time.process_time()
            spec = read_uvl(model.source.read_text(encoding="utf-8"), code="model", name=model.name)
            reading.append(time.process_time() - begun)
        Kernel(compile_family(spec)).answer({})
        ready.append(time.process_time() - begun)
    return reading, ready, theirs, theirs_ready
