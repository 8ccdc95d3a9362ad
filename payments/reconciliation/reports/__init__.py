"""The daily report: one page a day of what we owe, what others hold for us, and where they differ.

    MADE ── SIGNED     another person than the one who had it made signs it off, once

    models.py     reports, signatures and documents: append-only
    contents.py   what a report says, as JSON of whole numbers and texts
    chain.py      its digest, over what it says and the report before it
    layout.py     the same as tables, for the page, the CSV and the PDF
    services.py   make, make anew, sign

A day has one report. Whoever has to correct one makes another version, with the reason, which
supersedes it; the first stays as it was. A day on which nothing ran gets its report late, which
says what it can't tell of then.
"""
