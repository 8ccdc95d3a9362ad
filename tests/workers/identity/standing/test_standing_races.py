"""Freezing meets sending: whoever is frozen first sends nothing; who sends first is waited for."""

import threading
from uuid import uuid4

import pytest
from django.db import connection, transaction

from nannychain.actors import Actor
from tests.factories.members import MemberFactory
from tests.factories.threads import at_once
from workers.identity.standing import services

pytestmark = pytest.mark.django_db(transaction=True)
BY = Actor(id=uuid4(), name="NW-STAFF")


def test_freezing_waits_for_a_payment_that_is_under_way() -> None:
    member = MemberFactory.create()
    is_frozen = threading.Event()

    def freeze() -> None:
        services.freeze(member.id, reason="x", by=BY)
        is_frozen.set()
        connection.close()

    thread = threading.Thread(target=freeze)
    with transaction.atomic():
        services.ensure_may_send(member.id)
        thread.start()
        assert not is_frozen.wait(0.5)
    assert is_frozen.wait(10)
    thread.join()
    with pytest.raises(services.Frozen):
        services.ensure_may_send(member.id)


def test_many_payments_of_one_member_do_not_wait_for_each_other() -> None:
    member = MemberFactory.create()
    together = threading.Barrier(4, timeout=10)

    def send() -> None:
        with transaction.atomic():
            services.ensure_may_send(member.id)
            together.wait()

    at_once(send, times=4, threads=4)


def test_of_many_who_freeze_at_once_one_does() -> None:
    member = MemberFactory.create()

    at_once(lambda: services.freeze(member.id, reason="x", by=BY), times=8, threads=8)

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM nannychain_auditentry WHERE action = 'member.frozen'")
        assert cursor.fetchone() == (1,)
