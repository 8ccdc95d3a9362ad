"""The last line of defence in the logs."""

import json
import logging
from urllib.parse import quote

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from nannychain.logs.masking import mask_text, processor

SEED = "SBQWY3DNPFWGSQ2JFYIGMYLSMVZGK3TUEBRW63TUMVXHIIDPNYQHI2DF"
TOKEN = "0123456789abcdef0123456789abcdef"


@st.composite
def spellings(draw: st.DrawFn) -> str:
    """Draw a Kenyan number as people may write it: any prefix, any gaps, any brackets."""
    digits = draw(st.from_regex(r"[17][0-9]{8}", fullmatch=True).filter(str.isascii))
    gaps = draw(st.lists(st.sampled_from(["", " ", "-", ".", "\t"]), min_size=9, max_size=9))
    prefix = draw(st.sampled_from(["", "0", "254", "+254", "+254 (0)", "(0)", "00254", "(+254)"]))
    return prefix + "".join(gap + digit for gap, digit in zip(gaps, digits, strict=True))


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("call +254712345678 now", "call +254***678 now"),
        ("call 0712345678 now", "call 0***678 now"),
        ("254112345678", "254***678"),
        ("0712 345 678 and +254 712-345-678", "0***678 and +254***678"),
        (f"seed {SEED}.", "seed ***."),
        (f"token {TOKEN}", "token ***"),
        ("Bearer nca_aB3-_x9 came", "Bearer *** came"),
        ("nck_x, ncp_y and ncr_z", "***, *** and ***"),
        ("/ussd/k/secret", "/ussd/k/***"),
        ("/ussd/k/secret/events", "/ussd/k/***/events"),
        ("/sms/reports/secret?x=1", "/sms/reports/***?x=1"),
        ("/cb/abc/payout/result", "/cb/***/payout/result"),
        ("/api/v1/workers/by-phone/712345678", "/api/v1/workers/by-phone/***"),
        ("/api/v1/ussd/queue/712345678", "/api/v1/ussd/queue/***"),
        ("/api/v1/workers/by-phone/0712 345 678", "/api/v1/workers/by-phone/***"),
        ("/api/v1/workers/by-phone/+254 712 345 678", "/api/v1/workers/by-phone/***"),
        ("/api/v1/workers/by-phone/%2B254%20712%20345678?x=1", "/api/v1/workers/by-phone/***?x=1"),
        ("/api/v1/workers/by-phone//(0712) 345678", "/api/v1/workers/by-phone//***"),
        ("/api/v1/ussd/queue/0712 345 678/x", "/api/v1/ussd/queue/***/x"),
        ("/api/v1/workers/712345678", "/api/v1/workers/***"),
        ("/api/v1/workers/(0712) 345678", "/api/v1/workers/***"),
        ("/api/v1/workers/NW-7K2Q9X4M", "/api/v1/workers/NW-7K2Q9X4M"),
        ("/api/v1/workers/nw-7k2q9x4m", "/api/v1/workers/nw-7k2q9x4m"),
        ("/api/v1/workers/register", "/api/v1/workers/register"),
        ("/admin/workers/member/712", "/admin/workers/member/712"),
        ("to=0712%20345%20678", "to=0***678"),
        ("postgresql://user:pass@host/db", "postgresql://***@host/db"),
        ("NW-ABCDEFG7 paid KSh 1,500", "NW-ABCDEFG7 paid KSh 1,500"),
        ("2026-11-20T10:00:00 took 12345678 ns", "2026-11-20T10:00:00 took 12345678 ns"),
    ],
)
def test_what_is_private_is_masked_and_the_rest_stays(text: str, masked: str) -> None:
    assert mask_text(text) == masked


@given(
    phone=spellings(),
    path=st.sampled_from(
        ["/api/v1/workers/by-phone/", "/api/v1/workers/", "/api/v1/ussd/queue/"],
    ),
    is_quoted=st.booleans(),
)
def test_no_spelling_of_a_phone_is_left_in_a_path(phone: str, path: str, is_quoted: bool) -> None:
    assert mask_text(path + (quote(phone) if is_quoted else phone)) == f"{path}***"


@pytest.mark.parametrize(
    "name",
    ["pin", "code", "password", "secret", "seed", "token", "access", "refresh", "text"],
)
def test_a_secret_field_shows_nothing(name: str) -> None:
    assert processor(None, "info", {name: "1234", "event": "x"}) == {name: "***", "event": "x"}


def test_what_lies_deep_is_masked_too() -> None:
    event = {"details": {"to": "+254712345678", "pin": "1234"}, "many": ["0712345678", {"n": 1}]}
    assert processor(None, "info", event) == {
        "details": {"to": "+254***678", "pin": "***"},
        "many": ["0***678", {"n": 1}],
    }


def test_a_line_is_json_with_secrets_masked_in_messages_arguments_and_tracebacks(
    capsys: pytest.CaptureFixture[str],
) -> None:
    handler = logging.StreamHandler()
    handler.setFormatter(logging.getLogger().handlers[0].formatter)
    logger = logging.getLogger("test.masking")
    logger.addHandler(handler)
    logger.propagate = False
    try:
        raise ValueError(f"bad seed {SEED} of +254712345678")
    except ValueError:
        structlog.get_logger("test.masking").exception("failed", url=f"/cb/{TOKEN}/deposit")
        logger.warning("plain %s", "+254712345678")
    finally:
        logger.removeHandler(handler)
    written = capsys.readouterr().err
    assert SEED not in written
    assert TOKEN not in written
    assert "345678" not in written
    lines = [json.loads(line) for line in written.splitlines()]
    assert [line["event"] for line in lines] == ["failed", "plain +254***678"]
    assert "ValueError: bad seed ***" in lines[0]["exception"]
