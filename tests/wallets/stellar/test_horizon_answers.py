"""What Horizon's JSON may hold: amounts to the stroop, payments in order, and anything at all."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.wallets.stellar.told_answers import (
    ACCOUNT,
    ADDRESS,
    BAD_SEQ,
    FEE_STATS,
    HASH,
    ISSUER,
    OTHER,
    ROOT,
    TRANSACTION,
    ToldServer,
    operation,
    page,
)
from wallets.stellar.client.amounts import InvalidAmount, stroops, text
from wallets.stellar.client.answers import (
    HistoryGone,
    HorizonUnavailable,
    Outcome,
    Page,
    Payment,
    Submitted,
)
from wallets.stellar.client.horizon import Horizon

FIRST = 249_108_107_891_744_769
AT = datetime(2026, 11, 20, 9, 57, 58, tzinfo=UTC)
STROOPS_MAX = 2**63 - 1
READS: tuple[Callable[[Horizon], object], ...] = (
    lambda horizon: horizon.network(),
    lambda horizon: horizon.fee_stats(),
    lambda horizon: horizon.account(ADDRESS),
    lambda horizon: horizon.transaction(HASH),
    lambda horizon: horizon.payments(cursor="1"),
)
SIDES = {"from": ADDRESS, "to": OTHER, "amount": "2.5000000"}
NATIVE = {"asset_type": "native"}
SHILLINGS = {"asset_type": "credit_alphanum4", "asset_code": "KESX", "asset_issuer": ISSUER}
PAYLOADS = (ROOT, FEE_STATS, ACCOUNT, TRANSACTION, page(operation("payment", 1, **SIDES, **NATIVE)))
SAID = ("PENDING", "DUPLICATE", "TRY_AGAIN_LATER", "ERROR")
STATUSES = (200, 201, 202, 204, 301, 400, 403, 404, 405, 409, 418, 429, 500, 502, 503, 504)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)


@pytest.fixture(scope="module")
def server() -> Iterator[ToldServer]:
    """A server that answers as it is told."""
    with ToldServer() as running:
        yield running


@pytest.fixture(scope="module")
def horizon(server: ToldServer) -> Horizon:
    """A client of that server."""
    return Horizon(server.url, read_seconds=2)


@pytest.mark.parametrize(
    ("written", "amount"),
    [
        ("0", 0),
        ("1", 10_000_000),
        ("1.5", 15_000_000),
        ("0.0000001", 1),
        ("9007199254.7409931", 90_071_992_547_409_931),
        ("922337203685.4775807", STROOPS_MAX),
    ],
)
def test_an_amount_is_exact_to_the_stroop(written: str, amount: int) -> None:
    assert stroops(written) == amount


@pytest.mark.parametrize(
    "written",
    [
        *("", "-1", "+1", "1.", ".5", "1.00000000", "1e3", "1E-7", "inf", "nan", "Infinity", "1,5"),
        *(" 1", "1 ", "1\n", "1_000", "٣", "0x1", "922337203685.4775808", "9" * 13, "1.2.3"),
        *(None, True, 1, 1.5, Decimal(1), b"1", ["1"]),
    ],
    ids=repr,
)
def test_what_is_no_amount_is_refused(written: object) -> None:
    with pytest.raises(InvalidAmount):
        stroops(written)


@pytest.mark.parametrize("amount", [-1, STROOPS_MAX + 1])
def test_what_is_no_number_of_stroops_is_not_written(amount: int) -> None:
    with pytest.raises(InvalidAmount):
        text(amount)


@given(st.integers(0, STROOPS_MAX))
def test_an_amount_that_is_written_is_read_back(amount: int) -> None:
    written = text(amount)
    assert stroops(written) == amount
    assert Decimal(written) * 10**7 == amount


@given(st.text() | st.from_regex(r"[-+]?[0-9]*\.?[0-9]*([eE][-+]?[0-9]+)?", fullmatch=True))
def test_any_text_is_an_amount_or_none(written: str) -> None:
    try:
        amount = stroops(written)
    except InvalidAmount:
        return
    assert 0 <= amount <= STROOPS_MAX
    assert Decimal(written) * 10**7 == amount


def test_each_kind_of_movement_is_read(server: ToldServer, horizon: Horizon) -> None:
    path = {**SIDES, **SHILLINGS, "source_amount": "9.0000000", "source_asset_type": "native"}
    server.tell(
        page(
            operation(
                "create_account", 0, funder=ADDRESS, account=OTHER, starting_balance="1.0000000"
            ),
            operation("payment", 1, **SIDES, **NATIVE),
            operation("payment", 2, **SIDES, **SHILLINGS),
            operation("path_payment_strict_send", 3, **path),
            operation("path_payment_strict_receive", 4, **path),
            operation("account_merge", 5, account=ADDRESS, into=OTHER),
        )
    )
    found = horizon.payments(cursor="now", limit=50)
    kesx = f"KESX:{ISSUER}"
    assert [(each.type, each.amount_stroops, each.asset) for each in found.records] == [
        ("create_account", 10_000_000, "native"),
        ("payment", 25_000_000, "native"),
        ("payment", 25_000_000, kesx),
        ("path_payment_strict_send", 25_000_000, kesx),
        ("path_payment_strict_receive", 25_000_000, kesx),
        ("account_merge", None, "native"),
    ]
    assert {(each.from_address, each.to_address) for each in found.records} == {(ADDRESS, OTHER)}
    assert found.records[1] == Payment(
        *(str(FIRST + 1), "payment", HASH, AT, ADDRESS, OTHER, 25_000_000, "native")
    )
    assert (found.next_cursor, found.count) == (str(FIRST + 5), 6)
    assert server.asked[-1] == "GET /payments?limit=50&order=asc&cursor=now"


def test_unknown_kinds_and_failed_ones_only_move_the_cursor(
    server: ToldServer, horizon: Horizon
) -> None:
    failed = operation("payment", 1, **SIDES, **NATIVE) | {"transaction_successful": False}
    server.tell(page(failed, operation("invoke_host_function", 2, function="x")))
    assert horizon.payments(cursor="7") == Page((), str(FIRST + 2), 2)


def test_an_empty_page_leaves_the_cursor_where_it_was(server: ToldServer, horizon: Horizon) -> None:
    server.tell(page())
    assert horizon.payments(cursor="7") == Page((), "7", 0)


def test_the_newest_are_asked_for_from_the_end(server: ToldServer, horizon: Horizon) -> None:
    server.tell(page())
    horizon.payments(cursor="", limit=1, newest=True)
    assert server.asked[-1] == "GET /payments?limit=1&order=desc"


@pytest.mark.parametrize(
    "change",
    [
        {"amount": "-2.5"},
        {"amount": 2.5},
        {"amount": None},
        {"transaction_hash": "HASH"},
        {"created_at": "2026-11-20T09:57:58"},
        {"from": None},
        {"to": "a\x00b"},
        {"to": "\ud800"},
        {"asset_type": "credit_alphanum4"},
    ],
    ids=str,
)
def test_a_payment_that_cannot_be_read_is_told_and_the_others_are_read(
    server: ToldServer, horizon: Horizon, change: dict[str, Any]
) -> None:
    spoiled, sound = (
        operation("payment", 1, **SIDES, **NATIVE),
        operation("payment", 2, **SIDES, **NATIVE),
    )
    server.tell(page(spoiled | change, sound))

    found = horizon.payments(cursor="7")

    assert found.unreadable == (spoiled["paging_token"],)
    assert [each.paging_token for each in found.records] == [sound["paging_token"]]
    assert (found.count, found.next_cursor) == (2, sound["paging_token"])


def test_a_record_without_a_place_stops_the_page(server: ToldServer, horizon: Horizon) -> None:
    server.tell(page(operation("payment", 1, **SIDES, **NATIVE) | {"paging_token": ""}))
    with pytest.raises(HorizonUnavailable):
        horizon.payments(cursor="7")


def test_a_history_that_begins_later_is_told_from_a_server_in_trouble(
    server: ToldServer, horizon: Horizon
) -> None:
    gone = {"type": "https://stellar.org/horizon-errors/before_history", "status": 410}
    server.tell(gone, status=410)
    with pytest.raises(HistoryGone):
        horizon.payments(cursor="7")


def test_friendbot_is_asked_by_address_and_whatever_it_answers_decides_nothing(
    server: ToldServer, horizon: Horizon
) -> None:
    for status in (200, 400, 500):
        server.tell(b"", status=status)
        horizon.friendbot(f"{server.url}/friendbot", ADDRESS)
        assert server.asked[-1] == f"GET /friendbot?addr={ADDRESS}"
    server.is_silent = True
    with pytest.raises(HorizonUnavailable):
        horizon.friendbot(f"{server.url}/friendbot", ADDRESS)


@pytest.mark.parametrize("read", READS)
@pytest.mark.parametrize(
    "body", [b"", b"null", b"[]", b"{}", b"{", b"[" * 100_000, b"\xff\xfe", b"<html>"], ids=repr
)
def test_a_body_that_is_no_answer_is_no_answer(
    server: ToldServer, horizon: Horizon, read: Callable[[Horizon], object], body: bytes
) -> None:
    server.tell(body)
    with pytest.raises(HorizonUnavailable):
        read(horizon)


@st.composite
def bent(draw: st.DrawFn) -> tuple[int, Any]:
    """Return the number of a question and its true payload, with some values put out of shape."""
    number = draw(st.integers(0, len(PAYLOADS) - 1))
    return number, _bend(PAYLOADS[number], draw)


def _bend(value: Any, draw: st.DrawFn) -> Any:
    if draw(st.integers(0, 12)) == 0:
        return draw(ANYTHING)
    if isinstance(value, dict):
        return {name: _bend(held, draw) for name, held in value.items() if draw(_KEPT)}
    if isinstance(value, list):
        return [_bend(held, draw) for held in value]
    return value


_KEPT = st.integers(0, 40).map(bool)  # one in forty is missing


@given(told=bent(), status=st.just(200) | st.sampled_from(STATUSES), header=st.text(max_size=20))
def test_a_question_is_answered_or_said_to_be_unanswered(
    server: ToldServer, horizon: Horizon, told: tuple[int, Any], status: int, header: str
) -> None:
    number, body = told
    printable = "".join(c for c in header if c.isprintable() and ord(c) < 256)
    server.tell(body, status=status, headers={"Latest-Ledger": printable})
    with suppress(HorizonUnavailable):
        READS[number](horizon)
        assert status in (200, 404)


@given(
    status=st.sampled_from(STATUSES),
    said=st.sampled_from(SAID) | ANYTHING,
    hash=st.just(HASH) | ANYTHING,
    xdr=st.sampled_from((BAD_SEQ, "AAAA")) | ANYTHING,
    others=st.dictionaries(st.text(max_size=8), ANYTHING, max_size=2),
    header=st.text("0123456789 -eٱ", max_size=12),
)
def test_only_a_pending_201_of_that_hash_is_taken_as_accepted(
    server: ToldServer, horizon: Horizon, header: str, status: int, **told: Any
) -> None:
    body = {**told["others"], "tx_status": told["said"], "hash": told["hash"]}
    body["error_result_xdr"] = told["xdr"]
    wait = "".join(c for c in header if ord(c) < 256)
    server.tell(body, status=status, headers={"Retry-After": wait})
    answer = horizon.submit("AAAA", hash=HASH)
    assert isinstance(answer, Submitted)
    is_ours = told["hash"] == HASH
    assert (answer.outcome is Outcome.ACCEPTED) == (
        is_ours and (status, told["said"]) == (201, "PENDING")
    )
    if answer.outcome is Outcome.REFUSED:
        assert is_ours
        assert (status, told["said"], told["xdr"]) == (400, "ERROR", BAD_SEQ)


@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode), st.sampled_from(STATUSES))
def test_bytes_at_random_are_never_taken_for_an_answer(
    server: ToldServer, horizon: Horizon, body: bytes, status: int
) -> None:
    server.tell(body, status=status)
    assert horizon.submit("AAAA", hash=HASH).outcome in (Outcome.UNKNOWN, Outcome.NOT_OFFERED)
    for read in READS:
        with pytest.raises(HorizonUnavailable):
            read(horizon)
