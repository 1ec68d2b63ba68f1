from importlib import import_module
from typing import Any

from django.apps import AppConfig, apps
from django.db.models.signals import post_migrate

from server import broker
from server import checks as checks  # they register themselves on import


def prepare_broker(**kwargs: Any) -> None:
    """After every ``migrate``: a queue that lives in the database has its tables there too."""
    broker.prepare()


class ServerConfig(AppConfig):
    name = "server"
    verbose_name = "Server"

    def ready(self) -> None:
        """Make the Celery application current (whoever publishes a task needs its settings), and
        register what can be tidied."""
        import_module("server.celery")
        import_module("server.tidying")
        # Django tells only apps with tables that it has migrated; the jobs are the ledger's.
        post_migrate.connect(prepare_broker, sender=apps.get_app_config("ledger"))
