"""The shop: work centres, their machines, when they work, and what a change of set-up costs.

Sizes are integer micrometres, durations integer seconds, as in the engines.
"""

from datetime import datetime
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q


class Weekday(models.IntegerChoices):
    MONDAY = 0
    TUESDAY = 1
    WEDNESDAY = 2
    THURSDAY = 3
    FRIDAY = 4
    SATURDAY = 5
    SUNDAY = 6


class Calendar(models.Model):
    """Working time: weekly shifts in a time zone, and the days that differ."""

    code = models.SlugField(primary_key=True, max_length=40)
    name = models.CharField(max_length=120)
    time_zone = models.CharField(max_length=60, default="Europe/Amsterdam")

    class Meta:
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name


class Shift(models.Model):
    """Every week from ``start`` to ``end``, local wall-clock time. ``end`` 00:00 is the midnight after;
    an ``end`` before ``start`` is on the next day."""

    calendar = models.ForeignKey(Calendar, on_delete=models.CASCADE, related_name="shifts")
    weekday = models.PositiveSmallIntegerField(choices=Weekday.choices, help_text="0 is Monday.")
    start = models.TimeField()
    end = models.TimeField()
    overtime = models.BooleanField(default=False, help_text="Costs extra (planner settings).")

    class Meta:
        ordering = ["calendar", "weekday", "start"]
        constraints = [
            models.UniqueConstraint(fields=["calendar", "weekday", "start"], name="shift_once"),
            models.CheckConstraint(condition=Q(weekday__lte=6), name="shift_weekday_known"),
            models.CheckConstraint(condition=~Q(start=models.F("end")), name="shift_not_empty"),
        ]

    def __str__(self) -> str:
        return f"{Weekday(self.weekday).label} {self.start:%H:%M}-{self.end:%H:%M}"


class CalendarException(models.Model):
    """One date that replaces its shifts: closed (no times), or open from ``start`` to ``end``."""

    calendar = models.ForeignKey(Calendar, on_delete=models.CASCADE, related_name="exceptions")
    date = models.DateField()
    start = models.TimeField(null=True, blank=True)
    end = models.TimeField(null=True, blank=True)
    reason = models.CharField(max_length=120)
    overtime = models.BooleanField(default=False, help_text="Its working time costs extra.")

    class Meta:
        ordering = ["calendar", "date"]
        constraints = [
            models.UniqueConstraint(fields=["calendar", "date"], name="calendar_exception_once"),
            models.CheckConstraint(
                condition=Q(start__isnull=True, end__isnull=True) | Q(start__isnull=False, end__isnull=False),
                name="calendar_exception_closed_or_both_times",
            ),
            models.CheckConstraint(
                condition=Q(overtime=False) | Q(start__isnull=False), name="overtime_exception_has_times"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.date}: {self.reason}"


class WorkCentre(models.Model):
    """A stage of the work with machines that can stand in for each other (ISA-95)."""

    class Mode(models.TextChoices):
        BED = "bed"  # a sheet is laid on a flat bed
        SHEET = "sheet"  # sheets or film are fed
        BENCH = "bench"  # piece by piece
        BATCH = "batch"  # a load starts and ends together: curing, pressing
        LINE = "line"  # serial, with a takt
        RATE = "rate"  # so much an hour

    class Attended(models.TextChoices):
        NEVER = "", "nobody needed"
        SETUP = "setup", "during set-up"
        RUN = "run", "set-up and work"

    code = models.SlugField(primary_key=True, max_length=40)
    name = models.CharField(max_length=120)
    mode = models.CharField(max_length=10, choices=Mode.choices)
    process = models.CharField(max_length=40)
    load_seconds = models.PositiveIntegerField(
        default=0, help_text="Laying on and taking off one sheet; for a batch, one load."
    )
    site = models.CharField(max_length=60, blank=True, help_text="Where it stands.")
    capacity = models.PositiveIntegerField(default=0, help_text="Load of a batch machine; 0: no limit.")
    takt_seconds = models.PositiveIntegerField(default=0, help_text="Of a line: least time between units.")
    stations = models.PositiveSmallIntegerField(default=1, help_text="Of a line.")
    rate = models.PositiveIntegerField(default=0, help_text="Load an hour.")
    skill = models.CharField(max_length=40, blank=True, help_text="What its operators must know.")
    attended = models.CharField(max_length=10, blank=True, choices=Attended.choices, default=Attended.NEVER)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "code"]
        constraints = [
            models.CheckConstraint(
                condition=Q(mode__in=["bed", "sheet", "bench", "batch", "line", "rate"]),
                name="work_centre_mode_known",
            ),
            models.CheckConstraint(
                condition=~Q(mode="rate") | Q(rate__gte=1), name="work_centre_rate_positive"
            ),
            models.CheckConstraint(condition=Q(stations__gte=1), name="work_centre_has_a_station"),
            models.CheckConstraint(
                condition=Q(attended="") | (Q(attended__in=["setup", "run"]) & ~Q(skill="")),
                name="attended_work_centre_names_a_skill",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Machine(models.Model):
    # An integer key, because the rule that a machine does one thing at a time is an
    # exclusion constraint over plain integer ranges (see Operation).
    id = models.BigAutoField(primary_key=True)
    code = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=120)
    work_centre = models.ForeignKey(WorkCentre, on_delete=models.PROTECT, related_name="machines")
    bed_width_um = models.PositiveBigIntegerField(default=0, help_text="0 for a bench.")
    bed_height_um = models.PositiveBigIntegerField(default=0)
    margin_um = models.PositiveIntegerField(default=0, help_text="Edge of a sheet that stays free.")
    gap_um = models.PositiveIntegerField(default=0, help_text="Free space between two parts.")
    speed_percent = models.PositiveSmallIntegerField(default=100)
    calendar = models.ForeignKey(
        Calendar, null=True, blank=True, on_delete=models.PROTECT, related_name="machines"
    )
    setup_state = models.CharField(max_length=80, blank=True, help_text="What it is set up for now.")
    families = ArrayField(
        models.CharField(max_length=80),
        default=list,
        blank=True,
        help_text="Set-up families that it can run; none: all.",
    )
    capacity = models.PositiveIntegerField(
        default=0, help_text="Load that it holds, in place of its work centre's."
    )
    cost_rate = models.PositiveIntegerField(default=0, help_text="Minor units of money an hour.")
    power_w = models.PositiveIntegerField(default=0, help_text="Watts while it is set up or works.")
    in_service = models.BooleanField(default=True)
    stopped_reason = models.CharField(max_length=200, blank=True, help_text="Why it is out of service.")
    stopped_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["work_centre", "code"]
        constraints = [
            models.CheckConstraint(condition=Q(speed_percent__gte=1), name="machine_speed_positive"),
            # machine key x 2^34 + seconds must stay inside a bigint
            models.CheckConstraint(condition=Q(id__lt=2**29), name="machine_id_small"),
        ]

    def __str__(self) -> str:
        return self.name


class MachineStopQuerySet(models.QuerySet["MachineStop"]):
    def breakdowns(self, *, now: datetime) -> Self:
        """Breakdowns that last, with the moment when the machine is expected back."""
        return self.filter(kind=MachineStop.Kind.BREAKDOWN, end__gte=now)


class MachineStop(models.Model):
    """From ``start`` to ``end`` the machine does not work, whatever its calendar says."""

    class Kind(models.TextChoices):
        MAINTENANCE = "maintenance", "planned maintenance"
        BREAKDOWN = "breakdown", "breakdown"

    machine = models.ForeignKey(Machine, on_delete=models.CASCADE, related_name="stops")
    kind = models.CharField(max_length=12, choices=Kind.choices, default=Kind.MAINTENANCE)
    reason = models.CharField(max_length=200)
    start = models.DateTimeField()
    end = models.DateTimeField()

    objects = MachineStopQuerySet.as_manager()

    class Meta:
        ordering = ["start", "machine", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(start__lt=F("end")), name="machine_stop_has_length"),
            models.CheckConstraint(
                condition=Q(kind__in=["maintenance", "breakdown"]), name="machine_stop_kind_known"
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="machine_stop_says_why"),
        ]

    def __str__(self) -> str:
        return f"{self.machine_id}: {self.reason}"


class Operator(models.Model):
    """A person who attends machines: one thing at a time, in the time of the calendar."""

    # An integer key, as for machines (see Operation).
    id = models.BigAutoField(primary_key=True)
    code = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=120)
    skills = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    calendar = models.ForeignKey(
        Calendar, null=True, blank=True, on_delete=models.PROTECT, related_name="operators"
    )
    in_service = models.BooleanField(default=True)

    class Meta:
        ordering = ["code"]
        constraints = [models.CheckConstraint(condition=Q(id__lt=2**29), name="operator_id_small")]

    def __str__(self) -> str:
        return self.name


class OperatorAbsence(models.Model):
    operator = models.ForeignKey(Operator, on_delete=models.CASCADE, related_name="absences")
    reason = models.CharField(max_length=200)
    start = models.DateTimeField()
    end = models.DateTimeField()

    class Meta:
        ordering = ["start", "operator", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(start__lt=F("end")), name="operator_absence_has_length"),
            models.CheckConstraint(condition=~Q(reason=""), name="operator_absence_says_why"),
        ]

    def __str__(self) -> str:
        return f"{self.operator_id}: {self.reason}"


class Tool(models.Model):
    """A fixture or jig: ``count`` of it can be in use at once."""

    code = models.SlugField(primary_key=True, max_length=40)
    name = models.CharField(max_length=120)
    count = models.PositiveSmallIntegerField(default=1)

    class Meta:
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name


class SetupRule(models.Model):
    """Seconds to change a machine of the work centre from one set-up family to another.

    ``from_family`` empty stands for every family without a rule of its own (also for a
    machine in an unknown state). No rule: no set-up time.
    """

    work_centre = models.ForeignKey(WorkCentre, on_delete=models.CASCADE, related_name="setup_rules")
    from_family = models.CharField(max_length=80, blank=True)
    to_family = models.CharField(max_length=80)
    seconds = models.PositiveIntegerField()
    cost = models.PositiveIntegerField(default=0, help_text="Minor units of money, besides the time.")

    class Meta:
        ordering = ["work_centre", "to_family", "from_family"]
        constraints = [
            models.UniqueConstraint(
                fields=["work_centre", "from_family", "to_family"], name="setup_rule_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.work_centre_id}: {self.from_family or 'any'} -> {self.to_family} {self.seconds} s"
