"""Each gateway by its own fixtures, verbs and paths: understood, and answered in its words."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from django.http import HttpResponse
from django.test import Client

from nannychain.notifications.models import Sms
from ussd.gateways.table import DIALECTS
from workers.identity.models import Member

pytestmark = pytest.mark.django_db

FIXTURES = Path(__file__).parents[1] / "contracts" / "fixtures" / "africastalking"
KEY = "a-gateway-key-of-32-characters-xx"
PHONE, CODE = "254712345678", "*384*2024#"
WELCOME = "Welcome to NannyChain\n1. Create account\n2. Sign in\n3. Exit\n4. Kiswahili"


def fixture(name: str) -> dict[str, Any]:
    return json.loads((FIXTURES / f"{name}.json").read_text())


def ask(
    name: str, fields: Any, *, path: str = "", method: str = "POST", prefix: str = "/ussd"
) -> HttpResponse:
    where = f"{prefix}/gateways/{name}{path}"
    client = Client(raise_request_exception=False)
    if method == "GET":
        return client.get(f"{where}?{urlencode(fields)}")
    body = fields if isinstance(fields, str) else json.dumps(fields)
    return client.generic(method, where, body, content_type="application/json")


@dataclass
class Session:
    """A session through one gateway, in whose words each test's table says how it speaks."""

    gateway: str
    id: str = field(default_factory=lambda: f"s{uuid4().hex}")
    turn: int = 0
    text: str = ""

    def send(self, typed: str = "", *, begins: bool = False) -> HttpResponse:
        self.turn += 1
        if not begins:
            self.text = f"{self.text}*{typed}" if self.text else typed
        return getattr(self, f"_{self.gateway}")(CODE if begins else typed, begins)

    def said(self, response: HttpResponse) -> tuple[str, bool]:
        """Return the text that the phone shows, and whether the session goes on."""
        assert response.status_code == 200
        return getattr(self, f"_read_{self.gateway}")(response)

    def _safaricom(self, typed: str, begins: bool) -> HttpResponse:
        fields = {"sessionId": self.id, "phoneNumber": PHONE, "text": self.text}
        return ask("safaricom", {**fields, "serviceCode": CODE})

    def _read_safaricom(self, response: HttpResponse) -> tuple[str, bool]:
        found = json.loads(response.content)
        return found["message"], {"input": True, "notification": False}[found["responseType"]]

    def _infobip(self, typed: str, begins: bool) -> HttpResponse:
        phase = "start" if begins else "response"
        fields = {"msisdn": PHONE, "shortCode": CODE, "text": typed, "language": None}
        return ask("infobip", fields, path=f"/session/{self.id}/{phase}")

    def _read_infobip(self, response: HttpResponse) -> tuple[str, bool]:
        found = json.loads(response.content)
        assert found["responseExitCode"] == 200
        return found["ussdMenu"], not found["shouldClose"]

    def _hubtel(self, typed: str, begins: bool) -> HttpResponse:
        kind = "Initiation" if begins else "Response"
        fields = {"Type": kind, "Mobile": PHONE, "SessionId": self.id, "ServiceCode": "384"}
        return ask("hubtel", {**fields, "Message": typed, "Sequence": self.turn})

    def _read_hubtel(self, response: HttpResponse) -> tuple[str, bool]:
        found = json.loads(response.content)
        assert found["SessionId"] == self.id
        assert found["DataType"] == ("input" if found["Type"] == "response" else "display")
        return found["Message"], found["Type"] == "response"

    def _nalo(self, typed: str, begins: bool) -> HttpResponse:
        fields = {"USERID": "u", "MSISDN": PHONE, "USERDATA": typed, "MSGTYPE": begins}
        return ask("nalo", {**fields, "SESSIONID": f"unreliable-{self.turn}"})

    def _read_nalo(self, response: HttpResponse) -> tuple[str, bool]:
        found = json.loads(response.content)
        assert (found["USERID"], found["MSISDN"]) == ("u", PHONE)
        return found["MSG"], found["MSGTYPE"]

    def _arkesel(self, typed: str, begins: bool) -> HttpResponse:
        fields = {"sessionID": self.id, "userID": "u", "newSession": begins, "msisdn": PHONE}
        return ask("arkesel", {**fields, "userData": typed, "network": "MTN"})

    def _read_arkesel(self, response: HttpResponse) -> tuple[str, bool]:
        found = json.loads(response.content)
        assert (found["sessionID"], found["msisdn"]) == (self.id, PHONE)
        return found["message"], found["continueSession"]

    def _beem(self, typed: str, begins: bool) -> HttpResponse:
        response: object = int(typed) if typed.isdigit() and typed[0] != "0" else typed
        fields = {"command": "initiate" if begins else "continue", "msisdn": PHONE}
        payload = {"request_id": f"r{self.turn}", "response": response}
        return ask("beem", {**fields, "session_id": self.id, "operator": "v", "payload": payload})

    def _read_beem(self, response: HttpResponse) -> tuple[str, bool]:
        found = json.loads(response.content)
        assert found["payload"]["request_id"] == f"r{self.turn}"
        return found["payload"]["request"], {"continue": True, "terminate": False}[found["command"]]

    def _cellulant(self, typed: str, begins: bool) -> HttpResponse:
        fields = {"MSISDN": PHONE, "INPUT": typed, "opCode": "BEG" if begins else "CON"}
        return ask("cellulant", {**fields, "ABORT": "0", "sessionID": self.id}, method="GET")

    def _read_cellulant(self, response: HttpResponse) -> tuple[str, bool]:
        level, text, _, _, end, _ = response.content.decode().split("|")
        assert level == "1"
        return text, {"null": True, "end": False}[end]

    def _airtel(self, typed: str, begins: bool) -> HttpResponse:
        typed = typed.strip("*#") if begins else typed
        fields = {"MSISDN": PHONE, "MSC": "msc", "input": typed, "SessionID": self.id}
        return ask("airtel", fields, method="GET")

    def _read_airtel(self, response: HttpResponse) -> tuple[str, bool]:
        assert response.headers["charge"] == "N"
        return response.content.decode(), {"FC": True, "FB": False}[response.headers["Freeflow"]]


EVERY = pytest.mark.parametrize("name", sorted(DIALECTS))
SINGLE = pytest.mark.parametrize("name", sorted(set(DIALECTS) - {"safaricom"}))


class TestEach:
    @EVERY
    def test_somebody_joins_through_it(self, name: str) -> None:
        session = Session(name)
        assert session.said(session.send(begins=True)) == (WELCOME, True)
        shown, goes_on = session.said(session.send("1"))
        assert shown.startswith("By joining you say")
        assert goes_on
        assert session.said(session.send("9"))[0].startswith("That is not a Kenyan")
        shown, goes_on = session.said(session.send("1"))
        assert shown.startswith("Account created. Worker ID: NW-")
        assert not goes_on
        assert Member.objects.get().phone == f"+{PHONE}"

    @EVERY
    def test_the_last_input_sent_twice_is_answered_the_same_and_done_once(self, name: str) -> None:
        session = Session(name)
        session.send(begins=True)
        session.send("1")
        first = session.said(session.send("1"))
        session.turn -= 1
        if name == "safaricom":
            session.text = "1"
        again = session.said(session.send("1"))
        assert again == first
        assert Member.objects.count() == Sms.objects.count() == 1

    @SINGLE
    def test_a_place_that_is_lost_starts_again_and_says_so(self, name: str) -> None:
        session = Session(name)
        shown, goes_on = session.said(session.send("1"))
        assert shown == f"We lost your place. Please start again.\n{WELCOME}"
        assert goes_on

    @EVERY
    def test_a_session_takes_sixty_inputs(self, name: str) -> None:
        session = Session(name)
        session.send(begins=True)
        for _ in range(60):
            shown, goes_on = session.said(session.send("7"))
            assert goes_on, shown
        over = ("This session has ended. Please dial again.", False)
        assert session.said(session.send("1")) == over

    @EVERY
    @pytest.mark.parametrize("path", [f"/ussd/k/{KEY}", "/ussd"])
    def test_both_ways_to_show_the_key(self, name: str, path: str, settings: Any) -> None:
        settings.USSD_API_KEY = KEY
        where = f"{path}/gateways/{name}"
        verb = next(iter(DIALECTS[name].routes.values()))[0]
        inner = "/session/s1/start" if name == "infobip" else ""
        bare = Client().generic(verb, f"/ussd/gateways/{name}{inner}")
        assert bare.status_code == 401
        headers = {} if "/k/" in path else {"Authorization": f"Bearer {KEY}"}
        assert Client().generic(verb, where + inner, headers=headers).status_code == 200
        assert Client().generic(verb, f"/ussd/k/wrong/gateways/{name}{inner}").status_code == 401

    @EVERY
    @pytest.mark.parametrize(
        "body",
        ["", "[]", "null", "{", '"x"', "[" * 50_000, '{"a":1,"a":2}', "\x00\xff", '{"msisdn":[1]}'],
    )
    def test_garbage_gets_an_answer_in_its_dialect(self, name: str, body: str) -> None:
        verb = next(iter(DIALECTS[name].routes.values()))[0]
        path = "/session/s1/start" if name == "infobip" else ""
        where = f"/ussd/gateways/{name}{path}"
        response = Client(raise_request_exception=False).generic(
            verb, where, body.encode("latin-1"), content_type="application/json"
        )
        assert response.status_code == 200
        assert "This request can't be understood. Please dial again." in response.content.decode()

    @EVERY
    def test_other_verbs_and_paths_are_refused_in_plain_text(self, name: str) -> None:
        path = "/session/s1/start" if name == "infobip" else ""
        refused = Client().generic("DELETE", f"/ussd/gateways/{name}{path}")
        assert refused.status_code == 405
        assert refused.headers["Allow"]
        for nowhere in (f"/ussd/gateways/{name}/no/such/path", "/ussd/gateways/nobody"):
            missing = Client().post(nowhere)
            assert missing.status_code == 404
            assert missing.headers["Content-Type"].startswith("text/plain")


FOREIGN = "NannyChain works with Kenyan mobile numbers only."


class TestFixtures:
    """What the gateways' own documents and other people's tests recorded."""

    @pytest.mark.parametrize(
        ("name", "recorded", "field"),
        [
            ("hubtel", "hubtel_01_initiation", "Message"),
            ("nalo", "nalo_01_dial", "MSG"),
            ("arkesel", "arkesel_01_new", "message"),
        ],
    )
    def test_a_ghanaian_phone_is_told_that_we_are_kenyan(
        self, name: str, recorded: str, field: str
    ) -> None:
        response = ask(name, fixture(recorded)["json"])
        assert json.loads(response.content)[field] == FOREIGN

    def test_infobip_begins_a_session_by_its_path(self) -> None:
        sent = {**fixture("infobip_01_start")["json"], "msisdn": PHONE}
        response = ask("infobip", sent, path=f"/session/{uuid4().hex}/start")
        assert json.loads(response.content) == {
            "shouldClose": False,
            "ussdMenu": WELCOME,
            "responseExitCode": 200,
            "responseMessage": "",
        }

    def test_infobip_ends_a_session_by_its_path(self) -> None:
        response = ask("infobip", {}, path="/session/s1/end", method="PUT")
        assert json.loads(response.content)["shouldClose"] is True

    def test_safaricom_begins_with_the_suffix_of_the_code(self) -> None:
        query = dict(fixture("safaricom_01")["decoded"], SESSION_ID=uuid4().hex)
        response = ask("safaricom", query, method="GET")
        assert response.content.decode() == f"CON {WELCOME}"

    def test_safaricom_goes_on_after_the_suffix(self) -> None:
        begun = dict(fixture("safaricom_01")["decoded"], SESSION_ID=uuid4().hex)
        ask("safaricom", begun, method="GET")
        for params in ("7*a", "7*a*b"):
            ask("safaricom", {**begun, "USSD_PARAMS": params}, method="GET")
        query = dict(fixture("safaricom_03")["decoded"], SESSION_ID=begun["SESSION_ID"])
        response = ask("safaricom", query, method="GET")
        assert response.content.decode().startswith("CON Wrong choice. Try again.\nWelcome")

    def test_safaricom_knows_our_own_code_by_its_setting(self) -> None:
        query = {"ORIG": PHONE, "DEST": "384", "SESSION_ID": uuid4().hex}
        response = ask("safaricom", {**query, "USSD_PARAMS": "2024*1"}, method="GET")
        assert response.content.decode().startswith("CON By joining")

    def test_cellulant_begins_and_aborts(self) -> None:
        query = dict(fixture("cellulant_01_begin")["decoded"], sessionID=uuid4().hex)
        response = ask("cellulant", query, method="GET")
        assert response.content.decode() == f"1|{WELCOME}|null|null|null|null"
        gone = ask("cellulant", {**query, "opCode": "ABO"}, method="GET")
        assert gone.content.decode() == "1||null|null|end|null"

    def test_airtel_begins_with_what_was_dialled(self) -> None:
        query = dict(fixture("airtel_01_begin")["decoded"], SessionID=uuid4().hex)
        response = ask("airtel", query, method="GET")
        assert response.content.decode() == WELCOME
        gone = {"clean": "clean-session", "error": "523", "msisdn": PHONE}
        assert ask("airtel", gone, method="GET").status_code == 200

    def test_a_star_typed_on_airtel_is_no_new_session(self) -> None:
        session = Session("airtel")
        session.send(begins=True)
        session.send("1")
        assert session.said(session.send("2*1"))[0].startswith("That is not a Kenyan")

    @pytest.mark.parametrize("name", ["hubtel", "beem"])
    def test_what_was_dialled_beyond_the_code_navigates_and_does_nothing(self, name: str) -> None:
        deep = f"{CODE.strip('#')}*1*1#"
        if name == "hubtel":
            fields = {"Type": "Initiation", "Mobile": PHONE, "SessionId": "d1", "Message": deep}
        else:
            fields = {"command": "initiate", "msisdn": PHONE, "session_id": "d1"}
            fields["payload"] = {"request_id": "1", "response": deep}
        response = ask(name, fields)
        assert "By joining you say" in response.content.decode()
        assert not Member.objects.exists()

    @pytest.mark.parametrize("kind", ["Release", "Timeout"])
    def test_a_release_is_answered_and_nothing_is_shown(self, kind: str) -> None:
        fields = {"Type": kind, "Mobile": PHONE, "SessionId": "r1", "Message": ""}
        assert json.loads(ask("hubtel", fields).content)["Type"] == "release"

    def test_a_phone_that_nalo_gives_a_second_session_begins_anew(self) -> None:
        first, second = Session("nalo"), Session("nalo")
        first.send(begins=True)
        first.send("2")
        assert second.said(second.send(begins=True)) == (WELCOME, True)
