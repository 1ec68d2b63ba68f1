from importlib import import_module

from django.apps import AppConfig


class LedgerConfig(AppConfig):
    name = "ledger"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the invariants and the Celery task (they need the models, so not at the top), and the
        lookup ``among``."""
        import_module("ledger.lookups")
        import_module("ledger.invariants")
        import_module("ledger.tidying")
        import_module("ledger.tasks")
