"""The checks of the books: right ones pass, and each kind of edit by hand is found and named."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from nannychain.alerts.models import Alert
from payments.withdrawals import postings as withdrawals
from tests.factories import books
from wallets.ledger import accounts, holds, posting
from wallets.ledger.chart import Kind
from wallets.ledger.checking import services
from wallets.ledger.checking.checks import CHECKS
from wallets.ledger.checking.models import BooksCheck

pytestmark = pytest.mark.django_db


def _by_hand(table: str, statement: str, *values: object) -> None:
    with books.hand_in(table), connection.cursor() as cursor:
        cursor.execute(statement, list(values))
        assert cursor.rowcount >= 1


def _found() -> list[str]:
    """Return the names of the checks that found something, the first first."""
    return list(dict.fromkeys(fault.partition(":")[0] for fault in services.verify().faults))


@pytest.fixture
def filled() -> tuple[int, int]:
    """Two wallets with a history: deposits, transfers, a hold, a reversal."""
    sender, recipient = books.wallet(1000_00), books.wallet(500_00)
    sent = posting.post(books.transfer(sender, recipient, 100_00))
    posting.post_batch([books.transfer(sender, recipient, 10_00) for _ in range(5)])
    posting.reverse(sent.journal_id, cause="test")
    holds.place(sender, amount=50_00, key="hold", expires_at=None)
    return sender, recipient


def test_books_with_a_history_are_right(filled: tuple[int, int]) -> None:
    report = services.verify()
    assert report.faults == []
    assert (report.journals, report.postings) == (9, 18)
    posting.roll_up()
    assert services.verify().faults == []


@pytest.mark.broken_books
def test_an_edited_amount_is_found_and_its_journal_named(filled: tuple[int, int]) -> None:
    sender, _ = filled
    _by_hand(
        "wallets_posting",
        "UPDATE wallets_posting SET amount = amount + 1 WHERE account_id = %s AND version = 2",
        sender,
    )
    faults = services.verify().faults
    assert faults[0].startswith("journals_add_up: journal ")
    named = f"running_balances_follow: account {sender}: the balance after posting 2"
    assert named in "".join(faults)


@pytest.mark.broken_books
def test_an_edit_that_adds_up_is_found_by_its_journal(filled: tuple[int, int]) -> None:
    sender, _ = filled
    _by_hand(
        "wallets_posting",
        "UPDATE wallets_posting SET amount = 2 * amount WHERE journal_id ="
        " (SELECT journal_id FROM wallets_posting WHERE account_id = %s AND version = 2)",
        sender,
    )
    assert "legs_are_whole" in _found()
    assert "journals_add_up" not in _found()


@pytest.mark.broken_books
def test_a_removed_posting_is_found(filled: tuple[int, int]) -> None:
    sender, _ = filled
    _by_hand(
        "wallets_posting",
        "DELETE FROM wallets_posting WHERE account_id = %s AND version = 3",
        sender,
    )
    assert {"journals_add_up", "legs_are_whole", "versions_are_unbroken"} <= set(_found())


@pytest.mark.broken_books
def test_a_removed_journal_is_found(filled: tuple[int, int]) -> None:
    _by_hand("wallets_journal", "DELETE FROM wallets_journal WHERE kind = 'transfer.sent'")
    assert any("one of them is missing" in fault for fault in services.verify().faults)


@pytest.mark.broken_books
@pytest.mark.parametrize(
    ("column", "check"),
    [
        ("balance = balance - 1", "balances_are_sums"),
        ("version = version + 1", "balances_are_sums"),
        ("held = held + 1", "holds_add_up"),
        ("floor = -100", "accounts_are_as_charted"),
        ("sign = 1, floor = NULL", "accounts_are_as_charted"),
        ("is_closed = true", "accounts_are_as_charted"),
        ("currency = 'USD'", "accounts_are_as_charted"),
    ],
)
def test_an_edited_balance_row_is_found(filled: tuple[int, int], column: str, check: str) -> None:
    sender, _ = filled
    _by_hand(
        "wallets_balance", f"UPDATE wallets_balance SET {column} WHERE account_id = %s", sender
    )
    assert check in _found()
    assert f"account {sender}" in services.verify().faults[0]


@pytest.mark.broken_books
def test_a_running_balance_below_the_floor_is_found(filled: tuple[int, int]) -> None:
    sender, _ = filled
    _by_hand(
        "wallets_posting",
        "UPDATE wallets_posting SET balance_after = 1 WHERE account_id = %s AND version = 2",
        sender,
    )
    assert {"running_balances_follow", "floors_were_kept"} <= set(_found())


@pytest.mark.broken_books
def test_what_is_lost_on_its_way_to_a_hot_balance_is_found(filled: tuple[int, int]) -> None:
    _by_hand("wallets_unrolled", "DELETE FROM wallets_unrolled")
    assert _found() == ["balances_are_sums"]


@pytest.mark.broken_books
def test_a_journal_whose_kind_may_not_do_so_is_found(filled: tuple[int, int]) -> None:
    _by_hand(
        "wallets_journal",
        "UPDATE wallets_journal SET kind = 'withdrawal.paid' WHERE kind = 'deposit.settled'",
    )
    assert "kinds_are_kept" in _found()


@pytest.mark.broken_books
def test_a_reversal_that_mirrors_something_else_is_found(filled: tuple[int, int]) -> None:
    _by_hand(
        "wallets_journal",
        "UPDATE wallets_journal SET reverses_id = (SELECT min(id) FROM wallets_journal)"
        " WHERE reverses_id IS NOT NULL",
    )
    assert "kinds_are_kept" in _found()


@pytest.mark.broken_books
@pytest.mark.parametrize("column", ["captured = 1", "released = 1", "ended_at = now()"])
def test_an_edited_hold_is_found(filled: tuple[int, int], column: str) -> None:
    with books.hand_in("wallets_hold"), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE wallets_hold DROP CONSTRAINT hold_ends_when_nothing_is_held")
        cursor.execute(f"UPDATE wallets_hold SET {column}")
    assert "holds_add_up" in _found()


def test_money_that_stays_in_clearing_is_late_and_no_fault() -> None:
    wallet = books.wallet(1000_00)
    clearing = accounts.open_account(Kind.PAYOUT_CLEARING)
    for name, age in (("old", timedelta(days=2)), ("fresh", timedelta(hours=1))):
        posting.post(
            withdrawals.reserved(
                withdrawal_id=name,
                wallet=wallet,
                clearing=clearing,
                amount_cents=100_00,
                effective_at=timezone.now() - age,
            )
        )
    report = services.verify()
    assert report.faults == []
    assert report.late == [
        f"clearing_is_on_time: account {clearing} (Payouts under way): 10000 of it is older"
        " than 1 days"
    ]
    posting.post(
        withdrawals.failed(
            withdrawal_id="old",
            clearing=clearing,
            wallet=wallet,
            amount_cents=100_00,
            effective_at=timezone.now(),
        )
    )
    assert services.verify().late == []


def test_the_command_shows_progress_and_ends_well(
    filled: tuple[int, int], capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("verify_books")
    said = capsys.readouterr().out
    assert all(check.phrase in said for check in CHECKS)
    assert "the books are right" in said


@pytest.mark.broken_books
def test_the_command_ends_with_1_and_the_first_fault(
    filled: tuple[int, int], capsys: pytest.CaptureFixture[str]
) -> None:
    sender, _ = filled
    _by_hand(
        "wallets_balance",
        "UPDATE wallets_balance SET balance = -700000 WHERE account_id = %s",
        sender,
    )
    with pytest.raises(SystemExit) as ended:
        call_command("verify_books")
    assert ended.value.code == 1
    assert f"first fault: balances_are_sums: account {sender}" in capsys.readouterr().err


@pytest.mark.broken_books
def test_a_night_is_kept_and_rings_until_the_books_are_right(filled: tuple[int, int]) -> None:
    sender, _ = filled
    assert services.check_books().faults == []
    assert not Alert.objects.filter(key="ledger:books").exists()
    statement = "UPDATE wallets_balance SET version = version + %s WHERE account_id = %s"
    _by_hand("wallets_balance", statement, 1, sender)
    assert services.check_books().faults != []
    alert = Alert.objects.get(key="ledger:books", resolved_at__isnull=True)
    assert f"account {sender}" in alert.details["first"]
    _by_hand("wallets_balance", statement, -1, sender)
    services.check_books()
    alert.refresh_from_db()
    assert alert.resolved_at is not None
    assert BooksCheck.objects.count() == 3
