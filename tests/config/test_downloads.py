"""Lists as CSV: who may take them out, what stands in them, and what it costs."""

import csv
import io
import tracemalloc
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from config.roles import Role
from nannychain.audit.models import AuditEntry
from nannychain.staff import downloads
from payments.deposits.models import Deposit
from payments.reconciliation.breaks import services as breaks
from payments.reconciliation.breaks.kinds import BreakKind
from payments.withdrawals.models import Withdrawal
from tests.config.test_front_page import deposit, paybill, role, withdrawal
from tests.factories import money
from tests.factories.browsers import officer, signed_in
from tests.factories.members import StaffFactory
from wallets.ledger.models import Journal, Posting

pytestmark = pytest.mark.django_db
DEPOSITS = "/admin/payments/deposit/"
LISTS = ("payments/deposit", "payments/withdrawal", "payments/paybillpayment", "payments/break")


def rows(answer: Any) -> list[dict[str, str]]:
    assert answer.status_code == 200
    assert answer.streaming
    return list(csv.DictReader(io.StringIO(b"".join(answer).decode(), newline="")))


def finance() -> Any:
    return role(Role.FINANCE)


class TestWhoMay:
    @pytest.mark.parametrize("name", [*LISTS, "wallets/journal"])
    def test_seeing_a_list_is_not_taking_it_out(self, name: str) -> None:
        model = name.split("/")[1]
        looker = officer(f"view_{model}")
        assert looker.get(f"/admin/{name}/").status_code == 200
        assert looker.get(f"/admin/{name}/download.csv").status_code == 403
        assert "download.csv" not in looker.get(f"/admin/{name}/").content.decode()

    def test_taking_out_what_one_may_not_see_is_refused_too(self) -> None:
        assert officer("download_deposit").get(f"{DEPOSITS}download.csv").status_code == 403

    def test_who_may_is_shown_the_way_with_the_list_as_it_is_narrowed(self) -> None:
        page = finance().get(f"{DEPOSITS}?state=PAID").content.decode()
        assert f'href="{DEPOSITS}download.csv?state=PAID"' in page

    def test_an_old_code_is_asked_for_anew(self) -> None:
        client = finance()
        session = client.session
        session["proved_at"] = 0
        session.save()
        answer = client.get(f"{DEPOSITS}download.csv?state=PAID")
        assert answer.status_code == 302
        assert "/admin/confirm/" in answer.headers["Location"]

    def test_nothing_is_sent_there(self) -> None:
        assert finance().post(f"{DEPOSITS}download.csv").status_code == 405

    def test_each_download_is_written_down_without_what_it_was_narrowed_to(self) -> None:
        member = StaffFactory.create(is_superuser=True)
        rows(signed_in(member).get(f"{DEPOSITS}download.csv?q=0712345678"))
        entry = AuditEntry.objects.get(action="staff.list_downloaded")
        assert entry.actor_id == member.pk
        assert entry.after == {"list": "payments.deposit", "narrowed": ["q"]}
        assert entry.address == "127.0.0.1"


class TestWhatStandsInThem:
    def test_deposits(self) -> None:
        deposit(state="PAID", amount_cents=123_450, wanted_cents=123_450, receipt="TJ12345678")
        found = rows(finance().get(f"{DEPOSITS}download.csv"))[0]
        row = Deposit.objects.get()
        assert found["amount"] == "1234.50"
        assert found["receipt"] == "TJ12345678"
        assert found["member"] == row.member.worker_id
        assert found["state"] == "paid"
        assert row.phone not in found.values()
        assert found["asked for"].endswith("+03:00")

    def test_withdrawals(self) -> None:
        withdrawal(state="SENT", fee_cents=1_250, tax_cents=250)
        found = rows(finance().get("/admin/payments/withdrawal/download.csv"))[0]
        sums = [found[name] for name in ("paid out", "fee", "duty", "in all")]
        assert sums == ["100.00", "12.50", "2.50", "115.00"]

    def test_what_a_payer_typed_is_no_formula(self) -> None:
        paybill(state="SUSPENSE", account="=HYPERLINK(1)", payer_name="+Jane")
        found = rows(finance().get("/admin/payments/paybillpayment/download.csv"))[0]
        assert found["account number"] == "'=HYPERLINK(1)"
        assert found["amount"] == "50.00"

    def test_journals_with_a_line_for_each_leg_that_add_up_to_nothing(self) -> None:
        money.member(70_000)
        found = rows(role(Role.COMPLIANCE).get("/admin/wallets/journal/download.csv"))
        assert len(found) == Posting.objects.count() == 2
        assert {row["journal"] for row in found} == {str(Journal.objects.get().pk)}
        debits = sum(float(row["debit"] or 0) for row in found)
        assert debits == sum(float(row["credit"] or 0) for row in found) == 700

    def test_breaks(self) -> None:
        found_now = breaks.Found(
            kind=BreakKind.FLOAT_DIFFERS,
            subject="float:600990",
            amount_cents=-5_000,
            since=timezone.now(),
        )
        breaks.find(found_now, source="balance")
        found = rows(finance().get("/admin/payments/break/download.csv"))[0]
        assert found["difference"] == "-50.00"
        assert found["subject"] == "float:600990"

    def test_only_what_is_on_the_list_as_it_is_narrowed(self) -> None:
        deposit(2, state="PAID")
        deposit(3, state="EXPIRED")
        assert len(rows(finance().get(f"{DEPOSITS}download.csv?state=PAID"))) == 2
        assert len(rows(finance().get(f"{DEPOSITS}download.csv"))) == 5


class TestWhatItCosts:
    def test_every_row_comes_once_however_many_pages_it_takes(self, monkeypatch: Any) -> None:
        monkeypatch.setattr(downloads, "PAGE", 3)
        withdrawal(10)
        found = rows(finance().get("/admin/payments/withdrawal/download.csv"))
        keys = [str(pk) for pk in Withdrawal.objects.order_by("-pk").values_list("pk", flat=True)]
        assert [row["id"] for row in found] == keys

    def test_each_page_is_one_query_along_the_key(self, monkeypatch: Any) -> None:
        monkeypatch.setattr(downloads, "PAGE", 5)
        withdrawal(12)
        answer = finance().get("/admin/payments/withdrawal/download.csv")
        with CaptureQueriesContext(connection) as made:
            rows(answer)
        assert len(made) == 4
        assert all("LIMIT 5" in query["sql"] for query in made)

    def test_memory_stays_flat(self) -> None:
        def peak(count: int) -> int:
            withdrawal(count)
            answer = finance().get("/admin/payments/withdrawal/download.csv")
            tracemalloc.start()
            for _ in answer:
                pass
            _, most = tracemalloc.get_traced_memory()
            tracemalloc.stop()
            return most

        few = peak(2 * downloads.PAGE)
        assert peak(6 * downloads.PAGE) < 1.5 * few
