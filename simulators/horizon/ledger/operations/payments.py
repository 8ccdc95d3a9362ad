"""Payments, native and in an asset. As in core, the destination is checked first."""

from typing import Any

from stellar_sdk import Asset as SdkAsset
from stellar_sdk import Payment
from stellar_sdk.xdr import PaymentResultCode as Code

from simulators.horizon.ledger.operations.context import Context
from simulators.horizon.ledger.state import min_balance, stroops, text
from simulators.horizon.ledger.types import Account, Asset


def asset_of(asset: SdkAsset) -> Asset | None:
    """Return our form of an asset; native XLM is None."""
    if asset.is_native():
        return None
    assert asset.issuer is not None
    return Asset(asset.code, asset.issuer)


def as_json(asset: Asset | None) -> dict[str, Any]:
    """Return an asset as Horizon writes it."""
    if asset is None:
        return {"asset_type": "native"}
    kind = "credit_alphanum4" if len(asset.code) <= 4 else "credit_alphanum12"
    return {"asset_type": kind, "asset_code": asset.code, "asset_issuer": asset.issuer}


def asset_name(asset: Asset | None) -> str:
    """Return an asset's name in one word, as Horizon writes it (SEP-11)."""
    return "native" if asset is None else f"{asset.code}:{asset.issuer}"


def check_payment(operation: Payment, source: str) -> Code | None:  # noqa: ARG001
    """Return what is wrong with the operation by itself."""
    return None if stroops(operation.amount) > 0 else Code.PAYMENT_MALFORMED


def pay(operation: Payment, context: Context) -> Code:
    """Pay, with core's checks in core's order."""
    amount, asset = stroops(operation.amount), asset_of(operation.asset)
    target = operation.destination.account_id
    if not (asset is None and target == context.source):
        code = _credit(context, target, asset, amount) or _debit(context, asset, amount)
        if code is not None:
            return code
    context.note(target, "account_credited", 2, **as_json(asset), amount=text(amount))
    context.note(context.source, "account_debited", 3, **as_json(asset), amount=text(amount))
    return Code.PAYMENT_SUCCESS


def _credit(context: Context, address: str, asset: Asset | None, amount: int) -> Code | None:
    if asset is not None and asset.issuer == address:
        return None  # it goes back to its issuer and is no more
    account = context.draft.account(address)
    if account is None:
        return Code.PAYMENT_NO_DESTINATION
    if asset is None:
        account.balance += amount
        return None
    line = account.trustlines.get(asset)
    if line is None:
        return Code.PAYMENT_NO_TRUST
    if not line.is_authorized:
        return Code.PAYMENT_NOT_AUTHORIZED
    if line.balance + amount > line.limit:
        return Code.PAYMENT_LINE_FULL
    line.balance += amount
    line.last_modified_ledger = context.ledger
    return None


def _debit(context: Context, asset: Asset | None, amount: int) -> Code | None:
    account = context.account(context.source)
    if asset is None:
        return _debit_native(account, amount)
    if asset.issuer == account.id:
        return None
    line = account.trustlines.get(asset)
    if line is None:
        return Code.PAYMENT_SRC_NO_TRUST
    if not line.is_authorized:
        return Code.PAYMENT_SRC_NOT_AUTHORIZED
    if line.balance < amount:
        return Code.PAYMENT_UNDERFUNDED
    line.balance -= amount
    line.last_modified_ledger = context.ledger
    return None


def _debit_native(account: Account, amount: int) -> Code | None:
    if account.balance - amount < min_balance(account):
        return Code.PAYMENT_UNDERFUNDED
    account.balance -= amount
    return None
