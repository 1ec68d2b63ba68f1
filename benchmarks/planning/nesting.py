"""Nesting: sheets beside the best known and beside rectpack, from twenty parts to ten thousand.

The 100 instances of `shared/data/bin-packing` (Berkey and Wang, Martello and Vigo), as they lie and turned,
without gaps; `--instances` takes any folder of such files (`*_items.csv`, `*_bins.csv`). Personalised pieces
of every size with gaps of 2 mm on sheets of 600 x 400 mm. Ours runs with compiled kernels (and once as plain
Python, which has to give the very same nest); rectpack gets its 15 ways, the best of them counts. Every nest
of either is checked here: each part once, inside, apart. Runs are formed of signs and shelves in the small
workshop, so that batching is in the figures too. All times are CPU seconds.
"""

import csv
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.bars import Bar, Section, Table
from benchmarks.data import shared_data
from benchmarks.planning.environment import Peer, Product, the_product
from benchmarks.planning.sizes import Scale
from benchmarks.planning.workshop import generated
from production.engine.batching import form_runs
from production.engine.nesting import Item, Placed, SheetSize, area_bound, nest
from production.engine.nesting.nest import Nest
from production.engine.proposal import Limits

NEST = "production.engine.nesting:nest"
FORM_RUNS = "production.engine.batching:form_runs"
# By whether parts may be turned: turned there is more to try.
ROUNDS = {False: 12_000, True: 30_000}
MANY_ROUNDS = 2_000
GAP, MARGIN = 2_000, 5_000
SHEET = SheetSize(600_000, 400_000, MARGIN, GAP)


@dataclass(frozen=True)
class Instance:
    """`best_known` bins by whether parts may be turned; None where nobody told."""

    name: str
    sides: tuple[tuple[int, int], ...]
    size: tuple[int, int]
    best_known: dict[bool, int | None]


def section(scale: Scale) -> Section:
    found = Section("nesting", "Nesting")
    found.notes.append((__doc__ or "").strip())
    wrong: list[str] = []
    with the_product() as product, Peer("rectpacker") as peer:
        product.call(NEST, [Item(n, 3, 4, True) for n in range(9)], SheetSize(5, 6, 0, 0), rounds=5)
        instances = read(scale)
        if instances:
            for turned in (False, True):
                beside_best_known(found, instances, turned, product, peer, wrong, scale)
        else:
            found.left_out.append("nesting: no instances (no folder shared/data/bin-packing)")
        if scale.instances is None:
            personalised(found, product, peer, wrong, scale)
            forming(found, product, scale)
    found.bars.append(
        Bar("nesting: faults in nests, ours and rectpack's", len(wrong), 0, "wrong", at_most=True)
    )
    if wrong:
        found.notes.append("Faults: " + "; ".join(wrong[:5]))
    return found


def beside_best_known(
    found: Section,
    instances: Sequence[Instance],
    turned: bool,
    product: Product,
    peer: Peer,
    wrong: list[str],
    scale: Scale,
) -> None:
    """Bins of all instances, how many as few as the best known, and the CPU beside rectpack's."""
    ours = theirs = known = equal = theirs_equal = told = 0
    cpu = peer_cpu = 0.0
    more: list[str] = []
    for each in instances:
        items = [Item(n, *sides, turned) for n, sides in enumerate(each.sides)]
        size = SheetSize(*each.size, 0, 0)
        laid, spent = product.call(NEST, items, size, rounds=ROUNDS[turned], seed=scale.seed)
        check(each.name, laid, items, size, wrong)
        reply = peer.ask("pack", sides=each.sides, size=each.size, rotation=turned)
        check(f"rectpack {each.name}", nest_of(reply.value["laid"], items, size), items, size, wrong)
        bins = reply.value["bins"]
        ours, theirs, cpu, peer_cpu = ours + len(laid), theirs + bins, cpu + spent, peer_cpu + reply.cpu
        best = each.best_known.get(turned)
        if best is not None:
            told, known = told + 1, known + best
            equal, theirs_equal = equal + (len(laid) == best), theirs_equal + (bins == best)
            if len(laid) != best:
                more.append(f"{each.name} {len(laid)} ({best})")
    way = "turned" if turned else "as they lie"
    columns = ["", "sheets", "equal to best known", "CPU s"]
    found.tables.append(
        Table(
            f"{len(instances)} instances, {way}",
            columns,
            [
                ["best known", str(known) if told else "-", "", ""],
                ["ours", str(ours), str(equal) if told else "-", f"{cpu:.2f}"],
                ["rectpack, best of 15", str(theirs), str(theirs_equal) if told else "-", f"{peer_cpu:.2f}"],
            ],
        )
    )
    if told == len(instances):
        over = 100 * (ours - known) / known
        share = 100 * equal / told
        found.bars.append(Bar(f"nesting {way}: sheets over best known", over, 0.4, "%", at_most=True))
        if scale.large:
            found.bars.append(Bar(f"nesting {way}: instances equal to best known", share, 95, "%"))
        found.notes.append(f"Not equal to the best known, {way}: {', '.join(more) or 'none'}.")
    else:
        found.bars.append(Bar(f"nesting {way}: sheets beside rectpack", ours / theirs, 1, at_most=True))
    found.bars.append(Bar(f"nesting {way}: CPU beside rectpack", cpu / peer_cpu, 0.5, at_most=True))


def personalised(found: Section, product: Product, peer: Peer, wrong: list[str], scale: Scale) -> None:
    """Pieces of 40-160 x 30-120 mm: sheets beside rectpack's and the area's bound, and how time grows."""
    counts = (1_000, 10_000) if scale.large else (200, 2_000)
    rows: list[list[str]] = []
    seconds: dict[int, float] = {}
    fewest_at_once = False
    for count in counts:
        items = pieces(count, scale.seed)
        bound = area_bound(items, SHEET)
        laid, spent = product.call(NEST, items, SHEET, rounds=MANY_ROUNDS, seed=scale.seed)
        check(f"{count} pieces", laid, items, SHEET, wrong)
        seconds[count] = spent
        few = count == counts[0]
        fewest_at_once = fewest_at_once or (few and len(laid) == bound)
        width, height = SHEET.width - 2 * MARGIN + GAP, SHEET.height - 2 * MARGIN + GAP
        reply = peer.ask(
            "pack",
            sides=[[item.width + GAP, item.height + GAP] for item in items],
            size=[width, height],
            rotation=True,
            ways=15 if few else 3,
            seconds=1_500,
        )
        check(f"rectpack {count}", nest_of(reply.value["laid"], items, SHEET), items, SHEET, wrong)
        bins, tried = reply.value["bins"], reply.value["tried"]
        rows.append(
            [
                f"{count:,}",
                str(bound),
                str(len(laid)),
                f"{spent:.2f}",
                str(bins),
                f"{reply.cpu:.1f}",
                str(tried),
            ]
        )
        found.bars.append(
            Bar(f"nesting {count:,} pieces: sheets beside rectpack", len(laid) / bins, 1, at_most=True)
        )
        if not few:
            over = len(laid) / bound
            found.bars.append(
                Bar(f"nesting {count:,} pieces: sheets beside the area", over, 1.08, at_most=True)
            )
    name = f"nesting: CPU a piece, {counts[1]:,} beside {counts[0]:,}"
    if fewest_at_once:
        # What the first order of the pieces lays on the fewest sheets there can be says nothing of the rest.
        found.left_out.append(f"{name}: {counts[0]:,} need no search")
    else:
        grown = (seconds[counts[1]] / counts[1]) / (seconds[counts[0]] / counts[0])
        found.bars.append(Bar(name, grown, 1.5, at_most=True))
    columns = ["pieces", "bound", "ours", "CPU s", "rectpack", "CPU s", "of its ways"]
    found.tables.append(Table("Personalised pieces, 2 mm gaps", columns, rows))
    items = pieces(120, scale.seed)
    compiled, _ = product.call(NEST, items, SHEET, rounds=100, seed=scale.seed)
    same = compiled == nest(items, SHEET, rounds=100, seed=scale.seed)
    found.bars.append(
        Bar("nesting: compiled and plain Python differ", int(not same), 0, "wrong", at_most=True)
    )


def forming(found: Section, product: Product, scale: Scale) -> None:
    """Runs formed of so many units with their nests: time a unit, compiled and as plain Python."""
    limits = Limits(max_units=1 << 30)
    rows, each = [], {}
    for count in (1_000, 10_000, 50_000) if scale.large else (300, 2_000):
        problem = generated(count, scale.seed)
        (runs, _), spent = product.call(FORM_RUNS, problem.units, problem.shop, limits=limits)
        plain = "-"
        if count <= (10_000 if scale.large else 300):
            begun = time.process_time()
            in_python, _ = form_runs(problem.units, problem.shop, limits=limits)
            plain = f"{time.process_time() - begun:.2f}"
            differ = int(in_python != runs)
            found.bars.append(
                Bar(
                    f"batching {count:,} units: compiled and plain Python differ",
                    differ,
                    0,
                    "wrong",
                    at_most=True,
                )
            )
        each[count] = spent / count
        sheets = sum(len(run.sheets) for run in runs)
        rows.append([f"{count:,}", str(len(runs)), str(sheets), f"{spent:.2f}", plain])
    counts = sorted(each)
    grown = each[counts[-1]] / each[counts[0]]
    found.bars.append(
        Bar(f"batching: CPU a unit, {counts[-1]:,} beside {counts[0]:,}", grown, 1.5, at_most=True)
    )
    columns = ["units", "runs", "sheets", "CPU s", "CPU s, plain Python"]
    found.tables.append(Table("Runs formed and nested", columns, rows))


def pieces(count: int, seed: int) -> list[Item]:
    chance = random.Random(seed)
    return [
        Item(n, chance.randint(40, 160) * 1000, chance.randint(30, 120) * 1000, True) for n in range(count)
    ]


def read(scale: Scale) -> list[Instance]:
    """The instances of the folder in the order of their names; every fifth one in a quick run."""
    data = shared_data()
    folder = scale.instances or (data / "bin-packing" if data else None)
    if folder is None or not folder.is_dir():
        return []
    known = {turned: best_known(folder, turned) for turned in (False, True)}
    paths = sorted(folder.rglob("*_items.csv"))
    if not scale.large and scale.instances is None:
        paths = paths[::5]
    return [instance(path, known) for path in paths if path.with_name(bins_name(path)).exists()]


def bins_name(path: Path) -> str:
    return path.name.replace("_items.csv", "_bins.csv")


def instance(path: Path, known: dict[bool, dict[str, int]]) -> Instance:
    name = path.name.removesuffix("_items.csv")
    with path.open(encoding="utf-8") as file:
        sides = tuple(
            (int(row["WIDTH"]), int(row["HEIGHT"]))
            for row in csv.DictReader(file)
            for _ in range(int(row.get("COPIES") or 1))
        )
    with path.with_name(bins_name(path)).open(encoding="utf-8") as file:
        first = next(csv.DictReader(file))
    size = int(first["WIDTH"]), int(first["HEIGHT"])
    return Instance(name, sides, size, {turned: known[turned].get(name) for turned in known})


def best_known(folder: Path, turned: bool) -> dict[str, int]:
    path = folder / ("best_known_rotation.csv" if turned else "best_known_oriented.csv")
    if not path.exists():
        return {}
    with path.open(encoding="utf-8") as file:
        return {Path(row[0]).name: int(row[1]) for row in list(csv.reader(file))[1:]}


def nest_of(rectangles: Sequence[Sequence[int]], items: Sequence[Item], size: SheetSize) -> Nest:
    """What rectpack says (bin, x, y, width, height, number) as a nest; gaps are in its widths and heights."""
    sheets: Nest = [[] for _ in range(1 + max(int(row[0]) for row in rectangles))]
    for bin_number, x, y, width, _, number in rectangles:
        item = items[number]
        is_turned = int(width) != item.width + size.gap
        sheets[bin_number].append((item, Placed(int(x) + size.margin, int(y) + size.margin, is_turned)))
    return sheets


def check(name: str, laid: Nest, items: Sequence[Item], size: SheetSize, wrong: list[str]) -> None:
    """Each part once, inside the margins, its gap away from others, turned only where it may be."""
    if sorted(item for sheet in laid for item, _ in sheet) != sorted(items):
        wrong.append(f"{name}: not every part once")
    for sheet in laid:
        boxes = []
        for item, place in sheet:
            width, height = (item.height, item.width) if place.rotated else (item.width, item.height)
            boxes.append((place.x, place.y, place.x + width, place.y + height))
            if place.rotated and not item.may_rotate:
                wrong.append(f"{name}: part {item.number} is turned")
        inside = all(
            min(left, bottom) >= size.margin
            and right <= size.width - size.margin
            and top <= size.height - size.margin
            for left, bottom, right, top in boxes
        )
        if not inside or not apart(boxes, size.gap):
            wrong.append(f"{name}: parts outside or nearer than {size.gap} µm")


def apart(boxes: Sequence[tuple[int, int, int, int]], gap: int) -> bool:
    return all(
        one[2] + gap <= other[0]
        or other[2] + gap <= one[0]
        or one[3] + gap <= other[1]
        or other[3] + gap <= one[1]
        for n, one in enumerate(boxes)
        for other in boxes[n + 1 :]
    )
