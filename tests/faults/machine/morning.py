"""The morning after: M-Pesa's statements of the whole history are handed in, and compared.

The simulated portal writes them from its own book of movements, and they are read as any file is.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

from nannychain.actors import Actor
from nannychain.clock import NAIROBI
from payments.reconciliation.breaks.models import Break
from payments.reconciliation.breaks.states import UNSETTLED
from payments.reconciliation.statements import services
from payments.reconciliation.statements.states import State
from tests.faults.machine.provider import PAYOUT_SHORTCODE, SHORTCODE
from tests.faults.machine.scene import Scene
from tests.faults.machine.world import BEGINS
from wallets.ledger.checking import services as checking
from wallets.ledger.models import Journal

_OFFICER = Actor(id=UUID(int=7), name="the officer")
_OF_PAYMENTS = ("deposit", "withdrawal", "paybill", "transfer")


def statements(scene: Scene) -> Iterator[str]:
    """M-Pesa's statements tell what our books say, but for payouts that it had called failed."""
    if not scene.history.gets_statements:
        return
    booked = _booked()
    for shortcode in (SHORTCODE, PAYOUT_SHORTCODE):
        paper = _paper(scene, shortcode)
        file, _ = services.hand_in(paper, name=shortcode, by=_OFFICER)
        file = services.work_off(file.pk)
        if file.state != State.COMPARED:
            yield f"the statement of {shortcode} is {file.state}: {file.reason}"
    contradicted = (w for w in scene.withdrawals if w.contradicted_at is not None)
    expected = {payment.receipt for each in contradicted for payment in scene.paid_for(each)}
    for item in Break.objects.filter(state__in=UNSETTLED).order_by("subject"):
        if (receipt := item.details.get("receipt")) in expected:
            expected.remove(receipt)
        else:
            yield f"{item.kind} of {item.amount_cents}: {item.cause} {item.details}"
    for receipt in sorted(expected):
        yield f"{receipt} was paid after it had been given back, and no break says so"
    if (now := _booked()) != booked:
        yield f"a statement has booked what nobody had missed: {now - booked}"
    yield from checking.verify().faults


def _booked() -> Counter[str]:
    """Return how many journals of payments there are, by kind."""
    kinds = Journal.objects.values_list("kind", flat=True)
    return Counter(kind for kind in kinds if kind.partition(".")[0] in _OF_PAYMENTS)


def _paper(scene: Scene, shortcode: str) -> bytes:
    """Return the statement of a number from the day before the history to its last day."""
    world = scene.history.world
    days = (BEGINS - timedelta(days=1), world.now())
    since, until = (f"{instant.astimezone(NAIROBI):%Y-%m-%d}" for instant in days)
    asked = {"shortcode": shortcode, "format": "csv", "from": since, "to": until}
    answer = world.provider.app.test_client().get("/daraja/portal/statement", query_string=asked)
    assert answer.status_code == 200, answer.text
    return bytes(answer.data)
