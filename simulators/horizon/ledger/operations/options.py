"""Options of an account (signers, thresholds, flags, home domain) and its data entries."""

import base64
from typing import Any

from stellar_sdk import ManageData, SetOptions
from stellar_sdk.xdr import ManageDataResultCode as Data
from stellar_sdk.xdr import SetOptionsResultCode as Code

from simulators.horizon.ledger.operations.context import Context
from simulators.horizon.ledger.operations.details import ACCOUNT_FLAGS
from simulators.horizon.ledger.types import Account, DataEntry, Signer

_SIGNERS_MAX = 20
_ALL_FLAGS = 0xF
_REVOCABLE, _IMMUTABLE, _CLAWBACK = 0x2, 0x4, 0x8
_THRESHOLDS = ("low_threshold", "med_threshold", "high_threshold")
_WEIGHTS = ("master_weight", *_THRESHOLDS)


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
    if signer is not None and (
        signer.weight > 255 or signer.signer_key.encoded_signer_key == source
    ):
        return Code.SET_OPTIONS_BAD_SIGNER
    domain = operation.home_domain
    if domain is not None and not _is_plain(domain):
        return Code.SET_OPTIONS_INVALID_HOME_DOMAIN
    return None


def _is_plain(word: str) -> bool:
    return all(" " <= letter <= "~" for letter in word)


def set_options(operation: SetOptions, context: Context) -> Code:
    """Change what is named, leave the rest."""
    account = context.account(context.source)
    heir = operation.inflation_dest
    if heir is not None and context.draft.peek(heir) is None:
        return Code.SET_OPTIONS_INVALID_INFLATION
    given, taken = int(operation.set_flags or 0), int(operation.clear_flags or 0)
    if (given or taken) and account.flags & _IMMUTABLE:
        return Code.SET_OPTIONS_CANT_CHANGE
    flags = account.flags & ~taken | given
    if flags & _CLAWBACK and not flags & _REVOCABLE:
        return Code.SET_OPTIONS_AUTH_REVOCABLE_REQUIRED
    account.flags = flags
    _set_values(operation, account, context)
    if given or taken:
        told = {f"{ACCOUNT_FLAGS[flag]}_flag": bool(flag & given) for flag in _held(given | taken)}
        context.note(account.id, "account_flags_updated", 6, **told)
    return _set_signer(operation, account, context) or Code.SET_OPTIONS_SUCCESS


def _held(flags: int) -> list[int]:
    return [flag for flag in ACCOUNT_FLAGS if flags & flag]


def _set_values(operation: SetOptions, account: Account, context: Context) -> None:
    """Set home domain, thresholds and the weight of the account's own key."""
    if operation.home_domain is not None:
        account.home_domain = operation.home_domain
        context.note(account.id, "account_home_domain_updated", 5, home_domain=account.home_domain)
    thresholds = {
        name: value for name in _THRESHOLDS if (value := getattr(operation, name)) is not None
    }
    for name, value in thresholds.items():
        setattr(account, name, value)
    if thresholds:
        context.note(account.id, "account_thresholds_updated", 4, **thresholds)
    weight = operation.master_weight
    if weight is not None and weight != account.master_weight:
        kind = _changed(account.master_weight, weight)
        account.master_weight = weight
        _note_signer(context, account.id, kind, weight)


def _changed(before: int, after: int) -> tuple[str, int]:
    if before == 0:
        return "signer_created", 10
    return ("signer_updated", 12) if after else ("signer_removed", 11)


def _note_signer(context: Context, key: str, kind: tuple[str, int], weight: int) -> None:
    told: dict[str, Any] = {"weight": weight} if weight else {}
    if key[0] == "G":
        told["public_key"] = key
    context.note(context.source, *kind, **told, key=key)


def _set_signer(operation: SetOptions, account: Account, context: Context) -> Code | None:
    if operation.signer is None:
        return None
    key, weight = operation.signer.signer_key.encoded_signer_key, operation.signer.weight
    present = account.signers.get(key)
    if present is not None:
        _note_signer(context, key, _changed(present.weight, weight), weight)
        present.weight = weight
        if weight == 0:
            del account.signers[key]
            context.release(account, 1, sponsor=present.sponsor)
        return None
    if weight == 0:
        return None
    if len(account.signers) >= _SIGNERS_MAX:
        return Code.SET_OPTIONS_TOO_MANY_SIGNERS
    account.signers[key] = Signer(weight=weight)
    is_enough, account.signers[key].sponsor = context.reserve(account, 1)
    _note_signer(context, key, _changed(0, weight), weight)
    return None if is_enough else Code.SET_OPTIONS_LOW_RESERVE


def check_data(operation: ManageData, source: str) -> Data | None:  # noqa: ARG001
    """Return what is wrong with the operation by itself."""
    name = operation.data_name
    is_valid = 0 < len(name.encode()) <= 64 and _is_plain(name)
    return None if is_valid else Data.MANAGE_DATA_INVALID_NAME


def manage_data(operation: ManageData, context: Context) -> Data:
    """Set or remove a data entry."""
    account, name = context.account(context.source), operation.data_name
    present, value = account.data.get(name), operation.data_value
    told = {"name": name, "value": base64.b64encode(value or b"").decode()}
    if value is None:
        if present is None:
            return Data.MANAGE_DATA_NAME_NOT_FOUND
        del account.data[name]
        context.release(account, 1, sponsor=present.sponsor)
        context.note(account.id, "data_removed", 41, name=name)
        return Data.MANAGE_DATA_SUCCESS
    if present is not None:
        present.value = value
        context.note(account.id, "data_updated", 42, **told)
        return Data.MANAGE_DATA_SUCCESS
    account.data[name] = DataEntry(value)
    is_enough, account.data[name].sponsor = context.reserve(account, 1)
    context.note(account.id, "data_created", 40, **told)
    return Data.MANAGE_DATA_SUCCESS if is_enough else Data.MANAGE_DATA_LOW_RESERVE
