"""Reports for SMS whose answer was lost: matched by phone, where there is no doubt."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from nannychain import inbox
from nannychain.inbox import services as inbox_services
from nannychain.inbox.models import InboxMessage
from nannychain.notifications import reports, sending, sweep
from nannychain.notifications.models import Sms
from nannychain.notifications.states import State
from tests.kernel.notifications.messages import PHONE, age, queue, report, state_of
from tests.kernel.notifications.provider import (
    CUT,
    Answer,
    Provider,
    accepted,
    recipient,
    recipients,
)

pytestmark = pytest.mark.django_db
at_once = pytest.mark.django_db(transaction=True)  # with threads or programs beside it
ID = "ATXid_o"


def lost(provider: Provider, *, phone: str = PHONE) -> Sms:
    """Return an SMS whose answer was lost."""
    sms = queue(phone)
    provider.will(CUT)
    sending.send(sms.pk)
    assert state_of(sms) == State.UNKNOWN
    return sms


class TestForTheUnknown:
    @pytest.mark.parametrize(
        ("status", "state"),
        [("Success", "DELIVERED"), ("Failed", "FAILED"), ("Sent", "ACCEPTED")],
    )
    def test_a_late_report_settles_the_only_one_to_that_phone(
        self, provider: Provider, status: str, state: str
    ) -> None:
        sms = lost(provider)
        assert report(id="ATXid_x", status=status, phoneNumber=PHONE) == "matched by phone"
        sms.refresh_from_db()
        assert (sms.state, sms.provider_message_id) == (state, "ATXid_x")
        assert sms.sent_at == sms.claimed_at
        assert len(provider.requests) == 1

    def test_from_then_on_its_id_is_known(self, provider: Provider) -> None:
        sms = lost(provider)
        report(id="ATXid_x", status="Sent", phoneNumber=PHONE)
        assert report(id="ATXid_x", status="Success") == "matched"
        assert state_of(sms) == State.DELIVERED

    @at_once
    def test_a_report_that_came_before_the_answer_was_given_up_settles_it(
        self, provider: Provider
    ) -> None:
        sms = queue()

        def report_and_hang_up(_: Any) -> Answer:
            assert report(id="ATXid_x", status="Success", phoneNumber=PHONE) == "nobody's"
            connection.close()
            return CUT

        provider.will(report_and_hang_up)
        sending.send(sms.pk)
        assert state_of(sms) == State.DELIVERED

    def test_of_two_that_it_can_be_neither_is_taken(self, provider: Provider) -> None:
        first, second = lost(provider), lost(provider)
        assert report(id="ATXid_x", status="Success", phoneNumber=PHONE) == "nobody's"
        sweep.sweep()
        assert (state_of(first), state_of(second)) == ("UNKNOWN", "UNKNOWN")

    def test_of_two_reports_that_it_can_have_neither_is_taken(self, provider: Provider) -> None:
        one, two = lost(provider), lost(provider)
        report(id="ATXid_x", status="Success", phoneNumber=PHONE)
        report(id="ATXid_y", status="Failed", phoneNumber=PHONE)
        Sms.objects.filter(pk=two.pk).update(provider_message_id="ATXid_known")
        sweep.sweep()
        assert (state_of(one), state_of(two)) == ("UNKNOWN", "UNKNOWN")

    @at_once
    def test_while_another_to_that_phone_is_being_sent_it_waits(self, provider: Provider) -> None:
        unknown, other = lost(provider), queue()

        def report_own_id(_: Any) -> Answer:
            assert report(id=ID, status="Success", phoneNumber=PHONE) == "nobody's"
            connection.close()
            return accepted(PHONE, message_id=ID)

        provider.will(report_own_id)
        sending.send(other.pk)
        sweep.sweep()
        assert (state_of(unknown), state_of(other)) == ("UNKNOWN", "DELIVERED")

    @at_once
    def test_once_the_other_was_certainly_not_sent_the_sweep_takes_it(
        self, provider: Provider
    ) -> None:
        unknown, other = lost(provider), queue()

        def report_of_the_first(_: Any) -> Answer:
            report(id="ATXid_x", status="Success", phoneNumber=PHONE)
            connection.close()
            return Answer(503)

        provider.will(report_of_the_first)
        sending.send(other.pk)
        reports.settle()
        assert (state_of(unknown), state_of(other)) == ("DELIVERED", "QUEUED")

    @pytest.mark.parametrize("number", ["+254722000111", "", "+255712345678"])
    def test_another_phone_s_report_is_not_taken(self, provider: Provider, number: str) -> None:
        sms = lost(provider)
        report(id="ATXid_x", status="Success", phoneNumber=number)
        assert state_of(sms) == State.UNKNOWN

    @at_once
    def test_one_that_was_sent_after_the_report_came_does_not_make_it_doubtful(
        self, provider: Provider
    ) -> None:
        sms = queue()

        def report_while_it_is_sent(_: Any) -> Answer:
            assert report(id="ATXid_x", status="Success", phoneNumber=PHONE) == "nobody's"
            later = lost(provider)
            assert state_of(later) == State.UNKNOWN
            connection.close()
            return CUT

        provider.will(report_while_it_is_sent)
        sending.send(sms.pk)
        assert state_of(sms) == State.DELIVERED

    def test_one_from_long_ago_is_not_taken(self, provider: Provider) -> None:
        sms = lost(provider)
        age(sms, reports.RECENT + timedelta(minutes=1))
        report(id="ATXid_x", status="Success", phoneNumber=PHONE)
        sweep.sweep()
        assert state_of(sms) == State.UNKNOWN

    def test_a_report_from_before_the_send_is_not_taken(self, provider: Provider) -> None:
        report(id="ATXid_x", status="Success", phoneNumber=PHONE)
        sms = lost(provider)
        sweep.sweep()
        assert state_of(sms) == State.UNKNOWN

    def test_what_is_held_for_risk_is_settled_by_its_own_id_only(self, provider: Provider) -> None:
        sms = queue()
        provider.will(recipients(recipient(PHONE, 401, messageId="ATXid_held")))
        sending.send(sms.pk)
        assert report(id="ATXid_x", status="Success", phoneNumber=PHONE) == "nobody's"
        assert state_of(sms) == State.UNKNOWN
        assert report(id="ATXid_held", status="Success") == "matched"
        assert state_of(sms) == State.DELIVERED

    @at_once
    def test_two_reports_at_once_do_not_both_take_the_one_sms(self, provider: Provider) -> None:
        for round_ in range(10):
            phone = f"+2547100000{round_:02d}"
            sms = lost(provider, phone=phone)
            ids = [
                inbox.receive(
                    reports.SOURCE,
                    body={"id": f"{round_}-{n}", "status": "Sent", "phoneNumber": phone},
                )
                for n in range(2)
            ]

            def work(message_id: int) -> None:
                try:
                    inbox_services.handle(message_id)
                finally:
                    connection.close()

            with ThreadPoolExecutor(2) as pool:
                list(pool.map(work, ids))
            assert sms.reports.values("provider_message_id").distinct().count() <= 1
        assert not InboxMessage.objects.filter(handled_at=None).exists()
