"""Those who joined before funding asked for a proved phone are told of by a migration."""

import importlib

import pytest
from django.db import connection

from tests.factories.members import MemberFactory
from wallets.stellar.models import FundingRequest
from workers.identity.models import Member

_MIGRATION = importlib.import_module("workers.migrations.0002_tell_funding_who_is_proved")


@pytest.mark.django_db
def test_funding_learns_whose_phone_was_proved() -> None:
    proved, unproved = MemberFactory.create(phone_proved=True), MemberFactory.create()
    FundingRequest.objects.update(proved_at=None, reason="not taken up yet")

    with connection.cursor() as cursor:
        for statement in (_MIGRATION._TELL, _MIGRATION._SAY_WHY):
            cursor.execute(statement)

    told = {request.wallet_id: request for request in FundingRequest.objects.all()}
    assert told[proved.wallet_id].proved_at == Member.objects.get(pk=proved.pk).phone_proved_at
    assert told[proved.wallet_id].reason == ""
    assert told[unproved.wallet_id].proved_at is None
    assert "until the phone is proved" in told[unproved.wallet_id].reason
