"""What the tests of the people share. Nothing is imported before Django is set up."""

import pytest
from django.test import Client


@pytest.fixture
def superuser() -> Client:
    """Return the browser of a superuser, whose name is Kevin."""
    from tests.factories.browsers import signed_in
    from tests.factories.members import StaffFactory

    return signed_in(StaffFactory.create(name="Kevin"))
