"""Reading transfers."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from payments.transfers.models import Transfer
from workers.identity import names

_RECENT = timedelta(minutes=10)
_CAUSE = "transfer:"


def recent_like(
    sender_id: UUID, *, recipient_id: UUID, amount_cents: int, at: datetime
) -> Transfer | None:
    """Return the last transfer of the same amount to the same payee within ten minutes, or None.

    Before such a one is sent, the person is asked whether she means it again. One query.
    """
    like_it = Transfer.objects.filter(
        sender_id=sender_id,
        recipient_id=recipient_id,
        amount_cents=amount_cents,
        created_at__gt=at - _RECENT,
        created_at__lte=at,
    )
    return like_it.order_by("-created_at").first()


def by_id(transfer_id: UUID, *, member_id: UUID) -> Transfer | None:
    """Return the transfer if the member has sent or received it, or None. One query."""
    return of_member(member_id).filter(pk=transfer_id).first()


def of_member(member_id: UUID) -> QuerySet[Transfer]:
    """Return all transfers that the member has sent or received."""
    mine = Q(sender_id=member_id) | Q(recipient_id=member_id)
    return Transfer.objects.filter(mine).select_related("sender", "recipient")


def statement_words(member_id: UUID, causes: Iterable[str]) -> Mapping[str, str]:
    """Return what a statement says of each cause that is a transfer, as the member sees it.

    In the language that is spoken now. One query.
    """
    wanted = [cause.removeprefix(_CAUSE) for cause in causes if cause.startswith(_CAUSE)]
    if not wanted:
        return {}
    told = {}
    for transfer in of_member(member_id).filter(pk__in=wanted):
        is_mine = transfer.sender_id == member_id
        other = transfer.recipient if is_mine else transfer.sender
        name = names.masked(other.name, number=other.phone)
        text = _("To {name}") if is_mine else _("From {name}")
        told[f"{_CAUSE}{transfer.pk}"] = text.format(name=name)
    return told
