"""The tables of ledger: entries, jobs, API keys, and the answers given once."""

from datetime import datetime
from functools import partial

from django.conf import settings
from django.db import connection, models
from django.db.models import F, Q
from django.db.models.functions import Now

from ledger.engine.chain import Link
from ledger.engine.identifiers import new_id

# A job that was started this often without finishing is set aside.
MAX_ATTEMPTS = 5


def database_now() -> datetime:
    """The database's clock: the only one that decides about leases."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement_timestamp()")
        now: datetime = cursor.fetchone()[0]
    return now


class EntryQuerySet(models.QuerySet["Entry"]):
    def of(self, stream: str) -> "EntryQuerySet":
        """The entries of one stream, oldest first."""
        return self.filter(stream=stream).order_by("sequence")

    def chained(self) -> "EntryQuerySet":
        """Stream by stream in the order of the chain."""
        return self.order_by("stream", "sequence")


class Entry(models.Model):
    """Something that happened. Never changed or removed: triggers refuse UPDATE, DELETE and TRUNCATE.

    ``stream`` is ``<what>:<id>``; ``sequence`` counts from 1 in it; the hashes chain it (``engine.chain``).
    """

    id = models.BigAutoField(primary_key=True)
    stream = models.CharField(max_length=100)
    sequence = models.PositiveBigIntegerField()
    kind = models.CharField(max_length=80)
    actor = models.CharField(max_length=200)
    at = models.DateTimeField()
    data = models.JSONField()
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    objects = EntryQuerySet.as_manager()

    class Meta:
        ordering = ("id",)
        verbose_name_plural = "entries"
        constraints = (
            models.UniqueConstraint(fields=("stream", "sequence"), name="entry_sequence_once_in_stream"),
            models.CheckConstraint(condition=Q(sequence__gte=1), name="entry_sequence_from_one"),
        )
        indexes = (models.Index(fields=("kind", "id"), name="entry_kind"),)

    def __str__(self) -> str:
        return f"{self.stream} #{self.sequence} {self.kind}"

    def link(self) -> Link:
        """The entry as the chain sees it."""
        return Link(
            stream=self.stream,
            sequence=self.sequence,
            kind=self.kind,
            actor=self.actor,
            at=self.at,
            data=self.data,
            previous_hash=self.previous_hash,
            hash=self.hash,
        )


class JobQuerySet(models.QuerySet["Job"]):
    def waiting(self) -> "JobQuerySet":
        """Queued or failed, and due by the database's clock."""
        return self.filter(
            Q(run_after__isnull=True) | Q(run_after__lte=Now()),
            state__in=(Job.State.QUEUED, Job.State.FAILED),
        )

    def lease_over(self) -> "JobQuerySet":
        """Running, but nobody has extended the lease."""
        return self.filter(state=Job.State.RUNNING, lease_until__lt=Now())

    def claimable(self) -> "JobQuerySet":
        """What a worker may take now."""
        return (self.waiting() | self.lease_over()).filter(attempts__lt=MAX_ATTEMPTS)

    def exhausted(self) -> "JobQuerySet":
        """Started MAX_ATTEMPTS times without finishing."""
        return (self.filter(state__in=(Job.State.QUEUED, Job.State.FAILED)) | self.lease_over()).filter(
            attempts__gte=MAX_ATTEMPTS
        )

    def held_by(self, token: str) -> "JobQuerySet":
        """The running job whose fencing token is ``token``."""
        return self.filter(state=Job.State.RUNNING, token=token)

    def at_hand(self) -> "JobQuerySet":
        """Unfinished, and not put off to a later moment, or only until others have done parts of it: what
        somebody may wait for."""
        put_off = Q(state=Job.State.QUEUED, run_after__gt=Now(), progress={})
        return self.unfinished().exclude(put_off)

    def unfinished(self) -> "JobQuerySet":
        return self.filter(state__in=(Job.State.QUEUED, Job.State.RUNNING, Job.State.FAILED))


class Job(models.Model):
    """Work that leaves the request. The row is the truth, the broker only a doorbell.

    ``failed`` means the last attempt raised and another one will be made after ``run_after``;
    ``dead`` means set aside after MAX_ATTEMPTS. ``token`` fences: only who holds it may finish.
    """

    class State(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"
        DEAD = "dead"

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(max_length=80)
    key = models.CharField(max_length=200, unique=True)
    payload = models.JSONField(default=dict)
    queue = models.CharField(max_length=40, default="default")
    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    token = models.CharField(max_length=32, blank=True, default="")
    lease_until = models.DateTimeField(null=True, blank=True)
    run_after = models.DateTimeField(null=True, blank=True)
    publishes = models.PositiveIntegerField(default=0)
    published_at = models.DateTimeField(null=True, blank=True)
    progress = models.JSONField(default=dict, blank=True)
    stop_asked = models.BooleanField(default=False, help_text="Somebody wants what there is by now.")
    last_error = models.TextField(blank=True, default="")
    trace_id = models.CharField(max_length=32, blank=True, default="")
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        ordering = ("id",)
        constraints = (
            models.CheckConstraint(
                condition=Q(state__in=("queued", "running", "done", "failed", "dead")), name="job_state_known"
            ),
            models.CheckConstraint(
                condition=(Q(state="running", lease_until__isnull=False) & ~Q(token=""))
                | (~Q(state="running") & Q(token="", lease_until__isnull=True)),
                name="job_running_has_token_and_lease",
            ),
        )
        indexes = (
            models.Index(
                F("published_at").asc(nulls_first=True),
                F("id"),
                name="job_unfinished",
                condition=Q(state__in=("queued", "running", "failed")),
            ),
            models.Index(fields=("state", "id"), name="job_state"),
            models.Index(fields=("kind", "id"), name="job_kind"),
        )

    def __str__(self) -> str:
        return f"job {self.pk} {self.kind} ({self.state})"


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    def live(self, now: datetime) -> "ApiKeyQuerySet":
        """Neither revoked nor expired at ``now``, of an owner who may log in."""
        return self.filter(
            Q(expires_at__isnull=True) | Q(expires_at__gt=now), revoked_at__isnull=True, owner__is_active=True
        )


class ApiKey(models.Model):
    """A key for the API. The secret is shown once; kept are its look-up prefix and its SHA-256."""

    id = models.CharField(primary_key=True, max_length=40, default=partial(new_id, "key"), editable=False)
    name = models.CharField(max_length=100)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    prefix = models.CharField(max_length=16, unique=True, editable=False)
    hash = models.CharField(max_length=64, editable=False)
    scopes = models.JSONField(default=list)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "id")
        verbose_name = "API key"

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"


class IdempotencyRecord(models.Model):
    """The answer given to a request with an idempotency key, written with the request's effect."""

    principal = models.CharField(max_length=200)
    method = models.CharField(max_length=10)
    path = models.CharField(max_length=300)
    key = models.CharField(max_length=255)
    request_hash = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    headers = models.JSONField(default=dict)
    body = models.BinaryField()
    created_at = models.DateTimeField()

    class Meta:
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(
                fields=("principal", "method", "path", "key"), name="idempotency_key_once_for_principal"
            ),
        )
        indexes = (models.Index(fields=("created_at",), name="idempotency_created"),)

    def __str__(self) -> str:
        return f"{self.principal} {self.method} {self.path} {self.key}"
