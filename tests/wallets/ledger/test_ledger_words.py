"""Amounts, accounts and refusals as staff read them."""

import uuid

import pytest

from tests.factories import books
from wallets.ledger import accounts, posting, words
from wallets.ledger.chart import Kind
from wallets.ledger.errors import AccountUnavailable, KeyReused, NotEnough, Unbalanced
from wallets.ledger.manual import services as manual
from wallets.ledger.manual.models import ManualJournal
from wallets.ledger.models import Account, Currency
from wallets.ledger.recipes import MalformedJournal, credit, debit


@pytest.mark.parametrize(
    ("minor", "scale", "told"),
    [
        (0, 2, "0.00"),
        (5, 2, "0.05"),
        (-5, 2, "-0.05"),
        (123456789, 2, "1,234,567.89"),
        (-1234500, 2, "-12,345.00"),
        (1234, 0, "1,234"),
        (-7, 0, "-7"),
        (10_000_001, 7, "1.0000001"),
        (2**53 - 1, 2, "90,071,992,547,409.91"),
    ],
)
def test_a_figure_has_the_places_of_its_currency(minor: int, scale: int, told: str) -> None:
    assert words.figure(minor, scale=scale) == told


@pytest.mark.parametrize(
    ("text", "number"),
    [("12", 12), ("0", 0), ("", None), ("-1", None), ("²", None), ("٣", None), ("9" * 19, None)],
)
def test_a_number_is_one_that_a_row_can_have(text: str, number: int | None) -> None:
    assert words.number(text) == number


@pytest.mark.django_db
def test_refusals_are_told_with_names_and_figures() -> None:
    wallet, bank = books.wallet(), accounts.open_account(Kind.OWN_BANK, label="Equity")
    name = words.account(Account.objects.select_related("kind").get(pk=wallet))
    for error, told in (
        (
            NotEnough({"account_id": wallet, "available": 150, "needed": 200}),
            f"There is not enough money for that. {name} has KES 1.50.",
        ),
        (AccountUnavailable({"account_id": bank}), "1910.Equity Own bank account is closed."),
        (AccountUnavailable({"account_id": 0}), "There is no such account."),
        (Unbalanced({"currency": "KES", "rest": -1}), "Credits are KES 0.01 more than debits."),
        (KeyReused({"key": "k"}), 'That can\'t be booked. (ledger.key_reused {"key": "k"})'),
        (MalformedJournal(), "That can't be booked."),
    ):
        assert words.refusal(error) == told


@pytest.mark.django_db
def test_what_a_journal_has_moved_is_told_in_each_currency() -> None:
    with books.hand_in("wallets_currency"):
        Currency.objects.create(code="USD", name="US dollar", scale=2)
    wallet, losses = books.wallet(100_00), accounts.open_account(Kind.RECONCILIATION_LOSSES)
    loans, equity = (
        accounts.open_account(kind, currency="USD") for kind in (Kind.LOANS, Kind.EQUITY)
    )
    legs = (debit(losses, 10_00), credit(wallet, 10_00), debit(loans, 2_50), credit(equity, 2_50))
    proposal = manual.propose(
        legs, effective_at=books.MORNING, reason="two at once", by=uuid.uuid4(), name="NW-1"
    )
    manual.approve(proposal.pk, reason="true", by=uuid.uuid4(), name="NW-2")
    journal = ManualJournal.objects.get(pk=proposal.pk).journal_id
    sent = posting.post(books.transfer(wallet, books.wallet(), 1_00)).journal_id
    assert words.moved([journal, sent]) == {journal: "KES 10.00, USD 2.50", sent: "KES 1.00"}
    assert words.moved([]) == {}
