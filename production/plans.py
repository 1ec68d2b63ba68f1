"""Proposals as rows: written, read back for the certificate, taken apart.

Everything here runs inside the caller's transaction, under the planning lock.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime

from django.db import connection
from django.db.models import Max

from ledger.copying import copy_in
from ledger.engine.identifiers import new_id
from production.engine.certificate import Certificate, certify
from production.engine.planning import measure
from production.engine.proposal import (
    FrozenOperation,
    Key,
    Limits,
    LotUse,
    Problem,
    Proposal,
)
from production.engine.proposal import (
    Operation as PlannedOperation,
)
from production.engine.proposal import (
    Placement as PlannedPlacement,
)
from production.engine.proposal import (
    Run as PlannedRun,
)
from production.engine.proposal import (
    Sheet as PlannedSheet,
)
from production.engine.scheduling.timeline import timeline_of
from production.engine.shop import Shop
from production.engine.work import Unit
from production.facts import (
    frozen_operations,
    moment,
    planner_settings,
    read_shop,
    seconds,
    unit_id,
    units_of,
)
from production.models import (
    Machine,
    Offcut,
    Operation,
    OperationState,
    Piece,
    PieceState,
    Placement,
    Plan,
    Run,
    RunState,
    Sheet,
)
from production.occupation import attended, attended_row, guard_once, operator_keys, stand_for_loads


@dataclass(frozen=True)
class Kept:
    """The name of a run that goes on in a new plan with the same pieces."""

    id: str
    number: int
    version: int


def write_runs(
    *,
    plan: Plan,
    runs: Sequence[PlannedRun],
    operations: Sequence[PlannedOperation],
    units: Mapping[str, Unit],
    pieces: Mapping[str, int],
    shop: Shop,
    kept: Mapping[frozenset[int], Kept] | None = None,
    onto: Run | None = None,
) -> list[Run]:
    """The rows of planned runs, in their order; their pieces are planned now.

    ``shop`` is the one that they were planned for.

    A run with exactly the pieces of one in ``kept`` keeps its id and number. ``onto`` is a row that is
    there already, without sheets and operations: the first run goes on in it.
    """
    rows: dict[str, Run] = {}
    number = plan.last_run
    for run in runs:
        is_new = onto is None or run is not runs[0]
        row = Run(number=0) if is_new or onto is None else onto
        row.plan = plan
        row.state, row.state_reason = RunState.PROPOSED, ""
        row.key = {
            "work_centre": run.key.work_centre,
            "material": run.key.material,
            "setup_family": run.key.setup_family,
            "step": run.key.step,
        }
        row.why = run.why
        row.due_at = None if run.due is None else moment(run.due)
        row.needs = needs_of(run, units)
        row.lots = [asdict(use) for use in run.lots]
        old = (kept or {}).get(frozenset(pieces[unit] for unit in run.units))
        if not is_new:
            row.version += 1
            row.save()
        elif old is not None:
            row.id, row.number, row.version = old.id, old.number, old.version + 1
        else:
            number += 1
            row.number = number
        rows[run.id] = row
    copy_in([row for row in rows.values() if row is not onto])
    plan.last_run = number
    plan.save(update_fields=["last_run"])
    _write_sheets(runs, rows, pieces)
    _write_operations(operations, rows, shop)
    _plan_pieces({pieces[unit]: rows[run.id].pk for run in runs for unit in run.units})
    return list(rows.values())


def _plan_pieces(run_of: Mapping[int, str]) -> None:
    """The pieces are planned in these runs: one statement for many thousands of them."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            UPDATE {Piece._meta.db_table} piece SET run_id = planned.run, state = %s
            FROM unnest(%s::bigint[], %s::text[]) planned (piece, run) WHERE piece.id = planned.piece
            """,  # noqa: S608 - the table's name of our own model
            [PieceState.PLANNED, list(run_of), list(run_of.values())],
        )


def needs_of(run: PlannedRun, units: Mapping[str, Unit]) -> dict[str, int]:
    """Material of the whole run: its sheets that are no offcuts, and what its units use."""
    needs = Counter(sheet.material for sheet in run.sheets if not sheet.offcut)
    for unit in run.units:
        for use in units[unit].materials:
            needs[use.material] += use.quantity
    return dict(sorted(needs.items()))


def _write_sheets(runs: Sequence[PlannedRun], rows: Mapping[str, Run], pieces: Mapping[str, int]) -> None:
    sheets: list[Sheet] = []
    laid: list[Sequence[PlannedPlacement]] = []
    named = [sheet.offcut for run in runs for sheet in run.sheets if sheet.offcut]
    offcuts = dict(Offcut.objects.filter(code__in=named).values_list("code", "pk")) if named else {}
    for run in runs:
        for index, sheet in enumerate(run.sheets, start=1):
            sheets.append(
                Sheet(
                    run=rows[run.id],
                    index=index,
                    material_id=sheet.material,
                    width_um=sheet.width_um,
                    height_um=sheet.height_um,
                    used_area=sheet.used_area,
                    offcut_id=offcuts[sheet.offcut] if sheet.offcut else None,
                )
            )
            laid.append(sheet.placements)
    copy_in(sheets)
    copy_in(
        [
            Placement(
                sheet=sheet,
                piece_id=pieces[p.unit],
                part=p.part,
                copy=p.copy,
                x_um=p.x_um,
                y_um=p.y_um,
                width_um=p.width_um,
                height_um=p.height_um,
                rotated=p.rotated,
                outline=[list(point) for point in p.outline],
            )
            for sheet, placements in zip(sheets, laid, strict=True)
            for p in placements
        ]
    )


def _write_operations(operations: Sequence[PlannedOperation], rows: Mapping[str, Run], shop: Shop) -> None:
    machines = dict(Machine.objects.values_list("code", "pk"))
    operators = operator_keys()
    loads = _loads(operations)
    sequence: Counter[str] = Counter()
    written = []
    for planned in sorted(operations, key=lambda o: (o.run, o.step, o.start, o.setup_family)):
        sequence[planned.run] += 1
        load, stands = loads.get(planned.load, ("", True))
        loads[planned.load] = (load, not load)  # the first one stands for the others
        written.append(
            Operation(
                run=rows[planned.run],
                sequence=sequence[planned.run],
                step=planned.step,
                work_centre_id=planned.work_centre,
                machine_id=machines[planned.machine],
                setup_family=planned.setup_family,
                units=len(planned.units),
                seconds=planned.seconds,
                setup_start=moment(planned.setup_start),
                start=moment(planned.start),
                end=moment(planned.end),
                operator_id=operators[planned.operator] if planned.operator else None,
                tool_id=planned.tool or None,
                load=load,
                occupies=stands,
                attended=attended(planned, shop, operators),
            )
        )
    copy_in(written)


def _loads(operations: Sequence[PlannedOperation]) -> dict[str, tuple[str, bool]]:
    """By the planner's name of a load: its name in the table, and whether nothing stands for it yet.

    The planner counts its loads anew each time, so they get names of their own; those that it found in the
    table keep theirs.
    """
    named = {o.load for o in operations if o.load}
    known = set(Operation.objects.live().filter(load__in=named).values_list("load", flat=True))
    return {load: (load, False) if load in known else (new_id("load"), True) for load in sorted(named)}


def write_frozen(frozen: Iterable[FrozenOperation], *, shop: Shop) -> None:
    """The times that frozen operations have now: set-ups that follow new neighbours, and what moved right."""
    times = {int(f.id): f for f in frozen if not f.started}
    rows = list(Operation.objects.filter(pk__among=times))
    operators = operator_keys()
    for row in rows:
        now = times[row.pk]
        row.setup_start, row.start, row.end = moment(now.setup_start), moment(now.start), moment(now.end)
        row.operator_id = operators[now.operator] if now.operator else None
        row.attended = attended(now, shop, operators)
    guard_once(rows)
    changed = ["setup_start", "start", "end", "operator", "attended"]
    Operation.objects.bulk_update(rows, changed, batch_size=1000)


def dissolve(*, run_ids: Iterable[str], reason: str = "") -> set[str]:
    """Take proposed runs apart: their pieces are owed again. Returns the lines concerned.

    What once was released has left traces in the stock's books, so it stays as a rejected run; the
    others were only proposals and are removed.
    """
    runs = list(Run.objects.filter(pk__among=run_ids, state=RunState.PROPOSED).only("pk"))
    inside = Piece.objects.filter(run__among=[run.pk for run in runs])
    lines = set(inside.values_list("line_id", flat=True))
    inside.update(run=None, state=PieceState.OWED)
    traced = Run.objects.filter(pk__in=[run.pk for run in runs], material_movements__isnull=False).distinct()
    keep = list(traced.values_list("pk", flat=True))
    Operation.objects.filter(run__in=keep).update(state=OperationState.DROPPED)
    Run.objects.filter(pk__in=keep).update(state=RunState.REJECTED, pinned=False, state_reason=reason)
    Run.objects.filter(pk__among=[run.pk for run in runs if run.pk not in keep]).delete()
    stand_for_loads()
    return lines


def next_plan_number() -> int:
    return int(Plan.objects.aggregate(last=Max("number"))["last"] or 0) + 1


# --- reading back -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Standing:
    """The plan in force as question and answer, read from its rows."""

    problem: Problem
    proposal: Proposal


def read_standing(*, now: datetime) -> Standing:
    """All proposed runs, pinned or not, and the released work as frozen, at the times in the rows.

    What is being done just now has no place in it: it decides how its machine is set up.
    """
    runs = list(
        Run.objects.proposed().prefetch_related(
            "sheets__placements", "sheets__offcut", "operations__machine", "operations__operator"
        )
    )
    pieces = list(
        Piece.objects.filter(run__among=[run.pk for run in runs])
        .order_by("pk")
        .values_list("pk", "line_id", "index", "run_id")
    )
    units = units_of((pk, line, index) for pk, line, index, _ in pieces)
    name = {pk: unit_id(line, index) for pk, line, index, _ in pieces}
    members: dict[str, list[str]] = {}
    for pk, _, _, run_id in pieces:
        members.setdefault(run_id, []).append(name[pk])
    planned_runs = tuple(_planned_run(run, members.get(run.pk, []), name, units) for run in runs)
    operations = tuple(
        _planned_operation(operation, members.get(run.pk, []), units)
        for run in runs
        for operation in run.operations.all()
    )
    frozen = tuple(frozen_operations(Run.objects.on_the_floor(), now=None))
    # Judged as of its first moment: that time has gone by since makes no plan wrong (only late).
    begin = min([seconds(now), *(operation.setup_start for operation in operations)])
    problem = Problem(
        shop=_with_started(read_shop(now=moment(begin))),
        units=tuple(units.values()),
        frozen=frozen,
        limits=replace(Limits(), review_seconds=0),
        weights=planner_settings().weights,
    )
    kpis = measure(problem, planned_runs, operations, 0)
    proposal = Proposal(planned_runs, operations, frozen, (), kpis)
    # It is its own plan in force: what is in a load with released work was in it before.
    return Standing(replace(problem, base=proposal), proposal)


def read_base(*, now: datetime) -> Proposal:
    """The runs of the plan in force that a next plan may change, at their times."""
    standing = read_standing(now=now).proposal
    free = set(Run.objects.replaceable().values_list("pk", flat=True))
    return replace(
        standing,
        runs=tuple(run for run in standing.runs if run.id in free),
        operations=tuple(operation for operation in standing.operations if operation.run in free),
    )


def _with_started(shop: Shop) -> Shop:
    """The shop with its machines set up for what they are doing just now."""
    families = dict(
        Operation.objects.filter(state=OperationState.STARTED).values_list("machine__code", "setup_family")
    )
    return replace(
        shop,
        machines=tuple(replace(m, setup_state=families.get(m.code, m.setup_state)) for m in shop.machines),
    )


def certify_standing(*, now: datetime) -> Certificate:
    """The independent check of the whole plan in force, as it stands in the database."""
    standing = read_standing(now=now)
    return certify(standing.problem, standing.proposal)


def _planned_run(
    run: Run, members: Sequence[str], name: Mapping[int, str], units: Mapping[str, Unit]
) -> PlannedRun:
    return PlannedRun(
        id=run.pk,
        key=Key(run.key["work_centre"], run.key["material"], run.key["setup_family"], run.key["step"]),
        units=tuple(members),
        sheets=tuple(
            PlannedSheet(
                material=sheet.material_id,
                width_um=sheet.width_um,
                height_um=sheet.height_um,
                placements=tuple(
                    PlannedPlacement(
                        unit=name.get(p.piece_id, f"piece {p.piece_id}"),
                        part=p.part,
                        copy=p.copy,
                        x_um=p.x_um,
                        y_um=p.y_um,
                        width_um=p.width_um,
                        height_um=p.height_um,
                        rotated=p.rotated,
                        outline=tuple((x, y) for x, y in p.outline),
                    )
                    for p in sheet.placements.all()
                ),
                offcut=sheet.offcut.code if sheet.offcut else "",
            )
            for sheet in run.sheets.all()
        ),
        due=None if run.due_at is None else seconds(run.due_at),
        why=run.why,
        lots=tuple(
            LotUse(use["material"], use["lot"], use["quantity"], use.get("order", "")) for use in run.lots
        ),
    )


def _planned_operation(row: Operation, members: Sequence[str], units: Mapping[str, Unit]) -> PlannedOperation:
    place = (row.step, row.setup_family)
    return PlannedOperation(
        run=row.run_id,
        step=row.step,
        work_centre=row.work_centre_id,
        setup_family=row.setup_family,
        machine=row.machine.code,
        units=tuple(
            unit
            for unit in members
            if any(
                (s.step, s.setup_family) == place and s.at(row.work_centre_id) is not None
                for s in units[unit].routing
            )
        ),
        seconds=row.seconds,
        setup_start=seconds(row.setup_start),
        start=seconds(row.start),
        end=seconds(row.end),
        operator=row.operator.code if row.operator else "",
        tool=row.tool_id or "",
        load=row.load,
    )


# --- set-ups follow the sequence --------------------------------------------------------------------------


def refit_setups(*, shop: Shop) -> bool:
    """Give every operation that is to begin the set-up that its present neighbours ask for.

    After work was taken out or done in another order. Where the set-up does not fit in front of the
    operation it stays as it is, and the answer is False: the next proposal has to move the work.
    """
    shop = _with_started(shop)
    rows = list(Operation.objects.planned().select_related("machine").order_by("machine", "start", "pk"))
    by_machine: dict[str, list[Operation]] = {}
    with_it: dict[str, list[Operation]] = {}
    for row in rows:
        if row.occupies:
            by_machine.setdefault(row.machine.code, []).append(row)
        else:
            with_it.setdefault(row.load, []).append(row)
    changed = []
    all_fit = True
    for code, mine in by_machine.items():
        timeline = timeline_of(shop.machine[code], shop)
        family, free_from = timeline.state, 0
        for row in mine:
            begin = timeline.back(seconds(row.start), timeline.setup(family, row.setup_family))
            if begin < free_from:
                all_fit = False
            elif begin != seconds(row.setup_start):
                for each in (row, *with_it.get(row.load, ())):
                    each.setup_start = moment(begin)
                    if each.attended is not None:  # what is not guarded stays so until the next plan
                        each.attended = attended_row(each, shop)
                    changed.append(each)
            family, free_from = row.setup_family, seconds(row.end)
    Operation.objects.bulk_update(changed, ["setup_start", "attended"], batch_size=1000)
    return all_fit
