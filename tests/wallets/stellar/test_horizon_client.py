"""Horizon, as its client hears it: answers in full, half, late, false and not at all."""

import socket
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.wallets.stellar.told_answers import (
    ACCOUNT,
    ADDRESS,
    BAD_SEQ,
    FEE_STATS,
    HASH,
    ISSUER,
    NO_DESTINATION,
    NOT_FOUND,
    OTHER,
    ROOT,
    SUCCEEDED,
    TRANSACTION,
    ToldServer,
    problem,
)
from wallets.stellar.client.answers import (
    AccountState,
    FeeStats,
    HorizonUnavailable,
    Landed,
    Missing,
    Network,
    Outcome,
    Submitted,
    UsedPage,
)
from wallets.stellar.client.horizon import Horizon
from wallets.stellar.client.results import Result

READS: tuple[Callable[[Horizon], object], ...] = (
    lambda horizon: horizon.network(),
    lambda horizon: horizon.fee_stats(),
    lambda horizon: horizon.account(ADDRESS),
    lambda horizon: horizon.transaction(HASH),
    lambda horizon: horizon.payments(cursor="1"),
    lambda horizon: horizon.transactions_of(ADDRESS),
)
NAMES = ("network", "fee_stats", "account", "transaction", "payments", "transactions_of")


@pytest.fixture(scope="module")
def server() -> Iterator[ToldServer]:
    """A server that answers as it is told."""
    with ToldServer() as running:
        yield running


@pytest.fixture(scope="module")
def horizon(server: ToldServer) -> Horizon:
    """A client of that server."""
    return Horizon(server.url + "/", read_seconds=2)


@pytest.fixture
def nobody() -> Horizon:
    """A client of a port where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    return Horizon(f"http://127.0.0.1:{port}")


def test_the_network_tells_its_name_and_ledgers(server: ToldServer, horizon: Horizon) -> None:
    server.tell(ROOT)
    assert horizon.network() == Network(
        passphrase="Test SDF Network ; September 2015",
        ledger=58_000_001,
        closed_at=datetime(2026, 11, 20, 9, 58, 3, tzinfo=UTC),
        protocol=23,
        core_ledger=58_000_002,
    )
    assert server.asked[-1] == "GET /"


def test_fees_are_those_that_were_charged(server: ToldServer, horizon: Horizon) -> None:
    server.tell(FEE_STATS)
    assert horizon.fee_stats() == FeeStats(
        last_ledger=58_000_001,
        base_fee=100,
        capacity_usage=0.97,
        p50=104,
        p70=201,
        p90=5005,
        p95=10_001,
        p99=29_999,
        max=300_000,
    )


@pytest.mark.parametrize("usage", ["nan", "inf", "-1", "1e9", " 1", "", 0.97, None])
def test_a_capacity_that_is_no_share_is_not_believed(
    server: ToldServer, horizon: Horizon, usage: object
) -> None:
    server.tell(FEE_STATS | {"ledger_capacity_usage": usage})
    with pytest.raises(HorizonUnavailable):
        horizon.fee_stats()


def test_an_account_is_read_to_the_last_stroop(server: ToldServer, horizon: Horizon) -> None:
    server.tell(ACCOUNT, headers={"Latest-Ledger": "58000001"})
    assert horizon.account(ADDRESS) == AccountState(
        address=ADDRESS,
        sequence=249_108_103_929_856_011,
        balance_stroops=90_071_992_547_409_931,  # a float would have lost the last digit
        subentries=3,
        num_sponsoring=4,
        num_sponsored=3,
        trustlines=((f"KESX:{ISSUER}", 123_400_001), (f"pool:{HASH}", 5)),
        sponsor=OTHER,
        ledger=58_000_001,
    )
    assert server.asked[-1] == f"GET /accounts/{ADDRESS}"


def test_an_account_without_a_sponsor_or_a_ledger_says_so(
    server: ToldServer, horizon: Horizon
) -> None:
    server.tell({name: value for name, value in ACCOUNT.items() if name != "sponsor"})
    account = horizon.account(ADDRESS)
    assert account is not None
    assert (account.sponsor, account.ledger) == ("", None)


def test_the_account_of_another_is_no_answer(server: ToldServer, horizon: Horizon) -> None:
    server.tell(ACCOUNT)
    with pytest.raises(HorizonUnavailable):
        horizon.account(OTHER)


def test_an_account_that_is_not_there_is_none(server: ToldServer, horizon: Horizon) -> None:
    server.tell(NOT_FOUND, status=404, headers={"Latest-Ledger": "58000001"})
    assert horizon.account(ADDRESS) is None
    assert horizon.look(ADDRESS) == Missing(seen_ledger=58_000_001)


def test_the_history_of_an_account_tells_which_sequences_were_used_by_what(
    server: ToldServer, horizon: Horizon
) -> None:
    inner, outer = "ab" * 32, "cd" * 32
    bumped = {
        "hash": outer,
        "inner_transaction": {"hash": inner, "signatures": [], "max_fee": "100"},
        "fee_bump_transaction": {"hash": outer, "signatures": []},
        "source_account_sequence": "249108103929856011",
        "paging_token": "12",
    }
    server.tell({"_embedded": {"records": [TRANSACTION, TRANSACTION | bumped]}})

    page = horizon.transactions_of(ADDRESS, cursor="17")

    plain, other = page.records
    assert (plain.hash, plain.inner_hash, plain.ledger) == (HASH, "", 58_000_000)
    assert (other.hash, other.inner_hash) == (outer, inner)
    assert other.sequence == 249_108_103_929_856_011
    assert page.next_cursor == "12"
    asked = "limit=200&order=desc&include_failed=true&cursor=17"
    assert server.asked[-1] == f"GET /accounts/{ADDRESS}/transactions?{asked}"


def test_an_account_without_history_has_used_nothing(server: ToldServer, horizon: Horizon) -> None:
    server.tell({"_embedded": {"records": []}})
    assert horizon.transactions_of(ADDRESS) == UsedPage(records=(), next_cursor="")


@pytest.mark.parametrize("body", [b"", b"<h1>404</h1>", {"error": "no route"}, ["not_found"]])
def test_a_404_that_is_not_horizons_proves_nothing(
    server: ToldServer, horizon: Horizon, body: object
) -> None:
    server.tell(body, status=404, headers={"Latest-Ledger": "58000001"})
    for read in READS:
        with pytest.raises(HorizonUnavailable):
            read(horizon)


def test_a_transaction_that_landed_tells_what_became_of_it(
    server: ToldServer, horizon: Horizon
) -> None:
    server.tell(TRANSACTION)
    assert horizon.transaction(HASH) == Landed(
        hash=HASH,
        successful=False,
        ledger=58_000_000,
        fee_charged=100,
        result=Result("tx_failed", ("op_no_destination",), 100),
        closed_at=datetime(2026, 11, 20, 9, 57, 58, tzinfo=UTC),
    )
    assert server.asked[-1] == f"GET /transactions/{HASH}"


def test_a_transaction_is_found_by_the_hash_within_a_fee_bump(
    server: ToldServer, horizon: Horizon
) -> None:
    outer = "ab" * 32
    bumped = {
        "hash": outer,
        "successful": True,
        "result_xdr": SUCCEEDED,
        "inner_transaction": {"hash": HASH, "signatures": [], "max_fee": "100"},
        "fee_bump_transaction": {"hash": outer, "signatures": []},
    }
    server.tell(TRANSACTION | bumped)
    for asked in (HASH, outer):
        found = horizon.transaction(asked)
        assert isinstance(found, Landed)
        assert (found.hash, found.successful) == (asked, True)


@pytest.mark.parametrize(
    "change",
    [
        {"hash": "cd" * 32},  # another transaction
        {"successful": True},  # against its own result
        {"successful": "false"},
        {"result_xdr": SUCCEEDED},
        {"result_xdr": "AAAA"},
        {"ledger": "58 000 000"},
        {"fee_charged": "-100"},
        {"created_at": "yesterday"},
        {"inner_transaction": "none"},
    ],
)
def test_a_transaction_that_contradicts_itself_is_no_answer(
    server: ToldServer, horizon: Horizon, change: dict[str, Any]
) -> None:
    server.tell(TRANSACTION | change)
    with pytest.raises(HorizonUnavailable):
        horizon.transaction(HASH)


@pytest.mark.parametrize(
    ("header", "seen"),
    [
        ("58000001", 58_000_001),
        ("9" * 5000, None),
        (None, None),
        ("", None),
        ("-1", None),
        ("1e9", None),
        ("٣", None),
    ],
)
def test_a_missing_hash_is_missing_as_of_the_ledger_of_that_very_answer(
    server: ToldServer, horizon: Horizon, header: str | None, seen: int | None
) -> None:
    server.tell(ROOT, headers={"Latest-Ledger": "99999999"})
    horizon.network()
    told = {} if header is None else {"Latest-Ledger": header.encode().decode("latin-1")}
    server.tell(NOT_FOUND, status=404, headers=told)
    assert horizon.transaction(HASH) == Missing(seen_ledger=seen)


def submit(horizon: Horizon) -> Submitted:
    """Hand in an envelope that has a plus and a slash in it."""
    return horizon.submit("AAAA+/8=", hash=HASH)


@pytest.mark.parametrize(
    ("status", "said", "outcome"),
    [
        (201, "PENDING", Outcome.ACCEPTED),
        (409, "DUPLICATE", Outcome.DUPLICATE),
        (503, "TRY_AGAIN_LATER", Outcome.TRY_LATER),
    ],
)
def test_what_the_queue_says_is_understood(
    server: ToldServer, horizon: Horizon, status: int, said: str, outcome: Outcome
) -> None:
    server.tell({"tx_status": said, "hash": HASH}, status=status)
    assert submit(horizon).outcome is outcome
    assert server.asked[-1] == "POST /transactions_async tx=AAAA%2B%2F8%3D"


def test_a_refusal_comes_with_its_codes(server: ToldServer, horizon: Horizon) -> None:
    for xdr, result in (
        (BAD_SEQ, Result("tx_bad_seq", (), 100)),
        (NO_DESTINATION, Result("tx_failed", ("op_no_destination",), 100)),
    ):
        told = {"tx_status": "ERROR", "hash": HASH, "error_result_xdr": xdr}
        server.tell(told, status=400)
        answer = submit(horizon)
        assert (answer.outcome, answer.result) == (Outcome.REFUSED, result)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (504, problem("transaction_submission_timeout", 504, hash=HASH)),
        (503, problem("stale_history", 503)),
        (500, problem("transaction_submission_failed", 500, error="x")),
        (500, problem("transaction_submission_exception", 500)),
        (429, problem("rate_limit_exceeded", 429)),
        (400, problem("transaction_malformed", 400, envelope_xdr="AAAA")),
        (403, problem("forbidden", 403)),
        (500, problem("transaction_submission_disabled", 500)),
        (413, b"too large"),
        (302, b""),
        (200, {"tx_status": "PENDING", "hash": HASH}),
        (201, {"tx_status": "PENDING", "hash": "cd" * 32}),
        (201, {"tx_status": "PENDING"}),
        (201, {"tx_status": "pending", "hash": HASH}),
        (201, {"hash": HASH}),
        (201, {"tx_status": "DUPLICATE", "hash": HASH}),
        (409, {"tx_status": "PENDING", "hash": HASH}),
        (503, {"tx_status": "TRY_AGAIN_LATER", "hash": "cd" * 32}),
        (400, {"tx_status": "ERROR", "hash": HASH}),
        (400, {"tx_status": "ERROR", "hash": HASH, "error_result_xdr": "AAAA"}),
        (400, {"tx_status": "ERROR", "hash": HASH, "error_result_xdr": SUCCEEDED}),
        (400, {"tx_status": "ERROR", "hash": "cd" * 32, "error_result_xdr": BAD_SEQ}),
        (201, b"<html>PENDING</html>"),
        (201, b'{"tx_status": "PENDING", "hash": "' + HASH.encode()),
        (201, b"[" * 100_000),
        (201, b""),
    ],
    ids=str,
)
def test_anything_else_says_nothing_of_the_transaction(
    server: ToldServer, horizon: Horizon, status: int, body: object
) -> None:
    server.tell(body, status=status)
    answer = submit(horizon)
    assert (answer.outcome, answer.result) == (Outcome.UNKNOWN, None)
    assert 0 < len(answer.reason) < 100


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (404, NOT_FOUND),
        (404, b""),
        (405, b""),
        (403, problem("transaction_submission_disabled", 403)),
    ],
)
def test_a_server_that_takes_no_transactions_is_told_apart(
    server: ToldServer, horizon: Horizon, status: int, body: object
) -> None:
    server.tell(body, status=status)
    assert submit(horizon).outcome is Outcome.NOT_OFFERED


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("7", 7), ("86400", 300), ("9" * 5000, None), ("Fri, 20 Nov 2026", None), ("-7", None)],
)
def test_the_wait_that_is_asked_for_is_kept_within_reason(
    server: ToldServer, horizon: Horizon, header: str, seconds: int | None
) -> None:
    for status, body in ((503, {"tx_status": "TRY_AGAIN_LATER", "hash": HASH}), (429, {})):
        server.tell(body, status=status, headers={"Retry-After": header})
        assert submit(horizon).retry_after_seconds == seconds


def test_a_lost_answer_is_unknown_and_is_not_sent_again(
    server: ToldServer, horizon: Horizon
) -> None:
    server.is_silent = True
    before = len(server.asked)
    assert submit(horizon).outcome is Outcome.UNKNOWN
    assert len(server.asked) == before + 1


def test_without_a_connection_nothing_was_sent(nobody: Horizon) -> None:
    assert submit(nobody).outcome is Outcome.NOT_SENT


@pytest.mark.parametrize("status", [400, 429, 500, 502, 503, 504, 301])
def test_a_question_is_asked_once_and_its_trouble_is_told(
    server: ToldServer, horizon: Horizon, status: int
) -> None:
    for read in READS:
        server.tell(problem("trouble", status), status=status, headers={"Location": "/"})
        before = len(server.asked)
        with pytest.raises(HorizonUnavailable, match=str(status)):
            read(horizon)
        assert len(server.asked) == before + 1


@pytest.mark.parametrize("read", READS, ids=NAMES)
def test_no_answer_is_no_answer(
    server: ToldServer, horizon: Horizon, nobody: Horizon, read: Callable[[Horizon], object]
) -> None:
    server.is_silent = True
    for client in (horizon, nobody):
        with pytest.raises(HorizonUnavailable):
            read(client)
