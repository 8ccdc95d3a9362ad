"""Queueing: in the caller's transaction or not at all; plain, counted, sealed where it must be."""

import uuid
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from pytest_django import DjangoAssertNumQueries, Settings

from nannychain import notifications
from nannychain.audit.models import AuditEntry
from nannychain.notifications import bodies, sending, services
from nannychain.notifications.kinds import KINDS
from nannychain.notifications.models import HIDDEN, Sms
from nannychain.notifications.services import CannotSendAgain, TextUnfit
from nannychain.notifications.states import SMS, State
from nannychain.phone import InvalidPhone
from nannychain.sealing import keys
from nannychain.sealing.opening import KeyUnavailable, SealBroken
from nannychain.states.models import StateChange
from nannychain.transactions import TransactionRequired
from tests.kernel.notifications.messages import CODE, PHONE, age, queue, queue_code
from tests.kernel.notifications.provider import CUT, Provider

STAFF = uuid.UUID(int=7)


class TestQueue:
    @pytest.mark.django_db(transaction=True)
    def test_it_needs_the_caller_s_transaction(self) -> None:
        with pytest.raises(TransactionRequired):
            notifications.queue(phone=PHONE, kind="welcome", text="Hello", language="en")

    @pytest.mark.django_db(transaction=True)
    def test_a_transaction_that_fails_leaves_no_sms_and_rings_nobody(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        rung: list[str] = []
        monkeypatch.setattr("nannychain.queues.enqueue", lambda task, **_: rung.append(task))
        with pytest.raises(RuntimeError), transaction.atomic():
            notifications.queue(phone=PHONE, kind="welcome", text="Hello", language="en")
            raise RuntimeError
        assert not Sms.objects.exists()
        assert rung == []
        queue()
        assert rung == ["nannychain.notifications.send"]

    @pytest.mark.django_db
    def test_the_row_holds_what_is_needed(self) -> None:
        sms = queue("0712 345 678", text="Karibu \u201cWanjiku\u201d", language="sw")
        sms.refresh_from_db()
        assert (sms.phone, sms.kind, sms.language) == (PHONE, "welcome", "sw")
        assert sms.text == 'Karibu "Wanjiku"'
        assert (sms.state, sms.parts, sms.attempts) == (State.QUEUED, 1, 0)
        assert sms.expires_at - sms.created_at == timedelta(days=2)
        assert sms.due_at == sms.created_at
        birth = StateChange.objects.get(machine=SMS.name, subject_id=str(sms.pk))
        assert (birth.source, birth.target) == ("", "QUEUED")

    @pytest.mark.django_db
    def test_it_costs_two_queries(self, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        with transaction.atomic(), django_assert_num_queries(2):
            notifications.queue(phone=PHONE, kind="code", text="1234", language="en")

    @pytest.mark.django_db
    @pytest.mark.parametrize("phone", ["", "+1 202 555 0100", "020 1234567", "\u0660712345678"])
    def test_only_kenyan_mobile_numbers_are_written_to(self, phone: str) -> None:
        with pytest.raises(InvalidPhone):
            queue(phone)

    @pytest.mark.django_db
    def test_a_line_break_after_a_number_never_gets_to_the_provider(self) -> None:
        assert queue(f"{PHONE}\n").phone == PHONE

    @pytest.mark.django_db
    @pytest.mark.parametrize("text", ["", " \n\t", "x" * 919])
    def test_a_text_that_is_empty_or_endless_is_refused(self, text: str) -> None:
        with pytest.raises(TextUnfit):
            queue(text=text)
        assert not Sms.objects.exists()

    @pytest.mark.django_db
    @pytest.mark.parametrize("phone", ["+254712345678\n", "0712345678", "+255712345678"])
    def test_the_database_takes_no_other_phone(self, phone: str) -> None:
        sms = queue()
        with pytest.raises(IntegrityError), transaction.atomic():
            Sms.objects.filter(pk=sms.pk).update(phone=phone)

    def test_the_kinds_are_as_decided(self) -> None:
        decided = {
            name: (kind.lifetime, kind.is_urgent, kind.is_secret, kind.is_transactional)
            for name, kind in KINDS.items()
        }
        assert decided == {
            "welcome": (timedelta(days=2), False, False, True),
            "code": (timedelta(minutes=5), True, True, True),
            "receipt": (timedelta(days=2), False, False, True),
            "security": (timedelta(days=1), True, False, True),
        }


@pytest.mark.django_db
class TestCodes:
    def test_a_code_is_stored_sealed_only(self) -> None:
        sms = queue_code()
        sms.refresh_from_db()
        assert sms.text == ""
        assert CODE.encode() not in bytes(sms.sealed_text or b"")
        assert CODE not in repr(sms) + str(sms) + sms.shown_text
        assert sms.shown_text == HIDDEN
        assert bodies.read(sms) == f"Your code is {CODE}."

    def test_a_sealed_text_belongs_to_its_row(self) -> None:
        mine, other = queue_code(), queue_code()
        mine.sealed_text, mine.key_id = other.sealed_text, other.key_id
        with pytest.raises(SealBroken):
            bodies.read(mine)

    def test_who_holds_the_public_key_alone_can_queue_and_not_read(
        self, settings: Settings
    ) -> None:
        settings.SEALING_PUBLIC_KEY = keys.encode(keys.private_key("aa" * 32).public_key)
        settings.ENCRYPTION_KEY = ""
        sms = queue_code()
        with pytest.raises(KeyUnavailable):
            bodies.read(sms)
        settings.ENCRYPTION_KEY = "aa" * 32
        assert CODE in bodies.read(sms)

    def test_the_database_takes_a_text_plain_or_sealed_and_not_both(self) -> None:
        sms = queue_code()
        with pytest.raises(IntegrityError), transaction.atomic():
            Sms.objects.filter(pk=sms.pk).update(text="plain as well")


@pytest.mark.django_db
class TestSendingAgain:
    @pytest.fixture
    def unknown(self, provider: Provider) -> Sms:
        sms = queue(text="Karibu")
        provider.will(CUT)
        sending.send(sms.pk)
        sms.refresh_from_db()
        assert sms.state == State.UNKNOWN
        return sms

    def test_it_makes_a_new_sms_and_says_so_in_the_audit(self, unknown: Sms) -> None:
        new = services.send_again(unknown.pk, actor_id=STAFF, actor="NW-STAFF")
        assert (new.text, new.phone, new.kind) == ("Karibu", PHONE, "welcome")
        assert (new.state, new.again_of) == (State.QUEUED, unknown)
        unknown.refresh_from_db()
        assert unknown.state == State.UNKNOWN
        entry = AuditEntry.objects.get(action="sms.sent_again")
        assert (entry.actor_id, entry.actor) == (STAFF, "NW-STAFF")
        assert entry.subject_id == str(unknown.pk)
        assert entry.after == {"state": "UNKNOWN", "new_sms": str(new.pk)}

    def test_it_is_done_once(self, unknown: Sms) -> None:
        services.send_again(unknown.pk, actor_id=STAFF, actor="NW-STAFF")
        with pytest.raises(CannotSendAgain):
            services.send_again(unknown.pk, actor_id=STAFF, actor="NW-STAFF")
        assert Sms.objects.count() == 2

    def test_what_waits_or_arrived_is_not_sent_again(self, provider: Provider) -> None:
        sms = queue()
        with pytest.raises(CannotSendAgain):
            services.send_again(sms.pk, actor_id=STAFF, actor="NW-STAFF")
        sending.send(sms.pk)
        with pytest.raises(CannotSendAgain):
            services.send_again(sms.pk, actor_id=STAFF, actor="NW-STAFF")
        assert not AuditEntry.objects.exists()

    def test_a_code_is_never_sent_again(self, provider: Provider) -> None:
        sms = queue_code()
        age(sms, timedelta(hours=1))
        sending.send(sms.pk)
        sms.refresh_from_db()
        assert sms.state == State.EXPIRED
        with pytest.raises(CannotSendAgain):
            services.send_again(sms.pk, actor_id=STAFF, actor="NW-STAFF")
