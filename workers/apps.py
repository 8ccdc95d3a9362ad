"""The people as a Django app."""

from django.apps import AppConfig


class WorkersConfig(AppConfig):
    """Label `workers`."""

    name = "workers"
    verbose_name = "People"
