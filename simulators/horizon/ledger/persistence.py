"""The state written down as JSON, and read back exactly."""

import base64
import json
from dataclasses import asdict, dataclass, replace
from typing import Any

from simulators.horizon.ledger.state import State
from simulators.horizon.ledger.types import (
    Account,
    Asset,
    ClaimableBalance,
    DataEntry,
    Ledger,
    Signer,
    Trustline,
)


@dataclass(frozen=True)
class Loaded:
    """What was written down."""

    state: State
    latest: Ledger
    fee_pool: int


def dump(state: State, *, latest: Ledger, fee_pool: int) -> bytes:
    """Write all down; of the latest ledger without its transactions."""
    return json.dumps(
        {
            "accounts": [_account(each) for each in state.accounts.values()],
            "balances": [asdict(each) for each in state.balances.values()],
            "latest": asdict(replace(latest, transactions=())),
            "fee_pool": fee_pool,
        },
        separators=(",", ":"),
    ).encode()


def load(dumped: bytes) -> Loaded:
    """Read back what was written."""
    found = json.loads(dumped)
    state = State()
    for each in found["accounts"]:
        account = _read_account(each)
        state.accounts[account.id] = account
    for each in found["balances"]:
        each["asset"] = Asset(**each["asset"]) if each["asset"] else None
        state.balances[each["id"]] = ClaimableBalance(**each)
    latest = Ledger(**{**found["latest"], "transactions": ()})
    return Loaded(state, latest, found["fee_pool"])


def _account(account: Account) -> dict[str, Any]:
    written = asdict(replace(account, signers={}, trustlines={}, data={}))
    written["signers"] = {key: asdict(each) for key, each in account.signers.items()}
    written["trustlines"] = [asdict(each) for each in account.trustlines.values()]
    written["data"] = {
        name: {"value": base64.b64encode(each.value).decode(), "sponsor": each.sponsor}
        for name, each in account.data.items()
    }
    return written


def _read_account(written: dict[str, Any]) -> Account:
    lines = [
        Trustline(**{**each, "asset": Asset(**each["asset"])}) for each in written["trustlines"]
    ]
    return Account(
        **{
            **written,
            "signers": {key: Signer(**each) for key, each in written["signers"].items()},
            "trustlines": {line.asset: line for line in lines},
            "data": {
                name: DataEntry(base64.b64decode(each["value"]), each["sponsor"])
                for name, each in written["data"].items()
            },
        }
    )
