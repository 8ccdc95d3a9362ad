"""The whole of it: our site on a port, the simulators as a program, and workers that are real."""

from collections.abc import Iterator
from typing import Any

import pytest


@pytest.fixture(scope="session")
def running_daraja() -> Iterator[Any]:
    """The program, for all stories."""
    from tests.factories import daraja  # models can't be loaded sooner

    with daraja.running() as found:
        yield found


@pytest.fixture
def daraja(running_daraja: Any, live_server: Any, settings: Any) -> Any:
    """M-Pesa as on the first day, which calls our site back."""
    from tests.factories import mpesa

    running_daraja.reset()
    mpesa.use(settings, PUBLIC_BASE_URL=live_server.url, **running_daraja.account)
    return running_daraja
