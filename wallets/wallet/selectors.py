"""Reading wallets: the account in the ledger that is a party's wallet, and what stands on it."""

from uuid import UUID

from wallets.ledger import reading
from wallets.ledger.chart import KES, Kind
from wallets.ledger.models import Account


def account_of(party_id: UUID) -> int:
    """Return the id of the account that is the party's wallet; raise Account.DoesNotExist."""
    owned = Account.objects.filter(owner_id=party_id, kind=int(Kind.WORKER_WALLET), label="")
    return int(owned.values_list("pk", flat=True).get())


def standing_of(party_id: UUID) -> reading.Standing:
    """Return what stands in the party's wallet: balance, held, available. Two queries."""
    return reading.standing(account_of(party_id))


def total_received(party_id: UUID) -> int:
    """Return all that ever came into the party's wallet, in cents. Two queries."""
    return reading.received(account_of(party_id))


def total_standing(party_id: UUID) -> int:
    """Return what stands in all accounts of the party's own, in cents. Two queries."""
    owned = Account.objects.filter(owner_id=party_id, kind__is_customer_money=True)
    found = reading.standings(owned.values_list("pk", flat=True))
    return sum(each.balance for each in found.values() if each.currency == KES)
