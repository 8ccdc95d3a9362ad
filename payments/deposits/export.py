"""What a member's export says of her deposits."""

from collections.abc import Iterator
from typing import Any

from payments.deposits.models import Deposit
from workers.identity.me.export import Section, rows
from workers.identity.models import Member


def _deposits(member: Member) -> Iterator[dict[str, Any]]:
    found = Deposit.objects.filter(member=member)
    columns = ("reference", "phone", "amount_cents", "state", "reason", "receipt", "channel")
    return rows(found, *columns, "created_at", "sent_at", "ended_at")


SECTIONS = (Section("deposits", frozenset({"payments.Deposit"}), _deposits),)
