"""What people were told, against what is so: by operation, as often, and in the right words."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from nannychain.money import display
from nannychain.notifications.models import Sms
from nannychain.notifications.states import SMS, State
from nannychain.states.models import StateChange
from payments.deposits.models import Deposit
from payments.paybill.models import PaybillPayment
from payments.transfers.models import Transfer
from payments.withdrawals.models import Withdrawal
from tests.faults.machine.people import WALLET_MAX, Person
from tests.faults.machine.world import World
from wallets.ledger.models import Posting

_BALANCE = re.compile(r"Balance (KSh [\d,.]+\d)")
_CAME, _NOT_CAME, _NOT_SURE = "came into your wallet", "did not go through", "has not confirmed"
_KEPT = ("pk", "phone", "text")
_SENT, _BACK, _LATE = "was sent to your M-Pesa", "could not be sent to your M-Pesa", "takes longer"


def _texts(phone: str) -> list[str]:
    return list(Sms.objects.filter(phone=phone).order_by("pk").values_list("text", flat=True))


def of_deposits(deposits: Sequence[Deposit]) -> Iterator[str]:
    """Paid: told once. Failed: told once why, or that nobody knows. Called off: she did it."""
    texts = _in_order()
    for deposit in deposits:
        ref = f"Ref {deposit.reference}."
        told = [text for phone, text in texts if ref in text and phone == deposit.phone]
        others = [text for phone, text in texts if ref in text and phone != deposit.phone]
        came = [text for text in told if _CAME in text]
        failed = [text for text in told if _NOT_CAME in text or _NOT_SURE in text]
        if others:
            yield f"somebody else was told of {deposit}"
        if len(came) != int(deposit.state == "PAID"):
            yield f"{deposit} is {deposit.state}, and it was told {len(came)} times that it came"
        if any(display(deposit.amount_cents) not in text for text in came):
            yield f"another amount was told of {deposit}"
        must = deposit.state in ("DECLINED", "EXPIRED", "REFUSED")
        if (must and len(failed) != 1) or len(failed) > 1:
            yield f"{deposit} is {deposit.state}, and {len(failed)} SMS say that it failed"
        if came and failed and told.index(came[0]) < told.index(failed[0]):
            yield f"{deposit} was told to have failed after it was told to have come"


def of_withdrawals(withdrawals: Sequence[Withdrawal]) -> Iterator[str]:
    """Paid: told once, with the receipt. Failed: told once that all of it is back."""
    by_phone = defaultdict(list)
    for withdrawal in withdrawals:
        by_phone[withdrawal.phone].append(withdrawal)
    for phone, own in by_phone.items():
        texts = _texts(phone)
        sent = Counter(text for text in texts if _SENT in text and _BACK not in text)
        for withdrawal in own:
            told = [text for text in sent if f"M-Pesa {withdrawal.receipt}." in text]
            if withdrawal.state == "PAID" and len(told) != 1:
                yield f"{withdrawal} was paid, and it was told {len(told)} times"
            amount = f"{display(withdrawal.amount_cents)} was sent"
            if withdrawal.state == "PAID" and any(amount not in text for text in told):
                yield f"another amount was told of {withdrawal}"
        paid = sum(withdrawal.state == "PAID" for withdrawal in own)
        if sum(sent.values()) != paid:
            yield f"{phone}: {sum(sent.values())} SMS say paid, and {paid} were"
        back = Counter(
            f"{display(w.amount_cents)} could not be sent" for w in own if w.state == "FAILED"
        )
        found = Counter(text.split(" to your M-Pesa")[0] for text in texts if _BACK in text)
        if found != back:
            yield f"{phone}: told to be back {dict(found)}, and these are {dict(back)}"
        late = sum(_LATE in text for text in texts)
        if late > 2 * len(own):
            yield f"{phone}: {late} SMS say that it takes longer"


def of_payments(payments: Sequence[PaybillPayment]) -> Iterator[str]:
    """Credited: its member is told once, and nobody of any other."""
    texts = list(Sms.objects.filter(text__contains="M-Pesa paybill").values_list("phone", "text"))
    for payment in payments:
        told = [phone for phone, text in texts if text.startswith(f"{payment.receipt} ")]
        member = payment.member if payment.state == "CREDITED" else None
        if told != ([] if member is None else [member.phone]):
            yield f"{payment} is {payment.state}, and was told to {told}"


def of_transfers(transfers: Sequence[Transfer]) -> Iterator[str]:
    """Both are told, once each."""
    texts = list(Sms.objects.values_list("phone", "text"))
    for transfer in transfers:
        told = sorted(phone for phone, text in texts if text.startswith(f"{transfer.reference} "))
        if told != sorted((transfer.sender.phone, transfer.recipient.phone)):
            yield f"{transfer} was told to {told}"


def of_balances(people: Sequence[Person]) -> Iterator[str]:
    """The balance in an SMS is one that could be used then: the wallet's, up to its limit.

    SMS stand in the order in which they were queued, and so do the balances that the wallet had.
    """
    written = _in_order()
    for person in people:
        had, at = _balances(person), 0
        for text in [text for phone, text in written if phone == person.phone]:
            told = _BALANCE.search(text)
            if told is None:
                continue
            try:
                at = had.index(told[1], at)
            except ValueError:
                yield f"{person.name} was told a balance that she did not have then: {text}"
                break


def _in_order() -> list[tuple[str, str]]:
    """Return phones and texts in the order in which they were written: ids of one instant have
    none.
    """
    texts = {str(key): (phone, text) for key, phone, text in Sms.objects.values_list(*_KEPT)}
    born = StateChange.objects.filter(machine=SMS.name, source="").order_by("pk")
    return [texts[key] for key in born.values_list("subject_id", flat=True) if key in texts]


def _balances(person: Person) -> list[str]:
    rows = Posting.objects.filter(account_id=person.account).order_by("version")
    most = WALLET_MAX[person.level]
    return [
        display(min(abs(cents), most)) for cents in rows.values_list("balance_after", flat=True)
    ]


def of_balances_after(deposits: Sequence[Deposit], people: Sequence[Person]) -> Iterator[str]:
    """Whoever hears that her deposit came hears what she has with it, and not what she had."""
    of_member = {person.member_id: person for person in people}
    texts = list(Sms.objects.filter(text__contains=_CAME).values_list("text", flat=True))
    for deposit in deposits:
        person = of_member[deposit.member_id]
        after = Posting.objects.filter(
            account_id=person.account, journal__key=f"deposit:{deposit.pk}:settled"
        ).values_list("balance_after", flat=True)
        for cents in after:
            right = f"Balance {display(min(abs(cents), WALLET_MAX[person.level]))}."
            told = [text for text in texts if f"Ref {deposit.reference}." in text]
            if any(right not in text for text in told):
                yield f"{deposit}: the balance after it is {right} She was told: {told}"


def on_phones(world: World) -> Iterator[str]:
    """What was queued has arrived at the phone that it was for, once.

    What a dead worker had in its hands may have arrived or not: it is UNKNOWN, and staff are told.
    """
    queued = Counter(Sms.objects.values_list("phone", "text"))
    unknown = Counter(Sms.objects.filter(state=State.UNKNOWN).values_list("phone", "text"))
    for person in world.people:
        arrived = Counter(
            (person.phone, message["text"])
            for message in world.provider.world.store.messages(person.phone)
            if message["sender"] != "MPESA"
        )
        ours = Counter({key: times for key, times in queued.items() if key[0] == person.phone})
        missing, more = ours - arrived - unknown, arrived - ours
        if missing or more:
            yield f"{person.name}: {missing.total()} SMS missing, {more.total()} more"
