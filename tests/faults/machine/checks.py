"""What has to be true once all has come to rest. Each check returns sentences of what is not.

Our books are compared with the provider's own, with what people have asked for and paid, and with
what they were told; never with another figure of ours alone.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import Sum

from nannychain.clock import nairobi_date
from nannychain.inbox.models import InboxMessage
from nannychain.outbox.models import OutboxEvent
from nannychain.states.models import StateChange
from payments.deposits.models import Deposit
from payments.deposits.states import DEPOSIT
from payments.limits.models import DayUse, Excess
from payments.mpesa.receipts.models import MpesaReceipt
from payments.paybill.models import PaybillPayment
from payments.paybill.states import PAYBILL
from payments.withdrawals.models import PayoutAttempt, Withdrawal
from payments.withdrawals.states import ATTEMPT, WITHDRAWAL
from simulators.daraja.bank import Payment
from tests.factories.mpesa import standing
from tests.faults.machine import morning, truth
from tests.faults.machine.people import WALLET_MAX
from tests.faults.machine.provider import FLOAT_CENTS, PAYOUT_SHORTCODE, SHORTCODE
from tests.faults.machine.scene import Scene
from wallets.ledger import reading
from wallets.ledger.chart import Kind
from wallets.ledger.checking import services as checking
from wallets.ledger.models import Hold, Journal

if TYPE_CHECKING:
    from tests.faults.machine.history import History

# What a withdrawal costs, by Safaricom's tariff of August 2023 and 15 % excise duty within it.
_PRICES = ((100_00, 0), (1_500_00, 5_00), (5_000_00, 9_00), (20_000_00, 11_00), (10**12, 13_00))

# Above it a failure must be said twice before anything is given back, and a lie is said once.
_TWICE_SAID_ABOVE = 10_000_00


def books(scene: Scene) -> Iterator[str]:
    """The ledger agrees with itself."""
    yield from checking.verify().faults


def floats(scene: Scene) -> Iterator[str]:
    """Both floats hold at the provider what our books say."""
    world = scene.history.world
    ours, theirs = standing(Kind.PAYBILL_FLOAT, SHORTCODE), world.provider.working_cents()
    if ours != theirs:
        yield f"the paybill holds {theirs}, our books say {ours}"
    ours = standing(Kind.PAYOUT_FLOAT, PAYOUT_SHORTCODE)
    theirs = world.provider.utility_cents() - FLOAT_CENTS - world.put_into_float
    if ours != theirs:
        yield f"the float for payouts has changed by {theirs}, our books say {ours}"


def in_between(scene: Scene) -> Iterator[str]:
    """Nothing lies on the way, and suspense holds what it has to."""
    if left := standing(Kind.PAYOUT_CLEARING, PAYOUT_SHORTCODE):
        yield f"{left} are left in payouts under way"
    if left := standing(Kind.SUSPENSE_RECEIPTS, SHORTCODE):
        yield f"{left} are left in suspense"
    missing = sum(w.amount_cents for w in scene.withdrawals if w.contradicted_at is not None)
    if (found := standing(Kind.SUSPENSE_PAYOUTS, PAYOUT_SHORTCODE)) != -missing:
        yield f"suspense of payouts lacks {-found}, and {missing} were paid after all"


def payouts(scene: Scene) -> Iterator[str]:
    """Every payout was made at most once, and just as our books say."""
    known = {a.originator_id for attempts in scene.attempts.values() for a in attempts}
    for originator_id in set(scene.payouts) - known:
        yield f"a payout was made that we don't know: {originator_id}"
    for withdrawal in scene.withdrawals:
        paid = scene.paid_for(withdrawal)
        if len(paid) > 1:
            yield f"{withdrawal} was paid {len(paid)} times"
        expected = int(withdrawal.state == "PAID") + int(withdrawal.contradicted_at is not None)
        if len(paid) != expected:
            yield f"{withdrawal} is {withdrawal.state}, and was paid {len(paid)} times"
        for payment in paid:
            told = (payment.phone, payment.cents, payment.shortcode)
            ours = (withdrawal.phone, withdrawal.amount_cents, withdrawal.shortcode)
            if told != ours:
                yield f"{withdrawal} was paid as {told}, and should be {ours}"
            if withdrawal.state == "PAID" and withdrawal.receipt != payment.receipt:
                yield f"{withdrawal} has the receipt {withdrawal.receipt}, not {payment.receipt}"
        lies = scene.history.notes.lied_about
        was_lied_about = any(a.originator_id in lies for a in scene.attempts[withdrawal.pk])
        is_odd = not was_lied_about or withdrawal.amount_cents > _TWICE_SAID_ABOVE
        if withdrawal.contradicted_at is not None and is_odd:
            yield f"{withdrawal} was given back although M-Pesa never said that it had failed"


def deposits(scene: Scene) -> Iterator[str]:
    """Every prompt that was paid is credited once, and no other.

    Whoever pays the very amount to our number, with the prompt's reference, has paid the deposit.
    """
    by_reference = defaultdict(list)
    for payment in scene.pushes:
        by_reference[payment.reference].append(payment)
    for deposit in scene.deposits:
        by_hand = [payment for payment in scene.paybills if scene.pays(payment, deposit)]
        prompted = by_reference.pop(deposit.reference, [])
        paid = by_hand or prompted
        if by_hand:
            yield from _of_its_own(scene, deposit, prompted)
        if len(paid) > 1:
            yield f"{deposit} was paid {len(paid)} times"
        if (deposit.state == "PAID") != bool(paid):
            yield f"{deposit} is {deposit.state}, and was paid {len(paid)} times"
        for payment in paid:
            is_hers = payment in by_hand or payment.phone == deposit.member.phone
            if not is_hers or payment.cents != deposit.amount_cents:
                yield f"{deposit} was paid by {payment.phone} with {payment.cents}"
            if deposit.receipt != payment.receipt:
                yield f"{deposit} has the receipt {deposit.receipt}, not {payment.receipt}"
    for reference in by_reference:
        yield f"a prompt was paid that we don't know: {reference}"


def _of_its_own(scene: Scene, deposit: Deposit, prompted: list[Payment]) -> Iterator[str]:
    """The deposit was paid by hand: what the prompt brought besides is a payment of its own."""
    for payment in prompted:
        known = scene.payments.get(payment.receipt)
        if known is None or (known.state, known.member_id) != ("CREDITED", deposit.member_id):
            yield f"{deposit} was paid by hand, and the payment of its prompt is {known}"


def paybill(scene: Scene) -> Iterator[str]:
    """Every payment to our number is with whom it was meant for, or back with its payer."""
    for payment in scene.paybills:
        meant = scene.history.notes.meant_for.get(payment.receipt)
        known = scene.payments.get(payment.receipt)
        if known is None:
            yield f"the payment {payment.receipt} is not known"
        elif known.state == "ECHO" and any(scene.pays(payment, each) for each in scene.deposits):
            continue
        elif meant is not None and (known.state, known.member_id) != ("CREDITED", meant.member_id):
            yield f"{known} for {meant.name} is {known.state}, of {known.member_id}"
        elif meant is None and (known.state, payment.is_reversed) != ("RETURNED", True):
            yield f"{known} for nobody is {known.state}; given back: {payment.is_reversed}"
        if known is not None and known.amount_cents != payment.cents:
            yield f"{known} is of {payment.cents}, not of {known.amount_cents}"
    true = {p.receipt for p in (*scene.paybills, *scene.pushes)}
    for payment in scene.payments.values():
        if payment.receipt not in true and payment.state not in ("UNCONFIRMED", "REFUTED"):
            yield f"{payment} was never made, and is {payment.state}"


def balances(scene: Scene) -> Iterator[str]:
    """Every member has what she paid in and got, less what she took out, sent and paid for it."""
    for person in scene.history.world.people:
        expected = sum(p.cents for p in scene.pushes if p.phone == person.phone)
        expected += sum(
            payment.cents
            for payment in scene.paybills
            if scene.history.notes.meant_for.get(payment.receipt) is person
        )
        expected -= sum(
            w.amount_cents + _price(w.amount_cents)
            for w in scene.withdrawals
            if w.member_id == person.member_id and w.state != "FAILED"
        )
        for transfer in scene.transfers:
            expected -= transfer.amount_cents * (transfer.sender_id == person.member_id)
            expected += transfer.amount_cents * (transfer.recipient_id == person.member_id)
        found = reading.standing(person.account)
        if found.balance != expected:
            yield f"{person.name} should have {expected}, and has {found.balance}"
        over = max(0, expected - WALLET_MAX[person.level])
        held = found.balance - found.available
        if held != over:
            yield f"{person.name} has {over} above her limit, and {held} are held"


def _price(cents: int) -> int:
    return next(price for most, price in _PRICES if cents <= most)


def fees(scene: Scene) -> Iterator[str]:
    """Fees and tax are those of the withdrawals that were paid."""
    prices = [_price(w.amount_cents) for w in scene.withdrawals if w.state == "PAID"]
    tax = standing(Kind.TAX_PAYABLE, "excise")
    earned = standing(Kind.FEE_INCOME, "withdrawals") + tax
    if earned != sum(prices):
        yield f"fees and tax are {earned}, and should be {sum(prices)}"
    most = sum(-(-price * 15 // 115) + 1 for price in prices)
    least = sum(price * 15 // 115 - 1 for price in prices)
    if not least <= tax <= most:
        yield f"the tax is {tax}, and should be about {most}"


def receipts(scene: Scene) -> Iterator[str]:
    """Every receipt of the provider's belongs to the operation that it paid for."""
    owners = dict(MpesaReceipt.objects.values_list("code", "owner"))
    expected: dict[str, str] = {}
    for deposit in scene.deposits:
        if deposit.receipt:
            expected[deposit.receipt] = f"deposit:{deposit.pk}"
    for withdrawal in scene.withdrawals:
        if withdrawal.receipt:
            expected[withdrawal.receipt] = f"withdrawal:{withdrawal.pk}"
    for payment in scene.payments.values():
        if payment.state in ("CREDITED", "RETURNED"):
            expected[payment.receipt] = f"paybill:{payment.pk}"
    for code, owner in expected.items():
        if owners.get(code) != owner:
            yield f"the receipt {code} belongs to {owners.get(code)}, not to {owner}"


def at_rest(scene: Scene) -> Iterator[str]:
    """Everything has ended, and nothing is due."""
    for deposit in scene.deposits:
        if deposit.is_open or deposit.due_at is not None:
            yield f"{deposit} is {deposit.state}, due at {deposit.due_at}"
    for withdrawal in scene.withdrawals:
        if withdrawal.state not in ("PAID", "FAILED") or withdrawal.due_at is not None:
            yield f"{withdrawal} is {withdrawal.state}, due at {withdrawal.due_at}"
    for payment in scene.payments.values():
        is_forged = payment.receipt in scene.history.notes.forged
        if payment.state in ("UNCONFIRMED", "SUSPENSE", "RETURNING") and not is_forged:
            yield f"{payment} is {payment.state}"
    yield from _undelivered(scene)


def _undelivered(scene: Scene) -> Iterator[str]:
    if left := InboxMessage.objects.filter(handled_at=None).count():
        yield f"{left} callbacks were not read"
    if left := OutboxEvent.objects.filter(delivered_at=None).count():
        yield f"{left} events were not delivered"
    for message in InboxMessage.objects.filter(attempts__gt=0):
        if not scene.history.world.points.losses:
            yield f"a callback could not be read: {message.source}"


def histories(scene: Scene) -> Iterator[str]:
    """Every state was reached along edges, one after the other, and each move is written down."""
    moves = defaultdict(list)
    for change in StateChange.objects.order_by("pk"):
        moves[change.machine, change.subject_id].append(change)
    for model, machine in (
        (Deposit, DEPOSIT),
        (Withdrawal, WITHDRAWAL),
        (PayoutAttempt, ATTEMPT),
        (PaybillPayment, PAYBILL),
    ):
        for key, state in model.objects.values_list("pk", "state"):  # type: ignore[attr-defined]
            at = ""
            for change in moves[machine.name, str(key)]:
                if change.source != at:
                    yield f"{machine.name} {key}: from {change.source} where it was {at}"
                at = change.target
            if at != state:
                yield f"{machine.name} {key}: it is {state}, and was last seen to be {at}"


def politeness(scene: Scene) -> Iterator[str]:
    """Nobody was prompted twice for one deposit, nor asked about without end.

    Eleven times by schedule, once after it was cancelled, and whenever somebody presses for it.
    """
    prompts = Counter(p["reference"] for p in scene.history.world.provider.prompts())
    for reference, times in prompts.items():
        if times > 1:
            yield f"{times} prompts went out for the deposit {reference}"
    most = 12 + scene.history.notes.pressed
    for deposit in scene.deposits:
        if deposit.questions > most:
            yield f"{deposit} was asked about {deposit.questions} times"


def limits(scene: Scene) -> Iterator[str]:
    """What was used of each day is what was sent on it and not given back."""
    used: Counter[tuple[UUID, Any]] = Counter()
    for withdrawal in scene.withdrawals:
        if withdrawal.state != "FAILED":
            day = nairobi_date(withdrawal.created_at)
            used[withdrawal.member_id, day] += withdrawal.amount_cents
    for transfer in scene.transfers:
        used[transfer.sender_id, nairobi_date(transfer.created_at)] += transfer.amount_cents
    for use in DayUse.objects.all():
        if use.cents != used.pop((use.member_id, use.day), 0):
            yield f"the use of {use.day} is counted as {use.cents}"
    for (member_id, day), cents in used.items():
        if cents:
            yield f"the use of {day} by {member_id} is not counted: {cents}"


def holds(scene: Scene) -> Iterator[str]:
    """Nothing is held but what is above a limit."""
    held = Hold.objects.filter(ended_at=None).aggregate(
        cents=Sum("amount") - Sum("captured") - Sum("released")
    )["cents"]
    above = Excess.objects.filter(released_at=None).aggregate(cents=Sum("cents"))["cents"]
    if (held or 0) != (above or 0):
        yield f"{held} are held, and {above} are above limits"


def journals(scene: Scene) -> Iterator[str]:
    """As many journals of each kind as there were things that cause them."""
    expected = {
        "deposit.settled": sum(d.state == "PAID" for d in scene.deposits),
        "withdrawal.reserved": len(scene.withdrawals),
        "withdrawal.paid": sum(w.state == "PAID" for w in scene.withdrawals),
        "withdrawal.failed": sum(w.state == "FAILED" for w in scene.withdrawals),
        "withdrawal.contradicted": sum(w.contradicted_at is not None for w in scene.withdrawals),
        "transfer.sent": len(scene.transfers),
    }
    found = Counter(Journal.objects.values_list("kind", flat=True))
    for kind, count in expected.items():
        if found[kind] != count:
            yield f"there are {found[kind]} journals {kind}, and {count} causes"


def sms(scene: Scene) -> Iterator[str]:
    """Everybody is told how it ended, once, and never of money that has not moved."""
    yield from truth.of_deposits(scene.deposits)
    yield from truth.of_withdrawals(scene.withdrawals)
    yield from truth.of_payments(list(scene.payments.values()))
    yield from truth.of_transfers(scene.transfers)
    yield from truth.of_balances(scene.history.world.people)
    yield from truth.of_balances_after(scene.deposits, scene.history.world.people)
    if scene.history.sends_sms:
        yield from truth.on_phones(scene.history.world)


CHECKS: tuple[Callable[[Scene], Iterator[str]], ...] = (
    books,
    floats,
    in_between,
    payouts,
    deposits,
    paybill,
    balances,
    fees,
    receipts,
    at_rest,
    histories,
    politeness,
    limits,
    holds,
    journals,
    sms,
    morning.statements,  # the last: it writes
)


def all_of(history: "History") -> list[str]:
    """Return what is not as it should be, the check's name first."""
    scene = Scene(history)
    return [f"{check.__name__}: {words}" for check in CHECKS for words in check(scene)]
