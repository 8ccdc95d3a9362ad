"""The day of the benchmark, small: every difference that is planted is named, none is made up."""

import pytest

from benchmarks import statement_world
from payments.reconciliation.breaks.models import Break
from payments.reconciliation.breaks.states import UNSETTLED
from payments.reconciliation.statements.models import OpenItem, StatementFile, StatementMatch
from payments.reconciliation.statements.states import State
from tests.factories import mpesa
from tests.factories.statements import handed_in
from wallets.ledger.chart import Kind

pytestmark = pytest.mark.django_db
EACH = 2


@pytest.fixture(autouse=True)
def one_number(settings: object) -> None:
    """One number takes and pays out, as its utility account."""
    mpesa.use(settings, MPESA_SHORTCODE="600000", MPESA_B2C_SHORTCODE="600000")


def test_all_that_is_planted_is_named_and_nothing_else() -> None:
    world = statement_world.build(lines=200, each=EACH, shortcode="600000")
    file = handed_in(world.csv())
    assert (file.state, file.reason) == (State.COMPARED, "")
    assert len(world.planted) == 13
    assert all(len(references) == EACH for references in world.planted.values())
    assert world.unnamed() == {}
    named = set(Break.objects.values_list("reference", flat=True))
    planted = set().union(*world.planted.values())
    assert named == planted
    assert Break.objects.count() == len(planted), "nothing is named twice"
    # What the statement itself has settled is over.
    left = set(Break.objects.filter(state__in=UNSETTLED).values_list("reference", flat=True))
    settled = {"missed", "missed, for nobody", "unknown"}
    assert left == planted - set().union(*(world.planted[what] for what in settled))


def test_the_float_in_our_books_is_what_the_statement_explains() -> None:
    world = statement_world.build(lines=200, each=EACH, shortcode="600000")
    handed_in(world.csv())
    file = StatementFile.objects.get()
    assert file.closing_cents is not None
    assert file.opening_cents is not None
    moved = file.closing_cents - file.opening_cents
    ours = mpesa.standing(Kind.PAYBILL_FLOAT, "600000") + mpesa.standing(
        Kind.PAYOUT_FLOAT, "600000"
    )
    explained = sum(
        row.amount_cents or 0
        for row in Break.objects.filter(state__in=UNSETTLED).exclude(
            kind__in=("charge_mismatch", "reversed_at_provider")
        )
    )
    assert ours + explained == moved


def test_the_same_day_as_a_workbook_changes_nothing() -> None:
    world = statement_world.build(lines=100, each=1, shortcode="600000")
    handed_in(world.csv())
    before = (Break.objects.count(), StatementMatch.objects.count(), OpenItem.objects.count())
    again = handed_in(world.xlsx(), name="day.xlsx")
    assert (again.state, again.new_lines) == (State.COMPARED, 0)
    after = (Break.objects.count(), StatementMatch.objects.count(), OpenItem.objects.count())
    assert after == before
