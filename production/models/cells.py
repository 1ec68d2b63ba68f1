"""A large proposal that several workers compute: what is asked, and what each has answered."""

from django.db import models

from ledger.models import Job


class CellRound(models.Model):
    """A problem dealt to cells, with the job that joins their answers. ``facts`` are compressed JSON."""

    job = models.OneToOneField(Job, primary_key=True, on_delete=models.CASCADE, related_name="+")
    facts = models.BinaryField()
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"cells of job {self.pk}"


class CellPart(models.Model):
    """One cell's problem and, once it has been planned, its proposal; ``reason`` says why there is none."""

    round = models.ForeignKey(CellRound, on_delete=models.CASCADE, related_name="parts")
    number = models.PositiveIntegerField()
    units = models.PositiveIntegerField(help_text="Pieces to be planned.")
    problem = models.BinaryField()
    proposal = models.BinaryField(null=True)
    reason = models.TextField(blank=True)

    class Meta:
        ordering = ["round", "number"]
        constraints = [models.UniqueConstraint(fields=["round", "number"], name="cell_part_once")]

    def __str__(self) -> str:
        return f"part {self.number} of {self.round}"
