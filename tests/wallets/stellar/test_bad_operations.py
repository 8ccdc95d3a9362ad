"""A bad one costs the others their place once, and then goes alone."""

import pytest
from django.db import transaction

from nannychain.alerts.models import Alert
from tests.factories import stellar_networks
from tests.factories.stellar_networks import StellarNetwork, join, open_channels, settle, work
from wallets.stellar import consequences
from wallets.stellar.models import FundingRequest, Submission
from wallets.stellar.states import SUBMISSION, Funding, State

pytestmark = pytest.mark.django_db


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
            submission, to=State.FAILED, result_code=code, operation_codes=codes, ledger=7
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


def test_what_the_signer_declines_goes_on_in_halves_and_ends_with_a_person(
    network: StellarNetwork,
) -> None:
    (request,) = _under_way_unsigned(network)
    submission = request.submission
    assert submission is not None
    with transaction.atomic():
        SUBMISSION.move(submission, to=State.DECLINED, last_answer="the signer declined: no")

    stellar_networks.outcomes.settle_declined()

    request.refresh_from_db()
    assert (request.state, request.reason) == (Funding.NEEDS_REVIEW, "the signer declined: no")


def _under_way_unsigned(network: StellarNetwork) -> list[FundingRequest]:
    from wallets.stellar import planning

    open_channels(network)
    join(1)
    stellar_networks.due_now()
    planning.plan()
    return list(FundingRequest.objects.select_related("submission"))
