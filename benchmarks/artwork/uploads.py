"""Hostile and odd files at the door of uploads: each decided soon, in little memory, nothing active kept."""

import itertools
from statistics import median

from benchmarks.artwork.scale import Scale
from benchmarks.artwork.upload_judging import FEWEST, MEMORY_BAR, SECONDS_BAR, corpus, judge
from benchmarks.bars import Bar, Section, Table

MEGA = 1_000_000
# A quick run takes every so many-th of the files that are made fast.
SAMPLE = 10


def section(scale: Scale) -> Section:
    """Seconds are of the child's processor: the clock of a busy machine says nothing about the child."""
    made = Section("uploads", "Hostile and odd uploads")
    files = corpus() if scale.whole_corpus else itertools.islice(corpus(quick=True), 0, None, SAMPLE)
    said: list[str] = []
    decided = judge(files, said.append)
    decisions = [decision for decision, _ in decided]
    count = len(decisions)
    wrong = sum(decision.wrong(expected) for decision, expected in decided)
    slowest = max(decisions, key=lambda decision: decision.cpu)
    largest = max(decisions, key=lambda decision: decision.peak)
    made.bars += [
        Bar(f"uploads of {count} decided wrongly, crashed or left active", wrong, 0, "wrong", at_most=True),
        Bar("uploads, slowest decision", slowest.cpu, SECONDS_BAR, "s", at_most=True),
        Bar("uploads, largest child", largest.peak / MEGA, MEMORY_BAR / MEGA, "MB", at_most=True),
    ]
    if scale.whole_corpus:
        made.bars.append(Bar("uploads, files", count, FEWEST, "files"))
    accepted = sum(decision.code == "accepted" for decision in decisions)
    made.tables.append(
        Table(
            "Files decided, each in a caged child of its own",
            ["files", "accepted", "refused", "median CPU ms", "slowest", "largest"],
            [
                [
                    str(count),
                    str(accepted),
                    str(count - accepted),
                    f"{median(decision.cpu for decision in decisions) * 1000:.0f}",
                    f"{slowest.cpu:.2f} s, {slowest.name}",
                    f"{largest.peak / MEGA:.0f} MB, {largest.name}",
                ]
            ],
        )
    )
    made.notes += [each.strip() for each in said]
    return made
