"""Callbacks: stored once and redacted, handled once, never lost."""

from collections.abc import Iterator, Mapping
from datetime import timedelta

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from nannychain import inbox
from nannychain.alerts.models import Alert
from nannychain.inbox import services
from nannychain.inbox.models import InboxMessage
from tests.factories.threads import at_once

HANDLED: list[dict[str, str]] = []


def handle(body: Mapping[str, str]) -> str:
    HANDLED.append(dict(body))
    if body.get("fail"):
        raise RuntimeError("not yet")
    return "done"


SOURCE = inbox.Source(name="test.source", redact=frozenset({"pin"}), handle=handle)


@pytest.fixture(autouse=True)
def _source() -> Iterator[None]:
    before = dict(services._sources)
    inbox.register(SOURCE)
    HANDLED.clear()
    yield
    services._sources.clear()
    services._sources.update(before)


@pytest.mark.django_db
class TestReceiving:
    def test_a_double_is_counted_and_not_stored_again(self) -> None:
        ids = {inbox.receive(SOURCE, body={"a": "1", "b": "2"}) for _ in range(3)}
        ids.add(inbox.receive(SOURCE, body={"b": "2", "a": "1"}))
        assert len(ids) == 1
        assert InboxMessage.objects.get().copies == 4

    def test_what_must_not_be_kept_is_blanked(self) -> None:
        inbox.receive(SOURCE, body={"pin": "1234", "a": "1"})
        assert InboxMessage.objects.get().body == {"pin": "[redacted]", "a": "1"}

    def test_it_takes_one_statement(self, django_assert_num_queries: object) -> None:
        with django_assert_num_queries(1):  # type: ignore[operator]
            inbox.receive(SOURCE, body={"a": "1"})

    def test_a_hostile_body_is_cut_to_size(self) -> None:
        body = {f"{n}" * 100: "x" * 10_000 for n in range(500)}
        inbox.receive(SOURCE, body={**body, "nul": "a\x00b", "lone": "\ud800"})
        kept = InboxMessage.objects.get().body
        assert len(kept) <= services.FIELDS_MAX
        assert max(len(value) for value in kept.values()) == services.VALUE_LENGTH_MAX

    def test_nul_and_lone_surrogates_can_be_kept(self) -> None:
        inbox.receive(SOURCE, body={"nul": "a\x00b", "lone": "\ud800"})
        assert InboxMessage.objects.get().body == {
            "nul": "a\N{REPLACEMENT CHARACTER}b",
            "lone": "?",
        }


@pytest.mark.django_db(transaction=True)
class TestHandling:
    def test_a_message_is_handled_once(self) -> None:
        message_id = inbox.receive(SOURCE, body={"a": "1"})
        for _ in range(3):
            services.handle(message_id)
            services.sweep()
        assert HANDLED == [{"a": "1"}]
        assert InboxMessage.objects.get().outcome == "done"

    def test_a_message_that_failed_for_ever_does_not_stop_the_others(self) -> None:
        poison = inbox.receive(SOURCE, body={"fail": "yes"})
        inbox.receive(SOURCE, body={"a": "1"})
        InboxMessage.objects.filter(pk=poison).update(attempts=30_000)
        services.sweep()
        assert {"a": "1"} in HANDLED
        assert InboxMessage.objects.get(pk=poison).due_at > timezone.now()

    def test_eight_workers_at_once_handle_once(self) -> None:
        message_id = inbox.receive(SOURCE, body={"a": "1"})

        at_once(lambda: services.handle(message_id), times=16)
        assert HANDLED == [{"a": "1"}]

    def test_a_handler_that_fails_is_tried_again_later_and_alerts(self) -> None:
        message_id = inbox.receive(SOURCE, body={"fail": "yes"})
        services.handle(message_id)
        assert InboxMessage.objects.get().attempts == 1
        assert services.sweep() == 0
        for _ in range(services.ALERT_AFTER_ATTEMPTS):
            InboxMessage.objects.update(due_at=timezone.now() - timedelta(seconds=1))
            assert services.sweep() == 1
        assert Alert.objects.get().key == f"inbox:{message_id}"


@given(st.dictionaries(st.text(max_size=80), st.text(max_size=80), max_size=60))
def test_any_body_can_be_redacted_and_stored_as_text(body: dict[str, str]) -> None:
    kept = inbox.services.redacted(body, names=frozenset({"pin"}))
    assert len(kept) <= services.FIELDS_MAX
    for name, value in kept.items():
        assert "\x00" not in name + value
        (name + value).encode()
