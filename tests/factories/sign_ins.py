"""Signing in to the admin, as a browser does."""

import re

from django.test import Client

from tests.factories.members import PASSWORD
from workers.identity.models import Member

LOGIN, SECOND, INDEX = "/admin/login/", "/admin/second-step/", "/admin/"
CODES = re.compile(r"<li>([0-9A-Z]{5}-[0-9A-Z]{5})</li>")
SECRET = re.compile(r'id="secret">([A-Z2-7]{32})<')


def first_step(member: Member, client: Client | None = None, *, then: str = "") -> Client:
    """Give phone and password; return the browser, which stands before the second step."""
    client = client or Client()
    address = LOGIN + (f"?next={then}" if then else "")
    answer = client.post(address, {"username": member.phone, "password": PASSWORD})
    assert answer.status_code == 302
    assert answer.headers["Location"] == SECOND
    return client


def is_in(client: Client) -> bool:
    """Tell whether the browser is signed in."""
    return client.get(INDEX).status_code == 200
