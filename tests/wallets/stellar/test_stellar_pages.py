"""Stellar in the admin: in words, for those who may see it, and with a switch for those who may."""

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from nannychain.audit.models import AuditEntry
from tests.factories.members import MemberFactory, StaffFactory
from tests.factories.stellar_networks import StellarNetwork, join, open_channels, settle, work
from wallets.stellar import words
from wallets.stellar.models import FundingRequest, Network, Submission
from wallets.stellar.states import Funding
from wallets.stellar.watching import services as watching
from workers.identity.models import Member

pytestmark = pytest.mark.django_db
PAGES = ("submission", "fundingrequest", "movement", "channel", "network")


def _signed_in(member: Member) -> Client:
    client = Client()
    client.force_login(member)
    return client


@pytest.fixture
def superuser() -> Client:
    return _signed_in(StaffFactory.create())


def _html(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return answer.content.decode()


def test_a_submission_tells_its_life_in_words(network: StellarNetwork, superuser: Client) -> None:
    (address,) = join(1)
    settle(network)
    submission = Submission.objects.get(purpose="open_accounts")

    page = _html(superuser, f"/admin/wallets/submission/{submission.pk}/change/")

    for shown in (
        "open an account × 1",  # noqa: RUF001
        "done (tx_success)",
        "the signer signed it",
        "the network took it",
        "a ledger holds it",
        str(submission.hash),
        "0.00001 XLM",
    ):
        assert shown in page, shown
    found = _html(superuser, f"/admin/wallets/submission/?q={address}")
    assert str(submission.hash)[:8] in found
    assert str(submission.hash)[:8] in _html(
        superuser, f"/admin/wallets/submission/?q={str(submission.hash)[:10]}"
    )
    assert str(submission.hash)[:8] not in _html(superuser, "/admin/wallets/submission/?q=zzzz")


def test_a_failure_is_explained(network: StellarNetwork, superuser: Client) -> None:
    open_channels(network)
    addresses = join(2)
    network.fund(5, addresses[0])
    settle(network)
    failed = Submission.objects.get(state="FAILED")

    page = _html(superuser, f"/admin/wallets/submission/{failed.pk}/change/")

    assert "in a ledger, but nothing was done" in page
    assert "the account was on the network before (op_already_exists)" in page


def test_the_network_page_tells_what_pays_for_how_long_and_who_waits(
    network: StellarNetwork, superuser: Client
) -> None:
    MemberFactory.create()
    settle(network)

    page = _html(superuser, "/admin/wallets/network/TESTNET/change/")

    assert "days of 100 XLM" in page
    assert "2: until the phone is proved" in page  # hers, and that of the staff member


@pytest.mark.parametrize("page", PAGES)
def test_a_list_asks_as_much_for_many_as_for_few(
    network: StellarNetwork, superuser: Client, page: str
) -> None:
    watching.watch()
    counts = []
    for size in (1, 8):
        for _ in range(size):
            join(1)
            settle(network)
        watching.watch()
        with CaptureQueriesContext(
            connection,
        ) as queries:
            _html(superuser, f"/admin/wallets/{page}/")
        counts.append(len(queries))
    assert counts[0] == counts[1]


@pytest.mark.parametrize("page", PAGES)
def test_only_staff_who_may_see_it_do(network: StellarNetwork, page: str) -> None:
    clerk = StaffFactory.create(is_superuser=False)
    assert _signed_in(clerk).get(f"/admin/wallets/{page}/").status_code == 403
    assert _signed_in(MemberFactory.create()).get(f"/admin/wallets/{page}/").status_code == 302
    clerk.user_permissions.add(Permission.objects.get(codename=f"view_{page}"))
    assert _signed_in(clerk).get(f"/admin/wallets/{page}/").status_code == 200


def _act(client: Client, page: str, action: str, key: object, **fields: str) -> str:
    form = {"action": action, "_selected_action": str(key), **fields}
    return client.post(f"/admin/wallets/{page}/", form, follow=True).content.decode()


def test_staff_pause_with_a_reason_and_go_on(network: StellarNetwork, superuser: Client) -> None:
    settle(network)
    assert "Say why" in _act(superuser, "network", "pause", "TESTNET", reason="  ")
    assert Network.objects.get().paused_at is None

    _act(superuser, "network", "pause", "TESTNET", reason="Horizon says strange things")
    join(1)
    work()

    assert "Horizon says strange things" in Network.objects.get().holding
    assert not Submission.objects.filter(purpose="open_accounts").exists()
    assert AuditEntry.objects.get(action="stellar.paused").reason == "Horizon says strange things"
    _act(superuser, "network", "resume", "TESTNET")
    settle(network)
    assert FundingRequest.objects.filter(state=Funding.FUNDED).count() == 1
    assert AuditEntry.objects.filter(action="stellar.resumed").count() == 1


def test_who_may_only_look_cannot_pause_or_retry_or_review(network: StellarNetwork) -> None:
    settle(network)
    clerk = StaffFactory.create(is_superuser=False)
    for page in PAGES:
        clerk.user_permissions.add(Permission.objects.get(codename=f"view_{page}"))
    client = _signed_in(clerk)

    _act(client, "network", "pause", "TESTNET", reason="no")

    assert Network.objects.get().paused_at is None
    for page, action in (
        ("network", "pause"),
        ("fundingrequest", "try_again"),
        ("movement", "review"),
    ):
        assert f'value="{action}"' not in _html(client, f"/admin/wallets/{page}/")


def test_staff_let_one_that_failed_alone_try_again(
    network: StellarNetwork, superuser: Client
) -> None:
    (address,) = join(1)
    request = FundingRequest.objects.get(wallet__stellar_public_key=address)
    FundingRequest.objects.filter(pk=request.pk).update(state=Funding.NEEDS_REVIEW)

    assert "1 wait" in _act(superuser, "fundingrequest", "try_again", request.pk)
    assert "0 wait" in _act(superuser, "fundingrequest", "try_again", request.pk)

    request.refresh_from_db()
    assert request.state == Funding.WAITING
    assert AuditEntry.objects.get(action="stellar.funding_tried_again").subject_id == str(
        request.pk
    )


@pytest.mark.parametrize(
    ("stroops", "text"),
    [
        (0, "0 XLM"),
        (1, "0.0000001 XLM"),
        (10_000_000, "1 XLM"),
        (12_345_670_000_000, "1,234,567 XLM"),
        (-15_000_000, "-1.5 XLM"),
        (None, "not known"),
    ],
)
def test_amounts_are_written_without_needless_zeros(stroops: int | None, text: str) -> None:
    assert words.xlm(stroops) == text
