"""The callback about a SIM: who may post it, and what it changes, late, twice, early or never."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from nannychain.alerts.models import Alert
from nannychain.audit.models import AuditEntry
from nannychain.clock import nairobi_date
from nannychain.inbox import services as inbox
from nannychain.inbox.models import InboxMessage
from nannychain.notifications.africastalking.insights import Answer, Outcome
from tests.factories.members import MemberFactory
from workers.identity.models import Member
from workers.identity.sim_swaps import asking, services, sweep
from workers.identity.sim_swaps.models import SimSwapLookup
from workers.identity.sim_swaps.states import State
from workers.identity.standing import services as standing
from workers.identity.standing.models import Standing

pytestmark = pytest.mark.django_db
KEY = "callback-key-of-the-tests"
JSON = "application/json"
ASKED = Answer(Outcome.ASKED, "Queued", "ATXSwid_1", "T-1")


@pytest.fixture
def member() -> Member:
    """A member whose phone was proved a month ago, and about whose SIM we have asked."""
    member = MemberFactory.create()
    month_ago = timezone.now() - timedelta(days=30)
    Member.objects.filter(pk=member.pk).update(phone_proved_at=month_ago)
    services.want(member.id)
    assert asking._claim(lookup().pk) is not None
    asking.record(lookup().pk, ASKED)
    return member


def lookup() -> SimSwapLookup:
    return SimSwapLookup.objects.get()


def told(**fields: str) -> dict[str, str]:
    today = nairobi_date(timezone.now())
    return {
        "status": "Swapped",
        "lastSimSwapDate": f"{today:%d-%m-%Y}",
        "providerRefId": "p",
        "requestId": "ATXSwid_1",
        "transactionId": "T-1",
        **fields,
    }


def post(body: Any, *, key: str = KEY, method: str = "POST") -> int:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    browser = Client(raise_request_exception=False, enforce_csrf_checks=True)
    return browser.generic(method, f"/insights/{key}", content, content_type=JSON).status_code


def outcomes() -> list[str]:
    inbox.sweep()
    return list(InboxMessage.objects.order_by("pk").values_list("outcome", flat=True))


def must_prove(member: Member) -> bool:
    return Standing.objects.get(pk=member.pk).must_prove_since is not None


class TestWhoMayCall:
    @pytest.mark.parametrize("key", ["wrong", KEY + "x", KEY.upper()])
    def test_nobody_without_the_key(self, key: str) -> None:
        assert post(told(), key=key) == 403
        assert not InboxMessage.objects.exists()

    def test_nobody_where_no_key_is_set(self, settings: Any) -> None:
        settings.SMS_CALLBACK_KEY = ""
        assert post(told()) == 403

    def test_by_post_only(self) -> None:
        assert post(told(), method="GET") == 405

    @pytest.mark.parametrize("body", [b"", b"{", b"[]", b"{}", b"null", b"\xff", b"[" * 50_000])
    def test_with_an_object_only(self, body: bytes) -> None:
        assert post(body) == 400
        assert not InboxMessage.objects.exists()


class TestWhatItChanges:
    def test_a_sim_changed_since_the_proof_has_to_be_proved_again(self, member: Member) -> None:
        assert post(told()) == 200
        assert outcomes() == ["noted"]
        assert must_prove(member)
        with pytest.raises(standing.MustProveAgain):
            standing.ensure_may_send(member.id)
        assert (lookup().state, lookup().swapped_on) == (State.TOLD, nairobi_date(timezone.now()))

    def test_the_day_counts_to_its_end_in_kenya(self, member: Member) -> None:
        post(told(lastSimSwapDate="03-02-2026"))
        outcomes()
        swapped_at = Standing.objects.get(pk=member.pk).sim_swapped_at
        assert swapped_at == datetime(2026, 2, 3, 20, 59, 59, tzinfo=UTC)

    def test_a_sim_changed_before_the_proof_changes_nothing(self, member: Member) -> None:
        post(told(lastSimSwapDate="01-01-2020"))
        assert outcomes() == ["noted"]
        assert not must_prove(member)

    def test_the_provider_s_day_for_never_is_no_change(self, member: Member) -> None:
        post(told(lastSimSwapDate="01-01-1900"))
        assert outcomes() == ["no change is known"]
        assert (lookup().state, lookup().swapped_on) == (State.TOLD, None)
        assert not must_prove(member)

    def test_it_is_known_by_its_transaction_where_the_id_is_another(self, member: Member) -> None:
        post(told(requestId="ATSwpid_1"))
        assert outcomes() == ["noted"]
        assert must_prove(member)

    def test_a_number_that_she_has_no_more_says_nothing_of_her(self, member: Member) -> None:
        Member.objects.filter(pk=member.pk).update(phone="+254733999888")
        post(told())
        assert outcomes() == ["she has another number now"]
        assert not must_prove(member)

    def test_a_day_to_come_is_not_believed(self, member: Member) -> None:
        later = nairobi_date(timezone.now()) + timedelta(days=2)
        post(told(lastSimSwapDate=f"{later:%d-%m-%Y}"))
        assert outcomes() == ["not understood"]
        assert lookup().state == State.ASKED
        assert not must_prove(member)
        assert Alert.objects.filter(key="sim_swaps:not_understood").exists()


class TestWhenItComes:
    def test_twice_in_the_same_words_it_is_one(self, member: Member) -> None:
        post(told())
        post(told())
        assert outcomes() == ["noted"]
        assert InboxMessage.objects.get().copies == 2
        assert AuditEntry.objects.filter(action="member.sim_swapped").count() == 1
        assert must_prove(member)

    def test_twice_in_other_words_the_first_counts(self, member: Member) -> None:
        post(told(lastSimSwapDate="01-01-1900"))
        post(told())
        assert outcomes() == ["no change is known", "told before"]
        assert not must_prove(member)

    def test_never_it_is_silent_after_a_day_and_late_it_still_counts(self, member: Member) -> None:
        with time_machine.travel(timezone.now() + asking.CALLBACK_MAX + timedelta(minutes=1)):
            sweep.sweep()
            assert lookup().state == State.SILENT
            post(told())
            assert outcomes() == ["noted"]
        assert lookup().state == State.TOLD
        assert must_prove(member)

    def test_for_nobody_it_is_kept_and_changes_nothing(self, member: Member) -> None:
        post(told(requestId="ATXSwid_2", transactionId="T-2"))
        assert outcomes() == ["nobody's"]
        assert not must_prove(member)

    def test_before_the_answer_it_waits_for_it(self) -> None:
        member = MemberFactory.create()
        Member.objects.filter(pk=member.pk).update(
            phone_proved_at=timezone.now() - timedelta(days=30)
        )
        services.want(member.id)
        assert asking._claim(lookup().pk) is not None
        post(told())
        assert outcomes() == [""]
        asking.record(lookup().pk, ASKED)
        with time_machine.travel(timezone.now() + timedelta(seconds=30)):
            assert outcomes() == ["noted"]
        assert must_prove(member)
