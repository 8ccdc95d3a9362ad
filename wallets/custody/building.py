"""From typed intents to a Stellar transaction: the same intents always give the same hash.

Pure: no row is read here and no key is known. Whoever calls has looked up every address.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from stellar_sdk import (
    Asset,
    FeeBumpTransactionEnvelope,
    Preconditions,
    TimeBounds,
    Transaction,
    TransactionEnvelope,
)
from stellar_sdk.exceptions import SdkError
from stellar_sdk.ledger_bounds import LedgerBounds
from stellar_sdk.operation import (
    AccountMerge,
    BeginSponsoringFutureReserves,
    ChangeTrust,
    CreateAccount,
    EndSponsoringFutureReserves,
    Operation,
    Payment,
)
from stellar_sdk.transaction_builder import TransactionBuilder

from wallets.stellar.client.amounts import text
from wallets.stellar.intents import (
    CloseAccount,
    Intent,
    MakeChannel,
    OpenAccount,
    SponsorAccount,
    TopUpChannel,
)
from wallets.stellar.models import BATCH_MAX

SIGNATURES_MAX = 20  # on one transaction, by Stellar's protocol
_IS_NONE = "an address, an asset or an amount in it is none"


class CannotBuild(Exception):
    """The intents make no transaction that the network would take; the text says why.

    `order` is that of the one intent that is to blame, None where it is none in particular.
    """

    def __init__(self, words: str, *, order: int | None = None) -> None:
        super().__init__(words)
        self.order = order


@dataclass(frozen=True)
class Frame:
    """What surrounds the operations. Fees are stroops per operation, `valid_until` epoch seconds.

    The transaction is valid in ledgers below `max_ledger`.
    """

    passphrase: str
    source: str
    sequence: int
    max_ledger: int
    valid_until: int
    base_fee: int


def build(
    intents: Sequence[Intent], *, addresses: Mapping[UUID, str], funding: str, frame: Frame
) -> TransactionEnvelope:
    """Return the unsigned transaction; raise CannotBuild.

    `addresses` holds that of every wallet and channel that the intents name.
    """
    operations: list[Operation] = []
    for order, intent in enumerate(intents):
        try:
            operations += _operations(intent, addresses=addresses, funding=funding)
        except (SdkError, ValueError):  # without its text, which is for programmers
            raise CannotBuild(_IS_NONE, order=order) from None
    try:
        envelope = _envelope(operations, frame)
    except (SdkError, ValueError):
        raise CannotBuild(_IS_NONE) from None
    if not 0 < len(operations) <= BATCH_MAX:
        raise CannotBuild(f"{len(operations)} operations; a transaction has 1 to {BATCH_MAX}")
    if len(signers_of(envelope)) > SIGNATURES_MAX:
        raise CannotBuild(f"it needs more than {SIGNATURES_MAX} signatures")
    return envelope


def bump(
    envelope: str, *, funding: str, base_fee: int, passphrase: str
) -> FeeBumpTransactionEnvelope:
    """Return the unsigned fee bump around a signed envelope (XDR), paid by the funding account.

    Raises CannotBuild.
    """
    try:
        return TransactionBuilder.build_fee_bump_transaction(
            fee_source=funding,
            base_fee=base_fee,
            inner_transaction_envelope=TransactionEnvelope.from_xdr(envelope, passphrase),
            network_passphrase=passphrase,
        )
    except (SdkError, ValueError, EOFError):  # what reads XDR tells of a torn text in many ways
        raise CannotBuild("the stored envelope is none") from None


def signers_of(envelope: TransactionEnvelope) -> list[str]:
    """Return the addresses whose signatures it needs, each once: the source's first."""
    transaction = envelope.transaction
    sources = [transaction.source.account_id]
    sources += [each.source.account_id for each in transaction.operations if each.source]
    return list(dict.fromkeys(sources))


def _envelope(operations: list[Operation], frame: Frame) -> TransactionEnvelope:
    transaction = Transaction(
        source=frame.source,
        sequence=frame.sequence,
        fee=frame.base_fee * len(operations),
        operations=operations,
        preconditions=Preconditions(
            time_bounds=TimeBounds(0, frame.valid_until),
            ledger_bounds=LedgerBounds(0, frame.max_ledger),
        ),
        v1=True,
    )
    return TransactionEnvelope(transaction, frame.passphrase)


def _operations(intent: Intent, *, addresses: Mapping[UUID, str], funding: str) -> list[Operation]:
    if isinstance(intent, OpenAccount):
        member = addresses[intent.wallet_id]
        return [CreateAccount(member, text(intent.stroops), source=funding)]
    if isinstance(intent, MakeChannel):
        channel = addresses[intent.channel_id]
        return [CreateAccount(channel, text(intent.stroops), source=funding)]
    if isinstance(intent, TopUpChannel):
        channel = addresses[intent.channel_id]
        return [Payment(channel, Asset.native(), text(intent.stroops), source=funding)]
    member = addresses[intent.wallet_id]
    if isinstance(intent, SponsorAccount):
        return [
            BeginSponsoringFutureReserves(member, source=funding),
            CreateAccount(member, "0", source=funding),
            *(ChangeTrust(_asset(each), source=member) for each in intent.assets),
            EndSponsoringFutureReserves(source=member),
        ]
    assert isinstance(intent, CloseAccount)
    return [
        *(ChangeTrust(_asset(each), limit="0", source=member) for each in intent.assets),
        AccountMerge(funding, source=member),
    ]


def _asset(text: str) -> Asset:
    code, _, issuer = text.partition(":")
    return Asset(code, issuer)
