"""Members and wallets in the admin: who may see what, how they are found, what is never shown."""

import base64

import pytest
from django.test import Client

from nannychain import notifications
from tests.factories.browsers import MEMBERS, WALLETS, html, officer, page_of, signed_in
from tests.factories.members import MemberFactory, StaffFactory
from wallets.custody.models import SealedKey
from workers.identity.models import Member
from workers.identity.services import choose_language, create_account

pytestmark = pytest.mark.django_db
PHONE = "+254712345678"


# Who may see


@pytest.mark.parametrize("address", [MEMBERS, MEMBERS + "add/", WALLETS])
def test_strangers_are_sent_to_the_sign_in_page(address: str) -> None:
    answer = Client().get(address)

    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/admin/login/")


@pytest.mark.parametrize("address", [MEMBERS, WALLETS])
def test_members_who_are_not_staff_are_sent_to_the_sign_in_page(address: str) -> None:
    assert signed_in(MemberFactory.create()).get(address).status_code == 302


@pytest.mark.parametrize("address", [MEMBERS, MEMBERS + "add/", WALLETS])
def test_staff_without_the_permission_see_nothing(address: str) -> None:
    assert officer().get(address).status_code == 403


def test_staff_who_may_only_view_see_members_and_can_change_nothing() -> None:
    member = MemberFactory.create(name="Wanjiku Kamau")
    client = officer("view_member")

    assert "Wanjiku Kamau" in html(client, MEMBERS)
    page = html(client, page_of(member))
    assert 'name="_save"' not in page
    assert 'name="is_staff"' not in page
    assert client.get(MEMBERS + "add/").status_code == 403
    assert client.post(page_of(member), {"is_staff": "on"}).status_code == 403
    member.refresh_from_db()
    assert not member.is_staff


def test_sms_and_audit_trail_are_for_those_who_may_see_them() -> None:
    member = create_account(PHONE, channel="ussd").member

    limited = html(officer("view_member"), page_of(member))
    full = html(officer("view_member", "view_sms", "view_auditentry"), page_of(member))

    assert "Audit trail" not in limited
    assert "welcome" not in limited
    assert "member.account_created" in full
    assert "welcome" in full


def test_nobody_can_delete_a_member(superuser: Client) -> None:
    member = MemberFactory.create()

    assert superuser.post(f"{MEMBERS}{member.pk}/delete/", {"post": "yes"}).status_code == 403
    assert Member.objects.filter(pk=member.pk).exists()


@pytest.mark.parametrize("path", ["add/", "{pk}/delete/"])
def test_nobody_can_add_or_delete_a_wallet(superuser: Client, path: str) -> None:
    wallet = MemberFactory.create().wallet

    assert superuser.get(WALLETS + path.format(pk=wallet.pk)).status_code == 403


# What is shown


def test_the_page_of_a_member_shows_all_that_belongs_to_them(superuser: Client) -> None:
    member = create_account(PHONE, name="Wanjiku", language="sw", channel="ussd").member
    choose_language(member.id, language="en", channel="ussd")

    page = html(superuser, page_of(member))

    for shown in (
        member.worker_id,
        "0712345678",
        "Wanjiku",
        "Not yet",  # the phone is not proved
        member.wallet.stellar_public_key,
        f"{WALLETS}{member.wallet_id}/change/",
        "TESTNET: waiting since",
        "(until the phone is proved to be in the person&#x27;s hands)",
        "2026-11",  # the version of the terms
        "welcome",
        f"/admin/nannychain/sms/?phone={PHONE.replace('+', '%2B')}",
        "member.account_created",
        "language: sw → en",
    ):
        assert shown in page


def test_a_page_without_sms_and_with_a_name_of_markup_renders(superuser: Client) -> None:
    member = MemberFactory.create(name="<script>alert(1)</script>")

    page = html(superuser, page_of(member))

    assert "<script>alert(1)</script>" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_the_page_of_a_wallet_shows_address_and_funding(superuser: Client) -> None:
    wallet = MemberFactory.create().wallet

    page = html(superuser, f"{WALLETS}{wallet.pk}/change/")

    assert wallet.stellar_public_key in page
    assert "TESTNET" in page
    assert "waiting" in page


def test_no_page_shows_a_sealed_key_or_a_password(superuser: Client) -> None:
    member = StaffFactory.create()
    key = SealedKey.objects.get(wallet_id=member.wallet_id)
    sealed = bytes(key.ciphertext)
    forms = {sealed.hex(), base64.b64encode(sealed).decode(), repr(sealed)[2:40], key.key_id}

    for address in (
        MEMBERS,
        page_of(member),
        MEMBERS + "add/",
        WALLETS,
        f"{WALLETS}{member.wallet_id}/change/",
    ):
        page = html(superuser, address)
        assert not any(form in page for form in forms)
        assert member.password not in page
        assert 'type="password"' not in page


def test_no_page_shows_a_code(superuser: Client) -> None:
    member = MemberFactory.create(phone=PHONE)
    sms = notifications.queue(phone=PHONE, kind="code", language="en", text="It is 730291.")
    sealed = bytes(sms.sealed_text or b"")

    for address in (
        page_of(member),
        "/admin/nannychain/sms/",
        f"/admin/nannychain/sms/{sms.pk}/change/",
    ):
        page = html(superuser, address)
        assert "730291" not in page
        assert sealed.hex() not in page
        assert base64.b64encode(sealed).decode() not in page
    assert "code hidden" in html(superuser, page_of(member))


def test_the_page_of_a_member_says_so_when_there_is_no_such_member(superuser: Client) -> None:
    address = f"{MEMBERS}01890000-0000-7000-8000-000000000000/change/"

    assert superuser.get(address).status_code == 302  # back to the index, with a message


@pytest.mark.parametrize("key", ["x", "1", "'; --", "%00"])
def test_an_address_with_a_hostile_id_is_answered_calmly(superuser: Client, key: str) -> None:
    assert superuser.get(f"{MEMBERS}{key}/change/").status_code in {302, 400, 404}


def test_the_list_takes_the_same_queries_for_one_member_and_for_many(
    superuser: Client, django_assert_max_num_queries: object
) -> None:
    MemberFactory.create_batch(12)

    with django_assert_max_num_queries(8):  # type: ignore[operator]
        html(superuser, MEMBERS)
    with django_assert_max_num_queries(8):  # type: ignore[operator]
        html(superuser, WALLETS)


# Finding


@pytest.mark.parametrize(
    "term",
    ["+254712345678", "0712345678", "0712 345 678", "254712345678", "wanji", "Wanjiku Kamau "],
)
def test_a_member_is_found_by_phone_and_name(superuser: Client, term: str) -> None:
    found = MemberFactory.create(phone=PHONE, name="Wanjiku Kamau")
    MemberFactory.create(phone="+254722000111", name="Achieng Otieno")

    page = html(superuser, f"{MEMBERS}?q={term.replace('+', '%2B')}")

    assert found.worker_id in page
    assert "Achieng Otieno" not in page


@pytest.mark.parametrize("spelling", ["{id}", "{lower}", "{body}", "{spaced}"])
def test_a_member_is_found_by_worker_id_in_any_spelling(superuser: Client, spelling: str) -> None:
    found = MemberFactory.create(name="Wanjiku Kamau")
    MemberFactory.create(name="Achieng Otieno")
    body = found.worker_id[3:]
    term = spelling.format(
        id=found.worker_id,
        lower=found.worker_id.lower(),
        body=body,
        spaced=f"nw {body[:4]} {body[4:]}",
    )

    page = html(superuser, f"{MEMBERS}?q={term}")

    assert "Wanjiku Kamau" in page
    assert "Achieng Otieno" not in page


@pytest.mark.parametrize("term", ["%25", "'", "\\", "_", "🙂", "0" * 500])
def test_a_search_for_nonsense_finds_nobody(superuser: Client, term: str) -> None:
    MemberFactory.create(name="Wanjiku Kamau")

    assert "Wanjiku Kamau" not in html(superuser, f"{MEMBERS}?q={term}")


def test_a_wallet_is_found_by_how_its_address_begins(superuser: Client) -> None:
    wallet, other = MemberFactory.create().wallet, MemberFactory.create().wallet

    page = html(superuser, f"{WALLETS}?q={wallet.stellar_public_key[:12].lower()}")

    assert wallet.stellar_public_key in page
    assert other.stellar_public_key not in page


def test_a_search_that_no_database_can_hold_is_answered_calmly(superuser: Client) -> None:
    assert superuser.get(f"{MEMBERS}?q=%00").status_code in {200, 302}
