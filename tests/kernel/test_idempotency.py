"""One effect for one key, whatever happens around it."""

import threading

import pytest

from nannychain import alerts, idempotency
from nannychain.alerts.models import Alert
from tests.factories.threads import at_once


def effect() -> dict[str, int]:
    return {"alert": alerts.raise_alert(key="effect", title="it happened")}


def once(key: str = "k", fingerprint: str = "f") -> tuple[object, bool]:
    return idempotency.once(scope="test", key=key, fingerprint=fingerprint, effect=effect)


@pytest.mark.django_db(transaction=True)
class TestOnce:
    def test_the_second_call_gets_the_first_answer(self) -> None:
        first, was_known = once()
        assert was_known is False
        assert once() == (first, True)
        assert Alert.objects.get().count == 1

    def test_the_same_key_with_other_content_is_refused(self) -> None:
        once()
        with pytest.raises(idempotency.KeyReused):
            once(fingerprint="other")
        assert Alert.objects.get().count == 1

    def test_an_effect_that_fails_leaves_the_key_free(self) -> None:
        def fail() -> None:
            effect()
            raise RuntimeError

        with pytest.raises(RuntimeError):
            idempotency.once(scope="test", key="k", fingerprint="f", effect=fail)
        assert not Alert.objects.exists()
        assert once()[1] is False

    def test_of_sixteen_callers_at_once_one_has_the_effect(self) -> None:
        barrier = threading.Barrier(16)

        def call() -> tuple[object, bool]:
            barrier.wait()
            return once()

        outcomes = at_once(call, times=16, threads=16)
        assert sum(not was_known for _, was_known in outcomes) == 1
        assert len({str(answer) for answer, _ in outcomes}) == 1
        assert Alert.objects.get().count == 1
