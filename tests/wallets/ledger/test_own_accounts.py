"""The command that opens accounts of the company's own."""

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from wallets.ledger.models import Account

pytestmark = pytest.mark.django_db


def test_an_account_of_ours_is_opened_once(capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(2):
        call_command("open_ledger_account", "1140", label="KCB")
    account = Account.objects.get(kind_id=1140)
    assert (account.label, account.owner_id, account.currency_id) == ("KCB", None, "KES")
    said = capsys.readouterr().out.splitlines()
    assert said == [f"1140 Trust bank account KCB: account {account.pk}"] * 2


@pytest.mark.parametrize(
    "wrong",
    [{"kind": 2010}, {"kind": 9999}, {"label": "x" * 61}, {"label": "a\0"}, {"currency": "EUR"}],
)
def test_what_is_wrong_is_told_and_opens_nothing(wrong: dict[str, object]) -> None:
    options = {"kind": 3000, "label": "", "currency": "KES", **wrong}
    kind = options.pop("kind")
    with pytest.raises(CommandError):
        call_command("open_ledger_account", str(kind), **options)
    assert not Account.objects.exists()
