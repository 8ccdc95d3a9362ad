"""Manual journals on their pages: proposed by one, decided by another, whatever is sent."""

import re
import uuid

import pytest
from django.test import Client

from tests.factories import books
from tests.factories.browsers import html, officer, signed_in
from tests.factories.members import StaffFactory
from wallets.ledger import accounts, posting, reading
from wallets.ledger.chart import Kind
from wallets.ledger.manual.models import ManualJournal
from wallets.ledger.manual.states import State
from wallets.ledger.models import Account, Journal
from wallets.ledger.recipes import MANUAL

pytestmark = pytest.mark.django_db
LIST = "/admin/wallets/manualjournal/"
ADD = f"{LIST}add/"
_NUMBER = re.compile(r'name="number" value="([0-9a-f-]{36})"')
Line = tuple[object, str, str]


@pytest.fixture
def wallet() -> int:
    return books.wallet(1000_00)


@pytest.fixture
def losses() -> int:
    return accounts.open_account(Kind.RECONCILIATION_LOSSES)


@pytest.fixture
def proposer() -> Client:
    return officer("propose_manual_journal")


@pytest.fixture
def approver() -> Client:
    return officer("approve_manual_journal")


def _form(*lines: Line, reason: str = "found it", **changed: str) -> dict[str, str]:
    form = {
        "number": str(uuid.uuid4()),
        "effective_at_0": "2026-11-20",
        "effective_at_1": "09:00:00",
        "reason": reason,
        "legs-TOTAL_FORMS": str(max(4, len(lines))),
        "legs-INITIAL_FORMS": "0",
    }
    for place, (account, debit, credit) in enumerate(lines):
        form |= {f"legs-{place}-account": str(account)}
        form |= {f"legs-{place}-debit": debit, f"legs-{place}-credit": credit}
    return form | changed


def _propose(client: Client, *lines: Line, **changed: str) -> ManualJournal:
    answer = client.post(ADD, _form(*lines, **changed))
    assert answer.status_code == 302, answer.content.decode()
    return ManualJournal.objects.latest("proposed_at")


def _page(proposal: ManualJournal) -> str:
    return f"{LIST}{proposal.pk}/change/"


def _decide(client: Client, proposal: ManualJournal, decision: str, reason: str = "true") -> object:
    address = f"{LIST}{proposal.pk}/decide/"
    answer = client.post(address, {"decision": decision, "reason": reason}, follow=True)
    proposal.refresh_from_db()
    return answer


@pytest.fixture
def proposal(proposer: Client, wallet: int, losses: int) -> ManualJournal:
    return _propose(proposer, ("5090.KES", "1,025.50", ""), (wallet, "", "1025.5"))


def test_two_people_post_a_journal(
    proposer: Client, approver: Client, proposal: ManualJournal, wallet: int
) -> None:
    assert reading.standing(wallet).balance == 1000_00
    page = html(approver, _page(proposal))
    for shown in ("Reconciliation losses", "KES 1,025.50", "KES 2,025.50", "found it", "Approve"):
        assert shown in page, shown
    _decide(approver, proposal, "approve", "I have looked at the statement")
    assert proposal.state == State.POSTED
    assert reading.standing(wallet).balance == 2025_50
    page = html(proposer, _page(proposal))
    assert "I have looked at the statement" in page
    assert f"/journal/{proposal.journal_id}/change/" in page
    assert "Approve" not in page


@pytest.mark.parametrize("decision", ["approve", "reject"])
def test_a_superuser_alone_posts_nothing(wallet: int, losses: int, decision: str) -> None:
    alone = signed_in(StaffFactory.create())
    proposal = _propose(alone, (losses, "1", ""), (wallet, "", "1"))
    page = html(alone, _page(proposal))
    assert "Somebody else has to decide" in page
    assert 'value="approve"' not in page
    assert 'value="reject"' not in page
    answer = _decide(alone, proposal, decision)
    assert answer.status_code == 403
    assert "Somebody else has to decide" in answer.content.decode()
    assert proposal.state == State.PROPOSED
    assert not Journal.objects.filter(kind=MANUAL).exists()
    _decide(alone, proposal, "withdraw", "a slip")
    assert proposal.state == State.WITHDRAWN


def test_another_superuser_posts_it(proposal: ManualJournal) -> None:
    _decide(signed_in(StaffFactory.create()), proposal, "approve")
    assert proposal.state == State.POSTED


def test_a_proposal_of_somebody_else_is_not_withdrawn(proposal: ManualJournal) -> None:
    answer = _decide(officer("propose_manual_journal"), proposal, "withdraw")
    assert answer.status_code == 403
    assert proposal.state == State.PROPOSED


def test_who_has_no_right_neither_proposes_nor_decides(
    proposer: Client, approver: Client, proposal: ManualJournal, wallet: int, losses: int
) -> None:
    sent = posting.post(books.transfer(wallet, books.wallet(), 1_00)).journal_id
    reverse = f"{LIST}reverse/{sent}/"
    form = _form((losses, "1", ""), (wallet, "", "1"))
    viewer = officer("view_manualjournal", "view_journal")
    for client in (viewer, approver):
        for address in (ADD, reverse):
            assert client.get(address).status_code == 403
            assert client.post(address, {**form, "reason": "x"}).status_code == 403
        assert "Propose" not in html(viewer, f"/admin/wallets/journal/{sent}/change/")
    for client in (viewer, proposer):
        for decision in ("approve", "reject"):
            assert _decide(client, proposal, decision).status_code == 403
    assert _decide(approver, proposal, "withdraw").status_code == 403
    assert 'name="decision"' not in html(viewer, _page(proposal))
    assert officer().get(_page(proposal)).status_code == 403
    stranger = Client().post(f"{LIST}{proposal.pk}/decide/", {"decision": "approve", "reason": "x"})
    assert "/login/" in stranger["Location"]
    assert ManualJournal.objects.count() == 1
    assert proposal.state == State.PROPOSED


def test_what_the_ledger_refuses_is_told_with_figures(
    proposer: Client, approver: Client, wallet: int, losses: int
) -> None:
    proposal = _propose(proposer, (wallet, "1000.01", ""), (losses, "", "1000.01"))
    answer = _decide(approver, proposal, "approve", "looks <b>right</b>")
    page = answer.content.decode()
    assert "There is not enough money for that." in page
    assert "has KES 1,000.00." in page
    assert 'value="looks &lt;b&gt;right&lt;/b&gt;"' in page
    assert proposal.state == State.PROPOSED
    posting.post(books.deposit(wallet, 1))
    _decide(approver, proposal, "approve")
    assert proposal.state == State.POSTED


def test_of_two_decisions_the_second_is_told(approver: Client, proposal: ManualJournal) -> None:
    _decide(approver, proposal, "reject", "wrong wallet")
    answer = _decide(approver, proposal, "approve")
    assert "in its present state" in answer.content.decode()
    assert (proposal.state, proposal.decision_reason) == (State.REJECTED, "wrong wallet")


@pytest.mark.parametrize("reason", ["", " ", "x" * 201, "a\0b", "\u202eevil"])
def test_a_decision_needs_a_reason(approver: Client, proposal: ManualJournal, reason: str) -> None:
    answer = _decide(approver, proposal, "approve", reason)
    assert answer.status_code == 200
    assert proposal.state == State.PROPOSED


def test_a_decision_is_sent_by_the_form_only(approver: Client, proposal: ManualJournal) -> None:
    address = f"{LIST}{proposal.pk}/decide/"
    assert approver.get(address).status_code == 405
    assert approver.post(address, {"decision": "pay", "reason": "x"}).status_code == 404
    nowhere = f"{LIST}{uuid.uuid4()}/decide/"
    assert approver.post(nowhere, {"decision": "reject", "reason": "x"}).status_code == 404
    careful = Client(enforce_csrf_checks=True)
    careful.force_login(StaffFactory.create())
    assert careful.post(address, {"decision": "reject", "reason": "x"}).status_code == 403
    proposal.refresh_from_db()
    assert proposal.state == State.PROPOSED


def test_a_proposal_has_no_other_form(proposal: ManualJournal) -> None:
    superuser = signed_in(StaffFactory.create())
    assert superuser.post(_page(proposal), {"reason": "another"}).status_code == 403
    assert superuser.post(f"{LIST}{proposal.pk}/delete/", {"post": "yes"}).status_code == 403


def test_a_form_sent_twice_is_one_proposal(proposer: Client, wallet: int, losses: int) -> None:
    number = _NUMBER.search(html(proposer, ADD))
    assert number is not None
    form = _form((losses, "1", ""), (wallet, "", "1"), number=number[1])
    proposer.post(ADD, form)
    answer = proposer.post(ADD, form, follow=True)
    assert "This was proposed already." in answer.content.decode()
    assert ManualJournal.objects.count() == 1


@pytest.mark.parametrize(
    ("amount", "told"),
    [
        ("-5", "That is not an amount."),
        ("1e3", "That is not an amount."),
        ("NaN", "That is not an amount."),
        ("1.234", "That is not an amount."),
        ("1,00", "That is not an amount."),
        ("٣", "That is not an amount."),
        ("0x10", "That is not an amount."),
        ("0.00", "An amount is above zero"),
        ("9999999999999999", "not that great"),
        ("<script>", "That is not an amount."),
    ],
)
def test_what_is_no_amount_is_told(
    proposer: Client, wallet: int, losses: int, amount: str, told: str
) -> None:
    lines = ((losses, amount, ""), (wallet, "", amount))
    page = proposer.post(ADD, _form(*lines)).content.decode()
    assert told in page
    assert '<script>"' not in page
    assert not ManualJournal.objects.exists()


def test_what_is_wrong_with_the_lines_is_told(proposer: Client, wallet: int, losses: int) -> None:
    closed = books.wallet()
    accounts.close_account(closed)
    accounts.open_account(Kind.FEE_INCOME)
    accounts.open_account(Kind.FEE_INCOME, label="KES")
    for lines, told in (
        ([(losses, "10", ""), (wallet, "", "9.50")], "Debits are KES 0.50 more than credits."),
        ([(losses, "1", ""), (wallet, "", "9.50")], "Credits are KES 8.50 more than debits."),
        ([(losses, "1", "")], "A journal has two lines or more."),
        ([], "A journal has two lines or more."),
        ([(losses, "1", ""), (losses, "", "1")], "An account stands in one line only."),
        ([(losses, "1", "1"), (wallet, "", "1")], "Give one amount, as a debit or as a credit."),
        ([(losses, "", ""), (wallet, "", "1")], "Give one amount, as a debit or as a credit."),
        ([("", "1", ""), (wallet, "", "1")], "Say which account."),
        ([("4010.KES", "1", ""), (wallet, "", "1")], "There are several of that name"),
        ([(closed, "1", ""), (wallet, "", "1")], "This account is closed."),
        *(
            ([(nothing, "1", ""), (wallet, "", "1")], "There is no such account.")
            for nothing in ("999999", "9" * 30, "1110.nothing", "x", "..", "1110", "²", "99999.x")
        ),
    ):
        page = proposer.post(ADD, _form(*lines)).content.decode()
        assert told in page, lines
    assert not ManualJournal.objects.exists()


@pytest.mark.parametrize(
    "changed",
    [
        {"effective_at_0": "2999-01-01"},
        {"effective_at_0": "0001-01-01"},
        {"effective_at_0": "1999-12-31"},
        {"effective_at_0": "31.11.2026"},
        {"effective_at_0": ""},
        {"number": "x"},
        {"number": ""},
        {"reason": ""},
        {"reason": "a\0b"},
        {"reason": "x" * 201},
        {"reason": "\u202eevil"},
        {"legs-TOTAL_FORMS": "x"},
        {"legs-TOTAL_FORMS": "1000000"},
        {"legs-TOTAL_FORMS": "-1"},
        {"legs-TOTAL_FORMS": ""},
    ],
)
def test_a_hostile_form_proposes_nothing(
    proposer: Client, wallet: int, losses: int, changed: dict[str, str]
) -> None:
    form = _form((losses, "1", ""), (wallet, "", "1")) | changed
    for sent in (form, {**form, "more": ""}):
        assert proposer.post(ADD, sent).status_code == 200
    assert not ManualJournal.objects.exists()


def test_more_lines_keep_what_was_typed(proposer: Client, losses: int) -> None:
    page = proposer.post(ADD, _form((losses, "12.34", ""), more="")).content.decode()
    assert 'value="12.34"' in page
    assert 'name="legs-7-account"' in page
    assert 'name="legs-8-account"' not in page
    assert "A journal has two lines" not in page
    assert not ManualJournal.objects.exists()


def test_the_form_offers_our_own_accounts_and_takes_one_along(
    proposer: Client, wallet: int, losses: int
) -> None:
    page = html(proposer, f"{ADD}?account={wallet}")
    assert '<option value="5090.KES">Reconciliation losses</option>' in page
    assert f'name="legs-0-account" value="{wallet}"' in page
    members = Account.objects.get(pk=wallet)
    assert f'<option value="{members}">' not in page


def test_a_reason_is_shown_as_it_was_typed(proposer: Client, wallet: int, losses: int) -> None:
    _propose(proposer, (losses, "1", ""), (wallet, "", "1"), reason="<script>alert(1)</script>")
    page = html(proposer, LIST)
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert(1)" not in page


def test_a_reversal_is_proposed_from_the_journals_page(approver: Client, wallet: int) -> None:
    proposer = officer("propose_manual_journal", "view_journal")
    recipient = books.wallet()
    sent = posting.post(books.transfer(wallet, recipient, 100_00)).journal_id
    address = f"{LIST}reverse/{sent}/"
    assert address in html(proposer, f"/admin/wallets/journal/{sent}/change/")
    page = html(proposer, address)
    assert page.count("KES 100.00") >= 2
    assert "KES 1,000.00" in page

    assert "required" in proposer.post(address, {"reason": ""}).content.decode()
    proposer.post(address, {"reason": "sent twice"})
    proposal = ManualJournal.objects.get(reverses_id=sent)
    page = html(proposer, f"/admin/wallets/journal/{sent}/change/")
    assert _page(proposal) in page
    assert "Propose its reversal" not in page
    again = proposer.post(address, {"reason": "sent twice"}).content.decode()
    assert "This was proposed already." in again

    assert f"reversal of {sent}" in html(approver, _page(proposal))
    _decide(approver, proposal, "approve")
    assert proposal.state == State.POSTED
    assert reading.standing(wallet).balance == 1000_00
    late = proposer.post(address, {"reason": "sent twice"}).content.decode()
    assert "This journal is a reversal, or reversed already." in late
    assert proposer.get(f"{LIST}reverse/{'9' * 25}/").status_code == 404


def test_proposals_are_narrowed_by_state(proposer: Client, approver: Client, wallet: int) -> None:
    losses = accounts.open_account(Kind.RECONCILIATION_LOSSES)
    waiting = _propose(proposer, (losses, "1", ""), (wallet, "", "1"))
    rejected = _propose(proposer, (losses, "2", ""), (wallet, "", "2"))
    _decide(approver, rejected, "reject")
    page = html(approver, f"{LIST}?state=PROPOSED")
    assert str(waiting.pk) in page
    assert str(rejected.pk) not in page
    assert "waits for a second person" in page
