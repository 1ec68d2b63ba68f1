"""How much of everything a full and a quick run measure."""

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Scale:
    """`seconds`: after so many nothing more is begun. What a bar was measured on is in its name."""

    seed: int
    previews: int
    shown: int
    strings: int
    designs: int
    sheet_rounds: int
    sheet_pictures: int
    sheet_parts: int
    whole_corpus: bool
    pairs: int
    fault_share: int
    clean: int
    codes: int
    seconds: float = math.inf


def full(seed: int) -> Scale:
    return Scale(
        seed=seed,
        previews=40,
        shown=240,
        strings=6_000,
        designs=120,
        sheet_rounds=3,
        sheet_pictures=1,
        sheet_parts=200,
        whole_corpus=True,
        pairs=600,
        fault_share=1,
        clean=160,
        codes=120,
    )


def quick(seed: int) -> Scale:
    return Scale(
        seed=seed,
        previews=4,
        shown=16,
        strings=600,
        designs=6,
        sheet_rounds=1,
        sheet_pictures=10,
        sheet_parts=24,
        whole_corpus=False,
        pairs=45,
        fault_share=24,
        clean=3,
        codes=12,
        seconds=44.0,
    )
