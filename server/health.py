"""Probes: ``/healthz`` (this process answers) and ``/readyz`` (it can do its work)."""

import shutil

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

# Below either of these PostgreSQL and the uploads are close to failing (reliability: disk full).
LEAST_FREE_BYTES = 500 * 1024 * 1024
LEAST_FREE_SHARE = 0.05


@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """The process is alive; asks nobody."""
    return JsonResponse({"status": "ok"})


@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """200 when database, migrations and disk allow work, otherwise 503 and which of them does not."""
    checks = {"database": database_problem(), "disk": disk_problem()}
    ready = not any(checks.values())
    answer = {
        "status": "ok" if ready else "unready",
        "checks": {key: text or "ok" for key, text in checks.items()},
    }
    response = JsonResponse(answer, status=200 if ready else 503)
    if not ready:
        response.headers["Retry-After"] = "10"
    return response


def database_problem() -> str:
    """Why the database cannot be worked with, or nothing."""
    try:
        executor = MigrationExecutor(connection)
        waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError:
        return "not reachable"
    return f"{len(waiting)} migrations not applied" if waiting else ""


def disk_problem() -> str:
    """Why files cannot be kept safely, or nothing."""
    folder = settings.VAR_DIR if settings.VAR_DIR.exists() else settings.BASE_DIR
    usage = shutil.disk_usage(folder)
    if usage.free < LEAST_FREE_BYTES or usage.free / usage.total < LEAST_FREE_SHARE:
        return f"{usage.free // 2**20} MiB free"
    return ""
