"""What must always be true of production; ``manage.py verify`` and the tests run these."""

from collections import Counter
from collections.abc import Iterator

from django.db.models import Count, F, Q, Sum, TextField
from django.db.models import Value as V
from django.db.models.functions import Coalesce, Concat
from django.utils import timezone

from ledger.invariants import invariant
from orders.engine.lifecycle import LineState
from orders.models import Line
from production.models import (
    Material,
    MaterialLot,
    Offcut,
    Operation,
    Piece,
    PieceState,
    Placement,
    Plan,
    Run,
    RunState,
    Sheet,
)
from production.plans import certify_standing

_RUN_STATES = {
    PieceState.PLANNED: [RunState.PROPOSED],
    PieceState.RELEASED: [RunState.RELEASED, RunState.STARTED],
    PieceState.MADE: [RunState.DONE],
}


@invariant("production: every piece is where its run is")
def _pieces_and_runs_agree() -> Iterator[str]:
    for state, runs in _RUN_STATES.items():
        for piece in Piece.objects.filter(state=state).exclude(run__state__in=runs).select_related("run"):
            yield f"piece {piece} is {piece.state}, its run {piece.run} is {piece.run and piece.run.state}"


@invariant("production: a line has all its pieces or none")
def _all_pieces() -> Iterator[str]:
    wanted = Piece.objects.filter(index__lte=F("line__quantity"))
    counted = dict(
        wanted.order_by().values("line").annotate(pieces=Count("pk")).values_list("line", "pieces")
    )
    for line in Line.objects.filter(pk__in=counted).only("pk", "quantity"):
        if counted[line.pk] != line.quantity:
            yield f"line {line.pk} is of {line.quantity} and has {counted[line.pk]} pieces"
    moving = [LineState.PLANNED, LineState.RELEASED, LineState.IN_PRODUCTION, LineState.MADE]
    for pk in Line.objects.filter(state__in=moving).exclude(pk__in=counted).values_list("pk", flat=True):
        yield f"line {pk} is in production and has no pieces"
    surplus = Piece.objects.filter(index__gt=F("line__quantity")).exclude(state=PieceState.CANCELLED)
    for piece in surplus.select_related("line").order_by("pk"):
        yield f"piece {piece} is {piece.state}, its line is of {piece.line.quantity}"


@invariant("production: lines are as far as their pieces")
def _lines_and_pieces_agree() -> Iterator[str]:
    rows = (
        Piece.objects.exclude(state=PieceState.CANCELLED)
        .order_by()
        .values("line", "line__state")
        .annotate(
            pieces=Count("pk"),
            made=Count("pk", filter=Q(state=PieceState.MADE)),
            planned=Count("pk", filter=Q(state=PieceState.PLANNED)),
        )
    )
    for row in rows:
        done = row["made"] == row["pieces"]
        if done != (row["line__state"] in (LineState.MADE, LineState.SHIPPED)):
            yield (
                f"line {row['line']} is {row['line__state']}, "
                f"{row['made']} of its {row['pieces']} pieces are made"
            )
        if row["line__state"] == LineState.PLANNED and row["planned"] != row["pieces"]:
            yield f"line {row['line']} is planned, {row['planned']} of its {row['pieces']} pieces are"


@invariant("production: the plan in force passes the certificate")
def _plan_certified() -> Iterator[str]:
    if not Plan.objects.current().exists():
        return
    for breach in certify_standing(now=timezone.now()).breaches:
        if breach.kind == "setup-mismatch":
            continue  # work done in another order than planned: no fault of the data, a new plan mends it
        yield f"{breach.kind} at {breach.where}: {breach.text}"


@invariant("production: runs have pieces and operations while they live")
def _runs_are_whole() -> Iterator[str]:
    counted = Run.objects.live().annotate(
        inside=Count("pieces", distinct=True), steps=Count("operations", distinct=True)
    )
    # All pieces of a started run may have been scrapped.
    hollow = counted.filter(Q(inside=0) & ~Q(state=RunState.STARTED) | Q(steps=0))
    for row in hollow.values("number", "state", "inside", "steps"):
        yield f"R-{row['number']} is {row['state']} with {row['inside']} pieces and {row['steps']} operations"
    late = Operation.objects.live().exclude(
        run__state__in=[RunState.PROPOSED, RunState.RELEASED, RunState.STARTED]
    )
    for operation in late.select_related("run"):
        run = operation.run
        yield f"step {operation.step} of {run} is {operation.state}, the run is {run.state}"


@invariant("production: placements belong to their run")
def _placements_and_runs_agree() -> Iterator[str]:
    live = Placement.objects.filter(sheet__run__state__in=[RunState.PROPOSED, RunState.RELEASED])
    for placement in live.exclude(piece__run=F("sheet__run")).select_related("sheet__run"):
        yield f"a part of piece {placement.piece_id} lies in {placement.sheet.run}, the piece is elsewhere"


@invariant("production: stock and its movements add up")
def _stock_adds_up() -> Iterator[str]:
    rows = Material.objects.annotate(
        store=Coalesce(Sum("movements__on_hand_change"), 0),
        held=Coalesce(Sum("movements__reserved_change"), 0),
    )
    wrong = rows.exclude(store=F("on_hand"), held=F("reserved"))
    for row in wrong.values("code", "on_hand", "reserved", "store", "held"):
        yield (
            f"{row['code']}: {row['on_hand']} on hand and {row['reserved']} reserved, "
            f"movements say {row['store']} and {row['held']}"
        )


@invariant("production: lots, their movements and their materials add up")
def _lots_add_up() -> Iterator[str]:
    lots = MaterialLot.objects.annotate(
        store=Coalesce(Sum("movements__on_hand_change"), 0),
        held=Coalesce(Sum("movements__reserved_change"), 0),
    )
    figures = ("code", "on_hand", "reserved", "store", "held")
    for lot in lots.exclude(store=F("on_hand"), held=F("reserved")).values("material", *figures):
        yield (
            f"lot {lot['material']} {lot['code']}: {lot['on_hand']} on hand and {lot['reserved']} reserved, "
            f"movements say {lot['store']} and {lot['held']}"
        )
    materials = Material.objects.filter(by_lots=True).annotate(
        store=Coalesce(Sum("lots__on_hand"), 0), held=Coalesce(Sum("lots__reserved"), 0)
    )
    for row in materials.exclude(store=F("on_hand"), held=F("reserved")).values(*figures):
        yield (
            f"{row['code']}: {row['on_hand']} on hand and {row['reserved']} reserved, "
            f"its lots say {row['store']} and {row['held']}"
        )
    for stray in MaterialLot.objects.filter(material__by_lots=False):
        yield f"lot {stray}: its material is not kept by lots"


@invariant("production: what is reserved of a lot is what released runs take of it")
def _lots_have_runs() -> Iterator[str]:
    taken: Counter[tuple[str, str]] = Counter()
    for uses in Run.objects.filter(state=RunState.RELEASED).values_list("lots", flat=True):
        for use in uses:
            taken[use["material"], use["lot"]] += use["quantity"]
    reserved = {
        (material, code): quantity
        for material, code, quantity in MaterialLot.objects.filter(reserved__gt=0).values_list(
            "material", "code", "reserved"
        )
    }
    for place in sorted(taken.keys() | reserved.keys()):
        if taken[place] != reserved.get(place, 0):
            material, code = place
            held = reserved.get(place, 0)
            yield f"lot {material} {code}: {held} reserved, released runs take {taken[place]}"


@invariant("production: operations in one load agree, and one stands for them")
def _loads_are_whole() -> Iterator[str]:
    rows = (
        Operation.objects.live()
        .exclude(load="")
        .order_by()
        .values("load")
        .annotate(
            standing=Count("pk", filter=Q(occupies=True)),
            ways=Count(
                Concat(
                    "machine",
                    V("/"),
                    "setup_family",
                    V("/"),
                    "start",
                    V("/"),
                    "end",
                    V("/"),
                    "state",
                    output_field=TextField(),
                ),
                distinct=True,
            ),
        )
    )
    for row in rows.exclude(standing=1, ways=1):
        yield (
            f"load {row['load']}: {row['standing']} operations stand for it, "
            f"{row['ways']} different machines, families, times or states are in it"
        )


@invariant("production: reserved is what released runs need")
def _reservations_have_runs() -> Iterator[str]:
    needed: dict[str, int] = {}
    for needs in Run.objects.filter(state=RunState.RELEASED).values_list("needs", flat=True):
        for material, quantity in needs.items():
            needed[material] = needed.get(material, 0) + quantity
    for row in Material.objects.filter(Q(reserved__gt=0) | Q(pk__in=needed)):
        if row.reserved != needed.get(row.code, 0):
            yield f"{row.code}: {row.reserved} reserved, released runs need {needed.get(row.code, 0)}"


# In which state the offcuts are that a run in this state has on its sheets.
_OFFCUT_STATES = {
    RunState.PROPOSED: Offcut.State.FREE,
    RunState.RELEASED: Offcut.State.RESERVED,
    RunState.STARTED: Offcut.State.USED,
    RunState.DONE: Offcut.State.USED,
}


@invariant("production: every offcut is where its run is, and used once")
def _offcuts_and_runs_agree() -> Iterator[str]:
    seen: dict[str, Run] = {}
    used = Sheet.objects.filter(offcut__isnull=False, run__state__in=_OFFCUT_STATES)
    for sheet in used.select_related("run", "offcut"):
        offcut, run = sheet.offcut, sheet.run
        assert offcut is not None
        if offcut.code in seen:
            yield f"offcut {offcut} is a sheet of {seen[offcut.code]} and of {run}"
        seen[offcut.code] = run
        taken_by = None if run.state == RunState.PROPOSED else run.pk
        # A plan may still name what somebody has thrown away: the next one does not.
        is_missed = offcut.state == Offcut.State.GONE and run.state == RunState.PROPOSED
        expected = _OFFCUT_STATES[RunState(run.state)], taken_by
        if (offcut.state, offcut.reserved_by_id) != expected and not is_missed:
            yield f"offcut {offcut} is {offcut.state}, {run} that has it is {run.state}"
        if (offcut.width_um, offcut.height_um) != (sheet.width_um, sheet.height_um):
            yield f"offcut {offcut} and sheet {sheet.index} of {run} differ in size"
    for offcut in Offcut.objects.exclude(code__in=seen).filter(reserved_by__isnull=False):
        yield f"offcut {offcut} is {offcut.state}, no run has it on a sheet"


@invariant("production: what a run left of its sheets was there to be left")
def _remnants_fit() -> Iterator[str]:
    made = Offcut.objects.filter(made_by__isnull=False).select_related("made_by")
    sheets = {
        (sheet.run_id, f"R-{sheet.run.number}-{sheet.index}"): sheet
        for sheet in Sheet.objects.filter(run__offcuts_made__isnull=False).select_related("run").distinct()
    }
    for offcut in made:
        run = offcut.made_by
        assert run is not None
        sheet = sheets.get((run.pk, offcut.code))
        if run.state != RunState.DONE or sheet is None:
            yield f"offcut {offcut} is said to be of {run}, which is {run.state} and has no such sheet"
        elif offcut.width_um * offcut.height_um > sheet.width_um * sheet.height_um - sheet.used_area:
            yield f"offcut {offcut} is larger than what its parts left of sheet {sheet.index} of {run}"
