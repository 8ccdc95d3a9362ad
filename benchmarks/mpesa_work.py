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
from django.utils import timezone  # noqa: E402

from nannychain.inbox import services as inbox  # noqa: E402
from nannychain.inbox.models import InboxMessage  # noqa: E402
from payments.deposits import postings, sending, services  # noqa: E402
from payments.deposits.models import Deposit  # noqa: E402
from payments.deposits.states import State  # noqa: E402
from payments.mpesa import callbacks, client, codes  # noqa: E402
from payments.mpesa.answers import Pushed  # noqa: E402
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
_ACCEPTED = codes.meaning_of(codes.Where.CALL, "0")


def main(port: int, *, payouts: int, deposits: int, burst: int) -> None:
    """Measure one after the other and print it all."""
    _post(f"http://127.0.0.1:{port}/control/daraja/settings", {"answers": "accept"})
    told = {**_payouts(_members(payouts, first=0)), **_deposits(_members(deposits, first=payouts))}
    told |= _burst(_members(burst * 2 // 3, first=payouts + deposits), callbacks_count=burst)
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
    bodies = [_sent(number, member) for number, member in enumerate(members)]
    doubled = [*bodies, *bodies[: callbacks_count - len(bodies)]]
    started = time.perf_counter()
    _at_once(lambda each: _post(*each), doubled)
    mine = Deposit.objects.filter(member__in=members)
    _drain(lambda: not InboxMessage.objects.filter(handled_at__isnull=True).exists())
    per_second = len(doubled) / (time.perf_counter() - started)
    return {
        "burst": len(doubled),
        "burst_per_second": per_second,
        "burst_deposits": len(members),
        "burst_paid": mine.filter(state=State.PAID).count(),
    }


def _sent(number: int, member: Member) -> tuple[str, dict[str, Any]]:
    """Return where the callback of a prompt that M-Pesa took goes, and its body."""
    deposit = services.request(member.pk, amount_cents=_CENTS, channel="bench")
    sending._claim(deposit.pk)
    checkout = f"ws_CO_20112026{number:08d}"
    answer = Pushed(meaning=_ACCEPTED, checkout_request_id=checkout, merchant_request_id="bench")
    sending.record(deposit.pk, answer)
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
    while not is_done():
        waiting = InboxMessage.objects.filter(handled_at__isnull=True)
        _at_once(inbox.handle, list(waiting.values_list("pk", flat=True)[:500]))


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
