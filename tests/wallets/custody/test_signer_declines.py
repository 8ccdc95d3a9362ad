"""What the signer declines, and that it says why."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

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
