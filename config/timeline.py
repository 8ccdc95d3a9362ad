"""What the timeline on a member's page is made of: one line for each kind of thing.

Texts of SMS are not among it: their kind and state are. Ids grow with time, so that "before an
instant" is a range of the primary key.
"""

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Model, Q
from django.urls import reverse

from nannychain.audit.models import AuditEntry
from nannychain.ids import first_since, made_at
from nannychain.money import display as money
from nannychain.notifications.models import Sms
from nannychain.staff import timeline
from nannychain.staff.timeline import Moment, Source
from payments.deposits import words as deposit_words
from payments.deposits.models import Deposit
from payments.deposits.states import State as DepositState
from payments.paybill import words as paybill_words
from payments.paybill.models import PaybillPayment
from payments.paybill.states import State as PaybillState
from payments.transfers.models import Transfer
from payments.withdrawals import words as withdrawal_words
from payments.withdrawals.models import Withdrawal
from payments.withdrawals.states import State as WithdrawalState
from workers.identity.models import Member
from workers.identity.phone_changes.models import PhoneChange
from workers.identity.sim_swaps.models import SimSwapLookup
from workers.identity.tokens.models import Session


def _page(row: Model) -> str:
    name = f"admin:{row._meta.app_label}_{row._meta.model_name}_change"
    return reverse(name, args=[row.pk])


def _before(instant: datetime) -> Q:
    """Return the condition of what was made before it, by the time in the id."""
    return Q(pk__lt=first_since(instant))


def _deposits(member: Member, before: datetime, size: int) -> Iterator[Moment]:
    rows = Deposit.objects.filter(_before(before), member=member).order_by("-pk")
    for row in rows[:size]:
        state = deposit_words.STATES[DepositState(row.state)]
        words = f"{money(row.amount_cents)} by {row.channel}: {state}"
        yield Moment(at=made_at(row.pk), kind="Deposit", words=words, address=_page(row))


def _withdrawals(member: Member, before: datetime, size: int) -> Iterator[Moment]:
    rows = Withdrawal.objects.filter(_before(before), member=member).order_by("-pk")
    for row in rows[:size]:
        state = withdrawal_words.STATES[WithdrawalState(row.state)]
        words = f"{money(row.amount_cents)} by {row.channel}: {state}"
        yield Moment(at=made_at(row.pk), kind="Withdrawal", words=words, address=_page(row))


def _paybill(member: Member, before: datetime, size: int) -> Iterator[Moment]:
    rows = PaybillPayment.objects.filter(_before(before), member=member).order_by("-pk")
    for row in rows[:size]:
        state = paybill_words.STATES[PaybillState(row.state)]
        words = f"{money(row.amount_cents)}: {state}"
        yield Moment(at=made_at(row.pk), kind="Paybill", words=words, address=_page(row))


def _transfers(member: Member, before: datetime, size: int) -> Iterator[Moment]:
    hers = Q(sender=member) | Q(recipient=member)
    rows = Transfer.objects.filter(hers, _before(before)).order_by("-pk")
    for row in rows.select_related("sender", "recipient")[:size]:
        is_out = row.sender_id == member.pk
        whom = f"to {row.recipient}" if is_out else f"from {row.sender}"
        words = f"{money(row.amount_cents)} {whom}"
        yield Moment(at=made_at(row.pk), kind="Transfer", words=words, address=_page(row))


def _sms(member: Member, before: datetime, size: int) -> Iterator[Moment]:
    rows = Sms.objects.filter(_before(before), phone=member.phone).order_by("-pk")
    for row in rows.only("pk", "kind", "state", "reason")[:size]:
        why = f" ({row.reason})" if row.reason else ""
        words = f"{row.kind}: {row.get_state_display()}{why}"
        yield Moment(at=made_at(row.pk), kind="SMS", words=words, address=_page(row))


def _sessions(member: Member, before: datetime, size: int) -> Iterator[Moment]:
    rows = Session.objects.filter(member=member, opened_at__lt=before).order_by("-opened_at")
    for row in rows[:size]:
        words = f"{row.device or 'unnamed device'} signed in"
        yield Moment(at=row.opened_at, kind="Device", words=words, address=_page(row))


def _phone_changes(member: Member, before: datetime, size: int) -> Iterator[Moment]:
    rows = PhoneChange.objects.filter(member=member, asked_at__lt=before).order_by("-asked_at")
    for row in rows[:size]:
        yield Moment(
            at=row.asked_at,
            kind="Number",
            words=f"change of number: {row.get_state_display()}",
            address=_page(row),
        )


def _sims(member: Member, before: datetime, size: int) -> Iterator[Moment]:
    rows = SimSwapLookup.objects.filter(member=member, wanted_at__lt=before)
    for row in rows.order_by("-wanted_at")[:size]:
        told = f", changed on {row.swapped_on:%-d %b %Y}" if row.swapped_on else ""
        words = f"asked when the SIM was changed: {row.get_state_display()}{told}"
        yield Moment(at=row.wanted_at, kind="SIM", words=words)


def _acts(member: Member, before: datetime, size: int) -> Iterator[Moment]:
    rows = AuditEntry.objects.filter(
        subject_type=Member._meta.label_lower, subject_id=str(member.pk), at__lt=before
    )
    for row in rows.order_by("-at", "-id")[:size]:
        why = f" ({row.reason})" if row.reason else ""
        words = f"{row.action} by {row.actor}{why}"
        yield Moment(at=row.at, kind="Act", words=words, address=_page(row))


SOURCES = (
    Source(name="deposits", permission="payments.view_deposit", read=_deposits),
    Source(name="withdrawals", permission="payments.view_withdrawal", read=_withdrawals),
    Source(name="paybill", permission="payments.view_paybillpayment", read=_paybill),
    Source(name="transfers", permission="payments.view_transfer", read=_transfers),
    Source(name="SMS", permission="nannychain.view_sms", read=_sms),
    Source(name="devices", permission="workers.view_session", read=_sessions),
    Source(name="numbers", permission="workers.view_phonechange", read=_phone_changes),
    Source(name="SIMs", permission="workers.view_pin", read=_sims),
    Source(name="acts", permission="nannychain.view_auditentry", read=_acts),
)


def connect() -> None:
    """Have them read."""
    timeline.register(SOURCES)
