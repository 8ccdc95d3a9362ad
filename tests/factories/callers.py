"""Whoever may call the API: each with tokens or a key of their own."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from django.contrib.auth.models import Group
from django.test import Client

from config.roles import Role
from nannychain.actors import Actor
from tests.factories.members import MemberFactory, StaffFactory
from workers.identity.api_keys import services as api_keys
from workers.identity.api_keys.scopes import SCOPES
from workers.identity.models import Member
from workers.identity.standing import services as standing
from workers.identity.tokens import services as tokens

BASE = "/api/v1/"
BY = Actor(id=uuid4(), name="NW-STAFF")
# The columns of the permission matrix, in order.
KINDS = (
    "nobody",
    "member",
    "other",
    "frozen",
    *(f"key {scope}" for scope in SCOPES),
    *(role.value for role in Role),
    "superuser",
)


@dataclass(frozen=True)
class Caller:
    """Sends requests to the API as somebody; `member` is who, where it is a member."""

    secret: str = ""
    member: Member | None = None
    address: str = "127.0.0.1"
    client: Client = field(default_factory=lambda: Client(raise_request_exception=False))

    def send(
        self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> Any:
        """Send one request and return the answer."""
        shown = {"Authorization": f"Bearer {self.secret}"} if self.secret else {}
        is_text = isinstance(body, bytes | str)
        sent = {} if body is None else {"data": body if is_text else json.dumps(body)}
        return self.client.generic(
            method,
            BASE + path,
            content_type="application/json" if body is not None else "",
            headers={**shown, **(headers or {})},
            REMOTE_ADDR=self.address,
            **sent,
        )

    def get(self, path: str, **headers: str) -> Any:
        """Read."""
        return self.send("GET", path, headers=headers)

    def post(self, path: str, body: Any, **headers: str) -> Any:
        """Write, with headers by their names, underscores for dashes."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.send("POST", path, body, headers=named)


def signed_in(member: Member) -> Caller:
    """Return the member on a device of hers."""
    return Caller(tokens.open_session(member, device="test").access, member)


def with_key(*scopes: str) -> Caller:
    """Return a program with an API key."""
    _, secret = api_keys.issue(name="Acme", scopes=scopes, by=BY)
    return Caller(secret)


def of_kind(kind: str) -> Caller:
    """Return a new caller of one of the kinds."""
    if kind == "nobody":
        return Caller()
    if kind.startswith("key "):
        return with_key(kind.removeprefix("key "))
    if kind in ("member", "other", "frozen"):
        member = MemberFactory.create()
        if kind == "frozen":
            standing.freeze(member.pk, reason="test", by=BY)
        return signed_in(member)
    member = StaffFactory.create(is_superuser=kind == "superuser")
    member.groups.set(Group.objects.filter(name=kind))
    return signed_in(member)


def json_of(answer: Any) -> Any:
    """Return what the answer says."""
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return json.loads(body)
