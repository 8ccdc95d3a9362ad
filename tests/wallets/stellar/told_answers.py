"""A server that answers as it is told, and the payloads that Horizon sends."""

import json
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

ADDRESS = "GAIH3ULLFQ4DGSECF2AR555KZ4KNDGEKN4AFI4SU2M7B43MGK3QJZNSR"
OTHER = "GA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJVSGZ"
ISSUER = "GA5ZSEJYB37JRC5AVCIA5MOP4RHTM335X2KGX3IHOJAPP5RE34K4KZVN"
HASH = "3389e9f0f1a65f19736cacf544c2e825313e8447f569233bb8db39aa607c8889"
# By hand, field for field: the fee and the code, and for a failed one its operations.
SUCCEEDED = "AAAAAAAAAGQAAAAAAAAAAQAAAAAAAAABAAAAAAAAAAA="  # one payment, done
NO_DESTINATION = "AAAAAAAAAGT/////AAAAAQAAAAAAAAAB////+wAAAAA="
BAD_SEQ = "AAAAAAAAAGT////7AAAAAA=="
NOT_FOUND = {
    "type": "https://stellar.org/horizon-errors/not_found",
    "title": "Resource Missing",
    "status": 404,
    "detail": "The resource at the url requested was not found.",
}
ROOT = {
    "horizon_version": "24.0.0",
    "core_version": "stellar-core 23.0.1",
    "ingest_latest_ledger": 58_000_002,
    "history_latest_ledger": 58_000_001,
    "history_latest_ledger_closed_at": "2026-11-20T09:58:03Z",
    "history_elder_ledger": 2,
    "core_latest_ledger": 58_000_002,
    "network_passphrase": "Test SDF Network ; September 2015",
    "current_protocol_version": 23,
    "supported_protocol_version": 23,
    "core_supported_protocol_version": 23,
}
FEE_STATS = {
    "last_ledger": "58000001",
    "last_ledger_base_fee": "100",
    "ledger_capacity_usage": "0.97",
    "fee_charged": {
        "max": "300000",
        "min": "100",
        "mode": "100",
        "p10": "100",
        "p20": "101",
        "p30": "102",
        "p40": "103",
        "p50": "104",
        "p60": "105",
        "p70": "201",
        "p80": "202",
        "p90": "5005",
        "p95": "10001",
        "p99": "29999",
    },
    "max_fee": {
        "max": "9000000",
        "min": "100",
        "mode": "1000",
        "p10": "100",
        "p20": "100",
        "p30": "100",
        "p40": "100",
        "p50": "999999",
        "p60": "100",
        "p70": "999999",
        "p80": "100",
        "p90": "999999",
        "p95": "999999",
        "p99": "999999",
    },
}
ACCOUNT = {
    "_links": {"self": {"href": ""}},
    "id": ADDRESS,
    "account_id": ADDRESS,
    "sequence": "249108103929856011",
    "sequence_ledger": 58_000_000,
    "sequence_time": "1795168683",
    "subentry_count": 3,
    "last_modified_ledger": 58_000_000,
    "last_modified_time": "2026-11-20T09:57:58Z",
    "thresholds": {"low_threshold": 0, "med_threshold": 0, "high_threshold": 0},
    "flags": {"auth_required": False, "auth_revocable": False, "auth_immutable": False},
    "balances": [
        {
            "balance": "12.3400001",
            "limit": "922337203685.4775807",
            "buying_liabilities": "0.0000000",
            "selling_liabilities": "0.0000000",
            "last_modified_ledger": 57_000_000,
            "is_authorized": True,
            "asset_type": "credit_alphanum4",
            "asset_code": "KESX",
            "asset_issuer": ISSUER,
        },
        {
            "balance": "0.0000005",
            "limit": "1.0000000",
            "last_modified_ledger": 1,
            "asset_type": "liquidity_pool_shares",
            "liquidity_pool_id": HASH,
        },
        {
            "balance": "9007199254.7409931",
            "buying_liabilities": "0.0000000",
            "selling_liabilities": "0.0000000",
            "asset_type": "native",
        },
    ],
    "signers": [{"weight": 1, "key": ADDRESS, "type": "ed25519_public_key"}],
    "data": {},
    "num_sponsoring": 4,
    "num_sponsored": 3,
    "sponsor": OTHER,
    "paging_token": ADDRESS,
}
TRANSACTION = {
    "id": HASH,
    "paging_token": "249108107891744768",
    "successful": False,
    "hash": HASH,
    "ledger": 58_000_000,
    "created_at": "2026-11-20T09:57:58Z",
    "source_account": ADDRESS,
    "source_account_sequence": "249108103929856011",
    "fee_account": ADDRESS,
    "fee_charged": "100",
    "max_fee": "1000",
    "operation_count": 1,
    "envelope_xdr": "AAAA",
    "result_xdr": NO_DESTINATION,
    "memo_type": "none",
    "signatures": ["c2lnbmF0dXJl"],
    "preconditions": {"timebounds": {"min_time": "0", "max_time": "1795168800"}},
}


def problem(kind: str, status: int, **extras: Any) -> dict[str, Any]:
    """Return Horizon's body of a problem."""
    url = f"https://stellar.org/horizon-errors/{kind}"
    return {"type": url, "title": kind, "status": status, "detail": kind, "extras": extras}


def operation(kind: str, number: int, **fields: Any) -> dict[str, Any]:
    """Return a record of `/payments`."""
    token = str(249_108_107_891_744_769 + number)
    return {
        "_links": {},
        "id": token,
        "paging_token": token,
        "transaction_successful": True,
        "source_account": ADDRESS,
        "type": kind,
        "created_at": "2026-11-20T09:57:58Z",
        "transaction_hash": HASH,
        **fields,
    }


def page(*records: dict[str, Any]) -> dict[str, Any]:
    """Return a page of records."""
    return {"_links": {"self": {"href": ""}}, "_embedded": {"records": list(records)}}


@dataclass
class ToldServer:
    """Gives every question the answer that was set last, and keeps what it was asked."""

    status: int = 200
    body: bytes = b"{}"
    headers: Mapping[str, str] = field(default_factory=dict)
    is_silent: bool = False  # takes the request and hangs up
    asked: list[str] = field(default_factory=list)
    url: str = ""

    def tell(
        self, body: object, *, status: int = 200, headers: Mapping[str, str] | None = None
    ) -> None:
        """Set the answer; what isn't bytes is sent as JSON."""
        self.body = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.status, self.headers, self.is_silent = status, headers or {}, False

    def __enter__(self) -> "ToldServer":
        told = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1  # head and body leave together

            def do_GET(self) -> None:
                self._answer()

            def do_POST(self) -> None:
                self._answer()

            def _answer(self) -> None:
                sent = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
                told.asked.append(f"{self.command} {self.path} {sent}".strip())
                if told.is_silent:
                    self.close_connection = True
                    return
                # The next answer may be set as soon as this one's last byte is out.
                status, body, headers = told.status, told.body, dict(told.headers)
                with suppress(OSError):
                    self.send_response(status)
                    for name, value in headers.items():
                        self.send_header(name, value)
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
