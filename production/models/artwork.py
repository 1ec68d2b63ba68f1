"""The production files of order lines: made once for each surface, read back, and only then of use."""

from typing import Self

from django.db import models
from django.db.models import Q

from orders.models import Line


class LineFileQuerySet(models.QuerySet["LineFile"]):
    def stopped(self) -> Self:
        """Those that a person has to look at."""
        return self.filter(state=LineFile.State.STOPPED)


class LineFile(models.Model):
    """What a machine is given for one surface of a line, or why there is nothing to give.

    ``scene`` is the hash of what was approved; ``sha256`` and ``path`` are the file's in the machine's first
    format, ``kept`` has them for every format. ``placeable`` is the hash of the streams of the PDF, to be put
    on gang sheets; ``shape`` is what a sheet has to know of the artwork.
    """

    class State(models.TextChoices):
        READY = "ready"  # read back, and the same as what was approved
        STOPPED = "stopped"

    line = models.ForeignKey(Line, on_delete=models.CASCADE, related_name="+")
    surface = models.CharField(max_length=60)
    profile = models.CharField(max_length=60, blank=True)
    format = models.CharField(max_length=12, blank=True)
    scene = models.CharField(max_length=64)
    path = models.CharField(max_length=300, blank=True, help_text="Below MEDIA_ROOT.")
    sha256 = models.CharField(max_length=64, blank=True)
    placeable = models.CharField(max_length=64, blank=True)
    kept = models.JSONField(default=dict, blank=True, help_text='{"<format>": {"path", "sha256"}}')
    shape = models.JSONField(
        default=dict, blank=True, help_text='{"width", "height", "bleed", "corner", "own_contour"}, in µm.'
    )
    state = models.CharField(max_length=10, choices=State.choices)
    reason = models.TextField(blank=True, help_text="Why it is stopped, for staff.")
    mismatches = models.JSONField(default=list, blank=True)
    made_at = models.DateTimeField()

    objects = LineFileQuerySet.as_manager()

    class Meta:
        ordering = ["line", "surface"]
        constraints = [
            models.UniqueConstraint(fields=["line", "surface"], name="one_file_a_surface_of_a_line"),
            models.CheckConstraint(
                condition=~Q(state="ready") | ~Q(sha256=""), name="a_ready_file_has_its_hash"
            ),
            models.CheckConstraint(
                condition=~Q(state="stopped") | ~Q(reason=""), name="a_stopped_file_says_why"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.line_id} {self.surface}: {self.state}"


class CheckedArtwork(models.Model):
    """Files that were made for a machine, read back and found right: lines that want the same take these.

    ``recipe`` is the hash of everything that the files follow from (``production.checked``); ``result`` is
    what the gate notes on a line.
    """

    recipe = models.CharField(primary_key=True, max_length=64)
    scene = models.CharField(max_length=64, db_index=True)
    result = models.JSONField()
    made_at = models.DateTimeField()

    class Meta:
        ordering = ["recipe"]

    def __str__(self) -> str:
        return f"{self.scene[:12]} by {self.recipe[:12]}"
