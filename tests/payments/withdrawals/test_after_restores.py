"""After a restore: what was open at the backup may have been paid since, so people look."""

from collections.abc import Callable

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from django.utils import timezone

from nannychain.alerts.models import Alert
from nannychain.audit.models import AuditEntry
from nannychain.operating import services as operating
from nannychain.operating.flows import Flow
from nannychain.operating.models import Restore, StoppedFlow
from payments.withdrawals import services
from payments.withdrawals.models import Desk, Withdrawal
from payments.withdrawals.states import State
from tests.factories import money, mpesa
from tests.factories.browsers import signed_in
from tests.factories.members import StaffFactory
from tests.factories.safaricom import (
    PAYOUT,
    STATUS,
    Safaricom,
    payout_result,
    post,
    status_result,
)
from workers.identity.models import Member

pytestmark = pytest.mark.django_db
WHY = "it was asked for before a restore of the database: it may have been paid since"


def _restored(*, go_on: bool = True) -> None:
    """Let the database be one that was taken back; staff let all flows go on."""
    with transaction.atomic():
        operating.restored(backup_made_at=timezone.now(), reason="a test", by=money.STAFF)
    for flow in Flow if go_on else ():
        operating.start(flow, reason="looked at all", by=money.STAFF)


def _reserved(member: Member) -> Withdrawal:
    return services.request(member.pk, amount_cents=500_00, channel="ussd")


def _answer(safaricom: Safaricom, code: int) -> None:
    ordered = safaricom.asked(PAYOUT)[-1]
    assert post(ordered["ResultURL"], payout_result(ordered, code=code)) == 200
    mpesa.read_inbox()


def _work() -> None:
    mpesa.pass_time(minutes=6)
    Desk.objects.update(probe_at=timezone.now())
    mpesa.work()


def _now(withdrawal: Withdrawal) -> tuple[str, str]:
    withdrawal.refresh_from_db()
    return withdrawal.state, withdrawal.reason


def test_a_restore_stops_every_flow_for_its_own_reason_and_writes_it_down() -> None:
    operating.stop(Flow.TRANSFERS, reason="a fault", by=money.STAFF)
    _restored(go_on=False)
    assert set(StoppedFlow.objects.values_list("flow", flat=True)) == {str(flow) for flow in Flow}
    assert set(StoppedFlow.objects.values_list("reason", flat=True)) == {"a test"}
    entry = AuditEntry.objects.get(action="database.restored")
    assert (entry.actor, entry.reason, entry.channel) == (money.STAFF.name, "a test", "command")
    with pytest.raises(DatabaseError), transaction.atomic():
        Restore.objects.all().delete()


@pytest.mark.parametrize("go_on", [True, False])
@pytest.mark.parametrize("hours", [0, 25])
def test_what_was_open_at_the_backup_is_neither_paid_nor_given_back(
    safaricom: Safaricom, hours: int, go_on: bool
) -> None:
    member = mpesa.member_with(1_000_00)
    withdrawal = _reserved(member)
    mpesa.pass_time(hours=hours)
    _restored(go_on=go_on)
    mpesa.work()
    assert _now(withdrawal) == (State.NEEDS_REVIEW, WHY)
    assert (safaricom.asked(PAYOUT), mpesa.balance(member)) == ([], 495_00)
    assert Alert.objects.filter(key=f"withdrawal:review:{withdrawal.pk}").exists()


def test_what_was_parked_at_the_backup_is_not_tried_again(safaricom: Safaricom) -> None:
    withdrawal = _reserved(mpesa.member_with(1_000_00))
    mpesa.work()
    _answer(safaricom, code=1)
    assert _now(withdrawal)[0] == State.PARKED
    _restored()
    _work()
    assert _now(withdrawal) == (State.NEEDS_REVIEW, WHY)
    assert len(safaricom.asked(PAYOUT)) == 1


def _by_callback(safaricom: Safaricom) -> None:
    _answer(safaricom, code=2040)


def _by_question(safaricom: Safaricom) -> None:
    _work()
    (question,) = safaricom.asked(STATUS)
    post(question["ResultURL"], status_result(question, status="Declined", receipt=""))
    mpesa.read_inbox()


@pytest.mark.parametrize("say_no", [_by_callback, _by_question])
def test_a_failure_is_the_word_on_one_attempt_and_gives_nothing_back(
    safaricom: Safaricom, say_no: Callable[[Safaricom], None]
) -> None:
    """A second attempt may have paid, and be lost from our books."""
    member = mpesa.member_with(1_000_00)
    withdrawal = _reserved(member)
    mpesa.work()
    _restored()
    say_no(safaricom)
    _work()
    assert _now(withdrawal) == (State.NEEDS_REVIEW, WHY)
    assert (len(safaricom.asked(PAYOUT)), mpesa.balance(member)) == (1, 495_00)


def test_a_success_is_believed_as_ever(safaricom: Safaricom) -> None:
    withdrawal = _reserved(mpesa.member_with(1_000_00))
    mpesa.work()
    _restored()
    _answer(safaricom, code=0)
    assert _now(withdrawal)[0] == State.PAID


@pytest.mark.parametrize(("paid", "left"), [(True, 495_00), (False, 1_000_00)])
def test_two_people_settle_what_has_no_attempt_here(
    safaricom: Safaricom, paid: bool, left: int
) -> None:
    member = mpesa.member_with(1_000_00)
    withdrawal = _reserved(member)
    _restored(go_on=False)
    mpesa.work()
    mpesa.settle_by_two(withdrawal, paid=paid, receipt="UKL5D6E7F8")
    assert _now(withdrawal)[0] == (State.PAID if paid else State.FAILED)
    assert mpesa.balance(member) == left


def test_its_page_says_where_to_look(safaricom: Safaricom) -> None:
    withdrawal = _reserved(mpesa.member_with(1_000_00))
    _restored()
    mpesa.work()
    browser: Client = signed_in(StaffFactory.create())
    page = browser.get(f"/admin/payments/withdrawal/{withdrawal.pk}/change/").content.decode()
    assert "paid under an id that is not here" in page
    assert f"/admin/payments/withdrawal/{withdrawal.pk}/paid/" in page


def test_what_is_asked_for_afterwards_is_paid_out(safaricom: Safaricom) -> None:
    _restored()
    withdrawal = _reserved(mpesa.member_with(1_000_00))
    mpesa.work()
    _answer(safaricom, code=0)
    assert _now(withdrawal)[0] == State.PAID
