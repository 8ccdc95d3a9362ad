"""What the USSD tests share."""

from collections.abc import Iterator

import pytest
from django_redis import get_redis_connection

from tests.ussd.phone import Phone
from ussd.engine import store


@pytest.fixture
def phone() -> Phone:
    """Return a phone that nobody knows yet."""
    return Phone()


@pytest.fixture(autouse=True)
def awake_store() -> Iterator[None]:
    """Let each test begin with a store that doesn't rest from an earlier test's lost Redis."""
    store.breaker.close()
    for left_by_other_tests in get_redis_connection("default").scan_iter("ussd:*"):
        get_redis_connection("default").delete(left_by_other_tests)
    yield
    store.breaker.close()
