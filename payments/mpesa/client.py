"""The calls to M-Pesa: wire only, one request each, an outcome in return, and no error raised.

ACCEPTED means that the request was taken, never that money has moved. REJECTED means that it was
certainly not taken. UNKNOWN means that it may have been: ask, don't repeat. Nothing is tried again
here, with one exception: a request that was refused for its token goes once more with a new one.

Must not be called within a database transaction. Amounts are cents, of whole shillings.
"""

import threading
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.views.decorators.debug import sensitive_variables

from nannychain.clock import NAIROBI, now
from nannychain.http import AnswerLost, NotSent, Session
from nannychain.money import CENTS_PER_SHILLING
from payments.mpesa import access, account, answers, credentials
from payments.mpesa.account import Account
from payments.mpesa.answers import Envelope, Pulled, Pushed, PushStatus, Reply, Taken

REFERENCE_LENGTH_MAX = 12
DESCRIPTION_LENGTH_MAX = 13
REMARKS_LENGTH_MAX = 100
_SHORTCODE = "4"  # the kind of identifier
_REVERSAL_RECEIVER = "11"
_of_thread = threading.local()


@sensitive_variables()
def push(
    *, phone: str, amount_cents: int, account_reference: str, description: str, callback_url: str
) -> Pushed:
    """Have M-Pesa ask the person for her PIN. There is no key against doubles: never push twice.

    `phone` is E.164; the reference has at most 12 letters and digits, the description 13.
    """
    ours = account.from_settings()
    time = credentials.timestamp(now())
    body = {
        "BusinessShortCode": ours.shortcode,
        "Password": credentials.password(
            shortcode=ours.shortcode, passkey=ours.passkey, timestamp=time
        ),
        "Timestamp": time,
        "TransactionType": "CustomerPayBillOnline",
        "Amount": _shillings(amount_cents),
        "PartyA": _number(phone),
        "PartyB": ours.shortcode,
        "PhoneNumber": _number(phone),
        "CallBackURL": callback_url,
        "AccountReference": _short(account_reference, length=REFERENCE_LENGTH_MAX),
        "TransactionDesc": _short(description, length=DESCRIPTION_LENGTH_MAX),
    }
    return answers.pushed(_called("/mpesa/stkpush/v1/processrequest", body, ours))


@sensitive_variables()
def push_status(*, checkout_request_id: str) -> PushStatus:
    """Ask how a push stands: PAID, FAILED or PENDING, without amount or receipt."""
    ours = account.from_settings()
    time = credentials.timestamp(now())
    body = {
        "BusinessShortCode": ours.shortcode,
        "Password": credentials.password(
            shortcode=ours.shortcode, passkey=ours.passkey, timestamp=time
        ),
        "Timestamp": time,
        "CheckoutRequestID": checkout_request_id,
    }
    return answers.push_status(_called("/mpesa/stkpushquery/v1/query", body, ours))


@sensitive_variables()
def pay_out(
    *,
    originator_conversation_id: str,
    phone: str,
    amount_cents: int,
    remarks: str,
    result_url: str,
    timeout_url: str,
    occasion: str = "",
) -> Taken:
    """Have M-Pesa pay to a phone (B2C). The id is ours, one for each attempt that may be made:
    M-Pesa carries out one request for it, however often it comes.
    """
    ours = account.from_settings()
    body = {
        "OriginatorConversationID": originator_conversation_id,
        "InitiatorName": ours.initiator_name,
        "SecurityCredential": _credential(ours),
        "CommandID": "BusinessPayment",
        "Amount": _shillings(amount_cents),
        "PartyA": ours.payout_shortcode,
        "PartyB": _number(phone),
        "Remarks": _remarks(remarks),
        "QueueTimeOutURL": timeout_url,
        "ResultURL": result_url,
        "Occassion": occasion[:REMARKS_LENGTH_MAX],  # their spelling
    }
    return answers.unless_locked(answers.taken(_called("/mpesa/b2c/v3/paymentrequest", body, ours)))


@sensitive_variables()
def transaction_status(
    *,
    shortcode: str,
    result_url: str,
    timeout_url: str,
    receipt: str = "",
    originator_conversation_id: str = "",
    remarks: str = "status",
) -> Taken:
    """Ask what became of a transaction of ours, by its receipt or by the id that we gave it.

    The answer comes to `result_url`: `messages.result`, Where.QUESTION, and then its `status`.
    """
    if bool(receipt) == bool(originator_conversation_id):
        raise ValueError("either the receipt or our id")
    which = (
        {"TransactionID": receipt}
        if receipt
        else {"OriginalConversationID": originator_conversation_id}
    )
    body = {"CommandID": "TransactionStatusQuery", **which, "Occasion": ""}
    return _asked(
        "/mpesa/transactionstatus/v1/query",
        body,
        shortcode=shortcode,
        urls=(result_url, timeout_url),
        remarks=remarks,
    )


@sensitive_variables()
def account_balance(
    *, shortcode: str, result_url: str, timeout_url: str, remarks: str = "balance"
) -> Taken:
    """Ask what our accounts hold. The answer comes to `result_url`: `balances.of_result`."""
    return _asked(
        "/mpesa/accountbalance/v1/query",
        {"CommandID": "AccountBalance"},
        shortcode=shortcode,
        urls=(result_url, timeout_url),
        remarks=remarks,
    )


@sensitive_variables()
def reverse(
    *, receipt: str, amount_cents: int, result_url: str, timeout_url: str, remarks: str
) -> Taken:
    """Give a payment that came in by push or paybill back to its payer. Payouts can't be."""
    ours = account.from_settings()
    body = {
        "Initiator": ours.initiator_name,
        "SecurityCredential": _credential(ours),
        "CommandID": "TransactionReversal",
        "TransactionID": receipt,
        "Amount": _shillings(amount_cents),
        "ReceiverParty": ours.shortcode,
        "RecieverIdentifierType": _REVERSAL_RECEIVER,  # their spelling
        "ResultURL": result_url,
        "QueueTimeOutURL": timeout_url,
        "Remarks": _remarks(remarks),
        "Occasion": "",
    }
    return answers.taken(_called("/mpesa/reversal/v1/request", body, ours))


@sensitive_variables()
def register_urls(
    *, confirmation_url: str, validation_url: str, accepts_without_us: bool = True
) -> Taken:
    """Tell M-Pesa where payments to the paybill are told. In production it can be done once.

    `accepts_without_us`: what M-Pesa does with a payment when our validation does not answer.
    """
    ours = account.from_settings()
    body = {
        "ShortCode": ours.shortcode,
        "ResponseType": "Completed" if accepts_without_us else "Cancelled",
        "ConfirmationURL": confirmation_url,
        "ValidationURL": validation_url,
    }
    return answers.taken(_called("/mpesa/c2b/v2/registerurl", body, ours))


@sensitive_variables()
def register_pull(*, nominated_phone: str, callback_url: str) -> Reply:
    """Have M-Pesa let us fetch the payments that came to our number. It is done once; again is yes.

    `nominated_phone` is E.164: the Safaricom number that the organisation has named for it.
    """
    ours = account.from_settings()
    body = {
        "ShortCode": ours.shortcode,
        "RequestType": "Pull",
        "NominatedNumber": _number(nominated_phone),
        "CallBackURL": callback_url,
    }
    return answers.pull_registered(_called("/pulltransactions/v1/register", body, ours))


@sensitive_variables()
def pull(*, since: datetime, until: datetime, offset: int = 0) -> Pulled:
    """Fetch one page of the payments that came to our number, at most 48 hours back.

    The number has to be registered for it: `register_pull`. The next page begins at `offset` +
    `rows`; one without rows is the last.
    """
    ours = account.from_settings()
    body = {
        "ShortCode": ours.shortcode,
        "StartDate": _clock(since),
        "EndDate": _clock(until),
        "OffSetValue": str(offset),
    }
    envelope = _called("/pulltransactions/v1/query", body, ours)
    return answers.pulled(envelope, shortcode=ours.shortcode)


@sensitive_variables()
def _asked(
    path: str, body: Mapping[str, str], *, shortcode: str, urls: tuple[str, str], remarks: str
) -> Taken:
    """Hand in a question; `urls` are those for its result and for a queue timeout."""
    ours = account.from_settings()
    whole = {
        **body,
        "Initiator": ours.initiator_name,
        "SecurityCredential": _credential(ours),
        "PartyA": shortcode,
        "IdentifierType": _SHORTCODE,
        "ResultURL": urls[0],
        "QueueTimeOutURL": urls[1],
        "Remarks": _remarks(remarks),
    }
    return answers.taken(_called(path, whole, ours))


@sensitive_variables()
def _called(path: str, body: Mapping[str, Any], ours: Account) -> Envelope:
    """Send one request with a token; once more, with another token, where that was refused."""
    session = _session()
    refused = ""
    envelope = answers.unsent("no_token")
    for _ in range(2):
        try:
            token = access.token(session, ours, not_this=refused)
        except access.NoToken as error:
            return answers.unsent("key_refused" if error.is_refused else "no_token")
        envelope = _sent(session, ours.base_url + path, body, token=token)
        if envelope.code not in answers.TOKEN_REFUSED:
            break
        refused = token
    return envelope


@sensitive_variables()
def _sent(session: Session, url: str, body: Mapping[str, Any], *, token: str) -> Envelope:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    try:
        answer = session.exchange("POST", url, headers=headers, json=body)
    except NotSent:
        return answers.unsent("not_sent")
    except AnswerLost:
        return answers.unsent("answer_lost")
    return answers.opened(answer.status_code, answer.content)


def _session() -> Session:
    """Return this thread's session: it holds a connection open."""
    if not hasattr(_of_thread, "session"):
        _of_thread.session = Session()
    session: Session = _of_thread.session
    return session


@sensitive_variables()
def _credential(ours: Account) -> str:
    return credentials.security_credential(
        initiator_password=ours.initiator_password, certificate=ours.certificate
    )


def is_movable(amount_cents: int) -> bool:
    """Tell whether M-Pesa can move an amount: whole shillings, one or more."""
    return amount_cents >= CENTS_PER_SHILLING and amount_cents % CENTS_PER_SHILLING == 0


def _shillings(amount_cents: int) -> str:
    if not is_movable(amount_cents):
        raise ValueError("M-Pesa moves whole shillings, one or more")
    return str(amount_cents // CENTS_PER_SHILLING)


def _number(e164: str) -> str:
    return e164.removeprefix("+")


def _short(text: str, *, length: int) -> str:
    if not 0 < len(text) <= length or not text.isascii():
        raise ValueError(f"1 to {length} characters of ASCII")
    return text


def _remarks(text: str) -> str:
    return text[:REMARKS_LENGTH_MAX].ljust(2, ".")


def _clock(instant: datetime) -> str:
    return f"{instant.astimezone(NAIROBI):%Y-%m-%d %H:%M:%S}"
