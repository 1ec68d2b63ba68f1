"""What-if: a question of staff about the plan, and what came of it."""

from functools import partial

from django.db import models
from django.db.models import Q

from ledger.engine.identifiers import new_id
from production.models.runs import Plan


class ScenarioState(models.TextChoices):
    DRAFT = "draft"  # changes are still being put together
    WAITING = "waiting"  # a job computes it, or will
    DONE = "done"
    FAILED = "failed"


class Scenario(models.Model):
    """Some changes of demand, machines, shifts, people, material or prices, beside the plan as it is.

    Without changes of its own and with ``remedies`` it asks what would make fewer lines late.
    """

    id = models.CharField(primary_key=True, max_length=40, default=partial(new_id, "scn"), editable=False)
    name = models.CharField(max_length=120)
    changes = models.JSONField(default=list, help_text='[{"kind": "machine-down", "machine": ...}, ...]')
    remedies = models.BooleanField(default=False)
    state = models.CharField(max_length=10, choices=ScenarioState.choices, default=ScenarioState.DRAFT)
    reason = models.TextField(blank=True, help_text="Why it failed.")
    result = models.JSONField(null=True, blank=True)
    plan = models.ForeignKey(Plan, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=200)
    computed_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1, help_text="Counts its changes.")

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="done") | Q(result__isnull=False), name="scenario_done_has_result"
            ),
        ]

    def __str__(self) -> str:
        return self.name
