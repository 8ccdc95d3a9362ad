"""What a submission is to do, line by line, joined with the rows that its intents name."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db.models import Model, Q, QuerySet

from wallets.stellar import words
from wallets.stellar.intents import Intent, InvalidIntent, from_json
from wallets.stellar.models import Channel, FundingRequest, Submission
from wallets.wallet.models import Wallet


@dataclass(frozen=True)
class Line:
    """One thing that is to be done; `things` are the rows that it is about, each with its name."""

    what: str
    things: Sequence[tuple[Model, str]] = field(default=())


def of(submission: Submission) -> list[Line]:
    """Return what it is to do, in order. Three queries, however much that is."""
    try:
        found = from_json(submission.intents)
    except InvalidIntent:
        return [Line(what="what this version can't read")]
    wallets = Wallet.objects.in_bulk([_wallet_id(each) for each in found if _wallet_id(each)])
    channels = Channel.objects.in_bulk([_channel_id(each) for each in found if _channel_id(each)])
    rows = FundingRequest.objects.filter(network=submission.network, wallet__in=wallets)
    requests = {request.wallet_id: request for request in rows}
    lines = []
    for each in found:
        things: list[tuple[Model, str]] = []
        if wallet := wallets.get(_wallet_id(each)):
            things.append((wallet, str(wallet)))
            if request := requests.get(wallet.pk):
                things.append((request, _in_words(request, submission)))
        elif channel := channels.get(_channel_id(each)):
            things.append((channel, str(channel)))
        lines.append(Line(what=words.intent(each), things=things))
    return lines


def naming(rows: QuerySet[Submission], *, address: str) -> QuerySet[Submission]:
    """Return those that were to do something for a wallet or a channel, whatever became of it.

    Found by indexes: `submission_intents`, and that of channels.
    """
    channels = Channel.objects.filter(public_key=address)  # one for each network at most
    wallets = Wallet.objects.filter(stellar_public_key=address)
    channel_ids = list(channels.values_list("pk", flat=True))
    named = Q(channel_id__in=channel_ids)
    for key in wallets.values_list("pk", flat=True):
        named |= Q(intents__contains=[{"wallet_id": str(key)}])
    for key in channel_ids:
        named |= Q(intents__contains=[{"channel_id": str(key)}])
    return rows.filter(named)


def _wallet_id(intent: Intent) -> object:
    return getattr(intent, "wallet_id", None)


def _channel_id(intent: Intent) -> object:
    return getattr(intent, "channel_id", None)


def _in_words(request: FundingRequest, submission: Submission) -> str:
    """Say where it stands; that of another submission is said so."""
    is_here = request.submission_id == submission.pk
    return request.get_state_display() + ("" if is_here else ", no longer in this one")
