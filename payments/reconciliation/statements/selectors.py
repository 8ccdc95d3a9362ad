"""Reading statements."""

from django.db.models import QuerySet

from payments.deposits import selectors as deposits
from payments.paybill.models import PaybillPayment
from payments.paybill.states import State as Paybill
from payments.reconciliation.statements.models import (
    OpenItem,
    StatementFile,
    StatementLine,
    StatementMatch,
    Suggestion,
)


def open_lines(file: StatementFile) -> int:
    """Return how many lines of a file no journal is known for."""
    return OpenItem.objects.filter(line__file=file).count()


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
