"""Repairs that staff look at beside the plan in force: whole, certified, and nothing until accepted."""

from functools import partial
from typing import Self

from django.db import models
from django.db.models import Q

from ledger.engine.identifiers import new_id
from production.models.events import PlanEvent
from production.models.runs import Plan


class DraftQuerySet(models.QuerySet["Draft"]):
    def open(self) -> Self:
        return self.filter(state=Draft.State.OPEN)


class Draft(models.Model):
    """A certified proposal for the facts of ``created_at``, on the plan ``base`` at its ``base_version``.

    ``before`` is the plan in force then and ``proposal`` the answer, both as ``engine.codec`` writes them;
    ``diff`` what staff read of it (``production.diffs``), kept so that it can be read later too.
    """

    class State(models.TextChoices):
        OPEN = "open"
        ACCEPTED = "accepted"
        DISCARDED = "discarded"
        OUTDATED = "outdated"  # the facts or the plan went on

    class Stage(models.TextChoices):
        FIRST = "first", "put off"  # at once: everything in its order, later
        IMPROVED = "improved", "improved"  # the search has looked for better

    id = models.CharField(primary_key=True, max_length=40, default=partial(new_id, "drf"), editable=False)
    number = models.PositiveIntegerField(unique=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    stage = models.CharField(max_length=10, choices=Stage.choices, default=Stage.FIRST)
    base = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="drafts")
    base_version = models.PositiveIntegerField(help_text="Of the plan, when the facts were read.")
    events = models.ManyToManyField(PlanEvent, related_name="drafts", blank=True)
    snapshot_hash = models.CharField(max_length=64, help_text="Of the facts that it was computed from.")
    seed = models.BigIntegerField(default=0)
    before = models.JSONField()
    proposal = models.JSONField()
    certificate = models.JSONField()
    diff = models.JSONField()
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=200)
    improved_at = models.DateTimeField(null=True, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.CharField(max_length=200, blank=True)
    reason = models.TextField(blank=True, help_text="Why it was discarded, or is outdated.")
    taken = models.JSONField(null=True, blank=True, help_text="The changes that were accepted, of a part.")
    plan = models.ForeignKey(Plan, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    version = models.PositiveIntegerField(default=1, help_text="Counts changes, for If-Match.")

    objects = DraftQuerySet.as_manager()

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["state"], condition=Q(state="open"), name="one_open_draft"),
            models.CheckConstraint(
                condition=Q(state="open") | Q(decided_at__isnull=False), name="decided_draft_has_moment"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["discarded", "outdated"]) | ~Q(reason=""),
                name="refused_draft_says_why",
            ),
            models.CheckConstraint(
                condition=~Q(state="accepted") | Q(plan__isnull=False), name="accepted_draft_has_plan"
            ),
        ]

    def __str__(self) -> str:
        return f"draft {self.number}"
