"""A POST that moves money happens once for each Idempotency-Key, whoever races with whom."""

import json
import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client

from nannychain import alerts, clock, locks
from nannychain.alerts.models import Alert
from nannychain.api import idempotent, tasks
from nannychain.idempotency.models import IdempotentAnswer
from tests.factories.members import MemberFactory
from tests.factories.threads import at_once
from tests.kernel.api.test_problems import assert_problem, post
from workers.identity.models import Member

BODY, RARE = {"amount_cents": 500}, "/api/rare"


def as_(member: Member, **headers: str) -> dict[str, str]:
    return {"HTTP_AUTHORIZATION": f"Bearer {member.worker_id}", **headers}


@pytest.mark.django_db
class TestAKey:
    def test_gets_the_first_answer_again_to_the_byte(self) -> None:
        wanjiku = MemberFactory()
        first = post(BODY, **as_(wanjiku))
        again = post('{ "amount_cents":500 }', **as_(wanjiku))
        assert (first.status_code, first.content) == (again.status_code, again.content)
        assert first.status_code == 201
        assert first.headers["Content-Type"] == again.headers["Content-Type"] == "application/json"
        assert first.headers["Location"] == again.headers["Location"] == "/x"
        assert "Idempotent-Replayed" not in first.headers
        assert again.headers["Idempotent-Replayed"] == "true"
        assert Alert.objects.get().count == 1

    def test_refuses_another_body(self) -> None:
        wanjiku = MemberFactory()
        post(BODY, **as_(wanjiku))
        answer = post({"amount_cents": 501}, **as_(wanjiku))
        assert_problem(answer, 422, "idempotency.key_reused")
        assert Alert.objects.get().count == 1

    def test_belongs_to_its_caller(self) -> None:
        """Neither is another's answer shown, nor is it told that the key is known."""
        first = post(BODY, **as_(MemberFactory()))
        other = post({"amount_cents": 7}, **as_(MemberFactory()))
        assert json.loads(first.content)["cents"] == 500
        assert json.loads(other.content)["cents"] == 7

    @pytest.mark.parametrize("key", ["", " ", "a b", "é", "x" * 256])
    def test_must_be_there_and_of_visible_characters(self, key: str) -> None:
        answer = post(BODY, **as_(MemberFactory(), HTTP_IDEMPOTENCY_KEY=key))
        assert_problem(answer, 400, "api.idempotency_key_missing")
        assert Alert.objects.count() == 0

    def test_may_be_long(self) -> None:
        wanjiku = MemberFactory()
        for _ in range(2):
            answer = post(BODY, **as_(wanjiku, HTTP_IDEMPOTENCY_KEY="x" * 255))
            assert answer.status_code == 201

    def test_keeps_what_the_service_refused_and_nothing_that_it_wrote(self) -> None:
        wanjiku = MemberFactory()
        first = post({**BODY, "note": "broke"}, **as_(wanjiku))
        again = post({**BODY, "note": "broke"}, **as_(wanjiku))
        assert first.status_code == again.status_code == 409
        assert first.content == again.content
        assert again.headers["Content-Type"] == "application/problem+json"
        assert Alert.objects.count() == 0

    @pytest.mark.parametrize("note", ["away", "often", "bug"])
    def test_stays_free_after_what_may_pass(self, note: str) -> None:
        wanjiku = MemberFactory()
        assert post({**BODY, "note": note}, **as_(wanjiku)).status_code in (429, 500, 503)
        assert IdempotentAnswer.objects.count() == 0
        assert post(BODY, **as_(wanjiku)).status_code == 201

    def test_stays_free_after_a_field_that_is_wrong(self) -> None:
        wanjiku = MemberFactory()
        assert post({"amount_cents": 0}, **as_(wanjiku)).status_code == 400
        assert post(BODY, **as_(wanjiku)).status_code == 201

    def test_gets_its_answer_again_when_no_new_one_is_taken_any_more(self) -> None:
        wanjiku = MemberFactory()
        sent = [post(BODY, path=RARE, **as_(wanjiku, HTTP_IDEMPOTENCY_KEY=key)) for key in "abc"]
        assert [answer.status_code for answer in sent] == [201, 201, 429]
        for _ in range(3):
            again = post(BODY, path=RARE, **as_(wanjiku, HTTP_IDEMPOTENCY_KEY="a"))
            assert (again.status_code, again.content) == (201, sent[0].content)
        assert Alert.objects.get().count == 2

    def test_that_was_repeated_leaves_room_for_others(self) -> None:
        wanjiku = MemberFactory()
        for key in ("a", "a", "a", "b"):
            answer = post(BODY, path=RARE, **as_(wanjiku, HTTP_IDEMPOTENCY_KEY=key))
            assert answer.status_code == 201

    def test_does_not_lie_in_the_database(self) -> None:
        post(BODY, **as_(MemberFactory(), HTTP_IDEMPOTENCY_KEY="phone-0712345678"))
        stored = IdempotentAnswer.objects.get()
        assert "0712345678" not in f"{stored.scope} {stored.key}"

    def test_is_forgotten_when_its_time_is_over_and_no_other_is(self) -> None:
        post(BODY, **as_(MemberFactory()))
        old = clock.now() - timedelta(days=idempotent.KEPT_DAYS, minutes=1)
        IdempotentAnswer.objects.create(scope="ussd", key="1", fingerprint="", created_at=old)
        tasks.forget_keys()
        assert IdempotentAnswer.objects.count() == 2
        IdempotentAnswer.objects.update(created_at=old)
        tasks.forget_keys()
        assert [answer.scope for answer in IdempotentAnswer.objects.all()] == ["ussd"]


@pytest.mark.django_db(transaction=True)
class TestMany:
    def test_at_once_have_one_effect_and_nobody_waits(self) -> None:
        wanjiku = MemberFactory()
        answers = at_once(lambda: post(BODY, **as_(wanjiku)), times=24)
        assert {answer.status_code for answer in answers} <= {201, 409}
        done = {answer.content for answer in answers if answer.status_code == 201}
        assert len(done) == 1
        assert Alert.objects.get().count == 1

    def test_a_second_is_told_that_the_first_still_runs(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        wanjiku = MemberFactory()
        is_in, may_go_on = threading.Event(), threading.Event()
        raise_alert = alerts.raise_alert

        def slow(**named: Any) -> int:
            is_in.set()
            assert may_go_on.wait(10)
            return raise_alert(**named)

        monkeypatch.setattr("tests.kernel.api.sample_endpoints.alerts.raise_alert", slow)
        answers: list[Any] = []

        def first() -> None:
            answers.append(post(BODY, **as_(wanjiku)))
            connection.close()

        runner = threading.Thread(target=first)
        runner.start()
        assert is_in.wait(10)
        answer = post(BODY, **as_(wanjiku))
        assert_problem(answer, 409, "api.still_running")
        assert answer.headers["Retry-After"]
        may_go_on.set()
        runner.join()
        assert post(BODY, **as_(wanjiku)).content == answers[0].content

    def test_a_crash_before_the_commit_leaves_neither_money_nor_answer(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        wanjiku = MemberFactory()

        def crash(*_: Any) -> None:
            raise SystemExit

        with monkeypatch.context() as patch, pytest.raises(SystemExit):
            patch.setattr(idempotent, "_kept", lambda effect: crash(effect()))
            post(BODY, client=Client(), **as_(wanjiku))
        assert Alert.objects.count() == IdempotentAnswer.objects.count() == 0
        assert post(BODY, **as_(wanjiku)).status_code == 201


@pytest.mark.django_db(transaction=True)
def test_a_lock_that_is_taken_is_told_at_once_and_given_back_with_the_transaction() -> None:
    def try_it() -> bool:
        with transaction.atomic():
            return locks.try_to_take(locks.Lock.API_REQUEST, "a")

    with transaction.atomic():
        assert locks.try_to_take(locks.Lock.API_REQUEST, "a")
        assert at_once(try_it, times=1) == [False]
    assert at_once(try_it, times=1) == [True]
