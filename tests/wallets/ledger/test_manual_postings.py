"""That a journal is manual is noted for good, where it is posted."""

import uuid

import pytest
from django.db import DatabaseError, connection, transaction

from tests.factories import books
from wallets.ledger import accounts
from wallets.ledger.chart import Kind
from wallets.ledger.manual import services
from wallets.ledger.manual.models import ManualPosting
from wallets.ledger.recipes import credit, debit

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "act",
    [
        "DELETE FROM wallets_manualposting",
        "UPDATE wallets_manualposting SET journal_id = 0",
        "TRUNCATE wallets_manualposting",
    ],
)
def test_that_a_journal_is_manual_stays_noted(act: str) -> None:
    losses = accounts.open_account(Kind.RECONCILIATION_LOSSES)
    legs = debit(losses, 25_00), credit(books.wallet(1000_00), 25_00)
    amina, baraka = uuid.UUID(int=1), uuid.UUID(int=2)
    proposal = services.propose(
        legs, effective_at=books.MORNING, reason="found it", by=amina, name="NW-AMINA"
    )
    posted = services.approve(proposal.pk, reason="I agree", by=baraka, name="NW-BARAKA")
    assert ManualPosting.objects.get().journal_id == posted.journal_id
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # as a commit does
        cursor.execute("SET LOCAL ROLE NONE")
        with pytest.raises(DatabaseError, match="by hand"), transaction.atomic():
            cursor.execute(act)
        cursor.execute("SET LOCAL ROLE nannychain_app")
