"""The signer: the only place that opens keys to sign, for the length of one call.

It takes typed intents, never an envelope: it looks up every address itself, checks each intent
against the rows that it names and against limits of its own, builds the transaction and signs it.
Hash and envelope are committed before anybody could post them. Each signature is in the audit
trail, and nothing secret is. What Python has had in memory it can't be made to forget.
"""

from collections import Counter
from collections.abc import Sequence
from uuid import UUID

import structlog
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables
from stellar_sdk import DecoratedSignature, FeeBumpTransactionEnvelope, TransactionEnvelope

from nannychain import alerts, audit, strkey
from nannychain.queues import enqueue_after_commit
from nannychain.sealing.opening import KeyUnavailable
from nannychain.transactions import required
from wallets.custody import building, limits
from wallets.custody.building import CannotBuild, Frame
from wallets.custody.checks import Declined, check, check_network, owner_of
from wallets.custody.keys import FundingSource, KeySource, check_held, keys_for
from wallets.custody.limits import LimitReached
from wallets.stellar.fees import CEILING_STROOPS
from wallets.stellar.intents import Intent, InvalidIntent, from_json
from wallets.stellar.models import Envelope, Submission
from wallets.stellar.states import SUBMISSION, State

log = structlog.get_logger(__name__)

_NO_KEYS = "stellar:signer_has_no_keys"
_BUMPED = (State.SIGNED, State.SENT, State.UNKNOWN, State.REFUSED)


def sign(submission_id: UUID | str) -> bool:
    """Sign a planned submission; return whether it was signed now.

    What is wrong is declined for good. Where this process has no keys, or the day's limit is
    reached, it stays planned, staff are told, and it can be signed until its bounds pass. Safe to
    call twice, and by many workers at once.
    """
    try:
        with transaction.atomic():
            submission = _locked(submission_id)
            if submission.state != State.PLANNED:
                return False
            try:
                with transaction.atomic():
                    _sign(submission)
            except (Declined, CannotBuild, InvalidIntent) as error:
                _decline(submission, words=str(error)[:200], blamed=_blamed(submission, error))
                return False
    except KeyUnavailable:
        _tell_no_keys()
        return False
    except LimitReached as error:
        _tell_limit(str(error))
        return False
    alerts.resolve(_NO_KEYS)
    return True


def sign_bump(submission_id: UUID | str, *, base_fee_stroops: int) -> bool:
    """Sign a fee bump around a pending submission's own envelope; return whether it was signed.

    The bid, in stroops per operation, must be above every earlier one and within the ceiling. What
    is wrong is not signed and staff are told; the submission itself goes on as it was.
    """
    try:
        with transaction.atomic():
            submission = _locked(submission_id)
            last = submission.envelopes.order_by("-number").first()
            if submission.state not in _BUMPED or last is None:
                return False
            if not submission.base_fee_stroops < base_fee_stroops <= CEILING_STROOPS:
                return False
            try:
                return _sign_bump(submission, last=last, base_fee=base_fee_stroops)
            except (Declined, CannotBuild) as error:
                _tell_declined(submission, words=str(error))
                return False
    except KeyUnavailable:
        _tell_no_keys()
        return False
    except LimitReached as error:
        _tell_limit(str(error))
        return False


@required
@sensitive_variables()
def _sign(submission: Submission) -> None:
    intents, funding = from_json(submission.intents), FundingSource()
    check(submission, intents, funding=funding.address)
    keys = keys_for(submission, intents, funding=funding)
    envelope = building.build(
        intents,
        addresses={owner: key.address for owner, key in keys.by_owner.items()},
        funding=funding.address,
        frame=Frame(
            passphrase=settings.STELLAR_NETWORK_PASSPHRASE,
            source=submission.channel.public_key,
            sequence=submission.sequence,
            max_ledger=submission.max_ledger,
            valid_until=int(submission.valid_until.timestamp()),
            base_fee=submission.base_fee_stroops,
        ),
    )
    signers = [keys.by_address[address] for address in building.signers_of(envelope)]
    check_held(signers)
    stored = _sign_and_store(submission, envelope, intents=intents, signers=signers, number=0)
    instant = timezone.now()
    SUBMISSION.move(
        submission, to=State.SIGNED, hash=stored.hash, signed_at=instant, due_at=instant
    )
    _note(submission, envelope=stored, intents=intents, signers=signers)


@required
@sensitive_variables()
def _sign_bump(submission: Submission, *, last: Envelope, base_fee: int) -> bool:
    check_network(submission)
    inner, funding = submission.envelopes.get(number=0), FundingSource()
    envelope = building.bump(
        inner.xdr,
        funding=funding.address,
        base_fee=base_fee,
        passphrase=settings.STELLAR_NETWORK_PASSPHRASE,
    )
    if envelope.transaction.inner_transaction_envelope.hash_hex() != submission.hash:
        raise Declined("the stored envelope is not the one that was signed")
    if envelope.transaction.fee <= last.fee_stroops:
        return False
    number = last.number + 1
    stored = _sign_and_store(submission, envelope, intents=(), signers=[funding], number=number)
    Submission.objects.filter(pk=submission.pk).update(due_at=timezone.now(), posts=0)
    _note(submission, envelope=stored, intents=(), signers=[funding])
    return True


@required
@sensitive_variables()
def _sign_and_store(
    submission: Submission,
    envelope: TransactionEnvelope | FeeBumpTransactionEnvelope,
    *,
    intents: tuple[Intent, ...],
    signers: Sequence[KeySource],
    number: int,
) -> Envelope:
    """Sign with these keys, in this order, where the day has room for it; store the envelope."""
    fee = envelope.transaction.fee
    limits.spend_day(submission, intents=intents, fee_stroops=fee)
    message = envelope.hash()
    for key in signers:
        hint = strkey.public_key_bytes(key.address)[-4:]
        envelope.signatures.append(DecoratedSignature(hint, key.sign(message)))
    return Envelope.objects.create(
        submission=submission,
        number=number,
        hash=envelope.hash_hex(),
        xdr=envelope.to_xdr(),
        fee_stroops=fee,
    )


@required
def _note(
    submission: Submission,
    *,
    envelope: Envelope,
    intents: tuple[Intent, ...],
    signers: Sequence[KeySource],
) -> None:
    audit.record(
        "stellar.signed",
        subject=submission,
        after={
            "hash": envelope.hash,
            "purpose": submission.purpose,
            "intents": dict(Counter(intent.kind for intent in intents)) or "fee bump",
            "stroops": limits.stroops_of(intents),
            "fee_stroops": envelope.fee_stroops,
            "signatures": len(signers),
            "signers": dict(Counter(key.kind for key in signers)),
        },
        channel="signer",
    )
    enqueue_after_commit("wallets.stellar.send", submission_id=str(submission.pk))
    log.info("stellar.signed", submission_id=str(submission.pk), hash=envelope.hash)


@required
def _locked(submission_id: UUID | str) -> Submission:
    rows = Submission.objects.select_for_update(of=("self",)).select_related("channel")
    return rows.get(pk=submission_id)


@required
def _decline(submission: Submission, *, words: str, blamed: Sequence[UUID]) -> None:
    SUBMISSION.move(
        submission,
        to=State.DECLINED,
        why=words,
        blamed=[str(key) for key in blamed],
        last_answer=f"the signer declined: {words}"[:200],
        ended_at=timezone.now(),
    )
    _tell_declined(submission, words=words)


@required
def _tell_declined(submission: Submission, *, words: str) -> None:
    audit.record("stellar.declined", subject=submission, reason=words, channel="signer")
    alerts.raise_alert(
        key="stellar:declined",
        title="The signer has declined a transaction",
        details={"submission_id": str(submission.pk), "why": words},
    )


def _blamed(submission: Submission, error: Exception) -> Sequence[UUID]:
    """Return who alone is why it is declined; nobody where a planner should know better."""
    if isinstance(error, CannotBuild) and error.order is not None:
        return [owner_of(from_json(submission.intents)[error.order])]
    return error.blamed if isinstance(error, Declined) else ()


def _tell_no_keys() -> None:
    alerts.raise_alert(
        key=_NO_KEYS,
        title="The signer has no keys: give it ENCRYPTION_KEY and STELLAR_FUNDING_SECRET",
    )


def _tell_limit(words: str) -> None:
    alerts.raise_alert(
        key="stellar:signing_limit",
        title="The signer's limit for a day is reached",
        details={"why": words},
    )
