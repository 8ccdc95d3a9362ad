"""A Safaricom for each test that talks to it."""

from collections.abc import Iterator
from typing import Any

import pytest


@pytest.fixture
def safaricom(settings: Any) -> Iterator[Any]:
    """The stand-in, with our settings leading to it."""
    from tests.factories import mpesa, safaricom  # models can't be loaded sooner

    with safaricom.serving() as server:
        mpesa.use(settings, **mpesa.account(server.url))
        yield server
