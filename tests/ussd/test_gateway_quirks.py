"""What gateways send beside what they document: numbers, nulls, blanks, ends of lines, old hops."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from tests.ussd.test_other_gateways import PHONE, WELCOME, Session, ask
from workers.identity.models import Member

pytestmark = pytest.mark.django_db

Change = Callable[[dict[str, Any]], dict[str, Any]]


def begin(name: str, change: Change) -> str:
    """Return what the phone shows after a begin that was changed on its way."""
    session = Session(name)
    sent: dict[str, Any] = {}

    def changed(gateway: str, fields: dict[str, Any], **how: Any) -> Any:
        sent.update(change(fields))
        return ask(gateway, sent, **how)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tests.ussd.test_other_gateways.ask", changed)
        response = session.send(begins=True)
    assert response.status_code == 200
    # Some answers repeat the number as it came, which the session of the test would refuse.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tests.ussd.test_other_gateways.PHONE", str(sent.get(NUMBER_FIELDS[name])))
        return session.said(response)[0]


NUMBER_FIELDS = {
    "safaricom": "phoneNumber",
    "infobip": "msisdn",
    "hubtel": "Mobile",
    "nalo": "MSISDN",
    "arkesel": "msisdn",
    "beem": "msisdn",
    "cellulant": "MSISDN",
    "airtel": "MSISDN",
}
EVERY = pytest.mark.parametrize("name", sorted(NUMBER_FIELDS))
JSON = pytest.mark.parametrize("name", sorted(set(NUMBER_FIELDS) - {"cellulant", "airtel"}))
ID_FIELDS = {
    "safaricom": "sessionId",
    "hubtel": "SessionId",
    "arkesel": "sessionID",
    "beem": "session_id",
    "cellulant": "sessionID",
    "airtel": "SessionID",
}
TEXT_FIELDS = {
    "safaricom": "text",
    "infobip": "text",
    "hubtel": "Message",
    "nalo": "USERDATA",
    "arkesel": "userData",
    "cellulant": "INPUT",
    "airtel": "input",
}


@EVERY
@pytest.mark.parametrize("number", [f"+{PHONE}", f" {PHONE}", f"{PHONE}\n", "0712345678"])
def test_the_number_is_understood_however_it_is_written(name: str, number: str) -> None:
    assert begin(name, lambda fields: {**fields, NUMBER_FIELDS[name]: number}) == WELCOME


@JSON
def test_a_number_may_come_as_a_number(name: str) -> None:
    assert begin(name, lambda fields: {**fields, NUMBER_FIELDS[name]: int(PHONE)}) == WELCOME


@pytest.mark.parametrize("name", sorted(ID_FIELDS))
@pytest.mark.parametrize("made", ["{}\n", " {}", "{}==", "a/b+{}", "urn:{}"])
def test_ids_of_sessions_come_in_many_forms(name: str, made: str) -> None:
    made = made.format(uuid4().hex)

    def change(fields: dict[str, Any]) -> dict[str, Any]:
        return {**fields, ID_FIELDS[name]: made}

    session = Session(name)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "tests.ussd.test_other_gateways.ask",
            lambda gateway, fields, **how: ask(gateway, change(fields), **how),
        )
        response = session.send(begins=True)
    assert response.status_code == 200
    assert b"Welcome to NannyChain" in response.content


@JSON
def test_a_session_may_have_a_number_for_an_id(name: str) -> None:
    field = ID_FIELDS.get(name)
    if field is None:
        pytest.skip("its id is in the path, or the phone itself")
    session = Session(name, id=int(uuid4()))  # type: ignore[arg-type]
    assert b"Welcome to NannyChain" in session.send(begins=True).content


@pytest.mark.parametrize("name", sorted(set(TEXT_FIELDS) & {"safaricom", "infobip", "hubtel"}))
@pytest.mark.parametrize("how", ["null", "missing"])
def test_a_first_text_may_be_null_or_missing(name: str, how: str) -> None:
    def change(fields: dict[str, Any]) -> dict[str, Any]:
        rest = {key: value for key, value in fields.items() if key != TEXT_FIELDS[name]}
        return rest if how == "missing" else {**rest, TEXT_FIELDS[name]: None}

    assert begin(name, change) == WELCOME


@pytest.mark.parametrize("name", sorted(TEXT_FIELDS))
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_the_end_of_a_line_was_not_typed(name: str, end: str) -> None:
    session = Session(name)
    session.send(begins=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "tests.ussd.test_other_gateways.ask",
            lambda gateway, fields, **how: ask(
                gateway,
                {**fields, TEXT_FIELDS[name]: f"{fields[TEXT_FIELDS[name]]}{end}"},
                **how,
            ),
        )
        assert session.said(session.send("1"))[0].startswith("By joining you say")
        assert session.said(session.send("1"))[0].startswith("Account created")
    assert Member.objects.count() == 1


@pytest.mark.parametrize("name", ["hubtel", "nalo", "arkesel", "infobip"])
def test_what_was_typed_may_come_as_a_number(name: str) -> None:
    session = Session(name)
    session.send(begins=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "tests.ussd.test_other_gateways.ask",
            lambda gateway, fields, **how: ask(
                gateway, {**fields, TEXT_FIELDS[name]: int(fields[TEXT_FIELDS[name]])}, **how
            ),
        )
        assert session.said(session.send("1"))[0].startswith("By joining you say")


@pytest.mark.parametrize(
    ("name", "field", "begun", "going_on"),
    [
        ("nalo", "MSGTYPE", "true", "false"),
        ("nalo", "MSGTYPE", 1, 0),
        ("nalo", "MSGTYPE", "1", "0"),
        ("arkesel", "newSession", "True", "False"),
        ("arkesel", "newSession", 1, 0),
    ],
)
def test_a_flag_may_be_a_word_or_a_digit(
    name: str, field: str, begun: object, going_on: object
) -> None:
    session = Session(name)
    for flag, typed, shown in ((begun, "", "Welcome"), (going_on, "1", "By joining")):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(
                "tests.ussd.test_other_gateways.ask",
                lambda gateway, fields, flag=flag, **how: ask(
                    gateway, {**fields, field: flag}, **how
                ),
            )
            response = session.send(typed, begins=flag is begun)
        assert session.said(response)[0].startswith(shown)


@pytest.mark.parametrize("flag", [None, 2, "maybe", [], {}])
def test_a_flag_that_is_none_is_told_so(flag: object) -> None:
    shown = begin("nalo", lambda fields: {**fields, "MSGTYPE": flag})
    assert shown.startswith("This request can't be understood.")


def test_nameless_fields_mean_nothing() -> None:
    where = (
        f"/ussd/gateways/airtel?=&=&MSISDN={PHONE}&MSC=msc&input=384*2024&SessionID=u{uuid4().hex}"
    )
    assert Client().get(where).content.decode() == WELCOME


def test_a_dial_without_input_begins_on_airtel() -> None:
    assert begin("airtel", lambda fields: {**fields, "input": ""}) == WELCOME


def test_an_input_that_was_overtaken_changes_nothing() -> None:
    session = Session("hubtel")
    session.send(begins=True)
    session.send("2")
    shown = session.said(session.send("0"))
    session.turn = 1  # the first input arrives once more, late
    assert session.said(session.send("2")) == shown
    session.turn = 0  # and the dial
    assert session.said(session.send(begins=True)) == shown
    session.turn = 3
    assert session.said(session.send("1"))[0].startswith("By joining you say")


@pytest.mark.parametrize("turn", ["9" * 5000, "-1", "x", "\N{ARABIC-INDIC DIGIT ONE}", 1.5])
def test_a_number_of_an_input_that_is_none_breaks_nothing(turn: object) -> None:
    session = Session("hubtel")
    session.send(begins=True)
    session.turn = turn  # type: ignore[assignment]
    fields = {"Type": "Response", "Mobile": PHONE, "SessionId": session.id, "Message": "1"}
    shown = ask("hubtel", {**fields, "Sequence": turn})
    assert shown.status_code == 200
    assert b"By joining" in shown.content or b"can't be understood" in shown.content


@pytest.mark.parametrize("kind", ["Release", "Timeout", "release", "TIMEOUT"])
def test_a_release_needs_no_more_than_its_session(kind: str) -> None:
    sent = {"Type": kind, "SessionId": "r1", "Message": None, "Mobile": None}
    assert ask("hubtel", sent).json()["Type"] == "release"


@pytest.mark.parametrize(
    "fields",
    [
        {"opCode": "ABO", "sessionID": "1"},
        {"opCode": "", "ABORT": "1", "sessionID": "1", "MSISDN": PHONE, "INPUT": ""},
        {"opCode": "ABO", "ABORT": "", "sessionID": "1", "INPUT": "User timeout"},
    ],
)
def test_an_abort_is_answered_with_an_end(fields: dict[str, str]) -> None:
    assert ask("cellulant", fields, method="GET").content.decode() == "1||null|null|end|null"


@pytest.mark.parametrize(
    "fields",
    [
        {"clean": "clean-session", "error": "522", "msisdn": PHONE},
        {"clean": "clean-session", "error": "523", "MSISDN": PHONE, "SessionID": "1", "status": ""},
        {"clean": ""},
    ],
)
def test_a_clean_up_is_answered(fields: dict[str, str]) -> None:
    response = ask("airtel", fields, method="GET")
    assert (response.status_code, response.headers["Freeflow"]) == (200, "FB")


@pytest.mark.parametrize("sent", [{}, {"reason": "userTerminated", "exitCode": 600}])
def test_the_end_of_a_session_needs_no_body(sent: dict[str, Any]) -> None:
    found = ask("infobip", sent, path=f"/session/{uuid4().hex}/end", method="PUT").json()
    assert (found["shouldClose"], found["responseExitCode"]) == (True, 200)
    bare = Client().put(f"/ussd/gateways/infobip/session/{uuid4().hex}/end")
    assert bare.status_code == 200


class TestSafaricomQuery:
    """`*167*7#` arrives as DEST 167 and USSD_PARAMS 7; what follows is typed, stars and all."""

    def ask(self, params: str, session_id: str, **changes: str) -> str:
        fields = {"ORIG": PHONE, "DEST": "167", "SESSION_ID": session_id, "USSD_PARAMS": params}
        return ask("safaricom", {**fields, **changes}, method="GET").content.decode()

    @pytest.mark.parametrize("params", ["7*1*b*****", "7*1*****", "7*1*b*c"])
    def test_stars_that_were_typed_are_asked_about_again(self, params: str) -> None:
        session_id = uuid4().hex
        for sent in ("7", "7*1"):
            self.ask(sent, session_id)
        assert self.ask(params, session_id).startswith("CON That is not a Kenyan")
        assert not Member.objects.exists()

    def test_a_start_that_comes_twice_is_answered_twice_the_same(self) -> None:
        session_id = uuid4().hex
        assert self.ask("7", session_id) == self.ask("7", session_id) == f"CON {WELCOME}"

    @pytest.mark.parametrize("params", ["", "7", "7*", "7**", "7*a*b", "2024", "7*1\n"])
    def test_any_start_gets_a_screen(self, params: str) -> None:
        assert self.ask(params, uuid4().hex).startswith("CON ")

    def test_parameters_may_be_missing(self) -> None:
        fields = {"ORIG": PHONE, "DEST": "167", "SESSION_ID": uuid4().hex}
        assert ask("safaricom", fields, method="GET").content.decode() == f"CON {WELCOME}"


class TestAfricasTalking:
    def post(self, **changes: str | None) -> str:
        fields = {
            "phoneNumber": f"+{PHONE}",
            "serviceCode": "*384*2024#",
            "text": "",
            "sessionId": f"ATUid_{uuid4().hex}",
            "networkCode": "63902",
        }
        merged = {key: value for key, value in {**fields, **changes}.items() if value is not None}
        response = Client().post("/ussd", merged)
        assert response.status_code == 200
        return response.content.decode()

    @pytest.mark.parametrize(
        "changes",
        [
            {"networkCode": None},
            {"text": None},
            {"serviceCode": None},
            {"phoneNumber": f"+{PHONE}\n"},
            {"text": "\n"},
            {"networkCode": "99999"},
            {"sessionId": f"  {uuid4().hex} "},
        ],
    )
    def test_a_begin_is_understood(self, changes: dict[str, str | None]) -> None:
        assert self.post(**changes) == f"CON {WELCOME}"

    @pytest.mark.parametrize(
        "text", ["1*", "1**", "1* ", "1*#", "1*+&", "1*caf\N{LATIN SMALL LETTER E WITH ACUTE}"]
    )
    def test_an_input_of_nothing_or_signs_is_asked_again(self, text: str) -> None:
        assert self.post(text=text).startswith("CON That is not a Kenyan mobile number.")

    @pytest.mark.parametrize("number", ["+919812345678", "+254000000001", "+256700000000", "abc"])
    def test_other_countries_are_told(self, number: str) -> None:
        assert "Kenyan" in self.post(phoneNumber=number)
