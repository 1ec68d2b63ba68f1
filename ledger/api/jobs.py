"""Jobs: how far is the work that was asked for?"""

from __future__ import annotations

from django.shortcuts import get_object_or_404
from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from ledger.models import Job


class JobSerializer(serializers.ModelSerializer[Job]):
    class Meta:
        model = Job
        fields = ("id", "kind", "state", "attempts", "progress", "created_at", "finished_at")
        read_only_fields = fields


class JobView(APIView):
    """One job: ``state`` is queued, running, done, failed (will be tried again) or dead (set aside)."""

    scopes = ("production:read", "production:write")
    people = "planner"

    @extend_schema(operation_id="job", responses=JobSerializer)
    def get(self, request: Request, job_id: int) -> Response:
        return Response(JobSerializer(get_object_or_404(Job, pk=job_id)).data)


urlpatterns = [path("jobs/<int:job_id>/", JobView.as_view(), name="api-job")]
