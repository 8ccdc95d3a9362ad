"""The work that `benchmarks.stellar` measures, in a process of its own; prints figures as JSON."""

import json
import statistics
import sys
import time
import urllib.request
from typing import Any

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.db import transaction  # noqa: E402
from django.utils import timezone  # noqa: E402
from stellar_sdk import (  # noqa: E402
    Account,
    CreateAccount,
    Keypair,
    TransactionBuilder,
    TransactionEnvelope,
)

from wallets.custody import signer  # noqa: E402
from wallets.stellar import planning, services, sweep, tending  # noqa: E402
from wallets.stellar.models import Envelope, FundingRequest, Network, Submission  # noqa: E402
from wallets.stellar.states import PENDING, Funding, State  # noqa: E402
from workers.identity.services import create_account  # noqa: E402

_SPONSORED = 90
_SDK_ROUNDS = 30


def main(port: int, members: int) -> None:
    """Open accounts of both kinds and print what was measured."""
    base = f"http://127.0.0.1:{port}/control/horizon"
    _post(f"{base}/fund", address=settings.STELLAR_FUNDING_ACCOUNT, lumens="100000000")
    _post(f"{base}/settings", capacity=100_000)
    while Submission.objects.filter(purpose="keep_channels", state=State.CONFIRMED).count() == 0:
        _round(base)
    signatures = _sponsored(base, first=members)
    for number in range(members):
        create_account(f"+2547{number:08d}", channel="bench", phone_proved=True, send_sms=False)
    spent, rounds = 0.0, 0
    while FundingRequest.objects.exclude(state=Funding.FUNDED).exists() and rounds < 100:
        spent += _round(base)
        rounds += 1
    opened = Submission.objects.filter(
        purpose="open_accounts", state=State.CONFIRMED, requests__is_sponsored=False
    ).distinct()
    full = statistics.mean(len(each.intents) for each in opened)
    told = {
        "operations": full,
        "submissions_per_second": opened.count() / spent,
        "sdk_per_second": _sdk(),
        "signatures": signatures,
    }
    print(json.dumps(told))


def _round(base: str) -> float:
    """Plan, sign, hand in, close a ledger, record; return the seconds without the ledger."""
    started = time.perf_counter()
    planning.plan()
    for submission in Submission.objects.filter(state=State.PLANNED):
        signer.sign(submission.pk)
    _tend()
    spent = time.perf_counter() - started
    _post(f"{base}/close", ledgers=1)
    started = time.perf_counter()
    _tend()
    spent += time.perf_counter() - started
    Network.objects.update(seen_at=None, funding_seen_at=None)
    return spent


def _tend() -> None:
    Submission.objects.filter(state__in=PENDING).update(due_at=timezone.now())
    for submission_id in sweep.due():
        tending.tend(submission_id)


def _sdk() -> float:
    """Return how many transactions of 100 accounts the SDK alone builds and signs a second."""
    one, other = Keypair.random(), Keypair.random()
    targets = [Keypair.random().public_key for _ in range(100)]
    started = time.perf_counter()
    for sequence in range(_SDK_ROUNDS):
        builder = TransactionBuilder(
            Account(one.public_key, sequence), settings.STELLAR_NETWORK_PASSPHRASE, base_fee=100
        )
        for target in targets:
            builder.append_operation(CreateAccount(target, "1", source=other.public_key))
        envelope = builder.set_timeout(300).build()
        envelope.sign(one)
        envelope.sign(other)
        envelope.to_xdr()
    return _SDK_ROUNDS / (time.perf_counter() - started)


def _sponsored(base: str, *, first: int) -> float:
    """Open sponsored accounts and return how many signatures a full transaction has."""
    settings.STELLAR_FUNDING_POLICY = "on_need"
    for number in range(first, first + _SPONSORED):
        phone = f"+2547{number:08d}"
        account = create_account(phone, channel="bench", phone_proved=True, send_sms=False)
        with transaction.atomic():
            services.need_account(account.member.wallet)
    while FundingRequest.objects.exclude(state=Funding.FUNDED).exists():
        _round(base)
    settings.STELLAR_FUNDING_POLICY = "eager"
    opened = Submission.objects.filter(purpose="open_accounts")
    xdrs = Envelope.objects.filter(submission__in=opened).values_list("xdr", flat=True)
    return statistics.mean(len(_signatures(xdr)) for xdr in xdrs)


def _signatures(xdr: str) -> list[Any]:
    return TransactionEnvelope.from_xdr(xdr, settings.STELLAR_NETWORK_PASSPHRASE).signatures


def _post(url: str, **content: Any) -> None:
    body = json.dumps(content).encode()
    headers = {"Content-Type": "application/json"}
    # It is that of our own simulators.
    asked = urllib.request.Request(url, data=body, headers=headers)  # noqa: S310
    urllib.request.urlopen(asked, timeout=60).read()  # noqa: S310
    if url.endswith("/fund"):
        _post(url.replace("/fund", "/close"), ledgers=1)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
