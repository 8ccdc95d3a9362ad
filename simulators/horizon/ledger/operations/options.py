"""Options of an account (signers, thresholds, flags, home domain) and its data entries."""

import base64

from stellar_sdk import ManageData, SetOptions, StrKey
from stellar_sdk.xdr import ManageDataResultCode as Data
from stellar_sdk.xdr import SetOptionsResultCode as Code

from simulators.horizon.ledger.operations.context import Context
from simulators.horizon.ledger.types import Account, DataEntry, Signer

_SIGNERS_MAX = 20
_ALL_FLAGS = 0xF
_REVOCABLE, _IMMUTABLE, _CLAWBACK = 0x2, 0x4, 0x8
_WEIGHTS = ("master_weight", "low_threshold", "med_threshold", "high_threshold")


def check_options(operation: SetOptions, source: str) -> Code | None:
    """Return what is wrong with the operation by itself."""
    given, taken = int(operation.set_flags or 0), int(operation.clear_flags or 0)
    if (given | taken) & ~_ALL_FLAGS:
        return Code.SET_OPTIONS_UNKNOWN_FLAG
    if given & taken:
        return Code.SET_OPTIONS_BAD_FLAGS
    if any((getattr(operation, name) or 0) > 255 for name in _WEIGHTS):
        return Code.SET_OPTIONS_THRESHOLD_OUT_OF_RANGE
    signer = operation.signer
    if signer is not None and (signer.weight > 255 or _address(operation) == source):
        return Code.SET_OPTIONS_BAD_SIGNER
    return None


def set_options(operation: SetOptions, context: Context) -> Code:
    """Change what is named, leave the rest."""
    account = context.account(context.source)
    given, taken = int(operation.set_flags or 0), int(operation.clear_flags or 0)
    if (given or taken) and account.flags & _IMMUTABLE:
        return Code.SET_OPTIONS_CANT_CHANGE
    flags = (account.flags | given) & ~taken
    if flags & _CLAWBACK and not flags & _REVOCABLE:
        return Code.SET_OPTIONS_AUTH_REVOCABLE_REQUIRED
    account.flags = flags
    for name in _WEIGHTS:
        if (value := getattr(operation, name)) is not None:
            setattr(account, name, value)
    if operation.home_domain is not None:
        account.home_domain = operation.home_domain
        context.note(account.id, "account_home_domain_updated", 5, home_domain=account.home_domain)
    return _set_signer(operation, account, context) or Code.SET_OPTIONS_SUCCESS


def _set_signer(operation: SetOptions, account: Account, context: Context) -> Code | None:
    if operation.signer is None:
        return None
    key, weight = _address(operation), operation.signer.weight
    present = account.signers.get(key)
    if weight == 0:
        if present is not None:
            del account.signers[key]
            context.release(account, 1, sponsor=present.sponsor)
            context.note(account.id, "signer_removed", 11, public_key=key)
        return None
    if present is not None:
        present.weight = weight
        context.note(account.id, "signer_updated", 12, public_key=key, weight=weight)
        return None
    if len(account.signers) >= _SIGNERS_MAX:
        return Code.SET_OPTIONS_TOO_MANY_SIGNERS
    account.signers[key] = Signer(weight=weight)
    is_enough, account.signers[key].sponsor = context.reserve(account, 1)
    context.note(account.id, "signer_created", 10, public_key=key, weight=weight)
    return None if is_enough else Code.SET_OPTIONS_LOW_RESERVE


def _address(operation: SetOptions) -> str:
    assert operation.signer is not None
    return StrKey.encode_ed25519_public_key(operation.signer.signer_key.signer_key)


def check_data(operation: ManageData, source: str) -> Data | None:  # noqa: ARG001
    """Return what is wrong with the operation by itself."""
    is_valid = 0 < len(operation.data_name.encode()) <= 64
    return None if is_valid else Data.MANAGE_DATA_INVALID_NAME


def manage_data(operation: ManageData, context: Context) -> Data:
    """Set or remove a data entry."""
    account, name = context.account(context.source), operation.data_name
    present, value = account.data.get(name), operation.data_value
    context.details |= {"name": name, "value": base64.b64encode(value or b"").decode()}
    if value is None:
        if present is None:
            return Data.MANAGE_DATA_NAME_NOT_FOUND
        del account.data[name]
        context.release(account, 1, sponsor=present.sponsor)
        context.note(account.id, "data_removed", 41, name=name)
        return Data.MANAGE_DATA_SUCCESS
    if present is not None:
        present.value = value
        context.note(account.id, "data_updated", 42, name=name)
        return Data.MANAGE_DATA_SUCCESS
    account.data[name] = DataEntry(value)
    is_enough, account.data[name].sponsor = context.reserve(account, 1)
    context.note(account.id, "data_created", 40, name=name)
    return Data.MANAGE_DATA_SUCCESS if is_enough else Data.MANAGE_DATA_LOW_RESERVE
