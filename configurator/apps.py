from importlib import import_module

from django.apps import AppConfig


class ConfiguratorConfig(AppConfig):
    name = "configurator"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        import_module("configurator.invariants")
        import_module("configurator.tidying")
        import_module("configurator.handover")
        import_module("configurator.tasks")
