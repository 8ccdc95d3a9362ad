"""What becomes of a message: told by the end of the phone's number, or else by the faults.

A table, so that a test or a curious person can have each fate for the asking: a message to
`+254712999902` is accepted and never arrives, because the subscriber is absent. Endings are six
digits long, so that no number that is made up at random meets one by chance.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Fate:
    """The final status of a message's reports, its reason if it has one, and what happened."""

    status: str
    reason: str = ""
    phrase: str = ""

    @property
    def arrives(self) -> bool:
        """Return whether the message reaches the phone."""
        return self.status == "Success"


@dataclass(frozen=True)
class Refusal:
    """A status and code by which a recipient is refused before anything is accepted."""

    status: str
    code: int
    phrase: str


DELIVERED = Fate("Success")
UNDELIVERED = Fate("Failed", "DeliveryFailure", "the network could not deliver it")
REJECTED = Refusal("RejectedByGateway", 502, "the network's gateway turned it down")

FATES = {
    "999901": UNDELIVERED,
    "999902": Fate("AbsentSubscriber", "", "the phone is off or out of reach"),
    "999903": Fate("Rejected", "UserInBlackList", "the subscriber has blocked such messages"),
    "999904": Fate("Expired", "", "the phone stayed off until the message was too old"),
    "999905": Fate("Failed", "UserDoesNotExist", "nobody has the number"),
}
REFUSALS = {
    "999911": Refusal("RiskHold", 401, "the provider holds it back"),
    "999912": Refusal("UnsupportedNumberType", 404, "the number is no mobile number"),
    "999913": Refusal("CouldNotRoute", 407, "no network takes it"),
    "999914": Refusal("InternalServerError", 500, "the provider failed at this recipient"),
    "999915": REJECTED,
}
_DIGITS = 6


def fate(phone: str) -> Fate:
    """Return what becomes of messages to this number; most arrive."""
    return FATES.get(phone[-_DIGITS:], DELIVERED)


def refusal(phone: str) -> Refusal | None:
    """Return how this number is refused; None for all but the few of the table."""
    return REFUSALS.get(phone[-_DIGITS:])


def as_json() -> list[dict[str, str | int]]:
    """Return both tables, for people and for tests."""
    fates: list[dict[str, str | int]] = [
        {"ending": ending, "report": f.status, "reason": f.reason, "phrase": f.phrase}
        for ending, f in FATES.items()
    ]
    return fates + [
        {"ending": ending, "answer": r.status, "code": r.code, "phrase": r.phrase}
        for ending, r in REFUSALS.items()
    ]
