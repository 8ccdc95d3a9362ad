"""Becoming a member, and what members may change about themselves. Staff stands in `staff.py`."""

from dataclasses import dataclass
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from nannychain import audit, locks, notifications
from nannychain.errors import Invalid
from nannychain.ids import new_id
from nannychain.language import DEFAULT as DEFAULT_LANGUAGE
from nannychain.language import known as known_language
from nannychain.operating import selectors as operating
from nannychain.phone import parse as parse_phone
from nannychain.transactions import required
from wallets.wallet import services as wallets
from workers.identity import messages, selectors, terms, worker_id
from workers.identity.models import NAME_LENGTH_MAX, Consent, Member
from workers.identity.standing import services as standing

_WORKER_ID_TRIES = 3


class InvalidName(Invalid):
    """A name that is too long, or holds what can't be printed."""

    code = "identity.invalid_name"
    message = _("That name can't be used. Write it in 80 letters or fewer.")


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
    by: Member | None = None,
) -> Account:
    """Make member, wallet, sealed key, consent, welcome SMS and funding request, all or nothing.

    The single place where an account is made. Idempotent by phone, which may come in any usual
    spelling: an existing member is returned and nothing is made. No network is touched; SMS and
    funding follow by Celery. `phone_proved` says that the channel has shown the phone to be in the
    person's hands; `by` is the staff member who acts for the person. Raises InvalidPhone,
    InvalidName, and for a new member FlowStopped and ModeFull.
    """
    person = _Person(
        phone=parse_phone(phone),
        name=clean_name(name or ""),
        language=known_language(language),
        channel=channel,
        phone_proved=phone_proved,
    )
    return _existing_account(person) or _open_account(person, send_sms=send_sms, by=by)


@dataclass(frozen=True)
class _Person:
    """Who asks for an account, with everything in its canonical form."""

    phone: str
    name: str
    language: str
    channel: str
    phone_proved: bool


def clean_name(text: str) -> str:
    """Return the name with single spaces, as it is stored; raise InvalidName."""
    name = " ".join(text.split())
    if len(name) > NAME_LENGTH_MAX or not name.isprintable():
        raise InvalidName
    return name


def _existing_account(person: _Person) -> Account | None:
    member = selectors.member_by_phone(person.phone)
    if member is None:
        return None
    if person.phone_proved and member.phone_proved_at is None:
        with transaction.atomic():
            member.phone_proved_at = timezone.now()
            member.save(update_fields=["phone_proved_at"])
            wallets.owner_is_proved(member.wallet)
    return Account(member, already_exists=True)


def _open_account(
    person: _Person, *, send_sms: bool, by: Member | None, tries: int = _WORKER_ID_TRIES
) -> Account:
    try:
        with transaction.atomic():
            locks.take(locks.Lock.PHONE, person.phone)
            if account := _existing_account(person):
                return account
            operating.ensure_room_for_member(Member.objects.count, at=timezone.now())
            member = _join(person, by=by)
            if send_sms:
                _welcome(member)
            return Account(member, already_exists=False)
    except IntegrityError as error:
        # Two members drew the same Worker ID, which is one chance in billions: draw again.
        if "worker_id" not in str(error) or tries == 1:
            raise
    return _open_account(person, send_sms=send_sms, by=by, tries=tries - 1)


@required
def _join(person: _Person, *, by: Member | None) -> Member:
    member_id = new_id()
    wallet = wallets.open_wallet(party_id=member_id, is_proved=person.phone_proved)
    member = Member(
        id=member_id,
        worker_id=worker_id.new(),
        phone=person.phone,
        name=person.name,
        language=person.language,
        wallet=wallet,
        channel=person.channel,
        phone_proved_at=timezone.now() if person.phone_proved else None,
    )
    member.set_unusable_password()
    member.save(force_insert=True)
    standing.open_standing(member)
    Consent.objects.create(
        member=member,
        purpose=terms.PURPOSE,
        version=terms.VERSION,
        language=person.language,
        channel=person.channel,
    )
    actor = by or member
    audit.record(
        "member.account_created",
        subject=member,
        actor_id=actor.id,
        actor=actor.worker_id,
        after={"worker_id": member.worker_id, "wallet": wallet.stellar_public_key},
        channel=person.channel,
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


def choose_language(member_id: UUID, *, language: str, channel: str) -> None:
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


def record_opt_out(*, phone: str, sender_id: str) -> None:
    """Withdraw the member's consent to messages, where there is one, and note the wish.

    The reaction to `sms.opted_out`: the person (`phone` in E.164) told the network to stop what
    comes from `sender_id`. A phone that is no member's needs nothing.
    """
    member = selectors.member_by_phone(phone)
    if member is None:
        return
    with transaction.atomic():
        withdrawn = Consent.objects.filter(
            member=member, purpose=terms.MESSAGES_PURPOSE, withdrawn_at__isnull=True
        ).update(withdrawn_at=timezone.now())
        audit.record(
            "member.opted_out_of_messages",
            subject=member,
            actor_id=member.id,
            actor=member.worker_id,
            after={"sender_id": sender_id, "consents_withdrawn": withdrawn},
            channel="sms",
        )
