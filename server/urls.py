"""Who answers which address. Each app brings its own list."""

from django.contrib import admin
from django.urls import include, path, re_path

from server import health, problems

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
    path("staff/", include("production.urls")),
    path("api/v1/", include("server.api")),
    re_path(r"^api/", problems.not_found, name="api-nothing"),
    path("", include("orders.urls")),
    path("", include("configurator.urls")),
]

handler400 = "server.errors.bad_request"
handler403 = "server.errors.forbidden"
handler404 = "server.errors.not_found"
handler500 = "server.errors.failed"
