"""A member's number changes: the old one lets go, the new one takes hold, and both are told.

    ASKED → DONE         the old number by a code or two of the staff; the new one by a code
    ASKED → CANCELLED    by the member, by a newer wish, or because the number is somebody's
    ASKED → EXPIRED      nobody has shown both in time

Everything else stays: account, money, PIN. All devices are signed out, and what may leave is capped
for a day. Afterwards the old number is nobody's.

What can go wrong: the old phone is lost (`release`, by two of the staff); the new number joins by
itself meanwhile (CANCELLED, and only who holds that phone is told).
"""
