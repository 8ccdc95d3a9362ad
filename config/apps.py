"""The roof as a Django app: once all storeys stand, it joins them."""

import importlib

from django.apps import AppConfig
from django.conf import settings

from config.env import current


class ConfigConfig(AppConfig):
    """Label `config`; registers the tables that join the storeys."""

    name = "config"

    def ready(self) -> None:
        """Join what lower storeys say with what upper storeys do."""
        if settings.SENTRY_DSN:
            importlib.import_module("nannychain.logs.sentry").start(
                dsn=settings.SENTRY_DSN,
                environment=settings.OPERATING_MODE,
                process=current().nannychain_process,
            )
        importlib.import_module("config.events").connect()
        importlib.import_module("config.sealing").connect()
        importlib.import_module("config.books").connect()
        importlib.import_module("config.exports").connect()
        importlib.import_module("config.approvals").connect()
        importlib.import_module("config.roles").connect()
        importlib.import_module("config.figures").connect()
        importlib.import_module("config.metrics").connect()
        importlib.import_module("config.alerts").connect()
        importlib.import_module("config.front_page").connect()
        importlib.import_module("config.search").connect()
        importlib.import_module("config.timeline").connect()
