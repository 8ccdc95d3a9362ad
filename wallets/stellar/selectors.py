"""Reading requests for funding."""

from django.utils.formats import date_format
from django.utils.timezone import localtime

from wallets.wallet.models import Wallet


def funding_in_words(wallet: Wallet) -> list[str]:
    """Return a sentence for each network on which the wallet's account was asked for."""
    return [
        f"{request.network}: {request.get_state_display()} since "
        + date_format(localtime(request.created_at), "DATETIME_FORMAT")
        + (f" ({request.reason})" if request.reason else "")
        for request in wallet.funding_requests.order_by("network")
    ]
