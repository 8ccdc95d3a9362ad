"""What the tests of the people share."""

import pytest
from django.test import Client

from tests.factories.browsers import signed_in
from tests.factories.members import StaffFactory


@pytest.fixture
def superuser() -> Client:
    """Return the browser of a superuser, whose name is Kevin."""
    return signed_in(StaffFactory.create(name="Kevin"))
