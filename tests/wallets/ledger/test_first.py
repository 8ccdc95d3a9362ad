import uuid
from datetime import UTC, datetime
import pytest
from wallets.ledger import accounts, posting, holds
from wallets.ledger.chart import Kind
from payments.transfers import postings as t
from payments.deposits import postings as d
N = datetime(2026,11,20,tzinfo=UTC)

@pytest.mark.django_db
def test_it():
    f = accounts.open_account(Kind.PAYBILL_FLOAT, label="600000")
    a = accounts.open_account(Kind.WORKER_WALLET, owner_id=uuid.uuid4())
    b = accounts.open_account(Kind.WORKER_WALLET, owner_id=uuid.uuid4())
    x = d.settled(deposit_id="1", paybill_float=f, wallet=a, amount_cents=1000, effective_at=N)
    print(posting.post(x), posting.post(x))
    y = t.sent(transfer_id="1", sender=a, recipient=b, amount_cents=300, effective_at=N)
    print(posting.post(y))
    print(posting.post_batch([t.sent(transfer_id=str(i), sender=a, recipient=b, amount_cents=3, effective_at=N) for i in range(2,6)]))
    h = holds.place(a, amount=100, key="h", expires_at=None)
    print(h)
    from django.db import transaction
    with pytest.raises(Exception) as e, transaction.atomic():
        posting.post(t.sent(transfer_id="9", sender=a, recipient=b, amount_cents=700, effective_at=N))
    print(repr(e.value), str(e.value))
    print(posting.reverse(posting.post(y).journal_id, cause="x") )
    assert 0
