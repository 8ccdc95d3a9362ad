"""Deposits: a member puts money from M-Pesa into her wallet, by a prompt on her phone.

    REQUESTED ─► SENDING ─► SENT ─► PAID
        │           │  └──► UNKNOWN ─► PAID | DECLINED | EXPIRED
        │           └─► REFUSED    └─► DECLINED | EXPIRED
        └─► CANCELLED, EXPIRED          (whatever it ended in, late money still wins: ─► PAID)

Who: the member by USSD or API, and agreements by `request(..., purpose=…)`, which hear
`deposit.settled` and `deposit.failed`. Money: nothing is booked until M-Pesa has taken it; then
paybill float to wallet, once, by the deposit's own key. What is above the wallet's limit is
hers and held (`limits`).

What can go wrong: the answer to the push is lost (never pushed again; the token in the callback's
path, and the reference that the paybill echoes, find the deposit); the callback is lost (M-Pesa is
asked after 15, 45 and 90 seconds, then slowly), doubled, early or late; a failure is followed by a
success (success wins and stays); a body names another prompt or amount (kept and not believed);
one receipt for two operations (the second is not booked, and staff are told).

    services   request, cancel                     sending   claim, call, record
    outcomes   how it ended, and what follows      asking    what became of it?
    callbacks  what M-Pesa tells by itself         echoes    the paybill tells of it too
    contests   whose a receipt is                  sweep     the guarantee
"""
