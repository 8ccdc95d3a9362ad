"""The books in one line: the same history gives the same, whenever and wherever it is told."""

import hashlib
import json

from nannychain.notifications.models import Sms
from nannychain.states.models import StateChange
from payments.deposits.models import Deposit
from payments.paybill.models import PaybillPayment
from payments.withdrawals.models import Withdrawal
from wallets.ledger.models import Journal, Posting


def of_books() -> str:
    """Return the SHA-256 of all journals, legs, states and SMS, in their order.

    Ids stand there by their rank, and what the database's own clock has stamped is left out.
    """
    postings = Posting.objects.order_by("journal_id", "account_id")
    content = [
        list(Journal.objects.order_by("pk").values_list("kind", "cause", "effective_at")),
        list(postings.values_list("journal__kind", "account__label", "amount", "balance_after")),
        list(
            Deposit.objects.order_by("pk").values_list("reference", "state", "receipt", "ended_at")
        ),
        list(Withdrawal.objects.order_by("pk").values_list("amount_cents", "state", "receipt")),
        list(PaybillPayment.objects.order_by("receipt").values_list("receipt", "state", "why")),
        list(StateChange.objects.order_by("pk").values_list("machine", "source", "target", "why")),
        list(Sms.objects.order_by("pk").values_list("phone", "text", "state")),
    ]
    return hashlib.sha256(json.dumps(content, default=str).encode()).hexdigest()
