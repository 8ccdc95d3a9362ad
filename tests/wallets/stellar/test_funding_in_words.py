"""What support reads on a member's page of her account on the network."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.factories.members import MemberFactory
from wallets.stellar import policy
from wallets.stellar.models import FundingRequest, Network
from wallets.stellar.selectors import funding_in_words
from wallets.stellar.states import Funding
from wallets.wallet.models import Wallet

pytestmark = pytest.mark.django_db


def _wallet(**fields: object) -> Wallet:
    wallet: Wallet = MemberFactory.create(phone_proved=True).wallet
    FundingRequest.objects.filter(wallet=wallet).update(**fields)
    return wallet


def test_what_holds_up_this_one_comes_before_what_holds_up_all() -> None:
    Network.objects.create(name="TESTNET", holding="paused by staff: a strange fee")
    (alone,) = funding_in_words(_wallet(reason=policy.NOT_PROVED))
    (with_all,) = funding_in_words(_wallet())
    assert policy.NOT_PROVED in alone
    assert "a strange fee" not in alone
    assert "a strange fee" in with_all


def test_a_funded_account_is_funded_since_it_was() -> None:
    Network.objects.create(name="TESTNET", holding="paused by staff: a strange fee")
    when = timezone.now() - timedelta(days=400)

    (told,) = funding_in_words(_wallet(state=Funding.FUNDED, funded_at=when))

    assert told.startswith("TESTNET: funded since ")
    assert str(when.year) in told
    assert "strange" not in told


@pytest.mark.parametrize("state", list(Funding))
def test_every_state_has_words(state: Funding) -> None:
    (told,) = funding_in_words(_wallet(state=state))
    assert "_" not in told
