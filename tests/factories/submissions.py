"""Submissions as the planner writes them down, and as it never would."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from stellar_sdk import Keypair, TransactionEnvelope

from tests.factories.members import MemberFactory
from wallets.custody import services as custody
from wallets.stellar.intents import CloseAccount, Intent, MakeChannel, OpenAccount, as_json
from wallets.stellar.models import Channel, Envelope, FundingRequest, Submission
from wallets.stellar.states import Funding
from wallets.wallet.models import Wallet

PASSPHRASE = "Test SDF Network ; September 2015"
FUNDING = Keypair.from_raw_ed25519_seed(bytes(range(32)))
XLM = 10_000_000


def channel(number: int = 1) -> Channel:
    """Write down an open channel of ours."""
    made = Channel(number=number, sequence=7, opened_at=timezone.now())
    key = custody.new_channel_key(channel_id=made.id)
    made.public_key = key.public_key
    with transaction.atomic():
        made.save()
        custody.store_channel_key(channel=made, key=key)
    return made


def funding_channel() -> Channel:
    """Write down the funding account as a channel."""
    return Channel.objects.create(number=0, public_key=FUNDING.public_key, sequence=7)


def wallet() -> Wallet:
    """Return a new member's wallet."""
    found: Wallet = MemberFactory.create(phone_proved=True).wallet
    return found


def opened(*wallets: Wallet) -> list[Intent]:
    """Return the intents that open these wallets' accounts."""
    return [OpenAccount(wallet_id=each.pk, stroops=XLM) for each in wallets]


def planned(intents: list[Intent], *, on: Channel | None = None, **changes: object) -> Submission:
    """Plan these intents as the planner does, with changes that it would not make."""
    fields: dict[str, object] = {
        "purpose": Submission.Purpose.OPEN_ACCOUNTS,
        "intents": as_json(intents),
        "channel": on or channel(),
        "sequence": 8,
        "planned_ledger": 1_000,
        "max_ledger": 1_020,
        "valid_until": timezone.now() + timedelta(minutes=5),
        "base_fee_stroops": 100,
        **changes,
    }
    submission = Submission.objects.create(**fields)
    is_closing = any(isinstance(intent, CloseAccount) for intent in intents)
    ids = [intent.wallet_id for intent in intents if hasattr(intent, "wallet_id")]
    FundingRequest.objects.filter(wallet_id__in=ids).update(
        submission=submission,
        state=Funding.CLOSING if is_closing else Funding.SUBMITTED,
        submitted_at=timezone.now(),
    )
    return submission


def planned_channel(stroops: int, *, source: Channel, number: int = 1) -> Submission:
    """Plan that a channel be made with so much."""
    intent = MakeChannel(channel_id=channel(number).pk, stroops=stroops)
    return planned([intent], on=source, purpose=Submission.Purpose.KEEP_CHANNELS)


def envelope_of(submission: Submission) -> TransactionEnvelope:
    """Return the transaction as it was signed."""
    xdr = Envelope.objects.get(submission=submission, number=0).xdr
    return TransactionEnvelope.from_xdr(xdr, PASSPHRASE)
