"""Signing leaves no secret behind: known seeds sign, and are then searched for everywhere.

The funding account's secret and the seeds of channels and members are planted. They sign, are
declined, are missing, and something breaks at every step; then database, Redis, logs and error
reports are searched as in `test_canaries`, which also proves that the search finds what is there.
"""

from collections.abc import Callable

import pytest
from django.conf import settings as present
from django.core.management import call_command
from nacl.public import SealedBox
from nacl.signing import SigningKey
from pytest_django import Settings

from nannychain import audit, strkey
from nannychain.states.machine import Machine
from tests.factories.submissions import (
    XLM,
    channel,
    envelope_of,
    opened,
    planned,
    planned_channel,
    wallet,
)
from tests.wallets.canaries import (
    Canary,
    LogTap,
    broken,
    database_dump,
    new_seed,
    redis_contents,
    report,
    seen,
)
from wallets.custody import building, keys, limits, signer, tasks
from wallets.custody.models import SealedChannelKey, SealedKey
from wallets.stellar.intents import CloseAccount, Intent, SponsorAccount
from wallets.stellar.models import Channel, Envelope, FundingRequest, Submission
from wallets.stellar.states import State

HOUSE, NEW_HOUSE = "aa" * 32, "bb" * 32
FUNDING_SEED = new_seed()
SEEDS = [new_seed() for _ in range(12)]
SECRETS = [Canary.of_seed("funding", FUNDING_SEED)]
SECRETS += [Canary.of_seed(f"seed {n}", seed) for n, seed in enumerate(SEEDS)]
SECRETS += [
    Canary.of_text("key of the house", HOUSE),
    Canary.of_text("newer key of the house", NEW_HOUSE),
]


@pytest.fixture(autouse=True)
def planted(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    """Let the next keys be made of the planted seeds, and the funding account have its own."""
    waiting = iter(SEEDS)
    monkeypatch.setattr(SigningKey, "generate", classmethod(lambda cls: cls(next(waiting))))
    settings.ENCRYPTION_KEY = HOUSE
    settings.STELLAR_FUNDING_SECRET = strkey.seed_text(FUNDING_SEED)
    settings.STELLAR_FUNDING_ACCOUNT = strkey.address_of_seed(present.STELLAR_FUNDING_SECRET)


def sign(submission: Submission) -> State:
    """Let the signer's task sign it; return the state after that."""
    tasks.sign(submission_id=str(submission.pk))
    submission.refresh_from_db()
    return State(submission.state)


def everything_is_signed() -> None:
    """Sign every kind of intent, and a fee bump, with nine planted keys and the funding key."""
    source = Channel.objects.create(
        number=0, public_key=present.STELLAR_FUNDING_ACCOUNT, sequence=7
    )
    assert sign(planned_channel(3 * XLM, source=source, number=9)) == State.SIGNED
    sponsored = planned([SponsorAccount(wallet_id=wallet().pk) for _ in range(2)])
    assert sign(sponsored) == State.SIGNED
    closing: list[Intent] = [CloseAccount(wallet_id=wallet().pk)]
    purpose = Submission.Purpose.CLOSE_ACCOUNTS
    assert sign(planned(closing, on=channel(2), purpose=purpose)) == State.SIGNED
    submission = planned(opened(wallet()), on=channel(3))
    assert sign(submission) == State.SIGNED
    Submission.objects.filter(pk=submission.pk).update(state=State.SENT)
    tasks.sign_bump(submission_id=str(submission.pk), base_fee_stroops=1_000)
    assert len(envelope_of(sponsored).signatures) == 4
    assert Envelope.objects.count() == 5


def something_is_not_signed(settings: Settings) -> None:
    """Decline what is wrong, and meet a key that is not what it should be, or not here."""
    submission = planned(opened(wallet()), on=channel(4), base_fee_stroops=0)
    assert sign(submission) == State.DECLINED
    swapped = SealedKey.objects.get(wallet__funding_requests__submission=submission)
    key = SealedChannelKey.objects.get(channel__number=4)
    right = bytes(key.ciphertext)
    SealedChannelKey.objects.filter(pk=key.pk).update(ciphertext=bytes(swapped.ciphertext))
    assert sign(planned(opened(swapped.wallet), on=key.channel)) == State.DECLINED
    SealedChannelKey.objects.filter(pk=key.pk).update(ciphertext=right)
    later = planned(opened(swapped.wallet), on=key.channel)
    settings.ENCRYPTION_KEY = NEW_HOUSE
    assert sign(later) == State.DECLINED
    later = planned(opened(swapped.wallet), on=key.channel)
    settings.ENCRYPTION_KEYS_OLD = (HOUSE,)
    settings.STELLAR_FUNDING_SECRET, kept = "", settings.STELLAR_FUNDING_SECRET
    assert sign(later) == State.PLANNED
    settings.STELLAR_FUNDING_SECRET = kept
    call_command("rotate_keys")
    assert sign(later) == State.SIGNED


@pytest.mark.django_db(transaction=True)
def test_no_secret_is_left_behind_by_what_is_signed_declined_or_not_to_be_opened(
    settings: Settings, log_tap: LogTap
) -> None:
    everything_is_signed()
    something_is_not_signed(settings)

    places = {
        "database": database_dump(),
        "redis": redis_contents(),
        "logs": log_tap.contents(),
    }

    assert {name: seen(SECRETS, place) for name, place in places.items()} == {
        name: set() for name in places
    }
    # All of it is really there.
    assert b"stellar.signed" in places["database"]
    assert b"stellar.declined" in places["database"]
    assert b"wallets.stellar.send" in places["redis"]
    assert b"stellar.signed" in places["logs"]
    assert str(Submission.objects.first().pk).encode() in places["logs"]  # type: ignore[union-attr]
    xdrs = Envelope.objects.values_list("xdr", flat=True)
    assert all(xdr.encode() in places["database"] for xdr in xdrs)


def _sponsoring() -> Callable[[], object]:
    submission = planned([SponsorAccount(wallet_id=wallet().pk)])
    return lambda: tasks.sign(submission_id=str(submission.pk))


def _bumping() -> Callable[[], object]:
    submission = planned(opened(wallet()))
    signer.sign(submission.pk)
    Submission.objects.update(state=State.SENT)
    return lambda: tasks.sign_bump(submission_id=str(submission.pk), base_fee_stroops=1_000)


_WHILE_SIGNING = [
    (signer, "check"),
    (building, "build"),
    (limits, "spend_day"),
    (keys, "seal_context"),
    (keys, "open_sealed"),
    (SealedBox, "decrypt"),
    (keys, "SigningKey"),
    (SigningKey, "sign"),
    (strkey, "public_key_text"),
    (strkey, "seed_bytes"),
    (strkey, "public_key_bytes"),
    (signer, "DecoratedSignature"),
    (Envelope.objects, "create"),
    (audit, "record"),
    (signer, "enqueue_after_commit"),
    (Machine, "move"),
]
_WHILE_BUMPING = [
    (building, "bump"),
    (limits, "spend_day"),
    (strkey, "seed_bytes"),
    (SigningKey, "sign"),
    (signer, "DecoratedSignature"),
    (Envelope.objects, "create"),
    (audit, "record"),
]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("begin", "owner", "name"),
    [
        *((_sponsoring, owner, name) for owner, name in _WHILE_SIGNING),
        *((_bumping, owner, name) for owner, name in _WHILE_BUMPING),
    ],
)
def test_an_error_on_the_way_reports_no_secret_and_signs_nothing(
    monkeypatch: pytest.MonkeyPatch,
    log_tap: LogTap,
    begin: Callable[[], Callable[[], object]],
    owner: object,
    name: str,
) -> None:
    work = begin()
    before = Envelope.objects.count()
    state = Submission.objects.get().state
    monkeypatch.setattr(owner, name, broken)

    told = report(work)

    assert b"broken on purpose" in told
    assert str(Submission.objects.get().pk).encode() in told  # what is no secret is shown
    assert seen(SECRETS, told) == set()
    assert seen(SECRETS, log_tap.contents()) == set()
    monkeypatch.undo()
    assert (Envelope.objects.count(), Submission.objects.get().state) == (before, state)


@pytest.mark.django_db
def test_the_planted_seeds_are_really_those_that_sign() -> None:
    submission = planned(opened(wallet()))
    signer.sign(submission.pk)

    found = {
        strkey.public_key_text(bytes(SigningKey(seed).verify_key))
        for seed in (FUNDING_SEED, *SEEDS)
    }
    request = FundingRequest.objects.select_related("wallet").get()
    transaction = envelope_of(submission).transaction
    (operation,) = transaction.operations
    assert operation.source is not None
    addresses = {transaction.source.account_id, operation.source.account_id}
    assert addresses | {request.wallet.stellar_public_key} <= found
    assert len(addresses) == 2
