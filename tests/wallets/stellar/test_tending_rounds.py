"""What one round of tending does: for whom it rings, what it posts, and what it leaves alone."""

import pytest
from django.db import transaction
from pytest_django import Settings

from nannychain.alerts.models import Alert
from nannychain.http import EXCHANGE_SECONDS_MAX
from tests.factories import stellar_networks, submissions
from tests.factories.stellar_networks import StellarNetwork
from wallets.custody import signer
from wallets.stellar import outcomes, pausing, planning, sweep, tending
from wallets.stellar.client.answers import Outcome, Submitted
from wallets.stellar.client.horizon import Horizon
from wallets.stellar.models import Channel, Envelope, FundingRequest, Network, Submission
from wallets.stellar.states import SUBMISSION, Funding, State

pytestmark = pytest.mark.django_db


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The tasks that were rung for while tending."""
    tasks: list[str] = []
    monkeypatch.setattr(tending, "enqueue", lambda task, **_: tasks.append(task))
    return tasks


@pytest.fixture
def planned(network: StellarNetwork) -> Submission:
    """A submission that nobody has signed yet."""
    stellar_networks.open_channels(network)
    stellar_networks.join(1)
    stellar_networks.due_now()
    planning.plan()
    return Submission.objects.get(purpose="open_accounts")


def _tend(submission: Submission) -> State | None:
    stellar_networks.due_now()
    return tending.tend(submission.pk)


def _pause() -> None:
    with transaction.atomic():
        pausing.pause(Network.objects.get(), reason="to look at it")


def test_the_signer_is_rung_for_what_is_planned(planned: Submission, rung: list[str]) -> None:
    assert _tend(planned) == State.PLANNED
    assert rung == ["wallets.custody.sign"]


def test_while_paused_the_signer_is_not_rung_and_what_is_unsigned_runs_out(
    network: StellarNetwork, planned: Submission, rung: list[str]
) -> None:
    _pause()

    assert _tend(planned) == State.PLANNED
    network.close(30)
    assert _tend(planned) == State.EXPIRED
    assert rung == []


def test_while_paused_what_is_signed_goes_on(network: StellarNetwork, planned: Submission) -> None:
    signer.sign(planned.pk)
    _pause()

    assert _tend(planned) == State.SENT
    network.close()
    assert _tend(planned) == State.CONFIRMED


def test_a_bump_that_is_never_signed_keeps_nothing_from_being_posted_again(
    network: StellarNetwork, planned: Submission, rung: list[str]
) -> None:
    signer.sign(planned.pk)
    network.fault("timeout_lost", times=1)
    assert _tend(planned) == State.UNKNOWN
    network.fault("surge", target="horizon.network", factor=20, times=100)
    network.close(4)

    assert _tend(planned) == State.UNKNOWN

    assert rung == ["wallets.custody.sign_bump"]
    assert Submission.objects.get(pk=planned.pk).posts == 2


def test_posts_that_a_bump_sets_anew_are_never_fewer_than_none(
    network: StellarNetwork, planned: Submission, monkeypatch: pytest.MonkeyPatch
) -> None:
    signer.sign(planned.pk)

    def submit(*_: object, **__: object) -> Submitted:
        Submission.objects.filter(pk=planned.pk).update(posts=0)  # as the signer does of a bump
        return Submitted(Outcome.NOT_SENT, "no connection")

    monkeypatch.setattr(Horizon, "submit", submit)
    _tend(planned)

    assert Submission.objects.get(pk=planned.pk).posts == 0


def test_what_is_for_another_network_is_left_alone(planned: Submission, settings: Settings) -> None:
    stellar_networks.due_now()
    assert str(planned.pk) in sweep.due()
    settings.STELLAR_NETWORK = "PUBLIC"

    assert sweep.due() == []
    assert tending.tend(planned.pk) is None


@pytest.mark.parametrize("is_bumped", [False, True])
def test_a_channel_pays_its_fees_but_not_those_of_a_bump(
    network: StellarNetwork, planned: Submission, is_bumped: bool
) -> None:
    before = Channel.objects.get(pk=planned.channel_id).balance_stroops
    assert before is not None
    signer.sign(planned.pk)
    if is_bumped:
        assert signer.sign_bump(planned.pk, base_fee_stroops=1_000)
    _tend(planned)
    network.close()
    assert _tend(planned) == State.CONFIRMED

    channel = Channel.objects.get(pk=planned.channel_id)
    account = network.account(channel.public_key)
    assert account is not None
    assert channel.balance_stroops == before - (0 if is_bumped else 100)
    assert account["balances"][-1]["balance"] == f"{channel.balance_stroops / 10_000_000:.7f}"
    assert Envelope.objects.filter(submission=planned).count() == 1 + is_bumped


def test_the_funding_accounts_balance_is_read_afresh_after_it_made_channels(
    network: StellarNetwork,
) -> None:
    stellar_networks.open_channels(network)
    assert Channel.objects.get(number=0).balance_stroops is None

    stellar_networks.work()

    account = network.account(network.funding.public_key)
    assert account is not None
    found = Channel.objects.get(number=0).balance_stroops
    assert f"{(found or 0) / 10_000_000:.7f}" == account["balances"][-1]["balance"]


def _declined(intents: object) -> Submission:
    submission = submissions.planned(
        submissions.opened(submissions.wallet()),
        on=submissions.channel(Channel.objects.count() + 1),
    )
    with transaction.atomic():
        SUBMISSION.move(submission, to=State.DECLINED)
    if intents is not None:
        Submission.objects.filter(pk=submission.pk).update(intents=intents)
    return submission


def test_what_this_version_can_not_read_is_freed_as_a_whole() -> None:
    _declined([{"kind": "of tomorrow"}])

    assert outcomes.settle_declined() == 1
    assert FundingRequest.objects.get().state == Funding.WAITING


def test_one_that_can_not_be_freed_rings_and_holds_up_no_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    broken, other = _declined(None), _declined(None)
    real = outcomes.consequences.undone

    def undone(submission: Submission) -> None:
        if submission.pk == broken.pk:
            raise ZeroDivisionError
        real(submission)

    monkeypatch.setattr(outcomes.consequences, "undone", undone)

    assert outcomes.settle_declined() == 1
    assert FundingRequest.objects.get(submission=broken).state == Funding.SUBMITTED
    assert FundingRequest.objects.get(submission=other).state == Funding.WAITING
    alert = Alert.objects.get(key="stellar:not_settled")
    assert alert.details == {"submission_id": str(broken.pk)}


def test_a_round_ends_before_its_claim(
    network: StellarNetwork, planned: Submission, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert tending.CLAIM.total_seconds() >= tending.ROUND_SECONDS + EXCHANGE_SECONDS_MAX
    signer.sign(planned.pk)
    monkeypatch.setattr(tending, "ROUND_SECONDS", -1.0)

    assert _tend(planned) == State.SIGNED

    planned.refresh_from_db()
    assert "too slowly" in planned.last_answer
    assert planned.posts == 0
