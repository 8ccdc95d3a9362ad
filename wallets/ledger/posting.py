"""Posting: the only place from which the ledger's journals are written. One call, one statement.

The functions in `sql/` do the work; whatever they refuse comes back as an error of `errors.py`,
and nothing is written. A caller's transaction is joined where one is open.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from django.db import connection
from django.utils import timezone

from wallets.ledger import calling
from wallets.ledger.models import Journal
from wallets.ledger.recipes import REVERSAL, Draft, Leg

BATCH_MAX = 1000

_POST = calling.Function(
    "ledger_post", "text", "text", "timestamptz", "text", "bigint",
    "bigint[]", "bigint[]", "bigint[]", "bigint[]",
)  # fmt: skip
_POST_PAIR = calling.Function(
    "ledger_post_pair", "text", "text", "timestamptz", "text", "bigint", "bigint", "bigint"
)
_POST_BATCH = calling.Function(
    "ledger_post_batch", "text[]", "text[]", "timestamptz[]", "text[]", "text[]", "text[]",
    query="SELECT journal_ids || are_new::int[]::bigint[] FROM {}",
)  # fmt: skip


@dataclass(frozen=True)
class Posted:
    """A journal that stands in the books.

    `is_new` is False where the key was posted before. `balances` are those of the strict accounts
    after it, by account, in minor units with the ledger's own sign (debit above zero).
    """

    journal_id: int
    is_new: bool
    balances: dict[int, int]


@dataclass(frozen=True)
class PostedInBatch:
    """A journal of a batch."""

    journal_id: int
    is_new: bool


def post(draft: Draft) -> Posted:
    """Post one journal; a key that stands for the same legs already returns what was posted then.

    Raises NotEnough, KeyReused, Unbalanced, NotAllowed, AccountUnavailable, HoldOver and
    MalformedJournal; then nothing is written.
    """
    legs = draft.legs
    if len(legs) == 2 and not draft.captures and draft.reverses_id is None:
        first, second = legs
        if first.amount == -second.amount:
            numbers = calling.numbers_of(
                _POST_PAIR,
                (
                    draft.kind,
                    draft.key,
                    draft.effective_at,
                    draft.cause,
                    str(first.account_id),
                    str(second.account_id),
                    str(first.amount),
                ),
            )
            return _posted(draft, numbers)
    holds = captures = None
    if draft.captures:
        holds = _array([capture.hold_id for capture in draft.captures])
        captures = _array([capture.amount for capture in draft.captures])
    accounts, amounts = _arrays(draft)
    values = (
        draft.kind,
        draft.key,
        draft.effective_at,
        draft.cause,
        None if draft.reverses_id is None else str(draft.reverses_id),
        accounts,
        amounts,
        holds,
        captures,
    )
    return _posted(draft, calling.numbers_of(_POST, values))


def _posted(draft: Draft, numbers: list[int | None]) -> Posted:
    journal_id, is_new, *balances = numbers
    assert journal_id is not None
    after = {
        leg.account_id: balance
        for leg, balance in zip(draft.legs, balances, strict=True)
        if balance is not None
    }
    return Posted(journal_id, is_new == 1, after)


def post_batch(drafts: Sequence[Draft]) -> list[PostedInBatch]:
    """Post up to 1,000 journals, all or none, in their order; about a hundred at once is best.

    Floors are kept at every step. Raises as `post` does; the figures name the key at fault.
    Captures and reversals are posted one by one.
    """
    if not drafts:
        return []
    if len(drafts) > BATCH_MAX or any(draft.captures or draft.reverses_id for draft in drafts):
        raise ValueError("a batch holds up to 1,000 journals without captures and reversals")
    arrays = [_arrays(draft) for draft in drafts]
    values = (
        _texts([draft.kind for draft in drafts]),
        _texts([draft.key for draft in drafts]),
        _texts(_instants(drafts)),
        _texts([draft.cause for draft in drafts]),
        _texts([accounts for accounts, _ in arrays]),
        _texts([amounts for _, amounts in arrays]),
    )
    numbers = cast("list[int]", calling.numbers_of(_POST_BATCH, values))
    ids, are_new = numbers[: len(drafts)], numbers[len(drafts) :]
    return [PostedInBatch(*each) for each in zip(ids, map(bool, are_new), strict=True)]


def _instants(drafts: Sequence[Draft]) -> list[str]:
    """Return the instants as PostgreSQL reads them; those of a batch are often one and the same.

    Told apart by identity: two that differ in `fold` alone are equal, and an hour apart.
    """
    written: dict[int, str] = {}
    for draft in drafts:
        if id(draft.effective_at) not in written:
            written[id(draft.effective_at)] = draft.effective_at.isoformat()
    return [written[id(draft.effective_at)] for draft in drafts]


def _arrays(draft: Draft) -> tuple[str, str]:
    """Return the accounts and the amounts of the legs, each as PostgreSQL writes an array."""
    if len(draft.legs) == 2:  # written out, since nearly all have two
        first, second = draft.legs
        return f"{{{first.account_id},{second.account_id}}}", f"{{{first.amount},{second.amount}}}"
    return (
        _array([leg.account_id for leg in draft.legs]),
        _array([leg.amount for leg in draft.legs]),
    )


def _array(numbers: list[int]) -> str:
    """Return whole numbers as PostgreSQL writes an array: quicker than the driver's own way."""
    return f"{{{','.join(map(str, numbers))}}}"


def _texts(texts: list[str]) -> str:
    """Return texts as PostgreSQL writes an array. The driver looks at each by itself, twice."""
    joined = '","'.join(texts)
    if "\\" in joined or joined.count('"') != 2 * (len(texts) - 1):
        escaped = (text.replace("\\", "\\\\").replace('"', '\\"') for text in texts)
        joined = '","'.join(escaped)
    return f'{{"{joined}"}}'


def reverse(journal_id: int, *, cause: str) -> Posted:
    """Undo a journal by its mirror image, effective now. Undoing it twice is the same reversal.

    Raises Journal.DoesNotExist, NotAllowed for a reversal, and as `post` does: money that was
    spent meanwhile is not there to be taken back.
    """
    journal = Journal.objects.get(pk=journal_id)
    mirrored = journal.postings.values_list("account_id", "amount")
    legs = tuple(Leg(account, -amount) for account, amount in mirrored)
    return post(
        Draft(
            kind=REVERSAL,
            key=f"reversal:{journal_id}",
            legs=legs,
            effective_at=timezone.now(),
            cause=cause,
            reverses_id=journal_id,
        )
    )


def roll_up() -> int:
    """Put what was posted onto hot accounts into their balances; return how many rows that were.

    Balances are exact without it; it keeps reading them quick. Blocks no posting.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT ledger_roll_up()")
        return int(cursor.fetchone()[0])
