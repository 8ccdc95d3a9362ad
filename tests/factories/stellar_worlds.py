"""A simulated ledger with some people on it, for tests of the ledger itself."""

from dataclasses import dataclass, field
from typing import Any

import stellar_sdk as sdk
from stellar_sdk import Asset, Keypair

from simulators.horizon.ledger.chain import Chain
from simulators.horizon.result_codes import result_codes

PASSPHRASE = sdk.Network.TESTNET_NETWORK_PASSPHRASE
NAMES = ("anna", "ben", "issuer", "nobody", "sponsor")
KEYS = {name: Keypair.from_raw_ed25519_seed(name.ljust(32).encode()) for name in NAMES}
ANNA, BEN, ISSUER, NOBODY, SPONSOR = (KEYS[name].public_key for name in NAMES)
KESX = Asset("KESX", ISSUER)
LUMENS = Asset.native()


@dataclass
class World:
    """A chain with some accounts, on a clock that stands."""

    now: float = 1_000_000.0
    chain: Chain = field(init=False)

    def __post_init__(self) -> None:
        self.chain = Chain(passphrase=PASSPHRASE, clock=lambda: self.now)
        root = self.chain.root_keypair
        funded = [sdk.CreateAccount(key, "100") for key in (ANNA, BEN, ISSUER, SPONSOR)]
        assert self.run(*funded, by=root) == ["tx_success", *["op_success"] * 4]

    def envelope(
        self, *operations: Any, by: Keypair, also: tuple[str, ...] = (), **changes: Any
    ) -> sdk.TransactionEnvelope:
        """Build and sign a transaction; `changes` make it wrong."""
        account = self.chain.account(by.public_key)
        sequence = changes.pop("sequence", account.sequence + 1 if account else 1)
        fee = changes.pop("fee", 100)
        builder = sdk.TransactionBuilder(
            sdk.Account(by.public_key, sequence - 1), PASSPHRASE, base_fee=fee
        )
        builder.operations = list(operations)
        builder.add_time_bounds(*changes.pop("times", (0, 0)))
        if "ledgers" in changes:
            builder.set_ledger_bounds(*changes.pop("ledgers"))
        envelope = builder.build()
        for signer in changes.pop("signers", (by, *(KEYS[name] for name in also))):
            envelope.sign(signer)
        return envelope

    def submit(self, envelope: Any) -> str:
        """Hand it in; return what the queue says, and the codes of a refusal."""
        verdict = self.chain.submit(envelope.to_xdr())
        if verdict.status != "ERROR":
            return verdict.status
        return " ".join(_names(verdict.result_xdr))

    def run(self, *operations: Any, by: Keypair, **changes: Any) -> list[str]:
        """Hand in and close a ledger; return the codes of the refusal or of the result."""
        verdict = self.chain.submit(self.envelope(*operations, by=by, **changes).to_xdr())
        if verdict.status == "ERROR":
            return ["refused", *_names(verdict.result_xdr)]
        assert verdict.status == "PENDING"
        (landed,) = self.chain.close_ledger().transactions
        return _names(landed.result_xdr)

    def ok(self, *operations: Any, by: str, also: tuple[str, ...] = ()) -> None:
        """Do something that must work."""
        assert self.run(*operations, by=KEYS[by], also=also)[0] == "tx_success"


def _names(result_xdr: str) -> list[str]:
    told = result_codes(result_xdr)
    return [told["transaction"], *told.get("operations", [])]
