from importlib import import_module

from django.apps import AppConfig


class OrdersConfig(AppConfig):
    name = "orders"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        import_module("orders.invariants")
        import_module("orders.tidying")
        import_module("orders.usage")
        import_module("orders.handover")
