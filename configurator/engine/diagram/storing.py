"""A diagram as bytes and back: a line of JSON that says what follows, then the arrays, compressed.

Little-endian integers of 32 or 64 bits; nothing in them is ever executed.
"""

import json
import zlib
from dataclasses import fields
from fractions import Fraction

import numpy as np

from configurator.engine.diagram.arrays import Arrays
from configurator.engine.diagram.prices import Percentages
from configurator.engine.diagram.reading import Diagram

FORMAT = "diagram 1"
MAX_BYTES = 256_000_000  # of the arrays, unpacked


class Unreadable(ValueError):
    """Bytes that are no diagram of this format."""


def to_bytes(diagram: Diagram) -> bytes:
    packed: list[bytes] = []
    described: list[tuple[str, str, int]] = []
    for each in fields(Arrays):
        array = getattr(diagram.arrays, each.name)
        small = array.size == 0 or (array.min() >= -(2**31) and array.max() < 2**31)
        packed.append(array.astype("<i4" if small else "<i8").tobytes())
        described.append((each.name, "<i4" if small else "<i8", len(array)))
    head = {
        "format": FORMAT,
        "codes": diagram.codes,
        "cents": diagram.cents,
        "always": [str(each) for each in diagram.percentages.always],
        "breaks": [(least, str(each)) for least, each in diagram.percentages.breaks],
        "below": diagram.percentages.below,
        "arrays": described,
    }
    text = json.dumps(head, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return text.encode() + b"\n" + zlib.compress(b"".join(packed), 6)


def from_bytes(data: bytes) -> Diagram:
    """The diagram again; raises `Unreadable`."""
    try:
        text, _, body = data.partition(b"\n")
        head = json.loads(text)
        if head["format"] != FORMAT:
            raise Unreadable(f"the format {head['format']} is not known")
        sizes = [length * np.dtype(kind).itemsize for _, kind, length in head["arrays"]]
        if sum(sizes) > MAX_BYTES:
            raise Unreadable(f"more than {MAX_BYTES // 1_000_000} MB")
        unpacking = zlib.decompressobj()
        unpacked = unpacking.decompress(body, sum(sizes) + 1)
        if len(unpacked) != sum(sizes) or not unpacking.eof:
            raise Unreadable("the arrays have another length than announced")
        arrays: dict[str, np.ndarray[tuple[int], np.dtype[np.int64]]] = {}
        at = 0
        for (name, kind, length), size in zip(head["arrays"], sizes, strict=True):
            if kind not in ("<i4", "<i8"):
                raise Unreadable(f"numbers of the kind {kind} are not known")
            arrays[name] = np.frombuffer(unpacked, kind, length, at).astype(np.int64)
            at += size
        percentages = Percentages(
            tuple(Fraction(each) for each in head["always"]),
            tuple((least, Fraction(each)) for least, each in head["breaks"]),
            head["below"],
        )
        return Diagram(tuple(head["codes"]), Arrays(**arrays), head["cents"], percentages)
    except (KeyError, TypeError, ValueError, zlib.error) as error:
        raise Unreadable(str(error)) from error
