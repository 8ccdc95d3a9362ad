"""A bad one costs the others their place once, and then goes alone."""

import pytest
from django.db import transaction
from django.utils import timezone
from pytest_django import Settings

from nannychain.alerts.models import Alert
from tests.factories.stellar_networks import (
    StellarNetwork,
    due_now,
    join,
    open_channels,
    settle,
    work,
)
from wallets.custody import signer
from wallets.custody.models import SealedChannelKey
from wallets.stellar import consequences, outcomes, planning, resting
from wallets.stellar.models import FundingRequest, Submission
from wallets.stellar.states import SUBMISSION, Funding, State

pytestmark = pytest.mark.django_db
OPENING = Submission.Purpose.OPEN_ACCOUNTS


def test_an_account_that_exists_already_is_found_and_the_rest_go_on(
    network: StellarNetwork,
) -> None:
    open_channels(network)
    addresses = join(4)
    network.fund(5, addresses[2])

    settle(network)

    assert [network.creations(address) for address in addresses] == [1, 1, 1, 1]
    requests = FundingRequest.objects.order_by("id")
    assert {request.state for request in requests} == {Funding.FUNDED}
    assert requests[2].reason == "it was on the network before"
    first = Submission.objects.filter(purpose="open_accounts").order_by("created_at")[0]
    assert first.state == State.FAILED
    assert first.operation_codes[2] == "op_already_exists"


def _failed(codes: list[str], *, code: str = "tx_failed") -> Submission:
    """Let the one submission under way fail with these codes."""
    submission = Submission.objects.get(purpose="open_accounts")
    with transaction.atomic():
        SUBMISSION.move(
            submission,
            to=State.FAILED,
            result_code=code,
            operation_codes=codes,
            ended_at=timezone.now(),
        )
        consequences.undone(submission)
    return submission


def _under_way(network: StellarNetwork, count: int) -> list[FundingRequest]:
    open_channels(network)
    join(count)
    work()
    return list(FundingRequest.objects.order_by("id"))


def test_the_one_that_the_codes_name_goes_alone(network: StellarNetwork) -> None:
    requests = _under_way(network, 3)

    _failed(["op_success", "op_malformed", "op_success"])

    for request in requests:
        request.refresh_from_db()
    assert [request.batch_max for request in requests] == [100, 1, 100]
    assert {request.state for request in requests} == {Funding.WAITING}


def test_whoever_fails_alone_is_left_to_a_person(network: StellarNetwork) -> None:
    (request,) = _under_way(network, 1)

    _failed(["op_malformed"])

    request.refresh_from_db()
    assert request.state == Funding.NEEDS_REVIEW
    assert request.reason
    assert Alert.objects.filter(key="stellar:needs_review").exists()


def test_where_no_code_tells_which_one_they_go_on_in_halves(network: StellarNetwork) -> None:
    requests = _under_way(network, 4)

    _failed([], code="tx_failed")

    for request in requests:
        request.refresh_from_db()
    assert {request.batch_max for request in requests} == {2}


def test_a_fault_of_ours_waits_and_rings_and_blames_nobody(network: StellarNetwork) -> None:
    requests = _under_way(network, 2)

    _failed([], code="tx_bad_auth")

    for request in requests:
        request.refresh_from_db()
    assert {(request.state, request.batch_max) for request in requests} == {(Funding.WAITING, 100)}
    assert Alert.objects.filter(key="stellar:fault:tx_bad_auth").exists()


def test_a_payer_that_ran_dry_blames_nobody(network: StellarNetwork) -> None:
    requests = _under_way(network, 2)

    _failed(["op_underfunded", "op_underfunded"])

    for request in requests:
        request.refresh_from_db()
    assert {(request.state, request.batch_max) for request in requests} == {(Funding.WAITING, 100)}


@pytest.mark.parametrize(
    "codes",
    [
        ["op_bad_auth", "op_success", "op_success"],  # a check at the door names the first only
        ["op_no_source_account", "op_success", "op_success"],
        ["op_success", "op_not_supported", "op_success"],
        ["op_success", "op_success", "op_underfunded"],
        ["op_low_reserve"] * 3,
        ["op_malformed"] * 3,
    ],
    ids=" ".join,
)
def test_a_fault_of_ours_in_an_operation_blames_nobody_and_rings(
    network: StellarNetwork, codes: list[str]
) -> None:
    requests = _under_way(network, 3)

    submission = _failed(codes)

    assert _stand(requests) == {(Funding.WAITING, 100)}
    bad = next(code for code in codes if code != "op_success")
    details = Alert.objects.get(key=f"stellar:fault:{bad}").details
    assert details["submission_id"] == str(submission.pk)
    assert "until" in resting.reason(OPENING)
    assert planning.plan() == 0


def test_a_fault_of_ours_leaves_even_who_is_alone_waiting(network: StellarNetwork) -> None:
    requests = _under_way(network, 1)

    _failed(["op_bad_auth"])

    assert _stand(requests) == {(Funding.WAITING, 100)}


def test_what_a_member_can_not_sign_is_blamed_on_her(
    network: StellarNetwork, settings: Settings
) -> None:
    settings.STELLAR_FUNDING_POLICY = "on_need"
    open_channels(network)
    join(2)
    FundingRequest.objects.update(needed_at=timezone.now())
    work()
    requests = list(FundingRequest.objects.order_by("id"))
    fine = ["op_success"] * 3

    submission = _failed([*fine, *fine[:2], "op_bad_auth"])

    for request in requests:
        request.refresh_from_db()
    assert [request.batch_max for request in requests] == [100, 1]
    submission.refresh_from_db()
    assert submission.blamed == [str(requests[1].wallet_id)]
    assert resting.reason(OPENING) == ""


def test_whoever_can_be_blamed_is_set_apart_even_beside_a_fault_of_ours(
    network: StellarNetwork,
) -> None:
    requests = _under_way(network, 3)

    _failed(["op_malformed", "op_underfunded", "op_already_exists"])

    for request in requests:
        request.refresh_from_db()
    assert [(request.state, request.batch_max) for request in requests] == [
        (Funding.WAITING, 1),
        (Funding.WAITING, 100),
        (Funding.FUNDED, 100),
    ]
    assert resting.reason(OPENING)


def test_what_the_signer_declines_as_a_whole_waits_and_blames_nobody(
    network: StellarNetwork,
) -> None:
    requests = _declined(network, 3, blamed=0)

    assert _stand(requests) == {(Funding.WAITING, 100)}
    assert {request.reason for request in requests} == {"the signer declined: no"}
    assert resting.reason(OPENING)
    assert planning.plan() == 0


def test_whom_the_signer_blames_goes_alone_and_the_others_at_once(
    network: StellarNetwork,
) -> None:
    requests = _declined(network, 3, blamed=1)

    assert [request.batch_max for request in requests] == [1, 100, 100]
    assert resting.reason(OPENING) == ""


def test_whom_the_signer_blames_alone_is_left_to_a_person(network: StellarNetwork) -> None:
    (request,) = _declined(network, 1, blamed=1)

    assert (request.state, request.reason) == (Funding.NEEDS_REVIEW, "the signer declined: no")


def test_a_channel_that_the_signer_blames_rests_and_another_one_carries_on(
    network: StellarNetwork,
) -> None:
    open_channels(network)
    join(1)
    SealedChannelKey.objects.filter(channel__number=1).update(ciphertext=b"torn")
    due_now()
    planning.plan()
    signer.sign(Submission.objects.get(purpose="open_accounts").pk)
    outcomes.settle_declined()

    assert planning.plan() == 1

    assert Submission.objects.get(state=State.PLANNED).channel.number == 2
    assert FundingRequest.objects.get().batch_max == 100


def _stand(requests: list[FundingRequest]) -> set[tuple[str, int]]:
    """Return where they stand, and with how many others they go next."""
    for request in requests:
        request.refresh_from_db()
    return {(request.state, request.batch_max) for request in requests}


def _declined(network: StellarNetwork, count: int, *, blamed: int) -> list[FundingRequest]:
    """Let the signer decline so many, and blame the first of them."""
    open_channels(network)
    join(count)
    due_now()
    planning.plan()
    submission = Submission.objects.get(purpose="open_accounts")
    requests = list(FundingRequest.objects.order_by("id"))
    with transaction.atomic():
        SUBMISSION.move(
            submission,
            to=State.DECLINED,
            last_answer="the signer declined: no",
            blamed=[str(each.wallet_id) for each in requests[:blamed]],
            ended_at=timezone.now(),
        )
    outcomes.settle_declined()
    for request in requests:
        request.refresh_from_db()
    return requests
