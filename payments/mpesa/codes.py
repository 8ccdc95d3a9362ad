"""Every code of M-Pesa that we know, and what we make of it: one line each.

A closed set of codes is a failure. What is not listed here stays pending (a call: unknown) and
alerts. Texts of Safaricom's decide nothing, save where one code stands for several things.
Source: Safaricom's documentation and recorded answers; "seen" marks what is not documented.
"""

import re
from dataclasses import replace

from payments.mpesa import words
from payments.mpesa.meanings import Alert, Meaning, Others, Outcome, Where

__all__ = ["RULES", "Alert", "Meaning", "Others", "Outcome", "Where", "meaning_of", "unanswered"]

_T, _H, _C = Where.TRANSPORT, Where.HTTP, Where.CALL
_PUSH, _OUT, _ASK, _REV, _ST = (
    Where.PUSH,
    Where.PAYOUT,
    Where.QUESTION,
    Where.REVERSAL,
    Where.STATUS,
)
_YES, _NO, _PERHAPS = Outcome.ACCEPTED, Outcome.REJECTED, Outcome.UNKNOWN
_PAID, _FAILED, _WAIT = Outcome.PAID, Outcome.FAILED, Outcome.PENDING
_LASTS, _NOW = Alert.IF_IT_LASTS, Alert.AT_ONCE
_PARK, _STOP = Others.PARK, Others.STOP
_SURE, _UNSURE, _AGAIN, _FINAL = True, False, True, False
_OURS, _BUSY, _NONE = words.OUR_TROUBLE, words.BUSY, words.NOTHING

_CALLS = (
    Meaning(_T, "not_sent", _NO, _SURE, _AGAIN, _BUSY, "no connection came about", _LASTS),
    Meaning(_T, "no_token", _NO, _SURE, _AGAIN, _BUSY, "no access token was given", _LASTS),
    Meaning(_T, "key_refused", _NO, _SURE, _AGAIN, _OURS, "our key is refused", _NOW, _STOP),
    Meaning(_T, "answer_lost", _PERHAPS, _UNSURE, _FINAL, words.WAITING, "no answer came", _LASTS),
    Meaning(_H, "2xx", _PERHAPS, _UNSURE, _FINAL, words.WAITING, "an answer without sense", _NOW),
    Meaning(_H, "3xx", _NO, _SURE, _AGAIN, _OURS, "our address for M-Pesa is wrong", _NOW, _STOP),
    Meaning(_H, "4xx", _NO, _SURE, _AGAIN, _OURS, "our requests are not taken", _NOW),
    Meaning(_H, "408", _PERHAPS, _UNSURE, _FINAL, words.WAITING, "timed out on their side"),
    Meaning(_H, "409", _PERHAPS, _UNSURE, _FINAL, words.WAITING, "a conflict on their side", _NOW),
    Meaning(_H, "429", _NO, _SURE, _AGAIN, _BUSY, "we are asked to slow down", _LASTS),
    Meaning(_H, "5xx", _PERHAPS, _UNSURE, _FINAL, words.WAITING, "M-Pesa is in trouble", _LASTS),
    Meaning(_C, "0", _YES, _SURE, _FINAL, words.WAITING, "taken; nothing is paid yet"),
    Meaning(_C, "400.002.02", _NO, _SURE, _FINAL, _OURS, "a field is not right", _NOW),
    Meaning(_C, "400.002.05", _NO, _SURE, _FINAL, _OURS, "the request is not right", _NOW),
    Meaning(_C, "400.003.01", _NO, _SURE, _AGAIN, _BUSY, "the token is not valid", _NOW),
    Meaning(_C, "401.002.01", _NO, _SURE, _AGAIN, _BUSY, "the token is not valid", _NOW),
    Meaning(_C, "401.003.01", _NO, _SURE, _AGAIN, _OURS, "our app has no such API", _NOW, _STOP),
    Meaning(_C, "404.001.01", _NO, _SURE, _AGAIN, _OURS, "no such address", _NOW),
    Meaning(_C, "404.002.01", _NO, _SURE, _AGAIN, _OURS, "no such address", _NOW),
    Meaning(_C, "404.003.01", _NO, _SURE, _AGAIN, _OURS, "no such address", _NOW),
    Meaning(_C, "404.001.03", _NO, _SURE, _AGAIN, _BUSY, "the token is not valid", _NOW),
    Meaning(_C, "404.001.04", _NO, _SURE, _AGAIN, _OURS, "a header or the verb is wrong", _NOW),
    Meaning(_C, "405.001", _NO, _SURE, _AGAIN, _OURS, "the verb is wrong", _NOW),
    # Overloaded: only what certainly came before any work is a rejection.
    *(
        Meaning(_C, "500.001.1001", _NO, _SURE, _AGAIN, told, note, alert, others, message)
        for message, note, told, alert, others in (
            ("wrong credentials", "passkey, time or shortcode is wrong", _OURS, _NOW, _STOP),
            ("merchant does not exist", "our shortcode is not known", _OURS, _NOW, _STOP),
            (
                "unable to lock subscriber",
                "the payer's line is in use",
                words.LINE_BUSY,
                Alert.NEVER,
                Others.GO_ON,
            ),
        )
    ),
    Meaning(_C, "500.001.1001", _PERHAPS, _UNSURE, _FINAL, words.WAITING, "says nothing sure"),
    Meaning(
        _C,
        "500.002.1001",
        _PERHAPS,
        _UNSURE,
        _FINAL,
        words.WAITING,
        "an earlier request with this id was taken: ask what became of it",
        message="duplicate originatorconversationid",
    ),
    Meaning(_C, "500.002.1001", _PERHAPS, _UNSURE, _FINAL, words.WAITING, "their fault", _LASTS),
    *(
        Meaning(_C, code, _NO, _SURE, _AGAIN, _BUSY, note, _LASTS, message=message)
        for code, message, note in (
            ("500.003.02", "spike arrest", "too many calls at once"),
            ("500.003.03", "", "our quota of calls is used up"),
        )
    ),
    Meaning(_C, "500.003.02", _PERHAPS, _UNSURE, _FINAL, words.WAITING, "they are busy", _LASTS),
    Meaning(
        _C,
        "500.003.1001",
        _NO,
        _SURE,
        _FINAL,
        _NONE,
        "these addresses are registered",
        message="already registered",
    ),
    Meaning(_C, "500.003.1001", _PERHAPS, _UNSURE, _FINAL, words.WAITING, "their fault", _LASTS),
)
_PUSHES = (
    Meaning(_PUSH, "0", _PAID, _SURE, _FINAL, _NONE, "paid"),
    Meaning(_PUSH, "1", _FAILED, _SURE, _AGAIN, words.NOT_ENOUGH, "the payer has too little"),
    Meaning(_PUSH, "2", _FAILED, _SURE, _FINAL, words.TOO_SMALL, "below the least amount"),
    Meaning(_PUSH, "3", _FAILED, _SURE, _FINAL, words.TOO_BIG, "above the greatest amount"),
    Meaning(_PUSH, "4", _FAILED, _SURE, _FINAL, words.DAY_IS_FULL, "the payer's day is full"),
    Meaning(_PUSH, "8", _FAILED, _SURE, _FINAL, _OURS, "our account would be too full", _NOW),
    Meaning(
        _PUSH,
        "17",
        _FAILED,
        _SURE,
        _AGAIN,
        words.SAME_AGAIN,
        "same amount, same payer, within two minutes",
        message="rule limited",
    ),
    Meaning(_PUSH, "17", _FAILED, _UNSURE, _AGAIN, _BUSY, "a fault of theirs (seen)"),
    Meaning(_PUSH, "26", _FAILED, _UNSURE, _AGAIN, _BUSY, "they are busy (seen)"),
    Meaning(_PUSH, "1001", _FAILED, _SURE, _AGAIN, words.LINE_BUSY, "the payer's line is in use"),
    Meaning(_PUSH, "1019", _FAILED, _SURE, _AGAIN, words.EXPIRED, "expired"),
    Meaning(_PUSH, "1025", _FAILED, _SURE, _AGAIN, _BUSY, "the prompt could not be sent", _LASTS),
    Meaning(_PUSH, "1031", _FAILED, _SURE, _AGAIN, words.CANCELLED, "cancelled (seen)"),
    Meaning(_PUSH, "1032", _FAILED, _SURE, _AGAIN, words.CANCELLED, "cancelled, or timed out"),
    Meaning(_PUSH, "1036", _FAILED, _UNSURE, _AGAIN, words.NO_ANSWER, "no receipt of it (seen)"),
    Meaning(_PUSH, "1037", _FAILED, _UNSURE, _AGAIN, words.NO_ANSWER, "phone not reached"),
    Meaning(_PUSH, "2001", _FAILED, _SURE, _AGAIN, words.WRONG_PIN, "the payer's PIN was wrong"),
    Meaning(_PUSH, "2028", _FAILED, _SURE, _FINAL, _OURS, "our kind of number can't", _NOW, _STOP),
    Meaning(_PUSH, "8006", _FAILED, _SURE, _FINAL, words.BLOCKED, "the payer is locked"),
    Meaning(_PUSH, "9999", _FAILED, _UNSURE, _AGAIN, _BUSY, "a fault of theirs", _LASTS),
    Meaning(_PUSH, "SFC_IC0003", _FAILED, _SURE, _FINAL, _OURS, "our number is wrong", _NOW, _STOP),
    Meaning(_PUSH, "4999", _WAIT, _UNSURE, _FINAL, words.WAITING, "under way (seen)"),
)
_PAYOUTS = (
    Meaning(_OUT, "0", _PAID, _SURE, _FINAL, _NONE, "paid"),
    Meaning(_OUT, "1", _FAILED, _SURE, _AGAIN, words.WAITING, "our float is empty", _NOW, _PARK),
    Meaning(_OUT, "2", _FAILED, _SURE, _FINAL, words.TOO_SMALL, "below the least amount"),
    Meaning(_OUT, "3", _FAILED, _SURE, _FINAL, words.TOO_BIG, "above the greatest amount"),
    Meaning(_OUT, "4", _FAILED, _SURE, _FINAL, words.DAY_IS_FULL, "the receiver's day is full"),
    Meaning(_OUT, "8", _FAILED, _SURE, _FINAL, words.WALLET_IS_FULL, "the receiver's is full"),
    Meaning(_OUT, "11", _FAILED, _SURE, _AGAIN, _OURS, "our account is not active", _NOW, _STOP),
    Meaning(_OUT, "17", _FAILED, _UNSURE, _AGAIN, _BUSY, "a fault of theirs: ask first", _LASTS),
    Meaning(_OUT, "21", _FAILED, _SURE, _AGAIN, _OURS, "our initiator may not pay", _NOW, _STOP),
    Meaning(_OUT, "2001", _FAILED, _SURE, _AGAIN, _OURS, "our credential is wrong", _NOW, _STOP),
    Meaning(_OUT, "2006", _FAILED, _SURE, _FINAL, words.NOT_ALLOWED, "an account's rule", _NOW),
    Meaning(_OUT, "2028", _FAILED, _SURE, _AGAIN, _OURS, "our kind can't do it", _NOW, _STOP),
    Meaning(_OUT, "2040", _FAILED, _SURE, _FINAL, words.NOT_REGISTERED, "not registered"),
    Meaning(_OUT, "8006", _FAILED, _SURE, _AGAIN, _OURS, "our credential is locked", _NOW, _STOP),
    Meaning(_OUT, "SFC_IC0003", _FAILED, _SURE, _FINAL, words.NOT_REGISTERED, "no such receiver"),
)
_QUESTIONS = (
    Meaning(_ASK, "0", _PAID, _SURE, _FINAL, _NONE, "answered"),
    Meaning(_ASK, "17", _WAIT, _UNSURE, _AGAIN, _NONE, "a fault of theirs; ask again"),
    Meaning(_ASK, "21", _WAIT, _UNSURE, _AGAIN, _NONE, "our initiator may not ask", _NOW),
    Meaning(_ASK, "2001", _WAIT, _UNSURE, _AGAIN, _NONE, "our credential is wrong", _NOW, _STOP),
    Meaning(_ASK, "8006", _WAIT, _UNSURE, _AGAIN, _NONE, "our credential is locked", _NOW, _STOP),
    Meaning(_REV, "0", _PAID, _SURE, _FINAL, _NONE, "given back"),
    Meaning(_REV, "1", _FAILED, _SURE, _AGAIN, _NONE, "our float is empty", _NOW),
    Meaning(_REV, "11", _FAILED, _SURE, _FINAL, _NONE, "an account is not active", _NOW),
    Meaning(_REV, "21", _FAILED, _SURE, _AGAIN, _NONE, "our initiator may not reverse", _NOW),
    Meaning(_REV, "2001", _FAILED, _SURE, _AGAIN, _NONE, "our credential is wrong", _NOW, _STOP),
    Meaning(_REV, "8006", _FAILED, _SURE, _AGAIN, _NONE, "our credential is locked", _NOW, _STOP),
    Meaning(_REV, "R000001", _PAID, _SURE, _FINAL, _NONE, "given back before"),
    Meaning(_REV, "R000002", _FAILED, _SURE, _FINAL, _NONE, "no such transaction", _NOW),
    Meaning(_ST, "completed", _PAID, _SURE, _FINAL, _NONE, "the money has moved"),
    Meaning(_ST, "cancelled", _FAILED, _SURE, _AGAIN, _BUSY, "cancelled"),
    Meaning(_ST, "declined", _FAILED, _SURE, _AGAIN, _BUSY, "declined"),
    Meaning(_ST, "expired", _FAILED, _SURE, _AGAIN, _BUSY, "expired"),
    Meaning(_ST, "failed", _FAILED, _SURE, _AGAIN, _BUSY, "failed"),
    Meaning(_ST, "pending", _WAIT, _UNSURE, _FINAL, words.WAITING, "under way"),
    Meaning(_ST, "authorized", _WAIT, _UNSURE, _FINAL, words.WAITING, "under way"),
)
RULES = (*_CALLS, *_PUSHES, *_PAYOUTS, *_QUESTIONS)
_PREFIX = re.compile(r"^\s*(\[[^\]]*\]\s*)+")


def meaning_of(where: Where, code: str, *, message: str = "") -> Meaning:
    """Return what to make of a code; what is not listed is not decided, and alerts."""
    told = _PREFIX.sub("", message).casefold()
    names = [code.casefold()]
    if where is Where.HTTP:
        names.append(f"{code[:1]}xx")
    for name in names:
        known = _BY_CODE.get((where, name), ())
        for rule in known:
            if rule.message in told:
                return rule
    is_call = where in (Where.TRANSPORT, Where.HTTP, Where.CALL)
    return Meaning(
        where,
        code[:60],
        Outcome.UNKNOWN if is_call else Outcome.PENDING,
        is_definite=False,
        is_retryable=False,
        words=words.WAITING,
        note=f"unknown code: {where} {code[:40]}",
        alert=Alert.AT_ONCE,
        is_known=False,
    )


def unanswered(meaning: Meaning) -> Meaning:
    """Return what a call's meaning says where the call was a question: there is no answer yet.

    Whatever became of the question, it says nothing about the money, and is asked again later.
    """
    return replace(
        meaning,
        outcome=Outcome.PENDING,
        is_definite=False,
        is_retryable=True,
        words=words.WAITING,
    )


def _by_code() -> dict[tuple[Where, str], tuple[Meaning, ...]]:
    found: dict[tuple[Where, str], tuple[Meaning, ...]] = {}
    for rule in RULES:
        key = (rule.where, rule.code.casefold())
        others = found.get(key, ())
        # Those with a text come before the one without.
        found[key] = (rule, *others) if rule.message else (*others, rule)
    return found


_BY_CODE = _by_code()
