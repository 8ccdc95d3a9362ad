"""Posting: what stands in the books after it, and what is refused and changes nothing."""

import random
import uuid
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from nannychain.clock import NAIROBI
from payments.withdrawals import postings as withdrawals
from tests.factories import books
from wallets.ledger import accounts, errors, posting, reading
from wallets.ledger.chart import Kind
from wallets.ledger.models import Journal, Posting
from wallets.ledger.recipes import REVERSAL, Draft, Leg, MalformedJournal, credit, debit

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def anything() -> None:
    books.allow_anything()


def _refused(draft: Draft, error: type[Exception]) -> Any:
    """Return the error with which a draft is refused; nothing may be written."""
    before = (Journal.objects.count(), Posting.objects.count())
    with pytest.raises(error) as found, transaction.atomic():
        posting.post(draft)
    assert (Journal.objects.count(), Posting.objects.count()) == before
    return found.value


def test_a_transfer_moves_what_it_says() -> None:
    sender, recipient = books.wallet(1000_00), books.wallet()

    posted = posting.post(books.transfer(sender, recipient, 300_00))

    assert posted.is_new
    # A wallet grows by credits, which are below zero in the books.
    assert posted.balances == {sender: -700_00, recipient: -300_00}
    assert reading.standing(sender).available == 700_00
    assert reading.standing(recipient).balance == 300_00


def test_a_posting_is_one_query(django_assert_num_queries: Any) -> None:
    sender, recipient = books.wallet(1000_00), books.wallet()
    draft = books.transfer(sender, recipient, 300_00)
    with django_assert_num_queries(1):
        posting.post(draft)
    with django_assert_num_queries(1):
        posting.post_batch([books.transfer(sender, recipient, 1) for _ in range(50)])


def test_the_same_key_posts_once_and_answers_the_same() -> None:
    sender, recipient = books.wallet(1000_00), books.wallet()
    draft = books.transfer(sender, recipient, 300_00)
    first = posting.post(draft)
    posting.post(books.transfer(sender, recipient, 1_00))

    again = posting.post(draft)

    assert again == replace(first, is_new=False)
    assert reading.standing(sender).balance == 699_00


def test_the_words_around_a_key_do_not_count() -> None:
    sender, recipient = books.wallet(1000_00), books.wallet()
    draft = books.transfer(sender, recipient, 300_00)
    posting.post(draft)
    assert not posting.post(replace(draft, cause="told otherwise")).is_new


@pytest.mark.parametrize("change", ["amount", "account", "kind"])
def test_the_same_key_for_something_else_is_refused(change: str) -> None:
    sender, recipient = books.wallet(1000_00), books.wallet()
    draft = books.transfer(sender, recipient, 300_00, key="one")
    posting.post(draft)
    other = {
        "amount": books.transfer(sender, recipient, 300_01, key="one"),
        "account": books.transfer(sender, books.wallet(), 300_00, key="one"),
        "kind": replace(draft, kind="test.anything"),
    }[change]

    error = _refused(other, errors.KeyReused)

    assert error.figures["key"] == "transfer:one"


def test_success_and_failure_of_a_payout_exclude_each_other() -> None:
    wallet = books.wallet(1000_00)
    clearing = accounts.open_account(Kind.PAYOUT_CLEARING)
    payouts = accounts.open_account(Kind.PAYOUT_FLOAT, label="600001")
    about = {"withdrawal_id": "w", "clearing": clearing, "effective_at": books.MORNING}
    posting.post(withdrawals.reserved(wallet=wallet, amount_cents=500_00, **about))
    posting.post(withdrawals.paid(parts={payouts: 500_00}, **about))

    _refused(withdrawals.failed(wallet=wallet, amount_cents=500_00, **about), errors.KeyReused)

    assert reading.standing(wallet).balance == 500_00
    assert reading.standing(clearing).balance == 0


def test_too_little_is_refused_with_what_was_available() -> None:
    sender, recipient = books.wallet(100_00), books.wallet()

    error = _refused(books.transfer(sender, recipient, 100_01), errors.NotEnough)

    assert (error.account_id, error.available) == (sender, 100_00)
    assert error.figures["needed"] == 100_01
    posting.post(books.transfer(sender, recipient, 100_00))
    assert reading.standing(sender).balance == 0


def test_a_batch_is_posted_whole_or_not_at_all() -> None:
    sender, recipient = books.wallet(100_00), books.wallet()
    drafts = [books.transfer(sender, recipient, 30_00, key=f"n{n}") for n in range(4)]
    before = Journal.objects.count()

    with pytest.raises(errors.NotEnough) as found, transaction.atomic():
        posting.post_batch(drafts)

    assert found.value.figures["key"] == "transfer:n3"
    assert found.value.available == 10_00
    assert Journal.objects.count() == before
    assert [each.is_new for each in posting.post_batch(drafts[:3])] == [True] * 3


def test_a_refused_batch_names_the_first_that_took_too_much() -> None:
    sender, recipient = books.wallet(100_00), books.wallet()
    # Neither the order of the keys nor that of the recipients' numbers is that of the batch.
    drafts = [books.transfer(sender, recipient, 30_00, key=f"n{9 - n}") for n in range(9)]

    with pytest.raises(errors.NotEnough) as found, transaction.atomic():
        posting.post_batch(drafts)

    assert found.value.figures == {
        "key": "transfer:n6",
        "account_id": sender,
        "available": 10_00,
        "needed": 30_00,
    }


def test_a_batch_keeps_floors_at_every_step() -> None:
    poor, rich = books.wallet(), books.wallet(100_00)
    back_first = [books.transfer(poor, rich, 50_00), books.transfer(rich, poor, 50_00)]

    with pytest.raises(errors.NotEnough), transaction.atomic():
        posting.post_batch(back_first)

    posting.post_batch(back_first[::-1])
    assert reading.standing(poor).balance == 0


@pytest.mark.parametrize(
    "words", ['a "b"', "back\\slash", '\\"', '","', "{1,2}", "NULL", "", "Wanjirũ"]
)
def test_a_batch_keeps_keys_and_causes_as_they_are(words: str) -> None:
    sender, recipient = books.wallet(1000_00), books.wallet()
    instants = (books.MORNING, books.MORNING.astimezone(NAIROBI) + timedelta(microseconds=1))
    drafts = [
        replace(books.transfer(sender, recipient, 1_00), key=f"{words}{n}", cause=words,
                effective_at=instant)
        for n, instant in enumerate(instants)
    ]  # fmt: skip

    ids = [each.journal_id for each in posting.post_batch(drafts)]

    kept = Journal.objects.filter(pk__in=ids).order_by("pk")
    assert [(each.key, each.cause, each.effective_at) for each in kept] == [
        (each.key, each.cause, each.effective_at) for each in drafts
    ]


def test_a_batch_with_what_was_posted_before_posts_the_rest() -> None:
    sender, recipient = books.wallet(100_00), books.wallet()
    first, second = (books.transfer(sender, recipient, 10_00) for _ in range(2))
    once = posting.post(first)

    found = posting.post_batch([first, second, second])

    assert [each.is_new for each in found] == [False, True, False]
    assert found[0].journal_id == once.journal_id
    assert found[1].journal_id == found[2].journal_id
    assert reading.standing(recipient).balance == 20_00


def test_a_batch_refuses_a_key_with_other_content() -> None:
    sender, recipient = books.wallet(100_00), books.wallet()
    twice = [books.transfer(sender, recipient, cents, key="one") for cents in (1, 2)]
    with pytest.raises(errors.KeyReused), transaction.atomic():
        posting.post_batch(twice)
    assert reading.standing(recipient).balance == 0


@pytest.mark.parametrize("seed", range(8))
def test_the_first_place_of_a_key_in_a_batch_is_the_journal(seed: int) -> None:
    dice = random.Random(seed)
    sender, recipient = books.wallet(100_00), books.wallet()
    numbers = [n % 20 for n in range(40)]
    dice.shuffle(numbers)
    drafts = [
        replace(books.transfer(sender, recipient, 1, key=f"n{n}"), cause=f"place {place}")
        for place, n in enumerate(numbers)
    ]

    found = posting.post_batch(drafts)

    firsts = [numbers.index(n) == place for place, n in enumerate(numbers)]
    assert [each.is_new for each in found] == firsts
    journals = Journal.objects.in_bulk([each.journal_id for each in found])
    for place, (each, n) in enumerate(zip(found, numbers, strict=True)):
        assert journals[each.journal_id].cause == f"place {numbers.index(n)}", place

    drafts = [replace(draft, key=f"again-{draft.key}") for draft in drafts]
    second = len(numbers) - 1 - numbers[::-1].index(7)
    for kind, cents in (("test.anything", 1), ("transfer.sent", 2)):
        other = books.transfer(sender, recipient, cents)
        drafts[second] = replace(other, kind=kind, key=drafts[second].key)
        with pytest.raises(errors.KeyReused) as refused, transaction.atomic():
            posting.post_batch(drafts)
        assert refused.value.figures["key"] == "again-transfer:n7"


def test_legs_that_do_not_add_up_are_refused() -> None:
    one, other = books.wallet(100_00), books.wallet()
    error = _refused(books.anything(debit(one, 10), credit(other, 11)), errors.Unbalanced)
    assert int(error.figures["rest"]) == -1


def test_a_kind_touches_only_what_it_may() -> None:
    one, other = books.wallet(100_00), books.wallet()
    equity = accounts.open_account(Kind.EQUITY)
    draft = books.transfer(one, other, 10_00)

    error = _refused(
        replace(draft, legs=(debit(one, 10_00), credit(equity, 10_00))), errors.NotAllowed
    )
    assert error.figures["account_kind"] == Kind.EQUITY
    backwards = books.deposit(one, 10_00)
    mirrored = tuple(Leg(leg.account_id, -leg.amount) for leg in backwards.legs)
    _refused(replace(backwards, legs=mirrored), errors.NotAllowed)
    _refused(replace(draft, kind="no.such_kind"), errors.NotAllowed)


def test_closed_and_unknown_accounts_are_refused() -> None:
    one, closed = books.wallet(100_00), books.wallet()
    accounts.close_account(closed)
    accounts.close_account(closed)

    error = _refused(books.transfer(one, closed, 1_00), errors.AccountUnavailable)
    assert error.figures["account_id"] == closed
    _refused(books.transfer(one, 10**9, 1_00), errors.AccountUnavailable)


def test_an_account_with_money_or_a_hot_one_is_not_closed() -> None:
    one = books.wallet(100_00)
    with pytest.raises(errors.AccountUnavailable), transaction.atomic():
        accounts.close_account(one)
    with pytest.raises(errors.NotAllowed), transaction.atomic():
        accounts.close_account(books.paybill())
    assert reading.standing(one).balance == 100_00


@pytest.fixture
def shillings_of_uganda() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE NONE")
        cursor.execute("INSERT INTO wallets_currency VALUES ('UGX', 'Ugandan shilling', 0)")
        cursor.execute("SET LOCAL ROLE nannychain_app")


def test_each_currency_adds_up_by_itself(shillings_of_uganda: None) -> None:
    equity, losses = Kind.EQUITY, Kind.OPENING_BALANCES
    kes = [accounts.open_account(kind) for kind in (equity, losses)]
    ugx = [accounts.open_account(kind, currency="UGX") for kind in (equity, losses)]

    _refused(books.anything(debit(kes[0], 100), credit(ugx[0], 100)), errors.Unbalanced)
    posting.post(
        books.anything(debit(kes[0], 100), credit(kes[1], 100), debit(ugx[0], 7), credit(ugx[1], 7))
    )
    assert reading.standing(ugx[1]).balance == 7
    with pytest.raises(errors.AccountUnavailable), transaction.atomic():
        accounts.open_account(equity, currency="USD")


def test_a_reversal_is_the_mirror_and_comes_once() -> None:
    sender, recipient = books.wallet(100_00), books.wallet()
    sent = posting.post(books.transfer(sender, recipient, 60_00))

    undone = posting.reverse(sent.journal_id, cause="by mistake")

    assert reading.standing(sender).balance == 100_00
    assert Journal.objects.get(pk=undone.journal_id).reverses_id == sent.journal_id
    assert posting.reverse(sent.journal_id, cause="again") == replace(undone, is_new=False)
    with pytest.raises(errors.NotAllowed), transaction.atomic():
        posting.reverse(undone.journal_id, cause="there and back")


def test_a_reversal_takes_nothing_that_was_spent() -> None:
    sender, recipient = books.wallet(100_00), books.wallet()
    sent = posting.post(books.transfer(sender, recipient, 60_00))
    posting.post(books.transfer(recipient, books.wallet(), 1_00))
    with pytest.raises(errors.NotEnough), transaction.atomic():
        posting.reverse(sent.journal_id, cause="too late")


def test_a_reversal_that_mirrors_nothing_is_refused() -> None:
    sender, recipient = books.wallet(100_00), books.wallet()
    sent = posting.post(books.transfer(sender, recipient, 60_00))
    half = Draft(
        kind=REVERSAL,
        key="half",
        legs=(debit(recipient, 30_00), credit(sender, 30_00)),
        effective_at=books.MORNING,
        reverses_id=sent.journal_id,
    )
    _refused(half, errors.NotAllowed)
    _refused(replace(half, reverses_id=None), errors.NotAllowed)
    _refused(replace(half, kind="test.anything"), errors.NotAllowed)


def test_accounts_are_opened_once() -> None:
    owner = uuid.uuid4()
    first = accounts.open_account(Kind.WORKER_WALLET, owner_id=owner)
    assert accounts.open_account(Kind.WORKER_WALLET, owner_id=owner) == first
    assert accounts.open_account(Kind.EMPLOYER_WALLET, owner_id=owner) != first
    assert accounts.open_account(Kind.PAYBILL_FLOAT) == accounts.open_account(Kind.PAYBILL_FLOAT)


@given(st.lists(st.integers(1, 2**40), min_size=1, max_size=8))
def test_parts_of_any_size_arrive_to_the_cent(parts: list[int]) -> None:
    with transaction.atomic():
        rich = books.wallet(sum(parts))
        poor = [books.wallet() for _ in parts]
        legs = [credit(account, part) for account, part in zip(poor, parts, strict=True)]
        posting.post(books.anything(debit(rich, sum(parts)), *legs))
        found = reading.standings([rich, *poor])
        assert [found[account].balance for account in poor] == parts
        assert found[rich].balance == 0
        transaction.set_rollback(True)


@pytest.mark.parametrize("text", ["a\0b", "a\nb", "\x1b[31m", "\u202e"])
def test_keys_and_causes_can_be_printed(text: str) -> None:
    draft = books.deposit(books.wallet(), 1_00)
    for name in ("key", "cause"):
        with pytest.raises(MalformedJournal):
            replace(draft, **{name: text})
