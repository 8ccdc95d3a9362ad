"""The last line of defence in the logs."""

import json
import logging

import pytest
import structlog

from nannychain.logs.masking import mask_text, processor

SEED = "SBQWY3DNPFWGSQ2JFYIGMYLSMVZGK3TUEBRW63TUMVXHIIDPNYQHI2DF"
TOKEN = "0123456789abcdef0123456789abcdef"


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
        ("postgresql://user:pass@host/db", "postgresql://***@host/db"),
        ("NW-ABCDEFG7 paid KSh 1,500", "NW-ABCDEFG7 paid KSh 1,500"),
        ("2026-11-20T10:00:00 took 12345678 ns", "2026-11-20T10:00:00 took 12345678 ns"),
    ],
)
def test_what_is_private_is_masked_and_the_rest_stays(text: str, masked: str) -> None:
    assert mask_text(text) == masked


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
