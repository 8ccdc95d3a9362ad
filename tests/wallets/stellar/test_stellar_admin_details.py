"""The pages lead from a submission to whom it is for, and from a channel to what it carries."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.factories.members import StaffFactory
from tests.factories.stellar_networks import (
    StellarNetwork,
    due_now,
    join,
    open_channels,
    settle,
    work,
)
from wallets.stellar import contents, planning, words
from wallets.stellar.models import Channel, FundingRequest, Network, Submission
from wallets.stellar.watching import services as watching

pytestmark = pytest.mark.django_db


@pytest.fixture
def client() -> Client:
    found = Client()
    found.force_login(StaffFactory.create())
    return found


def _html(client: Client, path: str) -> str:
    answer = client.get(f"/admin/wallets/{path}")
    assert answer.status_code == 200, path
    return answer.content.decode()


def test_a_submission_leads_to_the_wallets_and_requests_that_it_is_for(
    network: StellarNetwork, client: Client
) -> None:
    addresses = join(2)
    settle(network)
    submission = Submission.objects.get(purpose="open_accounts")

    page = _html(client, f"submission/{submission.pk}/change/")

    assert page.count("open an account with 1 XLM") == 2
    for request in FundingRequest.objects.filter(wallet__stellar_public_key__in=addresses):
        wallet = request.wallet
        assert f'href="/admin/wallets/wallet/{wallet.pk}/change/">{wallet}<' in page
        assert f'href="/admin/wallets/fundingrequest/{request.pk}/change/">funded<' in page


def test_a_submission_of_channels_leads_to_them(network: StellarNetwork, client: Client) -> None:
    open_channels(network)
    submission = Submission.objects.get(purpose="keep_channels")

    page = _html(client, f"submission/{submission.pk}/change/")

    for channel in Channel.objects.filter(number__gt=0):
        assert f'href="/admin/wallets/channel/{channel.pk}/change/">{channel}<' in page


def test_a_page_asks_as_much_for_many_as_for_few(network: StellarNetwork, client: Client) -> None:
    counts = []
    for size in (1, 12):
        join(size)
        settle(network)
        newest = Submission.objects.filter(purpose="open_accounts").latest("created_at")
        assert len(newest.intents) == size
        with CaptureQueriesContext(connection) as queries:
            _html(client, f"submission/{newest.pk}/change/")
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_a_wallet_finds_also_what_has_failed_for_it(
    network: StellarNetwork, client: Client
) -> None:
    open_channels(network)
    taken, other = join(2)
    network.fund(5, taken)
    settle(network)
    failed = Submission.objects.get(state="FAILED")
    landed = Submission.objects.get(state="CONFIRMED", purpose="open_accounts")

    found = _html(client, f"submission/?q={other}")

    assert str(failed.hash)[:8] in found
    assert str(landed.hash)[:8] in found
    assert "no longer in this one" in _html(client, f"submission/{failed.pk}/change/")
    assert str(failed.hash)[:8] not in _html(client, f"submission/?q=G{'A' * 55}")


def test_a_channel_shows_what_it_carries(network: StellarNetwork, client: Client) -> None:
    open_channels(network)
    assert "/admin/wallets/submission/0" not in _html(client, "channel/")
    join(1)
    due_now()
    planning.plan()
    submission = Submission.objects.get(purpose="open_accounts")

    shown = _html(client, "channel/")

    assert f'href="/admin/wallets/submission/{submission.pk}/change/">{submission}<' in shown
    assert shown.count("/admin/wallets/submission/0") == 1
    assert str(submission.max_ledger) in shown.replace(",", "")
    assert str(submission) in _html(client, f"channel/{submission.channel_id}/change/")


def test_the_network_page_names_who_pays_and_how_old_the_ledger_is(
    network: StellarNetwork, client: Client
) -> None:
    work()
    Network.objects.update(closed_at=timezone.now() - timedelta(seconds=31))

    page = _html(client, "network/TESTNET/change/")

    assert network.funding.public_key in page
    assert "31 s ago" in page or "32 s ago" in page


def test_a_ledger_that_is_long_closed_is_told_so() -> None:
    assert words.age(None) == "not known"
    assert words.age(timezone.now() - timedelta(hours=3)) == "3\xa0hours ago"
    assert words.age(timezone.now() + timedelta(seconds=5)) == "0 s ago"


@pytest.mark.parametrize(
    ("page", "asked"), [("network", "Reason for a pause"), ("movement", "What you found")]
)
def test_an_action_that_wants_words_shows_where_they_go(
    network: StellarNetwork, client: Client, page: str, asked: str
) -> None:
    work()
    watching.watch()
    network.fund(5)
    watching.watch()

    (box,) = re.findall(rf'<input[^>]*placeholder="{asked}"[^>]*>', _html(client, f"{page}/"))

    assert "border" in box, "an input without a look of its own can't be seen on the bar"


def test_whose_submissions_they_are_is_found_by_indexes(network: StellarNetwork) -> None:
    open_channels(network)
    (address,) = join(1)
    channel = Channel.objects.get(number=1)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")

    for asked in (address, channel.public_key):
        plan = contents.naming(Submission.objects.all(), address=asked).explain()
        assert "submission_intents" in plan
        assert "Seq Scan" not in plan


def test_a_channel_of_another_network_may_have_the_same_address(network: StellarNetwork) -> None:
    open_channels(network)
    here = Channel.objects.get(number=0)
    there = Channel.objects.create(number=0, network="PUBLIC", public_key=here.public_key)
    submission = Submission.objects.get(purpose="keep_channels")
    Submission.objects.filter(pk=submission.pk).update(channel=there)

    found = contents.naming(Submission.objects.all(), address=here.public_key)

    assert list(found) == [submission]
