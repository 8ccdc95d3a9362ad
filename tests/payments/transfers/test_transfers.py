"""Transfers: both wallets, both SMS, one transaction, and everything that is refused."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from nannychain.dated import services as dated
from nannychain.idempotency import KeyReused
from nannychain.ids import new_id
from nannychain.money import InvalidAmount
from nannychain.notifications.models import Sms
from nannychain.operating import services as operating
from nannychain.operating.flows import Flow
from nannychain.operating.selectors import FlowStopped
from payments.fees.models import Tariff
from payments.limits.rules import AboveDay, AboveMaximum, AboveNewPayee
from payments.transfers import selectors, services
from payments.transfers.models import Transfer
from tests.factories import money
from wallets.ledger import reading
from wallets.ledger.models import Account, Journal
from workers.identity.models import Member
from workers.identity.standing import services as standing
from workers.identity.standing.models import Standing
from workers.kyc.levels import Level

pytestmark = pytest.mark.django_db


@pytest.fixture
def her() -> Member:
    return money.member(3_000_00, name="Wanjiku Kamau", phone="0712000111")


@pytest.fixture
def him() -> Member:
    return money.member(name="Juma Otieno", phone="0722000222", language="sw")


@pytest.fixture
def a_fee() -> None:
    """A tariff of transfers under which anything above KSh 100 costs KSh 7."""
    row = {
        "operation": "transfer",
        "effective_from": timezone.now() - timedelta(days=1),
        "reason": "a test",
        "up_to_cents": [100_00, 250_000_00],
        "price_cents": [0, 7_00],
        "tax_basis_points": 1_500,
    }
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE NONE")
        cursor.execute("ALTER TABLE payments_tariff DISABLE TRIGGER USER")
        cursor.execute("DELETE FROM payments_tariff WHERE operation = 'transfer'")
        cursor.execute("ALTER TABLE payments_tariff ENABLE TRIGGER USER")
        cursor.execute("SET LOCAL ROLE nannychain_app")
    dated.begin(Tariff, "operation", [row])


def _send(
    her: Member, him: Member, cents: int, *, fee_cents: int = 0, key: str | None = None
) -> Transfer:
    return services.send(
        her.pk,
        recipient_id=him.pk,
        amount_cents=cents,
        shown_fee_cents=fee_cents,
        key=key or new_id().hex,
        channel="ussd",
    )


def test_the_money_is_in_the_other_wallet_at_once(her: Member, him: Member) -> None:
    transfer = _send(her, him, 250_00)

    assert (money.balance(her), money.balance(him)) == (2_750_00, 250_00)
    journal = Journal.objects.get(pk=transfer.journal_id)
    assert (journal.kind, journal.cause) == ("transfer.sent", f"transfer:{transfer.pk}")


def test_both_are_told_in_their_languages_with_fee_balance_and_reference(
    her: Member, him: Member
) -> None:
    transfer = _send(her, him, 250_00)

    at = timezone.localtime(transfer.created_at).strftime("%d/%m/%y %H:%M")
    assert transfer.sender_sms.phone == her.phone
    assert transfer.sender_sms.text == (
        f"{transfer.reference} You sent KSh 250 to Juma O***. Fee KSh 0. Balance KSh 2,750. {at}"
    )
    assert transfer.recipient_sms.phone == him.phone
    assert transfer.recipient_sms.text == (
        f"{transfer.reference} Umepokea KSh 250 kutoka kwa Wanjiku K***. Salio KSh 250. {at}"
    )


def test_a_reference_can_be_read_out(her: Member, him: Member) -> None:
    from nannychain import ids

    reference = _send(her, him, 250_00).reference

    assert ids.parse_code(reference.lower(), prefix="TR", length=8) == reference


@pytest.mark.usefixtures("a_fee")
def test_the_fee_is_ours_and_the_duty_in_it_the_states(her: Member, him: Member) -> None:
    transfer = _send(her, him, 250_00, fee_cents=7_00)

    assert (money.balance(her), money.balance(him)) == (2_743_00, 250_00)
    told = {
        (account.kind_id, account.label): reading.standing(account.pk).balance
        for account in Account.objects.filter(kind__in=(4010, 2820))
    }
    assert told == {(4010, "transfers"): 6_09, (2820, "excise"): 91}
    assert "Fee KSh 7." in transfer.sender_sms.text
    assert transfer.total_cents == 257_00


def test_a_quote_says_whom_how_much_and_what_it_costs(her: Member, him: Member) -> None:
    quote = services.quote(her.pk, recipient_text="0722 000 222", amount_text="250")

    assert (quote.recipient_id, quote.name) == (him.pk, "Juma O***")
    assert (quote.amount_cents, quote.fee.total_cents, quote.total_cents) == (250_00, 0, 250_00)
    assert not Transfer.objects.exists()
    by_worker_id = services.quote(
        her.pk, recipient_text=him.worker_id.lower().replace("-", " "), amount_text="KSh 250/="
    )
    assert by_worker_id == quote


@pytest.mark.parametrize("typed", ["0722000223", "NW-00000000", "Juma", "", "0722000222222"])
def test_a_number_that_is_nobodys_is_refused(her: Member, him: Member, typed: str) -> None:
    with pytest.raises(services.NoSuchPayee):
        services.quote(her.pk, recipient_text=typed, amount_text="250")


def test_nobody_sends_to_oneself(her: Member) -> None:
    for text in ("0712000111", her.worker_id):
        with pytest.raises(services.ToOneself):
            services.quote(her.pk, recipient_text=text, amount_text="250")
    with pytest.raises(services.ToOneself):
        _send(her, her, 250_00)
    assert money.balance(her) == 3_000_00


@pytest.mark.parametrize("typed", ["", "0", "-5", "many", "2.505"])
def test_what_is_no_amount_is_refused(her: Member, him: Member, typed: str) -> None:
    with pytest.raises(InvalidAmount):
        services.quote(her.pk, recipient_text="0722000222", amount_text=typed)


@pytest.mark.usefixtures("a_fee")
def test_more_than_the_wallet_holds_with_the_fee_is_refused_with_figures() -> None:
    her, him = money.member(500_00), money.member()

    with pytest.raises(services.NotEnoughMoney) as refused:
        services.quote_to(her.pk, recipient=him, amount_cents=494_00)
    assert str(refused.value.message) == "You can use KSh 500. With the fee you need KSh 501."
    with pytest.raises(services.NotEnoughMoney), transaction.atomic():
        _send(her, him, 494_00, fee_cents=7_00)
    assert (money.balance(her), money.balance(him)) == (500_00, 0)
    _send(her, him, 493_00, fee_cents=7_00)
    assert money.balance(her) == 0


def test_what_is_refused_leaves_no_trace_but_the_limits_as_they_were(
    her: Member, him: Member
) -> None:
    with pytest.raises(AboveNewPayee), transaction.atomic():
        _send(her, him, 2_000_01)

    assert (money.balance(her), money.balance(him)) == (3_000_00, 0)
    assert not Sms.objects.exists()
    _send(her, him, 2_000_00)


def test_limits_of_the_level_hold() -> None:
    her, him = money.member(9_000_00, level=Level.PHONE), money.member()

    with pytest.raises(AboveMaximum):
        services.quote_to(her.pk, recipient=him, amount_cents=5_000_01)
    _send(her, him, 2_000_00)
    _send(her, money.member(), 2_000_00)
    with pytest.raises(AboveDay):
        _send(her, money.member(), 1_000_01)


@pytest.mark.usefixtures("a_fee")
def test_another_fee_than_the_one_that_was_shown_is_not_taken(her: Member, him: Member) -> None:
    with pytest.raises(services.FeeChanged):
        _send(her, him, 250_00, fee_cents=5_00)
    assert money.balance(her) == 3_000_00


def test_the_same_key_sends_once_and_answers_the_same(her: Member, him: Member) -> None:
    first = _send(her, him, 250_00, key="a-session-and-hop")
    again = _send(her, him, 250_00, key="a-session-and-hop")

    assert again == first
    assert money.balance(him) == 250_00
    assert Sms.objects.count() == 2


@pytest.mark.parametrize(("cents", "to_him"), [(251_00, True), (250_00, False)])
def test_the_same_key_with_other_content_is_an_error(
    her: Member, him: Member, cents: int, to_him: bool
) -> None:
    _send(her, him, 250_00, key="a-session-and-hop")

    with pytest.raises(KeyReused):
        _send(her, him if to_him else money.member(), cents, key="a-session-and-hop")


def test_two_senders_may_use_the_same_key(her: Member, him: Member) -> None:
    _send(her, him, 250_00, key="1")
    _send(him, her, 100_00, key="1")

    assert (money.balance(her), money.balance(him)) == (2_850_00, 150_00)


def test_a_stopped_flow_stops_quotes_and_sending(her: Member, him: Member) -> None:
    operating.stop(Flow.TRANSFERS, reason="a fault", by=money.STAFF)

    with pytest.raises(FlowStopped):
        services.quote(her.pk, recipient_text="0722000222", amount_text="250")
    with pytest.raises(FlowStopped):
        _send(her, him, 250_00)
    operating.start(Flow.TRANSFERS, reason="mended", by=money.STAFF)
    _send(her, him, 250_00)


def test_a_frozen_member_receives_and_does_not_send(her: Member, him: Member) -> None:
    standing.freeze(her.pk, reason="a stolen phone", by=money.STAFF)

    with pytest.raises(standing.Frozen):
        services.quote(her.pk, recipient_text="0722000222", amount_text="250")
    with pytest.raises(standing.Frozen):
        _send(her, him, 250_00)
    money.put_in(him, 500_00)
    _send(him, her, 500_00)
    assert money.balance(her) == 3_500_00


def test_a_number_that_was_silent_for_long_proves_itself_before_it_sends(
    her: Member, him: Member
) -> None:
    Standing.objects.filter(pk=her.pk).update(last_seen_at=timezone.now() - timedelta(days=90))

    with pytest.raises(standing.MustProveAgain):
        _send(her, him, 250_00)


def test_who_is_above_her_limit_receives_and_is_told_what_is_kept() -> None:
    him, her = money.member(9_000_00), money.member(19_500_00, level=Level.PHONE)

    _send(him, her, 1_500_00)

    assert (money.balance(her), money.available(her)) == (21_000_00, 20_000_00)
    texts = list(Sms.objects.filter(phone=her.phone).order_by("id").values_list("text", flat=True))
    assert texts[0].startswith("Your wallet can hold KSh 20,000. KSh 1,000 above that is yours")
    assert "Balance KSh 20,000." in texts[1]


def test_sending_makes_room_for_what_was_kept() -> None:
    him, her = money.member(9_000_00), money.member(19_500_00, level=Level.PHONE)
    _send(him, her, 1_500_00)

    _send(her, him, 400_00)

    assert (money.balance(her), money.available(her)) == (20_600_00, 20_000_00)


def test_the_same_again_within_ten_minutes_is_noticed(her: Member, him: Member) -> None:
    sent = _send(her, him, 250_00)

    def like(cents: int, at: datetime, to: UUID = him.pk) -> Transfer | None:
        return selectors.recent_like(her.pk, recipient_id=to, amount_cents=cents, at=at)

    minutes = timedelta(minutes=1)
    assert like(250_00, sent.created_at + 10 * minutes - timedelta(microseconds=1)) == sent
    assert like(250_00, sent.created_at + 10 * minutes) is None
    assert like(251_00, sent.created_at + minutes) is None
    assert like(250_00, sent.created_at + minutes, to=money.member().pk) is None


def test_a_statement_says_with_whom(her: Member, him: Member) -> None:
    sent, got = _send(her, him, 250_00), _send(him, her, 50_00)
    causes = [f"transfer:{sent.pk}", f"transfer:{got.pk}", "deposit:1", f"transfer:{new_id()}"]

    assert selectors.statement_words(her.pk, causes) == {
        f"transfer:{sent.pk}": "To Juma O***",
        f"transfer:{got.pk}": "From Juma O***",
    }
    assert selectors.statement_words(money.member().pk, causes) == {}


def test_a_transfer_is_the_sight_of_its_two_sides_only(her: Member, him: Member) -> None:
    sent = _send(her, him, 250_00)

    assert selectors.by_id(sent.pk, member_id=her.pk) == sent
    assert selectors.by_id(sent.pk, member_id=him.pk) == sent
    assert selectors.by_id(sent.pk, member_id=money.member().pk) is None


@pytest.mark.parametrize(
    "statement",
    ["UPDATE payments_transfer SET amount_cents = 1", "DELETE FROM payments_transfer"],
)
def test_a_transfer_is_never_changed(her: Member, him: Member, statement: str) -> None:
    _send(her, him, 250_00)

    with (
        pytest.raises(DatabaseError, match="append_only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)


def test_the_database_knows_no_transfer_to_oneself(her: Member, him: Member) -> None:
    sent = _send(her, him, 250_00)
    values = {
        field.attname: getattr(sent, field.attname)
        for field in Transfer._meta.local_fields
        if field.attname not in ("id", "reference", "key", "recipient_id")
    }

    with pytest.raises(IntegrityError, match="transfer_to_another"), transaction.atomic():
        Transfer.objects.create(**values, recipient_id=her.pk, reference="TR-2", key="2")


def test_how_much_sending_asks_of_the_database(her: Member, him: Member) -> None:
    _send(her, him, 10_00)  # whatever is read once

    with CaptureQueriesContext(connection) as asked:
        _send(her, him, 250_00)

    assert len(asked) == SENDS
    with CaptureQueriesContext(connection) as asked:
        services.quote(her.pk, recipient_text="0722000222", amount_text="250")
    assert len(asked) == QUOTES


SENDS = 30
QUOTES = 11
