"""The search: everything by every name that it has, nothing that a role may not see, and a note."""

import uuid
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from config.roles import Role
from config.search import FINDERS
from nannychain.audit.models import AuditEntry
from nannychain.ids import new_id
from nannychain.notifications.models import Sms
from nannychain.staff import finding
from payments.deposits.models import Deposit
from payments.paybill.models import PaybillPayment
from payments.reconciliation.statements.models import StatementFile, StatementLine
from payments.withdrawals.models import ExtraPayout, PayoutAttempt, Withdrawal
from tests.config.test_front_page import deposit, movement, paybill, role, withdrawal
from tests.factories import breaks, money
from tests.factories.browsers import officer, signed_in
from tests.factories.members import MemberFactory, StaffFactory
from wallets.ledger.models import Journal
from workers.identity.models import Member

pytestmark = pytest.mark.django_db
FIND = "/admin/find/"
QUERIES_MAX = 40


def chief() -> Client:
    return signed_in(StaffFactory.create(is_superuser=True))


def found(client: Client, term: str) -> dict[str, str]:
    """Return what a search finds: the address of each, and what kind of thing it is."""
    answer = client.post(FIND, {"term": term})
    assert answer.status_code == 200
    return {hit.address: hit.kind for hit in answer.context["hits"]}


def page(row: Any) -> str:
    return f"/admin/{row._meta.app_label}/{row._meta.model_name}/{row.pk}/change/"


def line(receipt: str, **fields: Any) -> StatementLine:
    file = StatementFile.objects.create(sha256="x", name="x", size_bytes=1, content=b"x", by="x")
    at = timezone.now()
    return StatementLine.objects.create(
        file=file,
        number=8,
        shortcode="600000",
        account="Utility Account",
        kind="payout",
        receipt=receipt,
        completed_at=at,
        initiated_at=at,
        amount_cents=-100_00,
        balance_cents=0,
        reason_type="x",
        direction=-1,
        **fields,
    )


@pytest.fixture
def wanjiku() -> Member:
    member: Member = MemberFactory.create(phone="+254712345678", name="Wanjiku")
    return member


class TestByEveryName:
    @pytest.mark.parametrize(
        "spelling",
        ["0712345678", "+254712345678", "254 712 345 678", "0712-345-678", "00254712345678"],
    )
    def test_a_member_by_phone_in_any_spelling(self, wanjiku: Member, spelling: str) -> None:
        assert page(wanjiku) in found(chief(), spelling)

    def test_a_member_by_worker_id_in_any_spelling(self, wanjiku: Member) -> None:
        code = wanjiku.worker_id
        for spelling in (code, code.lower(), code.replace("-", " "), code.removeprefix("NW-")):
            assert found(chief(), f" {spelling} ") == {page(wanjiku): "Member"}

    def test_nobody_by_a_worker_id_whose_check_character_is_wrong(self, wanjiku: Member) -> None:
        last = "0" if wanjiku.worker_id[-1] != "0" else "1"
        assert found(chief(), wanjiku.worker_id[:-1] + last) == {}

    def test_a_member_and_her_wallet_by_stellar_address(self, wanjiku: Member) -> None:
        address = wanjiku.wallet.stellar_public_key
        assert found(chief(), address.lower()) == {
            page(wanjiku): "Member",
            page(wanjiku.wallet): "Wallet",
        }

    def test_payments_by_receipt_in_any_case(self) -> None:
        deposit(receipt="TJ12345678", state="PAID")
        withdrawal(receipt="TL12345678", state="PAID")
        assert found(chief(), "tj12345678") == {page(Deposit.objects.get()): "Deposit"}
        assert found(chief(), "TL12345678") == {page(Withdrawal.objects.get()): "Withdrawal"}

    def test_a_payment_to_the_paybill_by_receipt(self) -> None:
        paybill(state="SUSPENSE")
        row = PaybillPayment.objects.get()
        assert found(chief(), row.receipt.lower()) == {page(row): "Paybill"}

    def test_a_break_by_receipt_reference_and_subject(self) -> None:
        item = breaks.one(reference="TJ12345678")
        other = breaks.one(subject="line:2", reference="withdrawal:x")
        for term in ("tj12345678", item.subject):
            assert found(chief(), term) == {page(item): "Break"}
        assert found(chief(), "withdrawal:x") == {page(other): "Break"}

    def test_a_statement_line_and_the_break_about_it_by_receipt(self) -> None:
        row = line("TJ12345678", linked="TK12345678")
        undone = breaks.one(subject=f"statement:line:{row.pk}", reference="TK12345678")
        assert found(chief(), "tj12345678") == {page(row): "Statement line", page(undone): "Break"}
        assert found(chief(), "TK12345678") == {page(undone): "Break"}
        assert found(officer("view_statementline"), "TJ12345678") == {page(row): "Statement line"}
        assert found(officer("view_break"), "TJ12345678") == {page(undone): "Break"}

    def test_a_payment_too_many_by_receipt_leads_to_its_withdrawal(self) -> None:
        withdrawal(receipt="TL12345678", state="PAID")
        row = Withdrawal.objects.get()
        attempt = PayoutAttempt.objects.create(withdrawal=row, number=1, originator_id="x")
        ExtraPayout.objects.create(
            withdrawal=row, attempt=attempt, receipt="TM12345678", amount_cents=1, why="paid twice"
        )
        assert found(chief(), "tm12345678") == {page(row): "Payment too many"}
        assert found(officer("view_withdrawal"), "TM12345678") == {}

    def test_everything_by_its_id(self) -> None:
        deposit()
        withdrawal()
        paybill()
        for row in (Deposit, Withdrawal, PaybillPayment):
            one = row.objects.get()  # type: ignore[attr-defined]
            assert page(one) in found(chief(), str(one.pk))
            assert page(one) in found(chief(), one.pk.hex)

    def test_a_deposit_by_the_reference_that_stands_on_the_prompt(self) -> None:
        from payments.deposits import references

        reference = references.new()
        deposit()
        Deposit.objects.update(reference=reference)
        row = Deposit.objects.get()
        assert found(chief(), reference.lower()) == {page(row): "Deposit"}

    def test_a_withdrawal_by_our_id_at_mpesa(self) -> None:
        withdrawal()
        row = Withdrawal.objects.get()
        ours = str(uuid.uuid4())
        PayoutAttempt.objects.create(withdrawal=row, number=1, originator_id=ours)
        assert page(row) in found(chief(), ours)

    def test_a_movement_by_the_hash_of_its_transaction(self) -> None:
        movement()
        from wallets.stellar.watching.models import Movement

        assert found(chief(), "AB" * 32) == {page(Movement.objects.get()): "Movement"}

    def test_a_journal_by_number_and_by_key(self) -> None:
        money.member(70_000)
        journal = Journal.objects.get()
        for term in (str(journal.pk), journal.key):
            assert found(chief(), term) == {page(journal): "Journal"}

    def test_sms_by_phone_as_a_list(self, wanjiku: Member) -> None:
        sms = {"kind": "welcome", "language": "en", "text": "x", "parts": 1, "is_urgent": False}
        Sms.objects.create(phone=wanjiku.phone, expires_at=timezone.now(), **sms)
        listed = "/admin/nannychain/sms/?phone=%2B254712345678"
        assert found(chief(), "0712 345 678")[listed] == "SMS"

    @pytest.mark.parametrize(
        "nonsense",
        ["x", "' OR 1=1 --", "%", "*", "99" * 60, "\x00", "💣", "ws_CO_", "-", "0" * 64, "S" * 56],
    )
    def test_nothing_by_what_is_no_name_of_anything(self, wanjiku: Member, nonsense: str) -> None:
        deposit()
        answer = chief().post(FIND, {"term": nonsense})
        assert answer.status_code == 200
        assert not answer.context.get("hits")

    def test_an_empty_or_endless_term_is_refused_in_words(self) -> None:
        for term in ("", "   ", "x" * 121):
            answer = chief().post(FIND, {"term": term})
            assert answer.status_code == 200
            assert "hits" not in answer.context
        assert not AuditEntry.objects.filter(action="staff.searched").exists()

    def test_a_term_in_the_address_is_not_looked_at(self, wanjiku: Member) -> None:
        answer = chief().get(f"{FIND}?term=0712345678")
        assert "hits" not in answer.context
        assert wanjiku.worker_id not in answer.content.decode()


class TestWhoSeesWhat:
    @pytest.mark.parametrize("which", list(Role))
    def test_nothing_shows_whose_page_one_may_not_open(self, which: Role) -> None:
        who = money.member(70_000, phone="+254712345678")
        deposit(receipt="TJ12345678", state="PAID")
        withdrawal(receipt="TL12345678", state="PAID")
        paybill(state="SUSPENSE")
        movement()
        line("TN12345678")
        breaks.one(reference="TN12345678")
        terms = (
            *(
                "TN12345678",
                "0712345678",
                who.worker_id,
                "TJ12345678",
                "TL12345678",
                "TJ00000000",
                "ab" * 32,
            ),
            *(who.wallet.stellar_public_key, Journal.objects.get().key),
        )
        client = role(which)
        for term in terms:
            for address in found(client, term):
                assert client.get(address).status_code == 200, (term, address)

    def test_what_one_may_not_see_is_neither_named_nor_asked_for(self) -> None:
        deposit(receipt="TJ12345678", state="PAID")
        client = officer("view_member")
        with CaptureQueriesContext(connection) as made:
            assert found(client, "TJ12345678") == {}
        assert not any("payments_deposit" in query["sql"] for query in made)

    def test_a_way_needs_just_what_its_pages_need(self) -> None:
        deposit(receipt="TJ12345678", state="PAID")
        assert found(officer("view_deposit"), "TJ12345678")
        assert not found(officer("view_withdrawal"), "TJ12345678")

    def test_nobody_outside_the_staff_can_search(self) -> None:
        member = Client()
        member.force_login(MemberFactory.create())
        for client in (Client(), member):
            answer = client.post(FIND, {"term": "0712345678"})
            assert answer.status_code == 302
        assert not AuditEntry.objects.filter(action="staff.searched").exists()


class TestTheNote:
    def test_who_looked_for_whom_stands_with_the_member(self, wanjiku: Member) -> None:
        looker = StaffFactory.create(is_superuser=True)
        found(signed_in(looker), "0712 345 678")
        entry = AuditEntry.objects.get(action="staff.searched")
        assert entry.subject_id == str(wanjiku.pk)
        assert (entry.actor_id, entry.actor) == (looker.pk, looker.worker_id)
        assert entry.after == {"for": "+254******678", "found": 1}
        assert entry.address == "127.0.0.1"

    def test_a_search_that_finds_nobody_stands_with_who_looked(self) -> None:
        looker = StaffFactory.create(is_superuser=True)
        found(signed_in(looker), "0799 999 999")
        entry = AuditEntry.objects.get(action="staff.searched")
        assert entry.subject_id == str(looker.pk)
        assert entry.after == {"for": "+254******999", "found": 0}

    @pytest.mark.parametrize(
        ("typed", "kept"),
        [
            ("4821", "4…"),
            ("123456", "1…"),
            ("TJ12345678", "TJ12…5678"),
            ("S" + "A" * 55, "***"),
            ("0712345678", "+254******678"),
        ],
    )
    def test_what_was_typed_is_masked(self, typed: str, kept: str) -> None:
        assert finding.masked(typed) == kept

    def test_what_was_typed_stays_in_no_log(self, caplog: Any, capsys: Any) -> None:
        found(chief(), "TJ12345678")
        told = capsys.readouterr()
        assert "TJ12345678" not in caplog.text + told.out + told.err


def test_a_search_costs_a_bounded_number_of_queries(wanjiku: Member) -> None:
    client = chief()
    deposit(20, state="PAID")
    for term in (str(new_id()), "0712345678", "ab" * 32, "TJ12345678"):
        with CaptureQueriesContext(connection) as made:
            found(client, term)
        assert len(made) <= QUERIES_MAX


def test_every_way_names_a_permission_of_a_line_in_the_table_of_roles() -> None:
    from config.roles import GRANTS

    assert {finder.permission for finder in FINDERS} <= {grant.permission for grant in GRANTS}
    assert finding.registered() == FINDERS
