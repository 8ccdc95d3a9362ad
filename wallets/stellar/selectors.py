"""Reading requests for funding."""

from django.utils.timezone import localtime

from wallets.wallet.models import Wallet


def funding_in_words(wallet: Wallet) -> list[str]:
    """Return a sentence for each network on which the wallet's account was asked for."""
    return [
        f"{request.network}: {request.get_state_display()} since "
        f"{localtime(request.created_at):%d %b %Y %H:%M}"
        + (f" ({request.reason})" if request.reason else "")
        for request in wallet.funding_requests.order_by("network")
    ]
