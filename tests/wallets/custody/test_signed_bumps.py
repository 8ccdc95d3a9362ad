"""Fee bumps: put around what was signed before, and nothing else."""

import pytest
from django.db import transaction
from pytest_django import Settings
from stellar_sdk import FeeBumpTransactionEnvelope

from nannychain.alerts.models import Alert
from nannychain.audit.models import AuditEntry
from tests.factories.submissions import FUNDING, PASSPHRASE, channel, opened, planned, wallet
from tests.factories.threads import at_once
from wallets.custody import signer
from wallets.stellar.fees import CEILING_STROOPS
from wallets.stellar.models import Envelope, Submission
from wallets.stellar.states import SUBMISSION, State

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("funding")]


def _sent() -> Submission:
    submission = planned(opened(wallet()))
    signer.sign(submission.pk)
    submission.refresh_from_db()
    with transaction.atomic():
        SUBMISSION.move(submission, to=State.SENT)
    return submission


def test_a_bump_is_put_around_the_very_same_transaction() -> None:
    submission = _sent()

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


def test_one_that_nobody_has_taken_yet_is_bumped_too() -> None:
    submission = planned(opened(wallet()))
    signer.sign(submission.pk)

    assert signer.sign_bump(submission.pk, base_fee_stroops=1_000)


@pytest.mark.parametrize("fee", [0, 100, CEILING_STROOPS + 1])
def test_a_bid_that_is_no_more_or_too_much_is_not_signed(fee: int) -> None:
    submission = _sent()
    assert not signer.sign_bump(submission.pk, base_fee_stroops=fee)
    assert Envelope.objects.count() == 1


def test_the_same_bid_is_not_signed_twice() -> None:
    submission = _sent()
    assert signer.sign_bump(submission.pk, base_fee_stroops=1_000)
    assert not signer.sign_bump(submission.pk, base_fee_stroops=1_000)


@pytest.mark.parametrize("state", [State.PLANNED, State.CONFIRMED, State.EXPIRED])
def test_what_is_not_under_way_is_not_bumped(state: State) -> None:
    submission = _sent()
    Submission.objects.update(state=state)
    assert not signer.sign_bump(submission.pk, base_fee_stroops=1_000)


def test_an_envelope_that_was_exchanged_gets_no_bump() -> None:
    """Whoever writes to the database has not the funding account pay for what he likes."""
    submission = _sent()
    foreign = planned(opened(wallet()), on=channel(2))
    signer.sign(foreign.pk)
    xdr = Envelope.objects.get(submission=foreign).xdr
    Envelope.objects.filter(submission=submission).update(xdr=xdr)

    assert not signer.sign_bump(submission.pk, base_fee_stroops=1_000)

    assert not Envelope.objects.filter(number=1).exists()
    submission.refresh_from_db()
    assert submission.state == State.SENT
    assert "not the one" in Alert.objects.get(key="stellar:declined").details["why"]
    assert AuditEntry.objects.filter(action="stellar.declined").count() == 1


def test_an_envelope_that_can_not_be_read_gets_no_bump() -> None:
    submission = _sent()
    Envelope.objects.update(xdr="AAAA")

    assert not signer.sign_bump(submission.pk, base_fee_stroops=1_000)

    assert Alert.objects.filter(key="stellar:declined").exists()


def test_what_is_on_another_network_gets_no_bump() -> None:
    submission = _sent()
    Submission.objects.update(network="PUBLIC")

    assert not signer.sign_bump(submission.pk, base_fee_stroops=1_000)

    assert Envelope.objects.count() == 1


def test_without_the_funding_key_there_is_no_bump_and_staff_are_told(settings: Settings) -> None:
    submission = _sent()
    settings.STELLAR_FUNDING_SECRET = ""

    assert not signer.sign_bump(submission.pk, base_fee_stroops=1_000)

    assert Envelope.objects.count() == 1
    assert Alert.objects.filter(key="stellar:signer_has_no_keys").exists()


@pytest.mark.django_db(transaction=True)
def test_many_signers_at_once_sign_one_bump() -> None:
    submission = _sent()

    outcomes = at_once(lambda: signer.sign_bump(submission.pk, base_fee_stroops=1_000), times=8)

    assert sorted(outcomes) == [False] * 7 + [True]
    assert Envelope.objects.filter(number=1).count() == 1
