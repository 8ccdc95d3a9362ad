"""What can be made to go wrong with M-Pesa, by the faults of the control API and the phone page."""

from simulators.faults import Kind, Parameter

PUSH, PAYOUT, QUESTION, PAYBILL, TOKEN = (
    "daraja.push",
    "daraja.payout",
    "daraja.question",
    "daraja.paybill",
    "daraja.token",
)
_OF_CALLS = (
    Kind("slow", "the answer takes its time", (Parameter("seconds", 5, 0.05, 300),)),
    Kind("down", "the connection is dropped before the request is taken"),
    Kind("answer_lost", "the request is taken and carried out, but the connection is dropped"),
    Kind(
        "error", "the answer is a server error", (Parameter("status", 500, 500, 599, whole=True),)
    ),
    Kind(
        "html",
        "the answer is a web page, with status 200 or another",
        (Parameter("status", 200, 200, 599, whole=True),),
    ),
    Kind("soap", "the answer is a SOAP fault in the name of JSON"),
    Kind("spike_arrest", "too many calls: 500.003.02, and nothing is taken"),
    Kind("token_invalid", "the token is not valid any more, though its time is not over"),
)
_OF_CALLBACKS = (
    Kind("callback_lost", "what became of it is never told"),
    Kind("callback_doubled", "it is told twice"),
    Kind("callback_early", "it is told before the request is answered"),
    Kind("callback_late", "it is told late", (Parameter("seconds", 60, 0.05, 86_400),)),
)
_QUEUE_TIMEOUT = Kind(
    "queue_timeout",
    "the request comes back to the timeout address; carried_out says whether it is done anyway",
    (Parameter("carried_out", 0, 0, 1, whole=True),),
)
FAULTS: dict[str, tuple[Kind, ...]] = {
    PUSH: (
        *_OF_CALLS,
        *_OF_CALLBACKS,
        Kind("masked", "the payer's number is masked in the callback"),
        Kind("silent", "no prompt reaches the phone, and nothing is told"),
    ),
    PAYOUT: (
        *_OF_CALLS,
        *_OF_CALLBACKS,
        _QUEUE_TIMEOUT,
        Kind("misreported", "it is told as a system error (17), though the payment is made"),
    ),
    QUESTION: (*_OF_CALLS, *_OF_CALLBACKS, _QUEUE_TIMEOUT),
    PAYBILL: (
        Kind("callback_lost", "the payment is made and never told"),
        Kind("callback_doubled", "the payment is told twice"),
        Kind(
            "callback_late", "the payment is told late", (Parameter("seconds", 60, 0.05, 86_400),)
        ),
        Kind("hashed", "the payer's number comes as a hash"),
        Kind("plain", "the payer's number comes whole, as in older years"),
        Kind("no_validation", "nobody is asked before the payment"),
    ),
    TOKEN: (
        Kind("down", "whoever asks for a token gets no answer"),
        Kind(
            "error",
            "whoever asks for a token gets a server error",
            (Parameter("status", 500, 500, 599, whole=True),),
        ),
        Kind("refused", "our key is refused: 400.008.01"),
    ),
}
# Nobody's phone has a part in these.
PHONELESS = frozenset({TOKEN, QUESTION})
