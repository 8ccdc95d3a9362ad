"""What a member's export says of her transfers, both ways."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Q

from payments.transfers.models import Transfer
from workers.identity.me.export import Section, rows
from workers.identity.models import Member


def _transfers(member: Member) -> Iterator[dict[str, Any]]:
    found = Transfer.objects.filter(Q(sender=member) | Q(recipient=member))
    columns = ("reference", "sender__worker_id", "recipient__worker_id", "amount_cents")
    return rows(found, *columns, "fee_cents", "tax_cents", "channel", "created_at")


SECTIONS = (Section("transfers", frozenset({"payments.Transfer"}), _transfers),)
