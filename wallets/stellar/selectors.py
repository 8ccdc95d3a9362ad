"""Reading requests for funding."""

from django.utils.formats import date_format
from django.utils.timezone import localtime

from wallets.stellar.models import FundingRequest, Network
from wallets.stellar.states import Funding
from wallets.wallet.models import Wallet


def funding_in_words(wallet: Wallet) -> list[str]:
    """Return a sentence for each network on which the wallet's account was asked for."""
    holding = dict(Network.objects.values_list("name", "holding"))
    return [
        _in_words(request, holding=holding.get(request.network, ""))
        for request in wallet.funding_requests.order_by("network")
    ]


def _in_words(request: FundingRequest, *, holding: str) -> str:
    is_waiting = request.state == Funding.WAITING
    since = {
        Funding.FUNDED: request.funded_at,
        Funding.SUBMITTED: request.submitted_at,
    }.get(Funding(request.state)) or request.created_at
    # What holds up everybody is said where nothing holds up this one alone.
    reason = request.reason or (holding if is_waiting else "")
    when = date_format(localtime(since), "DATETIME_FORMAT")
    told = f"{request.network}: {request.get_state_display()} since {when}"
    return f"{told} ({reason})" if reason else told
