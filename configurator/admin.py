"""The catalogue and designs in the admin: to look at. Changes go through publishing and the shop."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from configurator.models import Asset, Configuration, Design, Family, Option, Version


class LookOnly(admin.ModelAdmin):  # type: ignore[type-arg]
    """Rows that only operations may change."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Family)
class FamilyAdmin(LookOnly):
    list_display = ["code", "name", "position", "current", "suspended_at"]
    list_select_related = ["current"]


@admin.register(Version)
class VersionAdmin(LookOnly):
    list_display = ["family", "number", "published_at", "published_by", "retired_at"]
    list_select_related = ["family"]
    list_filter = ["family"]


@admin.register(Option)
class OptionAdmin(LookOnly):
    list_display = ["version", "code", "name", "kind", "required"]
    list_select_related = ["version"]
    list_filter = ["version__family"]


@admin.register(Configuration)
class ConfigurationAdmin(LookOnly):
    list_display = ["id", "version", "revision", "updated_at"]
    list_select_related = ["version"]


@admin.register(Design)
class DesignAdmin(LookOnly):
    list_display = ["id", "version", "created_at", "shared_at"]
    list_select_related = ["version"]


@admin.register(Asset)
class AssetAdmin(LookOnly):
    list_display = ["sha256", "width", "height", "size", "created_at"]
