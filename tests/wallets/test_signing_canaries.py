"""Known seeds of the funding account, a channel and members are nowhere after signing with them."""

import os
import sys
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.http import HttpRequest
from django.test import RequestFactory
from django.utils import timezone
from django.views.debug import ExceptionReporter
from nacl.public import SealedBox
from nacl.signing import SigningKey
from pytest_django import Settings
from stellar_sdk import TransactionEnvelope

from nannychain import strkey
from tests.factories.members import MemberFactory
from tests.wallets.canaries import Canary, database_dump, new_seed, redis_contents, seen
from wallets.custody import building, keys, signer
from wallets.stellar import channels, planning
from wallets.stellar.intents import SponsorAccount
from wallets.stellar.models import Channel, Envelope, FundingRequest, Network, Submission
from wallets.stellar.states import Funding, State

FUNDING, CHANNEL, MEMBER = (new_seed() for _ in range(3))
HOUSE = os.urandom(32).hex()
SECRETS = [
    Canary.of_seed("funding account", FUNDING),
    Canary.of_seed("channel", CHANNEL),
    Canary.of_seed("member", MEMBER),
    Canary.of_text("key of the house", HOUSE),
]


@pytest.fixture
def planned(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Submission:
    """A submission that needs the signatures of all three."""
    settings.ENCRYPTION_KEY = HOUSE
    settings.STELLAR_FUNDING_SECRET = strkey.seed_text(FUNDING)
    settings.STELLAR_FUNDING_ACCOUNT = strkey.address_of_seed(settings.STELLAR_FUNDING_SECRET)
    settings.STELLAR_CHANNELS = 1
    waiting = iter([CHANNEL, MEMBER])
    monkeypatch.setattr(SigningKey, "generate", classmethod(lambda cls: cls(next(waiting))))
    channels.write_down()
    member = MemberFactory.create(phone_proved=True)
    Channel.objects.filter(number=1).update(opened_at=timezone.now(), sequence=7)
    with transaction.atomic():
        submission = planning.write(
            Network.objects.create(name="TESTNET", ledger=1_000),
            Channel.objects.get(number=1),
            purpose=Submission.Purpose.OPEN_ACCOUNTS,
            intents=[SponsorAccount(wallet_id=member.wallet_id)],
        )
        FundingRequest.objects.update(submission=submission, state=Funding.SUBMITTED)
    return submission


@pytest.mark.django_db(transaction=True)
def test_after_signing_no_seed_is_in_database_redis_or_logs(
    planned: Submission, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("DEBUG"):
        assert signer.sign(planned.pk)
        assert _bump(planned)
    assert len(TransactionEnvelope.from_xdr(_xdr(), _passphrase()).signatures) == 3
    places = {
        "database": database_dump(),
        "redis": redis_contents(),
        "logs": caplog.text.encode(),
    }
    assert {name: seen(SECRETS, place) for name, place in places.items()} == {
        name: set() for name in places
    }


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("owner", "name"),
    [
        (building, "build"),
        (keys, "SigningKey"),
        (keys, "open_sealed"),
        (keys, "seal_context"),
        (SealedBox, "decrypt"),
        (SigningKey, "sign"),
        (signer, "DecoratedSignature"),
        (Envelope.objects, "create"),
    ],
)
def test_an_error_while_signing_reports_no_seed(
    planned: Submission, monkeypatch: pytest.MonkeyPatch, owner: object, name: str
) -> None:
    monkeypatch.setattr(owner, name, _broken)

    told = _report(planned)

    assert b"broken on purpose" in told
    assert seen(SECRETS, told) == set()


@pytest.mark.django_db
def test_a_decline_tells_no_seed(planned: Submission) -> None:
    late = timezone.now() + timedelta(hours=1)
    Submission.objects.update(valid_until=late)

    assert not signer.sign(planned.pk)

    planned.refresh_from_db()
    assert planned.state == State.DECLINED
    assert seen(SECRETS, planned.last_answer.encode()) == set()


def _bump(submission: Submission) -> bool:
    Submission.objects.update(state=State.SENT)
    return signer.sign_bump(submission.pk, base_fee_stroops=1_000)


def _xdr() -> str:
    return Envelope.objects.get(number=0).xdr


def _passphrase() -> str:
    from django.conf import settings

    return str(settings.STELLAR_NETWORK_PASSPHRASE)


def _broken(*_: Any, **__: Any) -> None:
    raise RuntimeError("broken on purpose")


def _report(submission: Submission) -> bytes:
    """Return Django's error reports, as text and as HTML, of signing."""
    request: HttpRequest = RequestFactory().post("/", {"name": "x"})
    try:
        signer.sign(submission.pk)
    except RuntimeError:
        reporter = ExceptionReporter(request, *sys.exc_info())
        return (reporter.get_traceback_text() + reporter.get_traceback_html()).encode()
    raise AssertionError("nothing was raised")
