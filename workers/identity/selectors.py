"""Reading members."""

from dataclasses import dataclass, fields
from datetime import datetime
from functools import cache
from uuid import UUID

from django.db import connection

from workers.identity.models import Member


@dataclass(frozen=True)
class Profile:
    """What a front door needs of a member, and no more."""

    member_id: UUID
    worker_id: str
    phone: str
    name: str
    language: str
    joined_at: datetime


def profile_by_phone(phone: str) -> Profile | None:
    """Return the profile of the member with that phone (E.164), or None. One query.

    USSD asks this all the time, so the statement is built once: that costs more than to run it.
    """
    with connection.cursor() as cursor:
        cursor.execute(_profile_statement(), [phone])
        row = cursor.fetchone()
    return Profile(*row) if row else None


@cache
def _profile_statement() -> str:
    columns = [field.name for field in fields(Profile)]
    columns[0] = "id"
    statement, _ = Member.objects.filter(phone="").values_list(*columns).query.sql_with_params()
    return statement


def member_by_phone(phone: str) -> Member | None:
    """Return the member with that phone (E.164), or None."""
    return Member.objects.filter(phone=phone).first()
