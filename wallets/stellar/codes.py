"""Every result code of Stellar that we can meet, and what follows from it.

The names are Horizon's. The judgement follows Stellar's documentation of result codes and the
retry table of the Stellar Disbursement Platform. A code that isn't here is taken as our own fault:
nothing is tried again at once, and staff are told. Plain data, so that the admin can show the words
without loading the SDK.
"""

from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """What follows from a code."""

    OK = "OK"  # done
    ALREADY = "ALREADY"  # what we wanted was so before
    RETRY = "RETRY"  # no fault in what was asked: it goes into another transaction
    SPLIT = "SPLIT"  # this operation is bad; the others may go on without it
    FIX = "FIX"  # our fault, or the funding account's: a person must look


class Phase(StrEnum):
    """When a code comes up, as a rule. What settles it is whether a ledger holds the hash.

    Before a ledger nothing was charged, and the sequence is still free. In a ledger both are used
    up. Core checks once more as it applies, so that an early code may come late in rare cases.
    """

    BEFORE = "BEFORE"  # refused: no ledger holds it
    LEDGER = "LEDGER"  # applied and failed
    EITHER = "EITHER"  # found by a check before or by the ledger
    DONE = "DONE"  # applied


@dataclass(frozen=True)
class Rule:
    """What one code means. `words` are for support; `pause_seconds` come before the next try."""

    name: str
    phase: Phase
    outcome: Outcome
    words: str
    pause_seconds: int = 0
    pages_staff: bool = False


def rule_for(name: str) -> Rule:
    """Return the rule of a code, known or not."""
    return _RULES.get(name) or _ours(name, _EITHER, "a result that this version does not know")


def _ours(name: str, phase: Phase, words: str) -> Rule:
    """Return the rule of a code that only a fault of ours brings about: staff look first."""
    return Rule(name, phase, Outcome.FIX, words, pause_seconds=300, pages_staff=True)


def _told(name: str, phase: Phase, words: str, seconds: int) -> Rule:
    """Return the rule of a code that passes, but that staff should know of."""
    return Rule(name, phase, Outcome.RETRY, words, pause_seconds=seconds, pages_staff=True)


_BEFORE, _LEDGER, _EITHER, _DONE = Phase.BEFORE, Phase.LEDGER, Phase.EITHER, Phase.DONE
_OK, _RETRY, _SPLIT, _FIX = Outcome.OK, Outcome.RETRY, Outcome.SPLIT, Outcome.FIX
_TABLE: tuple[Rule, ...] = (
    # The whole transaction.
    Rule("tx_success", _DONE, _OK, "done"),
    Rule("tx_fee_bump_inner_success", _DONE, _OK, "done, with a raised fee"),
    Rule("tx_failed", _EITHER, _RETRY, "an operation in it could not be done, so that none was"),
    Rule("tx_fee_bump_inner_failed", _EITHER, _RETRY, "an operation in it could not be done"),
    Rule("tx_too_early", _BEFORE, _RETRY, "the network's clock or ledger is behind ours", 30),
    Rule("tx_too_late", _BEFORE, _RETRY, "its time had passed before a ledger took it"),
    _ours("tx_missing_operation", _BEFORE, "it held no operation"),
    _told("tx_bad_seq", _BEFORE, "its number was not the channel's next", 5),
    _ours("tx_bad_auth", _BEFORE, "a signature is missing or wrong"),
    _ours("tx_bad_auth_extra", _BEFORE, "it has a signature too many"),
    _told("tx_insufficient_balance", _BEFORE, "the channel can't pay the fee", 60),
    _ours("tx_no_source_account", _BEFORE, "the channel is not on the network"),
    Rule("tx_insufficient_fee", _BEFORE, _RETRY, "the fee bid is below what gets in now", 30),
    Rule("tx_internal_error", _LEDGER, _RETRY, "the network had an error of its own", 30),
    _ours("tx_not_supported", _BEFORE, "the network does not support it"),
    _ours("tx_bad_sponsorship", _LEDGER, "a sponsorship was left open"),
    _ours("tx_bad_minseq_age_or_gap", _BEFORE, "its sequence has conditions"),
    _ours("tx_malformed", _BEFORE, "the network can't read it"),
    _ours("tx_soroban_invalid", _BEFORE, "a contract call that is none"),
    _ours("tx_frozen_key_accessed", _BEFORE, "it touches a frozen entry"),
    # Any operation.
    Rule("op_success", _DONE, _OK, "done"),
    Rule("op_inner", _EITHER, _OK, "see the operation's own code"),
    Rule("op_bad_auth", _EITHER, _SPLIT, "the signature of its account is missing or wrong"),
    Rule("op_no_source_account", _EITHER, _SPLIT, "its account is not on the network"),
    _ours("op_not_supported", _BEFORE, "the network does not support it"),
    Rule("op_too_many_subentries", _LEDGER, _SPLIT, "its account has too many entries"),
    Rule("op_exceeded_work_limit", _LEDGER, _RETRY, "it was too much work for the network", 30),
    _ours("op_too_many_sponsoring", _LEDGER, "we sponsor as many as we may"),
    Rule("op_malformed", _BEFORE, _SPLIT, "a value in it can't be right"),
    # Accounts.
    Rule("op_already_exists", _LEDGER, Outcome.ALREADY, "the account was on the network before"),
    _told("op_underfunded", _LEDGER, "the paying account had too little", 60),
    _told("op_low_reserve", _LEDGER, "too little for the network's reserve", 60),
    Rule("op_no_account", _LEDGER, _SPLIT, "the account to be merged into is not there"),
    Rule("op_immutable_set", _LEDGER, _SPLIT, "the account says that it must never be merged"),
    Rule("op_has_sub_entries", _LEDGER, _SPLIT, "the account still has entries"),
    Rule("op_seq_num_too_far", _LEDGER, _SPLIT, "the account's sequence is too far ahead"),
    Rule("op_dest_full", _LEDGER, _SPLIT, "the receiving account can't hold more"),
    Rule("op_is_sponsor", _LEDGER, _SPLIT, "the account sponsors others"),
    Rule("op_bad_seq", _BEFORE, _SPLIT, "a sequence number that can't be"),
    # Payments and trustlines.
    _ours("op_src_no_trust", _LEDGER, "the payer has no trustline"),
    _ours("op_src_not_authorized", _LEDGER, "the payer's trustline is shut"),
    Rule("op_no_destination", _LEDGER, _SPLIT, "the receiving account is not on the network"),
    Rule("op_no_trust", _LEDGER, _SPLIT, "the account has no trustline for it"),
    Rule("op_not_authorized", _LEDGER, _SPLIT, "the receiver's trustline is shut"),
    Rule("op_line_full", _LEDGER, _SPLIT, "the receiver's trustline is full"),
    _ours("op_no_issuer", _LEDGER, "the asset's issuer is not there"),
    Rule("op_invalid_limit", _LEDGER, _SPLIT, "the trustline's limit can't be so low"),
    Rule("op_self_not_allowed", _EITHER, _SPLIT, "an issuer needs no trustline to itself"),
    Rule("op_trust_line_missing", _LEDGER, _SPLIT, "the trustline is not there"),
    Rule("op_cannot_delete", _LEDGER, _SPLIT, "the trustline can't be removed"),
    Rule("op_not_aut_maintain_liabilities", _LEDGER, _SPLIT, "the trustline has open obligations"),
    Rule("op_not_required", _LEDGER, _SPLIT, "the asset needs no authorization"),
    Rule("op_cant_revoke", _LEDGER, _SPLIT, "the issuer may not revoke"),
    Rule("op_invalid_state", _LEDGER, _SPLIT, "flags of the trustline contradict each other"),
    # Sponsorship.
    Rule("op_already_sponsored", _LEDGER, _SPLIT, "somebody sponsors it already"),
    Rule("op_recursive", _LEDGER, _SPLIT, "a sponsor can't be sponsored in turn"),
    Rule("op_not_sponsored", _LEDGER, _SPLIT, "nobody sponsors it"),
    Rule("op_not_sponsor", _LEDGER, _SPLIT, "another one sponsors it"),
    Rule("op_only_transferable", _LEDGER, _SPLIT, "the sponsorship can only be handed on"),
    Rule("op_does_not_exist", _LEDGER, _SPLIT, "it is not there"),
    # Options and data.
    Rule("op_too_many_signers", _LEDGER, _SPLIT, "the account has as many signers as it may"),
    Rule("op_bad_flags", _BEFORE, _SPLIT, "flags that can't go together"),
    Rule("op_invalid_inflation", _LEDGER, _SPLIT, "an inflation account that is not there"),
    Rule("op_cant_change", _LEDGER, _SPLIT, "the option can't be changed any more"),
    Rule("op_unknown_flag", _BEFORE, _SPLIT, "a flag that the network does not know"),
    Rule("op_threshold_out_of_range", _BEFORE, _SPLIT, "a threshold that can't be"),
    Rule("op_bad_signer", _BEFORE, _SPLIT, "a signer that can't be"),
    Rule("op_invalid_home_domain", _BEFORE, _SPLIT, "a home domain that can't be"),
    Rule("op_auth_revocable_required", _LEDGER, _SPLIT, "the issuer must be able to revoke"),
    _ours("op_not_supported_yet", _BEFORE, "the network does not support it"),
    Rule("op_data_name_not_found", _LEDGER, _SPLIT, "the data entry is not there"),
    Rule("op_data_invalid_name", _BEFORE, _SPLIT, "a name that can't be"),
    # Claimable balances and clawback.
    Rule("op_cannot_claim", _LEDGER, _SPLIT, "it can't be claimed by this account now"),
    Rule("op_trustline_frozen", _LEDGER, _SPLIT, "the trustline is frozen"),
    Rule("op_not_clawback_enabled", _LEDGER, _SPLIT, "the asset can't be taken back"),
    # Offers, paths, pools and contracts: we send none, and would have to know why one came.
    *(
        _ours(name, _EITHER, "nothing that we send can end so")
        for name in (
            *("op_not_time", "op_too_few_offers", "op_cross_self", "op_over_source_max"),
            *("op_under_dest_min", "op_sell_no_trust", "op_buy_no_trust", "sell_not_authorized"),
            *("buy_not_authorized", "op_sell_no_issuer", "buy_no_issuer", "op_offer_not_found"),
            *("op_bad_price", "op_pool_full", "op_under_minimum", "function_trapped"),
            *("resource_limit_exceeded", "entry_archived", "insufficient_refundable_fee"),
        )
    ),
)
_RULES = {rule.name: rule for rule in _TABLE}
