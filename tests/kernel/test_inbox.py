"""Callbacks: stored once and redacted, handled once, never lost."""

import json
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from nannychain import inbox
from nannychain.alerts.models import Alert
from nannychain.inbox import redaction, services
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
        assert len(kept) <= redaction.FIELDS_MAX
        assert max(len(value) for value in kept.values()) == redaction.VALUE_LENGTH_MAX

    def test_nul_and_lone_surrogates_can_be_kept(self) -> None:
        inbox.receive(SOURCE, body={"nul": "a\x00b", "lone": "\ud800"})
        assert InboxMessage.objects.get().body == {
            "nul": "a\N{REPLACEMENT CHARACTER}b",
            "lone": "?",
        }


class TestNestedBodies:
    def test_secrets_are_blanked_at_any_depth_in_any_case_and_in_pairs(self) -> None:
        body = {
            "a": [{"PIN": "1"}, {"b": {"pin": {"deep": "2"}}}],
            "items": [{"Key": "Pin", "Value": "3"}, {"Name": "pin", "Value": "4"}],
            "kept": {"Key": "other", "Value": 5},
        }
        kept = redaction.redacted(body, names=frozenset({"pin"}))
        assert kept["a"] == [{"PIN": "[redacted]"}, {"b": {"pin": "[redacted]"}}]
        assert [item["Value"] for item in kept["items"]] == ["[redacted]"] * 2
        assert kept["kept"] == body["kept"]

    def test_plain_values_keep_their_type(self) -> None:
        body = {"n": 254712345678, "t": True, "none": None, "list": [1, "a"], "object": {}}
        assert redaction.redacted(body, names=frozenset()) == body

    def test_what_is_deep_or_many_or_long_is_cut(self) -> None:
        deep: Any = "x"
        for _ in range(50):
            deep = {"d": deep}
        many = {f"k{n}": [[m] * 40 for m in range(40)] for n in range(40)}
        kept = redaction.redacted({"deep": deep, "many": many, "big": 10**400}, names=frozenset())
        assert len(json.dumps(kept)) < 50_000


@pytest.mark.django_db
class TestAddresses:
    def test_what_comes_to_an_address_is_stored_for_its_subject(self) -> None:
        services.open_address("d" * 64, source="test.letters", subject_id="7")
        assert services.receive_at("d" * 64, body={"a": {"pin": "1"}}, redact=SOURCE.redact)
        message = InboxMessage.objects.get()
        assert (message.source, message.subject_id) == ("test.letters", "7")
        assert message.body == {"a": {"pin": "[redacted]"}}

    def test_an_address_that_is_not_open_stores_nothing(self) -> None:
        assert services.receive_at("e" * 64, body={"a": 1}, redact=frozenset()) == 0
        assert not InboxMessage.objects.exists()


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


@pytest.mark.parametrize(
    "body",
    [
        {"PIN": "1234"},
        {"a": [{"Key": "pin", "Value": "1234"}]},
        {"p\u0131n": "1", "Pin": {"x": "1234"}},
        {"nul": "a\x00b", "pin": "1234"},
    ],
)
def test_no_short_way_keeps_a_secret(body: dict[str, Any]) -> None:
    text = redaction.kept(body, names=frozenset({"pin"}))
    assert "1234" not in text
    assert "\\u0000" not in text


def test_what_is_short_and_plain_is_kept_as_it_is() -> None:
    body = {"b": 1, "a": [{"Key": "Amount", "Value": "1.00"}, None, True]}
    assert redaction.kept(body, names=frozenset({"pin"})) == json.dumps(body, sort_keys=True)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=80),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=80), inner),
)


@given(st.dictionaries(st.text(max_size=80), JSON, max_size=60))
def test_any_body_can_be_redacted_and_stored_as_text(body: dict[str, Any]) -> None:
    assert json.loads(redaction.kept(body, names=frozenset({"pin"}))) is not None
    kept = redaction.redacted(body, names=frozenset({"pin"}))
    assert len(kept) <= redaction.FIELDS_MAX
    text = json.dumps(kept, ensure_ascii=False)
    assert "\\u0000" not in text
    text.encode()
