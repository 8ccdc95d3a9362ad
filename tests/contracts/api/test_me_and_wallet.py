"""What a member sees and changes of her own, and what others see of her."""

import csv
import io
import json
from typing import Any

import pytest

from config import exports
from nannychain.audit.models import AuditEntry
from tests.factories import books, money
from tests.factories.callers import BY, Caller, json_of, of_kind, signed_in
from tests.factories.members import MemberFactory
from tests.factories.phones import choose_pin, sent_code
from wallets.ledger import holds, posting
from wallets.wallet import selectors as wallets
from workers.identity.models import Member
from workers.identity.standing import services as standing

pytestmark = pytest.mark.django_db


@pytest.fixture
def wanjiku() -> Member:
    member: Member = MemberFactory.create(phone="+254712345678", name="Wanjiku", language="sw")
    return member


class TestMe:
    def test_shows_all_that_is_hers(self, wanjiku: Member) -> None:
        me = json_of(signed_in(wanjiku).get("me"))
        assert me["phone"] == "+254712345678"
        assert (me["name"], me["language"], me["messages"]) == ("Wanjiku", "sw", False)
        assert [consent["purpose"] for consent in me["consents"]] == ["terms"]
        assert me["joined_at"].endswith("Z")

    def test_changes_name_and_language_and_writes_it_down(self, wanjiku: Member) -> None:
        caller = signed_in(wanjiku)
        answer = caller.send("PATCH", "me", {"name": "  Wanjiku   Kamau ", "language": "en"})
        assert json_of(answer)["name"] == "Wanjiku Kamau"
        assert json_of(caller.get("me"))["language"] == "en"
        entry = AuditEntry.objects.get(action="member.profile_changed")
        assert entry.before == {"name": "Wanjiku", "language": "sw"}

    def test_consent_to_messages_is_given_and_withdrawn(self, wanjiku: Member) -> None:
        caller = signed_in(wanjiku)
        for is_given in (True, True, False, False):
            answer = caller.send("PATCH", "me", {"messages": is_given})
            assert json_of(answer)["messages"] is is_given
        (consent,) = (c for c in json_of(caller.get("me"))["consents"] if c["purpose"] != "terms")
        assert consent["withdrawn_at"] is not None
        acts = AuditEntry.objects.filter(action__startswith="member.consent").order_by("pk")
        assert [act.action.split("_")[-1] for act in acts] == ["given", "withdrawn"]

    @pytest.mark.parametrize(
        "body", [{"language": "fr"}, {"name": "x" * 81}, {"name": 5}, {"messages": "yes"}]
    )
    def test_refuses_what_can_not_be(self, wanjiku: Member, body: dict[str, Any]) -> None:
        assert signed_in(wanjiku).send("PATCH", "me", body).status_code == 400
        wanjiku.refresh_from_db()
        assert (wanjiku.name, wanjiku.language) == ("Wanjiku", "sw")

    def test_an_empty_change_changes_nothing(self, wanjiku: Member) -> None:
        caller = signed_in(wanjiku)
        before = AuditEntry.objects.count()
        assert caller.send("PATCH", "me", {}).status_code == 200
        assert AuditEntry.objects.count() == before


class TestTheDashboard:
    def test_counts_what_came_and_stayed(self, wanjiku: Member) -> None:
        caller, account = signed_in(wanjiku), wallets.account_of(wanjiku.pk)
        other = books.wallet(1_000_00)
        money.put_in(wanjiku, 500_00)
        posting.post(books.transfer(other, account, 200_00))
        posting.post(books.transfer(account, other, 100_00))
        undone = posting.post(books.deposit(account, 70_00))
        posting.reverse(undone.journal_id, cause="test")
        found = json_of(caller.get("me/dashboard"))
        assert found["total_received_cents"] == 700_00
        assert found["total_saved_cents"] == 600_00
        assert (found["currency"], found["next_payday"]) == ("KES", None)

    def test_says_what_to_do_next_in_her_language(self, wanjiku: Member) -> None:
        Member.objects.filter(pk=wanjiku.pk).update(name="")
        standing.freeze(wanjiku.pk, reason="test", by=BY)
        things = json_of(signed_in(wanjiku).get("me/dashboard"))["things_to_do"]
        assert [thing["code"] for thing in things] == [
            *("call_us", "prove_phone", "choose_pin", "give_name"),
        ]
        assert "PIN" in things[2]["text"]
        assert "Choose" not in things[2]["text"]

    def test_is_empty_when_all_is_done(self, wanjiku: Member) -> None:
        choose_pin(wanjiku)
        code = sent_code(wanjiku.phone)
        tokens = json_of(Caller().post("auth/token", {"phone": wanjiku.phone, "code": code}))
        assert json_of(Caller(tokens["access"]).get("me/dashboard"))["things_to_do"] == []


class TestTheExport:
    def test_holds_all_and_no_secret(self, wanjiku: Member) -> None:
        choose_pin(wanjiku, "4071")
        code = sent_code(wanjiku.phone)
        money.put_in(wanjiku, 500_00)
        caller = signed_in(wanjiku)
        answer = caller.get("me/export")
        text = b"".join(answer.streaming_content).decode()
        found = json.loads(text)
        assert [*found][1:] == [section.name for section in exports.SECTIONS]
        assert found["member"][0]["phone"] == wanjiku.phone
        assert found["entries"][0]["amount_cents"] == 500_00
        assert found["devices"]
        assert found["acts"]
        assert code not in text
        assert caller.secret not in text
        assert "argon2" not in text

    def test_holds_nothing_of_others(self, wanjiku: Member) -> None:
        other = MemberFactory.create(phone="+254799888777", name="Achieng")
        money.put_in(other, 987_61)
        text = b"".join(signed_in(wanjiku).get("me/export").streaming_content).decode()
        assert not any(word in text for word in ("799888777", "Achieng", other.worker_id, "98761"))


class TestTheWallet:
    def test_says_balance_held_and_available(self, wanjiku: Member) -> None:
        money.put_in(wanjiku, 500_00)
        holds.place(wallets.account_of(wanjiku.pk), amount=120_00, key="h", expires_at=None)
        assert json_of(signed_in(wanjiku).get("wallet")) == {
            "currency": "KES",
            "balance_cents": 500_00,
            "held_cents": 120_00,
            "available_cents": 380_00,
        }

    def test_has_a_statement_with_a_running_balance(self, wanjiku: Member) -> None:
        caller, account = signed_in(wanjiku), wallets.account_of(wanjiku.pk)
        for cents in (100_00, 200_00, 300_00):
            money.put_in(wanjiku, cents)
        posting.post(books.transfer(account, books.wallet(), 50_00))
        first = json_of(caller.get("wallet/statement?size=3"))
        amounts = [(item["amount_cents"], item["balance_cents"]) for item in first["items"]]
        assert amounts == [(-50_00, 550_00), (300_00, 600_00), (200_00, 300_00)]
        rest = json_of(caller.get(f"wallet/statement?size=3&cursor={first['next_cursor']}"))
        assert [item["number"] for item in rest["items"]] == [1]
        assert rest["next_cursor"] is None

    @pytest.mark.parametrize("query", ["cursor=x", "cursor=OTk5OTk5OTk5OTk5OTk5OTk5OTk", "size=0"])
    def test_refuses_pages_that_are_none(self, wanjiku: Member, query: str) -> None:
        assert signed_in(wanjiku).get(f"wallet/statement?{query}").status_code == 400

    def test_comes_as_csv(self, wanjiku: Member) -> None:
        money.put_in(wanjiku, 1_234_50)
        answer = signed_in(wanjiku).get("wallet/statement.csv", Accept="text/csv")
        text = b"".join(answer.streaming_content).decode()
        (row,) = csv.DictReader(io.StringIO(text))
        assert (row["amount"], row["balance"], row["currency"]) == ("1234.50", "1234.50", "KES")


class TestLookingUp:
    def test_by_phone_shows_her_all_and_others_nothing(self, wanjiku: Member) -> None:
        hers = json_of(signed_in(wanjiku).get("workers/by-phone/0712345678"))
        assert hers["name"] == "Wanjiku"
        staff = json_of(of_kind("Support").get("workers/by-phone/+254712345678"))
        assert staff == hers
        other = of_kind("other")
        known, unknown = (
            other.get(f"workers/by-phone/{phone}") for phone in ("0712345678", "0799000001")
        )
        told = [json_of(answer) for answer in (known, unknown)]
        for document in told:
            document.pop("request_id")
        assert known.status_code == unknown.status_code == 404
        assert told[0] == told[1]

    def test_by_worker_id_shows_others_what_is_public(self, wanjiku: Member) -> None:
        spelled = wanjiku.worker_id.lower().replace("-", "")
        assert json_of(signed_in(wanjiku).get(f"workers/{spelled}"))["phone"] == wanjiku.phone
        assert json_of(of_kind("other").get(f"workers/{spelled}")) == {
            "worker_id": wanjiku.worker_id
        }

    @pytest.mark.parametrize(
        ("path", "status"),
        [
            ("workers/NW-00000000", 404),
            ("workers/NW-00000001", 400),
            ("workers/x", 400),
            ("workers/%00", 400),
            ("workers/by-phone/12", 400),
            ("workers/by-phone/%F0%9F%98%80", 400),
        ],
    )
    def test_finds_nobody_politely(self, wanjiku: Member, path: str, status: int) -> None:
        assert signed_in(wanjiku).get(path).status_code == status


@pytest.mark.parametrize(
    ("path", "queries"),
    [
        ("me", 4),
        ("me/dashboard", 7),
        ("wallet", 3),
        ("wallet/statement", 4),
        ("auth/devices", 2),
        ("workers/by-phone/0712345678", 2),
    ],
)
def test_asks_the_database_as_little_as_this_however_much_there_is(
    wanjiku: Member, django_assert_num_queries: Any, path: str, queries: int
) -> None:
    caller = signed_in(wanjiku)
    for _ in range(3):
        signed_in(wanjiku)
        money.put_in(wanjiku, 100_00)
    with django_assert_num_queries(queries):
        assert caller.get(path).status_code == 200
