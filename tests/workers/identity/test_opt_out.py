"""A person who tells the network to stop our messages: consent withdrawn, and noted."""

import pytest
from django.db import transaction

from nannychain import events
from nannychain.audit.models import AuditEntry
from nannychain.outbox import services as outbox_services
from nannychain.outbox.models import OutboxEvent
from tests.factories.members import MemberFactory
from workers.identity import terms
from workers.identity.models import Consent, Member
from workers.identity.services import record_opt_out

pytestmark = pytest.mark.django_db


def agrees_to_messages(member: Member) -> Consent:
    """Let the member agree to messages."""
    return Consent.objects.create(
        member=member,
        purpose=terms.MESSAGES_PURPOSE,
        version="1",
        language="en",
        channel="ussd",
    )


def test_consent_to_messages_is_withdrawn_and_that_to_the_terms_stays() -> None:
    member = MemberFactory.create()
    consent = agrees_to_messages(member)

    record_opt_out(phone=member.phone, sender_id="NANNYCHAIN")

    consent.refresh_from_db()
    assert consent.withdrawn_at is not None
    assert member.consents.get(purpose=terms.PURPOSE).withdrawn_at is None


def test_the_wish_is_noted_even_where_nothing_was_agreed_to() -> None:
    member = MemberFactory.create()

    record_opt_out(phone=member.phone, sender_id="NANNYCHAIN")

    entry = AuditEntry.objects.get(action="member.opted_out_of_messages")
    assert entry.subject_id == str(member.pk)
    assert entry.after == {"sender_id": "NANNYCHAIN", "consents_withdrawn": 0}


def test_a_second_wish_does_not_move_the_date_of_the_first() -> None:
    member = MemberFactory.create()
    consent = agrees_to_messages(member)
    record_opt_out(phone=member.phone, sender_id="NANNYCHAIN")
    consent.refresh_from_db()
    first = consent.withdrawn_at

    record_opt_out(phone=member.phone, sender_id="NANNYCHAIN")

    consent.refresh_from_db()
    assert consent.withdrawn_at == first


def test_the_consent_of_others_stays() -> None:
    consent = agrees_to_messages(MemberFactory.create())

    record_opt_out(phone=MemberFactory.create().phone, sender_id="NANNYCHAIN")

    consent.refresh_from_db()
    assert consent.withdrawn_at is None


def test_a_phone_that_is_no_members_changes_nothing() -> None:
    record_opt_out(phone="+254799999999", sender_id="NANNYCHAIN")

    assert not AuditEntry.objects.filter(action="member.opted_out_of_messages").exists()


def test_the_event_of_the_network_leads_here() -> None:
    member = MemberFactory.create()
    with transaction.atomic():
        events.publish("sms.opted_out", phone=member.phone, sender_id="NANNYCHAIN")

    outbox_services.deliver(OutboxEvent.objects.latest("pk").pk)

    assert AuditEntry.objects.filter(action="member.opted_out_of_messages").count() == 1
