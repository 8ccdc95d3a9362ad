"""`GET /metrics`: for whom it is, and that its figures are those of the rows."""

import json
import re
from datetime import timedelta
from typing import Any

import pytest
import yaml
from django.core.cache import cache
from django.db import DatabaseError
from django.test import Client
from django.utils import timezone

from config.checks import refuse_unsafe
from config.env import SettingsError, load
from config.metrics import FIGURES
from nannychain import alerts, ids
from nannychain.clock import nairobi_date
from nannychain.metrics import Figure, reading, requests
from payments.reconciliation.safeguarding import selectors as safeguarding
from tests.architecture import tree
from tests.config.test_env import PRODUCTION
from tests.factories import floats, money
from ussd.engine.models import ScreenFigure, SessionFigure
from wallets.ledger.checking import services as checking

KEY = "k" * 32
NAME = re.compile(r"nannychain_[a-z_]+")


@pytest.fixture(autouse=True)
def _read_anew() -> None:
    cache.delete(reading.CACHE_KEY)


def figures() -> dict[str, float]:
    answer = Client().get("/metrics")
    assert answer.status_code == 200
    lines = [line for line in answer.content.decode().splitlines() if not line.startswith("#")]
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}


@pytest.mark.django_db
class TestWhoMayAsk:
    def test_who_shows_the_key_may(self, settings: Any) -> None:
        settings.METRICS_KEY = KEY
        answer = Client().get("/metrics", headers={"Authorization": f"Bearer {KEY}"})
        assert answer.status_code == 200
        assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
        assert "no-store" in answer.headers["Cache-Control"]

    @pytest.mark.parametrize("shown", ["", "Bearer ", f"Bearer {KEY}x", KEY, "Bearer ü"])
    def test_who_does_not_show_it_may_not_even_from_here(self, settings: Any, shown: str) -> None:
        settings.METRICS_KEY = KEY
        headers = {"Authorization": shown} if shown else {}
        answer = Client(headers=headers).get("/metrics")
        assert (answer.status_code, answer.content) == (401, b"")

    def test_without_a_key_this_machine_may(self, settings: Any) -> None:
        settings.METRICS_KEY = ""
        assert Client(REMOTE_ADDR="127.0.0.1").get("/metrics").status_code == 200
        assert Client(REMOTE_ADDR="::1").get("/metrics").status_code == 200

    @pytest.mark.parametrize("address", ["10.0.0.7", "41.90.1.1", "", "2001:db8::1"])
    def test_without_a_key_nobody_else_may(self, settings: Any, address: str) -> None:
        settings.METRICS_KEY = ""
        assert Client(REMOTE_ADDR=address).get("/metrics").status_code == 404

    @pytest.mark.parametrize("header", ["X-Forwarded-For", "X-Real-IP", "Forwarded", "Via"])
    def test_whoever_comes_through_a_proxy_is_not_here(self, settings: Any, header: str) -> None:
        settings.METRICS_KEY = ""
        client = Client(REMOTE_ADDR="127.0.0.1", headers={header: "127.0.0.1"})
        assert client.get("/metrics").status_code == 404

    def test_production_has_it_only_with_a_key(self, settings: Any) -> None:
        settings.METRICS_KEY, settings.METRICS_OPEN_HERE = "", False
        assert Client(REMOTE_ADDR="127.0.0.1").get("/metrics").status_code == 404
        production = (tree.ROOT / "config/settings/production.py").read_text()
        assert "\nMETRICS_OPEN_HERE = False\n" in production

    def test_it_only_tells(self, settings: Any) -> None:
        assert Client().post("/metrics").status_code == 405


@pytest.mark.django_db
class TestTheFigures:
    def test_money_is_that_of_the_books(self) -> None:
        before = figures()["nannychain_owed_to_customers_cents"]
        money.member(123_45)
        cache.delete(reading.CACHE_KEY)
        assert figures()["nannychain_owed_to_customers_cents"] == before + 123_45

    def test_what_travels_between_bank_and_mpesa_is_held(self, settings: Any) -> None:
        floats.numbers(settings)
        floats.own_money_in_trust(90_00)
        floats.book("to_mpesa", 60_00)
        told = {name: value for name, value in figures().items() if "_float_cents" in name}
        assert [each for name, each in told.items() if "in_transit" in name] == [60_00]
        assert sum(told.values()) == safeguarding.now().books_cents == 90_00

    def test_alerts_are_told_by_whether_anybody_has_seen_them(self) -> None:
        first = alerts.raise_alert(key="x", title="x")
        alerts.raise_alert(key="y", title="y")
        alerts.acknowledge(alert_id=first, by=ids.new_id(), name="NW-1")
        alerts.raise_alert(key="z", title="z")
        alerts.resolve("z")
        told = figures()
        assert told['nannychain_alerts_open{state="seen"}'] == 1
        assert told['nannychain_alerts_open{state="unseen"}'] == 1

    def test_ussd_is_told_by_screen(self) -> None:
        day = nairobi_date(timezone.now())
        ScreenFigure.objects.create(day=day, screen="send", began=0, shown=9, left=5, wrong=2)
        ScreenFigure.objects.create(day=day - timedelta(days=1), screen="home", shown=70)
        SessionFigure.objects.create(day=day, what="hops", upto=5, sessions=3)
        told = figures()
        assert told['nannychain_ussd_shown_today{screen="send"}'] == 9
        assert told['nannychain_ussd_given_up_today{screen="send"}'] == 4
        assert told['nannychain_ussd_wrong_today{screen="send"}'] == 2
        assert told['nannychain_ussd_lengths_today{what="hops",upto="5"}'] == 3
        assert 'nannychain_ussd_shown_today{screen="home"}' not in told
        assert told["nannychain_ussd_sessions_open"] >= 0

    def test_the_check_of_the_books_has_an_age_once_there_was_one(self) -> None:
        assert "nannychain_books_check_age_seconds" not in figures()
        checking.check_books()
        cache.delete(reading.CACHE_KEY)
        told = figures()
        assert 0 <= told["nannychain_books_check_age_seconds"] < 60
        assert told["nannychain_books_faults"] == 0

    def test_they_are_read_once_in_some_seconds(self) -> None:
        before = figures()
        alerts.raise_alert(key="x", title="x")
        name = 'nannychain_alerts_open{state="unseen"}'
        assert figures()[name] == before[name]

    def test_one_that_cannot_be_read_is_left_out_and_counted(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail() -> list[Any]:
            raise DatabaseError("no such row of +254712345678")

        monkeypatch.setitem(reading._registered, "nc_broken", Figure("nc_broken", "x", fail))
        told = figures()
        assert told["nannychain_figures_missing"] == 1
        assert "nc_broken" not in told
        assert "nannychain_members" in told


def test_an_id_made_since_an_instant_is_told_by_its_order() -> None:
    instant = timezone.now() - timedelta(milliseconds=1)
    assert ids.first_since(instant) <= ids.new_id() < ids.first_since(instant + timedelta(hours=1))


def test_every_name_that_the_dashboard_and_the_rules_use_is_told() -> None:
    folder = tree.ROOT / "docs" / "observability"
    told = {figure.name for figure in FIGURES} | {requests.REQUESTS, "nannychain_figures_missing"}
    told |= {f"{requests.SECONDS}_{end}" for end in ("bucket", "sum", "count")}
    dashboard = json.loads((folder / "dashboard.json").read_text())
    rules = yaml.safe_load((folder / "rules.yml").read_text())
    queries = [
        target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", [])
    ] + [rule["expr"] for group in rules["groups"] for rule in group["rules"]]
    assert len(queries) > 20
    named = {name for query in queries for name in NAME.findall(query)}
    assert named - told == set()
    assert {figure.name for figure in FIGURES} - named == set(), "a figure that nobody looks at"


def test_a_short_key_is_refused_in_production() -> None:
    with pytest.raises(SettingsError, match="METRICS_KEY must be 32 random characters or more"):
        refuse_unsafe(load({**PRODUCTION, "METRICS_KEY": "short"}))
