from importlib import import_module

from django.apps import AppConfig

from server import checks as checks


class ServerConfig(AppConfig):
    name = "server"
    verbose_name = "Server"

    def ready(self) -> None:
        """Make the Celery application current: whoever publishes a task needs its settings."""
        import_module("server.celery")
