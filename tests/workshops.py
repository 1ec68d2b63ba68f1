"""Named tiny workshops for engine tests and benchmarks, varied by ``dataclasses.replace``."""

from datetime import UTC, datetime

from production.engine.shop import Calendar, Machine, SetupRule, Shop, Stock, WorkCentre
from production.engine.work import Part, Step, Unit, Use

# A Monday, 06:00 UTC.
MONDAY = int(datetime(2026, 3, 2, 6, tzinfo=UTC).timestamp())
HOUR = 3600
DAY = 24 * HOUR


def eight_hours_a_day(days: int = 60) -> tuple[tuple[int, int], ...]:
    """06:00-14:00 UTC, every day from MONDAY on."""
    return tuple((MONDAY + day * DAY, MONDAY + day * DAY + 8 * HOUR) for day in range(days))


def sign_shop() -> Shop:
    """Two lasers of different speed, two finishing benches, one packing table; oak, walnut, ply."""
    return Shop(
        work_centres=(
            WorkCentre("laser", "Laser", "bed", "engrave", 60),
            WorkCentre("saw", "Saw", "sheet", "cut", 120),
            WorkCentre("finishing", "Finishing", "bench", "finish"),
            WorkCentre("packing", "Packing", "bench", "pack"),
        ),
        machines=(
            Machine("laser-1", "laser", 900_000, 600_000, 5_000, 3_000, 100, "day", ""),
            Machine("laser-2", "laser", 600_000, 400_000, 5_000, 3_000, 80, "day", "walnut"),
            Machine("saw-1", "saw", 2_500_000, 1_250_000, 10_000, 4_000, 100, "day", ""),
            Machine("finishing-1", "finishing", 0, 0, 0, 0, 100, "day", ""),
            Machine("finishing-2", "finishing", 0, 0, 0, 0, 100, "day", ""),
            Machine("packing-1", "packing", 0, 0, 0, 0, 100, "day", ""),
        ),
        calendars=(Calendar("day", eight_hours_a_day()),),
        setups=(
            SetupRule("laser", None, "oak", 360),
            SetupRule("laser", None, "walnut", 360),
            SetupRule("laser", "oak", "walnut", 180),
            SetupRule("saw", None, "panel-18", 480),
            SetupRule("finishing", None, "oil", 300),
            SetupRule("finishing", "oil", "wax", 600),
        ),
        materials=(
            Stock("oak", 400, "sheet", 600_000, 400_000),
            Stock("walnut", 400, "sheet", 600_000, 400_000),
            Stock("ply", 400, "sheet", 2_500_000, 1_250_000),
            Stock("oil", 100_000, "ml"),
        ),
        now=MONDAY,
    )


def sign(
    number: int,
    *,
    material: str = "oak",
    width: int = 200,
    height: int = 120,
    may_rotate: bool = True,
    finish: str | None = "oil",
    due: int | None = MONDAY + 5 * DAY,
    seconds: int = 150,
    order: str = "",
) -> Unit:
    """An engraved sign; sizes in millimetres."""
    routing = [Step(10, "laser", material, seconds), Step(30, "packing", "any", 75)]
    if finish:
        routing.insert(1, Step(20, "finishing", finish, 240))
    return Unit(
        id=f"sign-{number}",
        line=f"line-{number}",
        order=order or f"order-{number}",
        due=due,
        release=MONDAY,
        parts=(Part("board", width * 1000, height * 1000, 1, may_rotate),),
        sheet_material=material,
        routing=tuple(routing),
        materials=(Use("oil", 6),) if finish == "oil" else (),
        product="Sign",
    )


def shelf(number: int, *, boards: int = 3, width: int = 800, due: int | None = MONDAY + 5 * DAY) -> Unit:
    """A shelf of several parts on panels; width in millimetres."""
    return Unit(
        id=f"shelf-{number}",
        line=f"line-s{number}",
        order=f"order-s{number}",
        due=due,
        release=MONDAY,
        parts=(Part("side", 900_000, 300_000, 2, False), Part("board", width * 1000, 300_000, boards, True)),
        sheet_material="ply",
        routing=(Step(10, "saw", "panel-18", 60 * (boards + 2)), Step(40, "packing", "any", 300)),
        materials=(),
        product="Shelf",
    )
