"""What M-Pesa says that our accounts with it hold, asked every hour and compared with our books.

    ASKED ── ANSWERED     the answer is a callback; a question without one is asked anew next hour

    models.py     one row for each question, with the answer and what our books said then
    asking.py     asks, and takes the answer
    comparing.py  the difference, and how much of it is under way
    selectors.py  M-Pesa's last word on each number

A shortcode's accounts are compared together, since Safaricom puts money that comes in into one or
another of them; its charges, which it counts as a debt of ours, by themselves. The difference may
be what is under way (paid out and not yet told, paid in and not yet told); what goes beyond is a
break, which closes when the two agree again.
"""
