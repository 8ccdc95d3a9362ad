"""Everything that the checks look at, read once: our rows, and what the provider says of itself."""

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING
from uuid import UUID

from payments.deposits.models import Deposit
from payments.paybill.models import PaybillPayment
from payments.transfers.models import Transfer
from payments.withdrawals.models import PayoutAttempt, Withdrawal
from simulators.daraja.bank import Payment

if TYPE_CHECKING:
    from tests.faults.machine.history import History


@dataclass
class Scene:
    """Everything that the checks look at, read once."""

    history: "History"

    @cached_property
    def pushes(self) -> list[Payment]:
        """Prompts that were paid."""
        return self.history.world.provider.payments("push")

    @cached_property
    def paybills(self) -> list[Payment]:
        """Payments to our number."""
        return self.history.world.provider.payments("paybill")

    @cached_property
    def payouts(self) -> dict[str, list[Payment]]:
        """Payouts that were made, by the id of their attempt."""
        found = defaultdict(list)
        for payment in self.history.world.provider.payments("payout"):
            found[payment.reference].append(payment)
        return found

    @cached_property
    def deposits(self) -> list[Deposit]:
        """All deposits of ours."""
        return list(Deposit.objects.select_related("member").order_by("pk"))

    @cached_property
    def withdrawals(self) -> list[Withdrawal]:
        """All withdrawals of ours."""
        return list(Withdrawal.objects.select_related("member").order_by("pk"))

    @cached_property
    def attempts(self) -> dict[UUID, list[PayoutAttempt]]:
        """All attempts, by their withdrawal."""
        found = defaultdict(list)
        for attempt in PayoutAttempt.objects.order_by("number"):
            found[attempt.withdrawal_id].append(attempt)
        return found

    @cached_property
    def payments(self) -> dict[str, PaybillPayment]:
        """What we know of the paybill, by receipt."""
        return {payment.receipt: payment for payment in PaybillPayment.objects.order_by("pk")}

    def pays(self, payment: Payment, deposit: Deposit) -> bool:
        """Tell whether a payment to our number, made by hand, is the one that a deposit names."""
        meant = self.history.notes.meant_for.get(payment.receipt)
        is_its = (payment.receipt, payment.reference) == (deposit.receipt, deposit.reference)
        return is_its and meant is not None and meant.member_id == deposit.member_id

    @cached_property
    def transfers(self) -> list[Transfer]:
        """All transfers."""
        return list(Transfer.objects.order_by("pk"))

    def paid_for(self, withdrawal: Withdrawal) -> list[Payment]:
        """Return what the provider has paid for a withdrawal, by whichever attempt."""
        return [
            payment
            for attempt in self.attempts[withdrawal.pk]
            for payment in self.payouts.get(attempt.originator_id, [])
        ]
