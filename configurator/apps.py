from django.apps import AppConfig


class ConfiguratorConfig(AppConfig):
    name = "configurator"
    default_auto_field = "django.db.models.BigAutoField"
