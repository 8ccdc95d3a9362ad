"""M-Pesa's organisation statement: its own word on every shilling that moved, line by line.

    RECEIVED ─► STORED ─► COMPARED
        └─► REFUSED ─► RECEIVED      handed in once more

Who: an officer hands in a file of the portal, in the admin or by `manage.py import_statement`. Each
step is one transaction, and each is safe to repeat; whatever dies, the sweep goes on from there.

    layout, sheets, parsing, kinds   from bytes to lines that agree with each other
    storing                          the lines, once, and whether they follow from the last file's
    matching                         each line with the journal that booked it, set by set
    settling                         what the statement proves, through the rails' own services
    comparing                        what is left over, on either side, as breaks
    services, sweep                  hand in, work off

What can go wrong: the file is none of ours or contradicts itself (refused, with the reason and the
row; nothing of it is kept); it comes twice, or overlaps another (its lines count once); lines of it
were booked by nobody (booked then, under the receipt, so that a late message finds it booked); a
line says what our books contradict (a break, for people).
"""
