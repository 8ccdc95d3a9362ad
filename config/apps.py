"""The roof as a Django app: once all storeys stand, it joins them."""

import importlib

from django.apps import AppConfig


class ConfigConfig(AppConfig):
    """Label `config`; registers the tables that join the storeys."""

    name = "config"

    def ready(self) -> None:
        """Join what lower storeys say with what upper storeys do."""
        importlib.import_module("config.events").connect()
        importlib.import_module("config.sealing").connect()
        importlib.import_module("config.books").connect()
        importlib.import_module("config.exports").connect()
        importlib.import_module("config.approvals").connect()
        importlib.import_module("config.roles").connect()
        importlib.import_module("config.figures").connect()
        importlib.import_module("config.metrics").connect()
        importlib.import_module("config.alerts").connect()
