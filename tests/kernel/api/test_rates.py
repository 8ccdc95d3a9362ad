"""How often somebody may do something, with Redis and without."""

import time
from collections.abc import Iterator

import pytest
from django.core.cache import cache
from django.test import Client
from django_redis import get_redis_connection
from redis.exceptions import ConnectionError as RedisAway

from nannychain.api import rates
from nannychain.errors import TooOften
from tests.factories.threads import at_once
from tests.kernel.api.test_problems import assert_problem


def take(
    key: str = "0712", *, limit: int = 3, per_seconds: int = 60, strictly: bool = False
) -> bool:
    try:
        rates.take("test", key, limit=limit, per_seconds=per_seconds, strictly=strictly)
    except TooOften:
        return False
    return True


@pytest.fixture
def redis_away(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    def away() -> None:
        raise RedisAway

    monkeypatch.setattr(rates, "_script", away)
    monkeypatch.setattr(rates, "_here", {})
    yield
    rates.breaker.close()


class TestALimit:
    def test_lets_so_many_pass_and_says_when_to_come_back(self) -> None:
        assert [take() for _ in range(5)] == [True, True, True, False, False]
        with pytest.raises(TooOften) as refused:
            rates.take("test", "0712", limit=3, per_seconds=60)
        assert 55 <= refused.value.retry_after_seconds <= 61

    def test_counts_each_key_and_name_by_itself(self) -> None:
        assert [take("a") for _ in range(3)] == [True] * 3
        assert take("b")
        rates.take("other", "a", limit=1, per_seconds=60)

    def test_begins_anew_when_its_window_is_over(self) -> None:
        assert [take(limit=1, per_seconds=1) for _ in range(2)] == [True, False]
        time.sleep(1.1)
        assert take(limit=1, per_seconds=1)

    def test_holds_for_many_at_once(self) -> None:
        assert sum(at_once(lambda: take(limit=10), times=40)) == 10

    def test_keeps_no_phone_number_in_redis(self) -> None:
        take("+254712345678")
        redis = get_redis_connection("default")
        assert cache is not None
        names = [name.decode() for name in redis.scan_iter(f"{rates.PREFIX}:*")]
        assert names
        assert not any("712345678" in name for name in names)


@pytest.mark.usefixtures("redis_away")
class TestWithoutRedis:
    def test_everybody_may_what_is_not_guarded_strictly(self) -> None:
        assert all(take() for _ in range(100))

    def test_what_is_guarded_strictly_goes_on_with_a_quarter(self) -> None:
        assert [take(limit=8, strictly=True) for _ in range(4)] == [True, True, False, False]

    def test_the_count_of_this_process_ends_too(self) -> None:
        assert [take(limit=1, per_seconds=1, strictly=True) for _ in range(2)] == [True, False]
        time.sleep(1.1)
        assert take(limit=1, per_seconds=1, strictly=True)

    def test_it_remembers_no_more_than_it_has_room_for(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(rates, "_HERE_KEYS_MAX", 10)
        for number in range(50):
            take(str(number), strictly=True)
        assert len(rates._here) <= 10


@pytest.mark.django_db
def test_an_endpoint_that_is_tried_too_often_says_so() -> None:
    assert [Client().get("/api/guessed").status_code for _ in range(3)] == [200, 200, 429]
    answer = Client().get("/api/guessed")
    assert_problem(answer, 429, "limits.too_often")
    assert int(answer.headers["Retry-After"]) > 0
    assert Client().get("/api/guessed", REMOTE_ADDR="10.0.0.9").status_code == 200
