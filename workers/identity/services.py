"""Becoming a member, and what a member may change about oneself."""

from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.utils import timezone

from nannychain import audit, locks, notifications
from nannychain.ids import new_id
from nannychain.language import DEFAULT as DEFAULT_LANGUAGE
from nannychain.language import known as known_language
from nannychain.phone import parse as parse_phone
from nannychain.transactions import required
from wallets.wallet import services as wallets
from workers.identity import messages, selectors, terms, worker_id
from workers.identity.models import Consent, Member

_WORKER_ID_TRIES = 3


@dataclass(frozen=True)
class Account:
    """The outcome of `create_account`."""

    member: Member
    already_exists: bool


def create_account(
    phone: str,
    *,
    name: str | None = None,
    language: str = DEFAULT_LANGUAGE,
    channel: str,
    send_sms: bool = True,
    phone_proved: bool = False,
) -> Account:
    """Make member, wallet, sealed key, consent, welcome SMS and funding request, all or nothing.

    The single place where an account is made. Idempotent by phone, which may come in any usual
    spelling (InvalidPhone otherwise): an existing member is returned and nothing is made. No
    network is touched; SMS and funding follow by Celery. `phone_proved` says that the channel has
    shown the phone to be in the person's hands.
    """
    number = parse_phone(phone)
    for attempt in range(1, _WORKER_ID_TRIES + 1):
        existing = selectors.member_by_phone(number)
        if existing is not None:
            return Account(_proved(existing) if phone_proved else existing, already_exists=True)
        try:
            with transaction.atomic():
                locks.take(locks.Lock.PHONE, number)
                existing = selectors.member_by_phone(number)
                if existing is not None:
                    return Account(existing, already_exists=True)
                member = _join(
                    phone=number,
                    name=(name or "").strip(),
                    language=known_language(language),
                    channel=channel,
                    phone_proved=phone_proved,
                )
                if send_sms:
                    _welcome(member)
                return Account(member, already_exists=False)
        except IntegrityError as error:
            # Two members drew the same Worker ID: one chance in billions, so draw again.
            if "worker_id" not in str(error) or attempt == _WORKER_ID_TRIES:
                raise
    raise AssertionError("the loop returns or raises")


@required
def _join(*, phone: str, name: str, language: str, channel: str, phone_proved: bool) -> Member:
    member_id = new_id()
    wallet = wallets.open_wallet(party_id=member_id)
    member = Member(
        id=member_id,
        worker_id=worker_id.new(),
        phone=phone,
        name=name,
        language=language,
        wallet=wallet,
        channel=channel,
        phone_proved_at=timezone.now() if phone_proved else None,
    )
    member.set_unusable_password()
    member.save(force_insert=True)
    Consent.objects.create(
        member=member,
        purpose=terms.PURPOSE,
        version=terms.VERSION,
        language=language,
        channel=channel,
    )
    audit.record(
        "member.account_created",
        subject=member,
        actor_id=member.id,
        actor=member.worker_id,
        after={"worker_id": member.worker_id, "wallet": wallet.stellar_public_key},
        channel=channel,
    )
    return member


@required
def _welcome(member: Member) -> None:
    notifications.queue(
        phone=member.phone,
        kind="welcome",
        language=member.language,
        text=messages.welcome(worker_id=member.worker_id, language=member.language),
    )


def _proved(member: Member) -> Member:
    if member.phone_proved_at is None:
        member.phone_proved_at = timezone.now()
        member.save(update_fields=["phone_proved_at"])
    return member


def choose_language(member_id: object, *, language: str, channel: str) -> None:
    """Set the language in which screens and SMS come; unknown languages become English."""
    chosen = known_language(language)
    with transaction.atomic():
        member = Member.objects.select_for_update(no_key=True).get(pk=member_id)
        if member.language == chosen:
            return
        before, member.language = member.language, chosen
        member.save(update_fields=["language"])
        audit.record(
            "member.language_chosen",
            subject=member,
            actor_id=member.id,
            actor=member.worker_id,
            before={"language": before},
            after={"language": chosen},
            channel=channel,
        )
