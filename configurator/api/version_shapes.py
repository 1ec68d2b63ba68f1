"""The shapes of versions, their differences and audits, for the schema."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from configurator.models import Version
from ledger.api.shapes import Strict, Whole


class VersionSerializer(serializers.ModelSerializer[Version]):
    current = serializers.SerializerMethodField()

    class Meta:
        model = Version
        fields = ("number", "source_format", "content_hash", "published_at", "retired_at", "current")
        read_only_fields = fields

    def get_current(self, version: Version) -> bool:
        return version.family.current_id == version.pk


class DifferenceShape(serializers.Serializer[Any]):
    area = serializers.ChoiceField(
        choices=("product", "options", "rules", "prices", "pictures", "making", "tests")
    )
    subject = serializers.CharField(help_text="Code of the option, rule or price; empty for the product.")
    sentence = serializers.CharField()


class DifferencesShape(serializers.Serializer[Any]):
    family = serializers.CharField()
    version = serializers.IntegerField()
    against = serializers.IntegerField()
    differences = DifferenceShape(many=True)


class RuleSaidShape(serializers.Serializer[Any]):
    code = serializers.CharField()
    message = serializers.CharField()


class AuditFindingShape(serializers.Serializer[Any]):
    code = serializers.CharField()
    severity = serializers.ChoiceField(choices=("refuse", "warn", "hint"))
    kind = serializers.ChoiceField(choices=("product", "option", "value", "rule", "test"))
    subject = serializers.CharField()
    sentence = serializers.CharField()
    rules = RuleSaidShape(many=True)


class AuditShape(serializers.Serializer[Any]):
    family = serializers.CharField()
    version = serializers.IntegerField()
    complete = serializers.BooleanField()
    findings = AuditFindingShape(many=True)
    unfinished = serializers.ListField(child=serializers.CharField())
    checked_at = serializers.DateTimeField()


class LostShape(serializers.Serializer[Any]):
    option = serializers.CharField()
    sentence = serializers.CharField()


class MoveShape(serializers.Serializer[Any]):
    version = serializers.IntegerField()
    to = serializers.IntegerField(help_text="Send it back as `version` to agree.")
    must = serializers.BooleanField(help_text="Its own version cannot be ordered any more.")
    differences = serializers.ListField(child=serializers.CharField())
    lost = LostShape(many=True)
    changes = serializers.ListField(
        child=serializers.CharField(), help_text="The fewest other changes that the rules need, in words."
    )
    price_before = serializers.CharField(allow_null=True)
    price_after = serializers.CharField(allow_null=True)
    currency = serializers.CharField()


class AgreedShape(Strict):
    version = Whole(min_value=1, help_text="The version whose differences were looked at.")
