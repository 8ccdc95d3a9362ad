"""Who lives in the machine: members of every level, made once, with their wallets and PINs."""

from dataclasses import dataclass
from uuid import UUID

from tests.factories import money
from tests.factories.mpesa import member_with
from tests.factories.phones import PIN, choose_pin
from tests.faults.machine.provider import PAYOUT_SHORTCODE, SHORTCODE
from wallets.ledger import accounts
from wallets.ledger.chart import Kind
from wallets.wallet import selectors as wallets
from workers.kyc import services as kyc
from workers.kyc.levels import Level

_CAST = (
    ("+254712000001", "Wanjiku Kamau", Level.PHONE),
    ("+254712000002", "Achieng Ouma", Level.ID_NUMBER),
    ("+254712000003", "Mwende Mutua", Level.ID_CHECKED),
    ("+254712000004", "Amina Hassan", Level.ID_CHECKED),
)

# What a wallet may hold, in cents; what is above it is held.
WALLET_MAX = {Level.PHONE: 20_000_00, Level.ID_NUMBER: 100_000_00, Level.ID_CHECKED: 500_000_00}


@dataclass(frozen=True)
class Person:
    """A member as the driver knows her."""

    member_id: UUID
    worker_id: str
    phone: str
    name: str
    level: Level
    account: int
    pin: str = PIN


def make() -> list[Person]:
    """Make all of them, and the accounts that money meets on its way."""
    people = []
    for phone, name, level in _CAST:
        member = member_with(phone=phone, name=name)
        if level is not Level.PHONE:
            kyc.set_level(member.pk, level=level, reason="seen", by=money.STAFF)
        choose_pin(member)
        account = wallets.account_of(member.pk)
        people.append(Person(member.pk, member.worker_id, phone, name, level, account))
    for kind, label in (
        (Kind.PAYBILL_FLOAT, SHORTCODE),
        (Kind.PAYOUT_FLOAT, PAYOUT_SHORTCODE),
        (Kind.PAYOUT_CLEARING, PAYOUT_SHORTCODE),
        (Kind.SUSPENSE_RECEIPTS, SHORTCODE),
        (Kind.SUSPENSE_PAYOUTS, PAYOUT_SHORTCODE),
        (Kind.FEE_INCOME, "withdrawals"),
        (Kind.FEE_INCOME, "transfers"),
        (Kind.TAX_PAYABLE, "excise"),
    ):
        accounts.open_account(kind, label=label)
    return people
