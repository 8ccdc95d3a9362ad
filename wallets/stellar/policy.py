"""When an account is opened, and how: the funding policy as data.

Registration never waits for it. What may not be opened yet waits, with the reason beside it.
"""

from dataclasses import dataclass

from django.conf import settings

from wallets.stellar.models import BATCH_MAX, FundingRequest

RESERVE_STROOPS = 5_000_000  # what the network holds back for each entry of an account
NOT_PROVED = "until the phone is proved to be in the person's hands"
NOT_NEEDED = "until a feature needs it"
NOT_LICENSED = "accounts on the public network need a licensed operation"
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


def reason_to_wait(request: FundingRequest) -> str:
    """Return why this request may not be taken up yet; empty when it may."""
    if settings.STELLAR_NETWORK == "PUBLIC" and settings.OPERATING_MODE != "licensed":
        return NOT_LICENSED
    if request.proved_at is None:
        return NOT_PROVED
    if present().waits_for_need and request.needed_at is None:
        return NOT_NEEDED
    return ""


def is_low(*, spendable: int, day_need: int) -> bool:
    """Tell whether the funding account holds less than a tenth of a day's need: then it stops."""
    return spendable * 10 < day_need


def is_getting_low(*, spendable: int, day_need: int) -> bool:
    """Tell whether less than half a day's need is left: staff are told while there is time."""
    return spendable * 2 < day_need
