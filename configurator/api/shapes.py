"""The shapes of what goes in and out, for checking input and for the schema."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from drf_spectacular.utils import OpenApiParameter, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request

from configurator.models import Design, Family
from ledger.api.shapes import Strict, Text, Whole

TOO_MANY = "At most {max_value} pieces a line: ask us for more."
QUANTITY = OpenApiParameter(
    "quantity",
    {"type": "integer", "minimum": 1, "maximum": settings.MAX_PIECES_A_LINE, "default": 1},
    required=False,
    description="How many pieces the price and the promise are for.",
)


OPTION = OpenApiParameter(
    "option",
    {"type": "string", "maxLength": 40, "default": "standard"},
    required=False,
    description="The code of a sooner date (`promise.sooner`); the standard one where it is not offered.",
)


def quantity_in(request: Request) -> int:
    """``?quantity=``, 1 where it is absent."""
    given = request.query_params.get("quantity", "1")
    most = settings.MAX_PIECES_A_LINE
    if not (given.isascii() and given.isdigit() and 1 <= int(given[:9]) <= most):
        raise serializers.ValidationError({"quantity": f"A whole number from 1 to {most}."})
    return int(given)


class Pieces(Whole):
    """How many pieces of a line: no more than this shop takes at once."""

    def __init__(self, **options: Any) -> None:
        most: Any = {"max_value": settings.MAX_PIECES_A_LINE, "error_messages": {"max_value": TOO_MANY}}
        super().__init__(**{"min_value": 1, **most, **options})


_SEVERAL = {"type": "array", "items": {"type": "string"}, "maxItems": 1_000}
VALUE_SCHEMA = {"oneOf": [{"type": ["string", "integer", "boolean"]}, _SEVERAL]}
CHOSEN_SCHEMA = {"oneOf": [{"type": ["string", "integer", "null"]}, _SEVERAL]}


@extend_schema_field(CHOSEN_SCHEMA)
class ChosenField(serializers.JSONField):
    """A value in an answer; null where nothing is chosen."""


@extend_schema_field(VALUE_SCHEMA)
class ValueField(serializers.Field):  # type: ignore[type-arg]
    """A value's code (true and false for a switch), several codes as a list, a whole number, a text or the
    hash of a picture."""

    default_error_messages = {"invalid": "A value is a text, a whole number, true, false or a list of codes."}

    def to_internal_value(self, data: Any) -> str | int | list[str]:
        if isinstance(data, list) and len(data) <= 1_000 and all(isinstance(code, str) for code in data):
            return data
        if not isinstance(data, str | int):
            self.fail("invalid")
        return data

    def to_representation(self, value: Any) -> Any:
        return value


class ChoicesField(serializers.DictField):
    """Option code -> value; null takes a choice back."""

    child = ValueField(allow_null=True)

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if isinstance(data, dict) and len(data) > 1_000:
            raise serializers.ValidationError("At most 1000 choices in one request.")
        values: dict[str, Any] = super().to_internal_value(data)  # type: ignore[no-untyped-call]
        return values


class FamilySerializer(serializers.ModelSerializer[Family]):
    version = serializers.IntegerField(source="current.number", read_only=True)

    class Meta:
        model = Family
        fields = ("code", "name", "summary", "version")


class ValueShape(serializers.Serializer[Any]):
    code = serializers.CharField()
    name = serializers.CharField()
    attributes = serializers.DictField()


class OptionShape(serializers.Serializer[Any]):
    code = serializers.CharField()
    name = serializers.CharField()
    kind = serializers.ChoiceField(choices=("choice", "integer", "text", "image"))
    group = serializers.CharField()
    help = serializers.CharField()
    required = serializers.BooleanField()  # type: ignore[assignment]
    default = ChosenField()
    unit = serializers.CharField()
    minimum = serializers.IntegerField(allow_null=True)
    maximum = serializers.IntegerField(allow_null=True)
    step = serializers.IntegerField(allow_null=True)
    max_length = serializers.IntegerField(allow_null=True)
    min_dpi = serializers.IntegerField(allow_null=True)
    values = ValueShape(many=True)


class RuleShape(serializers.Serializer[Any]):
    code = serializers.CharField()
    message = serializers.CharField()
    protects = serializers.CharField()
    definition = serializers.JSONField()


class FamilyDetailShape(serializers.Serializer[Any]):
    code = serializers.CharField()
    name = serializers.CharField()
    summary = serializers.CharField()
    version = serializers.IntegerField()
    options = OptionShape(many=True)
    rules = RuleShape(many=True)


class StartShape(Strict):
    family = serializers.SlugField(max_length=60)
    choices = ChoicesField(required=False)


class ChangeShape(Strict):
    """``choices`` holds only what changes."""

    choices = ChoicesField()
    quantity = Pieces(default=1)


class WantedShape(Strict):
    option = Text(max_length=120)
    value = ValueField()
    quantity = Pieces(default=1)
    pick = Whole(min_value=1, max_value=3, default=1, help_text="Which of `repairs` to make.")


class ChangedShape(serializers.Serializer[Any]):
    option = serializers.CharField()
    old = ChosenField()
    new = ChosenField()


class RepairShape(serializers.Serializer[Any]):
    changes = ChangedShape(many=True)
    sentence = serializers.CharField()
    unit_price = serializers.CharField(
        allow_null=True,
        help_text="Of one piece after it; null where it cannot be told or the family has no prices.",
    )


class RuleNamedShape(serializers.Serializer[Any]):
    code = serializers.CharField()
    message = serializers.CharField()


class ConflictShape(serializers.Serializer[Any]):
    sentence = serializers.CharField()
    choices = serializers.ListField(child=serializers.JSONField())
    rules = RuleNamedShape(many=True)


class RefusedShape(serializers.Serializer[Any]):
    option = serializers.CharField()
    value = ChosenField()
    conflict = ConflictShape()
    nearest = serializers.IntegerField(
        allow_null=True, help_text="For a number: the nearest that goes with the other choices."
    )
    repair = RepairShape(allow_null=True, help_text="The first of `repairs`.")
    repairs = RepairShape(many=True, help_text="Up to three ways out, the smallest first.")


class ExplainedShape(serializers.Serializer[Any]):
    refused = RefusedShape(allow_null=True)


class OptionAnswerShape(serializers.Serializer[Any]):
    chosen = ChosenField()
    forced = ChosenField()
    values = serializers.DictField(
        child=serializers.ChoiceField(choices=("possible", "forced", "impossible", "unknown"))
    )
    low = serializers.IntegerField(allow_null=True)
    high = serializers.IntegerField(allow_null=True)

    def get_fields(self) -> dict[str, Any]:
        """``from``, a word of Python, gives for a value the lowest price of one piece with it."""
        return {**super().get_fields(), "from": serializers.DictField(child=serializers.CharField())}


class PriceLineShape(serializers.Serializer[Any]):
    code = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    amount = serializers.CharField()


class PriceShape(serializers.Serializer[Any]):
    currency = serializers.CharField()
    unit = serializers.CharField()
    quantity = serializers.IntegerField()
    total = serializers.CharField()
    lines = PriceLineShape(many=True)


class SoonerShape(serializers.Serializer[Any]):
    option = serializers.CharField(help_text="Ask for it by this code.")
    name = serializers.CharField()
    ready_at = serializers.DateTimeField()
    surcharge = serializers.CharField(help_text="For all pieces.")


class PromiseShape(serializers.Serializer[Any]):
    ready_at = serializers.DateTimeField(allow_null=True)
    reason = serializers.CharField()
    refusal = serializers.CharField(help_text="Why it cannot be ordered so; empty when it can.")
    option = serializers.CharField(help_text="`standard`, or the sooner date that was chosen.")
    surcharge = serializers.CharField(help_text="What the chosen date costs for all pieces; in the price.")
    sooner = SoonerShape(many=True)


class PreviewShape(serializers.Serializer[Any]):
    surface = serializers.CharField()
    view = serializers.IntegerField(help_text="Counts the views of a surface from 0.")
    name = serializers.CharField()
    url = serializers.CharField()


class ArtworkShape(serializers.Serializer[Any]):
    """A surface as it is laid out, lengths in micrometres: what a client needs to draw it and to set texts
    while they are typed. Texts come as what they are set from, pictures and shapes as they are made."""

    surface = serializers.CharField()
    process = serializers.CharField()
    width = serializers.IntegerField()
    height = serializers.IntegerField()
    corner_radius = serializers.IntegerField()
    outline = serializers.CharField(
        allow_blank=True, help_text="The line along which it is cut out, an SVG path; empty: its rectangle."
    )
    safe = serializers.IntegerField()
    bleed = serializers.IntegerField()
    background = serializers.CharField()
    items = serializers.ListField(child=serializers.JSONField())
    views = serializers.ListField(
        child=serializers.JSONField(), help_text="Where the surface is seen in each picture."
    )
    bare = serializers.ListField(
        child=serializers.CharField(), help_text="The pictures without the texts that are typed."
    )
    pictures = serializers.DictField(child=serializers.CharField(), help_text="Addresses by hash.")


class FixShape(serializers.Serializer[Any]):
    """``changes`` sent as choices mend the finding: they were tried before they were offered."""

    label = serializers.CharField()  # type: ignore[assignment]
    changes = serializers.DictField(child=ChosenField())


class ToldShape(serializers.Serializer[Any]):
    """What people read of a finding beside its message."""

    sign = serializers.CharField()
    word = serializers.CharField()
    where = serializers.CharField(allow_blank=True)
    numbers = serializers.CharField(allow_blank=True, help_text="Measured and limit, with their unit.")


class FindingShape(serializers.Serializer[Any]):
    """What a machine cannot make (refuse), what may look poor (warn), what was put right (fixed)."""

    surface = serializers.CharField()
    code = serializers.CharField(help_text="Stable; the list is in docs/machines.md.")
    severity = serializers.ChoiceField(choices=("refuse", "warn", "fixed"))
    element = serializers.CharField()
    measured = serializers.FloatField(allow_null=True)
    limit = serializers.FloatField(allow_null=True)
    unit = serializers.CharField(allow_blank=True)
    message = serializers.CharField()
    box = serializers.ListField(
        child=serializers.IntegerField(),
        allow_null=True,
        help_text="Left, top, right, bottom on the surface in µm, as the artwork has them.",
    )
    repairs = FixShape(many=True)
    told = ToldShape()


class ViolationShape(serializers.Serializer[Any]):
    rule = serializers.CharField()
    message = serializers.CharField()
    options = serializers.ListField(child=serializers.CharField())


class ConfigurationShape(serializers.Serializer[Any]):
    """The whole answer after each change; the shop's own page lives on it."""

    id = serializers.CharField()
    family = serializers.CharField()
    version = serializers.IntegerField()
    revision = serializers.IntegerField()
    choices = serializers.DictField(child=ChosenField())
    consistent = serializers.BooleanField()
    complete = serializers.BooleanField()
    missing = serializers.ListField(child=serializers.CharField())
    remaining = serializers.IntegerField(allow_null=True)
    from_price = serializers.CharField(allow_null=True)
    options = serializers.DictField(child=OptionAnswerShape())
    refused = RefusedShape(allow_null=True)
    price = PriceShape(allow_null=True)
    promise = PromiseShape(allow_null=True)
    preview = PreviewShape(many=True)
    artwork = ArtworkShape(many=True)
    findings = FindingShape(many=True)
    warnings = ViolationShape(many=True)
    can_undo = serializers.BooleanField()
    can_redo = serializers.BooleanField()


class ObjectiveShape(Strict):
    objective = serializers.ChoiceField(
        choices=("defaults", "cheapest", "fastest", "popular"), default="defaults"
    )


class CompletionShape(serializers.Serializer[Any]):
    """``value`` is the price of one piece, its seconds of work, or how popular it is; nothing is better than
    ``bound``. Where it is ``proven`` they are equal."""

    objective = serializers.CharField()
    value = serializers.CharField()
    bound = serializers.CharField()
    proven = serializers.BooleanField()


class CompletedShape(ConfigurationShape):
    completion = CompletionShape(allow_null=True)


class DesignSerializer(serializers.ModelSerializer[Design]):
    family = serializers.CharField(source="version.family_id", read_only=True)
    version = serializers.IntegerField(source="version.number", read_only=True)

    class Meta:
        model = Design
        fields = ("id", "family", "version", "choices", "artwork_hash", "content_hash", "price", "created_at")
        read_only_fields = fields


class SurfaceProofShape(serializers.Serializer[Any]):
    surface = serializers.CharField()
    name = serializers.CharField()
    width_mm = serializers.FloatField()
    height_mm = serializers.FloatField()
    scene = serializers.CharField(help_text="SHA-256 of everything that is made on the surface.")
    profile = serializers.CharField(allow_blank=True, help_text="The machine profile that it is made for.")
    texts = serializers.ListField(child=serializers.CharField())
    findings = FindingShape(many=True)
    picture = serializers.CharField()


class ProofShape(serializers.Serializer[Any]):
    token = serializers.CharField(allow_blank=True, help_text="Empty where nothing is drawn on the product.")
    surfaces = SurfaceProofShape(many=True)


class QuoteShape(serializers.Serializer[Any]):
    price = PriceShape()
    promise = PromiseShape(allow_null=True)
    token = serializers.CharField(help_text="Goes into the order's line; good for 30 minutes.")
    expires_at = serializers.DateTimeField()


class AssetShape(serializers.Serializer[Any]):
    sha256 = serializers.CharField()
    kind = serializers.ChoiceField(["picture", "vector"])
    width = serializers.IntegerField(help_text="pixels; of a vector, units of its frame")
    height = serializers.IntegerField(help_text="pixels; of a vector, units of its frame")
    notes = serializers.ListField(child=serializers.CharField())
