"""Money of ours at banks and at M-Pesa, as staff book it, and balances as M-Pesa tells them."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils import timezone

from nannychain.approvals.models import ApprovalRequest
from payments.reconciliation.balances import asking
from payments.reconciliation.floats import services as floats
from payments.reconciliation.floats.models import FloatMove
from tests.factories import mpesa, safaricom
from tests.factories.breaks import ASKER, approve
from wallets.ledger import accounts, reading
from wallets.ledger.chart import Kind

BALANCE = safaricom.BALANCE
_slips = iter(range(1, 1_000_000))


def propose(kind: str, cents: int, **fields: Any) -> tuple[FloatMove, ApprovalRequest]:
    """Let one member of the staff propose a move."""
    given: dict[str, Any] = {
        "bank": "KCB",
        "reference": f"SLIP {next(_slips)}",
        "happened_at": timezone.now(),
        "reason": "as on the slip",
        "by": ASKER,
        **fields,
    }
    return floats.propose(kind, amount_cents=cents, **given)


def book(kind: str, cents: int, **fields: Any) -> FloatMove:
    """Let another one approve it too."""
    move, request = propose(kind, cents, **fields)
    approve(request)
    move.refresh_from_db()
    return move


def own_money_in_trust(cents: int) -> None:
    """Pay own money into the pool."""
    book("capital", cents)
    book("own_into_pool", cents)


def fill_payouts(cents: int) -> None:
    """Bring own money to the float for payouts."""
    own_money_in_trust(cents)
    book("to_mpesa", cents)
    book("at_payouts", cents)


def standing(kind: Kind, label: str = "") -> int:
    """Return what stands on an account of ours."""
    return reading.standing(accounts.open_account(kind, label=label)).balance


def tell_balance(server: Any, shortcode: str, *, at: datetime | None = None, **cents: int) -> str:
    """Ask about a number and answer for M-Pesa: `utility=…, working=…, charges_paid=…`, in cents.

    Returns what the answer came to.
    """
    asking.ask(shortcode)
    return answer_balance(server.asked(BALANCE)[-1], **cents)


def answer_balance(asked: dict[str, Any], *, code: object = 0, **cents: int) -> str:
    """Answer one question; return what the answer came to."""
    told = "&".join(
        f"{name.replace('_', ' ').title()} Account|KES|{each / 100:.2f}|{each / 100:.2f}|0.00|0.00"
        for name, each in cents.items()
    )
    parameters = [{"Key": "AccountBalance", "Value": told}]
    body = {
        "Result": {
            "ResultType": 0,
            "ResultCode": code,
            "ResultDesc": "x",
            "OriginatorConversationID": "1",
            "ConversationID": "2",
            "TransactionID": "3",
            "ResultParameters": {"ResultParameter": parameters},
        }
    }
    assert safaricom.post(asked["ResultURL"], body) == 200
    return (mpesa.read_inbox() or ["double"])[-1]


def numbers(configured: Any) -> None:
    """Let our numbers with M-Pesa be known, with nobody to ask."""
    configured.MPESA_SHORTCODE, configured.MPESA_B2C_SHORTCODE = (
        mpesa.SHORTCODE,
        mpesa.PAYOUT_SHORTCODE,
    )
    assert settings.MPESA_SHORTCODE
