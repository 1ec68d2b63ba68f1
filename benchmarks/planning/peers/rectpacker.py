"""rectpack: the best of its 15 ways (five algorithms, three orders), or as many as the time allows."""

import time
from typing import Any

import rectpack
from wire import serve

ALGORITHMS = (
    rectpack.MaxRectsBssf,
    rectpack.MaxRectsBaf,
    rectpack.MaxRectsBl,
    rectpack.MaxRectsBlsf,
    rectpack.SkylineMwf,
)
ORDERS = (rectpack.SORT_AREA, rectpack.SORT_LSIDE, rectpack.SORT_SSIDE)
WAYS = [(algorithm, order) for order in ORDERS for algorithm in ALGORITHMS]


def pack(
    sides: list[list[int]], size: list[int], rotation: bool, ways: int = len(WAYS), seconds: float = 1e9
) -> dict[str, Any]:
    """The fewest bins, where everything lies there (bin, x, y, width, height, number), and how many ways were
    tried."""
    best: list[Any] | None = None
    bins, tried = 0, 0
    begun = time.process_time()
    for algorithm, order in WAYS[:ways]:
        if tried and time.process_time() - begun > seconds:
            break
        packer = rectpack.newPacker(
            bin_algo=rectpack.PackingBin.BBF, pack_algo=algorithm, sort_algo=order, rotation=rotation
        )
        for number, (width, height) in enumerate(sides):
            packer.add_rect(width, height, number)
        packer.add_bin(*size, count=float("inf"))
        packer.pack()
        tried += 1
        if best is None or len(packer) < bins:
            best, bins = packer.rect_list(), len(packer)
    return {"bins": bins, "laid": best, "tried": tried}


serve({"pack": pack})
