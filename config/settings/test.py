"""For the tests: real servers, cheap password hashing, nothing else made easier."""

from config.settings.base import *  # noqa: F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

STATIC_ROOT = None  # served from where they lie; only an image collects them
