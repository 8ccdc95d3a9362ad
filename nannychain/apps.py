"""The kernel as a Django app."""

import importlib

from django.apps import AppConfig


class NannyChainConfig(AppConfig):
    """Label `nannychain`; importing the Celery hooks connects their signals."""

    name = "nannychain"
    verbose_name = "House"

    def ready(self) -> None:
        """Connect what listens to signals."""
        importlib.import_module("nannychain.logs.celery")
