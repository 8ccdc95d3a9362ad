"""Reading statements."""

from datetime import datetime

from django.db.models import QuerySet

from payments.deposits import selectors as deposits
from payments.paybill.models import PaybillPayment
from payments.paybill.states import State as Paybill
from payments.reconciliation.statements.kinds import Role, role_of
from payments.reconciliation.statements.models import (
    LATEST_FIRST,
    OpenItem,
    StatementFile,
    StatementLine,
    StatementMatch,
    Suggestion,
)
from payments.reconciliation.statements.states import KEPT


def open_lines(file: StatementFile) -> int:
    """Return how many lines of a file no journal is known for."""
    return OpenItem.objects.filter(line__file=file).count()


def closing_at(shortcode: str) -> tuple[int, datetime] | None:
    """Return what the newest statements say lies under a number, together, in cents; and of when.

    None where no statement of it was handed in.
    """
    files = StatementFile.objects.filter(shortcode=shortcode, state__in=KEPT)
    last = files.order_by("account", *LATEST_FIRST).distinct("account").defer("content")
    newest = [file for file in last if role_of(file.account) is Role.MAIN]
    if not newest:
        return None
    return sum(file.closing_cents or 0 for file in newest), min(file.span[1] for file in newest)


def matches(line: StatementLine) -> QuerySet[StatementMatch]:
    """Return which journals a line is."""
    return line.matches.order_by("pk")


def suggestions(line: StatementLine) -> QuerySet[Suggestion]:
    """Return what a line may be."""
    return line.suggestions.order_by("pk")


def can_be_confirmed(suggestion: Suggestion) -> bool:
    """Tell whether one person may say so: the money is booked, and only its receipt is missing."""
    is_open = OpenItem.objects.filter(line_id=suggestion.line_id).exists()
    is_deposit = suggestion.subject_type == Suggestion.Subject.DEPOSIT
    return is_open and is_deposit and deposits.is_paid_without_receipt(suggestion.subject_id)


def way(suggestion: Suggestion) -> tuple[str, object, str]:
    """Return the admin page where it is decided, its argument, and what to say of it."""
    if can_be_confirmed(suggestion):
        return "payments_statementline_confirm", suggestion.pk, "confirm it"
    if suggestion.subject_type == Suggestion.Subject.WITHDRAWAL:
        page = "payments_withdrawal_change"
        return page, suggestion.subject_id, "settle it there, by two"
    aside = PaybillPayment.objects.filter(receipt=suggestion.line.receipt, state=Paybill.SUSPENSE)
    if (payment := aside.first()) is not None:
        return "payments_paybillpayment_change", payment.pk, "allot it there, by two"
    return "payments_deposit_change", suggestion.subject_id, "look at it"
