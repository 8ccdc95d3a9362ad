"""`python -m benchmarks.storage_work <members>`: let so many join, and let a year of each go by.

What a member does in a year stands in YEAR. All goes through the services and the site's own views;
only M-Pesa's answers are made up. Prints one line of JSON: what each table takes.
"""

import json
import sys
from datetime import timedelta
from decimal import Decimal
from typing import Any

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.utils import timezone  # noqa: E402

from nannychain.ids import new_id  # noqa: E402
from nannychain.inbox import services as inbox  # noqa: E402
from nannychain.inbox.models import InboxMessage  # noqa: E402
from nannychain.notifications import sending as sms  # noqa: E402
from nannychain.notifications.models import Sms  # noqa: E402
from nannychain.notifications.states import State as SmsState  # noqa: E402
from nannychain.outbox import services as outbox  # noqa: E402
from nannychain.outbox.models import OutboxEvent  # noqa: E402
from nannychain.states.models import StateChange  # noqa: E402
from payments.deposits import sending as prompts  # noqa: E402
from payments.deposits import services as deposits  # noqa: E402
from payments.mpesa import callbacks, codes  # noqa: E402
from payments.mpesa.answers import Pushed, Taken  # noqa: E402
from payments.mpesa.callbacks.addresses import Path, token_of  # noqa: E402
from payments.transfers import services as transfers  # noqa: E402
from payments.withdrawals import sending as payouts  # noqa: E402
from payments.withdrawals import services as withdrawals  # noqa: E402
from wallets.ledger import accounts  # noqa: E402
from wallets.ledger.chart import Kind  # noqa: E402
from wallets.ledger.models import Journal, Posting  # noqa: E402
from workers.identity.models import Member  # noqa: E402
from workers.identity.services import create_account  # noqa: E402

# A wage each month, taken out in two parts, and one payment to somebody else. Amounts are small
# and each another one: a year passes in one day here, whose limits hold.
YEAR = {"deposits": 12, "withdrawals": 24, "transfers": 12}
COUNTED = (Journal, Posting, Sms, StateChange, InboxMessage, OutboxEvent)
_ACCEPTED = codes.meaning_of(codes.Where.CALL, "0")
_SITE = Client(SERVER_NAME="localhost")


def main(members: int) -> None:
    """Let them join and live; print what is in the tables afterwards."""
    accounts.open_account(Kind.PAYOUT_FLOAT, label=settings.MPESA_B2C_SHORTCODE)
    first = Member.objects.count()
    joined = [_join(first + number) for number in range(members)]
    for month in range(12):
        for place, member in enumerate(joined):
            _month(member, month, neighbour=joined[place - 1], key=f"{first}.{month}")
    _work()
    print(json.dumps(_sizes()))


def _join(number: int) -> Member:
    phone = f"+2547{number:08d}"
    member = create_account(phone, name="Wanjiku Kamau", channel="bench", phone_proved=True).member
    long_ago = timezone.now() - timedelta(days=400)  # the caps of the first days are over
    Member.objects.filter(pk=member.pk).update(phone_proved_at=long_ago)
    return member


def _month(member: Member, month: int, *, neighbour: Member, key: str) -> None:
    for number in range(YEAR["deposits"] // 12):
        _pays_in(member, cents=(1_000 + 12 * number + month) * 100)
    _work()
    for number in range(YEAR["withdrawals"] // 12):
        _takes_out(member, cents=(100 + 12 * number + month) * 100)
    for number in range(YEAR["transfers"] // 12):
        quote = transfers.quote_to(member.pk, recipient=neighbour, amount_cents=50_00)
        transfers.send(
            member.pk,
            recipient_id=neighbour.pk,
            amount_cents=50_00,
            shown_fee_cents=quote.fee.total_cents,
            key=f"{key}.{number}",
            channel="bench",
        )
    _work()


def _pays_in(member: Member, *, cents: int) -> None:
    deposit = deposits.request(member.pk, amount_cents=cents, channel="bench")
    prompts._claim(deposit.pk)
    checkout = f"ws_CO_{new_id().hex[:20]}"
    answer = Pushed(meaning=_ACCEPTED, checkout_request_id=checkout, merchant_request_id="bench")
    prompts.record(deposit.pk, answer)
    items = {
        "Amount": cents // 100,
        "MpesaReceiptNumber": new_id().hex[-10:].upper(),
        "TransactionDate": 20261120090112,
        "PhoneNumber": int(member.phone[1:]),
    }
    told = {
        "MerchantRequestID": "bench",
        "CheckoutRequestID": checkout,
        "ResultCode": 0,
        "ResultDesc": "The service request is processed successfully.",
        "CallbackMetadata": {"Item": [{"Name": n, "Value": value} for n, value in items.items()]},
    }
    _tell(token_of(prompts.SOURCE, deposit.pk), Path.DEPOSIT, {"Body": {"stkCallback": told}})


def _takes_out(member: Member, *, cents: int) -> None:
    withdrawal = withdrawals.request(member.pk, amount_cents=cents, channel="bench")
    claim = payouts._claim(withdrawal.pk)
    assert claim is not None
    conversation = f"AG_{new_id().hex[:20]}"
    given = {"conversation_id": conversation, "originator_conversation_id": claim.originator_id}
    payouts.record(claim.attempt_id, Taken(meaning=_ACCEPTED, **given))
    receipt = new_id().hex[-10:].upper()
    names = {
        "TransactionAmount": float(Decimal(claim.amount_cents) / 100),
        "TransactionReceipt": receipt,
        "ReceiverPartyPublicName": f"{member.phone[1:]} - WANJIKU KAMAU",
        "TransactionCompletedDateTime": "20.11.2026 09:01:12",
        "B2CUtilityAccountAvailableFunds": 1_000_000.00,
        "B2CWorkingAccountAvailableFunds": 1_000_000.00,
        "B2CRecipientIsRegisteredCustomer": "Y",
    }
    result = {
        "ResultType": 0,
        "ResultCode": 0,
        "ResultDesc": "The service request is processed successfully.",
        "OriginatorConversationID": claim.originator_id,
        "ConversationID": conversation,
        "TransactionID": receipt,
        "ResultParameters": {
            "ResultParameter": [{"Key": name, "Value": value} for name, value in names.items()]
        },
    }
    _tell(token_of(payouts.SOURCE, claim.attempt_id), Path.PAYOUT_RESULT, {"Result": result})


def _tell(token: str, path: Path, body: dict[str, Any]) -> None:
    address = callbacks.url(token, path).removeprefix(settings.PUBLIC_BASE_URL)
    answer = _SITE.post(address, json.dumps(body), content_type="application/json")
    assert answer.status_code == 200, answer.content


def _work() -> None:
    """Do what the workers do, until nothing waits."""
    for message in InboxMessage.objects.filter(handled_at__isnull=True).values_list("pk"):
        inbox.handle(*message)
    outbox.relay()
    with connection.cursor() as cursor:
        cursor.execute("SELECT ledger_roll_up()")
    for waiting in Sms.objects.filter(state=SmsState.QUEUED).values_list("pk"):
        sms.send(*waiting)


def _sizes() -> dict[str, int]:
    """Return the bytes of each table, and how many rows those have by which others reckon."""
    rows = {f"rows of {model._meta.db_table}": model._default_manager.count() for model in COUNTED}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, pg_total_relation_size(oid) FROM pg_class"
            " WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"
        )
        return {**rows, **dict(cursor.fetchall())}


if __name__ == "__main__":
    main(int(sys.argv[1]))
