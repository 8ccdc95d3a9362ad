"""Comparing what M-Pesa says that it holds for us with our books."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Sum
from django.utils import timezone

from nannychain.transactions import required
from payments.deposits.models import Deposit
from payments.deposits.states import State as DepositState
from payments.mpesa.balances import AccountBalance
from payments.paybill.models import PaybillPayment
from payments.paybill.states import State as PaybillState
from payments.reconciliation.balances.models import BalanceReading
from payments.reconciliation.breaks import services as breaks
from payments.reconciliation.breaks.kinds import BreakKind
from payments.withdrawals.models import Withdrawal
from payments.withdrawals.states import UNFINISHED
from payments.withdrawals.states import State as PayoutState
from wallets.ledger import accounts, reading
from wallets.ledger.chart import Kind
from wallets.ledger.models import Account

SOURCE = "balances"
FLOATS = (
    *(Kind.PAYBILL_FLOAT, Kind.PAYOUT_FLOAT, Kind.WORKING_FLOAT),
    Kind.SETTLEMENT_IN_TRANSIT,
)
_CHARGES = "charges"
_WITH_MPESA = tuple(state for state in UNFINISHED if state != PayoutState.RESERVED)


@dataclass(frozen=True, kw_only=True)
class Told:
    """What M-Pesa said of a shortcode, in cents. Charges are what we owe; None: it said nothing."""

    accounts: dict[str, int]
    cents: int
    charges_cents: int | None


def read(balances: tuple[AccountBalance, ...]) -> Told | None:
    """Return what an answer says; None where it names no account in shillings, or one twice."""
    told = {each.name: each.cents for each in balances if each.currency == "KES"}
    if not told or len(told) != len(balances):
        return None
    charges = [cents for name, cents in told.items() if name.casefold().startswith(_CHARGES)]
    return Told(
        accounts=told,
        cents=sum(told.values()) - sum(charges),
        charges_cents=-sum(charges) if charges else None,
    )


def books_cents(shortcode: str, kinds: tuple[Kind, ...] = FLOATS) -> int:
    """Return what our books have under a shortcode."""
    ids = Account.objects.filter(kind__in=kinds, label=shortcode, owner_id__isnull=True)
    standings = reading.standings(ids.values_list("pk", flat=True))
    return sum(each.balance for each in standings.values())


def going_cents(shortcode: str) -> int:
    """Return what M-Pesa may have paid out, or given back, and our books don't say yet."""
    payouts = Withdrawal.objects.filter(state__in=UNFINISHED).filter(
        state__in=_WITH_MPESA, shortcode=shortcode
    )
    returns = PaybillPayment.objects.filter(
        state=PaybillState.RETURNING, return_asked_at__isnull=False, shortcode=shortcode
    )
    return _sum(payouts) + _sum(returns)


def coming_cents(shortcode: str) -> int:
    """Return what M-Pesa may have taken in, and our books don't say yet."""
    prompts = Deposit.objects.filter(
        state__in=(DepositState.SENDING, DepositState.SENT, DepositState.UNKNOWN),
        due_at__isnull=False,
        shortcode=shortcode,
    )
    payments = PaybillPayment.objects.filter(
        state=PaybillState.UNCONFIRMED, due_at__isnull=False, shortcode=shortcode
    )
    return _sum(prompts) + _sum(payments)


@required
def compare(row: BalanceReading, told: Told, *, at: datetime) -> None:
    """Write the answer into the row, and keep or close the breaks that follow from it."""
    row.told, row.told_cents, row.charges_cents = told.accounts, told.cents, told.charges_cents
    row.books_cents = books_cents(row.shortcode)
    row.charges_books_cents = books_cents(row.shortcode, (Kind.CHARGES_PAYABLE,))
    row.going_cents, row.coming_cents = going_cents(row.shortcode), coming_cents(row.shortcode)
    row.answered_at, row.outcome = at, "answered"
    row.save()
    breaks.close(f"balance:{row.shortcode}", why="M-Pesa tells the balance again")
    _float(row)
    _charges(row)


@required
def _float(row: BalanceReading) -> None:
    subject = f"float:{row.shortcode}"
    if row.unexplained_cents == 0:
        breaks.close(subject, why="M-Pesa and our books agree again")
        return
    found = breaks.Found(
        kind=BreakKind.FLOAT_DIFFERS,
        subject=subject,
        amount_cents=row.unexplained_cents,
        since=row.answered_at or timezone.now(),
        account=f"M-Pesa {row.shortcode}",
        ledger_account_id=_account(row.shortcode),
        details={
            "M-Pesa says (cents)": row.told_cents,
            "our books say (cents)": row.books_cents,
            "going out (cents)": row.going_cents,
            "coming in (cents)": row.coming_cents,
            **{f"{name} (cents)": cents for name, cents in row.told.items()},
        },
    )
    breaks.find(found, source=SOURCE)


@required
def _charges(row: BalanceReading) -> None:
    subject = f"charges:{row.shortcode}"
    if row.charges_cents is None or row.charges_cents == row.charges_books_cents:
        breaks.close(subject, why="M-Pesa's charges and ours agree again")
        return
    found = breaks.Found(
        kind=BreakKind.CHARGE_MISMATCH,
        subject=subject,
        amount_cents=(row.charges_books_cents or 0) - row.charges_cents,
        since=row.answered_at or timezone.now(),
        account=f"M-Pesa {row.shortcode} charges",
        cause="Safaricom has reckoned or taken charges that nobody has booked",
        remedy="book Safaricom's charges",
        details={
            "M-Pesa says (cents)": row.charges_cents,
            "our books say (cents)": row.charges_books_cents,
        },
    )
    breaks.find(found, source=SOURCE)


def _account(shortcode: str) -> int:
    """Return the float on which a difference is booked: the one that pays out, where there is."""
    rows = Account.objects.filter(
        kind__in=(Kind.PAYOUT_FLOAT, Kind.PAYBILL_FLOAT), label=shortcode, owner_id__isnull=True
    )
    found = rows.order_by("-kind").values_list("pk", flat=True).first()
    return found or accounts.open_account(Kind.PAYBILL_FLOAT, label=shortcode)


def _sum(rows: object) -> int:
    return rows.aggregate(cents=Sum("amount_cents"))["cents"] or 0  # type: ignore[attr-defined]
