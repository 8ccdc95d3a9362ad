"""What the signer demands of a submission before it opens any key.

Whoever plans keeps to these; they are for the day when somebody else plans.
"""

from collections.abc import Iterable
from uuid import UUID

from django.conf import settings

from wallets.custody import limits
from wallets.stellar.fees import CEILING_STROOPS
from wallets.stellar.intents import (
    CloseAccount,
    Intent,
    MakeChannel,
    OpenAccount,
    SponsorAccount,
    TopUpChannel,
)
from wallets.stellar.models import FUNDING_NUMBER, Submission
from wallets.stellar.states import Funding

OF_CHANNELS = MakeChannel | TopUpChannel
_Purpose = Submission.Purpose
_KINDS: dict[str, tuple[type[Intent], ...]] = {
    _Purpose.OPEN_ACCOUNTS: (OpenAccount, SponsorAccount),
    _Purpose.CLOSE_ACCOUNTS: (CloseAccount,),
    _Purpose.KEEP_CHANNELS: (MakeChannel, TopUpChannel),
}
# Where the requests of those whose accounts are in it must stand.
_REQUESTS_STAND = {
    _Purpose.OPEN_ACCOUNTS: Funding.SUBMITTED,
    _Purpose.CLOSE_ACCOUNTS: Funding.CLOSING,
}


class Declined(Exception):
    """The signer does not sign this; the text says why, in words for staff.

    `blamed` are the ids of the wallets, or of the channel that carries it, without which it might
    do; empty where the whole is wrong.
    """

    def __init__(self, words: str, *, blamed: Iterable[UUID] = ()) -> None:
        super().__init__(words)
        self.blamed = tuple(blamed)


def check(submission: Submission, intents: tuple[Intent, ...], *, funding: str) -> None:
    """Raise Declined for whatever the planner should never have asked for.

    `funding` is the account whose key the signer holds.
    """
    check_network(submission)
    if not 0 < submission.base_fee_stroops <= CEILING_STROOPS:
        raise Declined("its fee bid is above the ceiling")
    if not all(isinstance(intent, _KINDS.get(submission.purpose, ())) for intent in intents):
        raise Declined("its intents are not for its purpose")
    _check_channel(submission, funding=funding)
    if len({owner_of(intent) for intent in intents}) != len(intents):
        raise Declined("it names the same account twice")
    starting = settings.STELLAR_STARTING_BALANCE
    for intent in intents:
        if wrong := limits.wrong_amount(intent, starting_balance=starting):
            raise Declined(wrong)
    if wrong := limits.wrong_bounds(submission):
        raise Declined(wrong)
    _check_requests(submission, intents)


def check_network(submission: Submission) -> None:
    """Raise Declined unless all of it is on the network of the settings."""
    if submission.network != settings.STELLAR_NETWORK:
        raise Declined("it is for another network")
    if submission.channel.network != submission.network:
        raise Declined("its channel is on another network")


def owner_of(intent: Intent) -> UUID:
    """Return the id of the wallet or channel that an intent is for."""
    return intent.channel_id if isinstance(intent, OF_CHANNELS) else intent.wallet_id


def _check_channel(submission: Submission, *, funding: str) -> None:
    """Raise Declined unless the funding account, and it alone, carries what is done for channels.

    Which one that is the signer knows by its own key, and not by the row.
    """
    channel = submission.channel
    is_funding = channel.public_key == funding
    if is_funding != (channel.number == FUNDING_NUMBER):
        raise Declined("its channel 0 is not the signer's own funding account")
    if is_funding != (submission.purpose == _Purpose.KEEP_CHANNELS):
        raise Declined("its channel is not one for its purpose")


def _check_requests(submission: Submission, intents: tuple[Intent, ...]) -> None:
    named = {intent.wallet_id for intent in intents if not isinstance(intent, OF_CHANNELS)}
    requests = submission.requests.values_list("wallet_id", "network", "state")
    if named != {wallet_id for wallet_id, _, _ in requests}:
        raise Declined("its wallets are not those whose requests are in it")
    stands = _REQUESTS_STAND.get(_Purpose(submission.purpose))
    wrong = [
        wallet_id
        for wallet_id, network, state in requests
        if (network, state) != (submission.network, stands)
    ]
    if wrong:
        raise Declined("a request in it does not wait for this", blamed=wrong)
