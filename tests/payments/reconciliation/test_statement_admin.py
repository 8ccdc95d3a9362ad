"""Handing a statement in: in the admin, and by the command."""

from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from nannychain.audit.models import AuditEntry
from payments.deposits import services as deposits
from payments.deposits.models import Deposit
from payments.reconciliation.statements import services
from payments.reconciliation.statements.layout import CONTENT_BYTES_MAX
from payments.reconciliation.statements.models import StatementFile, StatementLine, Suggestion
from payments.reconciliation.statements.states import State
from tests.factories import mpesa
from tests.factories.browsers import html, officer
from tests.factories.safaricom import Safaricom
from tests.factories.statements import Moved, Paper, handed_in, today

pytestmark = pytest.mark.django_db
FILES, LINES = "/admin/payments/statementfile/", "/admin/payments/statementline/"
ADD = f"{FILES}add/"
MAY = ("view_statementfile", "import_statement", "view_statementline")


def sent(client: Client, content: bytes, *, name: str = "day.csv") -> Any:
    """Hand a file in as a browser does."""
    return client.post(ADD, {"file": SimpleUploadedFile(name, content)})


def checked(client: Client) -> Client:
    """Return the same person's browser, in which forms need their token."""
    strict = Client(enforce_csrf_checks=True)
    strict.cookies.update(client.cookies)
    return strict


def test_a_file_is_taken_and_its_page_tells_how_far_it_is() -> None:
    client = officer(*MAY)
    answer = sent(client, Paper(moved=[Moved(5_00), Moved(7_00)]).xlsx(), name="day.xlsx")
    file = StatementFile.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"{FILES}{file.pk}/change/")
    assert (file.state, file.name) == (State.RECEIVED, "day.xlsx")
    waiting = client.get(answer["Location"])
    assert waiting["Refresh"] == "2"
    assert "it waits for a worker" in waiting.content.decode()
    services.work_off(file.pk)
    done = client.get(answer["Location"])
    assert "Refresh" not in done
    assert "Compared: of 2 lines, 2 were new; each has its journal." in done.content.decode()
    again = sent(client, Paper(moved=[Moved(5_00), Moved(7_00)]).csv())
    assert again.status_code == 302


def test_the_same_file_again_leads_to_the_first() -> None:
    client, content = officer(*MAY), Paper(moved=[Moved(5_00)]).csv()
    assert sent(client, content)["Location"] == sent(client, content, name="b.csv")["Location"]
    assert StatementFile.objects.count() == 1


def test_a_refused_file_says_why_and_where() -> None:
    file = handed_in(Paper(moved=[Moved(5_00)]).csv().replace(b"Completed", b""))
    page = html(officer(*MAY), f"{FILES}{file.pk}/change/")
    assert "Refused, row 8: There is no Transaction Status. Nothing of it was kept." in page


def test_who_may_not_hand_in_is_refused_before_the_file_is_read() -> None:
    client = officer("view_statementfile")
    assert client.get(ADD).status_code == 403
    assert sent(client, b"x" * 100_000).status_code == 403
    assert StatementFile.objects.count() == 0


def test_a_form_without_its_token_is_refused() -> None:
    client = checked(officer(*MAY))
    assert sent(client, Paper(moved=[Moved(5_00)]).csv()).status_code == 403
    assert StatementFile.objects.count() == 0
    page = client.get(ADD)
    token = page.content.decode().split('name="csrfmiddlewaretoken" value="')[1].split('"')[0]
    big = Paper(moved=[Moved(number * 100) for number in range(1, 3_000)]).csv()
    assert len(big) > 200_000
    given = {"file": SimpleUploadedFile("day.csv", big), "csrfmiddlewaretoken": token}
    assert client.post(ADD, given).status_code == 302
    assert StatementFile.objects.get().size_bytes == len(big)


def test_a_file_that_is_too_big_is_refused_by_what_is_announced() -> None:
    client = officer(*MAY)
    answer = client.generic(
        "POST", ADD, b"", content_type="multipart/form-data; boundary=x",
        CONTENT_LENGTH=str(CONTENT_BYTES_MAX + 10**6),
    )  # fmt: skip
    assert answer.status_code == 413


def test_no_file_is_said_on_the_form() -> None:
    answer = officer(*MAY).post(ADD, {})
    assert "This field is required" in answer.content.decode()


def test_lines_tell_which_journal_they_are() -> None:
    client = officer(*MAY)
    handed_in(Paper(moved=[Moved(5_00), Moved(-7_00, reason="Business Payment")]))
    found, missing = StatementLine.objects.order_by("id")
    assert "booked from the statement" in html(client, f"{LINES}{found.pk}/change/")
    assert "no journal is known" in html(client, f"{LINES}{missing.pk}/change/")
    assert found.receipt not in html(client, f"{LINES}?open=yes")
    assert missing.receipt in html(client, f"{LINES}?open=yes")


def test_a_person_confirms_whose_receipt_it_is(safaricom: Safaricom) -> None:
    deposit = paid_without_receipt(safaricom)
    shown = f"{deposit.phone[1:6]}****{deposit.phone[-3:]}"
    line = Moved(500_00, account="mangled", party=f"{shown} - JANE DOE", at=timezone.now())
    handed_in(today([line]))
    suggestion = Suggestion.objects.get()
    client = officer(*MAY)
    address = f"{LINES}suggestions/{suggestion.pk}/"
    assert address in html(client, f"{LINES}{suggestion.line_id}/change/")
    assert officer("view_statementline").post(address, {"reason": "x"}).status_code == 403
    assert client.post(address, {"reason": "the phone and the time agree"}).status_code == 302
    deposit.refresh_from_db()
    assert deposit.receipt == line.receipt
    assert client.get(address).status_code == 404
    assert "a person confirmed" in html(client, f"{LINES}{suggestion.line_id}/change/")


def paid_without_receipt(safaricom: Safaricom) -> Deposit:
    """Return a deposit that a status query has told of, which names no receipt."""
    deposit = deposits.request(mpesa.member_with().pk, amount_cents=500_00, channel="ussd")
    mpesa.work()
    deposit.refresh_from_db()
    safaricom.push_results = {str(deposit.checkout_id): ("0", "paid")}
    mpesa.pass_time(minutes=1)
    mpesa.work()
    deposit.refresh_from_db()
    return deposit


def test_the_command_tells_each_step_and_how_it_ended(tmp_path: Path) -> None:
    path, out = tmp_path / "day.csv", StringIO()
    path.write_bytes(Paper(moved=[Moved(5_00)]).csv())
    call_command("import_statement", str(path), stdout=out)
    assert "matching" in out.getvalue()
    assert "Compared: of 1 lines, 1 were new" in out.getvalue()
    entry = AuditEntry.objects.get(action="statement.handed_in")
    assert (entry.channel, entry.actor.endswith("(command)")) == ("command", True)
    again = StringIO()
    call_command("import_statement", str(path), stdout=again)
    assert again.getvalue().startswith("This file was handed in before.")


def test_the_command_fails_with_the_reason(tmp_path: Path) -> None:
    path = tmp_path / "day.csv"
    path.write_bytes(Paper(moved=[Moved(5_00)], shortcode="700000").csv())
    with pytest.raises(CommandError, match="none of ours"):
        call_command("import_statement", str(path), stdout=StringIO())
    with pytest.raises(CommandError, match="No such file"):
        call_command("import_statement", str(tmp_path / "none.csv"))


def test_an_old_file_is_told_by_its_period() -> None:
    file = handed_in(Paper(moved=[Moved(5_00)]))
    page = html(officer(*MAY), FILES)
    assert "20-11-2026 00:00 to 20-11-2026 23:59" in page
    assert file.period_to is not None
    assert timezone.now() - file.period_to > timedelta(hours=1)
