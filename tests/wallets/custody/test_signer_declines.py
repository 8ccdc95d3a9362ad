"""What the signer declines, and that it says why."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from stellar_sdk import Keypair

from nannychain.alerts.models import Alert
from nannychain.audit.models import AuditEntry
from tests.factories.submissions import (
    FUNDING,
    XLM,
    funding_channel,
    opened,
    planned,
    planned_channel,
    wallet,
)
from wallets.custody import limits, signer
from wallets.custody.models import SealedChannelKey, SealedKey, Signing
from wallets.stellar.fees import CEILING_STROOPS
from wallets.stellar.intents import CloseAccount, SponsorAccount, as_json
from wallets.stellar.models import Channel, Envelope, FundingRequest, Submission
from wallets.stellar.states import Funding, State

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("funding")]


def _another_network() -> None:
    Submission.objects.update(network="PUBLIC")


def _foreign_channel() -> None:
    Channel.objects.update(network="PUBLIC")


def _channel_without_a_key() -> None:
    SealedChannelKey.objects.all().delete()


def _channel_that_is_a_members_account() -> None:
    Channel.objects.update(public_key=FundingRequest.objects.get().wallet.stellar_public_key)


def _channel_that_is_the_funding_account() -> None:
    Channel.objects.update(public_key=FUNDING.public_key)


def _channel_that_stands_for_the_funding_account() -> None:
    Channel.objects.update(number=0)


def _no_request() -> None:
    FundingRequest.objects.update(submission=None)


def _request_of_another_network() -> None:
    FundingRequest.objects.update(network="PUBLIC")


def _request_that_is_done() -> None:
    FundingRequest.objects.update(state=Funding.FUNDED)


def _request_of_somebody_else() -> None:
    submission = Submission.objects.get()
    FundingRequest.objects.filter(wallet=wallet()).update(
        submission=submission, state=Funding.SUBMITTED
    )


def _swapped_key() -> None:
    foreign = SealedKey.objects.get(wallet=wallet()).ciphertext
    SealedChannelKey.objects.update(ciphertext=foreign)


def _address_that_is_none() -> None:
    request = FundingRequest.objects.get()
    type(request.wallet).objects.update(stellar_public_key="G" * 56)


def _long_bounds() -> None:
    Submission.objects.update(max_ledger=1_000 + limits.LEDGERS_MAX + 1)


def _long_time() -> None:
    late = timezone.now() + limits.VALID_FOR_MAX + timedelta(seconds=5)
    Submission.objects.update(valid_until=late)


def _high_fee() -> None:
    Submission.objects.update(base_fee_stroops=CEILING_STROOPS + 1)


def _no_fee() -> None:
    Submission.objects.update(base_fee_stroops=0)


def _garbage() -> None:
    Submission.objects.update(intents=[{"kind": "send_everything"}])


def _nothing() -> None:
    Submission.objects.update(intents=[])


def _twice() -> None:
    Submission.objects.update(intents=Submission.objects.get().intents * 2)


def _too_much() -> None:
    (intent,) = Submission.objects.get().intents
    Submission.objects.update(intents=[{**intent, "stroops": XLM + 1}])


def _wrong_purpose() -> None:
    Submission.objects.update(purpose=Submission.Purpose.KEEP_CHANNELS)


def _closing_under_another_name() -> None:
    intent = CloseAccount(wallet_id=FundingRequest.objects.get().wallet_id)
    Submission.objects.update(intents=as_json([intent]))


def _unknown_purpose() -> None:
    Submission.objects.update(purpose="anything")


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (_another_network, "another network"),
        (_foreign_channel, "channel is on another network"),
        (_channel_without_a_key, "channel has no key"),
        (_channel_that_is_a_members_account, "sealed key of channel"),
        (_channel_that_is_the_funding_account, "not the signer's own funding account"),
        (_channel_that_stands_for_the_funding_account, "not the signer's own funding account"),
        (_no_request, "not those whose requests"),
        (_request_of_another_network, "does not wait for this"),
        (_request_that_is_done, "does not wait for this"),
        (_request_of_somebody_else, "not those whose requests"),
        (_swapped_key, "not what it should be"),
        (_address_that_is_none, "an address, an asset or an amount"),
        (_long_bounds, "too many ledgers"),
        (_long_time, "too long"),
        (_high_fee, "above the ceiling"),
        (_no_fee, "above the ceiling"),
        (_garbage, "known kind"),
        (_nothing, "not an empty one"),
        (_twice, "same account twice"),
        (_too_much, "more than the starting balance"),
        (_wrong_purpose, "not for its purpose"),
        (_closing_under_another_name, "not for its purpose"),
        (_unknown_purpose, "not for its purpose"),
    ],
)
def test_what_is_wrong_is_declined_with_the_reason(spoil: Callable[[], None], why: str) -> None:
    submission = planned(opened(wallet()))
    spoil()

    assert not signer.sign(submission.pk)

    submission.refresh_from_db()
    assert submission.state == State.DECLINED
    assert submission.ended_at is not None
    assert submission.hash is None
    assert submission.last_answer.startswith("the signer declined: ")
    assert why in submission.last_answer
    assert not Envelope.objects.exists()
    assert not Signing.objects.exists()
    assert why in Alert.objects.get(key="stellar:declined").details["why"]
    assert why in AuditEntry.objects.get(action="stellar.declined").reason


def test_just_within_its_bounds_it_is_signed() -> None:
    submission = planned(
        opened(wallet()),
        max_ledger=1_000 + limits.LEDGERS_MAX,
        base_fee_stroops=CEILING_STROOPS,
    )
    at_most = submission.created_at + limits.VALID_FOR_MAX
    Submission.objects.update(valid_until=at_most)

    assert signer.sign(submission.pk)


def test_a_channel_gets_no_more_than_it_may() -> None:
    source = funding_channel()
    enough = planned_channel(limits.CHANNEL_STROOPS_MAX, source=source)
    assert signer.sign(enough.pk)
    Submission.objects.update(state=State.CONFIRMED)

    too_much = planned_channel(limits.CHANNEL_STROOPS_MAX + 1, source=source, number=2)

    assert not signer.sign(too_much.pk)
    too_much.refresh_from_db()
    assert too_much.state == State.DECLINED


def test_a_channel_of_another_network_is_not_topped_up() -> None:
    submission = planned_channel(XLM, source=funding_channel())
    Channel.objects.filter(number=1).update(network="PUBLIC")

    assert not signer.sign(submission.pk)

    submission.refresh_from_db()
    assert "no key" in submission.last_answer


def test_nineteen_sponsored_accounts_need_too_many_signatures() -> None:
    submission = planned([SponsorAccount(wallet_id=wallet().pk) for _ in range(19)])

    assert not signer.sign(submission.pk)

    submission.refresh_from_db()
    assert "signatures" in submission.last_answer


def test_an_asset_that_is_none_is_declined() -> None:
    intent = SponsorAccount(wallet_id=wallet().pk, assets=("KESX:nobody",))
    submission = planned([intent])

    assert not signer.sign(submission.pk)

    submission.refresh_from_db()
    assert "an asset" in submission.last_answer


def test_a_closing_whose_account_is_not_to_be_closed_is_declined() -> None:
    submission = planned(
        [CloseAccount(wallet_id=wallet().pk, assets=(f"KESX:{FUNDING.public_key}",))],
        purpose=Submission.Purpose.CLOSE_ACCOUNTS,
    )
    FundingRequest.objects.update(state=Funding.FUNDED)

    assert not signer.sign(submission.pk)

    submission.refresh_from_db()
    assert "does not wait for this" in submission.last_answer


def _declined(submission: Submission) -> str:
    """Let the signer decline; return its words."""
    assert not signer.sign(submission.pk)
    submission.refresh_from_db()
    assert submission.state == State.DECLINED
    return submission.last_answer


def test_another_account_than_the_signers_own_pays_for_no_channel() -> None:
    source = funding_channel()
    submission = planned_channel(XLM, source=source)
    Channel.objects.filter(pk=source.pk).update(public_key=Keypair.random().public_key)

    assert "not the signer's own" in _declined(submission)


def test_the_funding_account_carries_nothing_of_members() -> None:
    submission = planned(opened(wallet()), on=funding_channel())

    assert "not one for its purpose" in _declined(submission)


def test_a_channel_of_which_custody_has_no_key_gets_nothing() -> None:
    submission = planned_channel(XLM, source=funding_channel())
    foreign = Keypair.random().public_key
    Channel.objects.filter(number=1).update(public_key=foreign)

    assert f"channel {foreign[:4]}…{foreign[-4:]} is not what it should be" in _declined(submission)


def test_of_many_it_blames_the_one_whose_key_it_does_not_hold() -> None:
    members = [wallet() for _ in range(3)]
    submission = planned([SponsorAccount(wallet_id=each.pk) for each in members])
    SealedKey.objects.filter(wallet=members[1]).update(key_id="0" * 16)

    told = _declined(submission)

    address = members[1].stellar_public_key
    assert f"the key of wallet {address[:4]}…{address[-4:]} is sealed to a key pair" in told
    assert submission.blamed == [str(members[1].pk)]
    assert not Alert.objects.filter(key="stellar:signer_has_no_keys").exists()


def test_a_channel_key_that_it_can_not_open_is_blamed_on_the_channel() -> None:
    submission = planned(opened(wallet()))
    SealedChannelKey.objects.update(ciphertext=b"torn")

    _declined(submission)

    assert submission.blamed == [str(submission.channel_id)]


def test_an_address_that_is_none_is_blamed_on_its_wallet() -> None:
    good, bad = wallet(), wallet()
    submission = planned(opened(good, bad))
    type(bad).objects.filter(pk=bad.pk).update(stellar_public_key="G" * 56)

    _declined(submission)

    assert submission.blamed == [str(bad.pk)]


def test_a_whole_that_is_wrong_is_blamed_on_nobody() -> None:
    submission = planned(opened(wallet()), base_fee_stroops=0)

    _declined(submission)

    assert submission.blamed == []
