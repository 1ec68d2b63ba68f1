"""A small plant that uses every mode of work and every kind of limit, and a sound plan for it by hand.

Times are hours and minutes after MONDAY, 06:00; shifts last from 0:00 to 8:00.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

from production.engine.durations import machine_seconds
from production.engine.measuring import measure
from production.engine.proposal import (
    FrozenOperation,
    Key,
    LotUse,
    Operation,
    Placement,
    Problem,
    Proposal,
    Run,
    Sheet,
    Unplanned,
    Zones,
)
from production.engine.shop import (
    Calendar,
    Lot,
    Machine,
    Offcut,
    Operator,
    SetupRule,
    Shop,
    Stock,
    Tool,
    WorkCentre,
)
from production.engine.work import Alternate, Part, Step, Unit, Use
from tests.workshops import DAY, HOUR, MONDAY, eight_hours_a_day

MINUTE = 60
LATE_SHIFT = tuple((MONDAY + day * DAY + 6 * HOUR, MONDAY + day * DAY + 14 * HOUR) for day in range(20))


def at(hours: int, minutes: int = 0, *, day: int = 0) -> int:
    return MONDAY + day * DAY + hours * HOUR + minutes * MINUTE


@cache
def plant() -> Shop:
    """Lasers (bed), a printer (sheet), an oven (batch), a line, a mill (rate), benches; people and a jig."""
    days = eight_hours_a_day(20)
    return Shop(
        work_centres=(
            WorkCentre("laser", "Laser", "bed", "engrave", 60, skill="laser", attended="setup"),
            WorkCentre("printer", "Printer", "sheet", "print", 30),
            WorkCentre("finishing", "Finishing", "bench", "finish", skill="finish", attended="run"),
            WorkCentre("hand", "By hand", "bench", "finish"),
            WorkCentre("oven", "Oven", "batch", "cure", 600, capacity=100),
            WorkCentre("line", "Line", "line", "assemble", takt_seconds=40, stations=3),
            WorkCentre("mill", "Mill", "rate", "mill", rate=120),
            WorkCentre("packing", "Packing", "bench", "pack"),
        ),
        machines=(
            Machine(
                "laser-1",
                "laser",
                900_000,
                600_000,
                5_000,
                3_000,
                100,
                "day",
                "",
                cost_rate=3600,
                power_w=1500,
            ),
            Machine(
                "laser-2", "laser", 600_000, 400_000, 5_000, 3_000, 80, "day", "walnut", families=("oak",)
            ),
            Machine("printer-1", "printer", 700_000, 1_000_000, 10_000, 2_000, 100, "day", "cmyk"),
            Machine("finishing-1", "finishing", 0, 0, 0, 0, 100, "day", ""),
            Machine("finishing-2", "finishing", 0, 0, 0, 0, 100, "day", ""),
            Machine("hand-1", "hand", 0, 0, 0, 0, 50, "day", ""),
            Machine("oven-1", "oven", 0, 0, 0, 0, 100, "day", "", power_w=9000),
            Machine("oven-2", "oven", 0, 0, 0, 0, 100, "day", "", capacity=40),
            Machine("line-1", "line", 0, 0, 0, 0, 110, "day", ""),
            Machine(
                "mill-1",
                "mill",
                0,
                0,
                0,
                0,
                100,
                "day",
                "",
                stops=((at(2), at(3)), (at(1, day=1), at(2, day=1))),
            ),
            Machine("packing-1", "packing", 0, 0, 0, 0, 100, "day", ""),
        ),
        calendars=(
            Calendar("day", days, overtime=tuple((end - HOUR, end) for _, end in days)),
            Calendar("late", LATE_SHIFT),
        ),
        setups=(
            SetupRule("laser", None, "oak", 360, 150),
            SetupRule("laser", "walnut", "oak", 180, 40),
            SetupRule("laser", None, "walnut", 240),
            SetupRule("finishing", None, "oil", 300),
            SetupRule("oven", None, "cure-80", 600),
            SetupRule("line", None, "mug", 120),
            SetupRule("mill", None, "round", 240),
        ),
        materials=(
            Stock(
                "oak",
                5,
                "sheet",
                600_000,
                400_000,
                lots=(Lot("oak-1", 5), Lot("oak-2", 8, available_at=at(2, day=1))),
            ),
            Stock("card", 50, "sheet", 700_000, 500_000),
            Stock("oil", 1_000, "ml"),
            Stock(
                "varnish",
                500,
                "ml",
                lots=(Lot("var-1", 300, expires_at=at(8, day=3)), Lot("var-2", 200)),
            ),
        ),
        now=MONDAY,
        operators=(
            Operator("ana", "Ana", ("laser", "finish"), "day"),
            Operator("ben", "Ben", ("finish",), "day"),
            Operator("cem", "Cem", ("laser", "finish"), "late"),
        ),
        tools=(Tool("jig", 1), Tool("tray", 2)),
        offcuts=(
            Offcut("left-1", "oak", 300_000, 200_000, defects=((200_000, 0, 20_000, 200_000),)),
            Offcut("left-2", "oak", 300_000, 200_000),
        ),
    )


def oak(number: int, *, width: int, height: int, order: str, **others: object) -> Unit:
    """A sign: laser with the jig, oil, oven within four hours but not before ten minutes, packing."""
    unit = Unit(
        id=f"oak-{number}",
        line=f"line-{number}",
        order=order,
        due=at(4, day=2),
        release=at(0),
        parts=(Part("board", width * 1000, height * 1000),),
        sheet_material="oak",
        routing=(
            Step(10, "laser", "oak", 150, tool="jig"),
            Step(20, "finishing", "oil", 200, alternates=(Alternate("hand", 300, preference=2),)),
            Step(30, "oven", "cure-80", 1800, load=6, min_lag=600, max_lag=4 * HOUR),
            Step(40, "packing", "any", 60),
        ),
        materials=(Use("oil", 5), Use("varnish", 10)),
        same_lot=True,
    )
    return replace(unit, **others)  # type: ignore[arg-type]


def mug(number: int) -> Unit:
    """A mug: the line, the same oven, packing; shipped with the others of its order."""
    return Unit(
        id=f"mug-{number}",
        line="line-mugs",
        order="order-mugs",
        due=at(0, 30, day=1),
        release=at(0, 20),
        parts=(),
        sheet_material="",
        routing=(
            Step(10, "line", "mug", 50),
            Step(30, "oven", "cure-80", 2400, load=5, min_lag=300),
            Step(40, "packing", "any", 90, tool="tray"),
        ),
        materials=(Use("varnish", 4),),
        weight=3,
        together="mugs",
    )


def card(number: int) -> Unit:
    return Unit(
        id=f"card-{number}",
        line=f"line-card-{number // 4}",
        order="order-cards",
        due=None,
        release=at(0),
        parts=(Part("face", 200_000, 150_000, may_rotate=False), Part("tag", 60_000, 40_000, 2)),
        sheet_material="card",
        routing=(
            Step(10, "printer", "cmyk", 20),
            Step(20, "mill", "round", 0, load=3),
            Step(40, "packing", "any", 30),
        ),
        materials=(),
    )


@cache
def sound() -> tuple[Problem, Proposal]:
    """Six runs. Two of them share an oven's load, one uses a left-over, one waits for its material, one stays
    from the plan in force, one pauses at the end of a shift; frozen work stands beside them."""
    shop = plant()
    units = {
        unit.id: unit
        for unit in (
            *(oak(n, width=180, height=110, order=f"order-{n // 3}") for n in range(6)),
            *(mug(n) for n in range(4)),
            *(card(n) for n in range(8)),
            oak(20, width=150, height=100, order="order-20"),
            *(oak(30 + n, width=250, height=180, order="order-30") for n in range(2)),
            replace(
                oak(40, width=100, height=100, order="order-40"),
                parts=(),
                sheet_material="",
                routing=(Step(40, "packing", "crate", 9 * HOUR),),
                materials=(),
            ),
            replace(card(50), id="card-50", waits="Its production file is being made and checked."),
            replace(card(51), id="card-51", together="pair"),
            replace(card(52), id="card-52", together="pair", materials=(Use("gold", 1),)),
        )
    }
    oaks = tuple(f"oak-{n}" for n in range(6))
    mugs = tuple(f"mug-{n}" for n in range(4))
    cards = tuple(f"card-{n}" for n in range(8))
    laid = [
        Placement(
            unit, "board", 1, 5_000 + n % 3 * 183_000, 5_000 + n // 3 * 113_000, 180_000, 110_000, False
        )
        for n, unit in enumerate(oaks)
    ]
    faces = [
        Placement(
            unit, "face", 1, 10_000 + n % 3 * 202_000, 10_000 + n // 3 * 152_000, 200_000, 150_000, False
        )
        for n, unit in enumerate(cards)
    ]
    tags = [
        Placement(unit, "tag", copy, 10_000 + n * 62_000, 10_000 + (copy - 1) * 42_000, 60_000, 40_000, False)
        for n, unit in enumerate(cards)
        for copy in (1, 2)
    ]
    by_laser = Key("laser", "oak", "oak", 10)
    runs = (
        Run(
            "r1",
            by_laser,
            oaks,
            (Sheet("oak", 600_000, 400_000, tuple(laid)),),
            at(4, day=2),
            "Six signs of oak.",
            (
                LotUse("oak", "oak-1", 1),
                LotUse("varnish", "var-1", 30, "order-0"),
                LotUse("varnish", "var-2", 30, "order-1"),
            ),
        ),
        Run(
            "r2",
            Key("line", "", "mug", 10),
            mugs,
            (),
            at(0, 30, day=1),
            "Mugs.",
            (LotUse("varnish", "var-1", 16),),
        ),
        Run(
            "r3",
            Key("printer", "card", "cmyk", 10),
            cards,
            (
                Sheet("card", 700_000, 500_000, tuple(faces)),
                Sheet("card", 700_000, 500_000, tuple(tags)),
            ),
            None,
            "Cards.",
        ),
        Run(
            "r4",
            by_laser,
            ("oak-20",),
            (
                Sheet(
                    "oak",
                    300_000,
                    200_000,
                    (Placement("oak-20", "board", 1, 5_000, 5_000, 100_000, 150_000, True),),
                    offcut="left-1",
                ),
            ),
            at(4, day=2),
            "From a left-over.",
            (LotUse("varnish", "var-2", 10, "order-20"),),
        ),
        Run(
            "r5",
            by_laser,
            ("oak-30", "oak-31"),
            (
                Sheet(
                    "oak",
                    600_000,
                    400_000,
                    (
                        Placement("oak-30", "board", 1, 5_000, 5_000, 250_000, 180_000, False),
                        Placement("oak-31", "board", 1, 258_000, 5_000, 250_000, 180_000, False),
                    ),
                ),
            ),
            at(4, day=2),
            "Waits for oak.",
            (LotUse("oak", "oak-2", 1), LotUse("varnish", "var-2", 20, "order-30")),
        ),
        Run("r6", Key("packing", "", "crate", 40), ("oak-40",), (), at(4, day=2), "A crate."),
    )
    by_id = {run.id: run for run in runs}

    def operation(
        run: str,
        step: int,
        machine: str,
        family: str,
        setup_start: int,
        *,
        setup: int = 0,
        operator: str = "",
        tool: str = "",
        load: str = "",
        longest: int = 0,
        sheets: int = 0,
        pause: int = 0,
    ) -> Operation:
        place = shop.machine[machine]
        centre = shop.centre[place.work_centre]
        members: list[tuple[int, int]] = []
        for unit in by_id[run].units:
            for each in units[unit].routing:
                if each.step == step and (seconds := each.at(centre.code)) is not None:
                    members.append((seconds, each.load))
        seconds = longest or machine_seconds(centre, place, members, sheets=sheets)
        return Operation(
            run=run,
            step=step,
            work_centre=centre.code,
            setup_family=family,
            machine=machine,
            units=by_id[run].units,
            seconds=seconds,
            setup_start=setup_start,
            start=setup_start + setup,
            end=setup_start + setup + seconds + pause,
            operator=operator,
            tool=tool,
            load=load,
        )

    operations: Sequence[Operation] = (
        operation("r1", 10, "laser-1", "oak", at(1), setup=180, operator="ana", tool="jig", sheets=1),
        operation("r1", 20, "finishing-1", "oil", at(1, 30), setup=300, operator="ben"),
        operation("r1", 30, "oven-1", "cure-80", at(2, 10), setup=600, load="load-1", longest=3000),
        operation("r1", 40, "packing-1", "any", at(3, 30)),
        operation("r2", 10, "line-1", "mug", at(1), setup=120),
        operation("r2", 30, "oven-1", "cure-80", at(2, 10), setup=600, load="load-1", longest=3000),
        operation("r2", 40, "packing-1", "any", at(3, 40), tool="tray"),
        operation("r3", 10, "printer-1", "cmyk", at(0, 30), sheets=2),
        operation("r3", 20, "mill-1", "round", at(1, 30), setup=240),
        operation("r3", 40, "packing-1", "any", at(4)),
        operation("r4", 10, "laser-2", "oak", at(2), setup=180, operator="ana", tool="jig", sheets=1),
        operation("r4", 20, "hand-1", "oil", at(3)),
        operation("r4", 30, "oven-2", "cure-80", at(6), setup=600, load="load-2"),
        operation("r4", 40, "packing-1", "any", at(7, 10)),
        operation("r5", 10, "laser-1", "oak", at(2, day=1), operator="", tool="jig", sheets=1),
        operation("r5", 20, "finishing-2", "oil", at(6, 30, day=1), setup=300, operator="cem"),
        operation("r5", 30, "oven-1", "cure-80", at(7, 0, day=1), load="load-3"),
        operation("r5", 40, "packing-1", "any", at(0, 10, day=2)),
        operation("r6", 40, "packing-1", "crate", at(1, day=2), pause=16 * HOUR),
    )
    frozen = (
        FrozenOperation(
            id="f1",
            run="R1",
            step=10,
            work_centre="laser",
            machine="laser-1",
            setup_family="walnut",
            seconds=1800,
            setup_start=at(0) - 600,
            start=at(0) - 600,
            end=at(0, 20),
            started=True,
        ),
        FrozenOperation(
            id="f2",
            run="R1",
            step=20,
            work_centre="finishing",
            machine="finishing-2",
            setup_family="wax",
            seconds=1800,
            setup_start=at(1),
            start=at(1),
            end=at(1, 30),
            after=("f1",),
            operator="cem-of-old",
            tool="tray",
        ),
    )
    # The plan in force: cards are printed before its frozen zone ends, the signs of r5 were to begin later.
    kept = replace(next(o for o in operations if o.run == "r3" and o.step == 10), run="old-3")
    slid = replace(
        next(o for o in operations if o.run == "r5" and o.step == 10),
        run="old-5",
        setup_start=at(1, 30),
        start=at(1, 30),
        end=at(1, 36),
    )
    problem = Problem(
        shop,
        tuple(units.values()),
        frozen=frozen,
        claims=(Use("oil", 100), Use("varnish", 50)),
        zones=Zones(frozen_until=at(1), slushy_until=at(4)),
    )
    base = Proposal(
        runs=(replace(runs[2], id="old-3"), replace(runs[4], id="old-5")),
        operations=(kept, slid),
        frozen=(),
        unplanned=(),
        kpis=measure(problem, (), (), 0),
    )
    problem = replace(problem, base=base)
    unplanned = (
        Unplanned("card-50", "waits", "Its production file is being made and checked."),
        Unplanned("card-51", "together", "It ships with card-52, which cannot be planned."),
        Unplanned("card-52", "material-unknown", "The shop does not keep the material 'gold'."),
    )
    return problem, Proposal(
        runs, tuple(operations), frozen, unplanned, measure(problem, runs, operations, len(unplanned))
    )


def remeasured(problem: Problem, proposal: Proposal) -> Proposal:
    """The same with the figures that follow from it: what is wrong besides is not hidden behind them."""
    kpis = measure(problem, proposal.runs, proposal.operations, len(proposal.unplanned))
    return replace(proposal, kpis=kpis)
