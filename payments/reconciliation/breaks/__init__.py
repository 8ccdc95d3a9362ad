"""Breaks: differences between our books and what somebody else says, one row for each.

    OPEN ⇄ EXPLAINED     a person knows why, and waits for it to end
      └──────┴── CLOSED  it is no longer there, or two people settled it; found again, it is OPEN

    kinds.py      the classes: likely cause, what resolves them, how long they may last
    services.py   find, still, over, close, assign, explain
    review.py     what takes two people: to write off, to settle without booking

A check that finds differences names each by a subject that is the same every time: found again, it
touches the same row. Amounts are what the other side has more than our books, in cents; below zero
it has less.
"""
