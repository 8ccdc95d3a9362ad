"""What a code is for. A code for one purpose is of no use for another."""

from enum import StrEnum


class Purpose(StrEnum):
    """Each purpose has a text of its own in `messages.py`."""

    PROVE_PHONE = "PROVE_PHONE"  # to register, to sign in, and to prove one's number again
    SET_PIN = "SET_PIN"  # a first PIN where money has come before it
    RESET_PIN = "RESET_PIN"
    LEAVE_PHONE = "LEAVE_PHONE"  # to the old number, when it is changed
    TAKE_PHONE = "TAKE_PHONE"  # to the new number, when it is changed
    JOIN = "JOIN"  # an account for another person's number, opened from this phone
