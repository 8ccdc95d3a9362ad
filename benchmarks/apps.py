"""The benchmarks as a Django app, so that somebody hears the callbacks that they send."""

import importlib

from django.apps import AppConfig


class BenchmarksConfig(AppConfig):
    """Label `benchmarks`; has no models."""

    name = "benchmarks"

    def ready(self) -> None:
        """Begin to hear."""
        importlib.import_module("benchmarks.hearing").connect()
