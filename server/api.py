"""The REST API, assembled: each app brings its resources; here are the frame and the papers."""

from __future__ import annotations

from typing import Any

from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.exceptions import NotFound
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from ledger.api import schema
from server import problems


class Problems(APIView):
    """What each problem code means: the page the ``type`` of a problem document leads to."""

    permission_classes = [AllowAny]
    authentication_classes = []
    schema = None

    def get(self, request: Request, code: str = "") -> Response:
        rows = {
            refusal.code: {"code": refusal.code, "status": refusal.status, "title": refusal.title}
            for refusal in [*problems.TABLE.values(), problems.UNEXPECTED]
        }
        if code and code not in rows:
            raise NotFound("There is no such problem code; /api/v1/problems/ lists them all.")
        if code:
            return Response(rows[code])
        return Response(sorted(rows.values(), key=lambda row: (row["status"], row["code"])))


class Docs(SpectacularSwaggerSplitView):
    """Swagger UI from the sidecar package, its script apart from the page as our CSP wants it."""

    template_name = "api/docs.html"


def with_problems(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """Schema hook: what each operation may be refused with, and that no unknown field is taken."""
    result.setdefault("components", {}).setdefault("schemas", {})["Problem"] = PROBLEM_SCHEMA
    for name, shape in result["components"]["schemas"].items():
        if name.endswith("Request") and shape.get("type") == "object":
            shape.setdefault("additionalProperties", False)  # ledger.api.shapes.Strict
    for operations in result.get("paths", {}).values():
        for method, operation in operations.items():
            if method in METHODS:
                _add_problems(method, operation)
    return result


METHODS = ("get", "post", "patch", "put", "delete")
ALWAYS = ("400", "401", "403", "404", "406", "429", "500", "503")
CHANGES = ("409", "412", "415", "422")


def _add_problems(method: str, operation: dict[str, Any]) -> None:
    answers = operation["responses"]
    required = {p["name"] for p in operation.get("parameters", []) if p.get("required")}
    possible = [*ALWAYS, *(CHANGES if method != "get" else ()), *(("428",) if "If-Match" in required else ())]
    for status in possible:
        answer = answers.setdefault(status, {"description": "Refused: a problem document (RFC 9457)"})
        answer.setdefault(
            "content", {problems.CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
        )
        if status in ("429", "503"):
            answer["headers"] = {
                "Retry-After": {
                    "description": "Seconds to wait.",
                    "schema": {"type": "integer"},
                    "required": True,
                }
            }
    operation["responses"] = dict(sorted(answers.items()))


PROBLEM_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "code", "instance"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string", "description": "Stable: decide by this."},
        "instance": {
            "type": "string",
            "description": "The request's id, as in X-Request-Id and in the logs.",
        },
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "pointer": {"type": "string"},
                    "code": {"type": "string"},
                    "detail": {"type": "string"},
                },
            },
        },
    },
}

SCHEMES = (schema.KeyScheme, schema.BrowserScheme)  # known to the schema by being imported

urlpatterns = [
    path("schema/", SpectacularAPIView.as_view(), name="api-schema"),
    path("docs/", Docs.as_view(url_name="api-schema"), name="api-docs"),
    path("problems/", Problems.as_view(), name="api-problems"),
    path("problems/<slug:code>", Problems.as_view(), name="api-problem"),
    path("", include("ledger.api.jobs")),
    path("", include("configurator.api.urls")),
    path("", include("orders.api.urls")),
    path("", include("production.api.urls")),
]
