"""The problem as flat arrays of integers (``names``), and what the numbers stand for.

A *kind* is a step that units of one key may have: its number, work centre, set-up family, tool and the
alternates. A *task* is a kind in a run. An *option* is a machine that can do a kind. A *segment* is the time
of a machine between two pieces of frozen work. Times are seconds, costs 3,600ths of a minor unit of money.
"""

# ruff: noqa: F403, F405 - the names of the fields

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from production.engine.filling import contested, place_of, tools_at
from production.engine.kernels import BEYOND, Ints, ints
from production.engine.nesting import SheetSize
from production.engine.proposal import Key, Operation, Problem, Run
from production.engine.routing import sheet_size
from production.engine.scheduling.decoder import LOAD_WIDTH, PLACE, RING
from production.engine.scheduling.members import BY_LOAD, IN_TURN, LONGEST, SERIAL, move_atom, reckon
from production.engine.scheduling.names import *
from production.engine.scheduling.timeline import Slot
from production.engine.shop import Machine, Shop, WorkCentre, apart
from production.engine.work import Step, Unit

# Runs that are made of atoms are filled to so much of their sheets by area: that always nests (measured).
FILL_PERCENT = 80
# One atom takes at most this part of the area that a run may have.
ATOM_SHARE = 5
# How many numbers steer a search (``annealing``).
CONTROLS = 24


class Kind(NamedTuple):
    """What tasks have in common. ``places`` are the work centres that can do it, its own first."""

    step: int
    family: str
    places: tuple[str, ...]
    tool: str
    material: str
    is_gang: bool


class Fixed(NamedTuple):
    """An operation of the base plan that stays where it is."""

    run: str
    operation: Operation


@dataclass
class Compiled:
    """``p`` and ``s`` with what their numbers stand for: machines, kinds by key, units of atoms, options."""

    problem: Problem
    p: Ints
    s: Ints
    machines: tuple[Machine, ...]
    resources: tuple[str, ...]
    keys: tuple[Key, ...]
    kinds: tuple[tuple[Kind, ...], ...]
    atoms: tuple[tuple[str, ...], ...]
    options: tuple[tuple[str, int], ...]  # (work centre, machine)
    sizes: Mapping[Key, SheetSize]
    runs: int

    def key_of(self, run: int) -> int:
        """The number of the key of a run."""
        return int(self.s[self.s[R_KEY] + run])

    def members(self, run: int) -> list[int]:
        """The atoms of a run."""
        s, found = self.s, []
        atom = int(s[s[R_HEAD] + run])
        while atom >= 0:
            found.append(atom)
            atom = int(s[s[A_NEXT] + atom])
        return found[::-1]


def compile_problem(
    problem: Problem,
    runs: Sequence[Run],
    slots: Mapping[str, Sequence[Slot]],
    *,
    busy_people: Mapping[str, Sequence[tuple[int, int]]] | None = None,
    busy_tools: Mapping[str, Sequence[tuple[int, int]]] | None = None,
    fixed: Sequence[Fixed] = (),
    earliest: Mapping[str, int] | None = None,
    latest: Mapping[str, int] | None = None,
    spare: int = 0,
    split: bool = False,
) -> Compiled:
    """The arrays for these runs around the ``slots`` of the machines.

    ``earliest`` and ``latest`` are moments by run id (material). ``spare`` empty runs can be filled by moves;
    ``split`` makes small atoms for them.
    """
    return _Compiler(problem, runs, slots, spare, split).compile(
        busy_people or {}, busy_tools or {}, fixed, earliest or {}, latest or {}
    )


class _Compiler:
    def __init__(
        self,
        problem: Problem,
        runs: Sequence[Run],
        slots: Mapping[str, Sequence[Slot]],
        spare: int,
        split: bool,
    ) -> None:
        self.problem, self.shop, self.runs, self.slots = problem, problem.shop, runs, slots
        self.spare, self.split = spare, split
        self.units = {unit.id: unit for unit in problem.units}
        self.rows: dict[int, list[int]] = {}
        self.strips: dict[Key, bool] = {}
        self.machines = tuple(sorted(self.shop.machines, key=lambda m: m.code))
        self.machine_number = {machine.code: n for n, machine in enumerate(self.machines)}
        self.centres = tuple(self.shop.work_centres)
        self.centre_number = {centre.code: n for n, centre in enumerate(self.centres)}
        # What needs different tools for the same step counts as another key: it must not meet in a run.
        clashes = contested((run.key, self.units[code]) for run in runs for code in run.units)
        shared = [
            (run.key, tools_at(clashes[run.key], (self.units[code] for code in run.units))) for run in runs
        ]
        numbers = {each: n for n, each in enumerate(sorted(set(shared)))}
        self.keys = tuple(key for key, _ in numbers)
        self.key_numbers = [numbers[each] for each in shared]
        self.options: list[tuple[str, int]] = []

    def compile(
        self,
        busy_people: Mapping[str, Sequence[tuple[int, int]]],
        busy_tools: Mapping[str, Sequence[tuple[int, int]]],
        fixed: Sequence[Fixed],
        earliest: Mapping[str, int],
        latest: Mapping[str, int],
    ) -> Compiled:
        self._kinds()
        self._families()
        self._machines()
        self._resources(busy_people, busy_tools)
        self._options()
        self._atoms()
        p = self._plant()
        s = self._state()
        compiled = Compiled(
            self.problem,
            p,
            s,
            self.machines,
            tuple(self.resources),
            self.keys,
            self.kinds,
            tuple(self.atom_units),
            tuple(self.options),
            self.sizes,
            len(self.runs) + self.spare,
        )
        self._fill(p, s, fixed, earliest, latest)
        return compiled

    # --- what there is ---

    def _kinds(self) -> None:
        """The kinds of each key, in the order of the steps, and the edges between them."""
        routings: list[dict[tuple[Step, ...], None]] = [{} for _ in self.keys]
        for number, run in zip(self.key_numbers, self.runs, strict=True):
            routings[number].update(dict.fromkeys(self.units[code].routing for code in run.units))
        self.path: dict[tuple[int, tuple[Step, ...]], tuple[Kind, ...]] = {}
        self.preference: dict[tuple[Kind, str], int] = {}
        found: list[set[Kind]] = [set() for _ in self.keys]
        edges: list[set[tuple[Kind, Kind, int, int]]] = [set() for _ in self.keys]
        for number, key in enumerate(self.keys):
            merged = _merged((step for routing in routings[number] for step in routing), key)
            for routing in routings[number]:
                path = tuple(merged[place_of(step)] for step in routing)
                self.path[number, routing] = path
                found[number].update(path)
                for kind, step in zip(path, routing, strict=True):
                    for other in step.alternates:
                        known = self.preference.get((kind, other.work_centre), 0)
                        self.preference[kind, other.work_centre] = max(known, other.preference)
                for (before, after), step in zip(pairwise(path), routing[1:], strict=True):
                    most = -1 if step.max_lag is None else step.max_lag
                    edges[number].add((before, after, step.min_lag, most))
        self.kinds = tuple(tuple(sorted(kinds)) for kinds in found)
        self.kind_number = [{kind: n for n, kind in enumerate(kinds)} for kinds in self.kinds]
        self.width = max((len(kinds) for kinds in self.kinds), default=1)
        self.places = max((len(kind.places) for kinds in self.kinds for kind in kinds), default=1)
        self.edges = [sorted(each) for each in edges]
        self.edge_number = [{edge: n for n, edge in enumerate(each)} for each in self.edges]
        self.edge_width = max(1, max((len(each) for each in self.edges), default=1))

    def _families(self) -> None:
        names: list[dict[str, None]] = [{"": None} for _ in self.centres]
        for machine in self.machines:
            names[self.centre_number[machine.work_centre]][machine.setup_state] = None
            for slot in self.slots.get(machine.code, ()):
                names[self.centre_number[machine.work_centre]][slot.family] = None
        for kinds in self.kinds:
            for kind in kinds:
                for place in kind.places:
                    if place in self.centre_number:
                        names[self.centre_number[place]][kind.family] = None
        self.family_number = [{name: n for n, name in enumerate(each)} for each in names]
        self.rows[FAM_COUNT] = [len(each) for each in names]
        pointers: list[int] = []
        matrix: list[int] = []
        worst: list[int] = []
        seconds: list[int] = []
        costs: list[int] = []
        for number, centre in enumerate(self.centres):
            pointers.append(len(worst))
            matrix.append(len(seconds))
            each = self.family_number[number]
            worst += [self.shop.worst_setup_seconds(centre.code, name) for name in each]
            for table, which in ((seconds, "seconds"), (costs, "cost")):
                table += _matrix(self.shop, centre.code, each, which)
        self.rows |= {FAM_PTR: pointers, WORST: worst, SET_PTR: matrix, SET_SECONDS: seconds}
        self.rows[SET_COST] = [3600 * cost for cost in costs]

    def _machines(self) -> None:
        shop, weights = self.shop, self.problem.weights
        numbers = [self.centre_number[machine.work_centre] for machine in self.machines]
        rows: dict[int, list[int]] = {
            row: [] for row in (WIN_OPEN, WIN_CLOSE, WIN_SEG, SEG_STATE, SEG_FAMILY)
        }
        rows |= {row: [] for row in (SEG_START, SEG_FLOOR, SEG_MOST, OVER_OPEN, OVER_CLOSE)}
        pointers, over = [0], [0]
        extra = {calendar.code: calendar.overtime for calendar in shop.calendars}
        for machine, number in zip(self.machines, numbers, strict=True):
            self._segments(machine, number, rows)
            pointers.append(len(rows[WIN_OPEN]))
            windows = shop.windows[machine.code]
            for since, until in extra.get(machine.calendar, ()):
                for start, end in windows:
                    if max(start, since) < min(end, until):
                        rows[OVER_OPEN].append(max(start, since))
                        rows[OVER_CLOSE].append(min(end, until))
            over.append(len(rows[OVER_OPEN]))
        self.rows |= rows | {WIN_PTR: pointers, OVER_PTR: over, M_CENTRE: numbers}
        self.rows[M_SPEED] = [machine.speed_percent for machine in self.machines]
        self.rows[M_CAPACITY] = [shop.capacity_of(machine) for machine in self.machines]
        self.rows[M_LONGEST] = [
            max((end - start for start, end in shop.windows[machine.code]), default=0)
            for machine in self.machines
        ]
        self.rows[M_RATE] = [m.cost_rate * 1000 + m.power_w * weights.energy for m in self.machines]
        self.rows[M_STATE] = [
            self.family_number[number][machine.setup_state]
            for machine, number in zip(self.machines, numbers, strict=True)
        ]
        of_centre = [[n for n, c in enumerate(numbers) if c == number] for number in range(len(self.centres))]
        self.rows[C_PTR] = _pointers(len(each) for each in of_centre)
        self.rows[C_MACHINE] = [n for each in of_centre for n in each]
        self.rows[C_BATCH] = [int(centre.mode == "batch") for centre in self.centres]

    def _segments(self, machine: Machine, number: int, rows: dict[int, list[int]]) -> None:
        """The working time between frozen work; what comes after each segment, and what it leaves before."""
        centre, families = self.centres[number], self.family_number[number]
        windows = self.shop.windows[machine.code]
        slots = sorted(self.slots.get(machine.code, ()), key=lambda slot: slot[:3])
        state, since = families[machine.setup_state], 0
        for slot in [*slots, None]:
            until = BEYOND if slot is None else slot.start
            segment = len(rows[SEG_STATE])
            rows[SEG_STATE].append(state)
            rows[SEG_FAMILY].append(-1 if slot is None else families[slot.family])
            rows[SEG_START].append(until)
            floor = max((start for start, _ in windows if start <= until), default=0)
            rows[SEG_FLOOR].append(floor)
            # Whoever attends a set-up of frozen work is not asked to be there longer.
            kept = BEYOND
            if slot is not None and centre.attended:
                kept = max(slot.start - max(slot.setup_start, floor), 0)
            rows[SEG_MOST].append(kept)
            for start, end in windows:
                if max(start, since) < min(end, until):
                    rows[WIN_OPEN].append(max(start, since))
                    rows[WIN_CLOSE].append(min(end, until))
                    rows[WIN_SEG].append(segment)
            if slot is not None:
                since, state = max(since, slot.end), families[slot.family]

    def _resources(
        self,
        busy_people: Mapping[str, Sequence[tuple[int, int]]],
        busy_tools: Mapping[str, Sequence[tuple[int, int]]],
    ) -> None:
        self.resources: list[str] = []
        windows: list[Sequence[tuple[int, int]]] = []
        place = {}
        for operator in sorted(self.shop.operators, key=lambda o: o.code):
            place[operator.code] = len(windows)
            self.resources.append(operator.code)
            busy = joined(busy_people.get(operator.code, ()))
            windows.append(apart(tuple(self.shop.intervals.get(operator.calendar, ())), busy))
        self.skill: dict[str, int] = {}
        self.tool: dict[str, int] = {}
        groups: list[list[int]] = []
        for skill, operators in self.shop.operators_of.items():
            self.skill[skill] = len(groups)
            groups.append([place[operator.code] for operator in operators])
        for tool in self.shop.tools:
            self.tool[tool.code] = len(groups)
            copies: list[list[tuple[int, int]]] = [[] for _ in range(tool.count)]
            for since, until in sorted(busy_tools.get(tool.code, ())):
                free = [copy for copy in copies if not copy or copy[-1][1] <= since]
                (free or copies or [[]])[0].append((since, until))
            groups.append(list(range(len(windows), len(windows) + tool.count)))
            for copy in copies:
                self.resources.append(tool.code)
                windows.append(apart(((0, BEYOND),), joined(copy)))
        # A group without anyone, for what nobody can attend.
        self.nobody = len(groups)
        groups.append([])
        self.rows[GRP_PTR] = _pointers(len(group) for group in groups)
        self.rows[GRP_RES] = [one for group in groups for one in group]
        self.rows[RES_PTR] = _pointers(len(each) for each in windows)
        self.rows[RES_OPEN] = [start for each in windows for start, _ in each]
        self.rows[RES_CLOSE] = [end for each in windows for _, end in each]

    def _options(self) -> None:
        shop, weights = self.shop, self.problem.weights
        rows: dict[int, list[int]] = {
            row: []
            for row in (
                OPT_MACHINE, OPT_PLACE, OPT_FAMILY, OPT_GROUP, OPT_MODE, OPT_POINTS, OPT_COST,
                K_CENTRE, K_TOOL, K_GANG, K_ROOM,
                PLACE_MODE, PLACE_LOADING, PLACE_TAKT, PLACE_STATIONS, PLACE_RATE,
            )
        }  # fmt: skip
        pointers = [0]
        for key, kinds in zip(self.keys, self.kinds, strict=True):
            for number in range(self.width):
                kind = kinds[number] if number < len(kinds) else None
                rows[K_CENTRE].append(self.centre_number[kind.places[0]] if kind else 0)
                rows[K_TOOL].append(self.tool.get(kind.tool, self.nobody) if kind and kind.tool else -1)
                rows[K_GANG].append(int(kind is not None and kind.is_gang))
                room = BEYOND
                for place in range(self.places):
                    code = kind.places[place] if kind and place < len(kind.places) else ""
                    centre = shop.centre.get(code)
                    _add_place(rows, centre)
                    if kind is None or centre is None:
                        continue
                    for machine in able(kind, key, centre, shop):
                        if centre.mode == "batch":
                            room = min(room, shop.capacity_of(machine) or BEYOND)
                        points = self.preference.get((kind, code), 0)
                        group = self.skill.get(centre.skill, self.nobody) if centre.attended else -1
                        rows[OPT_MACHINE].append(self.machine_number[machine.code])
                        rows[OPT_PLACE].append(place)
                        rows[OPT_FAMILY].append(self.family_number[self.centre_number[code]][kind.family])
                        rows[OPT_GROUP].append(group)
                        rows[OPT_MODE].append({"setup": 1, "run": 2}.get(centre.attended, 0))
                        rows[OPT_POINTS].append(points * weights.preference * 60 // max(weights.setup, 1))
                        rows[OPT_COST].append(points * weights.preference * 3600)
                        self.options.append((code, self.machine_number[machine.code]))
                rows[K_ROOM].append(room)
                pointers.append(len(rows[OPT_MACHINE]))
        self.rows |= rows | {OPT_PTR: pointers}

    # --- what is to be made ---

    def _atoms(self) -> None:
        self.atom_units: list[tuple[str, ...]] = []
        self.run_atoms: list[list[int]] = []
        self.sizes = {key: sheet_size(key, self.shop) for key in self.keys if key.material}
        lines: dict[str, int] = {}
        weights: list[int] = []
        groups: dict[str, int] = {}
        rows: dict[int, list[int]] = {
            row: []
            for row in (
                A_KEY, A_LINE, A_GROUP, A_DUE, A_LAST, A_RELEASE, A_UNITS, A_AREA, A_HOME,
                STEP_KIND, STEP_EDGE, STEP_LOAD, STEP_SECONDS,
            )
        }  # fmt: skip
        pointers = [0]
        for number, run in zip(self.key_numbers, self.runs, strict=True):
            mine: list[int] = []
            for members in self._parted(run):
                unit = members[0]
                mine.append(len(self.atom_units))
                self.atom_units.append(tuple(one.id for one in members))
                line = lines.setdefault(unit.line, len(lines))
                if line == len(weights):
                    weights.append(1)
                weights[line] = max(weights[line], *(one.weight for one in members if one.due is not None), 0)
                path = self.path[number, unit.routing]
                rows[A_KEY].append(number)
                rows[A_LINE].append(line)
                rows[A_GROUP].append(groups.setdefault(unit.together, len(groups)) if unit.together else -1)
                rows[A_DUE].append(BEYOND if unit.due is None else unit.due)
                rows[A_LAST].append(self.kind_number[number][path[-1]])
                rows[A_RELEASE].append(max(one.release for one in members))
                rows[A_UNITS].append(len(members))
                rows[A_AREA].append(len(members) * self._area(unit, run.key))
                rows[A_HOME].append(len(self.run_atoms))
                self._steps(unit, number, path, rows)
                pointers.append(len(rows[STEP_KIND]))
            self.run_atoms.append(mine)
        self.rows |= rows | {A_PTR: pointers, L_WEIGHT: weights}
        self.lines, self.groups = len(lines), len(groups)

    def _parted(self, run: Run) -> Iterable[list[Unit]]:
        """The units of a run that are one atom: of one line with the same work and promise."""
        alike: dict[object, list[Unit]] = {}
        for code in run.units:
            unit = self.units[code]
            alike.setdefault((unit.line, unit.routing, unit.due, unit.together, unit.parts), []).append(unit)
        most = self._most_area(run.key) // ATOM_SHARE if self.split and run.key.material else 0
        for members in alike.values():
            area = self._area(members[0], run.key)
            size = max(most // area, 1) if most and area else len(members)
            yield from (members[i : i + size] for i in range(0, len(members), size))

    def _steps(self, unit: Unit, number: int, path: Sequence[Kind], rows: dict[int, list[int]]) -> None:
        before: Kind | None = None
        for kind, step in zip(path, unit.routing, strict=True):
            edge = -1
            if before is not None:
                most = -1 if step.max_lag is None else step.max_lag
                edge = self.edge_number[number][before, kind, step.min_lag, most]
            rows[STEP_KIND].append(self.kind_number[number][kind])
            rows[STEP_EDGE].append(edge)
            rows[STEP_LOAD].append(step.load)
            for place in range(self.places):
                code = kind.places[place] if place < len(kind.places) else ""
                seconds = step.at(code) if code in self.shop.centre else 0
                centre = self.shop.centre.get(code)
                takt = centre.takt_seconds if centre and centre.mode == "line" else 0
                rows[STEP_SECONDS].append(max(seconds or 0, takt))
            before = kind

    def _area(self, unit: Unit, key: Key) -> int:
        size = self.sizes.get(key)
        if size is None:
            return 0
        if self._is_strips(key):
            width = size.width + size.gap - 2 * size.margin
            return sum(width * (part.height_um + size.gap) * part.count for part in unit.parts)
        return sum(
            (part.width_um + size.gap) * (part.height_um + size.gap) * part.count for part in unit.parts
        )

    def _is_strips(self, key: Key) -> bool:
        """Whether no two parts lie side by side: then lengths tell what fits, not areas."""
        if key not in self.strips:
            size = self.sizes[key]
            width = size.width + size.gap - 2 * size.margin
            parts = {
                part for run in self.runs if run.key == key for u in run.units for part in self.units[u].parts
            }
            self.strips[key] = all(
                not part.may_rotate and 2 * (part.width_um + size.gap) > width for part in parts
            )
        return self.strips[key]

    def _sheet_area(self, key: Key) -> int:
        """What parts with their gaps may take of a sheet when it is filled by area."""
        size = self.sizes[key]
        width, height = (edge + size.gap - 2 * size.margin for edge in (size.width, size.height))
        return max(width * height * (100 if self._is_strips(key) else FILL_PERCENT) // 100, 1)

    def _most_area(self, key: Key) -> int:
        return self._sheet_area(key) * self.problem.limits.max_sheets

    def _plant(self) -> Ints:
        weights = self.problem.weights
        rows = self.rows
        rows[KEY_KINDS] = [len(kinds) for kinds in self.kinds]
        rows[KEY_SHEET] = [
            weights.sheet * size.width * size.height * 3600 // 10**10 if (size := self.sizes.get(key)) else 0
            for key in self.keys
        ]
        rows[KEY_AREA] = [self._sheet_area(key) if key.material else 0 for key in self.keys]
        rows[KEY_MOST] = [self._most_area(key) if key.material else 0 for key in self.keys]
        rows[EDGE_PTR] = _pointers(len(each) for each in self.edges)
        flat = [
            (self.kind_number[n][edge[0]], self.kind_number[n][edge[1]], edge[2], edge[3])
            for n, each in enumerate(self.edges)
            for edge in each
        ]
        for row, column in ((EDGE_FROM, 0), (EDGE_TO, 1), (EDGE_MIN, 2), (EDGE_MAX, 3)):
            rows[row] = [edge[column] for edge in flat]
        numbers = {
            KINDS: self.width,
            PLACES: self.places,
            EDGES: self.edge_width,
            CENTRES: len(self.centres),
            MACHINES: len(self.machines),
            RESOURCES: len(self.resources),
            RUNS: len(self.runs) + self.spare,
            LINES: self.lines,
            ATOMS: len(self.atom_units),
            GROUPS: self.groups,
            NOT_BEFORE: self.problem.not_before,
            MAX_SECONDS: self.problem.limits.max_seconds,
            COST_LATE: weights.tardiness * 60,
            COST_SETUP: weights.setup * 60,
            COST_RUN: weights.run * 3600,
            COST_LOAD: weights.load * 3600,
            COST_OVERTIME: weights.overtime * 60,
            # The least there is on top: of two plans that cost the same, the one with fewer moves.
            COST_MOVED: weights.moved * 3600 + 1,
            TOLERANCE: self.problem.zones.tolerance,
        }
        header = [numbers[n] for n in range(PLANT_NUMBERS)]
        data: list[int] = []
        for row in range(PLANT_NUMBERS, PLANT_END):
            header.append(PLANT_END + len(data))
            data += rows[row]
        return ints(header + data)

    def _state(self) -> Ints:
        runs, machines, centres = len(self.runs) + self.spare, len(self.machines), len(self.centres)
        tasks, atoms = runs * self.width, len(self.atom_units)
        of_places = tasks * self.places
        lengths = dict.fromkeys(range(R_KEY, R_EDGE), runs)
        lengths |= {R_EDGE: runs * self.edge_width, R_MINIMUM: runs, ORDER: runs, POSITION: runs}
        lengths |= {A_RUN: atoms, A_NEXT: atoms, A_BEFORE: atoms}
        lengths |= dict.fromkeys(range(T_UNITS, Q_BASE), tasks)
        lengths |= {T_SUM: of_places, T_MOST: of_places, T_SECONDS: of_places}
        lengths |= {
            Q_BASE: centres + 1,
            Q_FIRST: tasks,
            Q_NEXT: tasks,
            FIRST_HEAD: centres,
            FIRST_TAIL: centres,
        }
        lengths |= {NEXT_HEAD: centres, NEXT_TAIL: centres, L_LATE: self.lines, G_END: self.groups}
        lengths |= {OUT: PLACE, TOP: PLACE, BEST: PLACE, CONTROL: CONTROLS}
        lengths |= {JOURNAL: 2 * max(atoms, self.width) + 2}
        lengths |= {KEPT_ORDER: runs, KEPT_WAIT: runs, KEPT_NESTED: runs, KEPT_FIX: tasks}
        lengths |= {KEPT_HELD: tasks, KEPT_RUN: atoms}
        lengths |= {M_FREE: machines, M_FAMILY: machines, M_WIN: machines, M_SEG: machines}
        lengths |= {RES_FREE: len(self.resources), RES_WIN: len(self.resources), C_FREE: centres}
        lengths |= {LD_DATA: machines * RING * LOAD_WIDTH, LD_COUNT: machines, SUM: 2}
        header: list[int] = []
        at = STATE_END
        for row in range(SAVED):
            header.append(at)
            at += lengths[row]
        header.append(at)
        at += header[SAVED] - header[M_FREE]
        return ints(header + [0] * (at - STATE_END))

    def _fill(
        self,
        p: Ints,
        s: Ints,
        fixed: Sequence[Fixed],
        earliest: Mapping[str, int],
        latest: Mapping[str, int],
    ) -> None:
        """The runs with their atoms, in their order; what is fixed and what the base plan had."""
        for r in range(len(self.runs) + self.spare):
            s[s[R_HEAD] + r], s[s[R_UNTIL] + r] = -1, BEYOND
            s[s[ORDER] + r] = s[s[POSITION] + r] = r
        for atom in range(len(self.atom_units)):
            s[s[A_RUN] + atom] = s[s[A_NEXT] + atom] = s[s[A_BEFORE] + atom] = -1
        for t in range((len(self.runs) + self.spare) * self.width):
            s[s[BASE_MACHINE] + t] = -1
        number = {run.id: r for r, run in enumerate(self.runs)}
        for r, run in enumerate(self.runs):
            s[s[R_KEY] + r] = self.key_numbers[r]
            s[s[R_NESTED] + r] = len(run.sheets)
            s[s[R_MINIMUM] + r] = earliest.get(run.id, 0)
            s[s[R_UNTIL] + r] = latest.get(run.id, BEYOND)
            for atom in self.run_atoms[r]:
                move_atom(s, atom, r)
            reckon(p, s, r)
        for one in fixed:
            self._fix(s, number[one.run], one.operation)

    def _fix(self, s: Ints, r: int, operation: Operation) -> None:
        kinds = self.kinds[self.key_numbers[r]]
        for j, kind in enumerate(kinds):
            if (kind.step, kind.family) == (operation.step, operation.setup_family):
                t = r * self.width + j
                s[s[R_LOCKED] + r] = s[s[R_FIXED] + r] = s[s[T_FIXED] + t] = 1
                s[s[FIX_MACHINE] + t] = self.machine_number[operation.machine]
                s[s[FIX_SETUP] + t], s[s[FIX_START] + t] = operation.setup_start, operation.start
                s[s[FIX_END] + t] = operation.end


def able(kind: Kind, key: Key, centre: WorkCentre, shop: Shop) -> list[Machine]:
    """The machines of a work centre that can do the kind, in a fixed order. Where sheets are laid, the bed
    holds them, and what it leaves free at the edge and between parts is no more than the nest does."""
    machines = [
        machine
        for machine in shop.machines_of[centre.code]
        if shop.windows[machine.code] and machine.runs(kind.family)
    ]
    if not kind.is_gang or not key.material:
        return machines
    stock, size = shop.stock[key.material], sheet_size(key, shop)
    return [
        machine
        for machine in machines
        if machine.holds(stock.width_um, stock.height_um)
        and machine.margin_um <= size.margin
        and machine.gap_um <= size.gap
    ]


def joined(intervals: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Sorted and apart."""
    found: list[tuple[int, int]] = []
    for start, end in sorted(interval for interval in intervals if interval[0] < interval[1]):
        if found and start <= found[-1][1]:
            found[-1] = found[-1][0], max(end, found[-1][1])
        else:
            found.append((start, end))
    return tuple(found)


def _merged(steps: Iterable[Step], key: Key) -> dict[tuple[int, str, str], Kind]:
    """The kinds of these steps: what can be done in one operation of a run, where all of it can be done."""
    others: dict[tuple[int, str, str], set[str]] = {}
    tools: dict[tuple[int, str, str], str] = {}
    for step in steps:
        alternates = {alternate.work_centre for alternate in step.alternates}
        others[place_of(step)] = others.get(place_of(step), alternates) & alternates
        tools[place_of(step)] = max(tools.get(place_of(step), ""), step.tool)
    gang = (key.step, key.work_centre, key.setup_family)
    return {
        place: Kind(
            place[0],
            place[2],
            (place[1], *sorted(alternates - {place[1]})),
            tools[place],
            key.material if place == gang else "",
            place == gang,
        )
        for place, alternates in others.items()
    }


def _matrix(shop: Shop, centre: str, families: Mapping[str, int], which: str) -> list[int]:
    """Row by row: from each family to each, by the rules of the work centre."""
    count = len(families)
    general = [0] * count
    exact: list[tuple[int, int, int]] = []
    for rule in shop.setups:
        if rule.work_centre != centre or rule.to_family not in families:
            continue
        value, after = getattr(rule, which), families[rule.to_family]
        if rule.from_family is None:
            general[after] = value
        elif rule.from_family in families:
            exact.append((families[rule.from_family], after, value))
    table = general * count
    for before, after, value in exact:
        table[before * count + after] = value
    for family in range(count):
        table[family * count + family] = 0
    return table


def _add_place(rows: dict[int, list[int]], centre: WorkCentre | None) -> None:
    modes = {"batch": LONGEST, "line": SERIAL, "rate": BY_LOAD}
    rows[PLACE_MODE].append(modes.get(centre.mode, IN_TURN) if centre else IN_TURN)
    rows[PLACE_LOADING].append(centre.load_seconds if centre else 0)
    rows[PLACE_TAKT].append(centre.takt_seconds if centre else 0)
    rows[PLACE_STATIONS].append(centre.stations if centre else 1)
    rows[PLACE_RATE].append(max(centre.rate, 1) if centre else 1)


def _pointers(lengths: Iterable[int]) -> list[int]:
    found = [0]
    for length in lengths:
        found.append(found[-1] + length)
    return found
