"""Where M-Pesa calls us back: kept first, believed late, and never anybody else's."""

import json
from datetime import datetime
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries, Settings

from nannychain import inbox
from nannychain.alerts.models import Alert
from nannychain.inbox import services as inbox_services
from nannychain.inbox import statements
from nannychain.inbox.models import InboxAddress, InboxMessage
from nannychain.logs.masking import mask_text
from nannychain.transactions import TransactionRequired
from payments.mpesa import callbacks
from payments.mpesa.callbacks import addresses, validation
from payments.mpesa.messages import PushResult, Result
from payments.mpesa.paybills import PaybillPayment, Refusal

pytestmark = pytest.mark.django_db
FOLDER = Path(__file__).parents[2] / "contracts" / "fixtures" / "daraja"
KEY = "f0" * 16
PATHS = ("deposit", "payout/result", "payout/timeout", "result", "timeout")


def fixture(name: str) -> bytes:
    return (FOLDER / f"{name}.json").read_bytes()


def post(path: str, body: bytes | Any, **more: Any) -> Any:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    client = Client(raise_request_exception=False, enforce_csrf_checks=True)
    response = client.generic("POST", path, content, content_type="application/json", **more)
    assert b"<" not in response.content
    return response


class Rail:
    """A rail that notes what it is told, in place of deposits, withdrawals and paybill."""

    def __init__(self) -> None:
        self.settled: list[tuple[str, Any]] = []
        self.asked: list[tuple[str, str]] = []
        self.paid: list[PaybillPayment] = []
        self.doubted: list[PaybillPayment] = []
        self.older: list[str] = []
        self.mismatch = ""

    def settle(self, *, subject_id: str, message: Any, received_at: datetime) -> str:
        if self.mismatch:
            raise callbacks.NotOurs(self.mismatch)
        self.settled.append((subject_id, message))
        return "settled"

    def ask(self, *, subject_id: str, why: str) -> None:
        self.asked.append((subject_id, why))

    def settle_paybill(self, payment: PaybillPayment) -> str:
        self.paid.append(payment)
        return "settled"

    def doubt_paybill(self, payment: PaybillPayment) -> str:
        self.doubted.append(payment)
        return "doubted"

    def ask_older(self, named: str) -> bool:
        self.older.append(named)
        return named.startswith("ws_CO")


@pytest.fixture
def rail(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> Rail:
    made = Rail()
    monkeypatch.setattr(inbox_services, "_sources", dict(inbox_services._sources))
    inbox.register(
        callbacks.pushes("test.push", settle=made.settle, ask=made.ask),
        callbacks.payouts("test.payout", settle=made.settle, ask=made.ask),
        callbacks.questions("test.question", settle=made.settle, ask=made.ask),
        callbacks.paybill(settle=made.settle_paybill, doubt=made.doubt_paybill),
        callbacks.older_pushes(ask=made.ask_older),
        callbacks.older_payouts(ask=made.ask_older),
    )
    settings.PAYBILL_CALLBACK_KEY = KEY
    return made


def opened(kind: str, subject_id: str = "0199") -> str:
    with transaction.atomic():
        return callbacks.new(kind, subject_id)


class TestAddresses:
    def test_a_token_has_128_bits_belongs_to_one_operation_and_can_be_made_again(self) -> None:
        token = opened("test.push")
        assert len(bytes.fromhex(token)) == 16
        assert opened("test.push") == token
        others = {opened("test.payout"), opened("test.push", "0200")}
        assert token not in others
        assert InboxAddress.objects.count() == 3

    def test_the_database_does_not_have_it(self) -> None:
        token = opened("test.push")
        assert token not in str(list(InboxAddress.objects.values()))

    def test_a_token_of_another_secret_key_is_another(self, settings: Settings) -> None:
        before = addresses.token_of("test.push", "0199")
        settings.SECRET_KEY = "another" * 10
        assert addresses.token_of("test.push", "0199") != before

    @pytest.mark.django_db(transaction=True)
    def test_it_is_opened_with_the_claim_of_its_operation(self) -> None:
        with pytest.raises(TransactionRequired):
            callbacks.new("test.push", "0199")

    def test_no_address_has_a_word_that_safaricom_refuses(self, settings: Settings) -> None:
        settings.PAYBILL_CALLBACK_KEY = KEY
        urls = [callbacks.url(opened("test.push"), path) for path in PATHS]
        for url in (*urls, *addresses.paybill_urls()):
            for word in ("mpesa", "safaricom", "exe", "cmd", "sql", "query"):
                assert word not in url.lower()

    def test_logs_show_neither_token_nor_key(self) -> None:
        token = opened("test.push")
        for path in (f"/cb/{token}/deposit", f"/cb/{KEY}/paybill/validation"):
            masked = mask_text(path)
            assert token not in masked
            assert KEY not in masked


class TestWhatIsTold:
    def test_the_result_of_a_push_reaches_its_rail(self, rail: Rail) -> None:
        response = post(
            f"/cb/{opened('test.push')}/deposit", fixture("stk_cb_success_docs_4_items")
        )
        assert (response.status_code, response.json()) == (
            200,
            {"ResultCode": 0, "ResultDesc": "Accepted"},
        )
        assert rail.settled == []
        inbox_services.sweep()
        ((subject_id, message),) = rail.settled
        assert isinstance(message, PushResult)
        assert (subject_id, message.receipt, message.amount_cents) == ("0199", "NLJ7RT61SV", 100)

    def test_the_results_of_payouts_and_questions_reach_theirs(self, rail: Rail) -> None:
        post(f"/cb/{opened('test.payout')}/payout/result", fixture("b2c_result_success_docs"))
        post(f"/cb/{opened('test.question')}/result", fixture("balance_result_docs_strings"))
        inbox_services.sweep()
        assert {type(message) for _, message in rail.settled} == {Result}
        assert len(rail.settled) == 2

    @pytest.mark.parametrize(
        ("kind", "path"), [("payout", "payout/timeout"), ("question", "timeout")]
    )
    def test_a_queue_timeout_only_asks_and_our_credential_is_not_kept(
        self, rail: Rail, kind: str, path: str
    ) -> None:
        token = opened(f"test.{kind}")
        assert post(f"/cb/{token}/{path}", fixture("b2c_queue_timeout_echo")).status_code == 200
        # Even one that has the shape of a result.
        post(f"/cb/{token}/{path}", fixture("b2c_result_success_docs"))
        inbox_services.sweep()
        assert (len(rail.asked), rail.settled) == (2, [])
        kept = InboxMessage.objects.order_by("pk").first()
        assert kept is not None
        assert kept.body["told"]["SecurityCredential"] == "[redacted]"
        assert "REDACTED==" not in str(kept.body)

    def test_it_costs_one_statement(
        self, rail: Rail, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        token = opened("test.push")
        with django_assert_num_queries(1) as captured:
            post(f"/cb/{token}/deposit", fixture("stk_cb_success_docs_4_items"))
        assert (
            captured.captured_queries[0]["sql"]
            .strip()
            .startswith("SELECT id, copies FROM inbox_keep_at(")
        )

    def test_a_double_is_counted_and_settles_once(self, rail: Rail) -> None:
        token = opened("test.push")
        for _ in range(3):
            post(f"/cb/{token}/deposit", fixture("stk_cb_success_docs_4_items"))
            inbox_services.sweep()
        assert InboxMessage.objects.get().copies == 3
        assert len(rail.settled) == 1

    def test_the_same_words_to_two_addresses_are_no_double(self, rail: Rail) -> None:
        for subject_id in ("1", "2"):
            token = opened("test.push", subject_id)
            post(f"/cb/{token}/deposit", fixture("stk_cb_fail_1032_docs"))
        inbox_services.sweep()
        assert {subject_id for subject_id, _ in rail.settled} == {"1", "2"}

    @pytest.mark.parametrize("path", PATHS)
    @pytest.mark.parametrize("token", ["ab" * 16, "x", "AB" * 16, "ab" * 17, "%00"])
    def test_an_unknown_address_is_not_there_and_nothing_is_kept(
        self, rail: Rail, path: str, token: str
    ) -> None:
        opened("test.push")
        response = post(f"/cb/{token}/{path}", fixture("stk_cb_success_docs_4_items"))
        assert (response.status_code, response.content) == (404, b"Not found")
        assert not InboxMessage.objects.exists()

    def test_only_posts_are_taken(self, rail: Rail) -> None:
        for path in (f"/cb/{opened('test.push')}/deposit", "/mpesa/b2c/result"):
            response = Client().get(path)
            assert (response.status_code, response.headers["Allow"]) == (405, "POST")

    def test_while_the_database_is_away_it_asks_to_come_again(
        self, rail: Rail, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        token = opened("test.push")

        def away(*_: Any, **__: Any) -> int:
            raise DatabaseError("away")

        monkeypatch.setattr(inbox, "receive_at", away)
        assert post(f"/cb/{token}/deposit", b"{}").status_code == 503


class TestWhatIsNotBelieved:
    def quarantined(self) -> InboxMessage:
        message = InboxMessage.objects.get()
        assert message.outcome.startswith("quarantined: ")
        assert message.handled_at is not None
        assert Alert.objects.filter(key__startswith="mpesa:quarantined:").exists()
        return message

    def test_what_does_not_fit_the_operation_is_put_aside_and_asked_about(self, rail: Rail) -> None:
        rail.mismatch = "amount"
        post(f"/cb/{opened('test.push')}/deposit", fixture("stk_cb_success_docs_4_items"))
        inbox_services.sweep()
        assert self.quarantined().outcome == "quarantined: amount"
        assert [subject_id for subject_id, _ in rail.asked] == ["0199"]

    def test_a_push_told_at_the_address_of_a_payout_is_put_aside(self, rail: Rail) -> None:
        post(f"/cb/{opened('test.push')}/payout/result", fixture("b2c_result_success_docs"))
        inbox_services.sweep()
        self.quarantined()
        assert (rail.settled, len(rail.asked)) == ([], 1)

    @pytest.mark.parametrize(
        "body", [b"", b"<html>", b"[1,2]", b"null", b"\xff\xfe", b"9" * 70_000, b'{"a":' * 2_000]
    )
    def test_nonsense_is_put_aside_and_asked_about(self, rail: Rail, body: bytes) -> None:
        response = post(f"/cb/{opened('test.push')}/deposit", body)
        assert response.status_code == 200
        inbox_services.sweep()
        assert len(str(self.quarantined().body)) < 1_000
        assert (rail.settled, len(rail.asked)) == ([], 1)

    def test_no_credential_is_kept_of_a_broken_body(self, rail: Rail) -> None:
        post(f"/cb/{opened('test.payout')}/payout/timeout", b'{"SecurityCredential":"canary"')
        assert "canary" not in str(InboxMessage.objects.get().body)

    def test_an_unknown_sender_only_causes_a_question(self, rail: Rail, settings: Settings) -> None:
        settings.MPESA_CALLBACK_IPS = (ip_network("196.201.214.0/24"),)
        token = opened("test.push")
        body = fixture("stk_cb_success_docs_4_items")
        assert post(f"/cb/{token}/deposit", body, REMOTE_ADDR="8.8.8.8").status_code == 200
        inbox_services.sweep()
        assert self.quarantined().trusted is False
        assert (rail.settled, len(rail.asked)) == ([], 1)
        # The true one, with the same words, is no double of it.
        post(f"/cb/{token}/deposit", body, REMOTE_ADDR="196.201.214.206")
        inbox_services.sweep()
        assert len(rail.settled) == 1

    def test_a_sender_is_named_by_our_own_proxy_and_not_by_himself(
        self, rail: Rail, settings: Settings
    ) -> None:
        settings.MPESA_CALLBACK_IPS = (ip_network("196.201.214.0/24"),)
        body = fixture("stk_cb_success_docs_4_items")
        path = f"/cb/{opened('test.push')}/deposit"
        post(path, body, REMOTE_ADDR="8.8.8.8", HTTP_X_FORWARDED_FOR="196.201.214.206")
        assert InboxMessage.objects.get().trusted is False
        settings.TRUSTED_PROXIES = 1
        post(path, body, REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR="196.201.214.206")
        assert InboxMessage.objects.filter(trusted=True).count() == 1


class TestOlderAddresses:
    def test_they_are_kept_and_only_cause_a_question(self, rail: Rail) -> None:
        for path, name in (
            ("/mpesa/deposit/callback", "stk_cb_success_docs_4_items"),
            ("/mpesa/b2c/result", "b2c_result_success_docs"),
        ):
            assert post(path, fixture(name)).status_code == 200
        inbox_services.sweep()
        assert rail.settled == []
        assert rail.older == [
            "ws_CO_191220191020363925",
            "53e3-4aa8-9fe0-8fb5e4092cdd3533373",
        ]
        assert set(InboxMessage.objects.values_list("outcome", "trusted")) == {
            ("asked", False),
            ("nobody's", False),
        }

    def test_nobody_can_fill_the_disk_with_them(
        self, rail: Rail, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        few = statements.STORE_UNTRUSTED.replace(str(statements.UNTRUSTED_MAX_A_DAY), "3")
        monkeypatch.setattr(inbox_services, "STORE_UNTRUSTED", few)
        for n in range(6):
            assert post("/mpesa/deposit/callback", {"n": n}).status_code == 200
        post("/mpesa/b2c/result", {"n": 0})
        assert InboxMessage.objects.filter(source="mpesa.older.deposit").count() == 3
        assert InboxMessage.objects.filter(source="mpesa.older.payout").count() == 1

    def test_a_long_body_is_not_kept(self, rail: Rail) -> None:
        post("/mpesa/deposit/callback", {"x": "y" * 5_000})
        assert InboxMessage.objects.get().body == {"unreadable": "too big"}


class TestPaybill:
    VALIDATION, CONFIRMATION = f"/cb/{KEY}/paybill/validation", f"/cb/{KEY}/paybill/confirmation"

    def test_a_confirmation_reaches_the_rail(self, rail: Rail) -> None:
        response = post(self.CONFIRMATION, fixture("c2b_v2_confirm_no_middle_last_2022"))
        assert response.json() == {"ResultCode": "0", "ResultDesc": "Accepted"}
        inbox_services.sweep()
        assert [payment.receipt for payment in rail.paid] == ["QER3OM0QN3"]

    def test_one_from_an_unknown_sender_is_doubted(self, rail: Rail, settings: Settings) -> None:
        settings.MPESA_CALLBACK_IPS = (ip_network("196.201.214.0/24"),)
        post(self.CONFIRMATION, fixture("c2b_v2_confirm_no_middle_last_2022"))
        inbox_services.sweep()
        assert (rail.paid, len(rail.doubted)) == ([], 1)

    def test_one_that_cannot_be_read_is_put_aside(self, rail: Rail) -> None:
        post(self.CONFIRMATION, {"TransID": "QER3OM0QN3"})
        inbox_services.sweep()
        assert InboxMessage.objects.get().outcome == "quarantined: no amount"

    @pytest.mark.parametrize(
        ("reason", "code"),
        [(None, "0"), (Refusal.ACCOUNT, "C2B00012"), (Refusal.AMOUNT, "C2B00013")],
    )
    def test_the_rail_decides_about_a_validation(
        self, rail: Rail, monkeypatch: pytest.MonkeyPatch, reason: Refusal | None, code: str
    ) -> None:
        monkeypatch.setattr(validation, "_hook", validation._Hook())
        callbacks.validate_with(lambda payment: reason if payment.account else None)
        assert post(self.VALIDATION, fixture("c2b_v2_validation_docs")).json()["ResultCode"] == code
        assert not InboxMessage.objects.exists()

    def test_what_cannot_be_decided_or_read_is_refused(
        self, rail: Rail, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def away(_: PaybillPayment) -> None:
            raise DatabaseError("away")

        monkeypatch.setattr(validation, "_hook", validation._Hook())
        body = fixture("c2b_v2_validation_docs")
        for decide in (None, away):
            if decide:
                callbacks.validate_with(decide)
            assert post(self.VALIDATION, body).json()["ResultCode"] == "C2B00016"
        callbacks.validate_with(lambda _: None)
        for nonsense in (b"", b"{}", b"[]"):
            assert post(self.VALIDATION, nonsense).json()["ResultCode"] == "C2B00016"

    @pytest.mark.parametrize("key", ["f1" * 16, "x", ""])
    def test_another_key_opens_nothing(self, rail: Rail, settings: Settings, key: str) -> None:
        body = fixture("c2b_v2_confirm_no_middle_last_2022")
        for path in ("validation", "confirmation"):
            assert post(f"/cb/{key}/paybill/{path}", body).status_code == 404
        settings.PAYBILL_CALLBACK_KEY = ""
        assert post(self.CONFIRMATION, body).status_code == 404
        assert not InboxMessage.objects.exists()


@given(st.binary(max_size=300), st.sampled_from(PATHS))
@hypothesis_settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_posted_is_answered_and_worked_off(rail: Rail, body: bytes, path: str) -> None:
    token = opened("test.payout")
    assert post(f"/cb/{token}/{path}", body).status_code == 200
    inbox_services.sweep()
    assert not InboxMessage.objects.filter(handled_at__isnull=True).exists()
