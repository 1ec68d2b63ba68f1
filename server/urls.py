"""Who answers which address. Each app brings its own list."""

from django.contrib import admin
from django.urls import include, path

from server import health

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
    path("staff/", include("production.urls")),
    path("api/v1/", include("server.api")),
    path("", include("orders.urls")),
    path("", include("configurator.urls")),
]
