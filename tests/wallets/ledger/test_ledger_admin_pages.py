"""The ledger in the admin: accounts, journals, holds and the chart, to read."""

import uuid

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from nannychain.audit.models import AuditEntry
from tests.factories import books
from tests.factories.browsers import html, officer, signed_in
from tests.factories.members import MemberFactory, StaffFactory
from wallets.ledger import accounts, holds, posting
from wallets.ledger.chart import Kind
from wallets.ledger.manual import services as manual
from wallets.ledger.models import Account, Hold, Journal
from wallets.ledger.recipes import Capture, Draft, credit, debit

pytestmark = pytest.mark.django_db
PAGES = ("account", "journal", "hold", "accountkind", "journalkind", "manualjournal")


def _list(page: str) -> str:
    return f"/admin/wallets/{page}/"


def _page(page: str, key: object) -> str:
    return f"/admin/wallets/{page}/{key}/change/"


@pytest.fixture
def superuser() -> Client:
    return signed_in(StaffFactory.create())


def _capture(wallet: int, hold_id: int) -> int:
    drawn = Draft(
        kind="transfer.sent",
        key=f"test:{hold_id}",
        legs=(debit(wallet, 20_00), credit(books.wallet(), 20_00)),
        effective_at=books.MORNING,
        captures=(Capture(hold_id, 20_00),),
    )
    return posting.post(drawn).journal_id


def test_an_account_shows_what_stands_on_it(superuser: Client) -> None:
    wallet = books.wallet(1234_50)
    holds.place(wallet, amount=34_50, key="withdrawal:7", expires_at=None, cause="withdrawal:7")

    for shown in (
        html(superuser, f"{_list('account')}?q={wallet}"),
        html(superuser, _page("account", wallet)),
    ):
        assert "2010 Worker&#x27;s wallet" in shown
        for amount in ("KES 1,234.50", "KES 34.50", "KES 1,200.00"):
            assert amount in shown
    page = html(superuser, _page("account", wallet))
    assert "withdrawal:7" in page
    assert "balance of" not in page
    assert "grows by credits, locked by each posting" in page


def test_a_hot_account_shows_its_exact_balance_on_its_natural_side(superuser: Client) -> None:
    books.wallet(1000_00)
    posting.roll_up()
    books.wallet(50)
    for address in (f"{_list('account')}?q=600000", _page("account", books.paybill())):
        assert "KES 1,000.50" in html(superuser, address)
    fees = accounts.open_account(Kind.FEE_INCOME)
    assert "grows by credits, rolled up" in html(superuser, _page("account", fees))


def test_accounts_are_found_by_number_label_and_owner(superuser: Client) -> None:
    wallet, paybill = Account.objects.get(pk=books.wallet()), books.paybill()
    for term, found in (
        (str(wallet.pk), wallet.pk),
        (str(wallet.owner_id), wallet.pk),
        ("6000", paybill),
    ):
        page = html(superuser, f"{_list('account')}?q={term}")
        assert f"/account/{found}/change/" in page
        other = paybill if found == wallet.pk else wallet.pk
        assert f"/account/{other}/change/" not in page
    for nothing in (uuid.uuid4(), "zzz", "9" * 30, "²"):
        page = superuser.get(_list("account"), {"q": str(nothing)}).content.decode()
        assert f"/account/{paybill}/change/" not in page
    assert superuser.get(_list("account"), {"q": "\0"}).status_code == 200


def test_accounts_are_narrowed_by_kind_owner_and_whether_they_are_open(superuser: Client) -> None:
    wallet, closed, paybill = books.wallet(), books.wallet(), books.paybill()
    accounts.close_account(closed)
    for narrowed, found in (
        ("kind=2010", {wallet, closed}),
        ("kind=1110", {paybill}),
        ("kind=99999999999", set()),
        ("account=open&kind=2010", {wallet}),
        ("account=closed", {closed}),
        ("owner=ours", {paybill}),
    ):
        page = html(superuser, f"{_list('account')}?{narrowed}")
        shown = {key for key in (wallet, closed, paybill) if f"/account/{key}/change/" in page}
        assert shown == found, narrowed


def test_a_members_account_leads_to_the_wallet(superuser: Client) -> None:
    wallet = MemberFactory.create().wallet
    account = Account.objects.get(owner_id=wallet.party_id)
    assert f'href="{_page("wallet", wallet.pk)}">{wallet}<' in html(
        superuser, _page("account", account.pk)
    )


def test_a_statement_is_paged_from_the_newest_entry_back(superuser: Client) -> None:
    wallet = books.wallet(1000_00)
    other = books.wallet()
    posting.post_batch([books.transfer(wallet, other, 1_00, key=f"t{n}") for n in range(59)])

    first = html(superuser, _page("account", wallet))
    assert first.count("transfer:t") == 50
    assert "KES 941.00" in first
    assert "KES -1.00" in first
    assert "deposit:" not in first
    cursor = first.partition("?before=")[2].partition('"')[0]
    second = html(superuser, f"{_page('account', wallet)}?before={cursor}")
    assert second.count("transfer:t") == 9
    assert "deposit:" in second
    assert "Older entries" not in second
    assert "Newest entries" in second


def test_a_hot_statement_is_paged_too(superuser: Client) -> None:
    for _ in range(52):
        books.wallet(1_00)
    first = html(superuser, _page("account", books.paybill()))
    assert "KES 52.00" in first
    cursor = first.partition("?before=")[2].partition('"')[0]
    second = html(superuser, f"{_page('account', books.paybill())}?before={cursor}")
    assert second.count("deposit:") == 2
    assert "KES 2.00" in second


@pytest.mark.parametrize("cursor", ["x", "1.x", "-1", "9" * 40, "%00", "1.2.3"])
def test_a_cursor_that_no_page_gave_is_told(superuser: Client, cursor: str) -> None:
    wallet = books.wallet(10_00)
    page = html(superuser, f"{_page('account', wallet)}?before={cursor}")
    assert "doesn&#x27;t exist" in page
    assert "KES 10.00" in page


def test_a_statement_is_downloaded_by_those_who_may_and_that_is_noted() -> None:
    wallet = books.wallet(1234_50)
    address = f"/admin/wallets/account/{wallet}/statement.csv"
    for permissions in ((), ("view_account",), ("download_statement",)):
        assert officer(*permissions).get(address).status_code == 403
    assert address not in html(officer("view_account"), _page("account", wallet))
    assert not AuditEntry.objects.filter(action="ledger.statement_downloaded").exists()

    clerk = officer("view_account", "download_statement")
    assert address in html(clerk, _page("account", wallet))
    answer = clerk.get(address)
    lines = b"".join(answer.streaming_content).decode().splitlines()  # type: ignore[attr-defined]
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert f'filename="statement-{wallet}.csv"' in answer["Content-Disposition"]
    assert lines[0].startswith("number,journal,kind")
    assert lines[1].endswith("1234.50,1234.50,KES")
    entry = AuditEntry.objects.get(action="ledger.statement_downloaded")
    assert entry.subject_id == str(wallet)
    nowhere = f"/admin/wallets/account/{'9' * 30}/statement.csv"
    assert clerk.get(nowhere).status_code == 404


def test_a_journal_shows_its_legs_and_what_undid_it(superuser: Client) -> None:
    sender, recipient = books.wallet(500_00), books.wallet()
    sent = posting.post(books.transfer(sender, recipient, 120_00, key="0199")).journal_id
    page = html(superuser, _page("journal", sent))
    for shown in ("transfer:0199", "transfer.sent", "KES 120.00", "KES 380.00"):
        assert shown in page
    assert f'href="/admin/wallets/manualjournal/reverse/{sent}/"' in page

    undone = posting.reverse(sent, cause="a slip").journal_id
    page = html(superuser, _page("journal", sent))
    assert f"reversed by {undone}" in page
    assert "Propose its reversal" not in page
    page = html(superuser, _page("journal", undone))
    assert f"reverses {sent}" in page
    assert "Propose its reversal" not in page


def test_journals_are_found_by_number_and_by_how_the_key_begins(superuser: Client) -> None:
    sender, recipient = books.wallet(500_00), books.wallet()
    one, two = (
        posting.post(books.transfer(sender, recipient, cents, key=f"k{cents}")).journal_id
        for cents in (1_00, 2_00)
    )
    for term, found in (("transfer:k1", one), (str(two), two)):
        page = html(superuser, f"{_list('journal')}?q={term}")
        assert f"/journal/{found}/change/" in page
        assert f"/journal/{one + two - found}/change/" not in page
    page = html(superuser, f"{_list('journal')}?kind=deposit.settled")
    assert "KES 500.00" in page
    assert f"/journal/{one}/change/" not in page
    assert "/change/" not in html(superuser, f"{_list('journal')}?q=nothing")


def test_a_hold_shows_what_journals_have_taken_of_it(superuser: Client) -> None:
    wallet = books.wallet(100_00)
    hold = holds.place(wallet, amount=50_00, key="k", expires_at=None).hold_id
    journal = _capture(wallet, hold)
    page = html(superuser, _page("hold", hold))
    for shown in ("KES 50.00", "KES 30.00", "KES 20.00", f"/journal/{journal}/change/"):
        assert shown in page
    assert f"/hold/{hold}/change/" in html(superuser, _page("journal", journal))


def test_holds_are_narrowed_to_those_that_stand_and_to_an_account(superuser: Client) -> None:
    wallet, other = books.wallet(100_00), books.wallet(100_00)
    standing = holds.place(wallet, amount=1_00, key="a", expires_at=None).hold_id
    ended = holds.place(wallet, amount=1_00, key="b", expires_at=None).hold_id
    holds.release(ended)
    others = holds.place(other, amount=1_00, key="c", expires_at=None).hold_id
    for narrowed, found in (
        ("hold=open", {standing, others}),
        ("hold=ended", {ended}),
        (f"account={wallet}&hold=open", {standing}),
        ("q=b", {ended}),
    ):
        page = html(superuser, f"{_list('hold')}?{narrowed}")
        shown = {key for key in (standing, ended, others) if f"/hold/{key}/change/" in page}
        assert shown == found, narrowed


def test_the_chart_and_the_kinds_of_journal_can_be_read(superuser: Client) -> None:
    page = html(superuser, _list("accountkind"))
    assert "M-Pesa paybill" in page
    assert "customers&#x27;" in page
    page = html(superuser, _list("journalkind"))
    assert "the money has left the wallet" in page
    assert "2010, 2020" in page
    html(superuser, _page("accountkind", 2010))
    html(superuser, _page("journalkind", "transfer.sent"))


def _fill(number: int) -> None:
    wallet, other = books.wallet(100_00), MemberFactory.create().wallet
    account = Account.objects.get(owner_id=other.party_id).pk
    sent = posting.post(books.transfer(wallet, account, 10_00)).journal_id
    if number % 2:
        posting.reverse(sent, cause="a slip")
    else:
        manual.propose_reversal(sent, reason="a slip", by=uuid.uuid4(), name="NW-1")
    legs = (debit(wallet, 1), credit(account, 1))
    manual.propose(legs, effective_at=books.MORNING, reason="found", by=uuid.uuid4(), name="NW-1")
    holds.place(wallet, amount=1_00, key=f"hold {number}", expires_at=None)


@pytest.mark.parametrize("page", PAGES)
def test_a_list_asks_as_much_for_many_as_for_few(superuser: Client, page: str) -> None:
    counts = []
    for numbers in (range(2), range(2, 14)):
        for number in numbers:
            _fill(number)
        with CaptureQueriesContext(connection) as queries:
            html(superuser, _list(page))
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert counts[0] <= 12


def _many_legs(wallet: int, size: int) -> uuid.UUID:
    legs = [debit(wallet, size), *(credit(books.wallet(), 1) for _ in range(size))]
    return manual.propose(
        legs, effective_at=books.MORNING, reason="found", by=uuid.uuid4(), name="NW-1"
    ).pk


@pytest.mark.parametrize("page", ["account", "journal", "hold", "manualjournal"])
def test_a_page_asks_as_much_for_many_lines_as_for_few(superuser: Client, page: str) -> None:
    counts = []
    for size in (2, 12):
        wallet = books.wallet(100_00)
        posting.post_batch([books.transfer(wallet, books.wallet(), 1_00) for _ in range(size)])
        hold = holds.place(wallet, amount=50_00, key=f"hold {size}", expires_at=None).hold_id
        keys = {"account": wallet, "hold": hold, "journal": _capture(wallet, hold)}
        keys["manualjournal"] = _many_legs(wallet, size)
        key = keys[page]
        with CaptureQueriesContext(connection) as queries:
            html(superuser, _page(page, key))
        counts.append(len(queries))
    # Less is asked the second time: Django remembers the types of its models.
    assert counts[1] <= counts[0] <= 22


@pytest.mark.parametrize("page", PAGES)
def test_only_staff_who_may_see_it_do(page: str) -> None:
    assert officer().get(_list(page)).status_code == 403
    assert officer(f"view_{page}").get(_list(page)).status_code == 200


@pytest.mark.parametrize("page", [page for page in PAGES if page != "manualjournal"])
def test_what_functions_alone_write_has_no_form(superuser: Client, page: str) -> None:
    wallet = books.wallet(100_00)
    holds.place(wallet, amount=1_00, key="k", expires_at=None)
    key = {
        "account": wallet,
        "journal": Journal.objects.earliest("id").pk,
        "hold": Hold.objects.earliest("id").pk,
        "accountkind": 2010,
        "journalkind": "transfer.sent",
    }[page]
    assert superuser.post(_page(page, key), {"label": "mine"}).status_code == 403
    for address in (f"{_list(page)}add/", f"/admin/wallets/{page}/{key}/delete/"):
        assert superuser.get(address).status_code == 403
        assert superuser.post(address, {"post": "yes"}).status_code == 403
    action = {"action": "delete_selected", "_selected_action": key, "post": "yes"}
    superuser.post(_list(page), action)
    assert html(superuser, _page(page, key))


def test_fields_that_no_filter_names_are_not_guessed(superuser: Client) -> None:
    books.wallet(100_00)
    for address in ("account/?balance__balance__gte=1", "hold/?account__label=x", "journal/?key=x"):
        answer = superuser.get(f"/admin/wallets/{address}")
        assert answer.status_code in (302, 400), address
