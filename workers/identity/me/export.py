"""All that we hold on a member, for the asking: section by section, in plain JSON.

Source: Data Protection Act 2019, s. 26 and 38 (access within seven days, portability within 30 in a
structured, machine-readable form): here it comes at once. Secrets are not data about her: of PINs,
tokens and keys, only when they were made.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import F, Q, QuerySet

from nannychain import clock
from nannychain.audit.models import AuditEntry
from nannychain.notifications.models import Sms
from wallets.ledger import statements
from wallets.ledger.chart import KES
from wallets.ledger.models import Account
from workers.identity.models import Consent, Member
from workers.identity.phone_changes.models import PhoneChange
from workers.identity.phone_changes.states import State
from workers.identity.pins.models import Pin
from workers.identity.second_factor.models import SecondFactor
from workers.identity.sim_swaps.models import SimSwapLookup
from workers.identity.standing.models import Standing
from workers.identity.tokens.models import Session


@dataclass(frozen=True)
class Section:
    """One part of the export: its name, the tables that it tells of, and who reads them."""

    name: str
    tables: frozenset[str]
    read: Callable[[Member], Iterable[dict[str, Any]]]


_sections: list[Section] = []


def register(sections: Iterable[Section]) -> None:
    """Take the sections, in order; done once, at start."""
    _sections[:] = sections


def sections() -> tuple[Section, ...]:
    """Return all sections."""
    return tuple(_sections)


def document(member: Member) -> Iterator[str]:
    """Yield the export as JSON, a piece at a time, so that memory stays flat."""
    yield '{"exported_at": ' + json.dumps(clock.now().isoformat())
    for section in _sections:
        yield f',\n"{section.name}": ['
        for number, row in enumerate(section.read(member)):
            yield (",\n" if number else "\n") + json.dumps(row, cls=DjangoJSONEncoder)
        yield "]"
    yield "}\n"


def rows(found: "QuerySet[Any, Any]", *columns: str, **named: F) -> Iterator[dict[str, Any]]:
    """Yield columns of each row, in the order of their keys; `named` ones by another name.

    Beside cents stands their currency.
    """
    is_money = any(name.endswith("_cents") for name in (*columns, *named))
    currency = {"currency": KES} if is_money else {}
    for row in found.order_by("pk").values(*columns, **named).iterator(chunk_size=500):
        yield {**row, **currency}


def _member(member: Member) -> Iterator[dict[str, Any]]:
    columns = ("id", "worker_id", "phone", "name", "language", "channel", "joined_at")
    found = Member.objects.filter(pk=member.pk)
    address = {"stellar_public_key": member.wallet.stellar_public_key}
    for row in rows(found, *columns, "phone_proved_at", "is_active", "is_staff"):
        yield {**row, **address}


def _consents(member: Member) -> Iterator[dict[str, Any]]:
    columns = ("purpose", "version", "language", "channel", "given_at", "withdrawn_at")
    return rows(Consent.objects.filter(member=member), *columns)


def _standing(member: Member) -> Iterator[dict[str, Any]]:
    columns = ("state", "reason", "since", "last_seen_at", "must_prove_since")
    found = Standing.objects.filter(pk=member.pk)
    return rows(found, *columns, "sim_swapped_at", "capped_since", "capped_until")


def _sim_swaps(member: Member) -> Iterator[dict[str, Any]]:
    columns = ("phone", "state", "wanted_at", "asked_at", "told_at", "swapped_on")
    return rows(SimSwapLookup.objects.filter(member=member), *columns)


def _pin(member: Member) -> Iterator[dict[str, Any]]:
    return rows(Pin.objects.filter(pk=member.pk), "chosen_at", "changed_at", "locked_until")


def _phone_changes(member: Member) -> Iterator[dict[str, Any]]:
    columns = ("old_phone", "new_phone", "state", "channel", "asked_at", "ended_at")
    return rows(PhoneChange.objects.filter(member=member), *columns)


def _second_factor(member: Member) -> Iterator[dict[str, Any]]:
    return rows(SecondFactor.objects.filter(pk=member.pk), "may_enrol_until", "confirmed_at")


def _devices(member: Member) -> Iterator[dict[str, Any]]:
    columns = ("device", "address", "opened_at", "last_used_at", "closed_at", "closed_why")
    return rows(Session.objects.filter(member=member), *columns)


def _messages(member: Member) -> Iterator[dict[str, Any]]:
    # A number may have been somebody else's before, and may be again: only what came to it while
    # it was hers.
    hers = Q()
    for phone, since, until in _numbers(member):
        while_hers = Q(phone=phone, created_at__gte=since)
        hers |= while_hers & Q(created_at__lt=until) if until else while_hers
    for sms in Sms.objects.filter(hers).order_by("pk").iterator(chunk_size=500):
        yield {
            "kind": sms.kind,
            "text": sms.shown_text,
            "state": sms.state,
            "created_at": sms.created_at,
            "sent_at": sms.sent_at,
        }


def _numbers(member: Member) -> Iterator[tuple[str, datetime, datetime | None]]:
    """Yield each number that the member has had, since when, and until when (None: still)."""
    since = member.joined_at
    done = PhoneChange.objects.filter(member=member, state=State.DONE)
    for change in done.order_by("ended_at"):
        assert change.ended_at is not None
        yield change.old_phone, since, change.ended_at
        since = change.ended_at
    yield member.phone, since, None


def _acts(member: Member) -> Iterator[dict[str, Any]]:
    of_member = Q(subject_type=member._meta.label_lower, subject_id=str(member.pk))
    found = AuditEntry.objects.filter(of_member | Q(actor_id=member.pk))
    columns = ("at", "action", "subject_type", "subject_id", "before", "after", "reason")
    return rows(found, *columns, "channel", "address")


def _accounts(member: Member) -> Iterator[dict[str, Any]]:
    for account in Account.objects.filter(owner_id=member.pk).select_related("kind").order_by("pk"):
        for entry in statements.everything(account.pk):
            yield {
                "account": account.kind.name,
                "currency": account.currency_id,
                "number": entry.number,
                "kind": entry.kind,
                "cause": entry.cause,
                "effective_at": entry.effective_at,
                "recorded_at": entry.recorded_at,
                "amount_cents": entry.amount,
                "balance_cents": entry.balance,
            }


SECTIONS = (
    Section("member", frozenset({"workers.Member", "wallets.Wallet"}), _member),
    Section("consents", frozenset({"workers.Consent"}), _consents),
    Section("standing", frozenset({"workers.Standing"}), _standing),
    Section("sim_swaps", frozenset({"workers.SimSwapLookup"}), _sim_swaps),
    Section("pin", frozenset({"workers.Pin"}), _pin),
    Section("phone_changes", frozenset({"workers.PhoneChange"}), _phone_changes),
    Section("second_factor", frozenset({"workers.SecondFactor"}), _second_factor),
    Section("devices", frozenset({"workers.Session"}), _devices),
    Section("messages", frozenset({"nannychain.Sms"}), _messages),
    Section("acts", frozenset({"nannychain.AuditEntry"}), _acts),
    Section("entries", frozenset({"wallets.Account", "wallets.Posting"}), _accounts),
)
