"""Thousands of lines, planned, written straight into the tables: to see pages and queries at full size.

For a look in the browser, in an empty database: `manage.py migrate`, then `manage.py shell` with
`from tests.production.crowd import crowd; crowd(lines=5000)`, then `manage.py runserver`.
"""

from bisect import bisect_right
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random

from orders.models import Line, Order
from production.engine.shop import Shop
from production.facts import moment, read_shop, seconds
from production.models import Machine, Operation, Piece, Plan, Run
from tests.production.day import ordinary_day

WAYS = (  # what a run goes through: work centres with seconds a piece, and the families of the first
    (("laser", 240), ("finishing", 120), ("packing", 60)),
    (("sublimation", 60), ("mug-press", 240), ("packing", 45)),
    (("dtf", 90), ("heat-press", 75), ("packing", 45)),
)
FAMILIES = {
    "laser": ("walnut-6", "oak-6", "cherry-6", "walnut-10", "oak-10"),
    "sublimation": ("sublimation-ink",),
    "dtf": ("dtf-ink",),
}


def crowd(*, lines: int, seed: int = 1) -> Plan:
    """An ordinary day of the demo workshop, and so many lines more in runs of one to ten lines, each run's
    operations on the machine that is free first. Promises are met by about nine of ten."""
    plan = ordinary_day()
    now = datetime.now(UTC)
    chance = Random(seed)
    shop = read_shop(now=now)
    Operation.objects.all().delete()  # of the day itself: their machines are wanted whole
    free = {machine.code: seconds(now) for machine in shop.machines}
    state: dict[str, str] = {}
    rows = {machine.code: machine for machine in Machine.objects.all()}
    runs: list[Run] = []
    operations: list[Operation] = []
    sizes: list[int] = []
    left = lines
    while left:
        sizes.append(min(left, chance.randint(1, 10)))
        left -= sizes[-1]
    for index, size in enumerate(sizes):
        number = plan.last_run + index + 1
        way = WAYS[chance.randrange(len(WAYS))]
        family = chance.choice(FAMILIES[way[0][0]])
        run = Run(
            plan=plan,
            number=number,
            key={"work_centre": way[0][0], "material": "", "setup_family": family, "step": 10},
            why="The same material and set-up.",
            pinned=index % 40 == 7,
        )
        ready = seconds(now)
        for sequence, (centre, each) in enumerate(way, start=1):
            code = min((m.code for m in shop.machines_of[centre]), key=lambda code: free[code])
            wanted = family if sequence == 1 else "any"
            setup = shop.setup_seconds(centre, state.get(code, ""), wanted)
            state[code] = wanted
            begin, start, end = _times(shop, code, max(free[code], ready), setup, each * size)
            free[code] = ready = end
            operations.append(
                Operation(
                    run=run,
                    sequence=sequence,
                    step=sequence * 10,
                    work_centre_id=centre,
                    machine=rows[code],
                    setup_family=wanted,
                    units=size,
                    seconds=each * size,
                    setup_start=moment(begin),
                    start=moment(start),
                    end=moment(end),
                )
            )
        run.due_at = moment(ready) + timedelta(hours=chance.randint(-6, 72))
        runs.append(run)
    Run.objects.bulk_create(runs, batch_size=1000)
    Operation.objects.bulk_create(operations, batch_size=1000)
    made = _lines(lines, runs, sizes, now)
    Piece.objects.bulk_create(
        (
            Piece(line=line, index=1, run=run, state="planned")
            for line, run in zip(
                made, (run for run, size in zip(runs, sizes, strict=True) for _ in range(size)), strict=True
            )
        ),
        batch_size=2000,
    )
    plan.last_run += len(runs)
    plan.save()
    return plan


def _times(shop: Shop, code: str, earliest: int, setup: int, work: int) -> tuple[int, int, int]:
    """Set-up, start and end in the first window of the machine that holds both whole."""
    windows = shop.windows[code]
    at = max(bisect_right(windows, (earliest, earliest)) - 1, 0)
    for opens, closes in windows[at:]:
        begin = max(opens, earliest)
        if begin + setup + work <= closes:
            return begin, begin + setup, begin + setup + work
    raise AssertionError(f"{code} has no window that holds {setup + work} seconds")


def _lines(count: int, runs: list[Run], sizes: list[int], now: datetime) -> list[Line]:
    patterns = {
        line.family_code: line for line in Line.objects.select_related("order", "design").order_by("-pk")
    }
    first = Order.objects.count()
    promised = [(run, run.due_at) for run, size in zip(runs, sizes, strict=True) for _ in range(size)]
    orders = Order.objects.bulk_create(
        (
            Order(
                number=f"C-{first + index:06}",
                customer=patterns["walnut-sign"].order.customer,
                currency="EUR",
                total=Decimal(1),
                state="placed",
                placed_at=now,
                submit_key=f"c-{first + index}",
                submit_hash="",
            )
            for index in range(count)
        ),
        batch_size=2000,
    )
    made = []
    for order, (run, due) in zip(orders, promised, strict=True):
        pattern = patterns["walnut-sign" if run.key["work_centre"] == "laser" else "enamel-mug"]
        way = next(way for way in WAYS if way[0][0] == run.key["work_centre"])
        routing = [
            {
                "step": n * 10,
                "work_centre": centre,
                "setup_family": run.key["setup_family"] if n == 1 else "any",
                "seconds": each,
            }
            for n, (centre, each) in enumerate(way, start=1)
        ]
        made.append(
            Line(
                order=order,
                position=1,
                design=pattern.design,
                family_code=pattern.family_code,
                family_name=pattern.family_name,
                version_number=1,
                choices=pattern.choices,
                artwork_hash="",
                quantity=1,
                currency="EUR",
                price_lines=[],
                unit_price=Decimal(1),
                total=Decimal(1),
                promised_at=due,
                work={**pattern.work, "routing": routing},
                state="planned",
            )
        )
    return Line.objects.bulk_create(made, batch_size=1000)
