"""When an account is opened, and how: the funding policy as data.

Registration never waits for it. What may not be opened yet waits, with the reason beside it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import QuerySet

from wallets.stellar.models import BATCH_MAX, FundingRequest
from wallets.wallet.models import Wallet

RESERVE_STROOPS = 5_000_000  # what the network holds back for each entry of an account
NOT_PROVED = "until the phone is proved to be in the person's hands"
NOT_NEEDED = "until a feature needs it"
NOT_LICENSED = "accounts on the public network need a licensed operation"
NOT_IDENTIFIED = "accounts on the public network need an owner whom staff have identified"
CAP_REACHED = "the day's cap on new accounts is reached"
# Twenty signatures fit on a transaction: the channel's, the funding account's, and the members'.
SPONSORED_MAX = 18
DAY_NEED_LEAST = 100  # accounts: no day is reckoned with fewer


@dataclass(frozen=True)
class Policy:
    """How accounts are opened. Stroops; caps are accounts in a Kenyan day."""

    name: str
    daily_cap: int
    is_sponsored: bool
    waits_for_need: bool

    @property
    def stroops_each(self) -> int:
        """What an account takes from the funding account: given, or held back as reserve."""
        return 2 * RESERVE_STROOPS if self.is_sponsored else settings.STELLAR_STARTING_BALANCE

    @property
    def batch_max(self) -> int:
        """How many accounts fit into a transaction."""
        return SPONSORED_MAX if self.is_sponsored else BATCH_MAX


POLICIES = {
    "eager": Policy("eager", daily_cap=100_000, is_sponsored=False, waits_for_need=False),
    "on_need": Policy("on_need", daily_cap=1_000, is_sponsored=True, waits_for_need=True),
}


def present() -> Policy:
    """Return the policy that applies."""
    return POLICIES[settings.STELLAR_FUNDING_POLICY]


Parties = Callable[[], "QuerySet[Any, Any]"]  # their ids, as one column


@dataclass
class _Joined:
    identified: Parties | None = None


_joined = _Joined()


def identify_by(identified: Parties | None) -> None:
    """Take who knows which parties are identified; done once, at start. Without it, nobody is."""
    _joined.identified = identified


def of_identified(rows: QuerySet[FundingRequest]) -> QuerySet[FundingRequest]:
    """Return those of the requests whose owner is identified."""
    if _joined.identified is None:
        return rows.none()
    return rows.filter(wallet__party_id__in=_joined.identified())


def reason_to_wait(request: FundingRequest) -> str:
    """Return why this request may not be taken up yet; empty when it may."""
    if settings.STELLAR_NETWORK == "PUBLIC" and settings.OPERATING_MODE != "licensed":
        return NOT_LICENSED
    if request.proved_at is None:
        return NOT_PROVED
    if present().waits_for_need and request.needed_at is None:
        return NOT_NEEDED
    if settings.STELLAR_NETWORK == "PUBLIC" and not _is_identified(request):
        return NOT_IDENTIFIED
    return ""


def _is_identified(request: FundingRequest) -> bool:
    # It may be new, and not in the database yet: its wallet is.
    if _joined.identified is None:
        return False
    wallets = Wallet.objects.filter(party_id__in=_joined.identified())
    return wallets.filter(pk=request.wallet_id).exists()


def is_low(*, spendable: int, day_need: int) -> bool:
    """Tell whether the funding account holds less than a tenth of a day's need: then it stops."""
    return spendable * 10 < day_need


def is_getting_low(*, spendable: int, day_need: int) -> bool:
    """Tell whether less than half a day's need is left: staff are told while there is time."""
    return spendable * 2 < day_need
