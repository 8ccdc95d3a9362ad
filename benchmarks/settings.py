"""The settings of `make run`, and the yardsticks behind the same middleware."""

from config.settings.local import *  # noqa: F403

ROOT_URLCONF = "benchmarks.urls"
INSTALLED_APPS = [*INSTALLED_APPS, "benchmarks"]  # noqa: F405
