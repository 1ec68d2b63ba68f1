"""What becomes of hostile and odd uploads: each is given to the caged child as an upload would be.

What it took, the most memory it had and what it kept are told. Seconds are of the clock and of the processor:
on a busy machine only the latter say anything.
"""

from __future__ import annotations

import json
import struct
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from benchmarks.artwork.upload_drawings import drawings
from benchmarks.artwork.upload_pictures import Expected, File, bombs, pictures
from configurator.engine import cage, imaging
from configurator.engine.drawing import read_drawing

SECONDS_BAR = 2.0
MEMORY_BAR = 300_000_000
FEWEST = 120


def corpus(*, quick: bool = False) -> Iterator[File]:
    """``quick`` leaves out what takes long to make."""
    yield from pictures()
    yield from drawings()
    if not quick:
        yield from bombs()


@dataclass(frozen=True, slots=True)
class Decision:
    """What became of a file. ``peak`` is of the child, in bytes; 0 where none was needed or it was killed."""

    name: str
    code: str  # accepted, the code of the refusal, or crashed
    seconds: float
    cpu: float
    peak: int
    active: bool  # something beside pixels or outlines was kept

    def wrong(self, expected: Expected) -> bool:
        if self.code == "crashed" or self.active:
            return True
        return expected != "either" and (self.code == "accepted") != (expected == "accept")


def decide(name: str, data: bytes) -> Decision:
    """As `imaging.take_in` does it, with a look at what the child needed."""
    started = time.perf_counter()
    form = imaging.sniff(data[: imaging.FIRST_BYTES])
    if form is None or len(data) > imaging.MAX_BYTES:
        code = "too-large" if form else "format" if data else "empty"
        return Decision(name, code, time.perf_counter() - started, 0.0, 0, False)
    with cage.unnamed_file() as file:
        file.write(data)
        file.flush()
        try:
            answer = cage.run(imaging.CHILDREN[form], file)
        except cage.Killed:
            return Decision(name, "too-hard", time.perf_counter() - started, 0.0, 0, False)
        except cage.Failed:
            return Decision(name, "crashed", time.perf_counter() - started, 0.0, 0, False)
    took, head = time.perf_counter() - started, answer.head
    active = "refused" not in head and not _inert(form, answer.body)
    return Decision(name, head.get("refused", "accepted"), took, head["cpu"], int(head["peak"] or 0), active)


def _inert(form: str, content: bytes) -> bool:
    """Whether nothing but pixels or outlines is in what is kept."""
    if form == "SVG":
        return read_drawing(content).canonical() == content and set(json.loads(content)) == {
            "format",
            "width",
            "height",
            "shapes",
        }
    kinds, at = [], 8
    while at < len(content):
        length, kind = struct.unpack(">I4s", content[at : at + 8])
        kinds.append(kind)
        at += 12 + length
    return at == len(content) and set(kinds) == {b"IHDR", b"IDAT", b"IEND"} and kinds[-1] == b"IEND"


def judge(files: Iterable[File], say: Callable[[str], None]) -> list[tuple[Decision, Expected]]:
    """Decide about each; says what came out otherwise than it has to."""
    decided = []
    for name, data, expected in files:
        decision = decide(name, data)
        if decision.wrong(expected):
            say(f"  {name}: {decision.code}, expected {expected}{', active' if decision.active else ''}")
        decided.append((decision, expected))
    return decided
