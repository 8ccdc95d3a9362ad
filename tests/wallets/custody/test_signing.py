"""The signer signs what it has checked itself, once."""

import pytest
from pytest_django import Settings
from stellar_sdk import Keypair

from nannychain.alerts.models import Alert
from nannychain.audit.models import AuditEntry
from tests.factories.submissions import (
    FUNDING,
    XLM,
    channel,
    envelope_of,
    funding_channel,
    opened,
    planned,
    wallet,
)
from tests.factories.threads import at_once
from wallets.custody import signer
from wallets.custody.models import Signing
from wallets.stellar.intents import CloseAccount, MakeChannel, SponsorAccount, TopUpChannel
from wallets.stellar.models import Envelope, Submission
from wallets.stellar.states import State

pytestmark = pytest.mark.usefixtures("funding")


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
        source = funding_channel()
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
        assert (entry.after["stroops"], entry.after["fee_stroops"]) == (2 * XLM, 200)
        assert entry.after["signatures"] == 2
        assert entry.after["signers"] == {"channel": 1, "funding": 1}
        assert FUNDING.secret not in str(entry.after)


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
    assert not Signing.objects.exists()
    alert = Alert.objects.get(key="stellar:signer_has_no_keys")
    assert "STELLAR_FUNDING_SECRET" in alert.title


@pytest.mark.django_db(transaction=True)
def test_many_signers_at_once_sign_it_once() -> None:
    submission = planned(opened(wallet()))

    outcomes = at_once(lambda: signer.sign(submission.pk), times=8)

    assert sorted(outcomes) == [False] * 7 + [True]
    assert Envelope.objects.count() == 1
    assert AuditEntry.objects.filter(action="stellar.signed").count() == 1
