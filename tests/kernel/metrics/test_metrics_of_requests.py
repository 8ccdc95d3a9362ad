"""Requests are counted by route and never by who or what stands in an address."""

import secrets
from collections.abc import Iterator

import pytest
from django.test import Client

from nannychain.metrics import requests
from nannychain.metrics.exposition import render


@pytest.fixture(autouse=True)
def counts(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Begin at nothing, under a key of this test."""
    requests.hand_over()
    monkeypatch.setattr(requests, "KEY", f"metrics:test:{secrets.token_hex(6)}")
    yield
    requests.hand_over()


def told() -> str:
    return render(requests.families())


@pytest.mark.django_db
def test_what_stands_in_an_address_is_never_told() -> None:
    for path in ("/ussd/k/a-key-of-a-gateway", "/cb/0123456789abcdef0123456789abcdef/deposit"):
        Client().post(path, {"phoneNumber": "+254712345678"})
    Client().get("/api/v1/workers/by-phone/+254712345678")
    Client().get("/nothing/254712345678")
    text = told()
    assert 'route="/ussd/k/<str:key>"' in text
    assert 'route="none"' in text
    for secret in ("a-key-of-a-gateway", "0123456789abcdef", "712345678"):
        assert secret not in text


def test_an_invented_method_makes_no_name_of_its_own() -> None:
    Client().generic("BREW-254712345678", "/health")
    assert 'method="other",status="405",route="/health"' in told()


def test_durations_add_up_from_bucket_to_bucket() -> None:
    for milliseconds in (1, 50, 51, 9_999, 60_000):
        requests.count(method="GET", route="/x", status=200, milliseconds=milliseconds)
    text = told()
    for end, count in (("0.05", 2), ("0.1", 3), ("5.0", 3), ("10.0", 4), ("+Inf", 5)):
        assert f'nannychain_request_seconds_bucket{{route="/x",le="{end}"}} {count}\n' in text
    assert 'nannychain_request_seconds_sum{route="/x"} 70.101\n' in text
    assert 'nannychain_request_seconds_count{route="/x"} 5\n' in text
    assert 'nannychain_requests_total{method="GET",status="200",route="/x"} 5\n' in text


def test_what_redis_did_not_take_is_counted_later(settings: object) -> None:
    reachable = settings.CACHES  # type: ignore[attr-defined]
    requests.count(method="GET", route="/x", status=200, milliseconds=1)
    settings.CACHES = {  # type: ignore[attr-defined]
        "default": {**reachable["default"], "LOCATION": "redis://127.0.0.1:9/0"}
    }
    requests.hand_over()
    settings.CACHES = reachable  # type: ignore[attr-defined]
    assert 'nannychain_requests_total{method="GET",status="200",route="/x"} 1\n' in told()
