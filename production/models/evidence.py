"""What happened to pieces and which files were made for a run."""

from django.db import models
from django.db.models import Q

from production.models.runs import Piece, Run, Sheet


class Scrap(models.Model):
    """A piece that went wrong in a run. The piece itself is owed again; this row stays."""

    piece = models.ForeignKey(Piece, on_delete=models.PROTECT, related_name="scraps")
    run = models.ForeignKey(Run, on_delete=models.PROTECT, related_name="scraps")
    reason = models.CharField(max_length=200)
    actor = models.CharField(max_length=200)
    at = models.DateTimeField()

    class Meta:
        ordering = ["-at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["piece", "run"], name="piece_scrapped_once_a_run"),
            models.CheckConstraint(condition=~Q(reason=""), name="scrap_has_a_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.piece_id}: {self.reason}"


class ProductionFile(models.Model):
    """A file that the floor works from: the ticket of a run, a machine's file of a sheet, or its picture."""

    class Kind(models.TextChoices):
        TICKET = "ticket"
        SVG = "svg"
        PDF = "pdf"
        PNG = "png"
        DXF = "dxf"
        PICTURE = "picture"

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="files")
    sheet = models.ForeignKey(Sheet, null=True, blank=True, on_delete=models.CASCADE, related_name="files")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    path = models.CharField(max_length=300, help_text="Below MEDIA_ROOT.")
    sha256 = models.CharField(max_length=64)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["run", "sheet", "kind"]
        constraints = [
            models.UniqueConstraint(
                fields=["run", "sheet", "kind"], name="production_file_once", nulls_distinct=False
            )
        ]

    def __str__(self) -> str:
        return self.path
