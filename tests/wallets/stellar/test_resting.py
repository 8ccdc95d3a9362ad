"""What comes to nothing rests, longer and longer, and one alone is the first to try again."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from tests.factories.stellar_networks import StellarNetwork, join, open_channels, work
from tests.factories.submissions import channel, opened, planned, wallet
from wallets.custody import limits
from wallets.stellar import channels, planning, policy, resting
from wallets.stellar.models import Channel, Submission
from wallets.stellar.resting import Trouble
from wallets.stellar.states import State

pytestmark = pytest.mark.django_db
OPENING = Submission.Purpose.OPEN_ACCOUNTS
MINUTE = timedelta(minutes=1)


def _ended(minutes_ago: float, *, state: State = State.EXPIRED, **changes: object) -> Submission:
    """Write down a submission that was signed and ended so long ago."""
    instant = timezone.now()
    submission = planned(opened(wallet()), on=Channel.objects.first() or channel())
    fields = {"state": state, "signed_at": instant, "ended_at": instant - minutes_ago * MINUTE}
    Submission.objects.filter(pk=submission.pk).update(**fields | changes)
    return submission


def _rest(found: Trouble | None) -> timedelta:
    assert found is not None
    return found.until - found.last


def test_nothing_rests_where_nothing_went_wrong() -> None:
    assert resting.trouble(OPENING) is None
    assert resting.room(OPENING) is None


def test_one_that_came_to_nothing_is_tried_again_at_once_and_alone() -> None:
    _ended(0)

    assert resting.reason(OPENING) == ""
    assert resting.room(OPENING) == 1


def test_it_rests_for_as_long_as_it_has_gone_on() -> None:
    _ended(12)
    _ended(2)

    assert round(_rest(resting.trouble(OPENING)) / MINUTE) == 10
    assert resting.room(OPENING) == 0


def test_no_rest_is_longer_than_an_hour_and_none_is_forgotten_meanwhile() -> None:
    _ended(resting.LONGEST / MINUTE * 2)
    _ended(resting.LONGEST / MINUTE - 1)

    assert _rest(resting.trouble(OPENING)) == resting.LONGEST
    assert resting.reason(OPENING)


def test_what_was_done_since_ends_the_trouble() -> None:
    _ended(12)
    _ended(2)
    _ended(1, state=State.CONFIRMED)

    assert resting.trouble(OPENING) is None


def test_whom_it_is_blamed_on_and_what_nobody_signed_are_no_trouble() -> None:
    _ended(2, state=State.FAILED, blamed=["somebody"])
    _ended(1, signed_at=None)

    assert resting.trouble(OPENING) is None


@pytest.mark.parametrize(
    ("state", "code", "minutes"),
    [(State.FAILED, "tx_bad_auth", 5), (State.DECLINED, "", 5), (State.EXPIRED, "tx_bad_seq", 0)],
)
def test_a_fault_rests_at_first_for_as_long_as_its_code_says(
    state: State, code: str, minutes: int
) -> None:
    _ended(0, state=state, result_code=code)

    assert _rest(resting.trouble(OPENING)) // MINUTE == minutes


def test_while_one_tries_the_others_wait() -> None:
    _ended(0)
    planned(opened(wallet()), on=channel(2))

    assert resting.room(OPENING) == 0


def test_each_purpose_rests_for_itself() -> None:
    _ended(12)
    _ended(2)

    assert resting.room(Submission.Purpose.CLOSE_ACCOUNTS) is None


def test_after_trouble_one_channel_tries_for_all(network: StellarNetwork) -> None:
    open_channels(network)
    join(101)
    _ended(0)
    assert len(channels.free_for_batches()) > 1

    assert planning.plan() == 1
    assert planning.plan() == 0
    work()
    network.close()
    work()

    assert resting.trouble(OPENING) is None


@pytest.mark.parametrize("bumps", [0, 3])
def test_a_day_on_which_everything_expires_does_not_use_up_what_the_signer_may(bumps: int) -> None:
    """As on PUBLIC, where a day allows least: whoever waits is there as soon as it is over."""
    ends = [datetime(2026, 11, 21)]  # noqa: DTZ001 - any instant
    valid = timedelta(seconds=5 * planning.VALID_LEDGERS)
    while ends[-1] - ends[0] < timedelta(days=1):
        rest = Trouble(since=ends[0], last=ends[-1], least=timedelta()).until
        ends.append(rest + valid)

    day, each = limits.DAY["PUBLIC"], policy.POLICIES["on_need"]
    assert len(ends) * (1 + bumps) < day.transactions / 4
    assert len(ends) * each.batch_max < day.accounts / 2
    assert len(ends) < day.channel_keepings / 2
