"""The work that `benchmarks.mpesa` measures, in a process of its own; prints figures as JSON."""

import json
import sys
import time
import urllib.request
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.error import URLError
from uuid import uuid4

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.db import transaction  # noqa: E402
from django.utils import timezone  # noqa: E402

from nannychain.inbox import services as inbox  # noqa: E402
from nannychain.inbox.models import InboxMessage  # noqa: E402
from payments.deposits import postings, references, sending, services  # noqa: E402
from payments.deposits.models import Deposit  # noqa: E402
from payments.deposits.states import State  # noqa: E402
from payments.mpesa import callbacks, client  # noqa: E402
from payments.mpesa.callbacks.addresses import Path  # noqa: E402
from payments.withdrawals import sending as payouts  # noqa: E402
from payments.withdrawals import services as withdrawals  # noqa: E402
from wallets.ledger import accounts, posting  # noqa: E402
from wallets.ledger.chart import Kind  # noqa: E402
from wallets.wallet import selectors as wallets  # noqa: E402
from workers.identity.models import Member  # noqa: E402
from workers.identity.services import create_account  # noqa: E402

_THREADS = 8
_CENTS = 500_00
_EACH = 10  # deposits of one member in the burst


def main(port: int, *, payouts: int, deposits: int, burst: int) -> None:
    """Measure one after the other and print it all."""
    _post(f"http://127.0.0.1:{port}/control/daraja/settings", {"answers": "accept"})
    told = {**_payouts(_members(payouts, first=0)), **_deposits(_members(deposits, first=payouts))}
    members = _members(-(-burst * 2 // 3 // _EACH), first=payouts + deposits)
    told |= _burst(members, callbacks_count=burst)
    print(json.dumps(told))


def _members(count: int, *, first: int) -> list[Member]:
    def join(number: int) -> Member:
        phone = f"+2547{number:08d}"
        return create_account(phone, channel="bench", phone_proved=True, send_sms=False).member

    return _at_once(join, range(first, first + count))


def _payouts(members: list[Member]) -> dict[str, Any]:
    """Prepare payouts, beside postings by the same process."""
    started = time.perf_counter()
    for member in members:
        _put_in(member, 2 * _CENTS)
    posts = len(members) / (time.perf_counter() - started)

    def prepare(member: Member) -> None:
        withdrawal = withdrawals.request(member.pk, amount_cents=_CENTS, channel="bench")
        payouts._claim(withdrawal.pk)  # what comes after it is M-Pesa's own pace

    started = time.perf_counter()
    for member in members:
        prepare(member)
    per_second = len(members) / (time.perf_counter() - started)
    return {"payouts_per_second": per_second, "posts_per_second": posts}


def _deposits(members: list[Member]) -> dict[str, Any]:
    """Complete deposits against the simulated M-Pesa, beside prompts alone."""

    def prompt(member: Member) -> None:
        client.push(
            phone=member.phone,
            amount_cents=100,
            account_reference="BENCH",
            description="bench",
            callback_url=f"{settings.PUBLIC_BASE_URL}/cb/{'0' * 32}/deposit",
        )

    started = time.perf_counter()
    _at_once(prompt, members)
    pushes = len(members) / (time.perf_counter() - started)

    def ask(member: Member) -> None:
        deposit = services.request(member.pk, amount_cents=_CENTS, channel="bench")
        sending.send(deposit.pk)

    started = time.perf_counter()
    _at_once(ask, members)
    mine = Deposit.objects.filter(member__in=members)
    _drain(lambda: mine.filter(state=State.PAID).count() == len(members))
    per_second = len(members) / (time.perf_counter() - started)
    return {"deposits_per_second": per_second, "pushes_per_second": pushes}


def _burst(members: list[Member], *, callbacks_count: int) -> dict[str, Any]:
    """Post callbacks, a third of them doubles, and work them off."""
    wanted = callbacks_count * 2 // 3
    deposits = _prompted(members)[:wanted]
    bodies = [_result(number, deposit) for number, deposit in enumerate(deposits)]
    doubled = [*bodies, *bodies[: callbacks_count - len(bodies)]]
    started = time.perf_counter()
    _at_once(lambda each: _post(*each), doubled)
    posted = time.perf_counter()
    _drain(lambda: not InboxMessage.objects.filter(handled_at__isnull=True).exists())
    ended = time.perf_counter()
    mine = Deposit.objects.filter(pk__in=[deposit.pk for deposit in deposits])
    held = sum(wallets.standing_of(member.pk).balance for member in members)
    return {
        "burst": len(doubled),
        "burst_per_second": len(doubled) / (ended - started),
        "burst_accepted_per_second": len(doubled) / (posted - started),
        "burst_settled_per_second": len(deposits) / (ended - posted),
        "burst_deposits": len(deposits),
        "burst_paid": mine.filter(state=State.PAID).count(),
        "burst_cents": held,
        "deposit_cents": _CENTS,
    }


def _prompted(members: list[Member]) -> list[Deposit]:
    """Return deposits whose prompts went out and whose answers were lost: several may wait."""
    instant = timezone.now()
    rows = [
        Deposit(
            member=member,
            phone=member.phone,
            shortcode=settings.MPESA_SHORTCODE,
            wanted_cents=_CENTS,
            amount_cents=_CENTS,
            reference=references.new(),
            channel="bench",
            state=State.UNKNOWN,
            created_at=instant,
            sent_at=instant,
            expires_at=instant + services.SEND_WITHIN,
            due_at=instant + services.SEND_WITHIN,
        )
        for member in members
        for _ in range(_EACH)
    ]
    Deposit.objects.bulk_create(rows, batch_size=500)
    with transaction.atomic():
        for row in rows:
            callbacks.new(sending.SOURCE, row.pk)
    return rows


def _result(number: int, deposit: Deposit) -> tuple[str, dict[str, Any]]:
    """Return where the callback of a prompt that M-Pesa took goes, and its body."""
    checkout = f"ws_CO_20112026{number:08d}"
    token = callbacks.addresses.token_of(sending.SOURCE, deposit.pk)
    items = {
        "Amount": _CENTS // 100,
        "MpesaReceiptNumber": f"UB{number:08d}",
        "TransactionDate": 20261120090112,
    }
    told = {
        "MerchantRequestID": "bench",
        "CheckoutRequestID": checkout,
        "ResultCode": 0,
        "ResultDesc": "The service request is processed successfully.",
        "CallbackMetadata": {
            "Item": [{"Name": name, "Value": value} for name, value in items.items()]
        },
    }
    return callbacks.url(token, Path.DEPOSIT), {"Body": {"stkCallback": told}}


def _drain(is_done: Callable[[], bool]) -> None:
    """Work callbacks off as the workers do: several threads, each taking what no other has."""
    while not is_done():
        _at_once(lambda _: inbox.sweep(), range(_THREADS))


def _put_in(member: Member, cents: int) -> None:
    posting.post(
        postings.settled(
            deposit_id=uuid4().hex,
            paybill_float=accounts.open_account(Kind.PAYBILL_FLOAT, label="bench"),
            wallet=wallets.account_of(member.pk),
            amount_cents=cents,
            effective_at=timezone.now(),
        )
    )


def _at_once(call: Callable[[Any], Any], things: Iterable[Any]) -> list[Any]:
    with ThreadPoolExecutor(_THREADS) as pool:
        return list(pool.map(call, things))


def _post(url: str, content: dict[str, Any]) -> None:
    body = json.dumps(content).encode()
    headers = {"Content-Type": "application/json"}
    # It is that of our own simulators, or of our own site.
    asked = urllib.request.Request(url, data=body, headers=headers)  # noqa: S310
    for _ in range(20):
        try:
            urllib.request.urlopen(asked, timeout=60).read()  # noqa: S310
        except URLError:
            time.sleep(0.2)
        else:
            return
    raise RuntimeError("nobody takes what is posted")


if __name__ == "__main__":
    main(int(sys.argv[1]), **json.loads(sys.argv[2]))
