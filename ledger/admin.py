"""The ledger in Django's admin: entries and jobs to read, keys to issue and revoke."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html

from ledger import jobs, keys
from ledger.forms import ApiKeyForm
from ledger.models import ApiKey, Entry, Job


class ReadOnly(admin.ModelAdmin):  # type: ignore[type-arg]  # not subscriptable when it runs
    """Nothing is added, changed or removed by hand."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object | None = None) -> bool:
        return False


@admin.register(Entry)
class EntryAdmin(ReadOnly):
    list_display = ("id", "at", "stream", "sequence", "kind", "actor")
    list_filter = ("kind",)
    search_fields = ("=stream", "actor")
    date_hierarchy = "at"
    show_full_result_count = False


@admin.register(Job)
class JobAdmin(ReadOnly):
    list_display = ("id", "kind", "state", "attempts", "queue", "key", "created_at", "finished_at")
    list_filter = ("state", "kind", "queue")
    search_fields = ("=key", "=id", "=trace_id")
    show_full_result_count = False
    actions = ("run_again",)

    @admin.action(description="Run again (jobs that were set aside)", permissions=("revive",))
    def run_again(self, request: HttpRequest, queryset: QuerySet[Job]) -> None:
        for job in queryset.order_by("pk"):
            try:
                jobs.again(job_id=job.pk, actor=_actor(request), now=timezone.now())
            except jobs.NotDead as refusal:
                messages.warning(request, str(refusal))
            else:
                messages.success(request, f"Job {job.pk} waits for a worker again.")

    def has_revive_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("ledger.change_job")


@admin.register(ApiKey)
class ApiKeyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    form = ApiKeyForm
    list_display = ("name", "prefix", "owner", "scopes", "expires_at", "revoked_at", "last_used_at")
    list_select_related = ("owner",)
    search_fields = ("name", "=prefix", "owner__username")
    actions = ("revoke",)

    def has_change_permission(self, request: HttpRequest, obj: object | None = None) -> bool:
        """A key is issued and revoked, never edited; the list itself stays open to who may view."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: ApiKey, form: Any, change: bool) -> None:
        """Issue the key, and show its secret this once."""
        key, secret = keys.issue(
            name=form.cleaned_data["name"],
            owner=form.cleaned_data["owner"],
            scopes=form.cleaned_data["scopes"],
            expires_at=form.cleaned_data["expires_at"],
            actor=_actor(request),
            now=timezone.now(),
        )
        obj.pk = key.pk
        shown = format_html("Copy the secret now, it is shown only once: <code>{}</code>", secret)
        messages.warning(request, shown)

    @admin.action(description="Revoke", permissions=("add",))
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> None:
        for key in queryset:
            keys.revoke(key_id=key.pk, actor=_actor(request), now=timezone.now())
            messages.success(request, f"{key.name} is revoked.")


def _actor(request: HttpRequest) -> str:
    return f"user:{request.user.get_username()}"
