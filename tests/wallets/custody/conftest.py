"""The funding account that the signer's tests sign for."""

from typing import Any

import pytest


@pytest.fixture
def funding(settings: Any) -> None:
    """Let the settings hold the key of the funding account."""
    from tests.factories.submissions import FUNDING  # models can't be loaded sooner

    settings.STELLAR_FUNDING_SECRET = FUNDING.secret
    settings.STELLAR_FUNDING_ACCOUNT = FUNDING.public_key
