"""Withdrawals: money leaves a wallet at once, and M-Pesa pays it out to the member's own phone.

    RESERVED ─► SENDING ─► SENT ─► PAID
        ▲          │  │      └───► FAILED (the money is back)
        │          │  └─► UNKNOWN ─► PAID | FAILED | NEEDS_REVIEW ─► PAID | FAILED
        └──(new attempt, new id)── PARKED ◄─ certainly not paid, and may be tried again

Who: the member by USSD or API, with her PIN. Money: wallet to "payouts under way" at the request;
from there to the payout float, fees and tax when M-Pesa has paid, or back to the wallet when it
certainly has not. Both ends share one key, so that only one of them can be booked.

Each call is an attempt with an id of its own (OriginatorConversationID), committed before the
call. An attempt whose fate is unknown is asked about by that id and never followed by another; a
new attempt goes only after a definite rejection. Above a limit the money goes back only when a
status query agrees with the failure. What nobody can tell is settled by two members of staff.

What can go wrong: the answer is lost, the callback is lost, doubled, early or late, the queue
times out (asked about); M-Pesa's answers contradict each other (staff); our credentials are
refused (everything stops, staff are told); the database was taken back from a backup (what was
asked for before may have been paid since: staff); the float is short (payouts are parked, and one
by one tried again); the phone's M-Pesa is full or not registered (the money is back, and she is
told); M-Pesa pays what we had given back (booked in suspense, staff are told).

    services   request, quote        sending    claim, call, record
    results    what M-Pesa says      asking     transaction status
    outcomes   paid, failed, parked  desk       stop, short float, kill switch, daily cap
    review     two members of staff  sweep      the guarantee
"""
