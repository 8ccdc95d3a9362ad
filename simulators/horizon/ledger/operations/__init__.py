"""Operations: for each kind, what is checked of it alone, how it is done, and what it needs.

The one table `KINDS` is the list of what this network can do.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import stellar_sdk as sdk
from stellar_sdk.xdr import OperationType

from simulators.horizon.ledger.operations import (
    accounts,
    claimables,
    options,
    payments,
    sponsorships,
    trustlines,
)
from simulators.horizon.ledger.operations.context import Context
from simulators.horizon.ledger.signatures import Threshold

__all__ = ["KINDS", "Context", "Kind", "threshold_of"]


@dataclass(frozen=True)
class Kind:
    """One kind of operation. `name` is Horizon's; `apply` returns a code, or a code and a value."""

    name: str
    type: OperationType
    check: Callable[[Any, str], IntEnum | None]
    apply: Callable[[Any, Context], Any]
    threshold: Threshold = Threshold.MEDIUM


def _anything(operation: object, source: str) -> None:  # noqa: ARG001
    return None


T = OperationType
KINDS: dict[type, Kind] = {
    sdk.CreateAccount: Kind(
        "create_account", T.CREATE_ACCOUNT, accounts.check_create, accounts.create
    ),
    sdk.Payment: Kind("payment", T.PAYMENT, payments.check_payment, payments.pay),
    sdk.ChangeTrust: Kind(
        "change_trust", T.CHANGE_TRUST, trustlines.check_change, trustlines.change
    ),
    sdk.SetTrustLineFlags: Kind(
        "set_trust_line_flags",
        T.SET_TRUST_LINE_FLAGS,
        trustlines.check_flags,
        trustlines.set_flags,
        Threshold.LOW,
    ),
    sdk.SetOptions: Kind("set_options", T.SET_OPTIONS, options.check_options, options.set_options),
    sdk.ManageData: Kind("manage_data", T.MANAGE_DATA, options.check_data, options.manage_data),
    sdk.BumpSequence: Kind(
        "bump_sequence", T.BUMP_SEQUENCE, accounts.check_bump, accounts.bump, Threshold.LOW
    ),
    sdk.AccountMerge: Kind(
        "account_merge", T.ACCOUNT_MERGE, accounts.check_merge, accounts.merge, Threshold.HIGH
    ),
    sdk.BeginSponsoringFutureReserves: Kind(
        "begin_sponsoring_future_reserves",
        T.BEGIN_SPONSORING_FUTURE_RESERVES,
        sponsorships.check_begin,
        sponsorships.begin,
    ),
    sdk.EndSponsoringFutureReserves: Kind(
        "end_sponsoring_future_reserves",
        T.END_SPONSORING_FUTURE_RESERVES,
        _anything,
        sponsorships.end,
    ),
    sdk.RevokeSponsorship: Kind(
        "revoke_sponsorship", T.REVOKE_SPONSORSHIP, _anything, sponsorships.revoke
    ),
    sdk.CreateClaimableBalance: Kind(
        "create_claimable_balance",
        T.CREATE_CLAIMABLE_BALANCE,
        claimables.check_create,
        claimables.create,
    ),
    sdk.ClaimClaimableBalance: Kind(
        "claim_claimable_balance",
        T.CLAIM_CLAIMABLE_BALANCE,
        _anything,
        claimables.claim,
        Threshold.LOW,
    ),
}
_OF_SIGNERS = ("signer", "master_weight", "low_threshold", "med_threshold", "high_threshold")


def threshold_of(operation: Any) -> Threshold:
    """Return which threshold of its source an operation needs."""
    if isinstance(operation, sdk.SetOptions) and any(
        getattr(operation, name) is not None for name in _OF_SIGNERS
    ):
        return Threshold.HIGH
    return KINDS[type(operation)].threshold
