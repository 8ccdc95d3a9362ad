"""What a member's export says of her withdrawals."""

from collections.abc import Iterator
from typing import Any

from payments.withdrawals.models import Withdrawal
from workers.identity.me.export import Section, rows
from workers.identity.models import Member


def _withdrawals(member: Member) -> Iterator[dict[str, Any]]:
    found = Withdrawal.objects.filter(member=member)
    columns = ("phone", "amount_cents", "fee_cents", "tax_cents", "state", "reason", "receipt")
    return rows(found, *columns, "channel", "created_at", "ended_at")


SECTIONS = (Section("withdrawals", frozenset({"payments.Withdrawal"}), _withdrawals),)
