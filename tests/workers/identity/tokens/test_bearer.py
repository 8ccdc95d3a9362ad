"""What a request shows, and who it is by that."""

from typing import Any
from uuid import uuid4

import pytest
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory

from nannychain.actors import Actor
from nannychain.logs import context
from tests.factories.members import MemberFactory
from workers.identity.api_keys import services as api_keys
from workers.identity.tokens import services as tokens
from workers.identity.tokens.authentication import Bearer
from workers.identity.tokens.models import Session

pytestmark = pytest.mark.django_db
BY = Actor(id=uuid4(), name="NW-STAFF")


def who(header: str | None) -> Any:
    headers = {} if header is None else {"HTTP_AUTHORIZATION": header}
    return Bearer().authenticate(Request(APIRequestFactory().get("/", **headers)))


def test_an_access_token_is_the_member_and_her_session() -> None:
    member = MemberFactory.create()
    pair = tokens.open_session(member, device="x")

    assert who(f"Bearer {pair.access}") == (member, Session.objects.get())
    assert who(f"bearer  {pair.access} ") == (member, Session.objects.get())


def test_an_api_key_is_nobody_with_scopes() -> None:
    key, secret = api_keys.issue(name="Acme", scopes=["members:register"], by=BY)

    user, auth = who(f"Bearer {secret}")

    assert user is None
    assert auth == key
    assert auth.scopes == ["members:register"]


def test_an_api_key_is_taken_from_the_address_of_the_request() -> None:
    _, secret = api_keys.issue(
        name="Acme", scopes=["members:register"], addresses=["192.0.2.0/24"], by=BY
    )
    context.begin(client_address="198.51.100.1")
    with pytest.raises(AuthenticationFailed):
        who(f"Bearer {secret}")
    context.begin(client_address="192.0.2.9")
    assert who(f"Bearer {secret}")
    context.end()


@pytest.mark.parametrize("header", [None, "", "Basic dXNlcjpwYXNz", "Token abc"])
def test_who_shows_nothing_of_ours_is_a_stranger(header: str | None) -> None:
    assert who(header) is None


@pytest.mark.parametrize("header", ["Bearer", "Bearer ", "Bearer x", "Bearer nck_x", "Bearer nca_"])
def test_what_is_no_token_is_refused(header: str) -> None:
    with pytest.raises(AuthenticationFailed):
        who(header)


def test_a_refresh_or_pin_token_is_no_access_token() -> None:
    pair = tokens.open_session(MemberFactory.create(), device="x")
    pin_token = tokens.issue_pin_token(Session.objects.get(), operation="transfer")

    for text in (pair.refresh, pin_token):
        with pytest.raises(AuthenticationFailed):
            who(f"Bearer {text}")


def test_a_401_asks_for_a_bearer() -> None:
    assert Bearer().authenticate_header(Request(APIRequestFactory().get("/"))) == "Bearer"
