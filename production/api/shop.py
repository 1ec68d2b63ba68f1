"""The shop: work centres, machines, materials."""

from __future__ import annotations

from django.db.models import QuerySet
from rest_framework.generics import ListAPIView
from rest_framework.pagination import BasePagination

from ledger.api.paging import Cursor
from production.api.shapes import MachineSerializer, MaterialSerializer, WorkCentreSerializer
from production.models import Machine, Material, WorkCentre

SCOPES = ("production:read", "production:write")


class ByCode(Cursor):
    ordering = ("code",)


class WorkCentres(ListAPIView[WorkCentre]):
    """The stages of the work."""

    scopes = SCOPES
    people = "planner"
    serializer_class = WorkCentreSerializer
    pagination_class: type[BasePagination] = ByCode
    queryset = WorkCentre.objects.all()


class Machines(ListAPIView[Machine]):
    """The machines, with bed, calendar and present set-up."""

    scopes = SCOPES
    people = "planner"
    serializer_class = MachineSerializer
    pagination_class: type[BasePagination] = ByCode

    def get_queryset(self) -> QuerySet[Machine]:
        return Machine.objects.all()


class Materials(ListAPIView[Material]):
    """What is in stock, and how much of it is promised to released runs."""

    scopes = SCOPES
    people = "planner"
    serializer_class = MaterialSerializer
    pagination_class: type[BasePagination] = ByCode

    def get_queryset(self) -> QuerySet[Material]:
        return Material.objects.all()
