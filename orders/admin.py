"""Orders in the admin: to look at. Changes go through the operations, which keep the ledger."""

from django.contrib import admin

from configurator.admin import LookOnly
from orders.models import ImportReport, Line, Order, Payment, Shipment


class LineInline(admin.TabularInline):  # type: ignore[type-arg]
    model = Line
    fields = ("position", "family_name", "quantity", "total", "state", "promised_at")
    readonly_fields = ("position", "family_name", "quantity", "total", "state", "promised_at")
    extra = 0
    can_delete = False


@admin.register(Order)
class OrderAdmin(LookOnly):
    list_display = ["number", "placed_at", "state", "total", "currency", "channel"]
    list_filter = ["state", "channel"]
    search_fields = ["number"]
    inlines = [LineInline]


@admin.register(Payment)
class PaymentAdmin(LookOnly):
    list_display = ["reference", "order", "provider", "amount", "currency", "state"]
    list_select_related = ["order"]
    list_filter = ["state", "provider"]


@admin.register(Shipment)
class ShipmentAdmin(LookOnly):
    list_display = ["order", "carrier", "reference", "shipped_at"]
    list_select_related = ["order"]


@admin.register(ImportReport)
class ImportReportAdmin(LookOnly):
    list_display = ["created_at", "filename", "version", "actor"]
    list_select_related = ["version"]
