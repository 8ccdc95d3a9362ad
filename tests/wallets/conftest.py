"""What the tests for leaks of the vault share."""

import logging
from collections.abc import Iterator
from typing import Any

import pytest


@pytest.fixture
def log_tap(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Listen to every logger at DEBUG, and let the database log its SQL."""
    from django.db import connection  # settings can't be read sooner

    from tests.wallets.canaries import LogTap

    tap, root = LogTap(), logging.getLogger()
    for name in ("", "celery", "kombu", "django.request", "django.db.backends"):
        logger = logging.getLogger(name or None)
        monkeypatch.setattr(logger, "level", logging.DEBUG)
    logging.Logger.manager._clear_cache()  # type: ignore[attr-defined]
    connection.force_debug_cursor = True
    root.addHandler(tap)
    yield tap
    root.removeHandler(tap)
    connection.force_debug_cursor = False
    logging.Logger.manager._clear_cache()  # type: ignore[attr-defined]
