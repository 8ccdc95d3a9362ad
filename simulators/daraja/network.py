"""The whole of the simulated M-Pesa, put together, and the thread that keeps it going."""

import logging
import threading
import time
from collections.abc import Callable
from typing import Any
from uuid import uuid4

from simulators.daraja.access import Access
from simulators.daraja.bank import Bank, Payment
from simulators.daraja.calling import Calling
from simulators.daraja.certificate import Opener
from simulators.daraja.desk import Desk, Knobs
from simulators.daraja.paybills import Paybills
from simulators.daraja.payouts import Payouts
from simulators.daraja.pushes import Pushes
from simulators.daraja.questions import Questions
from simulators.world import World

_SENDER = "MPESA"
_LOOK_SECONDS = 0.1
_log = logging.getLogger("simulators.daraja")


class Network:
    """Everything of M-Pesa's. `is_line_busy` tells whether a phone is in a USSD session."""

    def __init__(self, world: World, *, is_line_busy: Callable[[str], bool]) -> None:
        """Open the state and put the parts together."""
        settings = world.settings
        folder = settings.state
        self.bank = Bank(
            folder,
            wallet_cents=int(settings.mpesa_wallet_shillings) * 100,
            float_cents=int(settings.mpesa_float_shillings) * 100,
        )
        self.opener = Opener(folder / "daraja" if folder else None)
        self.desk = Desk(
            world=world,
            bank=self.bank,
            calling=Calling(self.bank, world.record),
            access=Access(settings),
            knobs=Knobs(
                result_seconds=settings.mpesa_result_seconds,
                prompt_seconds=settings.mpesa_prompt_seconds,
            ),
        )
        self.paybills = Paybills(self.desk, paid=self._text)
        self.pushes = Pushes(self.desk, is_line_busy=is_line_busy, paid=self._pushed)
        self.payouts = Payouts(self.desk, self.opener, paid=self._text)
        self.questions = Questions(self.desk, self.payouts)

    def start(self) -> None:
        """Begin to call the product back, and to answer prompts that nobody answers."""
        self.desk.calling.start()
        threading.Thread(target=self._run, name="mpesa", daemon=True).start()

    def reset(self) -> None:
        """Forget all money, prompts and calls."""
        self.bank.reset()

    def totals(self) -> dict[str, Any]:
        """Return the sums that somebody's books must agree with."""
        paid: dict[str, int] = {}
        for payment in self.bank.payments():
            paid[payment.kind] = paid.get(payment.kind, 0) + payment.cents
        return {"cents_by_kind": paid, "tokens_given": self.desk.access.given}

    def _run(self) -> None:
        while True:
            try:
                self.pushes.look()
            except Exception:  # noqa: BLE001 - the thread must outlive whatever befalls one prompt
                _log.exception("looking at prompts failed")
            time.sleep(_LOOK_SECONDS)

    def _pushed(self, payment: Payment, reference: str) -> None:
        """A prompt that was paid is told as a payment to the paybill as well."""
        self.paybills.tell(payment, account=reference)
        self._text(payment, reference)

    def _text(self, payment: Payment, reference: str) -> None:
        """Send M-Pesa's own SMS about a payment to the phone."""
        amount = f"Ksh{payment.cents / 100:,.2f}"
        balance = f"New M-PESA balance is Ksh{self.bank.wallet(payment.phone) / 100:,.2f}."
        what = (
            f"You have received {amount} from {payment.shortcode} NannyChain."
            if payment.kind == "payout"
            else f"{amount} sent to NannyChain for account {reference}."
        )
        self.desk.world.store.add_message(
            id=f"MPESA_{uuid4().hex}",
            phone=payment.phone,
            sender=_SENDER,
            text=f"{payment.receipt} Confirmed. {what} {balance}",
            status="Success",
        )
