"""Staff issue, rotate and revoke keys; the key itself is on one answer and nowhere else."""

import html
import re
from uuid import uuid4

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session as BrowserSession
from django.test import Client

from tests.factories.browsers import signed_in
from tests.factories.members import StaffFactory
from workers.identity.api_keys import services
from workers.identity.api_keys.models import ApiKey

pytestmark = pytest.mark.django_db
ADD = "/admin/workers/apikey/add/"
FORM = {"name": "Acme", "scopes": ["members:register"], "addresses": "192.0.2.0/24\n\n 10.0.0.1 "}


@pytest.fixture
def browser() -> Client:
    return signed_in(StaffFactory.create())


def secret_on(page: str) -> str:
    found = re.search(r'<code id="api-key">([^<]+)</code>', page)
    assert found
    return html.unescape(found[1])


def issued(browser: Client) -> tuple[ApiKey, str]:
    answer = browser.post(ADD, FORM)
    assert answer.status_code == 200
    return ApiKey.objects.get(), secret_on(answer.content.decode())


def test_a_key_is_issued_and_shown_and_it_works(browser: Client) -> None:
    key, secret = issued(browser)

    assert services.authenticate(secret, address="192.0.2.9") == key
    assert (key.name, key.scopes, key.addresses) == (
        "Acme",
        ["members:register"],
        ["192.0.2.0/24", "10.0.0.1/32"],
    )


def test_it_is_on_no_other_page_and_in_nothing_that_is_kept(browser: Client) -> None:
    key, secret = issued(browser)

    pages = ["/admin/workers/apikey/", f"/admin/workers/apikey/{key.pk}/change/", "/admin/"]
    assert not any(secret in browser.get(page).content.decode() for page in pages)
    kept = [*BrowserSession.objects.values_list("session_data"), *LogEntry.objects.values_list()]
    assert secret not in str(kept)
    assert secret not in str(browser.cookies)


def test_no_cache_keeps_the_page_with_the_key(browser: Client) -> None:
    assert "no-store" in browser.post(ADD, FORM).headers["Cache-Control"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"name": ""}, "This field is required"),
        ({"scopes": []}, "This field is required"),
        ({"scopes": ["members:rob"]}, "is not one of the available choices"),
        ({"addresses": "here"}, "That is no network"),
    ],
)
def test_what_is_wrong_is_said_on_the_form(
    browser: Client, change: dict[str, object], said: str
) -> None:
    answer = browser.post(ADD, {**FORM, **change})

    assert said in html.unescape(answer.content.decode())
    assert not ApiKey.objects.exists()


def test_rotated_a_new_one_is_shown_and_the_old_one_ends_soon(browser: Client) -> None:
    key, old = issued(browser)

    page = browser.post(f"/admin/workers/apikey/{key.pk}/rotate/", {"reason": "yearly"})

    new = secret_on(page.content.decode())
    assert new != old
    assert services.authenticate(new, address="192.0.2.9")
    assert "ends soon" in browser.get("/admin/workers/apikey/").content.decode()


def test_a_key_that_is_over_is_not_rotated(browser: Client) -> None:
    key, _ = issued(browser)
    browser.post(f"/admin/workers/apikey/{key.pk}/rotate/", {"reason": "yearly"})

    page = browser.post(f"/admin/workers/apikey/{key.pk}/rotate/", {"reason": "again"})

    assert "rotated or revoked before" in page.content.decode()
    assert ApiKey.objects.count() == 2


def test_revoked_it_is_nobodys_and_its_page_says_why(browser: Client) -> None:
    key, secret = issued(browser)

    answer = browser.post(f"/admin/workers/apikey/{key.pk}/revoke/", {"reason": "leaked"})

    assert answer.status_code == 302
    assert services.authenticate(secret, address="192.0.2.9") is None
    page = browser.get(f"/admin/workers/apikey/{key.pk}/change/").content.decode()
    assert "leaked" in page
    assert "Revoke…" not in page


def test_the_page_of_a_live_key_leads_to_both_acts(browser: Client) -> None:
    key, _ = issued(browser)

    page = browser.get(f"/admin/workers/apikey/{key.pk}/change/").content.decode()

    for act in ("rotate", "revoke"):
        address = f"/admin/workers/apikey/{key.pk}/{act}/"
        assert address in page
        assert browser.get(address).status_code == 200


def test_what_is_not_there_is_not_found(browser: Client) -> None:
    for act in ("rotate", "revoke"):
        answer = browser.post(f"/admin/workers/apikey/{uuid4()}/{act}/", {"reason": "x"})
        assert answer.status_code == 404
