"""The tables of the configurator: what can be made, and what shoppers made of it.

A version of a family never changes once it is published: Python refuses it here, and
triggers refuse it in the database (migration 0002). Its text (``source``) is the truth;
the rows of options, values, rules, prices and surfaces are derived from it at publishing,
to be read, filtered and pointed at.
"""

from functools import partial
from typing import Any, Self

from django.core.files.storage import default_storage
from django.db import models
from django.db.models.functions import Now

from configurator.visibility import Owned, OwnedQuerySet, Visitor
from ledger.engine.identifiers import new_id


class Immutable(Exception):
    """A published version, a frozen design or one of their rows was to be changed or deleted."""


class FamilyQuerySet(models.QuerySet["Family"]):
    def on_sale(self) -> Self:
        """Families that a shopper can start a design of, in the order of the shop's shelf."""
        return self.filter(suspended_at=None, current__isnull=False).select_related("current")


class Family(models.Model):
    """A product line; what it offers today is its current version."""

    code = models.SlugField(primary_key=True, max_length=60)
    name = models.CharField(max_length=120)
    summary = models.CharField(max_length=400, blank=True)
    position = models.PositiveIntegerField(default=0)
    current = models.ForeignKey("Version", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    suspended_at = models.DateTimeField(null=True, blank=True)

    objects = FamilyQuerySet.as_manager()

    class Meta:
        ordering = ["position", "code"]
        verbose_name_plural = "families"

    def __str__(self) -> str:
        return self.name


class VersionQuerySet(models.QuerySet["Version"]):
    def sellable(self) -> Self:
        """Versions that may still be ordered: not retired, of a family that is not suspended."""
        return self.filter(retired_at=None, family__suspended_at=None)


class Version(models.Model):
    """One published state of a family. ``sealed`` is set once its rows stand; then nothing moves
    but ``retired_at``."""

    class Format(models.TextChoices):
        FAMILY = "family", "family file"
        XCSP = "xcsp", "XCSP 2.1"
        UVL = "uvl", "UVL"
        SXFM = "sxfm", "SXFM"

    family = models.ForeignKey(Family, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    source = models.TextField()
    source_format = models.CharField(max_length=10, choices=Format.choices)
    content_hash = models.CharField(max_length=64)
    published_at = models.DateTimeField()
    published_by = models.CharField(max_length=200)
    retired_at = models.DateTimeField(null=True, blank=True)
    sealed = models.BooleanField(default=False)

    objects = VersionQuerySet.as_manager()

    class Meta:
        ordering = ["family", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["family", "number"], name="version_number_once_a_family"),
            models.UniqueConstraint(fields=["family", "content_hash"], name="version_content_once_a_family"),
        ]

    def __str__(self) -> str:
        return f"{self.family_id} {self.number}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if (
            not self._state.adding
            and self.sealed
            and set(kwargs.get("update_fields") or ()) != {"retired_at"}
        ):
            raise Immutable(f"Version {self} is published: publish a new one instead of changing it.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise Immutable(f"Version {self} is published: retire it instead of deleting it.")


class VersionRow(models.Model):
    """Base of the rows derived from a version: written once, by ``catalogue.publish``, in bulk."""

    version = models.ForeignKey(Version, on_delete=models.PROTECT)
    position = models.PositiveIntegerField()
    code = models.CharField(max_length=120)

    class Meta:
        abstract = True
        ordering = ["version", "position"]

    def __str__(self) -> str:
        return self.code

    def save(self, *args: Any, **kwargs: Any) -> None:
        raise Immutable(f"{type(self).__name__} {self.code} belongs to a published version.")

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise Immutable(f"{type(self).__name__} {self.code} belongs to a published version.")


class Option(VersionRow):
    class Kind(models.TextChoices):
        CHOICE = "choice"
        SWITCH = "switch"
        MULTIPLE = "multiple"
        INTEGER = "integer"
        TEXT = "text"
        IMAGE = "image"
        PLACEMENT = "placement"

    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    group = models.CharField(max_length=120, blank=True)
    help = models.TextField(blank=True)
    required = models.BooleanField()
    default = models.JSONField(null=True)
    unit = models.CharField(max_length=10, blank=True)
    minimum = models.BigIntegerField(null=True)
    maximum = models.BigIntegerField(null=True)
    step = models.BigIntegerField(null=True)
    least = models.PositiveIntegerField(null=True, help_text="Values of a multiple choice, at least.")
    most = models.PositiveIntegerField(null=True, help_text="Values of a multiple choice, at most.")
    max_length = models.PositiveIntegerField(null=True)
    min_dpi = models.PositiveIntegerField(null=True)

    class Meta(VersionRow.Meta):
        abstract = False
        default_related_name = "options"
        constraints = [
            models.UniqueConstraint(fields=["version", "code"], name="option_code_once_a_version"),
        ]


class Value(VersionRow):
    option = models.ForeignKey(Option, on_delete=models.PROTECT)
    name = models.CharField(max_length=200)
    attributes = models.JSONField(default=dict)

    class Meta(VersionRow.Meta):
        abstract = False
        default_related_name = "values"
        ordering = ["option", "position"]
        constraints = [
            models.UniqueConstraint(fields=["option", "code"], name="value_code_once_an_option"),
        ]


class Rule(VersionRow):
    class Severity(models.TextChoices):
        MUST = "must"
        WARN = "warn"

    definition = models.JSONField(help_text="Its expression, its table, or its cardinality.")
    severity = models.CharField(max_length=10, choices=Severity.choices, default=Severity.MUST)
    valid_from = models.DateField(null=True)
    valid_until = models.DateField(null=True)
    message = models.TextField(blank=True)
    protects = models.CharField(max_length=120, blank=True)

    class Meta(VersionRow.Meta):
        abstract = False
        default_related_name = "rules"
        constraints = [
            models.UniqueConstraint(fields=["version", "code"], name="rule_code_once_a_version"),
        ]


class PriceRule(VersionRow):
    name = models.CharField(max_length=200)
    definition = models.JSONField()

    class Meta(VersionRow.Meta):
        abstract = False
        default_related_name = "price_rules"
        constraints = [
            models.UniqueConstraint(fields=["version", "code"], name="price_code_once_a_version"),
        ]


class Surface(VersionRow):
    name = models.CharField(max_length=200)
    process = models.CharField(max_length=60)
    definition = models.JSONField()

    class Meta(VersionRow.Meta):
        abstract = False
        default_related_name = "surfaces"
        constraints = [
            models.UniqueConstraint(fields=["version", "code"], name="surface_code_once_a_version"),
        ]


class ConfigurationQuerySet(OwnedQuerySet):
    def idle_since(self, moment: Any) -> Self:
        """Designs that nobody has touched since, for the clearing away of old ones."""
        return self.filter(updated_at__lt=moment)


class Configuration(Owned):
    """A design being edited, pinned to the version it was started under."""

    id = models.CharField(primary_key=True, max_length=40, default=partial(new_id, "cfg"), editable=False)
    version = models.ForeignKey(Version, on_delete=models.PROTECT, related_name="+")
    choices = models.JSONField(default=dict)
    revision = models.PositiveIntegerField(default=0)
    # Steps that can be taken back and taken again: {option: [before, after]}, null for not chosen.
    past = models.JSONField(default=list, blank=True)
    future = models.JSONField(default=list, blank=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    objects = ConfigurationQuerySet.as_manager()

    class Meta:
        ordering = ["-updated_at", "-id"]
        indexes = [models.Index(fields=["updated_at"], name="configuration_updated")]

    def __str__(self) -> str:
        return self.id


class DesignQuerySet(OwnedQuerySet):
    def readable_by(self, *, user: Visitor, session_key: str) -> Self:
        """One's own designs, those shared by link, and for staff all: for opening ONE by its id.
        Never for a list: use ``visible_to`` there."""
        if user is not None and user.is_authenticated and getattr(user, "is_staff", False):
            return self.all()
        mine = self.visible_to(user=user, session_key=session_key)
        return mine | self.filter(shared_at__isnull=False)


class Design(Owned):
    """A frozen configuration: the share link, the cart and the order point here. Only who owns it
    and whether its link is open can change (a trigger holds the rest)."""

    id = models.CharField(primary_key=True, max_length=40, default=partial(new_id, "dsg"), editable=False)
    version = models.ForeignKey(Version, on_delete=models.PROTECT, related_name="+")
    choices = models.JSONField()
    artwork_hash = models.CharField(max_length=64)
    content_hash = models.CharField(max_length=64, db_index=True)
    price = models.JSONField(help_text="The price of one piece when it was frozen.")
    created_at = models.DateTimeField()
    shared_at = models.DateTimeField(null=True, blank=True)

    objects = DesignQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]

    def __str__(self) -> str:
        return self.id

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise Immutable(f"Design {self.id} is frozen: reopen it to make another.")
        super().save(*args, **kwargs)


class AssetQuerySet(models.QuerySet["Asset"]):
    def visible_to(self, *, user: Visitor, session_key: str) -> Self:
        """Pictures that this account or guest has handed in (the same picture may have several owners)."""
        mine = Upload.objects.visible_to(user=user, session_key=session_key)
        return self.filter(sha256__in=mine.values("asset_id"))


class Asset(models.Model):
    """A picture or drawing as we wrote it anew, named by the hash of its bytes and stored once."""

    class Kind(models.TextChoices):
        PICTURE = "picture", "picture (PNG)"
        VECTOR = "vector", "drawing (outlines)"

    sha256 = models.CharField(primary_key=True, max_length=64)
    kind = models.CharField(max_length=8, choices=Kind, default=Kind.PICTURE, db_default=Kind.PICTURE)
    width = models.PositiveIntegerField(help_text="pixels; of a drawing, units of its frame")
    height = models.PositiveIntegerField(help_text="pixels; of a drawing, units of its frame")
    size = models.PositiveBigIntegerField(help_text="bytes")
    created_at = models.DateTimeField()

    objects = AssetQuerySet.as_manager()

    # What the one who just handed it in should be told about it; known only then.
    notes: tuple[str, ...] = ()

    class Meta:
        ordering = ["-created_at", "sha256"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind__in=["picture", "vector"]), name="asset_of_a_known_kind"
            ),
        ]

    def __str__(self) -> str:
        return self.sha256

    @property
    def path(self) -> str:
        """Where the PNG or the outlines lie, as a name in the default storage."""
        ending = "json" if self.kind == self.Kind.VECTOR else "png"
        return f"assets/{self.sha256[:2]}/{self.sha256}.{ending}"

    def read(self) -> bytes:
        with default_storage.open(self.path) as file:
            return bytes(file.read())


class Upload(Owned):
    """Who handed in a picture, and when."""

    asset = models.ForeignKey(Asset, on_delete=models.PROTECT, related_name="uploads")
    original = models.CharField(
        max_length=64, blank=True, default="", db_default="", help_text="SHA-256 of the file as it was sent"
    )
    uploaded_at = models.DateTimeField(db_default=Now())

    objects = OwnedQuerySet.as_manager()

    class Meta:
        ordering = ["-uploaded_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["asset", "owner", "session_key"], name="upload_once_a_person", nulls_distinct=False
            ),
        ]

    def __str__(self) -> str:
        return f"{self.asset_id} {self.owner_id or self.session_key}"


class Validation(Owned):
    """Many configurations sent at once to be judged; a job does it and writes one result a row."""

    id = models.CharField(primary_key=True, max_length=40, default=partial(new_id, "val"), editable=False)
    version = models.ForeignKey(Version, on_delete=models.PROTECT, related_name="+")
    rows = models.JSONField(help_text="The choices of each row, as they were sent.")
    count = models.PositiveIntegerField()
    tally = models.JSONField(default=dict, help_text="How many rows are in each state, once it is done.")
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = OwnedQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]

    def __str__(self) -> str:
        return self.id


class ValidationResult(models.Model):
    """What one row of a validation is worth; ``number`` counts from 1."""

    class State(models.TextChoices):
        COMPLETE = "complete"
        INCOMPLETE = "incomplete"
        REFUSED = "refused"
        INVALID = "invalid"
        UNDECIDED = "undecided"

    validation = models.ForeignKey(Validation, on_delete=models.CASCADE, related_name="results")
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=State.choices)
    report = models.JSONField()

    class Meta:
        ordering = ["validation", "number"]
        constraints = [
            models.UniqueConstraint(fields=["validation", "number"], name="result_once_a_row"),
        ]

    def __str__(self) -> str:
        return f"{self.validation_id} row {self.number}: {self.state}"


class Draft(models.Model):
    """A family as its authors are writing it, one a family; nothing of it is on sale before it is published.

    ``revision`` counts the saves: who saves names the one they read, so that nobody overwrites another's
    text unseen. ``name`` counts only where the format has none.
    """

    code = models.SlugField(primary_key=True, max_length=60)
    name = models.CharField(max_length=120, blank=True)
    source = models.TextField(blank=True)
    source_format = models.CharField(max_length=10, choices=Version.Format.choices)
    base = models.ForeignKey(Version, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    revision = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=200)
    updated_at = models.DateTimeField()
    updated_by = models.CharField(max_length=200)

    class Meta:
        ordering = ["code"]

    def __str__(self) -> str:
        return f"{self.code}, draft {self.revision}"


class AuditReport(models.Model):
    """What the audit of one text found, by the hash of the text: the same for a draft and for the version
    that it becomes. ``checked_at`` counts because rules may be bound to dates."""

    content_hash = models.CharField(primary_key=True, max_length=64)
    family_code = models.SlugField(max_length=60, db_index=True)
    findings = models.JSONField(default=list)
    unfinished = models.JSONField(default=list)
    milliseconds = models.PositiveIntegerField(help_text="processor time")
    checked_at = models.DateTimeField()

    class Meta:
        ordering = ["-checked_at", "content_hash"]

    def __str__(self) -> str:
        return f"{self.family_code} {self.content_hash[:12]}"


class ArtefactQuerySet(models.QuerySet["Artefact"]):
    def made_by_other_code(self, engine: str) -> Self:
        """Those that the running code does not read."""
        return self.exclude(engine=engine)


class Artefact(models.Model):
    """Something compiled from a version, made once and kept for every process. Never changes (a trigger
    refuses it) and can be deleted at any time: it is made again from the version's text.

    ``hash`` is that of the version's text (and of its rules that do not count on the day), ``engine`` that of
    the code that made it, ``sha256`` that of ``data``. An empty diagram says that there is none to be had.
    """

    class Kind(models.TextChoices):
        CLAUSES = "clauses"
        DIAGRAM = "diagram", "decision diagram"

    hash = models.CharField(max_length=64)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    engine = models.CharField(max_length=64)
    data = models.BinaryField()
    sha256 = models.CharField(max_length=64)
    created_at = models.DateTimeField()

    objects = ArtefactQuerySet.as_manager()

    class Meta:
        ordering = ["hash", "kind", "engine"]
        constraints = [
            models.UniqueConstraint(
                fields=["hash", "kind", "engine"], name="artefact_once_a_text_kind_and_engine"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.hash[:12]}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise Immutable(f"The {self} is made once: delete it to have it made again.")
        super().save(*args, **kwargs)
