"""Kinds for the tests alone: an alert is closed by two people."""

from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def kinds() -> Iterator[None]:
    """Register them beside those of the table, which come back afterwards."""
    from nannychain.approvals import kinds
    from tests.kernel.approvals import samples

    before = kinds.registered()
    kinds.register((*before, *samples.KINDS))
    yield
    kinds.register(before)
