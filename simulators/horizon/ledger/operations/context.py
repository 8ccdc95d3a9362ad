"""What an operation works with: the draft, who sponsors whom, and what it has to tell of itself."""

import hashlib
from dataclasses import dataclass, field
from typing import Any

from stellar_sdk import Keypair, MuxedAccount, xdr

from simulators.horizon.ledger.state import Draft, min_balance
from simulators.horizon.ledger.types import Account, Effect


@dataclass
class Context:
    """One operation at work; `index` counts from 0.

    `sponsors` maps each account whose future reserves are lent to who lends them, for the whole
    transaction. `details` are what only the doing of the operation tells.
    """

    draft: Draft
    ledger: int
    closed_at: int
    source: str
    muxed: MuxedAccount
    index: int
    transaction_source: str
    sequence: int
    sponsors: dict[str, str]
    new_sponsor: str | None = None
    details: dict[str, Any] = field(default_factory=dict)
    effects: list[Effect] = field(default_factory=list)

    def account(self, address: str) -> Account:
        """Return an account that is known to be there, to change."""
        found = self.draft.account(address)
        assert found is not None
        return found

    def note(self, account: str, type: str, type_i: int, **details: Any) -> None:
        """Add an effect."""
        self.effects.append(Effect(account, type, type_i, details))

    def reserve(self, owner: Account, entries: int) -> tuple[bool, str | None]:
        """Hold back reserves for entries that `owner` has just been given.

        Returns whether there is enough, and who sponsors them.
        """
        sponsor_id = self.sponsors.get(owner.id)
        if sponsor_id is None:
            return owner.balance >= min_balance(owner), None
        sponsor = self.account(sponsor_id)
        sponsor.num_sponsoring += entries
        owner.num_sponsored += entries
        self.new_sponsor = sponsor_id
        return sponsor.balance >= min_balance(sponsor), sponsor_id

    def release(self, owner: Account | None, entries: int, *, sponsor: str | None) -> None:
        """Give reserves back to whoever sponsored entries that are removed."""
        if sponsor is None:
            return
        self.account(sponsor).num_sponsoring -= entries
        if owner is not None:
            owner.num_sponsored -= entries

    def balance_id(self) -> xdr.ClaimableBalanceID:
        """Return the id of the claimable balance that this operation makes."""
        preimage = xdr.HashIDPreimage(
            xdr.EnvelopeType.ENVELOPE_TYPE_OP_ID,
            operation_id=xdr.HashIDPreimageOperationID(
                source_account=Keypair.from_public_key(self.transaction_source).xdr_account_id(),
                seq_num=xdr.SequenceNumber(xdr.Int64(self.sequence)),
                op_num=xdr.Uint32(self.index),
            ),
        )
        return xdr.ClaimableBalanceID(
            xdr.ClaimableBalanceIDType.CLAIMABLE_BALANCE_ID_TYPE_V0,
            v0=xdr.Hash(hashlib.sha256(preimage.to_xdr_bytes()).digest()),
        )
