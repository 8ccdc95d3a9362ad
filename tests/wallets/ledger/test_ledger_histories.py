"""Random histories of everything at once, by real connections, explained by a plain model.

`HISTORIES=1000` runs the long form, `HISTORY_SEED=7` one of them. How the threads interleave is not
the seed's: a fault may need some runs to show again.
"""

import os
from collections import Counter, defaultdict
from itertools import chain

import pytest

from tests.factories.ledger_crowds import UNHELD, WALLETS, Attempt, Crowd
from tests.factories.ledger_model import Model
from wallets.ledger import errors, posting, reading
from wallets.ledger.models import Hold, HoldCapture, Journal, Posting
from wallets.ledger.recipes import REVERSAL

pytestmark = pytest.mark.django_db(transaction=True)

_ONE = os.environ.get("HISTORY_SEED")
SEEDS = [int(_ONE)] if _ONE else range(max(1, int(os.environ.get("HISTORIES", "60")) // 6))
MEMBERS = 8
COMMANDS = 90


@pytest.mark.parametrize("seed", SEEDS)
def test_a_plain_model_explains_what_a_crowd_did(seed: int) -> None:
    crowd = Crowd(seed)
    crowd.run(members=MEMBERS, commands=COMMANDS)

    model = Model()
    model.replay()

    _balances_are_the_models(crowd, model)
    _what_was_acknowledged_stands(crowd.attempts)
    _refusals_are_plausible(crowd, model)
    _holds_are_explained(crowd.attempts)
    _nothing_held_was_spent(crowd.attempts)
    _something_of_everything_happened(crowd.attempts)


def _balances_are_the_models(crowd: Crowd, model: Model) -> None:
    owned = [*crowd.wallets, crowd.paybill, crowd.clearing]
    for _ in range(2):  # with what is not rolled up, and without
        found = reading.standings(owned)
        assert {account: found[account].balance for account in owned} == {
            account: model.history[account][-1] for account in owned[:WALLETS]
        } | {
            crowd.paybill: model.balances[crowd.paybill],
            crowd.clearing: -model.balances[crowd.clearing],
        }
        posting.roll_up()
    brought = found[crowd.paybill].balance - found[crowd.clearing].balance
    assert sum(found[account].balance for account in crowd.wallets) == brought


def _what_was_acknowledged_stands(attempts: list[Attempt]) -> None:
    """Each key is one journal, made by one attempt, with the legs that were asked for."""
    journals = Journal.objects.in_bulk()
    legs = defaultdict(dict)
    after = {}
    for journal, account, amount, balance in Posting.objects.values_list(
        "journal_id", "account_id", "amount", "balance_after"
    ):
        legs[journal][account] = amount
        after[journal, account] = balance
    made = Counter()
    for attempt in attempts:
        if attempt.act in ("place", "release", "expire", "roll up"):
            continue
        for draft, (journal, is_new) in zip(attempt.drafts, attempt.heard, strict=False):
            assert (journals[journal].key, journals[journal].kind) == (draft.key, draft.kind)
            assert legs[journal] == {leg.account_id: leg.amount for leg in draft.legs}
            made[journal] += is_new
        for account, balance in attempt.balances.items():
            assert after[attempt.heard[0][0], account] == balance
        if attempt.act == "reverse" and attempt.heard:
            ((journal, is_new),) = attempt.heard
            reversed_ = legs[journals[journal].reverses_id]
            assert legs[journal] == {account: -amount for account, amount in reversed_.items()}
            made[journal] += is_new
    assert set(made.values()) == {1}
    assert len(made) == len(journals) - WALLETS  # those that filled the wallets


def _refusals_are_plausible(crowd: Crowd, model: Model) -> None:
    journals = {journal.key: journal for journal in Journal.objects.all()}
    for attempt in attempts_refused(crowd.attempts):
        refusal = attempt.refusal
        if isinstance(refusal, errors.NotEnough):
            assert 0 <= refusal.available < refusal.figures["needed"]
            account = refusal.account_id
            assert refusal.available <= max(model.history[account]) or attempt.act == "batch"
            if account in crowd.wallets[:UNHELD] and attempt.act != "batch":
                assert refusal.available in model.history[account]
        elif isinstance(refusal, errors.KeyReused) and attempt.act == "place":
            other = Hold.objects.get(key=refusal.figures["key"])
            asked = (attempt.hold["account_id"], attempt.hold["amount"])
            assert (other.account_id, other.amount) != asked
        elif isinstance(refusal, errors.KeyReused):
            known = journals.get(refusal.figures["key"])
            content = None if known is None else _content(known)
            asked = [_asked(draft) for draft in attempt.drafts if known and draft.key == known.key]
            # Within one batch, the key may have been used by itself alone, and came to nothing.
            assert attempt.act == "batch" or (known and content not in asked)
        elif isinstance(refusal, errors.HoldOver):
            (capture,) = attempt.drafts[0].captures
            hold = Hold.objects.get(pk=capture.hold_id)
            assert hold.held < capture.amount or hold.expires_at is not None
        else:
            assert isinstance(refusal, errors.NotAllowed)
            assert attempt.act == "reverse"
            reversed_ = Journal.objects.get(pk=refusal.figures["journal_id"])
            assert reversed_.kind == REVERSAL


def attempts_refused(attempts: list[Attempt]) -> list[Attempt]:
    """Return those that were refused."""
    return [attempt for attempt in attempts if attempt.refusal is not None]


def _content(journal: Journal) -> object:
    return journal.kind, set(journal.postings.values_list("account_id", "amount"))


def _asked(draft: object) -> object:
    return draft.kind, {(leg.account_id, leg.amount) for leg in draft.legs}


def _holds_are_explained(attempts: list[Attempt]) -> None:
    """Captures are those of journals that stand; a key was one hold; held is what is left."""
    captured = Counter()
    for attempt in attempts:
        for capture in attempt.drafts[0].captures if attempt.act == "capture" else ():
            if attempt.refusal is None and attempt.heard[0][1]:
                captured[capture.hold_id] += capture.amount
    placed = Counter(
        hold
        for attempt in attempts
        if attempt.act == "place"
        for hold, is_new in attempt.heard
        if is_new
    )
    left: Counter[int] = Counter()
    for hold in Hold.objects.all():
        assert placed[hold.pk] == 1
        assert hold.captured == captured[hold.pk]
        left[hold.account_id] += hold.held
    assert HoldCapture.objects.count() == sum(
        attempt.refusal is None for attempt in attempts if attempt.act == "capture"
    )
    for account, standing in reading.standings(left).items():
        assert standing.held == left[account]


def _nothing_held_was_spent(attempts: list[Attempt]) -> None:
    """Whoever took money while a hold surely stood has left it there."""
    holds = _surely_held(attempts)
    for attempt in attempts:
        for account, balance in attempt.balances.items():
            (amount,) = [leg.amount for leg in attempt.drafts[0].legs if leg.account_id == account]
            if amount > 0 and attempt.heard[0][1]:
                held = sum(
                    cents
                    for hold_account, since, until, cents in holds
                    if hold_account == account and since < attempt.started and attempt.ended < until
                )
                assert -balance >= held


def _surely_held(attempts: list[Attempt]) -> list[tuple[int, float, float, int]]:
    """Return (account, since, until, cents) of each hold, up to the first that touched it."""
    touched: dict[int, float] = {}
    for attempt in sorted(attempts, key=lambda each: each.started):
        if attempt.act in ("capture", "release"):
            touched.setdefault(attempt.hold, attempt.started)
    return [
        (attempt.hold["account_id"], attempt.ended, touched.get(hold, 1e18), attempt.hold["amount"])
        for attempt in attempts
        if attempt.act == "place" and attempt.hold["expires_at"] is None
        for hold, is_new in attempt.heard
        if is_new
    ]


def _something_of_everything_happened(attempts: list[Attempt]) -> None:
    done = {attempt.act for attempt in attempts if attempt.refusal is None}
    assert done == {
        "post",
        "batch",
        "place",
        "capture",
        "release",
        "expire",
        "reverse",
        "roll up",
    }
    refused = {type(attempt.refusal) for attempt in attempts_refused(attempts)}
    assert {errors.NotEnough, errors.KeyReused} <= refused
    heard = chain.from_iterable(attempt.heard for attempt in attempts if attempt.act == "post")
    assert {is_new for _, is_new in heard} == {True, False}
