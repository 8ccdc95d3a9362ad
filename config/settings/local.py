"""For `make run` and work on the code: the real servers, http, simulated providers."""

from config.settings.base import *  # noqa: F403

STATIC_ROOT = None  # served from where they lie; only an image collects them
