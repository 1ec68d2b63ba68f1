from importlib import import_module

from django.apps import AppConfig


class ProductionConfig(AppConfig):
    name = "production"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register jobs, followers and invariants (they need the models, so not at the top)."""
        import_module("production.tasks")
        import_module("production.invariants")
