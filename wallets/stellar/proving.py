"""The proof of how a submission ended that can't land any more, where its hash isn't known.

That the hash isn't known proves nothing: Horizon doesn't say as of which ledger, and a server that
lags behind doesn't know it either. Whatever landed, done or failed, has used its sequence: so its
channel is asked, as of a ledger after the last that could hold it, and then the channel's history.
"""

from nannychain import alerts
from wallets.stellar import channels, observing, outcomes
from wallets.stellar.client.answers import Used
from wallets.stellar.client.horizon import AccountState, Landed, Missing
from wallets.stellar.models import FUNDING_NUMBER, Submission

# Behind which the answer of a server may lie that doesn't say from which ledger it comes.
_UNSAID_LEDGERS = 20
_LOST_LEDGERS = 60  # some five minutes for a history that lags behind
_PAGES = 3  # of history, each of 200: those of our funding account are not ours alone


def end_if_proved(submission: Submission) -> str:
    """End the submission where that is proved; return otherwise what is waited for.

    Raises HorizonUnavailable. Must not be called within a transaction.
    """
    # A server that doesn't say from which ledger it answers was asked for that just before.
    unsaid = observing.told().ledger - _UNSAID_LEDGERS
    found = observing.horizon().look(submission.channel.public_key)
    if isinstance(found, Missing):
        seen = unsaid if found.seen_ledger is None else found.seen_ledger
        return _end_if_gone(submission, seen=seen)
    channels.is_there(submission.channel)
    seen = unsaid if found.ledger is None else found.ledger
    if found.sequence >= submission.sequence:
        return _end_by_history(submission, found, seen=seen)
    if seen <= submission.max_ledger:
        return "the channel was read from too old a ledger"
    outcomes.expired(submission, why=f"no ledger to {submission.max_ledger} holds it", proof=found)
    return ""


def _end_if_gone(submission: Submission, *, seen: int) -> str:
    """Give it up where its channel is gone from the network, by two looks."""
    if seen > submission.max_ledger and channels.is_gone(submission.channel, ledger=seen):
        outcomes.expired(submission, why="its channel is not on the network any more")
        return ""
    return "the channel is not on the network, as one server says"


def _end_by_history(submission: Submission, account: AccountState, *, seen: int) -> str:
    """Find by what its place was used: by itself, or by another, so that it can't land."""
    used = _user_of_place(submission)
    if used is None:
        if seen > submission.max_ledger + _LOST_LEDGERS:
            _tell(
                submission, "lost", "A channel's sequence was used by something that nobody knows"
            )
        return "its place was used; the history is to tell by what"
    if {used.hash, used.inner_hash} & _hashes(submission):
        found = observing.horizon().transaction(used.hash)
        if not isinstance(found, Landed):
            return "it is in a ledger, as the history says; the result is to come"
        outcomes.landed(submission, found)
    else:
        why = f"another transaction has used its place: {used.hash}"
        outcomes.expired(submission, why=why, proof=account)
        if submission.channel.number != FUNDING_NUMBER:  # people may use that one
            _tell(submission, "foreign", "A channel was used by a transaction that isn't ours")
    alerts.resolve(_key(submission, "lost"))
    return ""


def _user_of_place(submission: Submission) -> Used | None:
    """Return the transaction that used the submission's sequence, if the history tells."""
    address, cursor = submission.channel.public_key, ""
    for _ in range(_PAGES):
        page = observing.horizon().transactions_of(address, cursor=cursor)
        own = [used for used in page.records if used.source == address]
        for used in own:
            if used.sequence == submission.sequence:
                return used
        if not page.records or any(used.sequence < submission.sequence for used in own):
            return None  # there is nothing more, or only what came before
        cursor = page.next_cursor
    return None


def _hashes(submission: Submission) -> set[str | None]:
    return {submission.hash, *submission.envelopes.values_list("hash", flat=True)}


def _tell(submission: Submission, what: str, title: str) -> None:
    details = {"submission_id": str(submission.pk), "hash": submission.hash}
    alerts.raise_alert(key=_key(submission, what), title=title, details=details)


def _key(submission: Submission, what: str) -> str:
    return f"stellar:{what}:{submission.channel.public_key}"
