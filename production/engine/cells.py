"""One problem as several that share nothing, and their answers as one.

Machines, people, tools and stock are dealt to cells, and every line goes to one of them, so that cells can be
planned side by side by workers that know nothing of each other: what each promises itself, nobody else has.
What cannot be dealt (a work centre with fewer machines than cells, a material that is short or kept by lots,
the only tool of its kind) stays whole and draws everything that needs it into one cell; so does what ships
together. A small shop, or one where all hangs together, stays one problem.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from production.engine.measuring import measure
from production.engine.proposal import FrozenOperation, Problem, Proposal
from production.engine.routing import obstacles
from production.engine.shop import Machine, Operator, Shop, Stock
from production.engine.work import Unit

T = TypeVar("T", Machine, Operator)
LATEST = 1 << 62
# Of the work of a cell: so much of one set-up goes to a cell at once.
CHUNKS = 8
# Sheets that parts can need: their area so many times, however they are nested.
NEST_SLACK = 5


@dataclass
class _Block:
    """Units that stay together, and the tokens of what is whole that they need."""

    units: list[Unit]
    work: int
    cell: int | None = None


def split(problem: Problem, *, most: int, least_units: int) -> tuple[Problem, ...]:
    """At most ``most`` problems of about ``least_units`` units or more each; the problem itself where it
    cannot be divided. The same again for the same problem."""
    planned = min(len(problem.units), problem.limits.max_units)
    wanted = min(most, planned // max(least_units, 1))
    if wanted < 2:
        return (problem,)
    deal = _Deal(problem, wanted)
    blocks = deal.blocks()
    if not deal.assign(blocks):
        return (problem,)
    used = sorted({block.cell for block in blocks if block.cell is not None})
    if len(used) < 2:
        return (problem,)
    return tuple(deal.problem_of(cell, blocks) for cell in used)


def join(problem: Problem, parts: Sequence[Proposal], *, bound: int = 0) -> Proposal:
    """The answers of the cells as one answer to the whole problem, runs numbered in the order of their first
    promise. ``bound`` is a lower bound of the whole: those of the cells say nothing about it."""
    fast = {frozen.load for frozen in problem.frozen if frozen.load}
    runs = sorted(
        ((number, run) for number, part in enumerate(parts) for run in part.runs),
        key=lambda each: (LATEST if each[1].due is None else each[1].due, each[1].key, each[1].units),
    )
    names = {(number, run.id): f"r{index}" for index, (number, run) in enumerate(runs, start=1)}
    operations = [
        replace(
            operation,
            run=names[number, operation.run],
            load=f"{number}-{operation.load}"
            if operation.load and operation.load not in fast
            else operation.load,
        )
        for number, part in enumerate(parts)
        for operation in part.operations
    ]
    operations.sort(key=lambda o: (o.setup_start, o.machine, o.run, o.step))
    shown = {frozen.id: frozen for part in parts for frozen in part.frozen}
    unplanned = sorted((u for part in parts for u in part.unplanned), key=lambda u: u.unit)
    renamed = tuple(replace(run, id=names[number, run.id]) for number, run in runs)
    # A cell knows only what comes before on its own machines.
    frozen = tuple(replace(shown.get(f.id, f), after=f.after) for f in problem.frozen)
    return Proposal(
        runs=renamed,
        operations=tuple(operations),
        frozen=frozen,
        unplanned=tuple(unplanned),
        kpis=measure(problem, renamed, operations, len(unplanned), frozen=frozen, bound=bound),
    )


class _Deal:
    """What of the shop each cell has, and where each line goes."""

    def __init__(self, problem: Problem, cells: int) -> None:
        self.problem = problem
        self.cells = cells
        shop = problem.shop
        self.people = _dealt(shop.operators, cells, key=lambda o: (o.skills, o.calendar, o.code))
        skills = {centre.skill for centre in shop.work_centres if centre.attended}
        self.attended_whole = not all(
            len({self.people[o.code] for o in shop.operators if skill in o.skills}) == cells
            for skill in skills
        )
        self.centres: dict[str, dict[str, int]] = {}
        self.whole_centres: set[str] = set()
        for centre in shop.work_centres:
            machines = [m for m in shop.machines_of[centre.code] if shop.windows[m.code]]
            self.centres[centre.code] = _dealt(machines, cells, key=_alike)
            if len(machines) < cells or (centre.attended and self.attended_whole):
                self.whole_centres.add(centre.code)
        self.claimed: Counter[str] = Counter()
        for claim in problem.claims:
            self.claimed[claim.material] += claim.quantity
        most = _needs(problem.units, shop)
        self.whole = {f"tool {tool.code}" for tool in shop.tools if tool.count < cells}
        self.whole |= {f"tool {frozen.tool}" for frozen in problem.frozen if frozen.tool}
        # Each cell may need a sheet more than its part of the sum, for what is rounded up.
        self.whole |= {
            f"material {stock.material}"
            for stock in shop.materials
            if stock.lots or most[stock.material] + cells > stock.on_hand - self.claimed[stock.material]
        }
        self.home: dict[str, int] = {}
        self.needs: list[Counter[str]] = []
        self.shops: list[Shop] = []

    # --- what stays together ------------------------------------------------------------------------------

    def tokens(self, unit: Unit) -> list[str]:
        """Names of everything that may be in one cell only and that the unit needs."""
        found = [f"line {unit.line}"]
        if unit.together:
            found.append(f"together {unit.together}")
        if unit.same_lot:
            found.append(f"order {unit.order}")
        wanted = [f"tool {step.tool}" for step in unit.routing if step.tool]
        wanted += [f"material {use.material}" for use in unit.materials]
        if unit.parts:
            wanted.append(f"material {unit.sheet_material}")
        found += [token for token in wanted if token in self.whole]
        for step in unit.routing:
            for centre in (step.work_centre, *(a.work_centre for a in step.alternates)):
                if centre in self.whole_centres:
                    found.append(self._token(centre))
        return found

    def blocks(self) -> list[_Block]:
        parent: dict[str, str] = {}

        def root(token: str) -> str:
            while parent.setdefault(token, token) != token:
                parent[token] = parent[parent[token]]
                token = parent[token]
            return token

        first: list[str] = []
        for unit in self.problem.units:
            tokens = self.tokens(unit)
            first.append(tokens[0])
            for token in tokens[1:]:
                parent[root(token)] = root(tokens[0])
        found: dict[str, _Block] = {}
        self.top_of = {token: root(token) for token in list(parent)}
        for unit, token in zip(self.problem.units, first, strict=True):
            block = found.setdefault(root(token), _Block([], 0))
            block.units.append(unit)
            block.work += sum(step.seconds for step in unit.routing) + 1
        self.found = found
        return list(found.values())

    # --- where it goes ------------------------------------------------------------------------------------

    def assign(self, blocks: list[_Block]) -> bool:
        """Give each block a cell that can make it; False where one cannot be made in any single cell though
        the whole shop can."""
        load = [0] * self.cells
        share = max(sum(block.work for block in blocks) // self.cells, 1)
        held = self._held()
        by_key: dict[tuple[str, ...], list[_Block]] = {}
        for block in blocks:
            at = next((held[unit.id] for unit in block.units if unit.id in held), None)
            if at is not None or len(block.units) * self.cells > len(self.problem.units):
                # Where the plan in force has it; what is as large as a cell goes first.
                self._put(block, at if at is not None else load.index(min(load)), load)
            else:
                by_key.setdefault(_kind(block.units[0]), []).append(block)
        for kind in sorted(by_key, key=lambda kind: (-sum(b.work for b in by_key[kind]), kind)):
            room, cell = 0, 0
            for block in sorted(by_key[kind], key=_urgency):
                if room <= 0:
                    cell, room = load.index(min(load)), share // CHUNKS
                self._put(block, cell, load)
                room -= block.work
        self.home = {
            token: self.found[top].cell or 0 for token, top in self.top_of.items() if top in self.found
        }
        self.needs = [
            _needs((u for block in blocks if block.cell == cell for u in block.units), self.problem.shop)
            for cell in range(self.cells)
        ]
        self.shops = [self._shop(cell) for cell in range(self.cells)]
        return self._can_be_made(blocks)

    def _put(self, block: _Block, cell: int, load: list[int]) -> None:
        block.cell = cell
        load[cell] += block.work

    def _held(self) -> dict[str, int]:
        """By unit: the cell of the machine on which the plan in force makes it first."""
        base = self.problem.base
        if base is None:
            return {}
        held: dict[str, int] = {}
        machines = self.problem.shop.machine
        for operation in sorted(base.operations, key=lambda o: (o.start, o.machine)):
            machine = machines.get(operation.machine)
            if machine is None or machine.work_centre in self.whole_centres:
                continue
            cell = self.centres[machine.work_centre].get(machine.code)
            for unit in operation.units if cell is not None else ():
                held.setdefault(unit, cell or 0)
        return held

    def _can_be_made(self, blocks: list[_Block]) -> bool:
        known: dict[tuple[object, ...], bool] = {}
        for block in blocks:
            for unit in block.units:
                kind = (block.cell, unit.parts, unit.sheet_material, unit.routing, unit.waits != "")
                if kind not in known:
                    known[kind] = not any(obstacles(unit, self.shops[block.cell or 0])) or any(
                        obstacles(unit, self.problem.shop)
                    )
                if not known[kind]:
                    return False
        return True

    # --- the problem of a cell ----------------------------------------------------------------------------

    def cell_of_machine(self, machine: Machine) -> int:
        if machine.work_centre in self.whole_centres:
            return self.home.get(self._token(machine.work_centre), 0)
        return self.centres[machine.work_centre].get(machine.code, 0)

    def _token(self, work_centre: str) -> str:
        whole = self.attended_whole and self.problem.shop.centre[work_centre].attended
        return "attended" if whole else f"centre {work_centre}"

    def _shop(self, cell: int) -> Shop:
        shop = self.problem.shop
        return replace(
            shop,
            machines=tuple(m for m in shop.machines if self.cell_of_machine(m) == cell),
            operators=tuple(
                o
                for o in shop.operators
                if (self.home.get("attended", 0) if self.attended_whole else self.people[o.code]) == cell
            ),
            tools=tuple(
                replace(tool, count=self._share(f"tool {tool.code}", tool.count, cell)) for tool in shop.tools
            ),
            materials=tuple(self._stock(stock, cell) for stock in shop.materials),
            offcuts=tuple(
                offcut
                for number, offcut in enumerate(shop.offcuts)
                if self.home.get(f"material {offcut.material}", number % self.cells) == cell
            ),
        )

    def _share(self, token: str, count: int, cell: int) -> int:
        """Of what is whole, all or nothing; of what is dealt, equal parts."""
        if token in self.whole:
            return count if self.home.get(token, 0) == cell else 0
        return count // self.cells + (cell < count % self.cells)

    def _stock(self, stock: Stock, cell: int) -> Stock:
        if f"material {stock.material}" in self.whole:
            mine = self.home.get(f"material {stock.material}", 0) == cell
            return stock if mine else replace(stock, on_hand=0, lots=())
        # There is enough for the most that anybody can need; what is left over is dealt.
        needs = [need[stock.material] for need in self.needs]
        left = stock.on_hand - self.claimed[stock.material] - sum(needs)
        return replace(stock, on_hand=needs[cell] + left // self.cells)

    def problem_of(self, cell: int, blocks: Sequence[_Block]) -> Problem:
        """What the cell is to make, on what it has. Claims of what is dealt are taken off already."""
        problem, shop = self.problem, self.shops[cell]
        units = {unit.id: unit for block in blocks if block.cell == cell for unit in block.units}
        frozen = [f for f in problem.frozen if f.machine in shop.machine]
        here = {f.id for f in frozen}
        whole = {m for m in (s.material for s in shop.materials) if f"material {m}" in self.whole}
        share = -(-problem.limits.max_units * len(units) // max(len(problem.units), 1))
        return replace(
            problem,
            shop=shop,
            units=tuple(unit for unit in problem.units if unit.id in units),
            frozen=tuple(_without_others(f, here) for f in frozen),
            claims=tuple(
                claim
                for claim in problem.claims
                if claim.material in whole and self.home.get(f"material {claim.material}", 0) == cell
            ),
            limits=replace(problem.limits, max_units=share),
            base=_base_of(problem.base, units, shop) if problem.base else None,
        )


def _without_others(frozen: FrozenOperation, here: set[str]) -> FrozenOperation:
    return replace(frozen, after=tuple(name for name in frozen.after if name in here))


def _base_of(base: Proposal, units: Mapping[str, Unit], shop: Shop) -> Proposal:
    """The runs of the plan in force that are wholly in a cell."""
    elsewhere = {operation.run for operation in base.operations if operation.machine not in shop.machine}
    runs = tuple(
        run for run in base.runs if run.id not in elsewhere and all(unit in units for unit in run.units)
    )
    names = {run.id for run in runs}
    return replace(
        base,
        runs=runs,
        operations=tuple(o for o in base.operations if o.run in names),
        frozen=(),
        unplanned=(),
    )


def _dealt(things: Sequence[T], cells: int, *, key: Callable[[T], tuple[object, ...]]) -> dict[str, int]:
    """The cell of each by its code; what is alike goes round."""
    ordered = sorted(things, key=key)
    return {thing.code: number % cells for number, thing in enumerate(ordered)}


def _alike(machine: Machine) -> tuple[object, ...]:
    bed = machine.bed_width_um, machine.bed_height_um, machine.margin_um, machine.gap_um
    return machine.families, bed, machine.calendar, machine.speed_percent, machine.code


def _needs(units: Iterable[Unit], shop: Shop) -> Counter[str]:
    """The most of each material that the units can need, however they are nested."""
    needs: Counter[str] = Counter()
    parts: Counter[str] = Counter()
    area: Counter[str] = Counter()
    for unit in units:
        for use in unit.materials:
            needs[use.material] += use.quantity
        for part in unit.parts:
            parts[unit.sheet_material] += part.count
            area[unit.sheet_material] += part.width_um * part.height_um * part.count
    for material, count in parts.items():
        stock = shop.stock.get(material)
        whole = stock.width_um * stock.height_um if stock else 0
        by_area = NEST_SLACK * area[material] // whole + 1 if whole else count
        needs[material] += min(count, by_area)
    return needs


def _kind(unit: Unit) -> tuple[str, ...]:
    """What units of one run have in common, nearly."""
    first = unit.routing[0] if unit.routing else None
    return unit.sheet_material, first.work_centre if first else "", first.setup_family if first else ""


def _urgency(block: _Block) -> tuple[int, str]:
    return min(LATEST if u.due is None else u.due for u in block.units), block.units[0].id
