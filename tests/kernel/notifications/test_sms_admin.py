"""The admin: SMS and the kernel's own tables, to read; two acts, for those who may."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from nannychain import alerts, inbox
from nannychain.alerts.models import Alert
from nannychain.audit.models import AuditEntry
from nannychain.inbox.models import InboxMessage
from nannychain.notifications import optouts, sending
from nannychain.notifications.models import Sms
from nannychain.outbox.models import OutboxEvent
from nannychain.states.models import StateChange
from tests.factories.members import StaffFactory
from tests.kernel.notifications.messages import CODE, PHONE, age, queue, queue_code, report
from tests.kernel.notifications.provider import CUT, Provider, accepted

pytestmark = pytest.mark.django_db
SMS, ALERTS = "/admin/nannychain/sms/", "/admin/nannychain/alert/"
LISTS = ["sms", "optout", "alert", "statechange", "inboxmessage", "outboxevent", "auditentry"]


def browser(*permissions: str, is_superuser: bool = False) -> Client:
    """Return the browser of a staff member with these permissions."""
    member = StaffFactory.create(is_superuser=is_superuser)
    member.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(member)
    return client


def page(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def page_of(sms: Sms) -> str:
    return f"{SMS}{sms.pk}/change/"


@pytest.fixture
def superuser() -> Client:
    return browser(is_superuser=True)


@pytest.fixture
def delivered(provider: Provider) -> Sms:
    """An SMS that arrived."""
    sms = queue(text="Karibu NannyChain")
    provider.will(accepted(PHONE, message_id="ATXid_1"))
    sending.send(sms.pk)
    report(id="ATXid_1", status="Success", phoneNumber=PHONE, networkCode="63902")
    return sms


@pytest.fixture
def unknown(provider: Provider) -> Sms:
    """An SMS whose answer was lost."""
    sms = queue("+254722000111", text="Karibu")
    provider.will(CUT)
    sending.send(sms.pk)
    return sms


def act(client: Client, address: str, action: str, *things: object) -> str:
    chosen = [str(getattr(thing, "pk", None)) for thing in things]
    answer = client.post(address, {"action": action, "_selected_action": chosen}, follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


class TestShowing:
    def test_the_list_says_what_became_of_each(
        self, superuser: Client, delivered: Sms, unknown: Sms
    ) -> None:
        shown = page(superuser, SMS)
        for words in ("0712345678", "welcome", "delivered", "KES 0.8000", "not known whether sent"):
            assert words in shown

    def test_the_page_shows_text_report_and_every_move(
        self, superuser: Client, delivered: Sms
    ) -> None:
        shown = page(superuser, page_of(delivered))
        for words in ("Karibu NannyChain", "Success", "63902", "ATXid_1"):
            assert words in shown
        assert "DELIVERED" not in shown
        for words in ("waiting to be sent", "being sent", "sent, no report yet", "delivered"):
            assert words in shown

    def test_a_code_is_hidden_at_every_stage(self, superuser: Client, provider: Provider) -> None:
        sms = queue_code()
        for step in (lambda: None, lambda: sending.send(sms.pk)):
            step()
            shown = page(superuser, page_of(sms)) + page(superuser, SMS)
            assert "code hidden" in shown
            assert CODE not in shown
            assert "sealed_text" not in shown
            assert sms.key_id not in shown

    @pytest.mark.parametrize(
        ("query", "count"),
        [
            ("", 2),
            ("?phone=%2B254712345678", 1),
            ("?q=0712+345+678", 1),
            ("?q=ATXid_1", 1),
            ("?q=nothing", 0),
            ("?state=UNKNOWN", 1),
            ("?state=FAILED", 0),
            ("?kind=welcome", 2),
            ("?kind=code", 0),
            ("?created_at__gte=2000-01-01T00:00Z", 2),
            ("?created_at__gte=2999-01-01T00:00Z", 0),
        ],
    )
    def test_sms_are_found_by_phone_state_kind_and_day(
        self, superuser: Client, delivered: Sms, unknown: Sms, query: str, count: int
    ) -> None:
        assert page(superuser, SMS + query).count("/change/") == count

    def test_the_list_reads_no_sealed_text_and_takes_few_queries(
        self, superuser: Client, delivered: Sms, django_assert_max_num_queries: object
    ) -> None:
        for _ in range(5):
            queue_code()
        with django_assert_max_num_queries(8) as queries:  # type: ignore[operator]
            page(superuser, SMS)
        assert not any("sealed_text" in query["sql"] for query in queries.captured_queries)

    @pytest.mark.parametrize("name", LISTS)
    def test_every_table_of_the_kernel_has_a_list_and_pages(
        self, superuser: Client, delivered: Sms, name: str
    ) -> None:
        inbox.receive(optouts.SOURCE, body={"senderId": "X", "phoneNumber": PHONE})
        inbox.services.sweep()
        alerts.raise_alert(key="a", title="Trouble <b>here</b>", details={"n": 1})
        AuditEntry.objects.create(action="a.b", actor="t", subject_type="t", subject_id="1")
        shown = page(superuser, f"/admin/nannychain/{name}/")
        first = shown.split(f"/admin/nannychain/{name}/", 1)[1:]
        assert first
        model = {
            "sms": Sms,
            "alert": Alert,
            "statechange": StateChange,
            "inboxmessage": InboxMessage,
            "outboxevent": OutboxEvent,
            "auditentry": AuditEntry,
        }.get(name)
        if model:
            thing = model._default_manager.first()
            assert thing is not None
            page(superuser, f"/admin/nannychain/{name}/{thing.pk}/change/")

    @pytest.mark.parametrize("name", LISTS)
    def test_who_may_not_see_a_table_does_not(self, name: str) -> None:
        assert browser().get(f"/admin/nannychain/{name}/").status_code == 403

    @pytest.mark.parametrize("name", LISTS)
    def test_nobody_adds_a_row_by_hand(self, superuser: Client, name: str) -> None:
        assert superuser.get(f"/admin/nannychain/{name}/add/").status_code == 403

    def test_nobody_changes_or_deletes_an_sms(self, superuser: Client, delivered: Sms) -> None:
        assert superuser.post(page_of(delivered), {"text": "x"}).status_code == 403
        assert superuser.post(f"{SMS}{delivered.pk}/delete/", {"post": "yes"}).status_code == 403


class TestSendingAgain:
    def test_it_queues_a_new_one_and_is_audited(self, unknown: Sms) -> None:
        client = browser("view_sms", "add_sms")
        assert "1 queued to be sent again" in act(client, SMS, "send_again", unknown)
        new = Sms.objects.get(again_of=unknown)
        assert (new.state, new.text) == ("QUEUED", "Karibu")
        assert AuditEntry.objects.get(action="sms.sent_again").subject_id == str(unknown.pk)
        assert f"{SMS}{unknown.pk}/change/" in page(client, page_of(new))

    def test_what_arrived_is_refused_with_a_sentence(
        self, superuser: Client, delivered: Sms
    ) -> None:
        # The apostrophe is escaped on the page.
        assert "be sent again. A code has to be" in act(superuser, SMS, "send_again", delivered)
        assert Sms.objects.count() == 1

    def test_a_code_is_refused(self, superuser: Client, provider: Provider) -> None:
        sms = queue_code()
        age(sms, timedelta(hours=1))
        sending.send(sms.pk)
        act(superuser, SMS, "send_again", sms)
        assert Sms.objects.count() == 1

    def test_who_may_only_look_is_not_offered_it_and_can_not_do_it(self, unknown: Sms) -> None:
        client = browser("view_sms")
        assert "send_again" not in page(client, SMS)
        act(client, SMS, "send_again", unknown)
        assert Sms.objects.count() == 1


class TestAcknowledging:
    def test_it_names_who_has_seen_it(self) -> None:
        alert_id = alerts.raise_alert(key="a", title="Trouble")
        client = browser("view_alert", "change_alert")
        act(client, ALERTS, "acknowledge", Alert.objects.get())
        alert = Alert.objects.get(pk=alert_id)
        assert alert.acknowledged_at is not None
        assert "NW-" in page(client, f"{ALERTS}{alert_id}/change/")

    def test_who_may_only_look_can_not(self) -> None:
        alerts.raise_alert(key="a", title="Trouble")
        act(browser("view_alert"), ALERTS, "acknowledge", Alert.objects.get())
        assert Alert.objects.get().acknowledged_at is None

    def test_what_is_over_is_closed(self) -> None:
        alerts.raise_alert(key="a", title="Trouble")
        client = browser("view_alert", "change_alert")
        assert "1 closed" in act(client, ALERTS, "close", Alert.objects.get())
        assert Alert.objects.get().resolved_at is not None

    def test_who_may_only_look_closes_nothing(self) -> None:
        alerts.raise_alert(key="a", title="Trouble")
        act(browser("view_alert"), ALERTS, "close", Alert.objects.get())
        assert Alert.objects.get().resolved_at is None

    @pytest.mark.parametrize(("trouble", "count"), [("open", 1), ("over", 0)])
    def test_open_ones_can_be_told_from_those_that_are_over(
        self, superuser: Client, trouble: str, count: int
    ) -> None:
        alerts.raise_alert(key="a", title="Trouble")
        assert page(superuser, f"{ALERTS}?trouble={trouble}").count("/change/") == count
