"""Delivery reports: early, late, doubled, out of order, for nobody, and of unknown words."""

import threading
from itertools import permutations, product
from typing import Any

import pytest
from django.db import connection
from django.db.models import F

from nannychain import inbox
from nannychain.alerts.models import Alert
from nannychain.inbox import services as inbox_services
from nannychain.inbox.models import InboxMessage
from nannychain.notifications import reports, sending
from nannychain.notifications.africastalking.reports import STATUSES, Meaning
from nannychain.notifications.models import DeliveryReport, Sms
from nannychain.notifications.states import SMS, State
from nannychain.states.models import StateChange
from tests.kernel.notifications.messages import PHONE, queue, queue_code, report, state_of
from tests.kernel.notifications.provider import (
    Answer,
    Provider,
    accepted,
    fixture,
)

pytestmark = pytest.mark.django_db
at_once = pytest.mark.django_db(transaction=True)  # with threads or programs beside it
ID = "ATXid_o"


def sent(provider: Provider, *, phone: str = PHONE, message_id: str = ID) -> Sms:
    """Return an SMS that the provider accepted under this id."""
    sms = queue(phone)
    provider.will(accepted(phone, message_id=message_id))
    sending.send(sms.pk)
    return sms


def moves() -> list[str]:
    """Return every move of every SMS."""
    return list(StateChange.objects.filter(machine=SMS.name).values_list("target", flat=True))


class TestWhatTheySay:
    @pytest.mark.parametrize("status", STATUSES)
    def test_every_status_leads_where_it_means(self, provider: Provider, status: str) -> None:
        sms = sent(provider)
        assert report(id=ID, status=status) == "matched"
        sms.refresh_from_db()
        expected = {
            Meaning.UNDER_WAY: State.ACCEPTED,
            Meaning.DELIVERED: State.DELIVERED,
            Meaning.FAILED: State.FAILED,
        }[STATUSES[status]]
        assert (sms.state, sms.provider_status) == (expected, status)
        assert (sms.final_at is None) == (expected == State.ACCEPTED)
        assert sms.reports.get().status == status

    def test_a_recorded_failure_tells_its_reason(self, provider: Provider) -> None:
        body = fixture("dlr_01_failed")["decoded"]
        sms = sent(provider, phone=body["phoneNumber"], message_id=body["id"])
        report(**body)
        sms.refresh_from_db()
        assert (sms.state, sms.reason) == (State.FAILED, "the network could not deliver it")
        told = sms.reports.get()
        assert (told.phone, told.reason) == (body["phoneNumber"], "DeliveryFailure")
        assert (told.retry_count, told.network_code) == (0, "63902")

    def test_an_unknown_status_is_kept_and_alerts(self, provider: Provider) -> None:
        body = fixture("dlr_04_unknown_status")["decoded"]
        sms = sent(provider, message_id=body["id"])
        report(**body)
        assert state_of(sms) == State.ACCEPTED
        assert sms.reports.get().status == "Borked"
        assert Alert.objects.get().key == "sms:report:status:Borked"

    def test_an_unknown_reason_is_kept_as_it_came(self, provider: Provider) -> None:
        sms = sent(provider)
        report(id=ID, status="Failed", failureReason="SomethingNew")
        sms.refresh_from_db()
        assert (sms.state, sms.reason) == (State.FAILED, "SomethingNew")

    @pytest.mark.parametrize("body", [{"status": "Success"}, {"id": ID}, {"x": "y"}])
    def test_one_without_id_or_status_stays_in_the_inbox_and_alerts(
        self, body: dict[str, str]
    ) -> None:
        assert report(**body) == "not understood"
        assert not DeliveryReport.objects.exists()
        assert Alert.objects.get().key == "sms:report:not_understood"

    def test_a_code_is_wiped_by_the_final_report(self, provider: Provider) -> None:
        sms = queue_code()
        provider.will(accepted(PHONE, message_id=ID))
        sending.send(sms.pk)
        report(id=ID, status="Buffered")
        sms.refresh_from_db()
        assert sms.sealed_text is not None
        report(id=ID, status="Success")
        sms.refresh_from_db()
        assert (sms.sealed_text, sms.key_id, sms.text) == (None, "", "")


class TestOrder:
    def test_a_final_status_never_goes_backwards(self, provider: Provider) -> None:
        sms = sent(provider)
        for body in fixture("dlr_08_out_of_order")["json"]:
            report(**body)
            assert state_of(sms) == State.DELIVERED
        assert [r.status for r in sms.reports.order_by("id")] == ["Success", "Sent"]
        assert InboxMessage.objects.get(body__status="Success").copies == 2

    @pytest.mark.parametrize("final", ["Success", "Failed"])
    @pytest.mark.parametrize("order", list(permutations(range(4))))
    def test_in_any_order_the_end_is_the_same(
        self, provider: Provider, final: str, order: tuple[int, ...]
    ) -> None:
        sms = sent(provider)
        told = ["Sent", "Submitted", "Buffered", final]
        for index in order:
            report(id=ID, status=told[index])
        assert state_of(sms) == (State.DELIVERED if final == "Success" else State.FAILED)
        assert sms.reports.count() == 4

    @pytest.mark.parametrize(("first", "second"), list(product(["Success", "Failed"], repeat=2)))
    def test_the_first_final_report_stands(
        self, provider: Provider, first: str, second: str
    ) -> None:
        sms = sent(provider)
        report(id=ID, status=first, networkCode="1")
        before = Sms.objects.values().get()
        report(id=ID, status=second, networkCode="2")
        assert Sms.objects.values().get() == before
        assert sms.reports.count() == 2

    def test_an_exact_double_changes_nothing(self, provider: Provider) -> None:
        sms = sent(provider)
        report(id=ID, status="Success")
        before = (Sms.objects.values().get(), moves())
        for _ in range(3):
            report(id=ID, status="Success")
        assert (Sms.objects.values().get(), moves()) == before
        assert sms.reports.count() == 1


class TestBeforeTheSendReturns:
    @pytest.mark.parametrize("statuses", [["Success"], ["Sent", "Failed"], ["Buffered"]])
    @at_once
    def test_it_waits_and_is_found_by_the_id(self, provider: Provider, statuses: list[str]) -> None:
        sms = queue()

        def report_first(_: Any) -> Answer:
            for status in statuses:
                assert report(id=ID, status=status, phoneNumber=PHONE) == "nobody's"
            connection.close()
            return accepted(PHONE, message_id=ID)

        provider.will(report_first)
        sending.send(sms.pk)
        expected = {"Success": "DELIVERED", "Failed": "FAILED", "Buffered": "ACCEPTED"}
        assert state_of(sms) == expected[statuses[-1]]
        assert sms.reports.count() == len(statuses)

    @at_once
    def test_whichever_is_first_they_find_each_other(self, provider: Provider) -> None:
        """The answer and the report race for the database, fifty times."""
        waiting = [queue(f"+2547100000{n:02d}") for n in range(50)]
        for sms in waiting:
            start = threading.Barrier(2)
            message_id = f"ATXid_{sms.pk}"
            body = {"id": message_id, "status": "Success", "phoneNumber": sms.phone}
            inbox_id = inbox.receive(reports.SOURCE, body=body)

            def hear(inbox_id: int = inbox_id, start: threading.Barrier = start) -> None:
                try:
                    start.wait(10)
                    inbox_services.handle(inbox_id)
                finally:
                    connection.close()

            def answer(
                request: Any, start: threading.Barrier = start, message_id: str = message_id
            ) -> Answer:
                start.wait(10)
                return accepted(request.form["to"], message_id=message_id)

            provider.will(answer)
            thread = threading.Thread(target=hear)
            thread.start()
            sending.send(sms.pk)
            thread.join(10)
        assert {state_of(sms) for sms in waiting} == {"DELIVERED"}
        assert not DeliveryReport.objects.filter(sms=None).exists()

    @at_once
    def test_a_report_waits_for_a_record_of_its_id_that_is_under_way(
        self, provider: Provider
    ) -> None:
        """The two transactions overlap; without the lock each would miss the other."""
        sms = queue()
        provider.will(accepted(PHONE, message_id=ID))
        in_the_middle, go_on = threading.Event(), threading.Event()
        attach_early = reports.attach_early

        def slow_attach(sms: Sms) -> None:
            attach_early(sms)
            in_the_middle.set()
            go_on.wait(10)

        def work() -> None:
            try:
                with pytest.MonkeyPatch.context() as patch:
                    patch.setattr(reports, "attach_early", slow_attach)
                    sending.send(sms.pk)
            finally:
                connection.close()

        sender = threading.Thread(target=work)
        sender.start()
        assert in_the_middle.wait(10)
        outcome: list[str] = []

        def hear() -> None:
            try:
                outcome.append(report(id=ID, status="Success"))
            finally:
                connection.close()

        hearer = threading.Thread(target=hear)
        hearer.start()
        hearer.join(0.5)
        assert hearer.is_alive()  # it waits for the id
        go_on.set()
        sender.join(10)
        hearer.join(10)
        assert outcome == ["matched"]
        assert state_of(sms) == State.DELIVERED


class TestForNobody:
    def test_it_is_kept_and_changes_nothing(self, provider: Provider) -> None:
        sms = sent(provider)
        assert report(id="ATXid_foreign", status="Failed", phoneNumber=PHONE) == "nobody's"
        assert state_of(sms) == State.ACCEPTED
        assert DeliveryReport.objects.get().sms is None

    def test_a_sweep_over_many_of_them_stays_cheap(
        self, provider: Provider, django_assert_max_num_queries: Any
    ) -> None:
        for number in range(30):
            report(id=f"ATXid_{number}", status="Success", phoneNumber=PHONE)
        with django_assert_max_num_queries(1):
            assert reports.settle() == 0

    def test_an_sms_that_waits_is_not_touched(self) -> None:
        sms = queue()
        Sms.objects.filter(pk=sms.pk).update(
            attempts=1, claimed_at=F("created_at"), provider_status="HTTP 503"
        )
        report(id="ATXid_x", status="Success", phoneNumber=PHONE)
        assert state_of(sms) == State.QUEUED
