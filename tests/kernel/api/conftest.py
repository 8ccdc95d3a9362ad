"""Every test here is answered by the sample endpoints."""

from typing import Any

import pytest


@pytest.fixture(autouse=True)
def samples(settings: Any) -> None:
    settings.ROOT_URLCONF = "tests.kernel.api.sample_endpoints"
