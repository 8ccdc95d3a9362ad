"""What the SMS tests share: the provider's stand-in, and settings that lead there."""

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from tests.kernel.notifications.provider import Provider, serve


@pytest.fixture
def provider(settings: Settings) -> Iterator[Provider]:
    """A provider that says yes until it is told otherwise."""
    with serve() as running:
        settings.AT_BASE_URL = running.url
        yield running
