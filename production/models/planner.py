"""What staff tell the planner: what a plan costs, how firm the present one is, how large a run may get."""

from dataclasses import fields
from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q

from production.engine.proposal import Limits, Weights, Zones


class PlannerSettings(models.Model):
    """One row. Weights in minor units of money (``engine.proposal.Weights``), times in seconds.

    The zones are counted from the moment of planning.
    """

    weight_tardiness = models.PositiveIntegerField(
        "tardiness", default=10, help_text="A minute that a line is late, times its weight."
    )
    weight_setup = models.PositiveIntegerField("set-up", default=60, help_text="A minute of set-up.")
    weight_run = models.PositiveIntegerField("run", default=200, help_text="Each run.")
    weight_load = models.PositiveIntegerField("load", default=100, help_text="Each load of a batch machine.")
    weight_sheet = models.PositiveIntegerField(
        "sheet", default=5, help_text="A square decimetre of sheet; offcuts cost nothing."
    )
    weight_overtime = models.PositiveIntegerField("overtime", default=40, help_text="A minute of overtime.")
    weight_energy = models.PositiveIntegerField("energy", default=30, help_text="A kilowatt hour.")
    weight_preference = models.PositiveIntegerField(
        "preference", default=100, help_text="A point against an alternate work centre."
    )
    weight_moved = models.PositiveIntegerField(
        "moved",
        default=300,
        help_text="Each change of an operation's machine, and each of its time, near or far.",
    )
    frozen_seconds = models.PositiveIntegerField(
        "frozen zone", default=0, help_text="What begins sooner stays as it is, and nothing new begins."
    )
    slushy_seconds = models.PositiveIntegerField(
        "slushy zone", default=8 * 3600, help_text="Runs that begin sooner keep their pieces."
    )
    tolerance_seconds = models.PositiveIntegerField(
        "tolerance", default=1800, help_text="A start that is off by no more has not moved."
    )
    limit_sheets = models.PositiveIntegerField(
        "sheets", default=10, help_text="Most sheets of a run, unless a piece alone needs more."
    )
    limit_seconds = models.PositiveIntegerField(
        "work of a run", default=4 * 3600, help_text="Most work of a run at each step; loads do not count."
    )
    limit_due_window = models.PositiveIntegerField(
        "due window",
        default=36 * 3600,
        help_text="Pieces promised that much later than a run's first take no new sheet of it.",
    )
    limit_review_seconds = models.PositiveIntegerField(
        "review time", default=900, help_text="New work begins that long after the proposal."
    )
    limit_units = models.PositiveIntegerField(
        "pieces of a plan", null=True, blank=True, help_text="Those due first; empty: as the server is set."
    )
    takes_harmless = models.BooleanField(
        "take harmless repairs",
        default=False,
        help_text="Accept a repair by itself when nobody gets later and nothing released moves.",
    )
    version = models.PositiveIntegerField(default=1, help_text="Counts changes, for If-Match.")

    TIMES: ClassVar = (
        "frozen_seconds",
        "slushy_seconds",
        "tolerance_seconds",
        "limit_seconds",
        "limit_due_window",
        "limit_review_seconds",
    )

    class Meta:
        verbose_name_plural = "planner settings"
        constraints = [
            models.CheckConstraint(condition=Q(pk=1), name="planner_settings_are_one"),
            models.CheckConstraint(
                condition=Q(frozen_seconds__lte=F("slushy_seconds")), name="frozen_zone_before_slushy"
            ),
            models.CheckConstraint(
                condition=Q(limit_sheets__gte=1, limit_seconds__gte=1), name="a_run_may_have_something"
            ),
            models.CheckConstraint(
                condition=Q(limit_units__isnull=True) | Q(limit_units__gte=1), name="a_plan_may_have_a_piece"
            ),
        ]

    def __str__(self) -> str:
        return f"planner settings, version {self.version}"

    @property
    def weights(self) -> Weights:
        return Weights(**{each.name: getattr(self, f"weight_{each.name}") for each in fields(Weights)})

    def zones(self, *, now: int) -> Zones:
        """As instants; without a frozen zone nothing is frozen."""
        return Zones(
            frozen_until=now + self.frozen_seconds if self.frozen_seconds else 0,
            slushy_until=now + self.slushy_seconds if self.slushy_seconds else 0,
            tolerance=self.tolerance_seconds,
        )

    def limits(self, *, max_units: int) -> Limits:
        """``max_units`` where the settings say nothing."""
        return Limits(
            max_sheets=self.limit_sheets,
            max_seconds=self.limit_seconds,
            due_window=self.limit_due_window,
            review_seconds=self.limit_review_seconds,
            max_units=self.limit_units or max_units,
        )

    def as_told(self) -> dict[str, Any]:
        """Every setting by its name, for the ledger and the API."""
        return {
            field.name: getattr(self, field.name)
            for field in self._meta.concrete_fields
            if field.name not in ("id", "version")
        }
