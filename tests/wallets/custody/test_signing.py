"""The signer signs what it has checked itself, once, and declines the rest."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone
from pytest_django import Settings
from stellar_sdk import FeeBumpTransactionEnvelope, Keypair, TransactionEnvelope

from nannychain.alerts.models import Alert
from nannychain.audit.models import AuditEntry
from tests.factories.members import MemberFactory
from tests.factories.threads import at_once
from wallets.custody import limits, signer
from wallets.custody import services as custody
from wallets.custody.models import SealedChannelKey, SealedKey
from wallets.stellar.fees import CEILING_STROOPS
from wallets.stellar.intents import (
    CloseAccount,
    Intent,
    MakeChannel,
    OpenAccount,
    SponsorAccount,
    TopUpChannel,
    as_json,
)
from wallets.stellar.models import Channel, Envelope, FundingRequest, Submission
from wallets.stellar.states import SUBMISSION, Funding, State
from wallets.wallet.models import Wallet

PASSPHRASE = "Test SDF Network ; September 2015"
FUNDING = Keypair.from_raw_ed25519_seed(bytes(range(32)))
XLM = 10_000_000


@pytest.fixture(autouse=True)
def funding(settings: Settings) -> None:
    settings.STELLAR_FUNDING_SECRET = FUNDING.secret
    settings.STELLAR_FUNDING_ACCOUNT = FUNDING.public_key


def channel(number: int = 1) -> Channel:
    """Write down an open channel of ours."""
    made = Channel(number=number, sequence=7, opened_at=timezone.now())
    key = custody.new_channel_key(channel_id=made.id)
    made.public_key = key.public_key
    with transaction.atomic():
        made.save()
        custody.store_channel_key(channel=made, key=key)
    return made


def wallet() -> Wallet:
    """Return a new member's wallet."""
    found: Wallet = MemberFactory.create(phone_proved=True).wallet
    return found


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
    ids = [intent.wallet_id for intent in intents if hasattr(intent, "wallet_id")]
    FundingRequest.objects.filter(wallet_id__in=ids).update(
        submission=submission, state=Funding.SUBMITTED, submitted_at=timezone.now()
    )
    return submission


def opened(*wallets: Wallet) -> list[Intent]:
    """Return the intents that open these wallets' accounts."""
    return [OpenAccount(wallet_id=each.pk, stroops=XLM) for each in wallets]


def envelope_of(submission: Submission) -> TransactionEnvelope:
    """Return the transaction as it was signed."""
    xdr = Envelope.objects.get(submission=submission, number=0).xdr
    return TransactionEnvelope.from_xdr(xdr, PASSPHRASE)


@pytest.mark.django_db
class TestSigning:
    def test_what_is_signed_is_what_was_planned(self) -> None:
        member = wallet()
        submission = planned(opened(member))

        assert signer.sign(submission.pk)

        submission.refresh_from_db()
        envelope = envelope_of(submission)
        found = envelope.transaction
        assert (submission.state, submission.hash) == (State.SIGNED, envelope.hash_hex())
        assert found.source.account_id == submission.channel.public_key
        assert (found.sequence, found.fee) == (8, 100)
        assert found.preconditions is not None
        assert found.preconditions.ledger_bounds is not None
        assert found.preconditions.ledger_bounds.max_ledger == 1_020
        (operation,) = found.operations
        assert operation.source is not None
        assert operation.source.account_id == FUNDING.public_key
        assert operation.destination == member.stellar_public_key  # type: ignore[attr-defined]
        assert operation.starting_balance == "1"  # type: ignore[attr-defined]

    def test_each_signature_is_of_use_and_right(self) -> None:
        members = [wallet() for _ in range(18)]
        submission = planned([SponsorAccount(wallet_id=each.pk) for each in members])

        assert signer.sign(submission.pk)

        envelope = envelope_of(submission)
        addresses = [submission.channel.public_key, FUNDING.public_key]
        addresses += [each.stellar_public_key for each in members]
        assert len(envelope.signatures) == len(addresses) == 20
        for address, signature in zip(addresses, envelope.signatures, strict=True):
            Keypair.from_public_key(address).verify(envelope.hash(), signature.signature)

    def test_the_same_plan_gives_the_same_envelope(self) -> None:
        submission = planned(opened(wallet()))
        signer.sign(submission.pk)
        first = Envelope.objects.get().xdr
        Envelope.objects.all().delete()
        Submission.objects.update(state=State.PLANNED, hash=None)

        signer.sign(submission.pk)

        assert Envelope.objects.get().xdr == first

    def test_it_signs_once(self) -> None:
        submission = planned(opened(wallet()))
        assert signer.sign(submission.pk)
        assert not signer.sign(submission.pk)
        assert Envelope.objects.count() == 1

    def test_channels_are_made_and_topped_up_from_the_funding_account(self) -> None:
        source = Channel.objects.create(number=0, public_key=FUNDING.public_key, sequence=7)
        one, other = channel(1), channel(2)
        submission = planned(
            [
                MakeChannel(channel_id=one.pk, stroops=3 * XLM),
                TopUpChannel(channel_id=other.pk, stroops=XLM),
            ],
            on=source,
            purpose=Submission.Purpose.KEEP_CHANNELS,
        )

        assert signer.sign(submission.pk)
        assert len(envelope_of(submission).signatures) == 1

    def test_closing_goes_to_the_funding_account_and_nowhere_else(self) -> None:
        member = wallet()
        asset = f"KESX:{FUNDING.public_key}"
        submission = planned(
            [CloseAccount(wallet_id=member.pk, assets=(asset,))],
            purpose=Submission.Purpose.CLOSE_ACCOUNTS,
        )

        assert signer.sign(submission.pk)

        trust, merge = envelope_of(submission).transaction.operations
        assert trust.limit == "0"  # type: ignore[attr-defined]
        assert merge.destination.account_id == FUNDING.public_key  # type: ignore[attr-defined]

    def test_the_audit_tells_what_was_signed_and_no_secret(self) -> None:
        submission = planned(opened(wallet(), wallet()))
        signer.sign(submission.pk)

        entry = AuditEntry.objects.get(action="stellar.signed")

        assert entry.after["intents"] == {"open_account": 2}
        assert (entry.after["stroops"], entry.after["signatures"]) == (2 * XLM, 2)
        assert FUNDING.secret not in str(entry.after)


def _another_network(submission: Submission) -> None:
    Submission.objects.update(network="PUBLIC")


def _foreign_channel(submission: Submission) -> None:
    Channel.objects.update(network="PUBLIC")


def _no_request(submission: Submission) -> None:
    FundingRequest.objects.update(submission=None)


def _swapped_key(submission: Submission) -> None:
    foreign = SealedKey.objects.get(wallet=wallet()).ciphertext
    SealedChannelKey.objects.update(ciphertext=foreign)


def _long_bounds(submission: Submission) -> None:
    Submission.objects.update(max_ledger=1_051)


def _long_time(submission: Submission) -> None:
    Submission.objects.update(valid_until=timezone.now() + timedelta(minutes=16))


def _high_fee(submission: Submission) -> None:
    Submission.objects.update(base_fee_stroops=CEILING_STROOPS + 1)


def _garbage(submission: Submission) -> None:
    Submission.objects.update(intents=[{"kind": "send_everything"}])


def _twice(submission: Submission) -> None:
    Submission.objects.update(intents=submission.intents * 2)


def _too_much(submission: Submission) -> None:
    Submission.objects.update(intents=[{**submission.intents[0], "stroops": XLM + 1}])


def _wrong_purpose(submission: Submission) -> None:
    Submission.objects.update(purpose=Submission.Purpose.KEEP_CHANNELS)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "spoil",
    [
        *(_another_network, _foreign_channel, _no_request, _swapped_key, _long_bounds, _long_time),
        *(_high_fee, _garbage, _twice, _too_much, _wrong_purpose),
    ],
)
def test_what_is_wrong_is_declined_with_the_reason(spoil: object) -> None:
    submission = planned(opened(wallet()))
    spoil(submission)  # type: ignore[operator]

    assert not signer.sign(submission.pk)

    submission.refresh_from_db()
    assert submission.state == State.DECLINED
    assert submission.last_answer.startswith("the signer declined: ")
    assert not Envelope.objects.exists()
    assert Alert.objects.filter(key="stellar:declined").exists()
    assert AuditEntry.objects.filter(action="stellar.declined").exists()


@pytest.mark.django_db
def test_a_channel_gets_no_more_than_it_may() -> None:
    source = Channel.objects.create(number=0, public_key=FUNDING.public_key, sequence=7)
    intent = MakeChannel(channel_id=channel().pk, stroops=limits.CHANNEL_STROOPS_MAX + 1)
    purpose = Submission.Purpose.KEEP_CHANNELS
    submission = planned([intent], on=source, purpose=purpose)

    assert not signer.sign(submission.pk)

    submission.refresh_from_db()
    assert submission.state == State.DECLINED


@pytest.mark.django_db
def test_nineteen_sponsored_accounts_need_too_many_signatures() -> None:
    submission = planned([SponsorAccount(wallet_id=wallet().pk) for _ in range(19)])

    assert not signer.sign(submission.pk)

    submission.refresh_from_db()
    assert "signatures" in submission.last_answer


@pytest.mark.django_db
def test_the_limit_of_a_day_is_no_fault_of_what_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "TRANSACTIONS_A_DAY", 1)
    first, second = planned(opened(wallet())), planned(opened(wallet()), on=channel(2))
    assert signer.sign(first.pk)

    assert not signer.sign(second.pk)

    second.refresh_from_db()
    assert second.state == State.PLANNED
    assert Alert.objects.filter(key="stellar:signing_limit").exists()


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["STELLAR_FUNDING_SECRET", "ENCRYPTION_KEY"])
def test_without_its_keys_the_signer_says_so_and_declines_nothing(
    settings: Settings, name: str
) -> None:
    submission = planned(opened(wallet()))
    if name == "ENCRYPTION_KEY":
        settings.SEALING_PUBLIC_KEY = "0VLGZLx1_4cpoQusz3eOPRYnuohFha3cUO65T3vvgmU="
    setattr(settings, name, "")

    assert not signer.sign(submission.pk)

    submission.refresh_from_db()
    assert submission.state == State.PLANNED
    alert = Alert.objects.get(key="stellar:signer_has_no_keys")
    assert "STELLAR_FUNDING_SECRET" in alert.title


@pytest.mark.django_db
class TestFeeBumps:
    def _sent(self) -> Submission:
        submission = planned(opened(wallet()))
        signer.sign(submission.pk)
        submission.refresh_from_db()
        with transaction.atomic():
            SUBMISSION.move(submission, to=State.SENT)
        return submission

    def test_a_bump_is_put_around_the_very_same_transaction(self) -> None:
        submission = self._sent()

        assert signer.sign_bump(submission.pk, base_fee_stroops=1_000)

        bump = Envelope.objects.get(number=1)
        inner = Envelope.objects.get(number=0)
        outer = FeeBumpTransactionEnvelope.from_xdr(bump.xdr, PASSPHRASE)
        assert outer.transaction.inner_transaction_envelope.to_xdr() == inner.xdr
        assert (bump.hash, bump.fee_stroops) == (outer.hash_hex(), 2_000)
        assert outer.transaction.fee_source.account_id == FUNDING.public_key
        FUNDING.verify(outer.hash(), outer.signatures[0].signature)
        submission.refresh_from_db()
        assert submission.hash == inner.hash

    @pytest.mark.parametrize("fee", [0, 100, CEILING_STROOPS + 1])
    def test_a_bid_that_is_no_more_or_too_much_is_not_signed(self, fee: int) -> None:
        submission = self._sent()
        assert not signer.sign_bump(submission.pk, base_fee_stroops=fee)
        assert Envelope.objects.count() == 1

    def test_the_same_bid_is_not_signed_twice(self) -> None:
        submission = self._sent()
        assert signer.sign_bump(submission.pk, base_fee_stroops=1_000)
        assert not signer.sign_bump(submission.pk, base_fee_stroops=1_000)

    @pytest.mark.parametrize("state", [State.PLANNED, State.CONFIRMED, State.EXPIRED])
    def test_what_is_not_under_way_is_not_bumped(self, state: State) -> None:
        submission = self._sent()
        Submission.objects.update(state=state)
        assert not signer.sign_bump(submission.pk, base_fee_stroops=1_000)


@pytest.mark.django_db(transaction=True)
def test_many_signers_at_once_sign_it_once(settings: Settings) -> None:
    submission = planned(opened(wallet()))

    outcomes = at_once(lambda: signer.sign(submission.pk), times=8)

    assert sorted(outcomes) == [False] * 7 + [True]
    assert Envelope.objects.count() == 1
    assert AuditEntry.objects.filter(action="stellar.signed").count() == 1
