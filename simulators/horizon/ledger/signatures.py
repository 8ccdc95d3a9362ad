"""Signatures on a transaction: who has signed, with what weight, and whether any was of no use."""

import hashlib
from enum import Enum
from functools import lru_cache

from stellar_sdk import Keypair, StrKey
from stellar_sdk.decorated_signature import DecoratedSignature
from stellar_sdk.exceptions import BadSignatureError

from simulators.horizon.ledger.types import Account

_KEYS_KEPT = 65_536  # reading a key takes longer than checking that it is the one wanted


class Threshold(Enum):
    """The three thresholds of an account, by the field that holds each."""

    LOW = "low_threshold"
    MEDIUM = "med_threshold"
    HIGH = "high_threshold"


class Signatures:
    """The signatures of one transaction, and which of them were of use so far.

    `verified` remembers what was computed; it may be shared by all that look at the same envelope.
    """

    def __init__(
        self,
        hash: bytes,
        signatures: list[DecoratedSignature],
        verified: dict[tuple[int, str], bool] | None = None,
    ) -> None:
        self._hash = hash
        self._signatures = signatures
        self._verified = {} if verified is None else verified
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
        """Tell whether a key has signed that is no account's, or of one that isn't there yet."""
        return self._sum({address: 1}, needed=0)

    def _sum(self, weights: dict[str, int], *, needed: int) -> bool:
        """Add the weights up as core does: authorized beforehand, by a secret, by a key."""
        total = 0
        of_kind: dict[str, dict[str, int]] = {"T": {}, "X": {}, "G": {}}
        for key, weight in weights.items():
            if weight > 0 and key[0] in of_kind:
                of_kind[key[0]][key] = weight
        for key, weight in of_kind["T"].items():
            if StrKey.decode_pre_auth_tx(key) == self._hash:
                total += weight
                if total >= needed:
                    return True
        for kind in "XG":
            left = of_kind[kind]
            for index in range(len(self._signatures) if left else 0):
                signer = next((key for key in left if self._is_by(index, key)), None)
                if signer is None:
                    continue
                self._used.add(index)
                total += left.pop(signer)
                if total >= needed:
                    return True
        return False

    def _is_by(self, index: int, key: str) -> bool:
        known = self._verified.get((index, key))
        if known is None:
            known = self._verified[index, key] = self._verify(self._signatures[index], key)
        return known

    def _verify(self, signature: DecoratedSignature, key: str) -> bool:
        raw, public = _read(key)
        if raw[-4:] != signature.signature_hint:
            return False
        if public is None:
            return hashlib.sha256(signature.signature).digest() == raw
        try:
            public.verify(self._hash, signature.signature)
        except BadSignatureError:
            return False
        return True


@lru_cache(maxsize=_KEYS_KEPT)
def _read(key: str) -> tuple[bytes, Keypair | None]:
    """Return a signer's raw bytes and, unless it is the hash of a secret, its public key."""
    if key[0] == "X":
        return StrKey.decode_sha256_hash(key), None
    return StrKey.decode_ed25519_public_key(key), Keypair.from_public_key(key)
