"""What went wrong or changed in the workshop, as it was told, and the lines that are in a hurry."""

from functools import partial
from typing import Self

from django.db import models
from django.db.models import Q

from ledger.engine.identifiers import new_id
from orders.models import Line
from production.models.runs import Plan


class PlanEventQuerySet(models.QuerySet["PlanEvent"]):
    def open(self) -> Self:
        """Events that no plan has answered yet."""
        return self.filter(answered_at__isnull=True)


class PlanEvent(models.Model):
    """One thing that the plan in force did not reckon with. ``facts`` is what was told about it, by kind.

    It is answered by the plan that was made in knowledge of it: an accepted draft, or any later plan.
    """

    class Kind(models.TextChoices):
        MACHINE_DOWN = "machine_down", "machine down"
        MACHINE_BACK = "machine_back", "machine back"
        RUSH = "rush", "rush order"
        SCRAP = "scrap", "rejected piece"
        LATE_MATERIAL = "late_material", "late material"
        ABSENT = "absent", "absent operator"
        CANCELLED = "cancelled", "order cancelled"
        CHANGED = "changed", "order changed"

    id = models.CharField(primary_key=True, max_length=40, default=partial(new_id, "evt"), editable=False)
    kind = models.CharField(max_length=16, choices=Kind.choices)
    subject = models.CharField(max_length=120, help_text="Code or id of what it is about.")
    text = models.CharField(max_length=300, help_text="In words, for staff.")
    facts = models.JSONField(default=dict)
    at = models.DateTimeField()
    actor = models.CharField(max_length=200)
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_by = models.ForeignKey(Plan, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    note = models.TextField(blank=True, help_text="Why there is no repair, when there is none.")

    objects = PlanEventQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-id"]
        indexes = [models.Index(fields=["answered_at", "at"], name="event_queue")]
        constraints = [
            models.CheckConstraint(condition=~Q(text=""), name="event_says_what"),
            models.CheckConstraint(
                condition=Q(
                    kind__in=[
                        "machine_down", "machine_back", "rush", "scrap", "late_material", "absent",
                        "cancelled", "changed",
                    ]
                ),
                name="event_kind_known",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.text


class Rush(models.Model):
    """A line that is wanted sooner, or weighs more, than its promise says. The promise stays what it is."""

    line = models.OneToOneField(Line, primary_key=True, on_delete=models.CASCADE, related_name="+")
    wanted_at = models.DateTimeField(null=True, blank=True)
    weight = models.PositiveSmallIntegerField(default=1, help_text="Multiplies the cost of its being late.")
    reason = models.CharField(max_length=200)
    actor = models.CharField(max_length=200)
    at = models.DateTimeField()

    class Meta:
        ordering = ["line"]
        constraints = [
            models.CheckConstraint(condition=Q(weight__gte=1, weight__lte=100), name="rush_weight_1_to_100"),
            models.CheckConstraint(
                condition=Q(weight__gt=1) | Q(wanted_at__isnull=False), name="rush_asks_for_something"
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="rush_says_why"),
        ]

    def __str__(self) -> str:
        return f"{self.line_id}: {self.reason}"
