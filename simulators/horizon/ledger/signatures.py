"""Signatures on a transaction: who has signed, with what weight, and whether any was of no use."""

from enum import Enum

from stellar_sdk import Keypair, StrKey
from stellar_sdk.decorated_signature import DecoratedSignature
from stellar_sdk.exceptions import BadSignatureError

from simulators.horizon.ledger.types import Account


class Threshold(Enum):
    """The three thresholds of an account, by the field that holds each."""

    LOW = "low_threshold"
    MEDIUM = "med_threshold"
    HIGH = "high_threshold"


class Signatures:
    """The signatures of one transaction, and which of them were of use so far."""

    def __init__(self, hash: bytes, signatures: list[DecoratedSignature]) -> None:
        self._hash = hash
        self._signatures = signatures
        self._used: set[int] = set()

    @property
    def are_all_used(self) -> bool:
        """Tell whether every signature was of use."""
        return len(self._used) == len(self._signatures)

    def reach(self, account: Account, threshold: Threshold) -> bool:
        """Tell whether the signers of an account reach its threshold; one at least is needed."""
        weights = {account.id: account.master_weight}
        weights |= {key: signer.weight for key, signer in account.signers.items()}
        return self._sum(weights, needed=getattr(account, threshold.value))

    def are_of(self, address: str) -> bool:
        """Tell whether the key of an account that isn't there yet has signed."""
        return self._sum({address: 1}, needed=0)

    def _sum(self, weights: dict[str, int], *, needed: int) -> bool:
        total = 0
        left = {key: weight for key, weight in weights.items() if weight > 0}
        for index, signature in enumerate(self._signatures):
            signer = self._signer(signature, left)
            if signer is None:
                continue
            self._used.add(index)
            total += left.pop(signer)
            if total >= needed:
                return True
        return False

    def _signer(self, signature: DecoratedSignature, keys: dict[str, int]) -> str | None:
        for key in keys:
            if StrKey.decode_ed25519_public_key(key)[-4:] != signature.signature_hint:
                continue
            try:
                Keypair.from_public_key(key).verify(self._hash, signature.signature)
            except BadSignatureError:
                continue
            return key
        return None
