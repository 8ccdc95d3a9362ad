"""A crowd joins while the network halts, lies and charges surge prices; each gets one account.

`CROWD=10000` runs the long form.
"""

import os
import random

import pytest

from tests.factories import stellar_networks
from tests.factories.stellar_networks import StellarNetwork
from wallets.custody import signer
from wallets.stellar.models import FundingRequest, Submission
from wallets.stellar.states import PENDING, Funding, State

CROWD = int(os.environ.get("CROWD", "300"))
LIES = ("timeout_landed", "timeout_lost", "answer_lost", "try_later_lie", "refused_lie", "garbage")


@pytest.mark.django_db
@pytest.mark.timeout(1800)
def test_each_of_a_crowd_gets_exactly_one_account(network: StellarNetwork) -> None:
    chance = random.Random(CROWD)
    stellar_networks.open_channels(network)
    network.fault("halt", target="horizon.network", times=20)
    addresses = []
    while len(addresses) < CROWD:
        addresses += stellar_networks.join(min(CROWD - len(addresses), max(30, CROWD // 20)))
        network.fault(chance.choice(LIES), times=chance.randint(1, 3))
        if chance.random() < 0.3:
            network.fault("surge", target="horizon.network", factor=15, times=10)
        stellar_networks.work()
        for submission in Submission.objects.filter(state__in=PENDING):
            signer.sign_bump(submission.pk, base_fee_stroops=1_600)
        network.close()

    network.mend()
    stellar_networks.settle(network, rounds=1_000)

    assert FundingRequest.objects.filter(state=Funding.FUNDED).count() == CROWD
    confirmed = Submission.objects.filter(purpose="open_accounts", state=State.CONFIRMED)
    wallets = [intent["wallet_id"] for each in confirmed for intent in each.intents]
    assert len(wallets) == len(set(wallets)) == CROWD
    for address in chance.sample(addresses, min(CROWD, 200)):
        assert network.creations(address) == 1
