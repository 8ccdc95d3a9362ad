"""SMS through Africa's Talking: stored first, sent by a worker, followed to the phone.

Who: any flow, by `queue`, in the transaction of what the SMS tells.
States: `states.py`, with a picture.
What can go wrong: see the tables. The provider is away or says "not now": it is tried again, in
growing pauses, until its time is over. The answer is lost: UNKNOWN, and never sent again by itself.
The provider says no: REJECTED. Every code that it knows stands in `africastalking/codes.py`.

    kinds            what is sent
    bodies           texts that carry codes: sealed, and wiped
    services         queue, send_again
    sending, sweep   the worker: claim, call, record; and what was left behind
    outcomes         what an answer leads to; trouble: who must know of it, and until when
    budget           how many parts a day may cost
    reports, optouts what comes back, by `views` and the inbox
    africastalking/  the provider's wire and words; nothing of it goes beyond this package
"""

from nannychain.notifications.services import queue

__all__ = ["queue"]
