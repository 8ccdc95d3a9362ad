"""The flows that staff can stop, each by itself."""

from enum import StrEnum


class Flow(StrEnum):
    """What can be stopped. Money that has come in is booked all the same."""

    REGISTRATIONS = "registrations"  # new accounts
    DEPOSITS = "deposits"  # new prompts; what M-Pesa reports later is booked
    WITHDRAWALS = "withdrawals"  # new ones, and those not yet handed to M-Pesa
    TRANSFERS = "transfers"  # money between members
    # Payments are refused at validation, none is given back; a confirmed one is booked.
    PAYBILL = "paybill"
