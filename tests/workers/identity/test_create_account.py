"""`create_account`: once for each phone, all or nothing, and without the network."""

import socket
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import DatabaseError, IntegrityError, connection
from django.db.models import Model
from pytest_django import DjangoAssertNumQueries

from nannychain.audit.models import AuditEntry
from nannychain.notifications.models import Sms
from nannychain.phone import InvalidPhone
from nannychain.states.models import StateChange
from tests.factories.members import MemberFactory
from tests.factories.triggers import trigger
from wallets.models import FundingRequest, SealedKey, Wallet
from workers.identity import services, terms, worker_id
from workers.identity.models import Consent, Member
from workers.identity.services import Account, InvalidName, create_account

PHONE = "+254712345678"
SPELLINGS = (
    "+254712345678",
    "254712345678",
    "0712345678",
    "712345678",
    "00254712345678",
    "+254 712 345 678",
    " 0712-345-678 ",
    "(0712) 345 678",
    "0712.345.678",
    "+254 (0) 712 345678",
)
# What one account consists of, in the order in which it is made.
PARTS: tuple[type[Model], ...] = (
    Wallet,
    SealedKey,
    FundingRequest,
    StateChange,
    Member,
    Consent,
    AuditEntry,
    Sms,
)


def rows() -> dict[str, int]:
    """Return how many rows there are of each part."""
    return {part.__name__: part._default_manager.count() for part in PARTS}


NOTHING = dict.fromkeys((part.__name__ for part in PARTS), 0)


def open_at_once(phones: list[str], *, connections: int) -> list[Account]:
    """Open accounts from many threads that start together, each over its own connection."""
    start = threading.Barrier(connections)

    def work(share: list[str]) -> list[Account]:
        start.wait()
        try:
            return [create_account(phone, channel="ussd") for phone in share]
        finally:
            connection.close()

    with ThreadPoolExecutor(connections) as pool:
        shares = [phones[number::connections] for number in range(connections)]
        return [account for accounts in pool.map(work, shares) for account in accounts]


# Once for each phone


@pytest.mark.django_db
def test_an_account_has_all_its_parts() -> None:
    account = create_account(PHONE, name=" Wanjiku  Kamau ", language="sw", channel="ussd")

    member = account.member
    assert account.already_exists is False
    assert member.phone == PHONE
    assert member.name == "Wanjiku Kamau"
    assert member.language == "sw"
    assert worker_id.parse(member.worker_id) == member.worker_id
    assert not member.has_usable_password()
    assert not member.is_staff
    assert member.phone_proved_at is None
    assert member.wallet.party_id == member.id
    assert member.wallet.stellar_public_key.startswith("G")
    assert member.wallet.sealed_key.ciphertext
    (consent,) = member.consents.all()
    assert (consent.purpose, consent.version) == (terms.PURPOSE, terms.VERSION)
    assert (consent.language, consent.channel) == ("sw", "ussd")
    (request,) = member.wallet.funding_requests.all()
    assert (request.network, request.state) == ("TESTNET", "WAITING")
    sms = Sms.objects.get()
    assert sms.phone == PHONE
    assert sms.kind == "welcome"
    entry = AuditEntry.objects.get(action="member.account_created")
    assert (entry.actor_id, entry.actor) == (member.id, member.worker_id)
    assert entry.channel == "ussd"


@pytest.mark.django_db
@pytest.mark.parametrize("spelling", SPELLINGS)
def test_every_usual_spelling_leads_to_the_same_account(spelling: str) -> None:
    first = create_account(PHONE, channel="ussd")
    made = rows()

    again = create_account(spelling, channel="api")

    assert again.already_exists is True
    assert again.member == first.member
    assert rows() == made


@pytest.mark.django_db
@pytest.mark.parametrize("text", ["", "0712", "+255712345678", "020 1234567", "07123456789", "x"])
def test_what_is_no_kenyan_mobile_number_makes_nothing(text: str) -> None:
    with pytest.raises(InvalidPhone):
        create_account(text, channel="ussd")

    assert rows() == NOTHING


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["x" * 81, "Wanji\x00ku", "Wanji\u202eku"])
def test_a_name_that_cannot_be_kept_makes_nothing(name: str) -> None:
    with pytest.raises(InvalidName):
        create_account(PHONE, name=name, channel="ussd")

    assert rows() == NOTHING


@pytest.mark.django_db(transaction=True)
def test_a_thousand_calls_for_one_phone_over_32_connections_make_one_account() -> None:
    phones = [SPELLINGS[number % len(SPELLINGS)] for number in range(1_000)]

    accounts = open_at_once(phones, connections=32)

    assert len(accounts) == 1_000
    assert sum(not account.already_exists for account in accounts) == 1
    assert len({account.member.worker_id for account in accounts}) == 1
    made = rows()
    states = made.pop("StateChange")
    assert made == dict.fromkeys(made, 1)
    assert states == StateChange.objects.values("machine", "subject_id").distinct().count()


@pytest.mark.django_db(transaction=True)
def test_many_phones_at_once_get_an_account_each() -> None:
    phones = [f"+2547110{number:05d}" for number in range(320)]

    accounts = open_at_once(phones, connections=32)

    assert not any(account.already_exists for account in accounts)
    assert {account.member.phone for account in accounts} == set(phones)
    assert len({account.member.worker_id for account in accounts}) == 320
    assert SealedKey.objects.count() == Sms.objects.count() == 320


# All or nothing


@pytest.mark.django_db
@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.__name__)
def test_when_one_part_fails_there_is_nothing(part: type[Model]) -> None:
    with (
        trigger(part, body="RAISE EXCEPTION 'the disk is full'"),
        pytest.raises(DatabaseError, match="the disk is full"),
    ):
        create_account(PHONE, channel="ussd")
    assert rows() == NOTHING

    assert create_account(PHONE, channel="ussd").already_exists is False


@pytest.mark.django_db(transaction=True)
def test_when_the_commit_fails_there_is_nothing() -> None:
    with (
        trigger(Sms, body="RAISE EXCEPTION 'refused at commit'", timing="AT COMMIT"),
        pytest.raises(DatabaseError, match="refused at commit"),
    ):
        create_account(PHONE, channel="ussd")

    assert rows() == NOTHING


@pytest.mark.django_db(transaction=True)
def test_when_the_connection_breaks_in_the_middle_there_is_nothing() -> None:
    with trigger(Consent, body="PERFORM pg_terminate_backend(pg_backend_pid())"):
        with pytest.raises(DatabaseError):
            create_account(PHONE, channel="ussd")
        connection.close()

    assert rows() == NOTHING
    assert create_account(PHONE, channel="ussd").already_exists is False


# Worker IDs that are taken


@pytest.mark.django_db
def test_a_worker_id_that_is_taken_is_drawn_again(monkeypatch: pytest.MonkeyPatch) -> None:
    taken = MemberFactory.create().worker_id
    free = worker_id.new()
    drawn = iter([taken, taken, free])
    monkeypatch.setattr(worker_id, "new", lambda: next(drawn))

    account = create_account(PHONE, channel="ussd")

    assert account.member.worker_id == free
    assert Wallet.objects.count() == Member.objects.count() == 2
    assert SealedKey.objects.count() == 2


@pytest.mark.django_db
def test_drawing_ends_when_no_worker_id_is_free(monkeypatch: pytest.MonkeyPatch) -> None:
    taken = MemberFactory.create().worker_id
    monkeypatch.setattr(worker_id, "new", lambda: taken)

    with pytest.raises(IntegrityError):
        create_account(PHONE, channel="ussd")

    assert Member.objects.count() == Wallet.objects.count() == 1


# What it costs, and what it doesn't touch


@pytest.mark.django_db
def test_a_new_account_takes_a_known_number_of_queries(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    # Two looks for the phone, its lock, and a row for each part and each state that begins; the
    # other two are the savepoint of this test's transaction.
    with django_assert_num_queries(18):
        create_account(PHONE, channel="ussd")


@pytest.mark.django_db
def test_an_account_that_exists_takes_one_query(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    create_account(PHONE, channel="ussd")

    with django_assert_num_queries(1):
        create_account(PHONE, channel="ussd")


@pytest.mark.django_db
def test_no_network_is_touched(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the network was touched")

    for name in ("connect", "connect_ex", "sendto"):
        monkeypatch.setattr(socket.socket, name, refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)

    assert create_account(PHONE, channel="ussd").already_exists is False


# Choices of the caller


@pytest.mark.django_db
def test_without_sms_there_is_no_sms() -> None:
    create_account(PHONE, channel="command", send_sms=False)

    assert not Sms.objects.exists()


@pytest.mark.django_db
def test_an_unknown_language_becomes_english() -> None:
    assert create_account(PHONE, language="fr", channel="ussd").member.language == "en"


@pytest.mark.django_db
def test_a_phone_counts_as_proved_once_its_owner_dials() -> None:
    create_account(PHONE, channel="admin")

    later = create_account(PHONE, channel="ussd", phone_proved=True)

    assert later.already_exists is True
    later.member.refresh_from_db()
    assert later.member.phone_proved_at is not None


@pytest.mark.django_db
def test_the_first_proof_of_a_phone_stays() -> None:
    first = create_account(PHONE, channel="ussd", phone_proved=True).member.phone_proved_at

    again = create_account(PHONE, channel="ussd", phone_proved=True).member.phone_proved_at

    assert again == first


@pytest.mark.django_db
def test_the_staff_member_who_acts_is_named_in_the_audit_trail() -> None:
    officer = MemberFactory.create()

    member = services.create_account(PHONE, channel="admin", by=officer).member

    entry = AuditEntry.objects.get(subject_id=str(member.pk))
    assert (entry.actor_id, entry.actor) == (officer.id, officer.worker_id)
