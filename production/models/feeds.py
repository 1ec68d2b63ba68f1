"""Calendars that people subscribe to: a feed of runs under an address that is a secret and can be revoked."""

from functools import partial

from django.db import models
from django.db.models import Q

from ledger.engine.identifiers import new_id
from production.models.shop import Machine, WorkCentre


class FeedQuerySet(models.QuerySet["CalendarFeed"]):
    def live(self) -> "FeedQuerySet":
        return self.filter(revoked_at__isnull=True)


class CalendarFeed(models.Model):
    """All runs, those of a work centre, or those of a machine. The address is its id, signed."""

    id = models.CharField(primary_key=True, max_length=40, default=partial(new_id, "cal"), editable=False)
    name = models.CharField(max_length=100)
    work_centre = models.ForeignKey(
        WorkCentre, null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    machine = models.ForeignKey(Machine, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    created_by = models.CharField(max_length=200)
    created_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = FeedQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(work_centre__isnull=True) | Q(machine__isnull=True), name="feed_of_one_thing"
            ),
            models.CheckConstraint(condition=~Q(name=""), name="feed_has_a_name"),
        ]

    def __str__(self) -> str:
        return self.name
