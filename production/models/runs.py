"""Plans, runs, and the pieces in them.

A piece is one unit of an order line, and it points to the run it is in: so it is in at
most one. A run is made together: its first step on common sheets. What a run does on
the machines are its operations. A plan is one answer of the planner; at any moment one
plan is current, its unreleased runs are the proposal that staff look at.
"""

from functools import partial
from typing import Self

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import BigIntegerRangeField, RangeOperators
from django.db import models
from django.db.models import Deferrable, F, Func, Q

from ledger.engine.identifiers import new_id
from orders.models import Line
from production.models.materials import Material, Offcut
from production.models.ranges import IntegerRangesField
from production.models.shop import Machine, Operator, Tool, WorkCentre


class PlanState(models.TextChoices):
    CURRENT = "current"
    SUPERSEDED = "superseded"


class RunState(models.TextChoices):
    PROPOSED = "proposed"  # the planner's, until staff release or reject it; `pinned` keeps it as it is
    RELEASED = "released"  # material is reserved, the floor may start
    STARTED = "started"
    DONE = "done"
    REJECTED = "rejected"


class PieceState(models.TextChoices):
    OWED = "owed"
    PLANNED = "planned"
    RELEASED = "released"
    MADE = "made"
    CANCELLED = "cancelled"


class OperationState(models.TextChoices):
    PLANNED = "planned"
    STARTED = "started"
    FINISHED = "finished"
    DROPPED = "dropped"  # its run was rejected


class PlanQuerySet(models.QuerySet["Plan"]):
    def current(self) -> Self:
        return self.filter(state=PlanState.CURRENT)


class Plan(models.Model):
    id = models.CharField(primary_key=True, max_length=40, default=partial(new_id, "pln"), editable=False)
    number = models.PositiveIntegerField(unique=True)
    state = models.CharField(max_length=12, choices=PlanState.choices)
    base = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="+")
    snapshot_hash = models.CharField(max_length=64, help_text="Of the facts that it was computed from.")
    seed = models.BigIntegerField(default=0)
    certificate = models.JSONField(help_text="What the independent check counted, and its breaches (none).")
    kpis = models.JSONField()
    unplanned = models.JSONField(help_text='[{"line", "pieces", "code", "text"}]')
    last_run = models.PositiveIntegerField(default=0, help_text="Highest number of a run so far.")
    horizon_start = models.DateTimeField(help_text="No proposed work begins before.")
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=200)
    version = models.PositiveIntegerField(
        default=1, help_text="Counts what people changed in it, for If-Match."
    )

    objects = PlanQuerySet.as_manager()

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["state"], condition=Q(state="current"), name="one_current_plan")
        ]

    def __str__(self) -> str:
        return f"plan {self.number}"


class RunQuerySet(models.QuerySet["Run"]):
    def proposed(self) -> Self:
        return self.filter(state=RunState.PROPOSED)

    def replaceable(self) -> Self:
        """Runs that the next plan may dissolve."""
        return self.filter(state=RunState.PROPOSED, pinned=False)

    def frozen(self) -> Self:
        """Runs that a plan has to leave as they are."""
        return self.filter(
            Q(state__in=[RunState.RELEASED, RunState.STARTED]) | Q(state="proposed", pinned=True)
        )

    def on_the_floor(self) -> Self:
        return self.filter(state__in=[RunState.RELEASED, RunState.STARTED])

    def live(self) -> Self:
        return self.filter(state__in=[RunState.PROPOSED, RunState.RELEASED, RunState.STARTED])


class Run(models.Model):
    id = models.CharField(primary_key=True, max_length=40, default=partial(new_id, "run"), editable=False)
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="runs")
    number = models.PositiveIntegerField(unique=True)
    state = models.CharField(max_length=10, choices=RunState.choices, default=RunState.PROPOSED)
    state_reason = models.TextField(blank=True)
    key = models.JSONField(help_text='{"work_centre", "material", "setup_family"} of the common step.')
    why = models.TextField(help_text="Why these pieces are together.")
    due_at = models.DateTimeField(null=True, blank=True, help_text="The earliest promise among its pieces.")
    needs = models.JSONField(default=dict, help_text='{"<material code>": quantity} of the whole run.')
    lots = models.JSONField(
        default=list, help_text='[{"material", "lot", "quantity", "order"}] of what is kept by lots.'
    )
    pinned = models.BooleanField(default=False)
    released_at = models.DateTimeField(null=True, blank=True)
    released_by = models.CharField(max_length=200, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)
    files_stopped = models.TextField(blank=True, help_text="Why its files cannot be made, for staff.")
    version = models.PositiveIntegerField(default=1, help_text="Counts changes, for If-Match.")

    objects = RunQuerySet.as_manager()

    class Meta:
        ordering = ["number"]
        indexes = [models.Index(fields=["state", "due_at"], name="run_queue")]
        constraints = [
            models.CheckConstraint(
                condition=Q(pinned=False) | Q(state="proposed"), name="only_proposed_is_pinned"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["released", "started", "done"]) | Q(released_at__isnull=False),
                name="released_run_has_moment",
            ),
        ]

    def __str__(self) -> str:
        return f"R-{self.number}"


class Sheet(models.Model):
    """One sheet, panel or length of film of a run, with the parts laid on it."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="sheets")
    index = models.PositiveIntegerField(help_text="From 1.")
    material = models.ForeignKey(Material, on_delete=models.PROTECT, related_name="+")
    width_um = models.PositiveBigIntegerField()
    height_um = models.PositiveBigIntegerField()
    used_area = models.PositiveBigIntegerField(help_text="Square micrometres covered by parts.")
    offcut = models.ForeignKey(Offcut, null=True, blank=True, on_delete=models.PROTECT, related_name="sheets")

    class Meta:
        ordering = ["run", "index"]
        constraints = [
            models.UniqueConstraint(fields=["run", "index"], name="sheet_index_once_a_run"),
            models.CheckConstraint(condition=Q(width_um__gt=0, height_um__gt=0), name="sheet_has_size"),
            models.CheckConstraint(
                condition=Q(used_area__lte=F("width_um") * F("height_um")), name="sheet_not_overfull"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.run_id} sheet {self.index}"


class PieceQuerySet(models.QuerySet["Piece"]):
    def owed(self) -> Self:
        return self.filter(state=PieceState.OWED)

    def to_plan(self) -> Self:
        """What the next plan has to place: owed pieces and those of runs that it may dissolve."""
        return self.filter(
            Q(state=PieceState.OWED) | Q(state=PieceState.PLANNED, run__state="proposed", run__pinned=False)
        )


class Piece(models.Model):
    """One unit of a line, from owed to made."""

    line = models.ForeignKey(Line, on_delete=models.PROTECT, related_name="+")
    index = models.PositiveIntegerField(help_text="From 1 to the quantity of the line.")
    state = models.CharField(max_length=10, choices=PieceState.choices, default=PieceState.OWED)
    run = models.ForeignKey(Run, null=True, blank=True, on_delete=models.PROTECT, related_name="pieces")

    objects = PieceQuerySet.as_manager()

    class Meta:
        ordering = ["line", "index"]
        indexes = [models.Index(fields=["state", "line"], name="piece_queue")]
        constraints = [
            models.UniqueConstraint(fields=["line", "index"], name="piece_index_once_a_line"),
            models.CheckConstraint(condition=Q(index__gte=1), name="piece_index_from_one"),
            models.CheckConstraint(
                condition=Q(state__in=["owed", "cancelled"], run__isnull=True)
                | Q(state__in=["planned", "released", "made"], run__isnull=False),
                name="piece_has_a_run_unless_owed",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.line_id}:{self.index}"


class Placement(models.Model):
    """One part of a piece on a sheet: its lower left corner and its size as laid (rotated: sides swapped)."""

    sheet = models.ForeignKey(Sheet, on_delete=models.CASCADE, related_name="placements")
    piece = models.ForeignKey(Piece, on_delete=models.PROTECT, related_name="placements")
    part = models.CharField(max_length=40)
    copy = models.PositiveIntegerField(help_text="From 1 to the count of the part.")
    x_um = models.PositiveBigIntegerField()
    y_um = models.PositiveBigIntegerField()
    width_um = models.PositiveBigIntegerField()
    height_um = models.PositiveBigIntegerField()
    rotated = models.BooleanField(default=False)
    outline = models.JSONField(
        default=list,
        blank=True,
        help_text="[[x, y], ...] in µm from that corner, as laid; empty: a rectangle.",
    )

    class Meta:
        ordering = ["sheet", "id"]
        constraints = [
            models.UniqueConstraint(fields=["sheet", "piece", "part", "copy"], name="placement_once_a_sheet"),
            models.CheckConstraint(condition=Q(width_um__gt=0, height_um__gt=0), name="placement_has_size"),
        ]

    def __str__(self) -> str:
        return f"{self.part} {self.copy}"


class OperationQuerySet(models.QuerySet["Operation"]):
    def live(self) -> Self:
        """Operations that occupy, or will occupy, a machine."""
        return self.filter(state__in=[OperationState.PLANNED, OperationState.STARTED])

    def planned(self) -> Self:
        """Operations that are still to begin."""
        return self.filter(state=OperationState.PLANNED)


def _seconds(moment: str) -> Func:
    """Seconds since 1970 of a timestamptz column, by immutable functions only (an index needs that)."""
    return Func(F(moment), template="(extract(epoch from (%(expressions)s at time zone 'UTC'))::bigint)")


def _moment_on_machine(moment: str) -> Func:
    # The keywords in the order of the alphabet, as migrations write them: else Django sees a change.
    return Func(F("machine"), _seconds(moment), arg_joiner=" * 17179869184 + ", template="(%(expressions)s)")


class Operation(models.Model):
    """A step of a run on one machine: set-up from ``setup_start`` to ``start``, work to ``end``.

    These are planned times; ``started_at`` and ``finished_at`` are what happened. Operations with the same
    ``load`` are in a batch machine together; one of them ``occupies`` it for all. ``attended`` is when its
    operator has to be there, each second counted from operator * 2^34.
    """

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="operations")
    sequence = models.PositiveIntegerField(help_text="Order within the run, from 1.")
    step = models.PositiveIntegerField(help_text="Number of the routing step.")
    work_centre = models.ForeignKey(WorkCentre, on_delete=models.PROTECT, related_name="+")
    machine = models.ForeignKey(Machine, on_delete=models.PROTECT, related_name="operations")
    setup_family = models.CharField(max_length=80)
    units = models.PositiveIntegerField(help_text="Pieces of the run that have this step.")
    seconds = models.PositiveBigIntegerField(help_text="Work on this machine, without set-up.")
    setup_start = models.DateTimeField()
    start = models.DateTimeField()
    end = models.DateTimeField()
    state = models.CharField(max_length=10, choices=OperationState.choices, default=OperationState.PLANNED)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    operator = models.ForeignKey(
        Operator, null=True, blank=True, on_delete=models.PROTECT, related_name="operations"
    )
    tool = models.ForeignKey(Tool, null=True, blank=True, on_delete=models.PROTECT, related_name="operations")
    load = models.CharField(max_length=80, blank=True, help_text="What is in a batch machine together.")
    occupies = models.BooleanField(
        default=True, help_text="False where another operation of the load stands for it."
    )
    attended = IntegerRangesField(null=True, blank=True, editable=False)

    objects = OperationQuerySet.as_manager()

    class Meta:
        ordering = ["run", "sequence"]
        indexes = [models.Index(fields=["machine", "setup_start"], name="operation_by_machine")]
        constraints = [
            models.UniqueConstraint(fields=["run", "sequence"], name="operation_sequence_once_a_run"),
            models.CheckConstraint(
                condition=Q(setup_start__lte=F("start"), start__lt=F("end")), name="operation_times_in_order"
            ),
            # One machine, one thing at a time. The embedded PostgreSQL has no btree_gist, so machine and
            # time share one integer: machine * 2^34 + seconds (2^34 s reach the year 2514). Deferred: a new
            # plan takes the place of the old one inside one transaction.
            ExclusionConstraint(
                name="machine_does_one_thing_at_a_time",
                expressions=[
                    (
                        Func(
                            _moment_on_machine("setup_start"),
                            _moment_on_machine("end"),
                            function="int8range",
                            output_field=BigIntegerRangeField(),
                        ),
                        RangeOperators.OVERLAPS,
                    )
                ],
                # A started operation takes as long as it takes: its machine is guarded by the next rule.
                condition=Q(state="planned", occupies=True),
                deferrable=Deferrable.DEFERRED,
            ),
            models.UniqueConstraint(
                fields=["machine"],
                condition=Q(state="started", occupies=True),
                name="machine_has_one_started_operation",
            ),
            models.CheckConstraint(
                condition=Q(occupies=True) | ~Q(load=""), name="operation_without_load_occupies"
            ),
            models.UniqueConstraint(
                fields=["load"],
                condition=Q(state__in=["planned", "started"], occupies=True) & ~Q(load=""),
                name="one_operation_stands_for_a_load",
            ),
            # An operator is in one place at a time; a break of the machine leaves them free for another.
            ExclusionConstraint(
                name="operator_does_one_thing_at_a_time",
                expressions=[("attended", RangeOperators.OVERLAPS)],
                condition=Q(state="planned", occupies=True, attended__isnull=False),
                deferrable=Deferrable.DEFERRED,
            ),
            models.CheckConstraint(
                condition=Q(attended__isnull=True) | Q(operator__isnull=False),
                name="attended_operation_has_operator",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["started", "finished"]) | Q(started_at__isnull=False),
                name="started_operation_has_moment",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.run_id} step {self.step}"

    @property
    def pinned(self) -> bool:
        return self.run.pinned
