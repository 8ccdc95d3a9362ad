"""Reading members."""

from dataclasses import dataclass, fields
from datetime import datetime
from functools import cache
from uuid import UUID

from django.db import connection

from workers.identity import addresses
from workers.identity.models import Member


@dataclass(frozen=True)
class Caller:
    """What a front door knows of a member all along: nothing private, and what rarely changes.

    `last_seen_at` and `phone_proved_at` are known where the member was just looked up.
    """

    member_id: UUID
    worker_id: str
    language: str
    joined_at: datetime
    last_seen_at: datetime | None = None
    phone_proved_at: datetime | None = None


@dataclass(frozen=True)
class Profile:
    """What a member is shown of oneself."""

    worker_id: str
    phone: str
    name: str
    joined_at: datetime


def caller_by_phone(phone: str) -> Caller | None:
    """Return the member with that phone (E.164), or None. One query.

    Every dial asks this, so the statement is built once: that costs more than to run it.
    """
    with connection.cursor() as cursor:
        cursor.execute(_caller_statement(), [phone])
        row = cursor.fetchone()
    return Caller(*row) if row else None


@cache
def _caller_statement() -> str:
    own = ("id", "worker_id", "language", "joined_at")
    columns = (*own, "standing__last_seen_at", "phone_proved_at")
    statement, _ = Member.objects.filter(phone="").values_list(*columns).query.sql_with_params()
    return statement


def profile(member_id: UUID) -> Profile:
    """Return the profile of a member; raise Member.DoesNotExist for anybody else. One query."""
    columns = [field.name for field in fields(Profile)]
    return Profile(*Member.objects.values_list(*columns).get(pk=member_id))


def member_by_worker_id(worker_id: str) -> Member | None:
    """Return the member with that Worker ID (in canonical form) with the wallet, or None."""
    return Member.objects.select_related("wallet").filter(worker_id=worker_id).first()


def member_by_phone(phone: str) -> Member | None:
    """Return the member with that phone (E.164), or None."""
    return Member.objects.select_related("wallet").filter(phone=phone).first()


def member_by_address(text: str) -> Member | None:
    """Return the member whom a phone or Worker ID in any spelling names, or None. One query."""
    address = addresses.read(text)
    if address is None:
        return None
    if address.phone:
        return member_by_phone(address.phone)
    return Member.objects.filter(worker_id=address.worker_id).first()
