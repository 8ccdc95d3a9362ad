"""What M-Pesa tells of payments to our number, and the answer to whether one may be made."""

import structlog
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from nannychain import alerts, queues
from nannychain.operating import selectors as operating
from nannychain.operating.flows import Flow
from nannychain.transactions import required
from payments.limits.selectors import operation_limits
from payments.mpesa import account, paybills
from payments.mpesa.paybills import Refusal
from payments.operations import Operation
from payments.paybill import outcomes, prompts
from payments.paybill.models import TEXT_LENGTH_MAX, PaybillPayment
from payments.paybill.states import PAYBILL, State
from workers.identity import selectors as members

log = structlog.get_logger(__name__)

CONFIRMATION, PULL, STATEMENT = "confirmation", "pull", "statement"
NOBODY = "nobody known"  # what such a message says of the account number is never believed


def may_pay(payment: paybills.PaybillPayment) -> Refusal | None:
    """Return why M-Pesa should not take a payment; None where it may. M-Pesa waits for this.

    Only what can't be right is refused. Whose account number it is decides nothing: what names
    nobody goes to suspense, and the answer tells nobody who is a member.
    """
    if payment.shortcode != settings.MPESA_SHORTCODE:
        return Refusal.SHORTCODE
    bounds = operation_limits(Operation.PAYBILL, at=timezone.now())
    if not bounds.min_cents <= payment.amount_cents <= bounds.max_cents:
        return Refusal.AMOUNT
    try:
        operating.ensure_open(Flow.PAYBILL)
    except operating.FlowStopped:
        return Refusal.OTHER
    return None


@required
def confirmed(payment: paybills.PaybillPayment) -> str:
    """Take a confirmation whose sender is believed; return what it came to, in a word or two."""
    bounds = operation_limits(Operation.PAYBILL, at=timezone.now())
    # Above it a confirmation alone is not believed, whoever sends it: M-Pesa is asked.
    is_sure = payment.amount_cents <= bounds.confirmed_above_cents
    return _take(payment, told_by=CONFIRMATION, is_trusted=True, is_sure=is_sure)


@required
def doubted(payment: paybills.PaybillPayment) -> str:
    """Take a confirmation from who knows where: it books nothing, and M-Pesa is asked."""
    return _take(payment, told_by=NOBODY, is_trusted=False, is_sure=False)


def pulled(payment: paybills.PaybillPayment) -> str:
    """Take a line of M-Pesa's own list: we have asked for it, so that it is believed."""
    with transaction.atomic():
        return _take(payment, told_by=PULL, is_trusted=True, is_sure=True)


def stated(payment: paybills.PaybillPayment, *, was_taken_back: bool = False) -> str:
    """Take a line of M-Pesa's statement; return what it came to, in a word or two.

    A person has handed the statement in: on his word alone nothing gets into a wallet. M-Pesa is
    asked, where it can be asked. What is for nobody we know goes to suspense at once, and what
    M-Pesa has given back to its payer since goes into nobody's wallet.
    """
    with transaction.atomic():
        if not was_taken_back or payment.shortcode != settings.MPESA_SHORTCODE:
            is_sure = not (account.can_pay() and _names_somebody(payment))
            return _take(payment, told_by=STATEMENT, is_trusted=True, is_sure=is_sure)
        row = _stored(payment, told_by=STATEMENT)
        if row.state == State.REFUTED:
            PAYBILL.move(row, to=State.UNCONFIRMED, why=f"told again by {STATEMENT}")
        if row.state != State.UNCONFIRMED:
            return _again(row, payment)
        _learn(row, payment, told_by=STATEMENT)
        return outcomes.put_aside(row, why="M-Pesa has taken it back")


def _names_somebody(told: paybills.PaybillPayment) -> bool:
    prompt = prompts.find(
        told.account,
        receipt=told.receipt,
        amount_cents=told.amount_cents,
        shortcode=told.shortcode,
    )
    return prompt is not None or members.member_by_address(told.account) is not None


@required
def _take(told: paybills.PaybillPayment, *, told_by: str, is_trusted: bool, is_sure: bool) -> str:
    if told.shortcode != settings.MPESA_SHORTCODE:
        _alert(told, why="it names another paybill number")
        return "another paybill"
    prompts.hold(told.account)
    payment = _stored(told, told_by=told_by)
    is_news = is_trusted and payment.told_by == NOBODY  # the first who is believed
    if payment.state == State.SUSPENSE and is_news and payment.amount_cents == told.amount_cents:
        _learn(payment, told, told_by=told_by)
        return outcomes.named(payment)
    if payment.state not in (State.UNCONFIRMED, State.REFUTED):
        return _again(payment, told)
    if is_news or (is_trusted and is_sure):
        _learn(payment, told, told_by=told_by)
    elif payment.amount_cents != told.amount_cents:
        return _again(payment, told)
    if payment.state == State.REFUTED:
        PAYBILL.move(payment, to=State.UNCONFIRMED, why=f"told again by {told_by}")
    return outcomes.believe(payment) if is_sure else _ask_soon(payment)


def _stored(told: paybills.PaybillPayment, *, told_by: str) -> PaybillPayment:
    """Return the row of the receipt, locked."""
    made, is_new = PaybillPayment.objects.get_or_create(
        receipt=told.receipt,
        defaults={"shortcode": told.shortcode, "told_by": told_by, **_of(told)},
    )
    if is_new:
        PAYBILL.record(made, source="", target=made.state, why=f"told by {told_by}")
        return made
    return PaybillPayment.objects.select_for_update(no_key=True).get(pk=made.pk)


def _of(told: paybills.PaybillPayment) -> dict[str, object]:
    return {
        "amount_cents": told.amount_cents,
        "account": _cut(told.account),
        "payer_name": _cut(told.payer_name),
        "payer_phone": told.phone,
        "payer_phone_masked": told.phone_masked[:30],
        "payer_phone_hash": told.phone_hash,
        "paid_at": told.paid_at,
    }


def _cut(text: str) -> str:
    printable = "".join(each if each.isprintable() else " " for each in text)
    return printable[:TEXT_LENGTH_MAX]


def _learn(payment: PaybillPayment, told: paybills.PaybillPayment, *, told_by: str) -> None:
    """Take over all that a believed message says: who told of it before may have lied."""
    known = _of(told)
    for name, value in known.items():
        setattr(payment, name, value)
    payment.told_by = told_by
    payment.save(update_fields=[*known, "told_by"])


@required
def _again(payment: PaybillPayment, told: paybills.PaybillPayment) -> str:
    if payment.amount_cents != told.amount_cents:
        _alert(told, why="its amount is another than before")
        return "another amount"
    return "known"


@required
def _ask_soon(payment: PaybillPayment) -> str:
    if payment.due_at is None:
        # Where asking was given up, whoever tells of it again has it asked about once more.
        payment.due_at, payment.questions = timezone.now(), max(0, payment.questions - 1)
        payment.save(update_fields=["due_at", "questions"])
        queues.enqueue_after_commit("payments.paybill.tend", payment_id=str(payment.pk))
    return "to be confirmed"


@required
def _alert(told: paybills.PaybillPayment, *, why: str) -> None:
    log.error("paybill.contradiction", receipt=told.receipt, why=why)
    alerts.raise_alert(
        key=f"paybill:contradiction:{told.receipt}",
        title="A payment to the paybill contradicts what is known",
        details={"receipt": told.receipt, "why": why},
    )
